"""The closed tables by which directions for use are read, checked once at start."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Generic, Literal, TypeVar, get_args

from pydantic import BeforeValidator, Field, model_validator

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import yaml
from cdshooks.knowledge.checking import checked
from cdshooks.knowledge.model import Strict, Text

FILE = "dosage.yaml"
ROOT = files("cdshooks.knowledge")

_REACH = 60
"""Characters before a match in which excluding words count: three words and a spare."""

Food = Literal["with-food", "after-food", "before-food-too-close"]
FOODS: tuple[Food, ...] = get_args(Food)
"""What directions say about meals, the nearest to a meal first."""

Positive = Annotated[Fraction, Field(gt=0)]


def _any_case(value: object) -> object:
    return f"(?i){value}" if isinstance(value, str) else value


Pattern = Annotated[re.Pattern[str], BeforeValidator(_any_case)]
"""Free text is matched whatever its case; said here once, not in every pattern."""


class Limit(Strict):
    """The believable range of a number; both ends are believed."""

    least: Positive
    most: Positive

    @model_validator(mode="after")
    def _ordered(self) -> "Limit":
        if self.least > self.most:
            raise ValueError("least is above most")
        return self

    def holds(self, value: Fraction) -> bool:
        """Whether ``value`` is believable."""
        return self.least <= value <= self.most


class Limits(Strict):
    """mg each time, times a day, and days until directions repeat."""

    mg_each: Limit
    a_day: Limit
    period_days: Limit


class Named(Strict):
    """A row that is found by its exact ``codes`` or by plain ``words``."""

    codes: tuple[Text, ...] = ()
    words: tuple[Text, ...] = ()


class DoseUnit(Named):
    """A unit of dose; ``factor`` is the mg, mL, pieces or IU in one of it."""

    of: Literal["mass", "volume", "count", "activity"]
    factor: Positive


class Period(Named):
    """A unit of time in days."""

    days: Positive


class TimingCode(Named):
    """A coded frequency, in times a day."""

    times: Positive


class Instruction(Named):
    """A coded additional instruction about food."""

    food: Food


class Route(Named):
    """A route by its short name; ``tube`` when the code itself names a feeding tube."""

    name: Text
    tube: bool = False


class Event(Strict):
    """A daily event; ``slot`` when it is one countable moment of the day.

    food: what the event says about a meal, unless the offset reaches ``clear_minutes``.
    """

    codes: tuple[Text, ...]
    slot: bool = True
    food: Food | None = None
    clear_minutes: Positive | None = None

    def clear_of_meal(self, offset: Fraction | None) -> bool:
        """Whether ``offset`` minutes are far enough; an unknown distance is not."""
        far = self.clear_minutes
        return far is not None and offset is not None and offset >= far


class Phrase(Strict):
    """A closed pattern in free text, and what must not stand right before it."""

    pattern: Pattern
    unless_after: Pattern | None = None

    def found_in(self, text: str) -> bool:
        """Whether ``text`` says so at least once without the excluding words."""
        return any(
            self.unless_after is None
            or self.unless_after.search(text[: match.start()][-_REACH:]) is None
            for match in self.pattern.finditer(text)
        )


class Texts(Strict):
    """The only things that free text may add."""

    as_needed: Phrase
    with_food: Phrase
    after_food: Phrase
    via_tube: Phrase
    then: Phrase


class DosageFile(Strict):
    """The whole of ``dosage.yaml``."""

    meaning: Text
    checked: date
    sources: tuple[Text, ...]
    limits: Limits
    snomed_systems: frozenset[Text]
    unit_systems: frozenset[Text]
    strength_per: dict[Literal["volume", "count", "activity"], frozenset[Text]]
    dose_units: tuple[DoseUnit, ...]
    periods: tuple[Period, ...]
    timing_codes: tuple[TimingCode, ...]
    events: tuple[Event, ...]
    days_of_week: frozenset[Text]
    instructions: tuple[Instruction, ...]
    routes: tuple[Route, ...]
    texts: Texts


T = TypeVar("T")
N = TypeVar("N", bound=Named)


@dataclass(frozen=True, slots=True)
class Lookup(Generic[T]):
    """Rows by exact ``codes`` and by plain ``words``."""

    codes: Mapping[str, T]
    words: Mapping[str, T]

    def word(self, text: str | None) -> T | None:
        """The row of a word, whatever its case, dots and spacing."""
        return self.words.get(folded(text)) if text else None


@dataclass(frozen=True, slots=True)
class DosageTables:
    """``dosage.yaml`` as it is looked up."""

    file: DosageFile
    units: Lookup[DoseUnit]
    periods: Lookup[Period]
    timings: Lookup[TimingCode]
    instructions: Lookup[Instruction]
    routes: Lookup[Route]
    events: Mapping[str, Event]


def folded(text: str) -> str:
    """A word as compared: ``b.i.d.`` and ``BID`` are one, and so are double spaces."""
    return " ".join(text.replace(".", "").casefold().split())


@cache
def dosage_tables(root: Traversable = ROOT) -> DosageTables:
    """The tables, read once a process.

    Raises KnowledgeInvalid, naming the key, for what is missing, unknown or said twice.
    """
    file = checked(DosageFile, yaml.read(root.joinpath(FILE)), FILE)
    return DosageTables(
        file=file,
        units=_lookup("dose_units", file.dose_units),
        periods=_lookup("periods", file.periods),
        timings=_lookup("timing_codes", file.timing_codes),
        instructions=_lookup("instructions", file.instructions),
        routes=_lookup("routes", file.routes),
        events=_keyed("events", [(c.casefold(), row) for row in file.events for c in row.codes]),
    )


def _lookup(key: str, rows: tuple[N, ...]) -> Lookup[N]:
    return Lookup(
        codes=_keyed(key, [(code, row) for row in rows for code in row.codes]),
        words=_keyed(key, [(folded(word), row) for row in rows for word in row.words]),
    )


def _keyed(key: str, pairs: Iterable[tuple[str, T]]) -> Mapping[str, T]:
    found: dict[str, T] = {}
    for name, row in pairs:
        if name in found:
            raise KnowledgeInvalid(FILE, key, f"{name!r} is said twice")
        found[name] = row
    return found
