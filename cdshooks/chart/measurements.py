"""Answers about measurements: the latest, the series, and what was measured together."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from cdshooks.chart.limits import with_upper_limit
from cdshooks.chart.readings import Candidates, Rejected, candidates
from cdshooks.chart.sources import Coverage
from cdshooks.chart.view import View
from cdshooks.knowledge import Measure
from cdshooks.rules.authoring import Latest, Missing, Reading, Series, Sitting, Together, Why, on


def latest(view: View, wanted: Latest) -> Reading | Missing:
    """The newest usable reading inside the lookback, or why there is none."""
    measure = view.measure(wanted.measure)
    found = read(view, measure)
    since = view.since(wanted.lookback)
    placed = [r for r in found.usable if _placed(r, wanted)]
    inside = [r for r in placed if since is None or r.day >= since]
    if not inside:
        return _missing(view, measure, wanted, found, placed)
    day = inside[-1].day
    chosen = _one_of_day([r for r in inside if r.day == day], measure, view)
    newer = [x for x in found.rejected if x.day and x.day > day and x.why is not Why.CONTEXT]
    if newer:
        chosen = replace(chosen, notes=(*chosen.notes, _later_value(newer)))
    return with_upper_limit(view, measure, _placed_note(chosen, measure))


def series(view: View, wanted: Series) -> tuple[Reading, ...]:
    """Every usable reading inside the lookback, one a day, oldest first."""
    measure = view.measure(wanted.measure)
    since = view.since(wanted.lookback)
    by_day: dict[date, list[Reading]] = {}
    for reading in read(view, measure).usable:
        inside = since is None or reading.day >= since
        if inside and not (wanted.not_position and reading.position == wanted.not_position):
            by_day.setdefault(reading.day, []).append(reading)
    return tuple(_one_of_day(rs, measure, view) for _, rs in sorted(by_day.items()))


def together(view: View, wanted: Together) -> Sitting | Missing:
    """The newest session in which every needed measure was recorded at one time."""
    sessions: dict[object, dict[str, Reading]] = {}
    all_found: list[Candidates] = []
    for name in wanted.measures:
        found = read(view, view.measure(name))
        all_found.append(found)
        for reading in found.usable:
            sessions.setdefault(reading.instant or reading.day, {})[name] = reading
    since = view.since(wanted.lookback)
    whole = [s for s in sessions.values() if all(name in s for name in wanted.needs)]
    inside = [s for s in whole if since is None or _first(s).day >= since]
    if not inside:
        return _no_session(view, wanted, whole, sessions.values(), all_found)
    newest = max(inside, key=lambda s: (_first(s).day, _first(s).instant is not None))
    first = _first(newest)
    context = frozenset().union(*(r.context for r in newest.values()))
    return Sitting(first.day, first.age, newest, context)


def read(view: View, measure: Measure) -> Candidates:
    """The observations of a measure, read once a view."""
    key = ("readings", measure.id)
    if key not in view.memory:
        view.memory[key] = candidates(view, measure)
    found: Candidates = view.memory[key]
    return found


def _placed(reading: Reading, wanted: Latest) -> bool:
    """Whether the position fits; one that was not recorded counts as sitting."""
    position = reading.position or "sitting"
    if wanted.position is not None:
        return position == wanted.position
    return wanted.not_position is None or position != wanted.not_position


def _placed_note(reading: Reading, measure: Measure) -> Reading:
    if measure.file.positions and reading.position is None:
        return replace(reading, notes=(*reading.notes, "position not recorded"))
    return reading


def _one_of_day(day: list[Reading], measure: Measure, view: View) -> Reading:
    """The reading that stands for a day, with the one that it disagrees with as rival."""
    rule = measure.file.same_day
    if rule is None:
        return day[-1]
    ordered = sorted(day, key=lambda r: r.value, reverse=rule.pick == "highest")
    best = ordered[0]
    rival = None
    for other in reversed(ordered[1:]):
        allowed = rule.agree_within if other.label == best.label else rule.agree_across
        if allowed is not None and abs(best.value - other.value) > allowed:
            rival = other
            break
    if rival is None:
        return best
    chosen, unchosen = (rival, best) if view.worst else (best, rival)
    return replace(
        chosen,
        rival=unchosen,
        origins=chosen.origins + unchosen.origins,
        notes=(*chosen.notes, f"{unchosen.label} {unchosen.amount} was recorded the same day"),
    )


def _missing(
    view: View, measure: Measure, wanted: Latest, found: Candidates, placed: list[Reading]
) -> Missing:
    name = _name(measure, wanted)
    since = view.since(wanted.lookback)
    cover = view.coverage("Observation", measure.value_sets, since)
    recent = [x for x in found.rejected if since is None or x.day is None or x.day >= since]
    if recent:
        worst = max(recent, key=lambda x: x.day or date.min)
        when = f" ({on(worst.day)})" if worst.day else ""
        return Missing(
            name, worst.why, f"{worst.because}{when}", failed=cover.failed, origins=(worst.origin,)
        )
    if not cover.whole:
        return unread(view, name, cover)
    if placed:
        last = with_upper_limit(view, measure, placed[-1])
        text = f"last {last} is {last.age} days old"
        return Missing(name, Why.STALE, text, last=last, origins=last.origins)
    if found.usable:
        other = found.usable[-1]
        text = f"{name} recorded only {other.position or 'sitting'}"
        return Missing(name, Why.CONTEXT, text, origins=other.origins)
    return Missing(name, Why.NEVER, f"{name} never recorded")


def unread(view: View, name: str, cover: Coverage) -> Missing:
    """Absence that proves nothing, since the data were not read."""
    if not cover.asked:
        return Missing(name, Why.UNASKED, f"{name} was not asked for")
    text = f"{name} could not be read ({view.words(cover.failed)})"
    return Missing(name, Why.UNREAD, text, failed=cover.failed)


def _name(measure: Measure, wanted: Latest) -> str:
    label = measure.file.label
    percent = measure.units.quantity == "percent" and measure.id.endswith("-percent")
    named = f"{label} in % of predicted" if percent else label
    return f"{named}, {wanted.position}" if wanted.position else named


def _later_value(newer: list[Rejected]) -> str:
    last = max(newer, key=lambda x: x.day or date.min)
    return f"a later result was not used: {last.because} ({on(last.day)})"


def _first(session: dict[str, Reading]) -> Reading:
    return next(iter(session.values()))


def _no_session(
    view: View,
    wanted: Together,
    whole: list[dict[str, Reading]],
    sessions: Iterable[dict[str, Reading]],
    found: list[Candidates],
) -> Missing:
    name = wanted.name
    value_sets = tuple(vs for m in wanted.measures for vs in view.measure(m).value_sets)
    cover = view.coverage("Observation", value_sets, view.since(wanted.lookback))
    rejected = [x for c in found for x in c.rejected]
    if rejected:
        worst = max(rejected, key=lambda x: x.day or date.min)
        return Missing(name, worst.why, worst.because, failed=cover.failed, origins=(worst.origin,))
    if not cover.whole:
        return unread(view, name, cover)
    if whole:
        last = max((_first(s) for s in whole), key=lambda r: r.day)
        return Missing(
            name, Why.STALE, f"{name} last recorded {on(last.day)}", origins=last.origins
        )
    partial = [r for s in sessions for r in s.values()]
    if partial:
        lacking = ", ".join(view.measure(n).file.meaning for n in wanted.needs)
        return Missing(
            name, Why.CONTEXT, f"{name} recorded without: {lacking}", origins=partial[-1].origins
        )
    return Missing(name, Why.NEVER, f"{name} never recorded")
