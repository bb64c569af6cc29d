"""Is the patient seen by an ALS clinic, often enough, and is its team complete?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Booked,
    Call,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Limits,
    NotIndicated,
    Ordered,
    Outcome,
    Recommend,
    State,
    This,
    Threshold,
    Visited,
    on,
    rule,
)
from cdshooks.rules.states.clinic import (
    BREATHING,
    CLINIC,
    NEUROLOGY,
    NUTRITION,
    OCCUPATIONAL,
    PALLIATIVE,
    PHYSIO,
    ROLES,
    SPEECH,
    clinic_silence,
    last_clinic_visit,
    roles_recorded,
    team_involved,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.progression import Slope, alsfrs_slope
from cdshooks.rules.states.unanswered import OPEN, unanswered


@dataclass(frozen=True, slots=True)
class ClinicLimits(Limits):
    """When a patient should have been seen by the clinic."""

    group: ClassVar[str] = "team"
    mdt_first_ge_days: Threshold
    mdt_last_gt_days: Threshold


@rule(
    "mdt-referral",
    title="Multidisciplinary ALS clinic",
    hooks=("patient-view",),
    kind="T",
    group="TEAM",
    sources=("aan-2009b", "ean-2024", "nice-qs126"),
    overrides=("done-elsewhere", "patient-declined", "resource-unavailable"),
    leaves_out="Sites whose encounter types are not configured; clinics of other organisations.",
)
def mdt_referral(
    call: Annotated[Call, This()],
    silence: Annotated[NotIndicated | None, State(clinic_silence)],
    population: Annotated[Population, State(population)],
    visits: Annotated[Entries, Visited(CLINIC)],
    last: Annotated[date | None, State(last_clinic_visit)],
    referrals: Annotated[Entries, Ordered(CLINIC, lookback="mdt_referral_days")],
    requests: Annotated[Entries, Ordered(CLINIC, statuses=OPEN, drafts=False)],
    booked: Annotated[Entries, Booked(CLINIC, within="mdt_booked_days")],
    slope: Annotated[Slope | None, State(alsfrs_slope)],
    limits: ClinicLimits,
) -> Outcome:
    """
    Offer the ALS clinic to who was never there, or not for four months.

    A visit that is booked, or an open referral of three months, answers it.
    """
    if silence:
        return silence
    for arranged in (*booked, *referrals):
        return NotIndicated(f"{arranged}")
    since = last or population.diagnosed
    if last is None and visits:
        return NotIndicated("seen there, on a day that was not recorded")
    if last is None and not (visits.whole and booked.whole and referrals.whole):
        read = merged(CLINIC, visits, booked, referrals)
        return CannotAssess("visits to the ALS clinic could not be read", read.failed)
    if since is None:
        return CannotAssess("the day of the diagnosis is not recorded")
    limit = limits.mdt_last_gt_days if last else limits.mdt_first_ge_days
    if not limit.met_by(Decimal((call.today - since).days)):
        return NotIndicated(f"{'seen' if last else 'diagnosed'} {on(since)}")
    told = f"since {on(last)}" if last else f"since the diagnosis ({on(since)})"
    return Recommend(
        summary=f"Not seen in a multidisciplinary ALS clinic {told}",
        indicator="info" if last else "warning",
        because=(
            *unanswered(requests, visits),
            "Such a team is recommended to optimise care, and may prolong survival.",
        ),
        evidence=tuple(entry for entry in (visits.newest or population.evidence,) if entry),
        by=(limit,),
        offers=(
            Create("als-clinic-referral", recommended=last is None, reason="ALS clinic"),
            Create(_visit(slope), recommended=last is not None, reason="ALS clinic"),
        ),
    )


def _visit(slope: Slope | None) -> str:
    """The draft of the next visit: sooner where function is lost fast."""
    return "als-appointment-soon" if slope and slope.fast else "als-appointment"


@dataclass(frozen=True, slots=True)
class TeamLimits(Limits):
    """From when on the team should be complete."""

    group: ClassVar[str] = "team"
    team_gaps_from_ge_days: Threshold


REFERRALS = {
    NEUROLOGY: "neurology-referral",
    BREATHING: "respiratory-referral",
    NUTRITION: "dietitian-referral",
    SPEECH: "slt-referral",
    PHYSIO: "exercise-programme",
    OCCUPATIONAL: "occupational-therapy-referral",
    PALLIATIVE: "palliative-referral",
}
"""The draft referral to each discipline."""


@rule(
    "mdt-team-gaps",
    title="Gaps in the ALS team",
    hooks=("patient-view",),
    kind="P",
    group="TEAM",
    sources=("ean-2024", "nice-ng42"),
    overrides=("done-elsewhere", "not-needed"),
    leaves_out="Disciplines whose part in the care a site does not record.",
)
def mdt_team_gaps(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    population: Annotated[Population, State(population)],
    recorded: Annotated[frozenset[str], State(roles_recorded)],
    involved: Annotated[dict[str, Entries], State(team_involved)],
    limits: TeamLimits,
) -> Outcome:
    """Name the disciplines of an ALS team that half a year shows no part of."""
    judged = [role for role in ROLES if role in recorded]
    gaps = [role for role in judged if not involved[role]]
    if not gaps:
        return NotIndicated("no discipline is missing" if judged else "not recorded here")
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    read = merged("team", *(involved[role] for role in gaps))
    if not read.whole:
        return CannotAssess("the care team could not be read", read.failed)
    if population.diagnosed is None:
        return CannotAssess("the day of the diagnosis is not recorded")
    known = Decimal((call.today - population.diagnosed).days)
    if not limits.team_gaps_from_ge_days.met_by(known):
        return NotIndicated(f"diagnosed {known} days ago")
    told = ", ".join(ROLES[role] for role in gaps)
    return Recommend(
        summary=f"ALS team gaps: {told}",
        indicator="info",
        because=("No role on the care team, visit or referral of the last six months.",),
        by=(limits.team_gaps_from_ge_days,),
        criteria=tuple(ROLES[role] for role in gaps),
        offers=tuple(Create(REFERRALS[role], reason="ALS team") for role in gaps),
    )


@dataclass(frozen=True, slots=True)
class FollowUpLimits(Limits):
    """When the next visit to the clinic is due."""

    group: ClassVar[str] = "team"
    followup_due_gt_days: Threshold
    followup_fast_gt_days: Threshold
    followup_overdue_gt_days: Threshold


@rule(
    "followup-overdue",
    title="Next visit to the ALS clinic",
    hooks=("patient-view", "encounter-discharge", "appointment-book"),
    kind="M",
    group="TEAM",
    sources=("nice-qs126", "nice-ng42"),
    overrides=("done-elsewhere", "patient-declined"),
    leaves_out="Sites whose encounter types are not configured; patients never seen there.",
)
def followup_overdue(
    call: Annotated[Call, This()],
    silence: Annotated[NotIndicated | None, State(clinic_silence)],
    visits: Annotated[Entries, Visited(CLINIC)],
    last: Annotated[date | None, State(last_clinic_visit)],
    soon: Annotated[Entries, Booked(CLINIC, within="followup_booked_days")],
    later: Annotated[Entries, Booked(CLINIC, within="followup_discharge_days")],
    ever: Annotated[Entries, Booked(CLINIC, within="followup_horizon_days")],
    slope: Annotated[Slope | None, State(alsfrs_slope)],
    limits: FollowUpLimits,
) -> Outcome:
    """
    Ask for the next visit three months after the last one, unless one is booked within a month.

    On leaving hospital one should be booked within three months. A visit that is being
    booked should not come later than three months after the last, two where loss is fast.
    """
    if silence:
        return silence
    if last is None:
        if not visits.whole:
            return CannotAssess("visits to the ALS clinic could not be read", visits.failed)
        return NotIndicated("never seen in the ALS clinic")
    if call.hook == "appointment-book":
        return _proposed(last, ever, slope, limits)
    wanted = later if call.hook == "encounter-discharge" else soon
    if wanted:
        return NotIndicated(f"{wanted.newest} is booked")
    days = Decimal((call.today - last).days)
    due = call.hook == "encounter-discharge" or limits.followup_due_gt_days.met_by(days)
    if not due:
        return NotIndicated(f"seen {days} days ago")
    if not wanted.whole:
        return CannotAssess("appointments could not be read", wanted.failed)
    return _due(last, days, visits.newest, _first(ever), _visit(slope), limits)


def _first(booked: Entries) -> date | None:
    return min((entry.start for entry in booked if entry.start), default=None)


def _due(
    last: date,
    days: Decimal,
    seen: Entry | None,
    booked: date | None,
    visit: str,
    limits: FollowUpLimits,
) -> Recommend:
    crossed = [limits.followup_due_gt_days, limits.followup_overdue_gt_days]
    crossed = [limit for limit in crossed if limit.met_by(days)]
    told = f"booked only for {on(booked)}" if booked else "not booked"
    return Recommend(
        summary=f"Next ALS visit {told}; last seen {on(last)}",
        indicator="warning" if len(crossed) > 1 else "info",
        because=("Visits every two to three months are recommended.",),
        evidence=(seen,) if seen else (),
        by=tuple(crossed[-1:]),
        offers=(Create(visit, recommended=True, reason="Next visit is due"),),
        due="ALS clinic visit",
    )


def _proposed(last: date, booked: Entries, slope: Slope | None, limits: FollowUpLimits) -> Outcome:
    """Whether the first visit that is booked, or being booked, comes soon enough."""
    first = _first(booked)
    if first is None:
        return NotIndicated("no ALS clinic visit is being booked")
    days = (first - last).days
    fast = slope if slope and slope.fast else None
    limit = limits.followup_fast_gt_days if fast else limits.followup_due_gt_days
    if not limit.met_by(Decimal(days)):
        return NotIndicated(f"{days} days after the last visit")
    pace = (f"ALSFRS-R falls by {fast.per_month:.1f} points a month.",) if fast else ()
    return Recommend(
        summary=f"Next ALS visit {on(first)}: {days} days after the last ({on(last)})",
        indicator="info",
        because=(*pace, "Visits every two to three months are recommended."),
        evidence=tuple(entry for entry in booked if entry.start == first),
        by=(limit,),
    )
