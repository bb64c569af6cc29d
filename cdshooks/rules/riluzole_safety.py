"""May this patient have riluzole at all, and is it ordered only once?"""

from fractions import Fraction
from typing import Annotated

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Allergy,
    CannotAssess,
    Delete,
    Draft,
    NotIndicated,
    OneOf,
    Order,
    Outcome,
    Recommend,
    State,
    milligrams,
    rule,
)
from cdshooks.rules.states.riluzole import Episode, riluzole_episode
from cdshooks.rules.states.words import capital

LIVE = ("draft", "active", "on-hold")
"""Statuses in which a draft may still be carried out."""
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
        if not allergies.whole:
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
) -> Outcome:
    """
    Warn of two drafts, or of a draft beside an active order of another form.

    What the forms are is known from the codes of the products; an unknown form is
    not taken for another one. Beside an old order that nobody closed: an
    information at most.
    """
    drafts = [order for order in (one, other) if order.drafted]
    if len(drafts) == 1:
        [draft], [taken] = drafts, [order for order in (one, other) if order not in drafts]
        because = _no_duplicate(draft, taken, episode)
        if because:
            return NotIndicated(because)
    elif not all(order.status in LIVE and order.intent not in PROPOSED for order in drafts):
        return NotIndicated("one of the drafts is over or only a proposal")
    advice = Recommend(
        summary=f"Two riluzole orders at once ({_together(one, other)}): keep one formulation.",
        indicator="warning",
        because=(
            "Together they would double the dose of a drug that can harm the liver.",
            *(
                f"{capital(_form(order))}: {order.status.replace('-', ' ')}."
                for order in (one, other)
            ),
        ),
        evidence=(one, other),
        offers=tuple(Delete(draft) for draft in drafts),
        choose="at-most-one",
    )
    return advice if len(drafts) > 1 or episode.sure else advice.capped("info")


def _no_duplicate(draft: Order, taken: Order, episode: Episode) -> str | None:
    """Why a draft beside what the chart says is no second order."""
    going_on = taken.reference in episode.references
    if not going_on or draft.status not in LIVE or draft.intent in PROPOSED:
        return "one of the orders is over"
    if draft.replaces and draft.replaces in episode.references:
        return "the draft says which order it replaces"
    if None in (draft.form, taken.form) or draft.form == taken.form:
        return "a renewal, as far as the forms are known"
    return None


def _together(one: Order, other: Order) -> str:
    """The forms and, where both directions are known, the dose of a day in all."""
    forms = f"{_form(one)} and {_form(other)}"
    doses = [_daily(order) for order in (one, other)]
    known = [dose for dose in doses if dose is not None]
    if len(known) < len(doses):
        return forms
    return f"{forms}, {milligrams(sum(known, Fraction(0)))} mg/day together"


def _form(order: Order) -> str:
    return order.form or "unknown form"


def _daily(order: Order) -> Fraction | None:
    """mg a day, when all of the directions are one known amount."""
    steps = order.regimen.steps
    if len(steps) > 1:
        return None
    return next((step.a_day for step in steps), None)
