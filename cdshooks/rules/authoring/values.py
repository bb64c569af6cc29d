"""What a rule is given: readings, entries, orders, and their honest absence.

Every value is frozen and carries its origin, so a card's evidence is recorded
where the value was read and never typed a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Literal

from cdshooks.knowledge import Threshold
from cdshooks.units import beside, rounded, shown

Position = Literal["sitting", "supine"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was read: the line of a card's evidence.

    resource: ``Type/id`` in the chart; value and unit as shown; day as recorded.
    sent: value and unit as they came, if that was in another unit.
    """

    resource: str
    label: str
    value: str
    unit: str
    day: date | None
    sent: str = ""


def on(day: date | None) -> str:
    """A day as cards write it: 20 Feb 2026."""
    return f"{day.day} {day:%b %Y}" if day else "date not recorded"


Bound = Literal["<", "≤", ">", "≥"]
AT_MOST: tuple[Bound, ...] = ("<", "≤")
AT_LEAST: tuple[Bound, ...] = (">", "≥")


@dataclass(frozen=True, slots=True)
class Reading:
    """One usable measurement in its canonical unit.

    value: exact after conversion; comparisons round half-up to ``decimals``.
    bound: when the laboratory gave only a limit; ``≤`` and ``≥`` include the limit itself.
    rival: the other value of the same day when the two disagree.
    notes: what the card must say beside it ("position not recorded").
    newest_known: whether everything since was read, so that nothing newer exists.
    later: the newest result since, if there is one that could not be used.
    span: the days that a mean was taken over, if they were recorded.
    """

    measure: str
    label: str
    value: Decimal
    unit: str
    day: date
    age: int
    instant: datetime | None = None
    position: Position | None = None
    decimals: int | None = 1
    bound: Bound | None = None
    context: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    newest_known: bool = True
    later: "Missing | None" = None
    rival: "Reading | None" = None
    upper_limit: "UpperLimit | None" = None
    span: int | None = None
    origins: tuple[Origin, ...] = ()

    def meets(self, limit: Threshold) -> bool:
        """Whether this reading is past ``limit``.

        A bounded result ("< 40") meets a limit only when every value that it
        stands for does.
        """
        return self.would_meet(limit, self.value, self.decimals)

    def would_meet(self, limit: Threshold, value: Decimal, decimals: int | None = None) -> bool:
        """The same of a figure that follows from this reading and is bounded like it."""
        if self.bound in (AT_LEAST if limit.downward else AT_MOST):
            return False
        if self.bound in ("<", ">") and limit.operator in ("<", ">") and limit.value is not None:
            return limit.value >= value if limit.downward else limit.value <= value
        return limit.met_by(value, decimals)

    @property
    def amount(self) -> str:
        """Value and unit: ``46%``, ``38 cmH2O``, ``7.31``."""
        number = shown(self.value, 2 if self.decimals is None else self.decimals)
        if not self.unit and self.decimals == 2:  # a pH keeps both: 7.30
            number = f"{rounded(self.value, 2):.2f}"
        return beside(f"{self.bound or ''}{number}", self.unit)

    def __str__(self) -> str:
        where = f" {self.position}" if self.position else ""
        return f"{self.label} {self.amount}{where} ({on(self.day)})"


@dataclass(frozen=True, slots=True)
class UpperLimit:
    """The upper limit of normal that a laboratory value is compared with.

    source: ``range``, ``text``, ``earlier result`` or ``assumed``; an assumed
    limit caps what a rule may say.
    lowest: another limit of the same result that fits as well, when they disagree.
    """

    value: Decimal
    unit: str
    source: Literal["range", "text", "earlier result", "assumed"]
    lowest: Decimal | None = None

    @property
    def amount(self) -> str:
        """Value and unit: ``1.2 mg/dL``."""
        return f"{shown(self.value, 2)} {self.unit}"


class Why(Enum):
    """Why there is no usable value."""

    NEVER = "never recorded"
    STALE = "too old"
    UNIT = "unit not usable"
    IMPLAUSIBLE = "not plausible"
    UNREADABLE = "value not readable"
    CONTEXT = "not recorded as needed"
    OUTLIER = "too far from the values around it"
    UNREAD = "could not be read"
    UNASKED = "not asked for"


@dataclass(frozen=True, slots=True)
class Missing:
    """No usable reading, and why. Missing is never normal.

    proven: the search succeeded and was whole, so absence is a fact.
    text: for the card, with the value that could not be used.
    last: the newest usable value outside the lookback.
    failed: the prefetch searches that did not answer.
    """

    label: str
    why: Why
    text: str
    last: Reading | None = None
    failed: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether it is known that there is nothing usable."""
        return self.why not in (Why.UNREAD, Why.UNASKED)

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return self.text


NO_MEANING = (Why.UNIT, Why.IMPLAUSIBLE, Why.UNREADABLE)
"""Why a result that is there says nothing."""


def uninterpretable(found: Reading | Missing) -> Missing | None:
    """The newest result, where it is there and says nothing; an older one may be usable."""
    newest = found if isinstance(found, Missing) else found.later
    return newest if newest is not None and newest.why in NO_MEANING else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One coded fact of the chart: a condition, request, procedure, device or consent.

    start and end bound the fact; recorded is when it was written down. end_told: whether
    the chart says that end; else it was only changed then for the last time. instant: the
    last moment of them, where a time is on record. ``reason``
    is the value set that the status reason or stop reason belongs to, if any.
    exact: of a drug known by name alone, whether by its own and not by a brand. form
    and via_tube: of a drug, what its product is, and whether it is given by tube;
    mg_a_day: what its directions come to, if they say one amount and were asked for.
    sets: of a drug, every drug set that it belongs to, if it was asked for by one.
    sure: of a drug, False for an old prescription that nobody closed or dispensed on.
    """

    type: str
    id: str
    label: str
    status: str
    start: date | None = None
    end: date | None = None
    recorded: date | None = None
    instant: datetime | None = None
    reasons: frozenset[str] = frozenset()
    in_hospital: bool = False
    certain: bool = True
    exact: bool = True
    sets: frozenset[str] = frozenset()
    form: str | None = None
    via_tube: bool = False
    mg_a_day: Fraction | None = None
    end_told: bool = True
    sure: bool = True
    origins: tuple[Origin, ...] = ()

    @property
    def day(self) -> date | None:
        """The newest day on which this is known to hold."""
        known = [d for d in (self.start, self.end, self.recorded) if d]
        return max(known) if known else None

    def __str__(self) -> str:
        return f"{self.label} ({on(self.day)})" if self.day else self.label

    @property
    def given(self) -> bool:
        """Of a drug, whether it was handed out or given, and not only ordered or told of."""
        return self.type in ("MedicationDispense", "MedicationAdministration")


@dataclass(frozen=True, slots=True)
class Entries:
    """What was found of one kind. Empty and ``whole`` means: looked, none there.

    whole: every search that could hold such an entry was read to its end.
    failed: those that were asked for and did not answer.
    """

    items: tuple[Entry, ...] = ()
    whole: bool = True
    failed: tuple[str, ...] = ()
    label: str = ""

    def __bool__(self) -> bool:
        return bool(self.items)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.items)

    @property
    def none(self) -> bool:
        """Whether it is known that there is none."""
        return self.whole and not self.items

    @property
    def newest(self) -> Entry | None:
        """The entry known to hold last; entries without a day come first."""
        return max(self.items, key=lambda e: e.day or date.min, default=None)

    def after(self, day: date) -> "Entries":
        """Those that hold on or after ``day``."""
        items = tuple(e for e in self.items if e.day and e.day >= day)
        return self if len(items) == len(self.items) else replace(self, items=items)


@dataclass(frozen=True, slots=True)
class Sitting:
    """Measurements of one session, by measure; made at the same recorded time."""

    day: date
    age: int
    readings: dict[str, Reading] = field(hash=False)
    context: frozenset[str] = frozenset()

    def __getitem__(self, measure: str) -> Reading | None:
        return self.readings.get(measure)


@dataclass(frozen=True, slots=True)
class Person:
    """The patient, as far as rules may know: no name, no identifier.

    known: whether the patient's record could be read at all. died: the day, if recorded.
    """

    age: int | None
    sex: Literal["male", "female"] | None
    deceased: bool
    active: bool = True
    known: bool = True
    died: date | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """The call itself: which hook, today's date, and the encounter it is about.

    orders: ``Type/id`` of the medication orders that it assesses, the first drafted first.
    drugs: the drugs of every order that is drafted, assessed or beside.
    place: the value sets of the encounter's kind and of its discharge; ``known`` whether
    the encounter could be read.
    """

    hook: str
    today: date
    inpatient: bool = False
    orders: tuple[str, ...] = ()
    drugs: frozenset[str] = frozenset()
    place: frozenset[str] = frozenset()
    known: bool = False


@dataclass(frozen=True, slots=True)
class NotRead:
    """Searches that failed, in words for a clinician, and the titles of rules that needed them."""

    searches: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that was not used, or two of one day that disagree.

    kind: ``implausible``, ``unit`` or ``conflict``. text names the measure, the
    value as sent, its date and what is wrong; reason is the last of these alone.
    then: what follows from it, for the card of a conflict.
    """

    kind: Literal["implausible", "unit", "conflict"]
    label: str
    text: str
    day: date | None = None
    origins: tuple[Origin, ...] = ()
    reason: str = ""
    then: str = "rule result uncertain"


@dataclass(frozen=True, slots=True)
class Allergy:
    """A standing allergy or intolerance.

    severe: whether criticality, severity or manifestation says so; mild: whether
    the record says that it was less: an intolerance, or a reaction or criticality
    that is not severe. Neither, when nothing but the allergy was written down. slight:
    an intolerance, or every reaction mild and the criticality low.
    """

    label: str
    severe: bool
    mild: bool
    reaction: str = ""
    slight: bool = False
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Allergies:
    """What was found of allergies to a drug. Empty and ``whole`` means: looked, none there.

    failed: the searches that were asked for and did not answer.
    """

    items: tuple[Allergy, ...] = ()
    whole: bool = True
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.items)

    def __iter__(self) -> Iterator[Allergy]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Takes:
    """All medication that the patient takes, as far as it can be recognised.

    coded: how many carry a code of a drug terminology; unknown: those that neither
    a code nor a name identifies, each once.
    """

    coded: int
    unknown: Entries
