"""Should a feeding tube be talked over, asked for, or looked after?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Fact,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Offer,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.inputs import SittingVc
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.gastrostomy import (
    Barrier,
    Refusal,
    gastrostomy_barrier,
    gastrostomy_criteria,
    gastrostomy_refusal,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_model import Criterion
from cdshooks.rules.states.nutrition_care import (
    open_referrals,
    unless_open,
)
from cdshooks.rules.states.progression import Decline, fast_breathing_declines
from cdshooks.rules.states.swallowing import Sign, Swallowing, swallowing
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.weights import CurrentWeight

Criteria = Annotated[tuple[Criterion, ...], State(gastrostomy_criteria)]
Swallows = Annotated[Swallowing, State(swallowing)]
Fed = Annotated[Feeding, State(feeding)]
No = Annotated[Refusal | None, State(gastrostomy_refusal)]
Way = Annotated[Barrier | None, State(gastrostomy_barrier)]
Referrals = Annotated[frozenset[str], State(open_referrals)]


@dataclass(frozen=True, slots=True)
class EarlyLimits(Limits):
    """The vital capacity at which a feeding tube is talked over early."""

    group: ClassVar[str] = "gastrostomy"
    discuss_vc_le: Threshold
    gastro_vc_lt: Threshold


@dataclass(frozen=True, slots=True)
class WindowLimits(Limits):
    """What vital capacity means for a gastrostomy."""

    group: ClassVar[str] = "gastrostomy"
    gastro_vc_lt: Threshold
    gastro_vc_highrisk_lt: Threshold
    gastro_pft_age_gt: Threshold


@derived
def early_reasons(
    swallows: Swallows,
    bulbar: Annotated[Entries, Listed("bulbar-onset")],
    vc: SittingVc,
    declines: Annotated[tuple[Decline, ...], State(fast_breathing_declines)],
    limits: EarlyLimits,
) -> tuple[Sign, ...]:
    """Why a feeding tube should be talked over while it is still safe, the strongest first."""
    found = list(swallows.signs)
    if bulbar.newest:
        found.append(Sign("bulbar onset", bulbar.newest))
    early = isinstance(vc, Reading) and vc.meets(limits.discuss_vc_le)
    if isinstance(vc, Reading) and early and not vc.meets(limits.gastro_vc_lt):
        found.append(Sign(f"{vc.label} {vc.amount}", vc, (limits.discuss_vc_le,)))
    for decline in declines:
        if decline.last.measure == "vc-percent":
            first, last = decline.first, decline.last
            words = f"{last.label} fell from {first.amount} to {last.amount}"
            found.append(Sign(words, Entries(), (decline.by,)))
    return tuple(found)


@rule(
    "gastrostomy-discuss-early",
    title="Early talk about a feeding tube",
    hooks=("patient-view",),
    kind="P",
    group="NUTR",
    sources=("ean-2024", "nice-ng42", "espen-2018"),
    overrides=("discussed-with-patient", "patient-declined"),
    leaves_out="Talks that are not recorded as a procedure.",
)
@decides(
    Row("info", "EAT-10 {eat10_sign_ge}, or ALSFRS-R item 3 {swallow_item_sign_le}"),
    Row("info", "Bulbar onset"),
    Row("info", "Vital capacity {discuss_vc_le} and not {gastro_vc_lt}"),
    Row("info", "Vital capacity falls by {fast_vc_fall_gt} in three months"),
    Row("info", "The same after a refusal, {gastrostomy_refusal_review_days} ago"),
)
def gastrostomy_discuss_early(
    fed: Fed,
    reasons: Annotated[tuple[Sign, ...], State(early_reasons)],
    criteria: Criteria,
    talks: Annotated[
        Entries,
        Performed(
            "gastrostomy-discussion",
            statuses=("completed",),
            lookback="gastrostomy_discussion_days",
        ),
    ],
    refusal: No,
    goals: Annotated[Goals, State(goals)],
    swallows: Swallows,
    vc: SittingVc,
    limits: EarlyLimits,
) -> Outcome:
    """
    Talk a feeding tube over early: dysphagia, bulbar onset, or breathing on the way down.

    Silent when a gastrostomy is indicated already, was talked over in six months,
    or was declined less than six months ago.
    """
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if not fed.by_mouth:
        return NotIndicated(f"feeding: {fed.route}")
    if criteria:
        return NotIndicated("a criterion for gastrostomy is met")
    if talks.newest:
        return NotIndicated(f"{talks.newest}")
    if refusal and not refusal.aged:
        return NotIndicated(f"declined: {refusal.entry}")
    if not reasons:
        return _no_reason(swallows, vc)
    if talks.failed:
        return CannotAssess("talks could not be read", talks.failed)
    reason = reasons[0].words
    low = isinstance(vc, Reading) and vc.meets(limits.gastro_vc_lt)
    safest = "safest while FVC is above 50%"
    if low and isinstance(vc, Reading):
        safest = f"{vc.label} is {vc.amount}, safest above 50%: plan with respiratory care"
    summary = f"Discuss feeding tube early: {reason}; {safest}"
    if refusal:
        said = on(refusal.entry.day)
        summary = f"Feeding tube declined {said}: offer to talk again; {reason}"
    return Recommend(
        summary=summary,
        indicator="info",
        because=(
            f"Reasons: {', '.join(sign.words for sign in reasons)}.",
            "Guidelines explain early what a tube can do and what late placement risks.",
        ),
        evidence=tuple(dict.fromkeys((*(s.fact for s in reasons), *(_facts(vc) if low else ())))),
        by=(*(limit for sign in reasons for limit in sign.by), *([refusal.by] if refusal else [])),
        missing=swallows.texts,
        offers=(
            Create("gastrostomy-talk", recommended=True, reason=reason),
            Create("nutrition-clinic", reason=reason),
        ),
    )


def _no_reason(swallows: Swallowing, vc: Reading | Missing) -> Outcome:
    """No reason seen; and no reassurance where nothing was measured or read."""
    lacking = (*swallows.missing, *([vc] if isinstance(vc, Missing) else []))
    failed = failed_in(*lacking)
    if failed or (not swallows.known and isinstance(vc, Missing)):
        return CannotAssess("; ".join(m.text for m in lacking), failed)
    return NotIndicated("no reason for an early talk")


@rule(
    "gastrostomy-refer",
    title="Consider gastrostomy",
    hooks=("patient-view", "encounter-start", "encounter-discharge"),
    kind="T",
    group="NUTR",
    sources=(
        "progas-2015",
        "efns-table",
        "ean-2024",
        "aan-2009a",
        "nice-ng42",
        "cochrane-feeding",
    ),
    overrides=("patient-declined", "contraindicated", "goals-of-care", "data-incorrect"),
    leaves_out=(
        "Who has a tube or one on order; where it is unsuitable, another rule speaks; "
        "dysphagia that is coded without a degree."
    ),
)
@decides(
    Row("warning", "Weight loss {weight_loss_pct_gt} with unsafe swallowing", "G1"),
    Row("warning", "Weight loss {weight_loss_severe_pct_ge} with a sign of dysphagia", "G2"),
    Row("warning", "Weight loss {weight_loss_severe_pct_ge} with inadequate intake", "G2"),
    Row("warning", "BMI {bmi_low_lt} with a sign of dysphagia", "G3"),
    Row("warning", "ALSFRS-R item 3 {swallow_item_severe_le}, fed by mouth", "G4"),
    Row("warning", "Aspiration pneumonia, {aspirations_ge} in six months", "G5"),
    Row("none", "A tube in place or on order, feeding by vein, or a contraindication"),
    Row("info", "A criterion after a refusal, {gastrostomy_refusal_review_days} ago"),
)
def gastrostomy_refer(
    fed: Fed,
    criteria: Criteria,
    barrier: Way,
    refusal: No,
    swallows: Swallows,
    weight: CurrentWeight,
    vc: SittingVc,
    vent: Annotated[Vent, State(vent)],
    referrals: Referrals,
    limits: WindowLimits,
) -> Outcome:
    """
    Raise a gastrostomy when a criterion is met and the patient is fed by mouth.

    vc: sitting, % of predicted, of the last six months, for the window in which a
    tube is placed safely. A refusal is left alone for six months. Where swallowing is
    impaired and weights could not be read, nobody knows.
    """
    if fed.route not in ("oral", "route-unknown"):
        return NotIndicated(f"feeding: {fed.route}")
    if not criteria:
        return _none_met(swallows, weight)
    if refusal and not refusal.aged:
        return NotIndicated(f"declined: {refusal.entry}")
    if barrier and not refusal:
        return NotIndicated(f"gastrostomy unsuitable: {barrier.reason}")
    finding = criteria[0].finding
    summary = f"Consider gastrostomy: {_leading(criteria, swallows)}; {_breath(vc)}"
    if refusal:
        summary = f"Gastrostomy declined {on(refusal.entry.day)}: offer to talk again; {finding}"
    return Recommend(
        summary=summary,
        indicator="info" if refusal else "warning",
        because=(
            *_criteria(criteria),
            *_window(vc, vent, limits),
            *_orders(fed),
            "No randomised trial was found; it is the patient's decision.",
        ),
        evidence=tuple(fact for c in criteria for fact in c.facts) + _facts(vc),
        by=(*(by for c in criteria for by in c.by), *([refusal.by] if refusal else [])),
        missing=(*swallows.texts, *([vc.text] if isinstance(vc, Missing) else [])),
        offers=_offers(finding, vc, refusal, referrals, limits),
    )


def _none_met(swallows: Swallowing, weight: Reading | Missing) -> Outcome:
    unread = isinstance(weight, Missing) and bool(weight.failed)
    if swallows.known and not (unread and swallows.signs):
        return NotIndicated("no criterion is met")
    lacking = (*swallows.missing, *([weight] if isinstance(weight, Missing) else []))
    failed = failed_in(*lacking)
    return CannotAssess("; ".join(m.text for m in lacking), failed)


def _leading(criteria: tuple[Criterion, ...], swallows: Swallowing) -> str:
    """What weighs most, in a few words: loss of weight or BMI, and the risk in swallowing."""
    sign = swallows.recurrent or next(iter((*swallows.unsafe, *swallows.signs)), None)
    by_weight = next((c.finding.split(" with ")[0] for c in criteria if " with " in c.finding), "")
    risk = f"swallow risk {sign.words}" if sign else ""
    return ", ".join(part for part in (by_weight, risk) if part)


def _breath(vc: Reading | Missing) -> str:
    if isinstance(vc, Reading):
        return f"{vc.label} {vc.amount}"
    return f"last {vc.last}" if vc.last else "FVC not recorded"


def _facts(vc: Reading | Missing) -> tuple[Fact, ...]:
    return (vc,) if isinstance(vc, Reading) else ()


def _criteria(criteria: tuple[Criterion, ...]) -> Iterator[str]:
    for criterion in criteria:
        limits = " and ".join(str(limit) for limit in criterion.by)
        yield f"{criterion.id}: {criterion.finding} (limit {limits})."


def _window(vc: Reading | Missing, vent: Vent, limits: WindowLimits) -> Iterator[str]:
    """What vital capacity says about the risk of the procedure."""
    if isinstance(vc, Missing):
        known = f"{vc.last} is too old" if vc.last else "Vital capacity is not known"
        yield f"{known}: measure it before the procedure is planned."
    elif vc.meets(limits.gastro_vc_highrisk_lt):
        yield f"{vc}: high risk; only with NIV and a dedicated team."
    elif vc.meets(limits.gastro_vc_lt):
        yield f"{vc}: plan NIV and anaesthesia, and consider the image-guided way (RIG or PIG)."
    else:
        yield f"{vc}: the usual window for a gastrostomy."
    if vent.state == "niv-active":
        yield "On NIV: use it during the procedure."


def _orders(fed: Feeding) -> Iterator[str]:
    """Orders that brought no tube, and what could not be read."""
    for entry in fed.late:
        held = "on hold since" if entry.status == "on-hold" else "ordered"
        yield f"{entry.label} {held} {on(entry.day)}, no result."
    if fed.unread:
        yield "Whether a tube is in place or on order could not be read in full."
    if fed.route == "route-unknown":
        yield "The way of feeding is not recorded."


def _offers(
    finding: str,
    vc: Reading | Missing,
    refusal: Refusal | None,
    referrals: frozenset[str],
    limits: WindowLimits,
) -> tuple[Offer, ...]:
    """An assessment, nutrition, breathing tests when they are old, a talk; after a no, the talk."""
    talk = Create("gastrostomy-talk", recommended=refusal is not None, reason=finding)
    if refusal:
        return (talk,)
    old = isinstance(vc, Missing) or limits.gastro_pft_age_gt.met_by(Decimal(vc.age))
    offers = (
        Create("gastrostomy-assessment", recommended=True, reason=finding),
        Create("dietitian-referral", reason=finding),
        *([Create("pft-panel", reason="Before a gastrostomy")] if old else []),
        talk,
    )
    return unless_open(offers, referrals)
