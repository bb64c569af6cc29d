"""What a committee reads of a replay: one page of HTML that needs nothing beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cdshooks import __version__, rules
from cdshooks.feedback.insights import FEWEST
from cdshooks.population.replaying.plots import Bar, Point, amount, bars, lines
from cdshooks.population.replaying.summary import STAGES, Line, Summary
from cdshooks.population.replaying.visits import Span
from cdshooks.rules.authoring import on
from cdshooks.services.catalogue.plain import NOT_REVIEWED, TOPICS

TOP = 12
"""Rules in the plot of those that fire most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What was replayed, and under which knowledge.

    profiles: how each is called, with the version of its knowledge; the first is
    the one asked about. made: the day of the report.
    """

    span: Span
    profiles: Mapping[str, str]
    made: date


def report(asked: Asked, summary: Summary) -> str:
    """The page. It holds no patient's id, date or value; counts under 5 patients are masked."""
    names = list(asked.profiles)
    people = {line["profile"]: line for line in summary.people}
    fired = [line for line in summary.rules if line["patients"]]
    mine = [line for line in fired if line["profile"] == names[0]]
    told = [line for line in mine if line["patients"] >= FEWEST]
    return _page(
        asked=asked,
        names=names,
        people=people.get(names[0]),
        fewest=FEWEST,
        load={name: _of(summary.load, name) for name in names},
        stages=STAGES,
        load_plot=_load_plot(summary.load, names),
        month_plot=_month_plot(summary.months, names, clinic=asked.span.every is None),
        rule_plot=_rule_plot(told, fired, names),
        told=told,
        few=[line["rule"] for line in mine if line["patients"] < FEWEST],
        silent=_silent(summary, names[0]),
        changed=list(_changed(fired, names)) if len(names) > 1 else [],
        titles={rule.id: rule.title for rule in rules.load()},
        topics=TOPICS,
        not_reviewed=NOT_REVIEWED,
        version=__version__,
    )


def _page(**values: object) -> str:
    """The page of the template; a value that it names must be given."""
    return _templates().get_template("replay.html.j2").render(values)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("cdshooks", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"on": on, "amount": amount}
    return made


def _of(found: Sequence[Line], profile: str) -> list[Line]:
    return [line for line in found if line["profile"] == profile]


def _load_plot(load: Sequence[Line], names: Sequence[str]) -> Markup:
    """For each stage and profile, what comes of 100 charts that are opened."""
    by = {(line["stage"], line["profile"]): line["per_100_views"] for line in load}
    found = [
        Bar(words.capitalize(), tuple(by[stage, name] for name in names))
        for stage, words in STAGES.items()
        if all((stage, name) in by for name in names)
    ]
    said = "; ".join(f"{bar.words}: {_listed(bar.values)}" for bar in found)
    return bars(found, f"For 100 charts opened: {said}.")


def _month_plot(months: Sequence[Line], names: Sequence[str], *, clinic: bool) -> Markup:
    """Cards by month; where all charts are opened at once, a month can hold two such days."""
    figure = "cards_per_100_patients" if clinic else "cards_per_100_views"
    points = [
        Point(number, line["month"], line[figure])
        for number, name in enumerate(names)
        for line in _of(months, name)
        if line["patients"] >= FEWEST
    ]
    values = [point.value for point in points]
    said = f"from {amount(min(values))} to {amount(max(values))}" if values else ""
    whom = "patients whose chart was opened" if clinic else "charts opened"
    return lines(points, f"Cards by month for 100 {whom}: {said}.")


def _rule_plot(told: Sequence[Line], fired: Sequence[Line], names: Sequence[str]) -> Markup:
    """The rules that fire most, and how often under each profile.

    One that fires for few under any of them is left to the table, which says so.
    """
    few = {line["rule"] for line in fired if line["patients"] < FEWEST}
    titles = {rule.id: rule.title for rule in rules.load()}
    times = {(line["rule"], line["profile"]): line["times"] for line in fired}
    found = [
        Bar(titles[line["rule"]], tuple(float(times.get((line["rule"], n), 0)) for n in names))
        for line in [line for line in told if line["rule"] not in few][:TOP]
    ]
    said = "; ".join(f"{bar.words}: {_listed(bar.values)}" for bar in found)
    return bars(found, f"How often a rule fired. {said}.")


def _listed(values: Sequence[float]) -> str:
    return " and ".join(map(amount, values))


def _silent(summary: Summary, name: str) -> list[Line]:
    """Rules that never fired and were held back by missing data, the most often first."""
    found = [r for r in _of(summary.rules, name) if not r["patients"] and r["missing"]]
    return sorted(found, key=lambda line: (-line["missing"], line["rule"]))


def _changed(
    fired: Sequence[Line], names: Sequence[str]
) -> Iterator[tuple[str, list[Line | None]]]:
    """The rules that fire more or less often under the other profile, the most changed first."""
    by = {(line["rule"], line["profile"]): line for line in fired}
    pairs = {rule: [by.get((rule, name)) for name in names] for rule, _ in by}
    times = {rule: [line["times"] if line else 0 for line in pair] for rule, pair in pairs.items()}
    changed = [rule for rule, (before, after) in times.items() if before != after]
    for rule in sorted(changed, key=lambda r: (-abs(times[r][0] - times[r][1]), r)):
        if max(line["patients"] if line else 0 for line in pairs[rule]) >= FEWEST:
            yield rule, pairs[rule]
