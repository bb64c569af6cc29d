"""What a rule is given of an order: its drug, its product, its directions."""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from cdshooks.rules.authoring.values import Origin


@dataclass(frozen=True, slots=True)
class Course:
    """For how long directions hold, as far as they say; None is not said.

    days: calendar days, first and last included. doses: administrations in all.
    dates: the days of dated doses. start: the first day, if stated. minutes: how long
    one administration takes, and mg_a_minute how fast it runs. weekday_times: how often
    on each of the weekdays that are named; doses are then the most that fit.
    """

    days: Fraction | None = None
    doses: Fraction | None = None
    dates: tuple[date, ...] = ()
    start: date | None = None
    minutes: Fraction | None = None
    mg_a_minute: Fraction | None = None
    weekday_times: Fraction | None = None

    @property
    def bounded(self) -> bool:
        """Whether it says at all when the directions end."""
        return bool(self.dates) or self.days is not None or self.doses is not None


UNREAD_ROUTE = "unread"
"""The route of directions that state one in words or codes that are not known."""
UNBOUNDED = Course()
"""Of directions that do not say how long they hold."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a dosage: mg each time, times and mg a day; None is unknown, never 0.

    ``low`` and ``high`` bound the daily total when the directions give a range.
    ``each`` holds the different amounts of concurrent lines, when all are known, and
    ``lines`` says how many there are. ``course``: for how long it holds. ``units``: the
    least of a day in international units, where the dose is stated in them.
    """

    per_time: Fraction | None
    times_a_day: Fraction | None
    low: Fraction | None
    high: Fraction | None
    text: str = ""
    each: tuple[Fraction, ...] = ()
    lines: int = field(default=1, compare=False)
    course: Course = field(default=UNBOUNDED, compare=False)
    units: Fraction | None = None

    @property
    def a_day(self) -> Fraction | None:
        """mg a day, when the directions say exactly one amount."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True, slots=True)
class Regimen:
    """The directions of one order as far as they can be read.

    steps: consecutive; one step when everything runs at the same time.
    problems: short names of what could not be read: ``amount``, ``frequency``,
    ``text-only``, ``timing-conflict``, ``max-dose-conflict``, ``no-directions``…
    food: ``with-food``, ``after-food``, ``before-food-too-close`` or None.
    route: its short name, ``other`` when lines differ, UNREAD_ROUTE, or None if unstated.
    when: codes of the events of the day at which it is taken, in lower case.
    """

    steps: tuple[Step, ...] = ()
    problems: tuple[str, ...] = ()
    as_needed: bool = False
    food: str | None = None
    route: str | None = None
    via_tube: bool = False
    structured: bool = False
    tapering: bool = False
    when: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Order:
    """A draft order under assessment, or another order beside it.

    drug: the product set that it was recognised as; ``by_name`` when only its
    text said so; ``conflict`` when code and text name different drugs.
    strength: mg per tablet, film or mL (``strength_per``), if the code says.
    assessed: whether it is a draft of this call to be judged, not only context.
    drafted: whether it is of this call at all, and not of the chart.
    reasons: ``clinical-trial``, ``als`` or ``other``, as far as its reasons say.
    end: the last day of an order that is over; end_told: whether the chart says that day.
    replaces: ``Type/id`` of the order that it says it takes the place of.
    written: the text of the order that names the drug, for one recognised by name
    or whose text names another.
    exact: for one recognised by name, whether by the drug's own name and not a brand.
    sure: False for an old prescription that nobody closed and nothing was dispensed on.
    sets: every drug set that it belongs to, for one that was asked for by a set.
    """

    type: str
    id: str
    status: str
    intent: str
    drug: str | None
    label: str
    by_name: bool = False
    conflict: str | None = None
    form: str | None = None
    strength: Fraction | None = None
    strength_per: str | None = None
    regimen: Regimen = Regimen()
    day: date | None = None
    reasons: frozenset[str] = frozenset()
    version: str = "R4"
    assessed: bool = True
    drafted: bool = True
    end: date | None = None
    end_told: bool = True
    replaces: str | None = None
    written: str = ""
    exact: bool = True
    sure: bool = True
    sets: frozenset[str] = frozenset()
    origins: tuple[Origin, ...] = ()

    def within(self, *names: str) -> bool:
        """Whether it belongs to one of these drug sets."""
        return not self.sets.isdisjoint(names)

    @property
    def reference(self) -> str:
        """``Type/id`` as selections and delete actions name it."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Meeting:
    """Orders of a drug that come together with orders of others, for one card.

    order: the draft under assessment to which the card belongs; of two drafts that
    meet, the one that was selected or drafted first. It is also in one of:
    drugs: the orders of the one drug. partners: those of the others, each under the
    name of the set that was asked for (``Order.drug``), labelled as what it is.
    unread: searches for medication that did not answer; with them there may be more.
    """

    order: Order
    drugs: tuple[Order, ...] = ()
    partners: tuple[Order, ...] = ()
    unread: tuple[str, ...] = ()

    def of(self, *names: str) -> "Meeting":
        """The same with partners of these sets alone."""
        return replace(self, partners=tuple(p for p in self.partners if p.drug in names))

    @property
    def sure(self) -> bool:
        """Whether at least one pair is of orders that are surely drafted or taken."""
        return any(d.sure for d in self.drugs) and any(p.sure for p in self.partners)

    @property
    def by_name(self) -> bool:
        """Whether only text says what the drugs or what the partners are."""
        return all(d.by_name for d in self.drugs) or all(p.by_name for p in self.partners)

    @property
    def exact(self) -> bool:
        """Whether codes, or the drugs' own names, say what meets."""
        sides = (self.drugs, self.partners)
        return all(any(o.exact or not o.by_name for o in side) for side in sides)

    @property
    def names(self) -> tuple[str, ...]:
        """What the partners are, each once."""
        return tuple(dict.fromkeys(partner.label for partner in self.partners))

    @property
    def assessed(self) -> tuple[Order, ...]:
        """The drafts under assessment among all that meets, that of the card first."""
        found = [order for order in self.orders if order.assessed]
        return tuple(sorted(found, key=lambda order: order.reference != self.order.reference))

    @property
    def orders(self) -> tuple[Order, ...]:
        """Everything that meets, as evidence."""
        return (*self.drugs, *self.partners)
