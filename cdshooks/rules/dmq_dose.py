"""Is dextromethorphan/quinidine started slowly and not given too often?"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Draft,
    Entries,
    Indicator,
    Limits,
    Medication,
    NotIndicated,
    Order,
    Outcome,
    Recommend,
    Row,
    Step,
    This,
    Threshold,
    Update,
    decides,
    directions_told,
    rule,
)
from cdshooks.rules.states.taking import taken_within

DMQ = "dextromethorphan-quinidine"


@dataclass(frozen=True, slots=True)
class CapsuleLimits(Limits):
    """What a capsule holds, how many a day are too many, and what a new start is."""

    group: ClassVar[str] = "dmq"
    dmq_capsule_mg: Decimal
    dmq_capsules_a_day_gt: Threshold
    dmq_start_gap_days: Decimal


@rule(
    "dmq-dose",
    title="Dextromethorphan/quinidine as labelled",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("maintenance-continued",),
    leaves_out="Directions that cannot be read; orders of a clinical trial.",
)
@decides(
    Row("warning", "Capsules a day {dmq_capsules_a_day_gt}"),
    Row("info", "Two capsules a day from the start, none taken in {dmq_start_gap_days}"),
    Row("info", "One capsule a day, without an end or a next step"),
    Row("none", "Titrated, continued twice a day, or not readable"),
)
def dmq_dose(
    order: Annotated[Order, Draft(DMQ)],
    taken: Annotated[Entries, Medication(DMQ, ended=True)],
    call: Annotated[Call, This()],
    limits: CapsuleLimits,
) -> Outcome:
    """
    Compare the ordered capsules with the label: one a day for a week, then two.

    taken: none now and none that ended in the last 30 days makes it a new start.
    """
    steps = order.regimen.steps
    if "clinical-trial" in order.reasons or not steps:
        return NotIndicated("an order of a clinical trial, or no directions")
    new = not taken_within(taken, limits.dmq_start_gap_days, call.today)
    if any(_above(step, limits) for step in steps):
        return _deviates(order, "warning", new=new, by=(limits.dmq_capsules_a_day_gt,))
    if len(steps) > 1:
        return NotIndicated("directions in steps")
    twice = _capsules(steps[0], limits) == limits.dmq_capsules_a_day_gt.value
    if twice and new and not taken.whole:
        return CannotAssess("whether it was taken before could not be read", taken.failed)
    if twice and not new:
        return NotIndicated("continued at the labelled dose")
    once = _capsules(steps[0], limits) == 1 and not steps[0].course.bounded
    if twice or once:
        return _deviates(order, "info", new=new, by=())
    return NotIndicated("titrated, or the directions cannot be read")


def _capsules(step: Step, limits: CapsuleLimits) -> Fraction | None:
    """Capsules a day; as often as it is taken, where the amount is not known."""
    if step.a_day is not None:
        return step.a_day / Fraction(limits.dmq_capsule_mg)
    return step.times_a_day if step.low is None else step.low / Fraction(limits.dmq_capsule_mg)


def _above(step: Step, limits: CapsuleLimits) -> bool:
    capsules = _capsules(step, limits)
    limit = limits.dmq_capsules_a_day_gt.value
    return capsules is not None and limit is not None and capsules > Fraction(limit)


def _deviates(order: Order, level: Indicator, *, new: bool, by: tuple[Threshold, ...]) -> Recommend:
    titrate = new and order.version == "R4"
    return Recommend(
        summary=(
            "DM/Q: start 1 capsule daily for 7 days, then 1 every 12 hours; do not exceed 2 "
            "capsules a day."
        ),
        indicator=level,
        because=tuple(directions_told(order.regimen)),
        evidence=(order,),
        by=by,
        offers=(Update(order, "dmq-titration"),) if titrate else (),
    )
