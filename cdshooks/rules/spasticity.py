"""Is spasticity treated, and does the treatment do enough?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    Visited,
    decides,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.inputs import SittingVc
from cdshooks.rules.states.courses import Course, CourseLimits, courses
from cdshooks.rules.states.muscles import MuscleDrugs, against_baclofen, antispastics, stands
from cdshooks.rules.states.taking import lately

CARE = "spasticity_care_days"


@dataclass(frozen=True, slots=True)
class SpasticityLimits(Limits):
    """When spasticity is treated, and when treatment is not enough."""

    group: ClassVar[str] = "spasticity"
    ashworth_ge: Threshold
    ashworth_severe_ge: Threshold
    antispastic_ended_le_days: Threshold
    antispastic_tried_ge_days: Threshold
    antispastic_vc_lt: Threshold


@rule(
    "spasticity-treat",
    title="Spasticity",
    hooks=("patient-view",),
    kind="S",
    group="SYMPTOM",
    sources=("nice-ng42-muscles", "product"),
    overrides=("patient-declined", "not-clinically-appropriate"),
    leaves_out="Grades written as words (1+); which drug suits; botulinum toxin and pumps.",
)
@decides(
    Row("info", "Spasticity on the problem list or Ashworth {ashworth_ge}, and no treatment"),
    Row(
        "info",
        "Ashworth {ashworth_severe_ge} on a drug for {antispastic_tried_ge_days}: a specialist",
    ),
)
def spasticity_treat(
    coded: Annotated[Entries, Listed("spasticity")],
    grade: Annotated[Reading | Missing, Latest("ashworth", lookback="ashworth_days")],
    useful: Annotated[Entries, Listed("spasticity-aids-standing")],
    drugs: Annotated[MuscleDrugs, State(antispastics)],
    seen: Annotated[Entries, Visited("physiotherapy", lookback=CARE)],
    referred: Annotated[Entries, Ordered("physiotherapy", lookback=CARE)],
    clinic: Annotated[Entries, Ordered("spasticity-clinic", lookback=CARE)],
    unfit: Annotated[tuple[str, ...], State(against_baclofen)],
    vc: SittingVc,
    call: Annotated[Call, This()],
    limits: SpasticityLimits,
    renewals: CourseLimits,
) -> Outcome:
    """
    Offer physiotherapy and a drug for spasticity that nobody treats, a specialist where one fails.

    grade: modified Ashworth, six months; a low grade answers an older entry of the problem
    list. vc: sitting; below half of predicted a drug is started low.
    """
    high = isinstance(grade, Reading) and grade.meets(limits.ashworth_ge)
    listed = coded.newest if stands(coded.newest, grade) else None
    if not high and listed is None:
        return _none_found(coded, grade)
    if useful.newest:
        return NotIndicated(f"{useful.newest}")
    told = f"Ashworth {grade.amount}" if isinstance(grade, Reading) else f"{on(_day(listed))}"
    treated = seen.newest or referred.newest or clinic.newest
    taken = [e for e in drugs.all if lately(e, limits.antispastic_ended_le_days, call.today)]
    low = isinstance(vc, Reading) and vc.meets(limits.antispastic_vc_lt)
    evidence = (
        *([grade] if isinstance(grade, Reading) else []),
        *coded,
        *([vc] if isinstance(vc, Reading) and low else []),
    )
    failing = _failing(courses(drugs.all, renewals), grade, call, limits)
    if failing and not clinic:
        return Recommend(
            summary=f"Spasticity ({told}) on {failing.entry.label}: refer to a specialist",
            indicator="info",
            because=(
                f"Taken since {on(failing.start)}: {failing.entry.label}.",
                *_about(vc, low),
            ),
            evidence=(*evidence, failing.entry),
            by=(limits.ashworth_severe_ge, limits.antispastic_tried_ge_days),
            offers=(Create("spasticity-clinic", recommended=True, reason=f"Spasticity: {told}"),),
        )
    if treated or taken:
        return NotIndicated(f"treated: {treated or taken[0]}")
    unread = failed_in(drugs, seen, referred)
    if unread:
        return CannotAssess("treatment could not be read", unread)
    return Recommend(
        summary=f"Spasticity ({told}): physiotherapy and antispastic drug options",
        indicator="info",
        because=(*(f"Against baclofen: {reason}." for reason in unfit), *_about(vc, low)),
        evidence=evidence,
        by=(
            *((limits.ashworth_ge,) if high else ()),
            *((limits.antispastic_vc_lt,) if low else ()),
        ),
        missing=(vc.text,) if isinstance(vc, Missing) else (),
        offers=(
            Create("spasticity-physiotherapy", recommended=True, reason=f"Spasticity: {told}"),
            *(() if unfit else (Create("baclofen-proposal", reason=f"Spasticity: {told}"),)),
            Create("spasticity-clinic", reason=f"Spasticity: {told}"),
        ),
    )


def _day(entry: Entry | None) -> date | None:
    return entry.day if entry else None


def _none_found(coded: Entries, grade: Reading | Missing) -> Outcome:
    if isinstance(grade, Missing) and (grade.failed or not coded.whole):
        failed = failed_in(grade, coded)
        return CannotAssess("whether there is spasticity could not be read", failed)
    return NotIndicated(f"{grade}" if isinstance(grade, Reading) else "no spasticity recorded")


def _failing(
    drugs: tuple[Course, ...], grade: Reading | Missing, call: Call, limits: SpasticityLimits
) -> Course | None:
    """A drug that is taken for long enough, with the grade still high."""
    if isinstance(grade, Missing) or not grade.meets(limits.ashworth_severe_ge):
        return None
    for course in drugs:
        days = (call.today - course.start).days if course.start else 0
        if course.end is None and limits.antispastic_tried_ge_days.met_by(Decimal(days)):
            return course
    return None


def _about(vc: Reading | Missing, low: bool) -> Iterator[str]:
    yield (
        "NICE: consider baclofen, tizanidine, dantrolene or gabapentin; a specialist for severe "
        "spasticity."
    )
    yield "Less tone can unmask weakness: ask whether stiffness helps to stand or to transfer."
    if low:
        yield f"{vc}: start low, and review breathing."
    yield "Kidneys before baclofen; ALT before tizanidine or dantrolene, above all on riluzole."
