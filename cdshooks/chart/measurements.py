"""Answers about measurements: the latest, the series, and what was measured together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from cdshooks.chart.forms import FORMS
from cdshooks.chart.limits import with_upper_limit
from cdshooks.chart.observed import Rejected
from cdshooks.chart.readings import Candidates, back_to, candidates, newest
from cdshooks.chart.sources import Coverage
from cdshooks.chart.view import View
from cdshooks.knowledge import Measure
from cdshooks.knowledge.model import SameDay
from cdshooks.rules.authoring import Latest, Missing, Reading, Series, Sitting, Together, Why, on
from cdshooks.rules.authoring.values import Position

_EARLIEST = datetime.min.replace(tzinfo=UTC)
"""Stands for the time of what has a day only."""


def latest(view: View, wanted: Latest) -> Reading | Missing:
    """The newest usable reading inside the lookback, or why there is none."""
    measure = view.measure(wanted.measure)
    since = view.since(wanted.lookback)
    found = newest(view, measure, lambda position: _fits(position, wanted), since)
    placed = [r for r in found.usable if _fits(r.position, wanted)]
    inside = [r for r in placed if since is None or r.day >= since]
    if not inside:
        return _missing(view, measure, wanted, found, placed)
    chosen = _one_of_day([r for r in inside if _of_one_day(r, inside[-1], measure)], measure, view)
    later = _cover(view, [measure], chosen.day + timedelta(days=1))
    unusable = _later(chosen, found, _name(measure, wanted))
    doubts = tuple(_doubts(chosen, unusable, measure, later, view))
    known = later.whole or not later.asked
    if doubts or not known:
        notes = (*chosen.notes, *doubts)
        chosen = replace(chosen, notes=notes, newest_known=known, later=unusable)
    return with_upper_limit(view, measure, chosen)


def _of_one_day(reading: Reading, last: Reading, measure: Measure) -> bool:
    """Whether two readings are one test: of one day, or two kinds within 24 hours."""
    if reading.day == last.day:
        return True
    rule = measure.file.same_day
    across = rule is not None and rule.agree_across is not None
    if not across or reading.label == last.label or not (reading.instant and last.instant):
        return False
    return last.instant - reading.instant <= timedelta(hours=24)


def _later(chosen: Reading, found: Candidates, name: str) -> Missing | None:
    """The newest of the results that are newer than the chosen one and cannot be used."""
    newer = [x for x in found.rejected if x.day and x.day > chosen.day]
    return _unusable(newer[-1], name) if newer else None


def _unusable(rejected: Rejected, name: str, failed: tuple[str, ...] = ()) -> Missing:
    when = f" ({on(rejected.day)})" if rejected.day else ""
    text = f"{rejected.because}{when}"
    return Missing(name, rejected.why, text, failed=failed, origins=(rejected.origin,))


def _doubts(
    chosen: Reading, unusable: Missing | None, measure: Measure, later: Coverage, view: View
) -> Iterator[str]:
    """What a card must say beside a value: its position, a later result, a page not read."""
    if measure.file.positions and chosen.position is None:
        yield "position not recorded"
    if unusable is not None:
        yield f"a later result was not used: {unusable.text}"
    if later.asked and not later.whole:
        yield f"later results may exist that could not be read ({view.words(later.failed)})"


def series(view: View, wanted: Series) -> tuple[Reading, ...]:
    """The usable readings inside the lookback, oldest first: one a day unless each is wanted."""
    measure = view.measure(wanted.measure)
    since = view.since(wanted.lookback)
    inside = [
        reading
        for reading in back_to(view, measure, since).usable
        if since is None or reading.day >= since
        if not (wanted.not_position and reading.position == wanted.not_position)
    ]
    chosen = inside if wanted.each else _one_a_day(inside, measure, view)
    if measure.file.upper_limit is None:
        return tuple(chosen)
    return tuple(with_upper_limit(view, measure, reading) for reading in chosen)


def _one_a_day(readings: Iterable[Reading], measure: Measure, view: View) -> list[Reading]:
    by_day: dict[date, list[Reading]] = {}
    for reading in readings:
        by_day.setdefault(reading.day, []).append(reading)
    return [_one_of_day(rs, measure, view) for _, rs in sorted(by_day.items())]


def together(view: View, wanted: Together) -> Sitting | Missing:
    """The newest session in which every needed measure was recorded at one time."""
    sessions: dict[object, dict[str, Reading]] = {}
    all_found: list[Candidates] = []
    for name in wanted.measures:
        found = candidates(view, view.measure(name))
        all_found.append(found)
        for reading in found.usable:
            sessions.setdefault(reading.instant or reading.day, {})[name] = reading
    since = view.since(wanted.lookback)
    whole = [s for s in sessions.values() if all(name in s for name in wanted.needs)]
    inside = [s for s in whole if since is None or _first(s).day >= since]
    if not inside:
        return _no_session(view, wanted, whole, sessions.values(), all_found)
    last = max(inside, key=lambda s: (_first(s).day, _first(s).instant or _EARLIEST))
    first = _first(last)
    context = frozenset().union(*(r.context for r in last.values()))
    return Sitting(first.day, first.age, last, context)


def _fits(stated: Position | None, wanted: Latest) -> bool:
    """Whether the position fits; one that was not recorded counts as sitting."""
    position = stated or "sitting"
    if wanted.position is not None:
        return position == wanted.position
    return wanted.not_position is None or position != wanted.not_position


def _one_of_day(day: list[Reading], measure: Measure, view: View) -> Reading:
    """The reading that stands for a day, with the one that it disagrees with as rival.

    Without a rule for the day, the last one stands.
    """
    rule = measure.file.same_day
    if rule is None or len(day) == 1:
        return day[-1]
    ordered = sorted(day, key=lambda r: r.value, reverse=rule.pick == "highest")
    best = ordered[0]
    rival = _rival(best, ordered[1:], rule)
    if rival is None:
        return best if rule.agree_within is not None else _with_other(best, ordered[1:])
    chosen, unchosen = (rival, best) if view.worst else (best, rival)
    return replace(_with_other(chosen, [unchosen]), rival=unchosen)


def _rival(best: Reading, others: list[Reading], rule: SameDay) -> Reading | None:
    """The value farthest from the best one, of those too far to be the same test."""
    for other in reversed(others):
        allowed = rule.agree_within if other.label == best.label else rule.agree_across
        if allowed is not None and abs(best.value - other.value) > allowed:
            return other
    return None


def _with_other(chosen: Reading, others: list[Reading]) -> Reading:
    """The reading that names the last of the others, if it says something else."""
    other = others[-1] if others else chosen
    if (other.label, other.amount) == (chosen.label, chosen.amount):
        return chosen
    when = "the same day" if other.day == chosen.day else on(other.day)
    return replace(
        chosen,
        origins=chosen.origins + other.origins,
        notes=(*chosen.notes, f"{other.label} {other.amount} was recorded {when}"),
    )


def _missing(
    view: View, measure: Measure, wanted: Latest, found: Candidates, placed: list[Reading]
) -> Missing:
    name = _name(measure, wanted)
    since = view.since(wanted.lookback)
    cover = _cover(view, [measure], since)
    recent = _inside(found.rejected, since)
    if recent:
        return _unusable(recent[-1], name, cover.failed)
    if not cover.whole:
        return unread(view, name, cover)
    if placed:
        stale = with_upper_limit(view, measure, placed[-1])
        text = f"last {stale} is {stale.age} days old"
        return Missing(name, Why.STALE, text, last=stale, origins=stale.origins)
    if found.usable:
        other = found.usable[-1]
        text = f"{name} recorded only {other.position or 'sitting'}"
        return Missing(name, Why.CONTEXT, text, origins=other.origins)
    return Missing(name, Why.NEVER, f"{name} never recorded")


def _cover(view: View, measures: Sequence[Measure], since: date | None) -> Coverage:
    """Whether every observation, and every form that was asked for, was read.

    Forms are asked for only where a site sends everything. Elsewhere the
    observations decide alone: else no score could ever be called overdue.
    """
    key = ("cover", *(measure.id for measure in measures), since)
    if key not in view.memory:
        view.memory[key] = _covered(view, measures, since)
    cover: Coverage = view.memory[key]
    return cover


def _covered(view: View, measures: Sequence[Measure], since: date | None) -> Coverage:
    value_sets = tuple(value_set for measure in measures for value_set in measure.value_sets)
    observed = view.coverage("Observation", value_sets, since)
    if not any(measure.in_forms for measure in measures):
        return observed
    forms = view.coverage(FORMS, since=since)
    if not forms.asked:
        return observed
    whole = observed.whole and forms.whole
    return Coverage(whole, (*observed.failed, *forms.failed), observed.asked)


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


def _inside(rejected: Iterable[Rejected], since: date | None) -> list[Rejected]:
    """What could not be used of the lookback; without a date it may belong there."""
    return [x for x in rejected if since is None or x.day is None or x.day >= since]


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
    since = view.since(wanted.lookback)
    cover = _cover(view, [view.measure(name) for name in wanted.measures], since)
    recent = _inside([x for c in found for x in c.rejected], since)
    if recent:
        last = max(recent, key=lambda x: x.day or date.min)
        return Missing(name, last.why, last.because, failed=cover.failed, origins=(last.origin,))
    if not cover.whole:
        return unread(view, name, cover)
    if whole:
        stale = max((_first(s) for s in whole), key=lambda r: r.day)
        return Missing(
            name, Why.STALE, f"{name} last recorded {on(stale.day)}", origins=stale.origins
        )
    partial = [r for s in sessions for r in s.values()]
    if partial:
        lacking = ", ".join(view.measure(n).file.meaning for n in wanted.needs)
        return Missing(
            name, Why.CONTEXT, f"{name} recorded without: {lacking}", origins=partial[-1].origins
        )
    return Missing(name, Why.NEVER, f"{name} never recorded")
