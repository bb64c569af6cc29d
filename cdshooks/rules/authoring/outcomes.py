"""What a rule may conclude: recommend, not indicated, or cannot assess."""

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from cdshooks.knowledge import Threshold
from cdshooks.rules.authoring.orders import Order
from cdshooks.rules.authoring.values import Allergy, Doubt, Entries, Entry, Missing, Origin, Reading

Indicator = Literal["info", "warning", "critical"]
LEVELS: tuple[Indicator, ...] = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Create:
    """Offers a new resource from the draft template of this name.

    beside: further templates that come with it, in the same suggestion.
    instead_of: a draft order that the same suggestion removes.
    """

    draft: str
    recommended: bool = False
    urgent: bool = False
    reason: str = ""
    beside: tuple[str, ...] = ()
    instead_of: Order | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Offers the draft order with the fields of a template in place of its own."""

    order: Order
    draft: str
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Offers to remove a draft order."""

    order: Order
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Offers to end an active order of the chart, with the fields of a template.

    Only a prescription can be stopped; of a statement or dispense nothing is offered.
    """

    entry: Entry
    draft: str
    recommended: bool = False


Offer = Create | Update | Delete | Stop
Fact = Reading | Entry | Entries | Missing | Order | Allergy | Doubt


@dataclass(frozen=True, slots=True)
class Recommend:
    """Advice, with everything that a card needs and nothing that the engine adds.

    summary: one sentence of plain text, the point first, with the value.
    because: further sentences of plain text; the card escapes them.
    evidence: the facts that the advice stands on.
    by: the limits that were crossed.
    criteria: names of what was met, where a rule has several criteria: one that is
    new ends the silence after an override, as a limit newly crossed does.
    missing: what was not known, each as a short phrase.
    offers: suggestions; ``choose`` says whether more than one may be taken.
    overrides: override reasons of this outcome alone, before the rule's own.
    due: what is due, in two or three words; as information it then joins the one
    card of everything that is due today.
    shares: at order hooks, the name of a card that advice on several orders shares.
    """

    summary: str
    indicator: Indicator
    because: tuple[str, ...] = ()
    evidence: tuple[Fact, ...] = ()
    by: tuple[Threshold, ...] = ()
    missing: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    overrides: tuple[str, ...] = ()
    choose: Literal["any", "at-most-one"] = "any"
    due: str | None = None
    criteria: tuple[str, ...] = ()
    shares: str | None = None

    def capped(self, indicator: Indicator) -> "Recommend":
        """The same advice, at this level at most."""
        lower = min(LEVELS.index(self.indicator), LEVELS.index(indicator))
        return replace(self, indicator=LEVELS[lower])


@dataclass(frozen=True, slots=True)
class NotIndicated:
    """The rule looked and has nothing to advise; ``because`` is for the trace."""

    because: str


@dataclass(frozen=True, slots=True)
class CannotAssess:
    """The rule applies and could not be evaluated.

    because: what was missing, as a phrase; failed: searches that did not answer.
    """

    because: str
    failed: tuple[str, ...] = ()


Outcome = Recommend | NotIndicated | CannotAssess


def origins(fact: Fact) -> tuple[Origin, ...]:
    """Where a fact came from."""
    if isinstance(fact, Entries):
        return tuple(origin for entry in fact for origin in entry.origins)
    return fact.origins


class Searched(Protocol):
    """What was found by searches, some of which may not have answered."""

    @property
    def failed(self) -> tuple[str, ...]:
        """The prefetch searches that did not answer."""


def failed_in(*found: Searched | Reading) -> tuple[str, ...]:
    """The searches behind ``found`` that did not answer, each once; a reading was answered."""
    keys = (key for one in found if not isinstance(one, Reading) for key in one.failed)
    return tuple(dict.fromkeys(keys))
