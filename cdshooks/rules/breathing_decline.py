"""Does breathing weaken fast, and is a sleep study the next step?"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Entries,
    Filed,
    Limits,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    rule,
)
from cdshooks.rules.inputs import Mip, PaCO2, SittingVc, Snip
from cdshooks.rules.states.breathing_tests import (
    Arranged,
    LastNight,
    last_night,
    night_arranged,
)
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_draft import niv_advised
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.progression import Decline, fast_breathing_declines
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence

MET = "a criterion for NIV is met"
SUPPORTED = ("invasive", "intubated", "niv-active")
"""Ventilatory states in which a fall of breathing tests belongs to the ventilation."""

NEXT = {
    "none": " and start to talk about NIV.",
    "niv-ordered": "; NIV is on order: see that it starts in time.",
    "niv-declined": "; NIV was declined, and a refusal is respected.",
}
"""What a fast fall means for NIV, by ventilatory state; of other states the state itself."""

Criteria = Annotated[NivCriteria, State(niv_criteria)]
Symptoms = Annotated[RespiratorySymptoms, State(respiratory_symptoms)]


@dataclass(frozen=True, slots=True)
class DeclineCardLimits(Limits):
    """How recent the later of two results must be."""

    group: ClassVar[str] = "progression"
    decline_latest_days: Decimal


@dataclass(frozen=True, slots=True)
class PaceLimits(Limits):
    """Limits for NIV that a fall may cross."""

    group: ClassVar[str] = "niv"
    snip_cmh2o_lt: Threshold
    mip_cmh2o_lt: Threshold
    vc_asymptomatic_lt: Threshold
    vc_symptomatic_lt: Threshold


@rule(
    "resp-decline-fast",
    title="Fast respiratory decline",
    hooks=("patient-view",),
    kind="M",
    group="RESP-TEST",
    sources=("nice-ng42", "product"),
    overrides=("data-incorrect", "under-specialist-review"),
    leaves_out=(
        "Results less than six weeks or more than six months apart, supine values, litres, and "
        "a value that another one of its day contradicts."
    ),
)
def resp_decline_fast(
    vent: Annotated[Vent, State(vent)],
    criteria: Criteria,
    advised: Annotated[bool, State(niv_advised)],
    symptoms: Symptoms,
    declines: Annotated[tuple[Decline, ...], State(fast_breathing_declines)],
    night: Annotated[Arranged, State(night_arranged)],
    call: Annotated[Call, This()],
    limits: DeclineCardLimits,
    niv: PaceLimits,
) -> Outcome:
    """
    Raise a fast fall of SNIP, MIP or sitting vital capacity while no criterion for NIV is met.

    It warns when the same fall goes on past a limit for NIV within the interval that
    it is scaled to. Where NIV is advised, that card says it; where it is on order or was
    declined though a criterion is met, no limit is left to be crossed.
    """
    if vent.state in SUPPORTED:
        return NotIndicated(f"ventilation: {vent.state}")
    if advised:
        return NotIndicated(MET)
    since = call.today - timedelta(days=int(limits.decline_latest_days))
    fast = [decline for decline in declines if decline.last.day >= since]
    if not fast:
        return NotIndicated("no fast fall of a recent breathing test")
    ahead = [] if criteria else fast
    crossing = [decline for decline in ahead if _will_cross(decline, symptoms, niv)]
    worst = (crossing or fast)[0]
    return Recommend(
        summary=f"Fast respiratory decline: {worst}",
        indicator="warning" if crossing else "info",
        because=(
            *(f"{decline}." for decline in fast if decline is not worst),
            *(["At this pace a limit for NIV is crossed within 3 months."] if crossing else []),
            "Shorten the interval between tests"
            + NEXT.get(vent.state, f"; ventilation: {vent.told}."),
        ),
        evidence=tuple(reading for d in fast for reading in (d.last, d.first)),
        by=tuple(d.by for d in fast),
        offers=(
            Create("respiratory-appointment-soon", recommended=True, reason=str(worst)),
            *([] if night.by else [Create("overnight-oximetry", reason=str(worst))]),
        ),
    )


def _will_cross(decline: Decline, symptoms: RespiratorySymptoms, niv: PaceLimits) -> bool:
    """Whether a limit that the last value has not met is met one interval later."""
    by_measure: dict[str, tuple[Threshold, ...]] = {
        "snip": (niv.snip_cmh2o_lt,),
        "mip": (niv.mip_cmh2o_lt,),
        "vc-percent": (niv.vc_asymptomatic_lt, *([niv.vc_symptomatic_lt] if symptoms else [])),
    }
    then = decline.last.value - decline.per_interval
    return any(
        limit.met_by(then, 1) and not decline.last.meets(limit)
        for limit in by_measure[decline.last.measure]
    )


@dataclass(frozen=True, slots=True)
class SleepLimits(Limits):
    """How recent the normal tests must be."""

    group: ClassVar[str] = "niv_care"
    psg_test_le_days: Threshold


@rule(
    "psg-consider",
    title="Sleep study in spite of normal breathing tests",
    hooks=("patient-view",),
    kind="M",
    group="RESP-TEST",
    sources=("chest-2023",),
    overrides=("different-explanation", "patient-declined", "resource-unavailable"),
    leaves_out="Patients without a recent vital capacity or a valid night of oximetry.",
)
def psg_consider(
    vent: Annotated[Vent, State(vent)],
    criteria: Criteria,
    symptoms: Symptoms,
    vc: SittingVc,
    snip: Snip,
    mip: Mip,
    paco2: PaCO2,
    night: Annotated[LastNight | None, State(last_night)],
    studies: Annotated[Entries, Performed("polysomnography", ("completed",), "psg_days")],
    reports: Annotated[Entries, Filed("polysomnography", lookback="psg_days")],
    orders: Annotated[Entries, Ordered("polysomnography", lookback="open_test_order_days")],
    limits: SleepLimits,
) -> Outcome:
    """
    Consider a sleep study when symptoms persist though all recent tests are normal.

    Needed: sitting vital capacity and a night of oximetry. SNIP, MIP and PaCO2 may be
    missing. Normal means that none of them is a criterion for NIV in somebody with a
    symptom; where one is met no sleep study is needed.
    """
    if vent.state != "none":
        return NotIndicated(f"ventilation: {vent.state}")
    if not symptoms:
        return NotIndicated("no breathing symptom")
    if criteria:
        return NotIndicated(MET)
    done = studies.newest or reports.newest or orders.newest
    if done:
        return NotIndicated(f"{done}")
    if isinstance(vc, Missing) and vc.failed:
        return CannotAssess(vc.text, vc.failed)
    if isinstance(vc, Missing) or night is None or not _recent(vc, night, limits):
        return NotIndicated("no recent vital capacity with a night of oximetry")
    tests = (vc, snip, mip, paco2)
    return Recommend(
        summary="Symptoms persist with normal PFT and oximetry: consider sleep study with CO2",
        indicator="info",
        because=(
            f"Symptoms: {symptoms.names}.",
            *(f"{test}." for test in tests if isinstance(test, Reading)),
            sentence(str(night)),
        ),
        evidence=(*(s.evidence for s in symptoms.present), vc),
        missing=tuple(test.text for test in tests if isinstance(test, Missing)),
        offers=(Create("polysomnography", recommended=True, reason=symptoms.names),),
    )


def _recent(vc: Reading, night: LastNight, limits: SleepLimits) -> bool:
    return all(limits.psg_test_le_days.met_by(age) for age in (Decimal(vc.age), night.age))
