"""Does the diaphragm weaken, and is a night's oximetry due?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Fact,
    Limits,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    Why,
    derived,
    on,
    rule,
)
from cdshooks.rules.inputs import Night, SittingVc, Snip, SupineVc
from cdshooks.rules.states.breathing_tests import (
    Arranged,
    LastNight,
    last_night,
    night_arranged,
)
from cdshooks.rules.states.niv_draft import niv_advised
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.supine import SupineFall, supine_fall
from cdshooks.rules.states.symptom_workup import Workup, symptom_workup
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import inside

MET = "a criterion for NIV is met"

Ventilation = Annotated[Vent, State(vent)]
Fall = Annotated[SupineFall | None, State(supine_fall)]
LastOne = Annotated[LastNight | None, State(last_night)]


@dataclass(frozen=True, slots=True)
class AnsweredLimits(Limits):
    """How recent a normal night must be to answer a fall on lying down."""

    group: ClassVar[str] = "breathing_tests"
    normal_night_le_days: Threshold


@dataclass(frozen=True, slots=True)
class NightLimits(Limits):
    """What asks for a night's oximetry."""

    group: ClassVar[str] = "breathing_tests"
    vc_symptomatic_lt: Threshold
    watch_snip_lt: Threshold
    oximetry_at_diagnosis: bool
    resp_value_max_age_days: Decimal


@rule(
    "supine-vc-drop",
    title="Vital capacity falls on lying down",
    hooks=("patient-view",),
    kind="M",
    group="RESP-TEST",
    sources=("aan-2009a", "fromageot-2001", "lechtzin-2002"),
    overrides=("data-incorrect", "under-specialist-review"),
    leaves_out="The sitting limits, which a value lying down is never compared with.",
)
def supine_vc_drop(
    vent: Ventilation,
    advised: Annotated[bool, State(niv_advised)],
    fall: Fall,
    supine: SupineVc,
    night: LastOne,
    limits: AnsweredLimits,
) -> Outcome:
    """
    Look at the night when vital capacity lying down suggests diaphragm weakness.

    A normal night since answers it. What already meets a criterion for NIV is
    said on that card.
    """
    if vent.state != "none":
        return NotIndicated(f"ventilation: {vent.state}")
    if fall is None and isinstance(supine, Missing) and supine.failed:
        return CannotAssess(supine.text, supine.failed)
    if fall is None:
        return NotIndicated("no low vital capacity lying down, and no large fall")
    if advised:
        return NotIndicated(MET)
    if night and not night.low and limits.normal_night_le_days.met_by(night.age):
        return NotIndicated(f"normal {night}")
    return Recommend(
        summary=f"{fall}: suggests diaphragm weakness",
        indicator="info",
        because=(
            "Hypoventilation at night is likely.",
            "A supine value is never compared with the sitting 50% limit.",
            *_positions(fall),
        ),
        evidence=fall.facts,
        by=fall.by,
        missing=() if night else ("no valid overnight oximetry in 6 months",),
        offers=(
            Create("overnight-oximetry-co2", recommended=True, reason=str(fall)),
            Create("blood-gas", reason=str(fall)),
        ),
    )


def _positions(fall: SupineFall) -> Iterator[str]:
    if fall.sitting is None:
        yield "No sitting value of the same session is on file."
    elif fall.sitting.position is None:
        yield "The position of the other value was not recorded; it is taken as sitting."


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a night's oximetry is due: words for the summary, the facts and limits behind it."""

    told: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()


@derived
def oximetry_cause(
    vc: SittingVc,
    snip: Snip,
    fall: Fall,
    population: Annotated[Population, State(population)],
    call: Annotated[Call, This()],
    limits: NightLimits,
) -> Cause | None:
    """Reduced vital capacity or SNIP, a fall on lying down, or, by choice of a site, diagnosis."""
    for test, limit in ((vc, limits.vc_symptomatic_lt), (snip, limits.watch_snip_lt)):
        if isinstance(test, Reading) and test.meets(limit):
            return Cause(f"{test.label} {test.amount}", (test,), (limit,))
    if fall:
        return Cause(inside(str(fall)), fall.facts, fall.by)
    since = call.today - timedelta(days=int(limits.resp_value_max_age_days))
    day, evidence = population.diagnosed, population.evidence
    if limits.oximetry_at_diagnosis and day and evidence and day >= since:
        return Cause(f"ALS diagnosed {on(day)}", (evidence,))
    return None


@rule(
    "nocturnal-oximetry-due",
    title="Overnight oximetry due",
    hooks=("patient-view",),
    kind="M",
    group="RESP-TEST",
    sources=("aan-2009a", "chest-2023"),
    overrides=("done-elsewhere", "patient-declined", "resource-unavailable"),
    leaves_out=(
        "Sites that do not record overnight oximetry in coded form; recordings that were "
        "too short, or made on oxygen or pressure support."
    ),
)
def nocturnal_oximetry_due(
    recorded: Annotated[bool, Captured("spo2-recording-minutes")],
    vent: Ventilation,
    advised: Annotated[bool, State(niv_advised)],
    workup: Annotated[Workup, State(symptom_workup)],
    cause: Annotated[Cause | None, State(oximetry_cause)],
    night: LastOne,
    study: Night,
    arranged: Annotated[Arranged, State(night_arranged)],
) -> Outcome:
    """
    Ask for a night's oximetry when breathing weakens and none of six months is valid.

    Advice on NIV, and the tests that symptoms ask for, include it.
    """
    if not recorded:
        return NotIndicated("overnight oximetry is not recorded in coded form here")
    if vent.state != "none":
        return NotIndicated(f"ventilation: {vent.state}")
    if advised or workup:
        return NotIndicated(MET if advised else "part of the tests for symptoms")
    if night:
        return NotIndicated(f"{night}")
    if isinstance(study, Missing) and (study.failed or not study.proven):
        return CannotAssess(study.text, study.failed)
    if cause is None:
        return NotIndicated("no early weakness")
    if arranged.by:
        return NotIndicated(f"overnight oximetry {arranged.by}")
    return Recommend(
        summary=f"No {_valid(study)}overnight oximetry in 6 months; {cause.told}",
        indicator="info",
        because=(
            "Nocturnal oximetry may be considered whatever the vital capacity.",
            *arranged.late,
        ),
        evidence=cause.facts,
        by=cause.by,
        missing=(study.text,) if isinstance(study, Missing) else ("no valid night",),
        offers=(Create("overnight-oximetry", recommended=True, reason=cause.told),),
    )


def _valid(study: object) -> str:
    """A word for a night that was recorded, and too short or not to be believed."""
    return "" if isinstance(study, Missing) and study.why in (Why.NEVER, Why.STALE) else "valid "
