"""How much is given each time: FHIR quantities and ranges as exact milligrams."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeVar

from cdshooks.fhir.elements import Json, number, obj, objects, string
from cdshooks.knowledge.dosage import DoseUnit, Limit, Lookup, dosage_tables

T = TypeVar("T")

Problem = Literal[
    "no-directions",
    "text-only",
    "amount",
    "unit",
    "strength",
    "amount-conflict",
    "frequency",
    "not-daily",
    "timing-conflict",
    "sequence",
    "max-dose-conflict",
    "implausible",
]
"""Why directions could not be read, or not be trusted.

no-directions: there are none. text-only: nothing but free text.
amount: none given, or no readable number. unit: none, or not in the table.
strength: counted in tablets, mL or IU, and the product's code gives no mg for it.
amount-conflict: several amounts for one administration disagree.
frequency: none given, or not readable. not-daily: tied to weekdays or to dates.
timing-conflict: two statements of how often disagree.
sequence: several lines, and not clear whether together or one after another.
max-dose-conflict: the stated maximum is below what the directions add up to.
implausible: a number is zero, negative or beyond belief.
"""

_QUANTITIES = ("doseQuantity", "doseSimpleQuantity", "quantityQuantity")
_RANGES = ("doseRange", "quantityRange")
_NUMERAL = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_HUGE = 10**12


@dataclass(frozen=True, slots=True)
class Span:
    """A number that the directions leave open between ``low`` and ``high``."""

    low: Fraction
    high: Fraction

    @property
    def exact(self) -> Fraction | None:
        """The number, when it is one."""
        return self.low if self.low == self.high else None

    def times(self, other: "Span") -> "Span":
        """The product of two spans of positive numbers."""
        return Span(self.low * other.low, self.high * other.high)

    def plus(self, other: "Span") -> "Span":
        """The sum of two spans."""
        return Span(self.low + other.low, self.high + other.high)

    def within(self, limit: Limit) -> bool:
        """Whether the whole span is believable."""
        return limit.holds(self.low) and limit.holds(self.high)


@dataclass(frozen=True, slots=True)
class Strength:
    """What the product's code says: mg in one ``per`` (tablet, film, capsule or mL)."""

    mg: Fraction | None
    per: str | None

    def milligrams(self, unit: DoseUnit) -> Fraction | None:
        """mg in one ``unit``; None when only the product could tell, and does not."""
        if unit.of == "mass":
            return unit.factor
        if self.mg is None or self.per not in dosage_tables().file.strength_per[unit.of]:
            return None
        return unit.factor * self.mg


def exact(value: object) -> Fraction | None:
    """A number of believable length, exactly as written; None for anything else.

    A numeral of a million digits or with a huge exponent would cost minutes as a
    fraction, so it is turned away by its spelling.
    """
    if isinstance(value, str) and not _NUMERAL.fullmatch(value.strip()):
        return None
    if isinstance(value, int) and abs(value) >= _HUGE:
        return None
    read = number(value)
    return None if read is None else Fraction(read)


def unit_of(quantity: Json, table: Lookup[T]) -> T | None:
    """The unit of a Quantity: its code first, then its text.

    None when neither is known, or when both are and mean different things.
    """
    code = string(quantity.get("code")) if _trusted(quantity.get("system")) else None
    by_code = table.codes.get(code) if code else None
    by_text = table.word(string(quantity.get("unit")))
    if by_code is not None and by_text is not None and by_code != by_text:
        return None
    return by_text if by_code is None else by_code


def _trusted(system: object) -> bool:
    name = string(system)
    bare = name.partition("|")[0].rstrip("/") if name else None
    return bare is None or bare in dosage_tables().file.unit_systems


def amount(dosage: Json, strength: Strength) -> Span | Problem | None:
    """mg each time as one dosage states it, or why not; None when it states none."""
    found = [_reading(row, strength) for row in _stated(dosage)]
    spans = [reading for reading in found if isinstance(reading, Span)]
    if len(spans) < len(found):
        return next(reading for reading in found if not isinstance(reading, Span))
    if not spans:
        return None
    return spans[0] if len(set(spans)) == 1 else "amount-conflict"


def _stated(dosage: Json) -> list[Json]:
    """The elements that hold an amount: those typed ``ordered`` if any, else all.

    R4 keeps them in ``doseAndRate``, STU3 and DSTU2 on the dosage itself.
    """
    rows = [row for row in objects(dosage.get("doseAndRate")) if _holds_amount(row)]
    ordered = [row for row in rows if "ordered" in _codes(row.get("type"))]
    return ordered or rows + [dosage] * _holds_amount(dosage)


def _holds_amount(row: Json) -> bool:
    return any(obj(row.get(key)) for key in (*_QUANTITIES, *_RANGES))


def _codes(concept: object) -> Iterator[str | None]:
    for coding in objects(obj(concept).get("coding")):
        yield string(coding.get("code"))


def _reading(row: Json, strength: Strength) -> Span | Problem:
    for key in _QUANTITIES:
        if quantity := obj(row.get(key)):
            return _spanned(quantity, quantity, strength)
    bounds = next(filter(None, (obj(row.get(key)) for key in _RANGES)))
    return _spanned(obj(bounds.get("low")), obj(bounds.get("high")), strength)


def _spanned(low: Json, high: Json, strength: Strength) -> Span | Problem:
    least, most = milligrams(low, strength), milligrams(high, strength)
    if isinstance(least, str):
        return least
    if isinstance(most, str):
        return most
    return Span(least, most) if least <= most else "amount"


def milligrams(quantity: Json, strength: Strength) -> Fraction | Problem:
    """A quantity of drug in mg, or why it cannot be told."""
    value = exact(quantity.get("value"))
    if value is None or quantity.get("comparator"):
        return "amount"
    unit = unit_of(quantity, dosage_tables().units)
    if unit is None:
        return "unit"
    each = strength.milligrams(unit)
    if each is None:
        return "strength"
    mg = value * each
    return mg if dosage_tables().file.limits.mg_each.holds(mg) else "implausible"


def strength_of(ratio: Json) -> tuple[Fraction | None, str | None]:
    """mg per tablet or mL that a Ratio states; two Nones if it cannot be told.

    A count may be of tablets, films or capsules: all are counted alike.
    """
    most = milligrams(obj(ratio.get("numerator")), Strength(None, None))
    denominator = obj(ratio.get("denominator"))
    value, unit = exact(denominator.get("value")), unit_of(denominator, dosage_tables().units)
    if (
        isinstance(most, str)
        or value is None
        or value <= 0
        or unit is None
        or unit.of in ("mass", "activity")
    ):
        return None, None
    per = "mL" if unit.of == "volume" else "tablet"
    return most / (value * unit.factor), per


def most_a_day(dosage: Json, strength: Strength) -> Fraction | None:
    """The smallest ``maxDosePerPeriod`` in mg a day; it is a ceiling, never a dose."""
    ceilings = [_ceiling(ratio, strength) for ratio in objects(dosage.get("maxDosePerPeriod"))]
    return min((ceiling for ceiling in ceilings if ceiling is not None), default=None)


def _ceiling(ratio: dict[str, Any], strength: Strength) -> Fraction | None:
    most = milligrams(obj(ratio.get("numerator")), strength)
    per = days(obj(ratio.get("denominator")))
    return None if isinstance(most, str) or per is None else most / per


def days(duration: Json) -> Fraction | None:
    """A Duration in days; None unless it is believable and of a fixed length."""
    value, unit = (
        exact(duration.get("value")),
        unit_of(duration, dosage_tables().periods),
    )
    if value is None or unit is None:
        return None
    length = value * unit.days
    return length if dosage_tables().file.limits.period_days.holds(length) else None
