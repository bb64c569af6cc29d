"""Is thinking screened, is an abnormal screen followed up, and is a useless drug ordered?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Delete,
    Draft,
    Entries,
    Limits,
    Listed,
    Medication,
    NotIndicated,
    Order,
    Ordered,
    Outcome,
    Performed,
    Recommend,
    State,
    This,
    Threshold,
    Visited,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.abnormal_screens import SCORES, Abnormal, abnormal_screens
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.screens import Screen, cognitive_screen

Dementia = Annotated[Entries, Listed("ftd-dementia")]


@dataclass(frozen=True, slots=True)
class ScreenLimits(Limits):
    """When thinking is to be screened for the first time and again."""

    group: ClassVar[str] = "cognition"
    cog_screen_from_ge_days: Threshold
    cog_screen_due_gt_days: Threshold


@derived
def screens_recorded(
    ecas: Annotated[bool, Captured("ecas-total")],
    cbs: Annotated[bool, Captured("als-cbs-cognitive")],
) -> bool:
    """Whether this site records a cognitive screen so that its absence can be seen."""
    return ecas or cbs


@rule(
    "cognitive-screen-due",
    title="Cognitive screen due",
    hooks=("patient-view",),
    kind="M",
    group="COG",
    sources=("ecas-2014", "als-cbs-2010", "aan-2009b"),
    overrides=("patient-declined", "test-not-feasible", "resource-unavailable"),
    leaves_out="Sites that record no screen in coded form; dementia that is known; MoCA.",
)
def cognitive_screen_due(
    call: Annotated[Call, This()],
    recorded: Annotated[bool, State(screens_recorded)],
    population: Annotated[Population, State(population)],
    screen: Annotated[Screen, State(cognitive_screen)],
    dementia: Dementia,
    clinic: Annotated[bool, State(clinic_near)],
    limits: ScreenLimits,
) -> Outcome:
    """Ask for ECAS or ALS-CBS three months after the diagnosis, and again after a year."""
    if not recorded:
        return NotIndicated("this site records no cognitive screen in coded form")
    if dementia.newest:
        return NotIndicated(f"{dementia.newest} is known")
    last = screen.last
    if last and not limits.cog_screen_due_gt_days.met_by(Decimal(last.age)):
        return NotIndicated(f"{last} is {last.age} days old")
    if not screen.known:
        return CannotAssess("cognitive screens could not be read", screen.failed)
    if not last:
        if population.diagnosed is None:
            return CannotAssess("the day of the diagnosis is not recorded")
        known = Decimal((call.today - population.diagnosed).days)
        if not limits.cog_screen_from_ge_days.met_by(known):
            return NotIndicated(f"diagnosed {known} days ago")
    if clinic:
        return NotIndicated(NEAR)
    told = f"Last screen: {last}." if last else "No screen is on record."
    return Recommend(
        summary="Cognitive and behaviour screen due (ECAS or ALS-CBS)",
        indicator="info",
        because=(told, "About a third have mild changes; 10 to 15% frontotemporal dementia."),
        evidence=(last,) if last else (),
        by=(limits.cog_screen_due_gt_days if last else limits.cog_screen_from_ge_days,),
        missing=screen.unusable,
        offers=(
            Create("cognitive-questionnaire", recommended=True, reason=told),
            Create("behavior-questionnaire", reason=told),
        ),
        due="cognitive screen",
    )


@dataclass(frozen=True, slots=True)
class FollowUpLimits(Limits):
    """How long an open referral counts."""

    group: ClassVar[str] = "cognition"
    cog_referral_le_days: Threshold


@rule(
    "cognitive-screen-abnormal",
    title="Abnormal cognitive screen",
    hooks=("patient-view",),
    kind="P",
    group="COG",
    sources=("ecas-2014", "als-cbs-2010"),
    overrides=("different-norms", "done-elsewhere"),
    leaves_out="Norms of other languages and schooling; dementia that is known.",
)
def cognitive_screen_abnormal(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    screens: Annotated[tuple[Abnormal, ...], State(abnormal_screens)],
    dementia: Dementia,
    referrals: Annotated[Entries, Ordered("neuropsychology")],
    tested: Annotated[
        Entries, Performed("neuropsychology", statuses=("completed",), lookback=SCORES)
    ],
    visits: Annotated[Entries, Visited("neuropsychology", lookback=SCORES)],
    capacity: Annotated[Entries, Performed("capacity-assessment", statuses=("completed",))],
    limits: FollowUpLimits,
) -> Outcome:
    """
    Ask for neuropsychology and a review of capacity after an abnormal screen of the last year.

    An open referral, an assessment, or a note on capacity since the screen answers it.
    """
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if not screens:
        return NotIndicated("no abnormal screen of the last year")
    first = screens[0]
    since = max(found.reading.day for found in screens)
    seen = dementia.newest or tested.newest or visits.newest or capacity.after(since).newest
    if seen:
        return NotIndicated(f"{seen}")
    failed = failed_in(referrals, tested, visits, dementia)
    if failed:
        return CannotAssess("what followed the screen could not be read", failed)
    waiting, late = _referred(referrals, call.today, limits)
    if waiting:
        return NotIndicated("neuropsychology is on order")
    reason = f"{first.told} on {on(first.reading.day)}"
    return Recommend(
        summary=f"{first.told} below cut-off: neuropsychology, review capacity for decisions",
        indicator="info",
        because=tuple(_about(screens, late)),
        evidence=tuple(found.reading for found in screens),
        by=tuple(found.by for found in screens),
        offers=(
            Create("neuropsychology", recommended=True, reason=reason),
            Create("bring-planning-forward", reason=reason),
            Create("caregiver-support", reason=reason),
        ),
    )


def _referred(
    referrals: Entries, today: date, limits: FollowUpLimits
) -> tuple[bool, tuple[str, ...]]:
    """Whether a referral is waiting to be answered, and what to say of older ones."""
    dated = [(e, Decimal((today - e.day).days)) for e in referrals if e.day]
    recent = [e for e, age in dated if limits.cog_referral_le_days.met_by(age)]
    undated = [e for e in referrals if e.day is None]
    late = tuple(f"{e.label}: ordered {on(e.day)}, no result." for e, _ in dated)
    return bool(recent or undated), late


def _about(screens: Iterable[Abnormal], late: Iterable[str]) -> Iterator[str]:
    for found in screens:
        range_ = ", in the range of frontotemporal dementia" if found.dementia else ""
        yield f"{found.told} on {on(found.reading.day)}: abnormal is {found.by}{range_}."
    yield "The cut-offs are UK norms; weak hands, speech, schooling and language lower scores."
    yield "Bring decisions about ventilation, feeding and a proxy forward while they can be made."
    yield from late


@rule(
    "cognitive-drug-no-benefit",
    title="Drug for dementia in ALS",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("product",),
    overrides=("other-dementia", "specialist-advice"),
    leaves_out="Patients with Alzheimer, Lewy body or vascular dementia on the problem list.",
)
def cognitive_drug_no_benefit(
    order: Annotated[Order, Draft("dementia-drug")],
    dementia: Annotated[Entries, Listed("other-dementia", named=True)],
    taken: Annotated[Entries, Medication("dementia-drug")],
) -> Outcome:
    """Say that no drug helps cognitive change in ALS when one against dementia is ordered."""
    if dementia.newest:
        return NotIndicated(f"{dementia.newest} is recorded")
    if dementia.failed:
        return CannotAssess("the problem list could not be read", dementia.failed)
    renewed = f"{taken.newest} is taken already: ask whether it ever helped." if taken else ""
    return Recommend(
        summary="No drug shown to help ALS cognitive change; cholinergics may increase saliva",
        indicator="info",
        because=(
            *([renewed] if renewed else []),
            "Neither cholinesterase inhibitors nor memantine were shown to help thinking in ALS.",
        ),
        evidence=(order, taken),
        offers=(Delete(order),),
    )
