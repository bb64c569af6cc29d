"""Parameters: the numbers that decide, each with unit, meaning, source and mark."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from cdshooks.units import beside, rounded, shown

Operator = Literal["<", "<=", ">", ">="]
Mark = Literal["V", "V secondary", "S", "NV", "U", "P", "PD", "L"]
ParameterValue = Decimal | int | bool | str | None

MOST_DAYS = 36_525
"""A century. What reaches further back has no date that a comparison could be made with."""
OWN_CHOICE = "product"
"""The source of what no guideline or label gives: a choice of this project."""
MARKS: dict[str, str] = {
    "V": "read in the source",
    "V secondary": "read in a secondary source",
    "S": "read in a secondary source",
    "P": "this project's own choice, or a source of which only the document was confirmed",
    "PD": "this project's own choice",
    "NV": "not verified in the source",
    "U": "not verified in any source",
    "L": "the institution's own choice",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number, flag or choice that a site may override in a profile."""

    name: str
    group: str
    value: ParameterValue
    operator: Operator | None
    unit: str
    meaning: str
    mark: Mark
    source: str
    locator: str
    checked: date
    choices: tuple[str, ...] = ()

    def threshold(self) -> "Threshold":
        """This parameter as a comparison; only parameters with an operator are one."""
        if self.operator is None or isinstance(self.value, str | bool):
            raise TypeError(f"parameter {self.name} is not a threshold")
        value = None if self.value is None else Decimal(self.value)
        return Threshold(self.name, self.operator, value, self.unit)

    def overridden(self, **changes: object) -> "Parameter":
        """A copy with the given fields replaced, as a profile does."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def misfit(self, value: ParameterValue, operator: Operator | None) -> str | None:
        """What keeps this value or operator from taking the place of its own; None if nothing."""
        usual = self.operator or ""
        if operator is not None and operator[0] != usual[:1]:
            expected = f"{usual[0]} or {usual[0]}=" if usual else "none: it is not compared"
            return f"operator: expected {expected}"
        if self.unit == "yes/no":
            return None if isinstance(value, bool) else "value: expected true or false"
        if self.unit == "label":
            fits = value in self.choices or (value is None and self.value is None)
            return None if fits else f"value: expected one of {', '.join(self.choices)}"
        if value is None:
            return None if usual else "value: expected a number"
        if isinstance(value, bool | str) or value < 0:
            return f"value: expected a number, 0 or more, in {self.unit}"
        if self._counts_days and (value != int(value) or value > MOST_DAYS):
            return f"value: expected a whole number of days, 0 to {MOST_DAYS}"
        return None

    @property
    def _counts_days(self) -> bool:
        """Whether it is compared with a difference of dates; the length of a month is not."""
        own = self.value
        is_month = isinstance(own, Decimal) and own != int(own)
        return self.unit == "d" and not is_month

    def __str__(self) -> str:
        number = shown(self.value, None) if isinstance(self.value, Decimal) else str(self.value)
        return f"{self.operator or ''} {beside(number, self.unit)}".strip()


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit with its comparison and unit. Without a value it is switched off."""

    name: str
    operator: Operator
    value: Decimal | None
    unit: str

    def met_by(self, value: Decimal, decimals: int | None = None) -> bool:
        """Whether ``value``, rounded half-up to ``decimals``, is past this limit.

        ``value`` is in this threshold's unit; the caller has checked that.
        """
        if self.value is None:
            return False
        number = rounded(value, decimals)
        match self.operator:
            case "<":
                return number < self.value
            case "<=":
                return number <= self.value
            case ">":
                return number > self.value
            case ">=":
                return number >= self.value

    @property
    def downward(self) -> bool:
        """Whether low values meet it."""
        return self.operator in ("<", "<=")

    def __str__(self) -> str:
        if self.value is None:
            return "off"
        return f"{self.operator} {beside(shown(self.value, None), self.unit)}"
