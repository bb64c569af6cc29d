"""Are wishes on record, and do they still fit?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Entries,
    Entry,
    Limits,
    NotIndicated,
    Outcome,
    Recommend,
    Related,
    Reported,
    Row,
    State,
    This,
    Threshold,
    decides,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.abnormal_screens import Abnormal, abnormal_screens
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.key_stages import (
    Stage,
    Talks,
    changes,
    key_stages,
    last_plan,
)
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.words import capital, sentence


@dataclass(frozen=True, slots=True)
class PlanLimits(Limits):
    """When a plan is missed, and when it is to be looked at again."""

    group: ClassVar[str] = "planning"
    plan_from_ge_days: Threshold
    plan_review_gt_days: Threshold


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a plan lacks: who decides instead, where care is wanted. Words, and drafts."""

    told: tuple[str, ...]
    drafts: tuple[str, ...]


@derived
def plan_gaps(
    proxies: Annotated[Entries, Related("proxy")],
    places: Annotated[Entries, Reported("preferred-place", answer="place-of-care")],
    proxy_recorded: Annotated[bool, Captured("proxy")],
    place_recorded: Annotated[bool, Captured("preferred-place")],
) -> Gaps:
    """A proxy and a preferred place of care that are surely not on record."""
    told, drafts = [], []
    if proxies.none and proxy_recorded:
        told.append("No health care proxy on record.")
        drafts.append("name-proxy")
    if places.none and place_recorded:
        told.append("Preferred place of care not recorded.")
        drafts.append("record-preferred-place")
    return Gaps(tuple(told), tuple(drafts))


@rule(
    "advance-directive",
    title="Advance care plan",
    hooks=("patient-view", "encounter-start"),
    kind="P",
    group="PALL",
    sources=("aan-2012-eol", "nice-qs126"),
    overrides=("patient-declined", "already-discussed", "done-elsewhere"),
    leaves_out="Plans on paper that nobody coded. A wish is never drafted as decided.",
)
def advance_directive(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    population: Annotated[Population, State(population)],
    plan: Annotated[Entries, State(last_plan)],
    stages: Annotated[tuple[Stage, ...], State(key_stages)],
    screens: Annotated[tuple[Abnormal, ...], State(abnormal_screens)],
    gaps: Annotated[Gaps, State(plan_gaps)],
    declined: Annotated[Entries, Reported("no-planning-talk", lookback="plan_refusal_days")],
    recorded: Annotated[bool, Captured("advance-plan")],
    limits: PlanLimits,
) -> Outcome:
    """
    Ask for an advance care plan early, and for a review when the disease has moved on.

    A document, a directive named on the problem list, or a completed talk is a plan. Silent
    for six months after the patient asked not to talk about it.
    """
    if goals.level == "last days" or declined.newest:
        return NotIndicated(f"goals: {goals.level}, or asked not to talk about it")
    known = [*stages, *(_screened(screen) for screen in screens)]
    last = plan.newest
    if last:
        return _review(last, known, call.today, gaps, limits)
    if not recorded:
        return NotIndicated("plans are not recorded in coded form here")
    if not plan.none or population.diagnosed is None:
        because = "plans or the day of the diagnosis could not be read"
        return CannotAssess(because, plan.failed)
    days = Decimal((call.today - population.diagnosed).days)
    if not limits.plan_from_ge_days.met_by(days):
        return NotIndicated(f"diagnosed {days} days ago")
    told = f"; {known[0].told}" if known else ""
    return Recommend(
        summary=f"No advance care plan on record{told}",
        indicator="warning" if known else "info",
        because=tuple(_about(known, gaps)),
        evidence=tuple(fact for stage in known for fact in stage.facts),
        by=(limits.plan_from_ge_days, *(by for stage in known for by in stage.by)),
        offers=tuple(_talk("No advance care plan on record", gaps)),
        criteria=("a key stage",) if known else (),
    )


def _screened(screen: Abnormal) -> Stage:
    day = screen.reading.day
    return Stage(screen.told, day, day, (screen.reading,), (screen.by,))


def _about(stages: list[Stage], gaps: Gaps) -> Iterator[str]:
    for stage in stages:
        yield sentence(stage.told)
    yield "Speech and thinking may limit a later talk. To talk about it is an offer, not a duty."
    yield from gaps.told


def _talk(reason: str, gaps: Gaps) -> Iterator[Create]:
    yield Create("planning-conversation", recommended=True, reason=reason)
    for draft in gaps.drafts:
        yield Create(draft, reason=reason)
    yield Create("planning-appointment", reason=reason)


def _review(
    last: Entry, stages: list[Stage], today: date, gaps: Gaps, limits: PlanLimits
) -> Outcome:
    """An old plan, with a stage that began after it.

    That something is indicated is no news where breathing was weak before the plan.
    """
    if last.day is None:
        return NotIndicated(f"{last}")
    before = any(stage.began and stage.began <= last.day for stage in stages)
    new = [s for s in stages if not (before and s.indicated)]
    since = [stage for stage in new if stage.began and stage.began > last.day]
    old = limits.plan_review_gt_days.met_by(Decimal((today - last.day).days))
    if not old or not since:
        return NotIndicated(f"{last}")
    what = "talk" if last.type == "Procedure" else "plan"
    return Recommend(
        summary=f"Advance care {what} of {on(last.day)}, since then {since[0].told}; review",
        indicator="info",
        because=tuple(_about(since, gaps)),
        evidence=(last, *(fact for stage in since for fact in stage.facts)),
        by=(limits.plan_review_gt_days, *(by for stage in since for by in stage.by)),
        offers=tuple(_talk("Advance care plan to be reviewed", gaps)),
    )


@rule(
    "goals-recheck",
    title="Goals of care after a change",
    hooks=("patient-view", "encounter-start", "encounter-discharge"),
    kind="P",
    group="PALL",
    sources=("nice-qs126", "aan-2012-eol"),
    overrides=("already-discussed", "patient-declined"),
    leaves_out="Patients with whom no talk is on record: they need a first one. Undated changes.",
)
@decides(
    Row("info", "Vital capacity {stage_vc_lt}, or PaCO2 {stage_paco2_gt}, since the last talk"),
    Row("info", "NIV, a gastrostomy, or an unplanned admission since the last talk"),
    Row(
        "info",
        "ALSFRS-R fell {stage_function_fall_ge} in {stage_function_within_le_days} since then",
    ),
)
def goals_recheck(
    goals: Annotated[Goals, State(goals)],
    talks: Talks,
    happened: Annotated[tuple[Stage, ...], State(changes)],
) -> Outcome:
    """
    Talk over goals of care again when something changed after the last talk about them.

    Changes of the last year, each by the day on which it began.
    """
    if goals.level == "last days":
        return NotIndicated("the last days of life")
    last = talks.newest
    if last is None or last.day is None:
        if talks.failed:
            return CannotAssess("talks about goals of care could not be read", talks.failed)
        return NotIndicated("no dated talk about goals of care on record")
    since = [stage for stage in happened if stage.began and stage.began > last.day]
    if not since:
        return NotIndicated(f"nothing changed since {last}")
    newest = since[0]
    told = _event(newest)
    return Recommend(
        summary=f"{told} on {on(newest.began)}: revisit goals of care (last discussed "
        f"{on(last.day)})",
        indicator="info",
        because=(
            *([_now(newest)] if newest.at_first else []),
            *(f"{_event(stage)} ({on(stage.began)}). {_now(stage)}".strip() for stage in since[1:]),
            "How much treatment, where, and what is hoped for may have changed with it.",
        ),
        evidence=(last, *(fact for stage in since for fact in stage.facts)),
        by=tuple(by for stage in since for by in stage.by),
        offers=(Create("goals-conversation", recommended=True, reason=told),),
    )


def _event(stage: Stage) -> str:
    """The words of a change, without the day that follows them."""
    told = (stage.at_first or stage.told).partition(" started ")[0]
    return capital("NIV started" if told == "NIV" else told)


def _now(stage: Stage) -> str:
    """The newest value of a run, where it is another one than the first."""
    return f"Now {stage.told} ({on(stage.seen)})." if stage.at_first else ""
