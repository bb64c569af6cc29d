"""Is an anticholinergic safe for this patient's eyes, bladder, gut and mind?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    CannotAssess,
    Create,
    Delete,
    Draft,
    Entries,
    Entry,
    Indicator,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    failed_in,
    rule,
)
from cdshooks.rules.states.anticholinergic_risk import Obstacles, obstacles
from cdshooks.rules.states.words import inside, joined

GLYCO, HYOSCYAMINE = "glycopyrronium-systemic", "hyoscyamine-systemic"
BELLADONNA = "belladonna"
SALIVA_REASONS = ("saliva-reason", "salivary-disturbance")
SALIVA, POTASSIUM = "anticholinergic-saliva", "solid-potassium"
Glycopyrronium = Annotated[Entries, Medication(GLYCO, drafted=True)]
Potassium = Annotated[Entries, Medication(POTASSIUM, drafted=True)]
Risks = Annotated[Obstacles, State(obstacles)]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A condition that an order does not go with."""

    level: Indicator
    entry: Entry


@rule(
    "anticholinergic-contraindication",
    title="Anticholinergic with glaucoma, retention, ileus or myasthenia",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("glycopyrrolate-us", "scopolamine-us"),
    overrides=("condition-resolved", "ophthalmology-agrees"),
    leaves_out=(
        "Inhaled and topical glycopyrronium; unstable circulation and severe colitis, which the "
        "label names as well; potassium chloride that is known to be a liquid or an infusion."
    ),
)
@decides(
    Row("critical", "Glycopyrrolate or hyoscyamine with any of the conditions"),
    Row("critical", "Atropine or scopolamine with angle-closure glaucoma"),
    Row("warning", "Atropine or scopolamine with another glaucoma"),
    Row("warning", "A tricyclic with angle-closure glaucoma"),
    Row("warning", "Atropine, scopolamine or a tricyclic with retention, ileus or myasthenia"),
    Row("warning", "Glycopyrrolate with potassium chloride by mouth, whichever is ordered last"),
    Row("info", "The potassium is known only from an old order that nobody closed"),
    Row("none", "None of these"),
)
def anticholinergic_contraindication(
    order: Annotated[Order, Draft("anticholinergic-or-potassium")],
    risks: Risks,
    glycopyrronium: Glycopyrronium,
    potassium: Potassium,
) -> Outcome:
    """
    Warn of an anticholinergic that the patient's eyes, bladder, gut or muscles forbid.

    risks: conditions on the problem list. potassium: tablets or capsules that may
    stay in a gut that does not move.
    """
    if not order.within(SALIVA):
        return _held_back(order, glycopyrronium)
    found = _conflict(order, risks)
    if found is None and order.within(GLYCO) and potassium:
        return _with_potassium(order, potassium)
    if found is None:
        if risks.failed:
            return CannotAssess("the problem list could not be read", risks.failed)
        return NotIndicated("no condition that forbids it is on the problem list")
    word = "contraindicated" if found.level == "critical" else "risky"
    return Recommend(
        summary=(
            f"{found.entry.label} recorded: {order.label} is {word}; consider botulinum toxin or "
            "another route."
        ),
        indicator=found.level,
        because=tuple(_because(order, found, risks, potassium)),
        evidence=(order, *(e for e in (risks.angle, risks.pressure, risks.blocked) if e)),
        offers=(Delete(order),),
    )


def _conflict(order: Order, risks: Obstacles) -> Conflict | None:
    """The gravest condition that an order does not go with."""
    if order.within(GLYCO, HYOSCYAMINE) and risks.any:
        return Conflict("critical", risks.any)
    if order.within(BELLADONNA) and risks.angle:
        return Conflict("critical", risks.angle)
    entry = risks.angle or risks.blocked
    if order.within(BELLADONNA):
        entry = risks.blocked or risks.pressure
    return Conflict("warning", entry) if entry else None


def _because(order: Order, found: Conflict, risks: Obstacles, potassium: Entries) -> Iterator[str]:
    yield f"On the problem list: {found.entry}."
    if found.entry is risks.pressure and found.level == "warning":
        yield "Have the pressure of the eye watched."
    if order.within(GLYCO) and potassium:
        yield f"{potassium.newest}: tablets of potassium may stay in the gut and injure it."


def _held_back(order: Order, glycopyrronium: Entries) -> Outcome:
    """Potassium chloride that is ordered on glycopyrrolate; two drafts are told once."""
    taken = [entry for entry in glycopyrronium if entry.status != "draft"]
    if not taken or len(taken) < len(glycopyrronium.items):
        return NotIndicated("no glycopyrrolate is taken, or its own draft tells it")
    return _potassium(order, Entries(tuple(taken)))


def _with_potassium(order: Order, potassium: Entries) -> Outcome:
    return _potassium(order, potassium)


def _potassium(order: Order, other: Entries) -> Outcome:
    return Recommend(
        summary=(
            "Glycopyrrolate with potassium chloride by mouth: tablets may stay in the gut and "
            "injure it; use a liquid."
        ),
        indicator="warning" if any(entry.sure for entry in other) else "info",
        because=(f"Together: {order.label} and {joined([e.label for e in other][:1])}.",),
        evidence=(order, other),
        offers=(Delete(order),),
    )


@dataclass(frozen=True, slots=True)
class CutOff(Limits):
    """Which total of the ECAS is abnormal."""

    group: ClassVar[str] = "cognition"
    ecas_total_lt: Threshold


@rule(
    "anticholinergic-cognition",
    title="Anticholinergic that reaches the brain, with cognitive impairment",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("nice-ng42", "glycopyrrolate-us"),
    overrides=("glycopyrrolate-failed",),
    leaves_out="Eye drops that are for the eye; age alone; MoCA.",
)
@decides(
    Row("warning", "Dementia or delirium on the problem list"),
    Row("warning", "ECAS total {ecas_total_lt}, at most {cog_score_days} old"),
    Row("none", "Neither, or eye drops for the eye"),
)
def anticholinergic_cognition(
    order: Annotated[Order, Draft("anticholinergic-central")],
    impaired: Annotated[Entries, Listed("cognitive-impairment")],
    ecas: Annotated[Reading | Missing, Latest("ecas-total", lookback="cog_score_days")],
    risks: Risks,
    glycopyrronium: Glycopyrronium,
    potassium: Potassium,
    allergies: Annotated[Allergies, Allergic(GLYCO)],
    limits: CutOff,
) -> Outcome:
    """
    Prefer glycopyrrolate against saliva where thinking is impaired.

    risks and potassium: what forbids glycopyrrolate too; then none is offered, and
    what the contraindication rule would stop is not preferred either. allergies: to
    glycopyrrolate, which neither is then.
    """
    if order.regimen.route == "ophthalmic":
        return NotIndicated("drops for the eye")
    low = isinstance(ecas, Reading) and ecas.meets(limits.ecas_total_lt)
    if not impaired and not low:
        failed = failed_in(impaired, ecas)
        if failed:
            return CannotAssess("cognition could not be read", failed)
        return NotIndicated("no cognitive impairment is recorded")
    barred = next((f"{one}" for one in (risks.any, *_allergies(allergies)) if one), "")
    unread = risks.failed or allergies.failed
    known = not barred and not unread and _for_saliva(order)
    return Recommend(
        summary=f"Cognitive impairment recorded: {_rather(order, risks, allergies)}",
        indicator="warning",
        because=tuple(_impaired(impaired, ecas, barred, low=low, for_saliva=_for_saliva(order))),
        evidence=(order, impaired, *([ecas] if low and isinstance(ecas, Reading) else [])),
        by=(limits.ecas_total_lt,) if low else (),
        offers=_instead(order, offered=known and not glycopyrronium and not potassium),
    )


def _for_saliva(order: Order) -> bool:
    """Whether the order is against saliva, or may be: it gives no reason."""
    return "other" not in order.reasons or not order.reasons.isdisjoint(SALIVA_REASONS)


def _allergies(allergies: Allergies) -> Iterator[str]:
    yield from (f"An allergy to {allergy.label}" for allergy in allergies)


def _rather(order: Order, risks: Obstacles, allergies: Allergies) -> str:
    """What to do instead; glycopyrrolate only where it would help and nothing forbids it."""
    drug = order.label
    if not _for_saliva(order):
        return f"{drug} has central anticholinergic effects; consider a drug with fewer."
    if risks.any:
        return f"{drug} has central effects, and {inside(risks.any.label)} forbids glycopyrrolate."
    if allergies:
        return f"{drug} has central effects, and an allergy to glycopyrrolate is recorded."
    return f"prefer glycopyrrolate to {drug} for saliva (fewer central effects)."


def _instead(order: Order, *, offered: bool) -> tuple[Offer, ...]:
    """Glycopyrrolate in place of the draft, unless something forbids it too."""
    if not offered:
        return (Delete(order),)
    reason = "Saliva, with cognitive impairment"
    return (Create("glycopyrrolate-order", recommended=True, reason=reason, instead_of=order),)


def _impaired(
    impaired: Entries, ecas: Reading | Missing, barred: str, *, low: bool, for_saliva: bool
) -> Iterator[str]:
    yield from (f"On the problem list: {entry}." for entry in impaired)
    if low:
        yield f"{ecas} is below the cut-off."
    if not for_saliva:
        return
    yield "Glycopyrrolate hardly enters the brain; NICE names it first with impairment."
    if barred:
        yield f"{barred} forbids glycopyrrolate too: consider botulinum toxin."
