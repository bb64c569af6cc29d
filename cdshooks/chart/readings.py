"""From Observations to readings: status, date, unit, sign, plausibility, position.

What fails a step never reaches a rule; it is kept as rejected, so that a card
can say what was there and why it was not used.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.errors import UnitUnknown
from cdshooks.fhir.dates import When, choice, when
from cdshooks.fhir.elements import Json, number, obj, objects, plain, string
from cdshooks.knowledge import Measure
from cdshooks.rules.authoring import Origin, Reading, Why
from cdshooks.rules.authoring.values import Position
from cdshooks.units import UnitRow, shown

USABLE = ("final", "amended", "corrected")
PENDING = ("preliminary", "registered")
BOUNDS: dict[str, Literal["<", ">"]] = {"<": "<", "<=": "<", ">": ">", ">=": ">"}


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


@dataclass(frozen=True, slots=True)
class Candidates:
    """All observations of one measure, read: usable ones and rejected ones."""

    usable: tuple[Reading, ...]
    rejected: tuple[Rejected, ...]


class _Unusable(Exception):
    """Ends the reading of one observation; never leaves this module."""

    def __init__(self, why: Why, because: str) -> None:
        self.why = why
        self.because = because


def candidates(view: View, measure: Measure) -> Candidates:
    """Every observation of ``measure`` up to the day of the view."""
    usable: list[Reading] = []
    rejected: list[Rejected] = []
    for record in view.index.coded("Observation", measure.value_sets):
        moment, late = _moment(record, view)
        try:
            reading = _read(record, measure, moment, late, view)
        except _Unusable as problem:
            rejected.append(_rejection(record, measure, moment, problem))
            continue
        if reading is not None:
            usable.append(reading)
    if measure.file.computed:
        usable.extend(_computed(view, measure, usable))
    kept = [r for r in usable if r.day <= view.today]
    return Candidates(tuple(sorted(kept, key=_order)), tuple(rejected))


def _order(reading: Reading) -> tuple[date, Decimal]:
    return (reading.day, reading.value)


def _moment(record: Record, view: View) -> tuple[When | None, bool]:
    """When the test was made; the second is True when only its report is dated."""
    start, end = choice(record.resource, "effective", view.zone)
    if end or start:
        return end or start, False
    return when(record.resource.get("issued"), view.zone), True


def _read(
    record: Record, measure: Measure, moment: When | None, late: bool, view: View
) -> Reading | None:
    status = string(record.resource.get("status"))
    if status in PENDING:
        raise _Unusable(Why.CONTEXT, f"{measure.file.label} result is {status}, not final")
    if status not in USABLE or record.part.get("dataAbsentReason"):
        return None
    if moment is None:
        raise _Unusable(Why.UNREADABLE, f"{measure.file.label} has no readable date")
    if moment.start > view.now + timedelta(hours=24):
        raise _Unusable(Why.IMPLAUSIBLE, f"{measure.file.label} is dated in the future")
    if _unreliable(record, view):
        raise _Unusable(Why.CONTEXT, f"{measure.file.label} is marked unreliable")
    kind = _kind(record, measure)
    value, bound = _value(record, measure, kind)
    position = _position(record, measure, view)
    return Reading(
        measure=measure.id,
        label=kind,
        value=value,
        unit=measure.unit,
        day=moment.day,
        age=(view.today - moment.day).days,
        instant=moment.instant,
        position=position,
        decimals=measure.file.decimals,
        bound=bound,
        context=_context(record, view),
        notes=("test date not recorded",) if late else (),
        origins=(_origin(record, kind, measure, value, bound, moment.day, position),),
    )


def _unreliable(record: Record, view: View) -> bool:
    marker = view.value_set("unreliable")
    for concept in objects(record.resource.get("interpretation")):
        if marker.holds_any(view.index.concept(concept)):
            return True
        texts = [concept.get("text"), *(c.get("display") for c in objects(concept.get("coding")))]
        if any(marker.named_in(plain(text, 200)) for text in texts):
            return True
    notes = (note.get("text") for note in objects(record.resource.get("note")))
    return any(marker.named_in(plain(text, 500)) for text in notes)


def _kind(record: Record, measure: Measure) -> str:
    """The label of the value set that the code belongs to: FVC or SVC, not just VC."""
    for value_set in measure.value_sets:
        if value_set.holds_any(record.codes):
            return measure.file.labels.get(value_set.id, measure.file.label)
    return measure.file.label


def _value(record: Record, measure: Measure, kind: str) -> tuple[Decimal, Literal["<", ">"] | None]:
    raw, quantity = _raw(record.part, measure)
    if raw is None:
        raise _Unusable(Why.UNREADABLE, f"{kind} has no readable value")
    row = _unit(quantity, measure, kind)
    number_shown = shown(raw, None)
    if measure.file.magnitude:
        raw = abs(raw)
    if measure.file.whole and raw != raw.to_integral_value():
        raise _Unusable(Why.IMPLAUSIBLE, f"{kind} {number_shown} is not a whole number")
    for alike in measure.file.lookalikes:
        if row.ucum == alike.unit and (
            (alike.below is not None and raw < alike.below)
            or (alike.above is not None and raw > alike.above)
        ):
            raise _Unusable(Why.IMPLAUSIBLE, f"{kind} {number_shown} {row.raw}: {alike.because}")
    try:
        value = measure.units.convert(raw, row)
    except UnitUnknown:
        raise _Unusable(
            Why.IMPLAUSIBLE, f"{kind} {number_shown} is too large for its unit"
        ) from None
    if not measure.plausible(value):
        raise _Unusable(
            Why.IMPLAUSIBLE, f"{kind} {number_shown} {row.raw}".rstrip() + " is not plausible"
        )
    comparator = string(quantity.get("comparator"))
    if comparator is not None and comparator not in BOUNDS:
        raise _Unusable(Why.UNREADABLE, f"{kind} has a comparator that is not understood")
    return value, BOUNDS[comparator] if comparator else None


def _raw(part: Json, measure: Measure) -> tuple[Decimal | None, Json]:
    """The number as sent, with its quantity; a bare number has an empty one."""
    quantity = obj(part.get("valueQuantity"))
    for candidate in (quantity.get("value"), part.get("valueInteger"), part.get("valueDecimal")):
        value = number(candidate)
        if value is not None:
            return value, quantity
    if measure.units.quantity == "score":
        return number(part.get("valueString")), quantity
    return None, quantity


def _unit(quantity: Json, measure: Measure, kind: str) -> UnitRow:
    """The row of the unit: the code first, then the text. Two that disagree are refused."""
    rows = measure.units.rows
    code, text = string(quantity.get("code")), string(quantity.get("unit"))
    if code is None and text is None:
        if measure.file.unit_fixed_by_code:
            return rows.get("") or rows[measure.units.canonical]
        raise _Unusable(Why.UNIT, f"{kind} has no unit")
    by_code, by_text = rows.get(code or ""), rows.get(text or "")
    named = plain(text or code, 20)
    if code is not None and by_code is None and by_text is not None:
        raise _Unusable(Why.UNIT, f"{kind} has a unit and a unit code that disagree")
    if by_code and by_text and code and text and by_code.factor != by_text.factor:
        raise _Unusable(Why.UNIT, f"{kind} has a unit and a unit code that disagree")
    found = (by_code if code else None) or (by_text if text else None)
    if found is None:
        raise _Unusable(Why.UNIT, f"{kind} recorded in {named}, needed in {measure.unit}")
    return found


def _position(record: Record, measure: Measure, view: View) -> Position | None:
    for value_set, position in measure.file.positions.items():
        if view.value_set(value_set).holds_any(record.codes):
            return position
    resource = record.resource
    stated = [obj(resource.get("method"))]
    for extension in objects(resource.get("extension")):
        if str(extension.get("url", "")).endswith("observation-bodyPosition"):
            stated.append(obj(extension.get("valueCodeableConcept")))
    stated += [obj(c.get("valueCodeableConcept")) for c in view.parts(record, "body-position")]
    for concept in stated:
        codes = view.index.concept(concept)
        if view.value_set("supine").holds_any(codes):
            return "supine"
        if view.value_set("sitting").holds_any(codes):
            return "sitting"
    return None


def _context(record: Record, view: View) -> frozenset[str]:
    """``oxygen``, ``room-air`` and ``support``, as far as components say."""
    found: set[str] = set()
    room_air = view.threshold("room_air_le_pct")
    for part in view.parts(record, "oxygen-concentration"):
        value = number(obj(part.get("valueQuantity")).get("value"))
        if value is not None:
            percent = value * 100 if value <= 1 else value
            found.add("room-air" if room_air.met_by(percent) else "oxygen")
    for part in view.parts(record, "oxygen-flow"):
        value = number(obj(part.get("valueQuantity")).get("value"))
        if value is not None:
            found.add("oxygen" if value > 0 else "room-air")
    if view.parts(record, "respiratory-support"):
        found.add("support")
    return frozenset(found)


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
    record: Record, measure: Measure, moment: When | None, problem: _Unusable
) -> Rejected:
    quantity = obj(record.part.get("valueQuantity"))
    raw = number(quantity.get("value"))
    unit = plain(string(quantity.get("unit")) or string(quantity.get("code")), 20)
    day = moment.day if moment else None
    shown_value = shown(raw, None) if raw is not None else ""
    origin = Origin(record.reference, measure.file.label, shown_value, unit, day)
    return Rejected(measure.id, problem.why, problem.because, day, origin)


def _computed(view: View, measure: Measure, direct: list[Reading]) -> Iterator[Reading]:
    """Percentages computed from litres and the predicted litres of the same report."""
    wanted = measure.file.computed
    if wanted is None:
        return
    taken = {(r.label, r.day, r.position) for r in direct}
    measured = candidates(view, view.measure(wanted.measured)).usable
    predicted = candidates(view, view.measure(wanted.predicted)).usable
    for volume in measured:
        for expected in predicted:
            same = volume.instant is not None and volume.instant == expected.instant
            same = same or (
                volume.instant is None is expected.instant and volume.day == expected.day
            )
            if not same or volume.label != expected.label:
                continue
            if (volume.label, volume.day, volume.position) in taken:
                continue
            value = volume.value * 100 / expected.value
            if measure.plausible(value):
                yield _percent(measure, volume, expected, value)


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
