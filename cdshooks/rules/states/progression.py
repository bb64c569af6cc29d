"""How fast is the patient losing function and breathing?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Limits, Reading, Series, State, Threshold, derived
from cdshooks.rules.states.population import Population, population

YEAR = "alsfrs_lookback_days"
FALLS = "decline_lookback_days"
Scores = tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class DeclineLimits(Limits):
    """What makes a fall of a breathing test fast."""

    group: ClassVar[str] = "progression"
    decline_min_days: Threshold
    decline_max_days: Threshold
    decline_interval_days: Decimal
    fast_pressure_fall_gt: Threshold
    fast_vc_fall_gt: Threshold


@dataclass(frozen=True, slots=True)
class Decline:
    """A fall from one result to a later one of the same test. per_interval is scaled."""

    first: Reading
    last: Reading
    per_interval: Decimal
    by: Threshold

    @property
    def days(self) -> int:
        """Days between the two."""
        return (self.last.day - self.first.day).days

    def __str__(self) -> str:
        start = self.first.amount.removesuffix(self.first.unit).rstrip()
        return f"{self.last.label} {start} to {self.last.amount} in {self.days} days"


@derived
def fast_breathing_declines(
    snips: Annotated[tuple[Reading, ...], Series("snip", lookback=FALLS)],
    mips: Annotated[tuple[Reading, ...], Series("mip", lookback=FALLS)],
    capacities: Annotated[
        tuple[Reading, ...], Series("vc-percent", lookback=FALLS, not_position="supine")
    ],
    every_capacity: Annotated[
        tuple[Reading, ...], Series("vc-percent", lookback=FALLS, not_position="supine", each=True)
    ],
    limits: DeclineLimits,
) -> tuple[Decline, ...]:
    """
    Every test of breathing that fell fast, over the longest interval to its latest result.

    Forced and slow vital capacity are two tests, also of one day. A value that another one of its
    day contradicts is no end of an interval.
    """
    tests = (
        (snips, limits.fast_pressure_fall_gt),
        (mips, limits.fast_pressure_fall_gt),
        *((kind, limits.fast_vc_fall_gt) for kind in _kinds(capacities, every_capacity)),
    )
    declines = [_decline(readings, limit, limits) for readings, limit in tests]
    return tuple(decline for decline in declines if decline is not None)


def _kinds(of_day: Scores, every: Scores) -> list[Scores]:
    """The course of each kind of capacity that was measured last, the best of a day each.

    Days whose values contradict each other are left out, and all if the last one does.
    """
    if not of_day or of_day[-1].rival:
        return []
    doubtful = {reading.day for reading in of_day if reading.rival}
    best: dict[str, dict[date, Reading]] = {}
    for reading in every:
        days = best.setdefault(reading.label, {})
        found = days.get(reading.day)
        if reading.day not in doubtful and (found is None or reading.value > found.value):
            days[reading.day] = reading
    last = of_day[-1].day
    return [tuple(days.values()) for days in best.values() if last in days]


def _decline(
    readings: Sequence[Reading], limit: Threshold, limits: DeclineLimits
) -> Decline | None:
    if not readings or readings[-1].rival:
        return None
    last = readings[-1]
    for first in readings:
        days = Decimal((last.day - first.day).days)
        same = first.label == last.label and first.rival is None
        if same and limits.decline_max_days.met_by(days) and limits.decline_min_days.met_by(days):
            fall = (first.value - last.value) / days * limits.decline_interval_days
            return Decline(first, last, fall, limit) if limit.met_by(fall, 1) else None
    return None


@dataclass(frozen=True, slots=True)
class SlopeLimits(Limits):
    """What makes the loss of ALSFRS-R points fast, and totals trustworthy."""

    group: ClassVar[str] = "progression"
    alsfrs_min_days: Threshold
    alsfrs_fast_gt_per_month: Threshold
    alsfrs_rise_ge: Threshold
    alsfrs_onset_min_days: Threshold
    alsfrs_full_score: Decimal
    days_per_month: Decimal


@dataclass(frozen=True, slots=True)
class Score:
    """An ALSFRS-R total of a day, with the total or the items that it was read from."""

    day: date
    value: Decimal
    age: int
    evidence: tuple[Reading, ...]


@derived
def item_sums(
    i1: Annotated[Scores, Series("alsfrs-item-1", lookback=YEAR)],
    i2: Annotated[Scores, Series("alsfrs-item-2", lookback=YEAR)],
    i3: Annotated[Scores, Series("alsfrs-item-3", lookback=YEAR)],
    i4: Annotated[Scores, Series("alsfrs-item-4", lookback=YEAR)],
    i5a: Annotated[Scores, Series("alsfrs-item-5a", lookback=YEAR)],
    i5b: Annotated[Scores, Series("alsfrs-item-5b", lookback=YEAR)],
    i6: Annotated[Scores, Series("alsfrs-item-6", lookback=YEAR)],
    i7: Annotated[Scores, Series("alsfrs-item-7", lookback=YEAR)],
    i8: Annotated[Scores, Series("alsfrs-item-8", lookback=YEAR)],
    i9: Annotated[Scores, Series("alsfrs-item-9", lookback=YEAR)],
    i10: Annotated[Scores, Series("alsfrs-item-10", lookback=YEAR)],
    i11: Annotated[Scores, Series("alsfrs-item-11", lookback=YEAR)],
    i12: Annotated[Scores, Series("alsfrs-item-12", lookback=YEAR)],
) -> tuple[Score, ...]:
    """The sums of the days on which all twelve items were scored, item 5 in one form only."""
    five, other = _by_day(i5a), _by_day(i5b)
    one_form = {day: (five | other)[day] for day in five.keys() ^ other.keys()}
    before, after = map(_by_day, (i1, i2, i3, i4)), map(_by_day, (i6, i7, i8, i9, i10, i11, i12))
    items = (*before, one_form, *after)
    days = set(one_form).intersection(*items)
    return tuple(_sum([item[day] for item in items]) for day in sorted(days))


def _by_day(readings: Scores) -> dict[date, Reading]:
    return {reading.day: reading for reading in readings}


def _sum(readings: Sequence[Reading]) -> Score:
    """The total of one day."""
    day, age = readings[0].day, readings[0].age
    return Score(day, sum((r.value for r in readings), Decimal()), age, tuple(readings))


@derived
def alsfrs_scores(
    totals: Annotated[Scores, Series("alsfrs-total", lookback=YEAR)],
    sums: Annotated[tuple[Score, ...], State(item_sums)],
) -> tuple[Score, ...]:
    """
    Totals by day, oldest first. Where all items were scored, their sum is the total.

    The original scale of ten items is another score and never counts.
    """
    scores = {t.day: Score(t.day, t.value, t.age, (t,)) for t in totals}
    scores.update({score.day: score for score in sums})
    return tuple(scores[day] for day in sorted(scores))


@dataclass(frozen=True, slots=True)
class Slope:
    """Points lost a month, from ``start`` points over so many months.

    first: None when it is measured from the onset, at full score.
    """

    per_month: Decimal
    start: Decimal
    months: Decimal
    last: Score
    fast: bool
    first: Score | None = None


@derived
def alsfrs_slope(
    scores: Annotated[tuple[Score, ...], State(alsfrs_scores)],
    population: Annotated[Population, State(population)],
    limits: SlopeLimits,
) -> Slope | None:
    """
    The slope over the longest interval of totals, or else from the onset of symptoms.

    None when there is none to judge, or when totals rise as they do not in ALS.
    """
    if not scores or _rises(scores, limits):
        return None
    first, last = scores[0], scores[-1]
    if limits.alsfrs_min_days.met_by(Decimal((last.day - first.day).days)):
        return _slope(first.value, first.day, last, limits, first)
    onset = population.onset
    if onset and limits.alsfrs_onset_min_days.met_by(Decimal((last.day - onset).days)):
        return _slope(limits.alsfrs_full_score, onset, last, limits)
    return None


def _rises(scores: Sequence[Score], limits: SlopeLimits) -> bool:
    rises = (later.value - earlier.value for earlier, later in pairwise(scores))
    return any(limits.alsfrs_rise_ge.met_by(rise) for rise in rises)


def _slope(
    start: Decimal, since: date, last: Score, limits: SlopeLimits, first: Score | None = None
) -> Slope:
    months = Decimal((last.day - since).days) / limits.days_per_month
    lost = (start - last.value) / months
    fast = limits.alsfrs_fast_gt_per_month.met_by(lost)
    return Slope(lost, start, months, last, fast, first)


@dataclass(frozen=True, slots=True)
class FastLimits(Limits):
    """How long a fast decline counts."""

    group: ClassVar[str] = "progression"
    fast_counts_le_days: Threshold


@derived
def progresses_fast(
    slope: Annotated[Slope | None, State(alsfrs_slope)],
    declines: Annotated[tuple[Decline, ...], State(fast_breathing_declines)],
    limits: FastLimits,
) -> str | None:
    """What is being lost fast, in words, if the latest value of it still counts."""
    if slope and slope.fast and limits.fast_counts_le_days.met_by(Decimal(slope.last.age)):
        return f"ALSFRS-R falls by {slope.per_month:.1f} points a month"
    for decline in declines:
        if limits.fast_counts_le_days.met_by(Decimal(decline.last.age)):
            label, last = decline.last.label, decline.last.amount
            return f"{label} fell from {decline.first.amount} to {last} in {decline.days} days"
    return None
