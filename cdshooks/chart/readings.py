"""From Observations to readings: status, date, unit, sign, plausibility, position.

What fails a step never reaches a rule; it is kept as rejected, so that a card
can say what was there and why it was not used.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from cdshooks.chart.amounts import Unusable, value_of
from cdshooks.chart.circumstances import context_of, position_of, unreliable
from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, choice, when
from cdshooks.fhir.elements import Json, first, number, plain, string
from cdshooks.knowledge import Measure
from cdshooks.rules.authoring import Origin, Reading, Why
from cdshooks.rules.authoring.values import Position
from cdshooks.units import shown

USABLE = ("final", "amended", "corrected")
PENDING = ("preliminary", "registered")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An observation of a measure that cannot be used.

    day is None when no date could be read; origin is what a card shows of it.
    """

    measure: str
    why: Why
    because: str
    day: date | None
    origin: Origin
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """All observations of one measure, read: usable ones and rejected ones."""

    usable: tuple[Reading, ...]
    rejected: tuple[Rejected, ...]


def candidates(view: View, measure: Measure) -> Candidates:
    """Every observation of ``measure`` up to the day of the view, read once a view."""
    key = ("readings", measure.id)
    if key not in view.memory:
        view.memory[key] = _candidates(view, measure)
    found: Candidates = view.memory[key]
    return found


def _candidates(view: View, measure: Measure) -> Candidates:
    usable: list[Reading] = []
    rejected: list[Rejected] = []
    for record in view.index.coded("Observation", measure.value_sets):
        moment, late = moment_of(record.resource, view)
        if view.past and not _was_known(record.resource, moment, view):
            continue
        try:
            reading = _read(record, measure, moment, late, view)
        except Unusable as problem:
            rejected.append(_rejection(record, measure, moment, problem))
            continue
        if reading is not None:
            usable.append(reading)
    usable.extend(_computed(view, measure, usable))
    return Candidates(tuple(sorted(usable, key=_order)), tuple(sorted(rejected, key=_newest_last)))


def _was_known(resource: Json, moment: When | None, view: View) -> bool:
    """Whether a result was there on the earlier day of a view: measured and reported by then."""
    reported = when(resource.get("issued"), view.zone)
    return all(m.day <= view.today for m in (moment, reported) if m) and moment is not None


def _order(reading: Reading) -> tuple[date, datetime, Decimal, str, str]:
    """By day and time. A reading without a time stands before those with one."""
    at = reading.instant or datetime.min.replace(tzinfo=UTC)
    where = f"{reading.label} {reading.position} {reading.origins[0].resource}"
    return (reading.day, at, reading.value, reading.bound or "", where)


def _newest_last(rejected: Rejected) -> tuple[date, str, str]:
    return (rejected.day or date.min, rejected.because, rejected.origin.resource)


def moment_of(resource: Json, view: View) -> tuple[When | None, bool]:
    """When a test was made; the second is True when only its report is dated."""
    start, end = choice(resource, "effective", view.zone)
    if end or start:
        return end or start, False
    return when(resource.get("issued"), view.zone), True


def _read(
    record: Record, measure: Measure, moment: When | None, late: bool, view: View
) -> Reading | None:
    _refuse_status(record, measure)
    if string(record.resource.get("status")) not in USABLE or record.part.get("dataAbsentReason"):
        return None
    if moment is None:
        raise Unusable(Why.UNREADABLE, f"{measure.file.label} has no readable date")
    if moment.start(view.zone) > view.now + timedelta(hours=24):
        reason = "dated in the future"
        raise Unusable(Why.IMPLAUSIBLE, f"{measure.file.label} is {reason}", reason)
    if unreliable(record, view):
        raise Unusable(Why.CONTEXT, f"{measure.file.label} is marked unreliable")
    kind = _kind(record, measure)
    value, bound = value_of(record.part, measure, kind, view)
    position = position_of(record, measure, view)
    return Reading(
        measure=measure.id,
        label=kind,
        value=value,
        unit=measure.unit,
        day=moment.day,
        age=max(0, (view.today - moment.day).days),
        instant=moment.instant,
        position=position,
        decimals=measure.file.decimals,
        bound=bound,
        context=context_of(record, view),
        notes=("test date not recorded",) if late else (),
        origins=(_origin(record, kind, measure, value, bound, moment.day, position),),
    )


def _refuse_status(record: Record, measure: Measure) -> None:
    """A result that is not final yet, or does not say so, is named and never used."""
    status = string(record.resource.get("status"))
    if status is None:
        raise Unusable(Why.UNREADABLE, f"{measure.file.label} result has no status")
    if status in PENDING:
        raise Unusable(Why.CONTEXT, f"{measure.file.label} result is {status}, not final")


def _kind(record: Record, measure: Measure) -> str:
    """The label of the value set that the code belongs to: FVC or SVC, not just VC."""
    for value_set in measure.value_sets:
        if value_set.holds_any(record.codes):
            return measure.file.labels.get(value_set.id, measure.file.label)
    return measure.file.label


def _origin(
    record: Record,
    kind: str,
    measure: Measure,
    value: Decimal,
    bound: str | None,
    day: date | None,
    position: Position | None,
) -> Origin:
    places = 2 if measure.file.decimals is None else measure.file.decimals
    label = f"{kind} {position}" if position else kind
    return Origin(
        record.reference, label, f"{bound or ''}{shown(value, places)}", measure.unit, day
    )


def _rejection(
    record: Record, measure: Measure, moment: When | None, problem: Unusable
) -> Rejected:
    quantity = first(record.part.get("valueQuantity"))
    raw = number(quantity.get("value"))
    unit = plain(string(quantity.get("unit")) or string(quantity.get("code")), 20)
    day = moment.day if moment else None
    shown_value = shown(raw, None) if raw is not None else ""
    origin = Origin(record.reference, _kind(record, measure), shown_value, unit, day)
    return Rejected(measure.id, problem.why, problem.because, day, origin, problem.reason)


def _computed(view: View, measure: Measure, direct: list[Reading]) -> Iterator[Reading]:
    """Percentages computed from litres and the predicted litres of the same time."""
    wanted = measure.file.computed
    if wanted is None:
        return
    taken = {(r.label, r.day, r.position) for r in direct}
    predicted = {
        _report(r): r
        for r in candidates(view, view.measure(wanted.predicted)).usable
        if r.bound is None
    }
    for volume in candidates(view, view.measure(wanted.measured)).usable:
        expected = predicted.get(_report(volume))
        if expected is None or (volume.label, volume.day, volume.position) in taken:
            continue
        value = volume.value * 100 / expected.value
        if measure.plausible(value):
            yield _percent(measure, volume, expected, value)


def _report(reading: Reading) -> tuple[str, datetime | date]:
    """What two values of one report have in common: the kind, and the exact time or day."""
    return (reading.label, reading.instant or reading.day)


def _percent(measure: Measure, volume: Reading, expected: Reading, value: Decimal) -> Reading:
    return replace(
        volume,
        measure=measure.id,
        value=value,
        unit=measure.unit,
        decimals=measure.file.decimals,
        notes=(*volume.notes, f"computed from {volume.amount} of {expected.amount} predicted"),
        origins=volume.origins + expected.origins,
    )
