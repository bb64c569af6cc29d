"""Are clots prevented in hospital, and are their warning signs known at home?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Communicated,
    Create,
    Entries,
    Entry,
    InUse,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Reported,
    Row,
    State,
    This,
    Threshold,
    Visited,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.due_today import OPEN
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.vte import Injected, Oral

Walking = Annotated[Reading | Missing, Latest("alsfrs-item-8", lookback="mobility_score_days")]
Weakness = Annotated[Entries, Listed("leg-weakness")]
STAY = "vte_stay_days"
ASSESSMENT = "vte-risk-assessment"
COMPRESSION = "leg-compression"


@derived
def open_stay(visits: Annotated[Entries, Visited("inpatient", lookback=STAY)]) -> Entry | None:
    """The newest hospital encounter that is in progress and did not begin too long ago."""
    going_on = [visit for visit in visits if visit.status in OPEN]
    return max(going_on, key=lambda visit: visit.start or date.min, default=None)


@dataclass(frozen=True, slots=True)
class Prevention:
    """What prevents a clot, or shows that the risk was weighed; and what was not read."""

    given: tuple[Entry, ...]
    failed: tuple[str, ...]


@derived
def prevention(
    oral: Oral,
    injected: Injected,
    worn: Annotated[Entries, InUse(COMPRESSION)],
    ordered: Annotated[Entries, Ordered(COMPRESSION, types=("DeviceRequest", "ServiceRequest"))],
    assessed: Annotated[Entries, Performed(ASSESSMENT, statuses=("completed",), lookback=STAY)],
    answered: Annotated[Entries, Reported(ASSESSMENT, lookback=STAY)],
    stay: Annotated[Entry | None, State(open_stay)],
    call: Annotated[Call, This()],
) -> Prevention:
    """
    Anticoagulants, compression, and assessments of the risk since the stay began.

    Of an admission that is only ordered, an assessment counts if it was made today.
    """
    since = stay.start if stay and stay.start else call.today
    checks = [e for e in (*assessed, *answered) if e.day is not None and e.day >= since]
    read = (oral, injected, worn, ordered, assessed, answered)
    failed = failed_in(*read)
    return Prevention((*oral, *injected, *worn, *ordered, *checks), failed)


@dataclass(frozen=True, slots=True)
class InpatientLimits(Limits):
    """When legs are weak enough, and when it is late."""

    group: ClassVar[str] = "vte"
    vte_walking_item_le: Threshold
    vte_unassessed_gt_days: Threshold


@rule(
    "vte-inpatient-prophylaxis",
    title="VTE prevention in hospital",
    hooks=("encounter-start", "order-sign"),
    kind="T",
    group="VTE",
    sources=("vte-prospective-2014", "product"),
    overrides=("contraindicated", "already-assessed"),
    leaves_out="Reasons in notes; the kind and dose of what prevents; care for comfort.",
    when_drafted="hospital-admission",
)
@decides(
    Row("info", "In hospital, ALSFRS-R item 8 {vte_walking_item_le} or weak legs, no prevention"),
    Row("warning", "The same, in hospital for {vte_unassessed_gt_days}"),
)
def vte_inpatient_prophylaxis(
    walking: Walking,
    weakness: Weakness,
    stay: Annotated[Entry | None, State(open_stay)],
    prevention: Annotated[Prevention, State(prevention)],
    recorded: Annotated[bool, Captured(ASSESSMENT)],
    call: Annotated[Call, This()],
    limits: InpatientLimits,
) -> Outcome:
    """
    Ask for an assessment of the risk of clots in hospital, where weak legs make one likely.

    At order-sign it speaks when an admission is ordered. Where a site does not record
    such assessments in coded form, nothing can be missing.
    """
    if stay is None and not call.inpatient and call.hook == "encounter-start":
        return NotIndicated("not in hospital")
    if not recorded:
        return NotIndicated("assessments of VTE risk are not recorded here")
    weak = isinstance(walking, Reading) and walking.meets(limits.vte_walking_item_le)
    if not weak and not weakness:
        return _legs_not_weak(walking, weakness)
    if prevention.given:
        return NotIndicated(f"{prevention.given[0]}")
    if prevention.failed:
        return CannotAssess("what prevents clots could not be read", prevention.failed)
    days = (call.today - stay.start).days if stay and stay.start else 0
    late = limits.vte_unassessed_gt_days.met_by(Decimal(days))
    told = f"{walking}" if weak else f"{weakness.newest}"
    return Recommend(
        summary=f"Inpatient with leg weakness ({_short(walking, weak)}): VTE risk assessment and "
        "prophylaxis not recorded",
        indicator="warning" if late else "info",
        because=(
            f"{told}.",
            *((f"In hospital since {on(stay.start)}.",) if stay and stay.start else ()),
            "Weigh bleeding before a drug; compression and movement where a drug does not fit.",
        ),
        evidence=(*([walking] if weak and isinstance(walking, Reading) else []), weakness),
        by=(
            *((limits.vte_walking_item_le,) if weak else ()),
            *((limits.vte_unassessed_gt_days,) if late else ()),
        ),
        missing=(walking.text,) if isinstance(walking, Missing) else (),
        offers=(
            Create("vte-assessment", recommended=True, urgent=late, reason=told),
            Create("leg-compression-device", reason=told),
        ),
    )


def _short(walking: Reading | Missing, weak: bool) -> str:
    return f"item 8 = {walking.amount}" if weak and isinstance(walking, Reading) else "coded"


def _legs_not_weak(walking: Reading | Missing, weakness: Entries) -> Outcome:
    if isinstance(walking, Reading):
        return NotIndicated(f"{walking}")
    failed = failed_in(walking, weakness)
    if failed:
        return CannotAssess("whether the legs are weak could not be read", failed)
    return NotIndicated(walking.text)


@dataclass(frozen=True, slots=True)
class OutpatientLimits(Limits):
    """Whether a site wants the card, and who it is about."""

    group: ClassVar[str] = "vte"
    vte_education_offered: bool
    vte_walking_lost_le: Threshold


@rule(
    "vte-outpatient-risk",
    title="Warning signs of DVT and PE at home",
    hooks=("patient-view",),
    kind="P",
    group="VTE",
    sources=("can-2020", "vte-prospective-2014", "vte-linkage-2024"),
    overrides=("done-elsewhere",),
    leaves_out="Drugs that prevent: routine use is not advised, and none is ever offered.",
)
def vte_outpatient_risk(
    walking: Walking,
    stay: Annotated[Entry | None, State(open_stay)],
    oral: Oral,
    injected: Injected,
    explained: Annotated[
        Entries,
        Performed("vte-education", statuses=("completed",), lookback="vte_education_days"),
    ],
    told: Annotated[Entries, Communicated("vte-education", lookback="vte_education_days")],
    recorded: Annotated[bool, Captured("vte-education")],
    goals: Annotated[Goals, State(goals)],
    limits: OutpatientLimits,
) -> Outcome:
    """Have the warning signs of a clot explained to an outpatient who does not walk, once a year.

    Only where a site asks for it. walking: ALSFRS-R item 8.
    """
    if not limits.vte_education_offered or not recorded:
        return NotIndicated("not offered at this site")
    if goals.end_of_life or stay:
        return NotIndicated(f"in hospital or in comfort care: {goals.evidence or stay}")
    if isinstance(walking, Missing):
        return CannotAssess(walking.text, walking.failed)
    if not walking.meets(limits.vte_walking_lost_le):
        return NotIndicated(f"{walking}")
    done = oral.newest or injected.newest or explained.newest or told.newest
    if done:
        return NotIndicated(f"{done}")
    failed = failed_in(oral, injected, explained, told)
    if failed:
        return CannotAssess("what was explained or is taken could not be read", failed)
    return Recommend(
        summary=(
            f"Non-ambulatory (item 8 = {walking.amount}): explain DVT/PE warning signs; routine "
            "drug prophylaxis not advised"
        ),
        indicator="info",
        because=(
            f"{walking}.",
            "Clots are frequent in ALS with weak legs; no trial has shown that a drug at home "
            "prevents more than it harms. Compression is a clinician's choice.",
        ),
        evidence=(walking,),
        by=(limits.vte_walking_lost_le,),
        offers=(Create("explain-vte", recommended=True),),
    )
