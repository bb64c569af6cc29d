"""Which ALSFRS-R scores contradict themselves, each other, or what is known of ventilation?"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Fact,
    InUse,
    Latest,
    Limits,
    Missing,
    Reading,
    Series,
    State,
    Threshold,
    derived,
    on,
)
from cdshooks.rules.states.progression import YEAR, Score, Scores, alsfrs_scores, item_sums
from cdshooks.rules.states.ventilation import (
    NO_SUPPORT_SCORE,
    Event,
    Vent,
    niv_started,
    tracheostomy,
    vent,
)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A contradiction, as a card says it."""

    told: str
    evidence: tuple[Fact, ...]


@derived
def sums_that_differ(
    totals: Annotated[Scores, Series("alsfrs-total", lookback=YEAR)],
    sums: Annotated[tuple[Score, ...], State(item_sums)],
) -> tuple[Mismatch, ...]:
    """Totals that are not the sum of the items of their day, the newest first."""
    by_day = {score.day: score for score in sums}
    return tuple(
        Mismatch(
            f"ALSFRS-R {total.amount} does not match items ({by_day[total.day].value:.0f})",
            (total, *by_day[total.day].evidence),
        )
        for total in reversed(totals)
        if total.day in by_day and by_day[total.day].value != total.value
    )


@derived
def items_scored_twice(
    cutting: Annotated[Scores, Series("alsfrs-item-5a", lookback=YEAR)],
    with_tube: Annotated[Scores, Series("alsfrs-item-5b", lookback=YEAR)],
) -> tuple[Mismatch, ...]:
    """Days on which item 5 was scored in both forms: with and without a gastrostomy."""
    tube = {score.day: score for score in with_tube}
    return tuple(
        Mismatch(f"ALSFRS-R items 5a and 5b both scored on {on(a.day)}", (a, tube[a.day]))
        for a in reversed(cutting)
        if a.day in tube
    )


@dataclass(frozen=True, slots=True)
class RiseLimits(Limits):
    """Which rise makes totals doubtful."""

    group: ClassVar[str] = "progression"
    alsfrs_rise_ge: Threshold


@derived
def totals_that_rise(
    scores: Annotated[tuple[Score, ...], State(alsfrs_scores)], limits: RiseLimits
) -> tuple[Mismatch, ...]:
    """Rises from one total to the next that ALS does not make, the newest first."""
    return tuple(
        Mismatch(
            f"ALSFRS-R rose from {before.value:.0f} to {after.value:.0f} ({on(after.day)})",
            (*before.evidence, *after.evidence),
        )
        for before, after in reversed(list(pairwise(scores)))
        if limits.alsfrs_rise_ge.met_by(after.value - before.value)
    )


@derived
def other_scale(
    original: Annotated[Reading | Missing, Latest("alsfrs-original", lookback=YEAR)],
    scores: Annotated[tuple[Score, ...], State(alsfrs_scores)],
) -> tuple[Mismatch, ...]:
    """A score of the original scale of ten items, if nothing newer was scored since."""
    newest = scores[-1].day if scores else date.min
    if isinstance(original, Missing) or original.day < newest:
        return ()
    return (Mismatch(f"ALSFRS {original.amount}/40 is the original scale", (original,)),)


@derived
def ventilation_differs(
    item_12: Annotated[Reading | Missing, Latest("alsfrs-item-12", lookback=YEAR)],
    started: Annotated[tuple[Event, ...], State(niv_started)],
    stoma: Annotated[Entry | None, State(tracheostomy)],
    machine: Annotated[Entries, InUse("ventilator", statuses=("active",))],
    vent: Annotated[Vent, State(vent)],
) -> tuple[Mismatch, ...]:
    """
    Item 12 says ventilation and nothing else does, or the other way round.

    Ventilation that began after the item was scored contradicts nothing.
    """
    if isinstance(item_12, Missing):
        return ()
    told = f"ALSFRS-R item 12 = {item_12.amount}"
    records = [event.evidence for event in started if isinstance(event.evidence, Entry)]
    if item_12.value < NO_SUPPORT_SCORE:
        known = records or stoma or machine or machine.failed
        return () if known else (Mismatch(f"{told}, but no ventilation is recorded", (item_12,)),)
    going_on = vent.evidence if vent.state in ("niv-active", "invasive") else None
    if not isinstance(going_on, Entry) or vent.since is None or vent.since > item_12.day:
        return ()
    return (Mismatch(f"{told}, but ventilation is recorded", (item_12, going_on)),)


@derived
def totals_in_doubt(
    sums: Annotated[tuple[Mismatch, ...], State(sums_that_differ)],
    twice: Annotated[tuple[Mismatch, ...], State(items_scored_twice)],
    rises: Annotated[tuple[Mismatch, ...], State(totals_that_rise)],
) -> tuple[Mismatch, ...]:
    """Every contradiction of the last year that puts a total itself in doubt."""
    return (*sums, *twice, *rises)


@derived
def mismatches(
    totals: Annotated[tuple[Mismatch, ...], State(totals_in_doubt)],
    scale: Annotated[tuple[Mismatch, ...], State(other_scale)],
    ventilation: Annotated[tuple[Mismatch, ...], State(ventilation_differs)],
) -> tuple[Mismatch, ...]:
    """Every contradiction of the last year, those of a total first."""
    return (*totals, *scale, *ventilation)
