"""Is the ALSFRS-R scored often enough, falling fast, and free of contradictions?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Captured,
    Create,
    Doubt,
    Doubts,
    Latest,
    Limits,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    State,
    Threshold,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.function_scores import Mismatch, mismatches, totals_in_doubt
from cdshooks.rules.states.progression import Score, Slope, alsfrs_slope, item_sums
from cdshooks.rules.states.screens import Screen, newest_of

TOTAL = "ALSFRS-R"
"""How a card names the total score."""


@dataclass(frozen=True, slots=True)
class DueLimits(Limits):
    """When the ALSFRS-R is to be scored again."""

    group: ClassVar[str] = "progression"
    alsfrs_due_gt_days: Threshold


@derived
def last_scored(
    total: Annotated[Reading | Missing, Latest("alsfrs-total", lookback=None)],
    item_12: Annotated[Reading | Missing, Latest("alsfrs-item-12", lookback=None)],
) -> Screen:
    """The newest total or, where none is newer, the newest item 12, of any age."""
    return newest_of(total, item_12)


@rule(
    "alsfrs-due",
    title="ALSFRS-R due",
    hooks=("patient-view",),
    kind="M",
    group="TEAM",
    sources=("product",),
    overrides=("done-elsewhere",),
    leaves_out="The original scale of ten items; totals without items, where items are recorded.",
)
def alsfrs_due(
    recorded: Annotated[bool, Captured("alsfrs-item-12")],
    sums: Annotated[tuple[Score, ...], State(item_sums)],
    item_12: Annotated[Reading | Missing, Latest("alsfrs-item-12", lookback=None)],
    total: Annotated[Reading | Missing, Latest("alsfrs-total", lookback=None)],
    scored: Annotated[Screen, State(last_scored)],
    clinic: Annotated[bool, State(clinic_near)],
    limits: DueLimits,
) -> Outcome:
    """
    Ask for the ALSFRS-R when it was not scored, with all its items, for three months.

    Where neither the site nor the chart records items, a total will do; and where there
    is none either, nothing is missed.
    """
    by_item = recorded or bool(sums) or isinstance(item_12, Reading)
    newest: Score | Reading | None = sums[-1] if sums else None
    if not by_item and isinstance(total, Reading):
        newest = total
    if newest and not limits.alsfrs_due_gt_days.met_by(Decimal(newest.age)):
        return NotIndicated(f"scored {newest.age} days ago")
    if not scored.known:
        return CannotAssess("ALSFRS-R scores could not be read", scored.failed)
    if not by_item and not newest:
        return NotIndicated("this site records no ALSFRS-R in coded form")
    if clinic:
        return NotIndicated(NEAR)
    last: Reading | Score | None = sums[-1] if sums else None
    if isinstance(total, Reading) and (last is None or total.day > last.day):
        last = total
    told = f"last {last.value:.0f}/48 on {on(last.day)}" if last else "none on record"
    return Recommend(
        summary=f"ALSFRS-R due: {told}",
        indicator="info",
        because=("All twelve items are needed: many rules rest on single items.",),
        evidence=last.evidence if isinstance(last, Score) else (last,) if last else (),
        by=(limits.alsfrs_due_gt_days,),
        missing=scored.unusable,
        offers=(Create("alsfrs-questionnaire", recommended=True, reason=f"ALSFRS-R: {told}"),),
        due="ALSFRS-R",
    )


@dataclass(frozen=True, slots=True)
class FastLimits(Limits):
    """What loss of points is fast."""

    group: ClassVar[str] = "progression"
    alsfrs_fast_gt_per_month: Threshold


@rule(
    "alsfrs-fast-progression",
    title="Fast loss of function",
    hooks=("patient-view",),
    kind="M",
    group="TEAM",
    sources=("slope-2018", "delta-fs-2006"),
    overrides=("data-incorrect", "intercurrent-illness"),
    leaves_out="Totals in doubt; survival, which no card estimates.",
)
def alsfrs_fast_progression(
    slope: Annotated[Slope | None, State(alsfrs_slope)],
    doubts: Annotated[tuple[Mismatch, ...], State(totals_in_doubt)],
    limits: FastLimits,
) -> Outcome:
    """
    Say that function is lost fast, over the longest interval of a year or from the onset.

    Silent while a total is in doubt: its correction comes first.
    """
    if doubts:
        return NotIndicated(f"a score is in doubt: {doubts[0].told}")
    if slope is None:
        return NotIndicated("no interval over which a slope can be judged")
    pace = f"{slope.per_month:.1f}/month"
    if not slope.fast:
        return NotIndicated(f"{pace} is not fast")
    interval = f"{slope.start:.0f} to {slope.last.value:.0f} in {slope.months:.1f} months"
    from_onset = "Counted from the onset of symptoms, at full score: only one score is on file."
    first = slope.first.evidence if slope.first else ()
    reason = f"ALSFRS-R {interval} ({pace})"
    return Recommend(
        summary=f"Fast decline: ALSFRS-R {interval} ({pace})",
        indicator="info",
        because=(
            *(() if slope.first else (from_onset,)),
            "In pooled trials the mean loss was about one point a month.",
            "Bring forward the talks on ventilation, feeding and wishes; test breathing sooner.",
        ),
        evidence=(*first, *slope.last.evidence),
        by=(limits.alsfrs_fast_gt_per_month,),
        offers=(
            Create("als-appointment-soon", recommended=True, reason=reason),
            Create("bring-planning-forward", reason=reason),
            Create("palliative-referral", reason=reason),
        ),
    )


@rule(
    "alsfrs-data-quality",
    title="ALSFRS-R that contradicts itself",
    hooks=("patient-view",),
    kind="Q",
    group="DQ",
    sources=("product",),
    overrides=("explained",),
    leaves_out="Single items outside their scale, which are implausible values only.",
)
def alsfrs_data_quality(
    contradictions: Annotated[tuple[Mismatch, ...], State(mismatches)],
    item_12: Annotated[Reading | Missing, Latest("alsfrs-item-12", "alsfrs_lookback_days")],
    rejected: Annotated[tuple[Doubt, ...], Doubts()],
) -> Outcome:
    """Point out scores that contradict themselves, their scale or other records."""
    doubts = (*_outside_the_scale(rejected), *contradictions)
    if not doubts:
        failed = failed_in(item_12)
        if failed:
            return CannotAssess("ALSFRS-R scores could not be read", failed)
        return NotIndicated("the scores agree")
    return Recommend(
        summary=f"{doubts[0].told}; check entry",
        indicator="info",
        because=(
            *(f"{doubt.told}." for doubt in doubts[1:]),
            "A total in doubt is not used; the sum of its items is, where all twelve were scored.",
        ),
        evidence=tuple(dict.fromkeys(fact for doubt in doubts for fact in doubt.evidence)),
        offers=(Create("correct-score", recommended=True, reason=doubts[0].told),),
    )


def _outside_the_scale(rejected: Iterable[Doubt]) -> Iterator[Mismatch]:
    """Totals that no sum of the items can be; newer usable ones replace them."""
    for doubt in rejected:
        if doubt.kind == "implausible" and doubt.label == TOTAL:
            [origin] = doubt.origins
            told = f"{doubt.label} {origin.value} on {on(doubt.day)} is no total of its items"
            yield Mismatch(told, (doubt,))
