"""Units: one closed table a quantity, exact factors, and a refusal of anything else.

No general unit library stands here on purpose: a library knows that ``ft`` is a
femto-tonne and ``K/uL`` a kelvin per microlitre, and would convert both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache

from cdshooks.errors import UnitUnknown

_RATIOS = Context(prec=20)
_WRITTEN = {
    "cm[H2O]": "cmH2O",
    "mm[Hg]": "mmHg",
    "m[IU]/L": "mIU/L",
    "[IU]/L": "IU/L",
    "{score}": "",
    "[pH]": "",
    "Cel": "°C",
    "[degF]": "°F",
    "10*9/L": "x10^9/L",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "{words}/min": "words/min",
}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One accepted spelling of a unit.

    raw: the spelling, as found in ``Quantity.code`` or ``Quantity.unit``.
    ucum: what it means in UCUM.
    factor: exact multiplier from it to the canonical unit of its table.
    at_most: the largest number that is believable in this unit, or None; it
    separates a fraction (0.46) from a percentage that lost its unit.
    less_log: where no factor converts it, the number from which the common logarithm
    of the value is taken away; the factor is 1 then. A larger value becomes a smaller one.
    """

    raw: str
    ucum: str
    factor: Fraction
    at_most: Decimal | None = None
    less_log: Decimal | None = None

    def same_as(self, other: "UnitRow") -> bool:
        """Whether it converts a value as another row does."""
        return (self.factor, self.less_log) == (other.factor, other.less_log)


@dataclass(frozen=True, slots=True)
class UnitTable:
    """Every accepted unit of one quantity, for example ``pressure`` in cm[H2O]."""

    quantity: str
    canonical: str
    rows: Mapping[str, UnitRow]

    def row(self, raw: str) -> UnitRow:
        """The row of a spelling; raises UnitUnknown, since a guess may harm."""
        try:
            return self.rows[raw.strip()]
        except KeyError:
            raise UnitUnknown(f"{self.quantity}: unit not in its table") from None

    def convert(self, value: Decimal, row: UnitRow) -> Decimal:
        """``value`` in the canonical unit. A value too large for its unit is refused."""
        if row.at_most is not None and value > row.at_most:
            raise UnitUnknown(f"{self.quantity}: number too large for its unit")
        if row.less_log is not None:
            return _less_log(value, row.less_log, self.quantity)
        if row.factor.numerator == row.factor.denominator:
            return value
        return as_decimal(Fraction(value) * row.factor)


def _less_log(value: Decimal, start: Decimal, quantity: str) -> Decimal:
    if value <= 0:
        raise UnitUnknown(f"{quantity}: number has no logarithm")
    return start - value.log10()


def table(quantity: str, canonical: str, rows: Iterable[UnitRow]) -> UnitTable:
    """A table from its rows; the canonical unit itself is always a row."""
    return UnitTable(quantity, canonical, {row.raw: row for row in rows})


def as_decimal(exact: Fraction) -> Decimal:
    """A fraction to 28 significant digits: exact for every decimal factor in use."""
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def ratio(value: Decimal, by: Decimal) -> Decimal:
    """How many times ``by`` is in ``value``, both maybe converted.

    To 20 digits, eight fewer than a conversion keeps: 40 umol/L is twice 20 umol/L,
    which after a conversion of both is so only up to the last digits.
    """
    return _RATIOS.divide(value, by)


def rounded(value: Decimal, decimals: int | None) -> Decimal:
    """``value`` half-up to ``decimals`` places; None leaves it as measured.

    Half-up, so that 49.95 % is 50.0 % to a clinician and to a comparison alike.
    """
    if decimals is None:
        return value
    return value.quantize(_place(decimals), rounding=ROUND_HALF_UP)


@cache
def _place(decimals: int) -> Decimal:
    """The unit of the last of so many places."""
    return Decimal(1).scaleb(-decimals)


def written(unit: str) -> str:
    """A unit of UCUM as cards write it, most of them as it is."""
    return _WRITTEN.get(unit, unit)


def shown(value: Decimal, decimals: int | None = 1) -> str:
    """A number as a clinician writes it: no exponent, no trailing zeros."""
    number = rounded(value, decimals)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
