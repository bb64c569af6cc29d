"""Declarations about drugs: what is taken, drafted, refused, not tolerated, and what meets what."""

from dataclasses import dataclass

from cdshooks.rules.authoring.inputs import Input


@dataclass(frozen=True, slots=True)
class Medication(Input):
    """Orders and statements of a drug or drug set in the chart: ``Entries``.

    ended: those that are over count too, with their end; else only what is taken.
    planned: drafts that the chart holds count too.
    drafted: drafts of this call count too, those under assessment included.
    dosed: whether the directions are read for ``Entry.mg_a_day``.
    """

    drug: str
    ended: bool = False
    planned: bool = False
    drafted: bool = False
    dosed: bool = False


@dataclass(frozen=True, slots=True)
class Declined(Input):
    """Refusals of a drug, and ends of it for which a reason was written down: ``Entries``."""

    drug: str


@dataclass(frozen=True, slots=True)
class Taken(Input):
    """All that the patient takes, of whatever drug, and what of it is recognised: ``Takes``."""


@dataclass(frozen=True, slots=True)
class Draft(Input):
    """The draft order under assessment; the rule runs once for each of this drug: ``Order``.

    drug: a drug or drug set; None for every drug that this service knows.
    or_none: at hooks without orders the rule runs once, for the patient, with None.
    value_set: instead of a drug, what the order asks for: a service, device or
    medication by its code, or by wording where the value set has any.
    parts: value sets within that one which ``Order.reasons`` then tells apart.
    """

    drug: str | None = None
    or_none: bool = False
    value_set: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OneOf(Input):
    """One side of a pair of orders: ``Order``. A rule declares two of them.

    It runs once for each unordered pair of different orders of the two drugs of
    which at least one is a draft under assessment. The other may be a draft
    beside it, what the patient takes, or what has ended (``Order.end``), so an
    interaction is found whichever of the two was ordered last.
    """

    drug: str


@dataclass(frozen=True, slots=True)
class Meets(Input):
    """What an order meets: ``Meeting``. The shared way to ask for an interaction.

    drug and partners: drugs (``knowledge/products``) or drug sets
    (``knowledge/drug_sets``: ingredients by code or whole-word name, with the routes
    that count). The rule runs once for each draft under assessment that is of the drug
    and meets partners, or is a partner and meets the drug: drafts, selected or not, and
    what the patient takes. Two drafts that meet each other are told once, with the one
    that was selected or drafted first. So one card an order names all its partners.

    ended: what is over counts too (``Order.end``), for drugs that must be washed out.
    Where medication could not be read and nothing was found, the engine answers that
    the rule cannot assess.
    """

    drug: str
    partners: tuple[str, ...]
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Allergic(Input):
    """Allergies and intolerances to a drug that stand: ``Allergies``.

    drug: a drug or drug set, by its codes and names; the reaction's substance counts too.
    """

    drug: str
