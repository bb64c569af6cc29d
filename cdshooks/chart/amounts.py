"""The number of an observation in its own unit, or why it cannot be used."""

import re
from decimal import Decimal
from typing import NamedTuple

from cdshooks.chart.view import View
from cdshooks.errors import UnitUnknown
from cdshooks.fhir.elements import Json, first, number, objects, plain, string
from cdshooks.knowledge import Measure
from cdshooks.rules.authoring import Why
from cdshooks.rules.authoring.values import Bound
from cdshooks.units import UnitRow, shown

BOUNDS: dict[str, Bound] = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}
CODED = ("valueCodeableConcept", "valueCoding")
"""Elements of an answer that was chosen from a list."""
SCORES = tuple(
    f"http://hl7.org/fhir/StructureDefinition/{name}" for name in ("ordinalValue", "itemWeight")
)
"""Extensions by which a coding says what score it stands for."""
LONGEST_RESULT = 60
"""Characters of a result that came as text and may be a number."""
OPPOSITE: dict[Bound, Bound] = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}


_UCUM_MARKS = re.compile(r"[\[\]]|_(?:av|i)\b")
"""What UCUM writes about the customary units: ``[lb_av]`` is lb, ``mm[Hg]`` is mmHg."""


class Amount(NamedTuple):
    """A value in the canonical unit of its measure, and whether it is only a limit.

    sent: number and unit as they came, if they were in another unit.
    """

    value: Decimal
    bound: Bound | None
    sent: str


class Unusable(Exception):
    """Ends the reading of one observation; it never leaves the chart."""

    def __init__(self, why: Why, because: str, reason: str = "") -> None:
        super().__init__(because)
        self.why = why
        self.because = because
        self.reason = reason


def value_of(part: Json, measure: Measure, kind: str, view: View) -> Amount:
    """The amount that an observation states, if it is believable.

    Raises Unusable, with the words for a card, for everything else: a unit that
    is guessed or a number that is corrected could harm.
    """
    raw, quantity = as_sent(part, measure)
    if raw is None:
        coded = measure.units.quantity == "score" and any(map(part.get, CODED))
        lack = "is coded, and no score is given with it" if coded else "has no readable value"
        raise Unusable(Why.UNREADABLE, f"{kind} {lack}")
    row = _unit(quantity, measure, kind, view)
    size = abs(raw) if measure.file.magnitude else raw
    if measure.file.whole and size != size.to_integral_value():
        reason = "not a whole number"
        raise Unusable(Why.IMPLAUSIBLE, f"{kind} {shown(raw, None)} is {reason}", reason)
    because = _looks_like(size, row, measure)
    if because:
        sent = f"{kind} {shown(raw, None)} {row.raw or measure.unit}"
        raise Unusable(Why.IMPLAUSIBLE, f"{sent}: {because}", because)
    try:
        value = measure.units.convert(size, row)
    except UnitUnknown:
        reason = "too large for its unit"
        sent = f"{kind} {shown(raw, None)}"
        raise Unusable(Why.IMPLAUSIBLE, f"{sent} is {reason}", reason) from None
    if not measure.plausible(value):
        sent = f"{kind} {shown(raw, None)} {row.raw}".rstrip()
        raise Unusable(Why.IMPLAUSIBLE, f"{sent} is not plausible", _possible(measure))
    flipped = size != raw or row.less_log is not None
    return Amount(
        value, _bound(quantity, kind, flipped=flipped), _sent(raw, quantity, row, measure)
    )


def _sent(raw: Decimal, quantity: Json, row: UnitRow, measure: Measure) -> str:
    """The number with its unit as it came; empty for one in the unit of the measure."""
    if row.same_as(measure.units.rows[measure.units.canonical]):
        return ""
    unit = plain(string(quantity.get("unit")) or row.raw, 20)
    is_fraction = row.at_most is not None and unit == row.raw
    return f"{shown(raw, None)} {'' if is_fraction else _UCUM_MARKS.sub('', unit)}".strip()


def _possible(measure: Measure) -> str:
    """The range outside which nobody's value lies, for a card."""
    low, high = (shown(limit, None) for limit in measure.file.plausible)
    return f"possible is {low} to {high} {measure.unit}".rstrip()


def _looks_like(value: Decimal, row: UnitRow, measure: Measure) -> str | None:
    """Why a number cannot be in the unit that it came in, if it is so."""
    for alike in measure.file.lookalikes:
        past = [value < alike.below] if alike.below is not None else []
        past += [value > alike.above] if alike.above is not None else []
        if past and all(past) and row.factor == measure.units.rows[alike.unit].factor:
            return alike.because
    return None


def _bound(quantity: Json, kind: str, *, flipped: bool) -> Bound | None:
    """The comparator; of a negative pressure, or of a logarithm, it means the other side."""
    comparator = string(quantity.get("comparator"))
    if comparator is None:
        return None
    if comparator not in BOUNDS:
        raise Unusable(Why.UNREADABLE, f"{kind} has a comparator that is not understood")
    bound = BOUNDS[comparator]
    return OPPOSITE[bound] if flipped else bound


def as_sent(part: Json, measure: Measure) -> tuple[Decimal | None, Json]:
    """The number as sent, with its quantity; a bare number has an empty one.

    Of a coded answer it is the score that came with the code. No published list of
    answers is known here by which a bare code could be scored.
    """
    quantity = first(part.get("valueQuantity"))
    for candidate in (quantity.get("value"), part.get("valueInteger"), part.get("valueDecimal")):
        value = number(candidate)
        if value is not None:
            return value, quantity
    if measure.units.quantity == "score":
        written = number(part.get("valueString"))
        return (_scored(part) if written is None else written), quantity
    return _written(part.get("valueString"), measure) or (None, quantity)


_WRITTEN = re.compile(r"(<=?|>=?)?\s*([+-]?\d{1,9}(?:\.\d{1,9})?)\s*(\S.{0,30})?", re.ASCII)


def _written(text: object, measure: Measure) -> tuple[Decimal | None, Json] | None:
    """A result that came as text and is nothing but a number, with or without a known unit."""
    line = string(text)
    found = _WRITTEN.fullmatch(line) if line and len(line) <= LONGEST_RESULT else None
    if found is None or not (found[3] is None or found[3] in measure.units.rows):
        return None
    stated = {"comparator": found[1], "unit": found[3]}
    return number(found[2]), {name: said for name, said in stated.items() if said}


def _scored(part: Json) -> Decimal | None:
    """The score that a coded answer carries; None if its codings carry none or several."""
    concept = first(part.get("valueCodeableConcept"))
    codings = [*objects(part.get("valueCoding")), *objects(concept.get("coding"))]
    extensions = [e for coding in codings for e in objects(coding.get("extension"))]
    scores = {number(e.get("valueDecimal")) for e in extensions if e.get("url") in SCORES}
    return scores.pop() if len(scores) == 1 else None


def _unit(quantity: Json, measure: Measure, kind: str, view: View) -> UnitRow:
    """The row of the unit: the code first, then the text. Two that disagree are refused.

    A number by which a site's own list knows the unit is no unit; its text is.
    """
    rows = measure.units.rows
    code, text = string(quantity.get("code")), string(quantity.get("unit"))
    if code is None and text is None:
        if measure.file.unit_fixed_by_code:
            return rows.get("") or rows[measure.units.canonical]
        raise Unusable(Why.UNIT, f"{kind} has no unit", "has no unit")
    by_code, by_text = rows.get(code or ""), rows.get(text or "")
    if by_code is None and text and not _is_ucum(quantity, view):
        code = None
    found = by_code if code else by_text
    if code and text and _disagree(by_code, by_text, text, view):
        reason = "has a unit and a unit code that disagree"
        raise Unusable(Why.UNIT, f"{kind} {reason}", reason)
    if found is None:
        named = plain(text or code, 20)
        reason = f"recorded in {named}, needed in {measure.unit}"
        raise Unusable(Why.UNIT, f"{kind} {reason}", reason)
    return found


def _is_ucum(quantity: Json, view: View) -> bool:
    """Whether the code of a unit is one of UCUM, or may be."""
    system = string(quantity.get("system"))
    return system is None or view.index.systems.code(system, "").system == "ucum"


def _disagree(by_code: UnitRow | None, by_text: UnitRow | None, text: str, view: View) -> bool:
    """Whether a code and a text name two units; a text that names none is only a label."""
    if by_code is None:
        return by_text is not None
    if by_text is None:
        return any(text in table.rows for table in view.knowledge.base.units.values())
    return not by_code.same_as(by_text)
