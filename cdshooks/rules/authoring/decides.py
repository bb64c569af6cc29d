"""``@decides``: the decision table of a rule or state, as rows that a clinician reads."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from cdshooks.rules.authoring.outcomes import Indicator

F = TypeVar("F", bound=Callable[..., Any])
Level = Indicator | Literal["none"]

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what leads to which level of card; ``none`` is no card.

    when: plain words. A parameter's name in braces stands for that parameter with
    comparison, value and unit, as the profile in force has it. A row whose number
    is off, is off.
    id: the name of a criterion, such as C1. on: the parameter that switches it on.
    """

    level: Level
    when: str
    id: str = ""
    on: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that the row rests on."""
        return (*_SLOT.findall(self.when), *([self.on] if self.on else []))

    def filled(self, amount: Callable[[str], str]) -> str:
        """The row's words with each parameter as ``amount`` writes it."""
        return _SLOT.sub(lambda slot: amount(slot[1]), self.when)


_rows: dict[Callable[..., Any], tuple[Row, ...]] = {}


def decides(*rows: Row) -> Callable[[F], F]:
    """Gives a rule or state its decision table.

    It says again what the function does, for people who do not read code. Tests
    hold the two together: every row is shown by a vignette, and no vignette ends
    in a level or crosses a limit that has no row.
    """

    def keep(function: F) -> F:
        _rows[function] = rows
        return function

    return keep


def rows_of(function: Callable[..., Any]) -> tuple[Row, ...]:
    """The decision table of a function; empty where it has none."""
    return _rows.get(function, ())
