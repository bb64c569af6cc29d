"""The upper limit of normal of a laboratory value, and where it came from."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from cdshooks.chart.index import Record
from cdshooks.chart.observed import USABLE
from cdshooks.chart.ranges import fitting
from cdshooks.chart.view import View
from cdshooks.errors import UnitUnknown
from cdshooks.fhir.dates import choice, when
from cdshooks.fhir.elements import Json, fhir_code, number, obj, objects, string
from cdshooks.knowledge import Code, Measure
from cdshooks.rules.authoring import Reading, UpperLimit

_RANGE = re.compile(r"(?:\d+(?:\.\d+)?\s*[-–]\s*|[<≤]=?\s*)(\d+(?:\.\d+)?)\s*(\D{0,12})", re.ASCII)


def with_upper_limit(view: View, measure: Measure, reading: Reading) -> Reading:
    """The reading with its upper limit, when its measure has one."""
    rule = measure.file.upper_limit
    if rule is None:
        return reading
    record = _record(view, measure, reading)
    own = _own(record, measure, view) if record else None
    lent = _lent(view, measure, rule.lend_days, record) if record and own is None else None
    assumed = _assumed(view, measure, rule.assumed) if rule.assumed else None
    return replace(reading, upper_limit=own or lent or assumed)


def _record(view: View, measure: Measure, reading: Reading) -> Record | None:
    """The result, or the component of one, that a reading comes from, if it can be told.

    One component cannot be told from another of its code, nor a result without an id from
    another of its day.
    """
    reference = next((origin.resource for origin in reading.origins), "")
    whole = view.index.get(reference) if "/" in reference else None
    if whole is not None and whole.resource.get("component") is None:
        return whole
    day = None if "/" in reference else reading.day
    found = _alike(view, measure).get((reference, day), [])
    return found[0] if len(found) == 1 else None


def _alike(view: View, measure: Measure) -> dict[tuple[str, date | None], list[Record]]:
    """Values of a measure by their resource, or by the day of one without an id.

    Sorted once a view: a chart may hold thousands of results without an id.
    """
    key = ("alike", measure.id)
    if key not in view.memory:
        found: dict[tuple[str, date | None], list[Record]] = {}
        for record in view.index.coded("Observation", measure.value_sets):
            if "valueQuantity" in record.part:
                day = None if record.id else _day(record, view)
                found.setdefault((record.reference, day), []).append(record)
        view.memory[key] = found
    kept: dict[tuple[str, date | None], list[Record]] = view.memory[key]
    return kept


def _day(record: Record, view: View) -> date | None:
    start, end = choice(record.resource, "effective", view.zone)
    moment = end or start or when(record.resource.get("issued"), view.zone)
    return moment.day if moment else None


def _own(record: Record, measure: Measure, view: View) -> UpperLimit | None:
    """From the result's own reference ranges: the largest that fits, its text else."""
    ranges = fitting({**record.resource, "referenceRange": record.part.get("referenceRange")}, view)
    unit = _unit_of(obj(record.part.get("valueQuantity")), measure)
    highs = [_high(obj(r.get("high")), unit, measure, view) for r in ranges]
    known = [h for h in highs if h is not None]
    if known:
        return _upper(known, measure, "range")
    if any("high" in r for r in ranges):
        return None
    texts = [_text_high(string(r.get("text")), unit, measure, view) for r in ranges]
    read = [t for t in texts if t is not None]
    return _upper(read, measure, "text") if read else None


def _upper(found: list[Decimal], measure: Measure, source: Literal["range", "text"]) -> UpperLimit:
    """The largest of the limits, with the smallest where they disagree."""
    lowest = min(found) if min(found) < max(found) else None
    return UpperLimit(max(found), measure.unit, source, lowest)


def _unit_of(quantity: Json, measure: Measure) -> str | None:
    """The code of a unit, or else its text; the code of a site's own list is no unit."""
    stated = [string(quantity.get(name)) for name in ("code", "unit")]
    known = (unit for unit in stated if unit in measure.units.rows)
    return next(known, None) or stated[0] or stated[1]


def _high(quantity: Json, fallback: str | None, measure: Measure, view: View) -> Decimal | None:
    value = number(quantity.get("value"))
    return _converted(value, _unit_of(quantity, measure) or fallback, measure, view)


def _text_high(
    text: str | None, fallback: str | None, measure: Measure, view: View
) -> Decimal | None:
    match = _RANGE.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    return _converted(number(match[1]), match[2].strip() or fallback, measure, view)


def _converted(
    value: Decimal | None, unit: str | None, measure: Measure, view: View
) -> Decimal | None:
    """In the canonical unit, and only if it can be an upper limit at all."""
    rule = measure.file.upper_limit
    if value is None or unit is None or rule is None:
        return None
    try:
        limit = measure.units.convert(value, measure.units.row(unit))
    except UnitUnknown:
        return None
    low, high = view.threshold(rule.at_least), view.threshold(rule.at_most)
    return limit if low.met_by(limit) and high.met_by(limit) else None


def _lent(view: View, measure: Measure, lookback: str, record: Record) -> UpperLimit | None:
    """From another final result of the same code and laboratory; a range outlives its report."""
    found = _lenders(view, measure, lookback).get(_laboratory(record, measure, view))
    return UpperLimit(found, measure.unit, "earlier result") if found is not None else None


Laboratory = tuple[frozenset[Code], str | None, frozenset[str]]
"""Code, unit and performers of a result: its range belongs to all three."""


def _lenders(view: View, measure: Measure, lookback: str) -> dict[Laboratory, Decimal]:
    """The largest limit of the lookback by laboratory; one without a name lends nothing.

    Sorted once a view: a chart may hold thousands of results without a range.
    """
    key = ("lenders", measure.id, lookback)
    if key not in view.memory:
        found: dict[Laboratory, Decimal] = {}
        for other in view.index.coded("Observation", measure.value_sets):
            usable = fhir_code(other.resource.get("status")) in USABLE
            if not (usable and "performer" in other.resource and _recent(other, lookback, view)):
                continue
            lender, limit = _laboratory(other, measure, view), _own(other, measure, view)
            if lender[2] and limit is not None:
                found[lender] = max(limit.value, found.get(lender, limit.value))
        view.memory[key] = found
    kept: dict[Laboratory, Decimal] = view.memory[key]
    return kept


def _laboratory(record: Record, measure: Measure, view: View) -> Laboratory:
    unit = _unit_of(obj(record.part.get("valueQuantity")), measure)
    by = view.once("performers", record.resource, lambda: frozenset(_performers(record.resource)))
    return frozenset(record.codes), unit, by


def _performers(resource: Json) -> Iterator[str]:
    for performer in objects(resource.get("performer")):
        name = string(performer.get("reference")) or string(performer.get("display"))
        if name:
            yield name


def _recent(record: Record, lookback: str, view: View) -> bool:
    day, since = _day(record, view), view.since(lookback)
    return day is not None and since is not None and day >= since


def _assumed(view: View, measure: Measure, name: str) -> UpperLimit:
    value = view.knowledge.parameters[name].value
    return UpperLimit(Decimal(str(value)), measure.unit, "assumed")
