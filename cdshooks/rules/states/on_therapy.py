"""What ALT and AST did since riluzole was begun, and when it was taken before."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
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
from cdshooks.rules.states.liver import (
    CertainLimits,
    Grade,
    Multiple,
    Steps,
    graded,
    gravest,
    multiple_of,
    told,
)
from cdshooks.rules.states.region import Region
from cdshooks.rules.states.riluzole import Episode, riluzole_episode


@dataclass(frozen=True, slots=True)
class OnTherapyLimits(Limits):
    """Multiples of the upper limit that decide about going on."""

    group: ClassVar[str] = "riluzole_liver"
    on_therapy_us_gt: Threshold
    on_therapy_eu_ge: Threshold
    closer_checks_gt: Threshold
    raised_gt: Threshold
    lab_current_days: Decimal
    recheck_days: Decimal
    similar_pct: Decimal

    def steps(self, region: Region) -> Steps:
        """The steps of the region's label, the worst first."""
        stop = self.on_therapy_us_gt if region.us else self.on_therapy_eu_ge
        return ((stop, "critical"), (self.closer_checks_gt, "warning"), (self.raised_gt, "info"))


@dataclass(frozen=True, slots=True)
class OnTherapy:
    """Aminotransferases since the start of riluzole.

    now: the graver of ALT and AST if they are current; steady: whether it is much
    like the value before and was rechecked lately. stale: an old high value that
    nothing newer replaces. earlier: an ALT for which riluzole must not be begun
    again, and it was or would be. told: what a card says of the values.
    """

    now: Grade | None
    steady: bool
    stale: Grade | None
    earlier: Grade | None
    told: tuple[str, ...]


@derived
def aminotransferases_on_therapy(
    episode: Annotated[Episode, State(riluzole_episode)],
    alt: Annotated[Reading | Missing, Latest("alt", lookback=None)],
    ast: Annotated[Reading | Missing, Latest("ast", lookback=None)],
    alts: Annotated[tuple[Reading, ...], Series("alt", lookback=None)],
    asts: Annotated[tuple[Reading, ...], Series("ast", lookback=None)],
    region: Region,
    certain: CertainLimits,
    limits: OnTherapyLimits,
) -> OnTherapy:
    """
    The newest ALT and AST since the start, what came before, and earlier exposure.

    Results from before the start belong to the baseline. An old value counts as
    not rechecked only while no current ALT stands beside it.
    """
    steps = limits.steps(region)
    all_found = [multiple_of(_since(one, episode), certain) for one in (alt, ast)]
    fresh = [m if m and m.reading.age <= limits.lab_current_days else None for m in all_found]
    old = [m if fresh[0] is None and m not in fresh else None for m in all_found]
    now = _gravest(fresh, steps, limits)
    before = _before(now, alts, asts)
    previous = multiple_of(before, certain)
    return OnTherapy(
        now=now,
        steady=_is_steady(now, before, limits),
        stale=_gravest(old, steps[:2], limits),
        earlier=_earlier(alts, episode, certain, limits),
        told=(*told(fresh), *_trend(now, previous)),
    )


def _since(reading: Reading | Missing, episode: Episode) -> Reading | None:
    """A reading from after the start, or any one when the start is not known."""
    if not isinstance(reading, Reading):
        return None
    return reading if episode.start is None or reading.day >= episode.start else None


def _gravest(pair: list[Multiple | None], steps: Steps, limits: OnTherapyLimits) -> Grade | None:
    alt, ast = pair
    normal_alt = alt is not None and alt.within(limits.raised_gt)
    return gravest(graded(alt, steps), graded(ast, steps), normal_alt)


def _before(
    now: Grade | None, alts: tuple[Reading, ...], asts: tuple[Reading, ...]
) -> Reading | None:
    """The reading before the one that counts, of the same enzyme."""
    if now is None:
        return None
    reading = now.multiple.reading
    series = alts if reading.measure == "alt" else asts
    return next((r for r in reversed(series) if r.day < reading.day), None)


def _is_steady(now: Grade | None, before: Reading | None, limits: OnTherapyLimits) -> bool:
    if now is None or before is None:
        return False
    reading = now.multiple.reading
    similar = abs(reading.value - before.value) * 100 <= limits.similar_pct * before.value
    return similar and reading.age <= limits.recheck_days


def _trend(now: Grade | None, previous: Multiple | None) -> Iterator[str]:
    if now is not None and previous is not None:
        reading = previous.reading
        yield f"Before that: {reading.label} {reading.amount}, {previous} ({on(reading.day)})."


def _earlier(
    alts: tuple[Reading, ...], episode: Episode, certain: CertainLimits, limits: OnTherapyLimits
) -> Grade | None:
    """The highest ALT on an earlier exposure for which EU labelling forbids a restart.

    While riluzole is not taken, a draft order would be that restart.
    """
    grades = [
        graded(multiple_of(alt, certain), ((limits.on_therapy_eu_ge, "critical"),))
        for alt in alts
        if episode.exposed(alt.day) and (not episode.going_on or episode.restarted_since(alt.day))
    ]
    return max((g for g in grades if g), key=lambda grade: grade.order, default=None)
