"""May this patient have riluzole at all, and is it ordered only once?"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Allergy,
    Call,
    CannotAssess,
    Delete,
    Draft,
    NotIndicated,
    OneOf,
    Order,
    Outcome,
    Recommend,
    State,
    This,
    milligrams,
    rule,
)
from cdshooks.rules.states.riluzole import Episode, riluzole_episode

LIVE = ("draft", "active", "on-hold")
PROPOSED = ("proposal", "option")


@rule(
    "riluzole-hypersensitivity",
    title="Recorded hypersensitivity to riluzole",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us",),
    overrides=("allergy-entry-wrong", "reaction-was-mild"),
    needs_als=False,
    leaves_out="Allergies that were refuted or have resolved.",
)
def riluzole_hypersensitivity(
    order: Annotated[Order, Draft("riluzole")],
    allergies: Annotated[Allergies, Allergic("riluzole")],
) -> Outcome:
    """
    Warn when an allergy or intolerance to riluzole stands in the record.

    Critical when it was severe, or when nothing says how severe it was. A warning
    when it was an intolerance, or when what is written down was not severe.
    """
    if not allergies:
        if allergies.failed or not allergies.whole:
            return CannotAssess("allergies could not be read", allergies.failed)
        return NotIndicated("no allergy to riluzole is recorded")
    worst = max(allergies, key=_gravity)
    return Recommend(
        summary=(
            f"Recorded riluzole hypersensitivity ({worst.reaction or 'reaction not stated'}): "
            "riluzole is contraindicated."
        ),
        indicator="warning" if worst.mild else "critical",
        because=(_says(worst),),
        evidence=tuple(allergies),
        offers=(Delete(order),),
    )


def _gravity(allergy: Allergy) -> tuple[bool, bool]:
    return not allergy.mild, allergy.severe


def _says(allergy: Allergy) -> str:
    label = "The label forbids riluzole after a severe hypersensitivity reaction to it"
    if allergy.severe:
        return f"{label}; the record calls this one severe."
    if allergy.mild:
        return f"{label}; the record describes this one as less than severe."
    return f"{label}; the record does not say how severe this one was."


@rule(
    "riluzole-duplicate",
    title="Two riluzole orders at once",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us",),
    overrides=("switch-other-will-be-stopped",),
    needs_als=False,
    leaves_out="Renewals: an order of the form that is taken, or one that names what it replaces.",
)
def riluzole_duplicate(
    one: Annotated[Order, OneOf("riluzole")],
    other: Annotated[Order, OneOf("riluzole")],
    episode: Annotated[Episode, State(riluzole_episode)],
    call: Annotated[Call, This()],
) -> Outcome:
    """
    Warn of two drafts, or of a draft beside an active order of another form.

    What the forms are is known from the codes of the products; an unknown form is
    not taken for another one. Old orders that nobody closed only inform.
    """
    if not all(order.status in LIVE or order.end is None for order in (one, other)):
        return NotIndicated("one of the orders is over")
    if any(order.end or order.intent in PROPOSED for order in (one, other)):
        return NotIndicated("one of the orders is over or only a proposal")
    return NotIndicated("")
