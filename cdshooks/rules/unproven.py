"""Is something ordered for ALS that was withdrawn, is investigational, or did not help?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Delete,
    Draft,
    Enrolled,
    Entries,
    Fact,
    Limits,
    Listed,
    Medication,
    NotIndicated,
    Order,
    Outcome,
    Recommend,
    Row,
    Studied,
    Threshold,
    decides,
    rule,
)
from cdshooks.rules.states.words import capital

AMX = "taurursodiol"
LITHIUM, VITAMIN_E, MINOCYCLINE = "lithium", "vitamin E", "minocycline"
CELLS, ANTISENSE = "stem-cell-therapy", "investigational-antisense"


@rule(
    "amx0035-withdrawn",
    title="Sodium phenylbutyrate and taurursodiol is withdrawn",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("amx-withdrawal",),
    overrides=("continued-access-programme",),
    needs_als=False,
    leaves_out="Sodium phenylbutyrate alone for anything but ALS, such as urea cycle disorders.",
)
@decides(
    Row("warning", "Sodium phenylbutyrate with taurursodiol, or taurursodiol"),
    Row("info", "Sodium phenylbutyrate alone, and the reason for the order is ALS"),
    Row("none", "Sodium phenylbutyrate alone for another or no reason"),
)
def amx0035_withdrawn(
    order: Annotated[Order, Draft("phenylbutyrate-taurursodiol")],
) -> Outcome:
    """
    Say that the combination lost its approval after a negative trial.

    It was without benefit, not harmful.
    """
    both = AMX in order.label
    if not both and "als" not in order.reasons:
        return NotIndicated("sodium phenylbutyrate alone, and not for ALS")
    return Recommend(
        summary=(
            "Sodium phenylbutyrate-taurursodiol: approval withdrawn (2025) after a negative "
            "phase 3 trial; no benefit in ALS."
        ),
        indicator="warning" if both else "info",
        because=(f"Ordered: {order.label}.", "The PHOENIX trial was negative in March 2024."),
        evidence=(order,),
        offers=(Delete(order),),
    )


@rule(
    "research-only-therapy",
    title="Therapy that is investigational in ALS",
    hooks=("order-select", "order-sign", "patient-view"),
    kind="X",
    group="DRUG",
    sources=("ean-als-2023",),
    overrides=("enrolled-in-trial", "expanded-access"),
    leaves_out="Transplants of blood stem cells; nusinersen for spinal muscular atrophy.",
)
@decides(
    Row("warning", "Stem cells for ALS, ordered or planned, without a study"),
    Row("info", "An antisense drug without approval in ALS, ordered or planned, without a study"),
    Row("none", "The patient takes part in a study that may be of it"),
)
def research_only_therapy(
    order: Annotated[
        Order | None,
        Draft(value_set="investigational-therapy", or_none=True, parts=(CELLS, ANTISENSE)),
    ],
    cells: Annotated[Entries, Enrolled(CELLS, planned=True)],
    antisense: Annotated[Entries, Enrolled(ANTISENSE, planned=True)],
    studies: Annotated[Entries, Studied("investigational-therapy")],
    atrophy: Annotated[Entries, Listed("spinal-muscular-atrophy", named=True)],
) -> Outcome:
    """
    Say that stem cells and unapproved antisense drugs belong into a trial.

    An order, or outside of orders a planned activity of a care plan. Any study that
    the patient takes part in counts, unless it can be read that it is about
    something else.
    """
    if studies:
        return NotIndicated(f"takes part in a study: {studies.newest}")
    if order is None and not cells and not antisense:
        return NotIndicated("nothing investigational is planned")
    if order is not None and "clinical-trial" in order.reasons:
        return NotIndicated("an order of a clinical trial")
    is_cells = bool(cells) if order is None else CELLS in order.reasons
    if not is_cells and atrophy:
        return NotIndicated("spinal muscular atrophy is on the problem list")
    if studies.failed:
        return CannotAssess("whether there is a study could not be read", studies.failed)
    name = "Stem cell therapy" if is_cells else "This antisense drug"
    facts: tuple[Fact, ...] = (order,) if order else (*cells, *antisense)
    return Recommend(
        summary=(
            f"{name} for ALS is investigational: use only within a registered clinical trial."
        ),
        indicator="warning" if is_cells else "info",
        because=(
            "EAN: cell-based therapies are not recommended outside of clinical trials. No "
            "antisense drug but tofersen is approved in ALS, and that one for SOD1.",
            "Trials are listed at clinicaltrials.gov and euclinicaltrials.eu.",
        ),
        evidence=facts,
        offers=(Delete(order),) if order else (),
    )


@dataclass(frozen=True, slots=True)
class UnprovenLimits(Limits):
    """From which dose and duration a drug is given for ALS, as far as one can tell."""

    group: ClassVar[str] = "unproven"
    vitamin_e_daily_ge: Threshold
    minocycline_daily_gt: Threshold
    minocycline_days_gt: Threshold


@rule(
    "unproven-als-drug",
    title="Drug without benefit in ALS",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("cochrane-antioxidants", "gordon-2007"),
    overrides=("other-indication", "prefers-alternative"),
    leaves_out="Orders with another reason.",
)
@decides(
    Row("warning", "Lithium for ALS, or without a disorder of mood on the problem list"),
    Row(
        "warning", "Minocycline for ALS, {minocycline_daily_gt} a day, or for {minocycline_days_gt}"
    ),
    Row("info", "Vitamin E for ALS, or {vitamin_e_daily_ge} a day"),
    Row("info", "Coenzyme Q10, creatine, ceftriaxone or topiramate for ALS"),
    Row("none", "Another reason is given"),
)
def unproven_als_drug(
    order: Annotated[Order, Draft("unproven-in-als")],
    mood: Annotated[Entries, Listed("lithium-indication", named=True)],
    thinners: Annotated[Entries, Medication("anticoagulant")],
    limits: UnprovenLimits,
) -> Outcome:
    """
    Say that a drug did not help in ALS, where it seems to be ordered for it.

    The reason of the order decides. Without one, lithium needs a disorder of mood,
    and high doses or long courses of the others speak for ALS.
    """
    if "other" in order.reasons or "clinical-trial" in order.reasons:
        return NotIndicated("another reason is given, or a clinical trial")
    meant = "als" in order.reasons
    if order.label == LITHIUM and not meant and not mood and not mood.whole:
        return CannotAssess("the problem list could not be read", mood.failed)
    by = tuple(_crossed(order, limits))
    lithium = order.label == LITHIUM and not mood
    if not meant and not by and not lithium:
        return NotIndicated("nothing says that it is meant for ALS")
    faster = " and faster decline" if order.label == MINOCYCLINE else ""
    grave = order.label in (LITHIUM, MINOCYCLINE)
    return Recommend(
        summary=(
            f"{capital(order.label)} showed no benefit in ALS trials{faster}: "
            "not recommended for ALS itself."
        ),
        indicator="warning" if grave else "info",
        because=tuple(_because(order, meant, thinners)),
        evidence=(order,),
        by=by,
        offers=(Delete(order),),
    )


def _crossed(order: Order, limits: UnprovenLimits) -> Iterator[Threshold]:
    """The limits by which an order without a reason is more than for something else."""
    for step in order.regimen.steps:
        dose, days = step.low, step.course.days
        # The limit is meant for mg as for international units.
        if order.label == VITAMIN_E and _meets(limits.vitamin_e_daily_ge, dose or step.units):
            yield limits.vitamin_e_daily_ge
        if order.label == MINOCYCLINE and _meets(limits.minocycline_daily_gt, dose):
            yield limits.minocycline_daily_gt
        if order.label == MINOCYCLINE and _meets(limits.minocycline_days_gt, days):
            yield limits.minocycline_days_gt


def _meets(limit: Threshold, amount: Fraction | None) -> bool:
    return amount is not None and limit.met_by(Decimal(amount.numerator) / amount.denominator)


def _because(order: Order, meant: bool, thinners: Entries) -> Iterator[str]:
    if meant:
        yield "The order is for ALS."
    if order.label == LITHIUM:
        yield "Lithium needs blood levels and harms the kidneys and thyroid; no longer survival."
    if order.label == VITAMIN_E and thinners:
        yield "High doses of vitamin E add to the bleeding of an anticoagulant."
