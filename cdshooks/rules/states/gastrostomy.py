"""Which criteria for a gastrostomy are met, and what stands in its way?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    Fact,
    Limits,
    Listed,
    Performed,
    Reading,
    Refused,
    Reported,
    State,
    This,
    Threshold,
    derived,
    on,
)
from cdshooks.rules.inputs import SittingVc
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.niv_model import Criterion
from cdshooks.rules.states.swallowing import Swallowing, swallowing
from cdshooks.rules.states.ventilation import Vent, unless_wanted, vent
from cdshooks.rules.states.weights import Bmi, Loss, bmi, bmi_limit, weight_loss

NIV_PLANNED = ("niv-active", "niv-inpatient", "niv-ordered", "invasive", "intubated")
"""Ventilatory states in which breathing can be supported during the procedure."""
ATTEMPTS = ("not-done", "stopped", "completed")


@dataclass(frozen=True, slots=True)
class LossLimits(Limits):
    """How much loss of weight counts."""

    group: ClassVar[str] = "nutrition"
    weight_loss_pct_gt: Threshold
    weight_loss_severe_pct_ge: Threshold


@derived
def gastrostomy_criteria(
    loss: Annotated[Loss | None, State(weight_loss)],
    bmi: Annotated[Bmi | None, State(bmi)],
    limit: Annotated[Threshold, State(bmi_limit)],
    swallowing: Annotated[Swallowing, State(swallowing)],
    feeding: Annotated[Feeding, State(feeding)],
    intake: Annotated[Entries, Listed("inadequate-intake", lookback="symptom_condition_days")],
    limits: LossLimits,
) -> tuple[Criterion, ...]:
    """
    G1 to G5. Each is enough, whatever the way of feeding; only G4 asks for it.

    Who scores 0 for swallowing and has no tube on record is fed in a way that was
    not written down, so the score alone is no reason for one.
    """
    found = list(_by_weight(loss, swallowing, intake, limits))
    if bmi and limit.met_by(bmi.value) and swallowing.signs:
        sign = swallowing.signs[0]
        facts = (*bmi.facts, sign.fact)
        found.append(_met("G3", f"{bmi} with {sign.words}", facts, limit, *sign.by))
    severe, recurrent = swallowing.severe, swallowing.recurrent
    if severe and feeding.route != "route-unknown":
        found.append(_met("G4", severe.words, (severe.fact,), *severe.by))
    if recurrent:
        found.append(_met("G5", recurrent.words, (recurrent.fact,), *recurrent.by))
    return tuple(found)


def _by_weight(
    loss: Loss | None, swallowing: Swallowing, intake: Entries, limits: LossLimits
) -> Iterator[Criterion]:
    if loss is None:
        return
    told = f"{loss} weight loss"
    if limits.weight_loss_pct_gt.met_by(loss.percent) and swallowing.unsafe:
        sign, limit = swallowing.unsafe[0], limits.weight_loss_pct_gt
        facts = (*loss.facts, sign.fact)
        yield _met("G1", f"{told} with {sign.words}", facts, limit, *sign.by)
    if not limits.weight_loss_severe_pct_ge.met_by(loss.percent):
        return
    severe = limits.weight_loss_severe_pct_ge
    if swallowing.signs:
        sign = swallowing.signs[0]
        yield _met("G2", f"{told} with {sign.words}", (*loss.facts, sign.fact), severe, *sign.by)
    elif intake.newest:
        facts = (*loss.facts, intake.newest)
        yield _met("G2", f"{told} with inadequate intake", facts, severe)


def _met(id: str, finding: str, facts: tuple[Fact, ...], *by: Threshold) -> Criterion:
    return Criterion(id, "warning", finding, facts, by)


@dataclass(frozen=True, slots=True)
class RouteLimits(Limits):
    """When breathing is too weak for a gastrostomy without help."""

    group: ClassVar[str] = "gastrostomy"
    gastro_vc_highrisk_lt: Threshold


@dataclass(frozen=True, slots=True)
class Barrier:
    """Why a gastrostomy by endoscope is unsuitable. image_guided: whether another way is left."""

    reason: str
    facts: tuple[Fact, ...]
    image_guided: bool = True
    by: tuple[Threshold, ...] = ()


@derived
def gastrostomy_attempts(
    endoscopic: Annotated[Entries, Performed("gastrostomy-endoscopic", statuses=ATTEMPTS)],
    other: Annotated[Entries, Performed("gastrostomy-other", statuses=ATTEMPTS)],
    forbidden: Annotated[Entries, Listed("gastrostomy-contraindicated")],
) -> Barrier | None:
    """
    A contraindication on record, or an attempt that did not succeed.

    What forbids the image-guided way, or any gastrostomy, leaves none. A procedure
    that was not done since the patient refused did not fail.
    """
    any_way = [*forbidden, *(e for e in other if _forbidden(e))]
    if any_way:
        return Barrier("contraindicated", (any_way[-1],), image_guided=False)
    peg = [e for e in endoscopic if _forbidden(e)]
    if peg:
        return Barrier("contraindicated", (peg[-1],))
    failed = [e for e in (*endoscopic, *other) if _failed(e)]
    if failed:
        when = f" {on(failed[-1].day)}" if failed[-1].day else ""
        return Barrier(f"procedure failed{when}", (failed[-1],))
    return None


def _forbidden(attempt: Entry) -> bool:
    return attempt.status != "completed" and "contraindication" in attempt.reasons


def _failed(attempt: Entry) -> bool:
    """Whether it did not succeed; what was not done for a reason not understood did not fail."""
    if "unsuccessful" in attempt.reasons:
        return True
    return attempt.status != "completed" and "reason-stated" not in attempt.reasons


@derived
def gastrostomy_barrier(
    attempts: Annotated[Barrier | None, State(gastrostomy_attempts)],
    vc: SittingVc,
    vent: Annotated[Vent, State(vent)],
    endoscopy: Annotated[Entries, Refused("endoscopy")],
    limits: RouteLimits,
) -> Barrier | None:
    """What makes a gastrostomy by endoscope unsuitable: history, breathing, or the patient's no.

    vc: sitting, % of predicted, of the last six months; NIV in use or on order is a
    plan for the procedure.
    """
    if attempts:
        return attempts
    limit = limits.gastro_vc_highrisk_lt
    if isinstance(vc, Reading) and vc.meets(limit) and vent.state not in NIV_PLANNED:
        return Barrier(f"{vc.label} {vc.amount} without NIV", (vc,), by=(limit,))
    if endoscopy.newest:
        return Barrier("endoscopy declined", (endoscopy.newest,))
    return None


@dataclass(frozen=True, slots=True)
class RefusalLimits(Limits):
    """How long a refusal is left alone."""

    group: ClassVar[str] = "gastrostomy"
    gastrostomy_refusal_review_days: Threshold


@dataclass(frozen=True, slots=True)
class Refusal:
    """A standing refusal of gastrostomy. aged: whether it may be talked over again."""

    entry: Entry
    aged: bool
    by: Threshold


@derived
def gastrostomy_refusal(
    refused: Annotated[Entries, Refused("gastrostomy-refused")],
    declined: Annotated[Entries, Reported("gastrostomy-preference", answer="declines")],
    wanted: Annotated[Entries, Reported("gastrostomy-preference", answer="wanted")],
    talks: Annotated[Entries, Performed("gastrostomy-discussion", statuses=("completed",))],
    call: Annotated[Call, This()],
    limits: RefusalLimits,
) -> Refusal | None:
    """
    The patient's standing no to a gastrostomy or to artificial feeding; without a day, new.

    A talk that did not change it counts as the refusal does.
    """
    said = unless_wanted(refused, declined, wanted).newest
    if said is None:
        return None
    limit = limits.gastrostomy_refusal_review_days
    talked = talks.newest.day if talks.newest else None
    last = max(said.day, talked or said.day) if said.day else None
    aged = last is not None and limit.met_by(Decimal((call.today - last).days))
    return Refusal(said, aged, limit)
