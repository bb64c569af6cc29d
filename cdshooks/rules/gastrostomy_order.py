"""Is a gastrostomy that is being ordered safe for breathing, and what if it is unsuitable?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    LEVELS,
    Call,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Indicator,
    Latest,
    Limits,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    Update,
    decides,
    derived,
    failed_in,
    rule,
)
from cdshooks.rules.inputs import Pneumothorax
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.gastrostomy import (
    Barrier,
    Refusal,
    gastrostomy_barrier,
    gastrostomy_criteria,
    gastrostomy_refusal,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_draft import niv_may_be_drafted
from cdshooks.rules.states.niv_model import Criterion
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence

TESTS = "gastro_breathing_days"
PLAN = {
    "niv-declined": "NIV declined; plan anaesthesia and RIG/PIG option",
    "trach-unventilated": "plan ventilation by the tracheostomy, anaesthesia and RIG/PIG option",
}
"""What to plan, in words, in ventilatory states in which it is no mask."""


@dataclass(frozen=True, slots=True)
class OrderLimits(Limits):
    """How weak breathing makes a gastrostomy dangerous."""

    group: ClassVar[str] = "gastrostomy"
    gastro_vc_lt: Threshold
    gastro_vc_highrisk_lt: Threshold
    gastro_snip_lt: Threshold
    paco2_gt_mmhg: Threshold


@dataclass(frozen=True, slots=True)
class Danger:
    """What of breathing makes the procedure dangerous, the worst first; what was not measured."""

    met: tuple[tuple[Indicator, Reading, Threshold], ...]
    missing: tuple[Missing, ...]
    unmeasured: bool


@derived
@decides(
    Row("critical", "Vital capacity {gastro_vc_highrisk_lt} of predicted, sitting"),
    Row("critical", "PaCO2 {paco2_gt_mmhg}"),
    Row("warning", "Vital capacity {gastro_vc_lt} of predicted, sitting"),
    Row("warning", "SNIP {gastro_snip_lt}"),
    Row("info", "Neither vital capacity nor SNIP in three months"),
)
def breathing_danger(
    vc: Annotated[Reading | Missing, Latest("vc-percent", lookback=TESTS, not_position="supine")],
    snip: Annotated[Reading | Missing, Latest("snip", lookback=TESTS)],
    paco2: Annotated[Reading | Missing, Latest("paco2", lookback=TESTS)],
    limits: OrderLimits,
) -> Danger:
    """
    Vital capacity, SNIP and carbon dioxide of the last three months against their limits.

    vc: sitting, % of predicted. A normal test does not undo an abnormal one.
    """
    tests: tuple[tuple[Indicator, Reading | Missing, Threshold], ...] = (
        ("critical", vc, limits.gastro_vc_highrisk_lt),
        ("critical", paco2, limits.paco2_gt_mmhg),
        ("warning", vc, limits.gastro_vc_lt),
        ("warning", snip, limits.gastro_snip_lt),
    )
    met = [(lv, r, lm) for lv, r, lm in tests if isinstance(r, Reading) and r.meets(lm)]
    missing = tuple(test for test in (vc, snip, paco2) if isinstance(test, Missing))
    unmeasured = isinstance(vc, Missing) and isinstance(snip, Missing)
    return Danger(tuple(met), missing, unmeasured)


@rule(
    "gastrostomy-resp-risk",
    title="Breathing before a gastrostomy",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="NUTR",
    sources=("efns-table", "kak-2017", "prg-2009", "gaspar-2023"),
    overrides=("dedicated-team-plan", "under-specialist-review", "goals-of-care"),
    when_drafted="gastrostomy",
    leaves_out="Supine values, values older than three months, referrals for assessment only.",
)
@decides(
    Row("info", "On invasive ventilation: the airway is secured"),
    Row("info", "At the end of life, for venting or comfort"),
    Row("none", "Each level is one lower on NIV"),
)
def gastrostomy_resp_risk(
    danger: Annotated[Danger, State(breathing_danger)],
    vent: Annotated[Vent, State(vent)],
    goals: Annotated[Goals, State(goals)],
    drafted: Annotated[Entries, Ordered("gastrostomy", statuses=("active",))],
    endoscopic: Annotated[Entries, Ordered("gastrostomy-endoscopic", statuses=("active",))],
    device: Annotated[bool, State(niv_may_be_drafted)],
    pneumothorax: Pneumothorax,
) -> Outcome:
    """
    Warn of a gastrostomy that is ordered while breathing is weak or was not measured.

    NIV lowers each level by one. On invasive ventilation the airway is secured.
    At the end of life a tube for venting or comfort is information.
    """
    if vent.state == "invasive":
        return _secured(vent)
    if not danger.met and not danger.unmeasured:
        return NotIndicated("breathing allows a gastrostomy, as far as it was measured")
    failed = failed_in(*danger.missing)
    if not danger.met and failed:
        return CannotAssess("breathing tests could not be read", failed)
    level: Indicator = danger.met[0][0] if danger.met else "info"
    if vent.state == "niv-active":
        level = LEVELS[max(0, LEVELS.index(level) - 1)]
    comfort = any("comfort-indication" in entry.reasons for entry in drafted)
    if goals.end_of_life and comfort:
        level = "info"
    return Recommend(
        summary=_summary(danger, vent),
        indicator=level,
        because=tuple(_why(danger, vent, goals, pneumothorax)),
        evidence=tuple(dict.fromkeys(reading for _, reading, _ in danger.met)),
        by=tuple(limit for _, _, limit in danger.met),
        missing=tuple(m.text for m in danger.missing),
        offers=tuple(_offers(danger, vent, endoscopic, device=device)),
    )


def _secured(vent: Vent) -> Recommend:
    evidence = (vent.evidence,) if vent.evidence else ()
    return Recommend(
        summary=(
            "Gastrostomy on invasive ventilation: airway secured; coordinate ventilator support"
        ),
        indicator="info",
        because=("Ventilation goes on during the procedure; plan who looks after it.",),
        evidence=evidence,
        offers=(Create("respiratory-pre-assessment", reason="Gastrostomy planned"),),
    )


def _summary(danger: Danger, vent: Vent) -> str:
    if not danger.met:
        return "Gastrostomy without vital capacity or SNIP in 3 months: measure first"
    worst = danger.met[0][1]
    plan = PLAN.get(vent.state, "plan NIV, anaesthesia and RIG/PIG option")
    return f"Gastrostomy with {worst.label} {worst.amount}: {plan}"


def _why(danger: Danger, vent: Vent, goals: Goals, pneumothorax: Entries) -> Iterator[str]:
    for _, reading, limit in danger.met:
        yield f"{reading} (limit {limit})."
        yield from (sentence(note) for note in reading.notes)
    if vent.state == "niv-active":
        yield "On NIV: use NIV during the procedure."
    if pneumothorax.newest:
        yield f"{pneumothorax.newest}: NIV is a specialist's decision."
    yield (
        "Image-guided placement under NIV was done at a mean vital capacity of 33%; a "
        "dedicated team placed tubes safely at 50% or less."
    )
    if goals.no_resuscitation:
        yield f"{goals.no_resuscitation} is recorded; that does not decline a gastrostomy."


def _offers(danger: Danger, vent: Vent, endoscopic: Entries, *, device: bool) -> Iterator[Offer]:
    """A look at breathing, the image-guided way instead of the endoscope, NIV, tests."""
    reason = "Gastrostomy planned"
    if not danger.met:
        yield Create("pft-panel", recommended=True, reason=reason)
        return
    yield Create("respiratory-pre-assessment", recommended=True, reason=reason)
    for entry in endoscopic:
        if entry.status == "draft" and entry.id:
            yield Update(_as_order(entry), "gastrostomy-image-guided")
    if device:
        yield Create("home-niv", reason=_summary(danger, vent))


def _as_order(entry: Entry) -> Order:
    """The draft as an order whose code a suggestion may change."""
    return Order(
        entry.type, entry.id, entry.status, "order", None, entry.label, origins=entry.origins
    )


@rule(
    "alternative-feeding-route",
    title="Another way than a gastrostomy",
    hooks=("patient-view", "order-select"),
    kind="T",
    group="NUTR",
    sources=("efns-table", "prg-2009"),
    overrides=("patient-declined", "goals-of-care", "not-clinically-appropriate"),
    when_drafted="gastrostomy",
    leaves_out="Orders for a venous catheter, which a nutrition team decides on.",
)
@decides(
    Row("warning", "A criterion, and gastrostomy contraindicated or failed"),
    Row("warning", "A criterion, and vital capacity {gastro_vc_highrisk_lt} without NIV"),
    Row("warning", "A criterion, and endoscopy declined, but not feeding"),
    Row("none", "Gastrostomy or artificial feeding declined"),
)
def alternative_feeding_route(
    call: Annotated[Call, This()],
    fed: Annotated[Feeding, State(feeding)],
    criteria: Annotated[tuple[Criterion, ...], State(gastrostomy_criteria)],
    barrier: Annotated[Barrier | None, State(gastrostomy_barrier)],
    refusal: Annotated[Refusal | None, State(gastrostomy_refusal)],
) -> Outcome:
    """
    Name the other ways when a gastrostomy is indicated and unsuitable.

    At an order the draft itself is no tube yet, and an order that a failed attempt or a
    contraindication has overtaken brings none. Nothing is said against a patient's refusal.
    """
    ordering = call.hook != "patient-view" and _is_draft(fed)
    if fed.route not in ("oral", "route-unknown") and not (ordering or _overtaken(fed, barrier)):
        return NotIndicated(f"feeding: {fed.route}")
    if not criteria:
        return NotIndicated("no criterion for gastrostomy is met")
    if refusal:
        return NotIndicated("gastrostomy or artificial feeding declined")
    if barrier is None:
        return NotIndicated("nothing stands in the way of a gastrostomy")
    ways = "image-guided tube on NIV, NG tube, or venous feeding"
    if not barrier.image_guided:
        ways = "NG tube, or venous feeding"
    return Recommend(
        summary=f"PEG unsuitable ({barrier.reason}): {ways}",
        indicator="warning",
        because=(*(f"{c.id}: {c.finding}." for c in criteria), *_ways(barrier)),
        evidence=(*(fact for c in criteria for fact in c.facts), *barrier.facts),
        by=(*(limit for c in criteria for limit in c.by), *barrier.by),
        offers=tuple(_referrals(barrier)),
    )


def _overtaken(fed: Feeding, barrier: Barrier | None) -> bool:
    """Whether what stands in the way was recorded since the tube was ordered."""
    if fed.route != "tube-ordered" or _is_draft(fed) or barrier is None:
        return False
    entries = [fact for fact in barrier.facts if isinstance(fact, Entry)]
    return fed.since is not None and any(e.day and e.day >= fed.since for e in entries)


def _is_draft(fed: Feeding) -> bool:
    return isinstance(fed.evidence, Entry) and fed.evidence.status == "draft"


def _ways(barrier: Barrier) -> Iterator[str]:
    """The other ways in the order in which they are tried."""
    if barrier.image_guided:
        yield "First: an image-guided tube (RIG or PIG) on NIV."
    yield "A nasogastric tube, for a short time."
    yield (
        "Home parenteral nutrition by a central venous catheter, with its risk of infection "
        "and thrombosis; it needs a nutrition team."
    )


def _referrals(barrier: Barrier) -> Iterator[Offer]:
    reason = f"Gastrostomy unsuitable: {barrier.reason}"
    yield Create("nutrition-support-team", recommended=True, reason=reason)
    if barrier.image_guided:
        yield Create("radiology-referral", reason=reason)
