"""What in the course of the disease calls for plans to be made, or talked over again?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Documented,
    Entries,
    Entry,
    Fact,
    Limits,
    Listed,
    Performed,
    Reading,
    Reported,
    Series,
    State,
    Threshold,
    Visited,
    derived,
    on,
)
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.gastrostomy import (
    Barrier,
    Refusal,
    gastrostomy_barrier,
    gastrostomy_criteria,
    gastrostomy_refusal,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.niv_course import niv_start_recorded
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import Criterion, NivCriteria
from cdshooks.rules.states.progression import Score, alsfrs_scores
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import inside

YEAR = "stage_days"


@dataclass(frozen=True, slots=True)
class StageLimits(Limits):
    """Which values are a stage of the disease at which plans are made."""

    group: ClassVar[str] = "planning"
    stage_vc_lt: Threshold
    stage_paco2_gt: Threshold


@dataclass(frozen=True, slots=True)
class FallLimits(Limits):
    """How much function is lost at once when plans are talked over again."""

    group: ClassVar[str] = "planning"
    stage_function_fall_ge: Threshold
    stage_function_within_le_days: Threshold


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the disease: words, when it began, when it was last seen.

    began: the first day of the run of values, or of the treatment; None when unknown.
    indicated: that a treatment is, by values of which only the newest is dated here.
    at_first: the words on the day on which it began, where the value has changed since.
    """

    told: str
    began: date | None
    seen: date | None
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()
    indicated: bool = False
    at_first: str | None = None


@derived
def weak_breathing(
    capacities: Annotated[
        tuple[Reading, ...], Series("vc-percent", lookback=YEAR, not_position="supine")
    ],
    limits: StageLimits,
) -> Stage | None:
    """Vital capacity below the limit, since the first of the values that stayed below it."""
    return _run(capacities, limits.stage_vc_lt)


@derived
def retained_gas(
    gases: Annotated[tuple[Reading, ...], Series("paco2", lookback=YEAR)], limits: StageLimits
) -> Stage | None:
    """Carbon dioxide above the limit, since the first of the values that stayed above it."""
    return _run(gases, limits.stage_paco2_gt)


def _run(readings: Sequence[Reading], limit: Threshold) -> Stage | None:
    """The values past a limit at the end of a series; None when the last one is not."""
    run: list[Reading] = []
    for reading in reversed(readings):
        if not reading.meets(limit):
            break
        run.append(reading)
    if not run:
        return None
    last, first = run[0], run[-1]
    told, before = (f"{reading.label} {reading.amount}" for reading in (last, first))
    at_first = before if before != told else None
    return Stage(told, first.day, last.day, (last,), (limit,), at_first=at_first)


@derived
def niv_begun(
    vent: Annotated[Vent, State(vent)], start: Annotated[date | None, State(niv_start_recorded)]
) -> Stage | None:
    """NIV in use, since its start."""
    if vent.state != "niv-active":
        return None
    told = f"NIV started {on(start)}" if start else "NIV in use"
    return Stage(told, start, start, vent.facts)


@derived
def tube_placed(feeding: Annotated[Feeding, State(feeding)]) -> Stage | None:
    """
    A feeding tube in place, since it was placed.

    A score only tells that it was there by then; a feed may run through any tube.
    """
    shown = feeding.evidence
    if feeding.route != "tube" or shown is None:
        return None
    if isinstance(shown, Reading):
        return Stage("gastrostomy", None, feeding.since, (shown,))
    told = "tube feeding" if shown.type == "NutritionOrder" else "gastrostomy"
    return Stage(told, feeding.since, feeding.since, (shown,))


@derived
def treatment_needed(
    vent: Annotated[Vent, State(vent)],
    niv: Annotated[NivCriteria, State(niv_criteria)],
    feeding: Annotated[Feeding, State(feeding)],
    tube: Annotated[tuple[Criterion, ...], State(gastrostomy_criteria)],
    refusal: Annotated[Refusal | None, State(gastrostomy_refusal)],
    barrier: Annotated[Barrier | None, State(gastrostomy_barrier)],
    goals: Annotated[Goals, State(goals)],
) -> tuple[Stage, ...]:
    """NIV or a gastrostomy that is indicated and not there; neither refused nor in comfort care."""
    if goals.end_of_life:
        return ()
    found = []
    if niv.met and vent.state in ("none", "niv-ordered", "niv-inpatient"):
        found.append(_needed("NIV indicated", niv.met[0]))
    by_mouth = feeding.route in ("oral", "route-unknown", "tube-ordered")
    if tube and by_mouth and not (refusal and not refusal.aged):
        what = "another way of feeding indicated" if barrier else "gastrostomy indicated"
        found.append(_needed(what, tube[0]))
    return tuple(found)


def _needed(what: str, criterion: Criterion) -> Stage:
    day = max((day for fact in criterion.facts for day in _days(fact)), default=None)
    told = f"{what}: {inside(criterion.finding)}"
    return Stage(told, day, day, criterion.facts, criterion.by, indicated=True)


def _days(fact: Fact) -> list[date]:
    """The days on which a value or an entry, or each of several, was known to hold."""
    found = fact.items if isinstance(fact, Entries) else (fact,)
    return [f.day for f in found if isinstance(f, Reading | Entry) and f.day]


@derived
def function_fell(
    scores: Annotated[tuple[Score, ...], State(alsfrs_scores)], limits: FallLimits
) -> Stage | None:
    """The latest ALSFRS-R, if it is much lower than another one of the weeks before."""
    if not scores:
        return None
    last = scores[-1]
    for first in scores[:-1]:
        near = limits.stage_function_within_le_days.met_by(Decimal((last.day - first.day).days))
        if near and limits.stage_function_fall_ge.met_by(first.value - last.value):
            told = f"ALSFRS-R {first.value:.0f} to {last.value:.0f}"
            facts = (*first.evidence[:1], *last.evidence[:1])
            return Stage(told, last.day, last.day, facts, (limits.stage_function_fall_ge,))
    return None


@derived
def unplanned(
    visits: Annotated[Entries, Visited("unplanned-care", lookback=YEAR)],
) -> tuple[Stage, ...]:
    """Unplanned admissions and emergency visits, the newest last."""
    return tuple(
        Stage("unplanned admission", v.start or v.day, v.start or v.day, (v,)) for v in visits
    )


@derived
def key_stages(
    niv: Annotated[Stage | None, State(niv_begun)],
    tube: Annotated[Stage | None, State(tube_placed)],
    needed: Annotated[tuple[Stage, ...], State(treatment_needed)],
    breathing: Annotated[Stage | None, State(weak_breathing)],
    gas: Annotated[Stage | None, State(retained_gas)],
) -> tuple[Stage, ...]:
    """NIV and gastrostomy, begun or indicated, and weak breathing: the gravest word first."""
    return tuple(stage for stage in (breathing, gas, niv, tube, *needed) if stage)


@derived
def changes(
    niv: Annotated[Stage | None, State(niv_begun)],
    tube: Annotated[Stage | None, State(tube_placed)],
    breathing: Annotated[Stage | None, State(weak_breathing)],
    gas: Annotated[Stage | None, State(retained_gas)],
    function: Annotated[Stage | None, State(function_fell)],
    admitted: Annotated[tuple[Stage, ...], State(unplanned)],
) -> tuple[Stage, ...]:
    """What happened, by the day on which it began, the newest first; undated changes are left."""
    found = [s for s in (breathing, gas, niv, tube, function, *admitted[-1:]) if s and s.began]
    return tuple(sorted(found, key=lambda s: s.began or date.min, reverse=True))


@derived
def plans(
    listed: Annotated[Entries, Listed("advance-plan")],
    answered: Annotated[Entries, Reported("advance-plan")],
) -> Entries:
    """An advance care plan or directive that is named on the problem list or in an answer."""
    return merged(listed.label, listed, answered)


Talks = Annotated[Entries, Performed("planning-talk", statuses=("completed",))]


@derived
def last_plan(
    documents: Annotated[Entries, Documented("advance-plan")],
    named: Annotated[Entries, State(plans)],
    talks: Talks,
) -> Entries:
    """Every plan, directive and talk about either."""
    return merged("advance care plan", documents, named, talks)


def lately(stage: Stage, days: Decimal, today: date) -> bool:
    """
    Whether a stage was seen within so many days; of an undated one nobody knows.

    What is indicated is so today, however old the finding by which it is.
    """
    since = today - timedelta(days=int(days))
    return stage.indicated or (stage.seen is not None and stage.seen >= since)
