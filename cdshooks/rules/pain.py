"""Is pain asked about, and is what was found being treated?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Enrolled,
    Entries,
    Entry,
    Indicator,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Row,
    Series,
    State,
    This,
    Threshold,
    Visited,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.courses import Course, CourseLimits, courses
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.words import capital

PLAN = "pain-plan"


@dataclass(frozen=True, slots=True)
class DueLimits(Limits):
    """When pain is to be asked about again."""

    group: ClassVar[str] = "pain"
    pain_due_gt_days: Threshold


@rule(
    "pain-assess-due",
    title="Pain score due",
    hooks=("patient-view",),
    kind="M",
    group="SYMPTOM",
    sources=("aan-2012-eol", "aan-2009b", "product"),
    overrides=("done-elsewhere",),
    leaves_out="Pain talked about without a score; care for comfort.",
)
def pain_assess_due(
    score: Annotated[Reading | Missing, Latest("pain-score", lookback=None)],
    clinic: Annotated[bool, State(clinic_near)],
    limits: DueLimits,
) -> Outcome:
    """Ask for a pain score when the last one is three months old, or there is none."""
    if isinstance(score, Reading):
        if not limits.pain_due_gt_days.met_by(Decimal(score.age)):
            return NotIndicated(f"{score} is {score.age} days old")
        if not score.newest_known:
            return CannotAssess("pain scores could not be read in full")
    elif not score.proven:
        return CannotAssess(score.text, score.failed)
    if clinic:
        return NotIndicated(NEAR)
    known = isinstance(score, Reading)
    told = f"for {score.age} days" if isinstance(score, Reading) else "yet"
    return Recommend(
        summary=f"Pain not assessed {told}",
        indicator="info",
        because=("Pain is frequent in ALS and seldom told unasked; the interval is our choice.",),
        evidence=(score,) if known else (),
        by=(limits.pain_due_gt_days,),
        missing=(score.text,) if isinstance(score, Missing) else (),
        offers=(Create("pain-score-task", recommended=True, reason=f"Pain not assessed {told}"),),
        due="pain score",
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of pain on the problem list, and what helps against it."""

    name: str
    advice: str


KINDS = {
    "muscle-pain": Kind("musculoskeletal", "physiotherapy, positioning and orthoses"),
    "nerve-pain": Kind("neuropathic", "drugs against nerve pain by the guideline of the site"),
    "cramps": Kind("cramp", "treat the cramps; see the advice on them"),
    "spasticity": Kind("spasm", "treat spasticity; see the advice on it"),
    "pressure-injury": Kind("pressure", "relieve pressure and dress the wound"),
}


@derived
def kinds_of_pain(
    muscle: Annotated[Entries, Listed("muscle-pain")],
    nerve: Annotated[Entries, Listed("nerve-pain")],
    cramps: Annotated[Entries, Listed("cramps")],
    spasticity: Annotated[Entries, Listed("spasticity")],
    pressure: Annotated[Entries, Listed("pressure-injury")],
) -> tuple[Kind, ...]:
    """The kinds of pain that the problem list suggests."""
    found = (muscle, nerve, cramps, spasticity, pressure)
    return tuple(kind for kind, entries in zip(KINDS.values(), found, strict=True) if entries)


@dataclass(frozen=True, slots=True)
class PainLimits(Limits):
    """When pain is treated, when it is severe, and how long a change is waited for."""

    group: ClassVar[str] = "pain"
    pain_moderate_ge: Threshold
    pain_severe_ge: Threshold
    pain_change_le_days: Threshold


@rule(
    "pain-manage",
    title="Pain without an effective plan",
    hooks=("patient-view", "encounter-start"),
    kind="S",
    group="SYMPTOM",
    sources=("aan-2012-eol", "product"),
    overrides=("under-specialist-review", "patient-declined"),
    leaves_out="Doses of drugs against pain; what is rubbed in; the last days of life.",
)
@decides(
    Row("info", "Pain {pain_moderate_ge}, and no analgesic or plan, or no better on it"),
    Row("warning", "The same with pain {pain_severe_ge}"),
    Row(
        "info", "Severe pain of a patient whom the palliative team saw since {pain_palliative_days}"
    ),
)
def pain_manage(
    score: Annotated[Reading | Missing, Latest("pain-score", lookback="pain_days")],
    scores: Annotated[tuple[Reading, ...], Series("pain-score", lookback="pain_series_days")],
    kinds: Annotated[tuple[Kind, ...], State(kinds_of_pain)],
    drugs: Annotated[Entries, Medication("analgesics", ended=True, dosed=True)],
    plans: Annotated[
        Entries, Performed(PLAN, statuses=("completed", "in-progress"), lookback="pain_plan_days")
    ],
    care: Annotated[Entries, Enrolled(PLAN)],
    palliative: Annotated[Entries, Visited("palliative-visit", lookback="pain_palliative_days")],
    call: Annotated[Call, This()],
    limits: PainLimits,
    renewals: CourseLimits,
) -> Outcome:
    """
    Raise moderate or severe pain that nothing on record treats, or that treatment left as it was.

    score: 0 to 10, last month. A drug or plan of the last week is given time; a renewed
    order of the same dose is no new drug.
    """
    if isinstance(score, Missing):
        return CannotAssess(score.text, score.failed) if score.failed else NotIndicated(score.text)
    if not score.meets(limits.pain_moderate_ge):
        return NotIndicated(f"{score}")
    taken = courses(drugs, renewals)
    new = next((n for n, days in _changes(taken, plans) if _lately(days, limits, call.today)), None)
    if new:
        return NotIndicated(f"changed lately: {new}")
    carried = [e for e in care if e.type == "CarePlan"]
    treated = (*(e for e in drugs if e.end is None), *plans, *carried)
    unread = failed_in(drugs, plans)
    if unread and not treated:
        return CannotAssess("what is done against pain could not be read", unread)
    begun = [*(c.start for c in taken if c.end is None), *(e.start for e in (*plans, *carried))]
    before = _as_before(score, scores, begun)
    if treated and before is None:
        return NotIndicated(f"treated: {treated[0]}")
    severe = score.meets(limits.pain_severe_ge)
    kind = ", ".join(k.name for k in kinds[:2]) or "kind not recorded"
    told = f"Pain {score.amount}/10 ({kind})"
    return Recommend(
        summary=f"{told}: {_plan(before, treated)}",
        indicator=_level(severe, palliative),
        because=tuple(_about(score, before, treated, kinds, palliative, severe=severe)),
        evidence=(score, *([before] if before else []), *treated[:1]),
        by=(limits.pain_severe_ge if severe else limits.pain_moderate_ge,),
        offers=(
            Create("analgesic-proposal", reason=told),
            Create("pain-physiotherapy", reason=told),
            *([Create("palliative-referral", recommended=True, reason=told)] if severe else []),
        ),
    )


def _plan(before: Reading | None, treated: tuple[Entry, ...]) -> str:
    return f"no better on {treated[0].label}" if before else "no effective plan on record"


def _changes(taken: tuple[Course, ...], plans: Entries) -> Iterator[tuple[Entry, list[date]]]:
    """Every drug and plan, with the days on which it was begun, changed or ended."""
    for course in taken:
        yield course.entry, [day for day in (course.changed, course.end) if day]
    for plan in plans:
        yield plan, [day for day in (plan.start, plan.end, plan.recorded) if day]


def _lately(days: list[date], limits: PainLimits, today: date) -> bool:
    return any(limits.pain_change_le_days.met_by(Decimal((today - day).days)) for day in days)


def _as_before(
    score: Reading, scores: tuple[Reading, ...], begun: list[date | None]
) -> Reading | None:
    """The score of the visit before, if it was no higher and treatment had begun by then."""
    earlier = [s for s in scores if s.day < score.day]
    if not earlier or earlier[-1].value > score.value:
        return None
    in_time = any(day is not None and day <= earlier[-1].day for day in begun)
    return earlier[-1] if in_time else None


def _level(severe: bool, palliative: Entries) -> Indicator:
    return "warning" if severe and not palliative else "info"


def _about(
    score: Reading,
    before: Reading | None,
    treated: tuple[Entry, ...],
    kinds: tuple[Kind, ...],
    palliative: Entries,
    *,
    severe: bool,
) -> Iterator[str]:
    yield f"{score}."
    if before:
        yield f"It was {before.amount} on {on(before.day)}, already with {treated[0].label}."
    for kind in kinds:
        yield f"{capital(kind.name)} pain: {kind.advice}."
    if not kinds:
        yield "Ask for its kind: muscles and joints, nerves, cramp, spasm, pressure."
    if severe:
        yield "Severe pain: ask about mood and thoughts of death."
    if palliative.newest:
        yield f"In the hands of the palliative team: {palliative.newest}."
