"""Does an anticholinergic dry secretions that are thick, or add to others of its kind?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Draft,
    Entries,
    Limits,
    Listed,
    Medication,
    NotIndicated,
    Order,
    Outcome,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    decides,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals

SALIVA = "anticholinergic-saliva"


@dataclass(frozen=True, slots=True)
class ManyLimits(Limits):
    """How many anticholinergics at once are worth a word."""

    group: ClassVar[str] = "anticholinergics"
    anticholinergics_ge: Threshold


@rule(
    "anticholinergic-thick-secretions-duplicate",
    title="Anticholinergic with thick secretions, or beside another one",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("nice-ng42",),
    overrides=("watery-saliva-dominant",),
    leaves_out="Care for comfort and the last days; inhaled and topical products.",
)
@decides(
    Row("info", "Thick secretions recorded within {thick_secretions_days}"),
    Row("info", "A mucolytic or nebulised saline drafted or taken"),
    Row("info", "Anticholinergics together: {anticholinergics_ge}"),
    Row("none", "Hospice, comfort measures or last days; none of these"),
)
def anticholinergic_thick_secretions_duplicate(
    order: Annotated[Order, Draft("anticholinergic-any")],
    thick: Annotated[
        Entries, Listed("thick-secretions", lookback="thick_secretions_days", named=True)
    ],
    thinners: Annotated[Entries, Medication("mucolytics", drafted=True)],
    together: Annotated[Entries, Medication("anticholinergic-any", drafted=True)],
    goals: Annotated[Goals, State(goals)],
    call: Annotated[Call, This()],
    limits: ManyLimits,
) -> Outcome:
    """
    Ask for a second look at a drug that dries thick secretions, or at many of its kind.

    thinners: mucolytics and nebulised saline, drafted or taken. together: every
    anticholinergic drafted or taken, each drug once; several drafts are told once.
    """
    if goals.end_of_life:
        return NotIndicated(f"care is for comfort: {goals.evidence}")
    dry = thick.newest or thinners.newest if order.within(SALIVA) else None
    drugs = tuple(dict.fromkeys(entry.label for entry in together))
    many = limits.anticholinergics_ge.met_by(Decimal(len(drugs)))
    if dry is None and not (many and _first(order, together, call)):
        if thick.failed and order.within(SALIVA):
            return CannotAssess("the problem list could not be read", thick.failed)
        return NotIndicated("no thick secretions, and no other anticholinergic told here")
    return Recommend(
        summary=_summary(order, thick, drugs, dry=dry is not None),
        indicator="info",
        because=(
            *((f"On record: {dry}. Drying drugs thicken secretions.",) if dry else ()),
            *((f"Anticholinergics: {', '.join(drugs)}.",) if many else ()),
            "Humidification, nebulised saline or carbocisteine may come first.",
        ),
        evidence=(order, thick, thinners, *((together,) if many else ())),
        by=(limits.anticholinergics_ge,) if many and not dry else (),
    )


def _summary(order: Order, thick: Entries, drugs: tuple[str, ...], *, dry: bool) -> str:
    if not dry:
        return (
            f"{len(drugs)} anticholinergic drugs together: constipation, retention, confusion risk."
        )
    found = "Thick secretions recorded" if thick else "A drug for thick secretions is given"
    return f"{found}: anticholinergics can worsen them; review before adding {order.label}."


def _first(order: Order, together: Entries, call: Call) -> bool:
    """Whether this is the first of the drafted anticholinergics, which tells of all of them."""
    drafted = {f"{e.type}/{e.id}" for e in together if e.status == "draft"}
    return next((ref for ref in call.orders if ref in drafted), order.reference) == order.reference
