"""What did the patient say about invasive ventilation, and what changed since NIV was declined?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Limits,
    Missing,
    Performed,
    Reading,
    Refused,
    Reported,
    Series,
    State,
    Threshold,
    derived,
    failed_in,
)
from cdshooks.rules.inputs import RECENT, SittingVc
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import Vent, unless_wanted, vent

NoMore = Annotated[Entries, Reported("no-further-discussion")]


@dataclass(frozen=True, slots=True)
class TivWish:
    """What is recorded about invasive ventilation.

    refusal: one that stands, with nothing newer for it. wanted: a wish for it that
    nothing newer took back. last: the newest wish, refusal or talk of any kind.
    known: whether absence of all these is a fact.
    """

    refusal: Entry | None
    wanted: Entry | None
    last: Entry | None
    known: bool
    failed: tuple[str, ...]


@derived
def tiv_wish(
    refused: Annotated[Entries, Refused("invasive-ventilation")],
    declined: Annotated[Entries, Reported("tiv-preference", answer="declines")],
    wishes: Annotated[Entries, Reported("tiv-preference", answer="wish")],
    wants: Annotated[Entries, Reported("tiv-preference", answer="wanted")],
    talks: Annotated[Entries, Performed("tiv-discussion", statuses=("completed",))],
) -> TivWish:
    """
    The newest statement wins; of one day, a refusal.

    A refusal without a date stands. A talk is a talk whatever came of it.
    """
    refusals = unless_wanted(refused, declined, Entries())
    refusal, wanted = refusals.newest, wants.newest
    if wanted and _day(wishes.newest) > _day(wanted):
        wanted = None
    if refusal and wanted and refusal.day and _day(wanted) > refusal.day:
        refusal = None
    if refusal:
        wanted = None
    all_of_them = (refusals, wishes, talks)
    last = max((e.newest for e in all_of_them if e.newest), key=_day, default=None)
    failed = failed_in(*all_of_them)
    return TivWish(refusal, wanted, last, all(e.whole for e in all_of_them), failed)


def _day(entry: Entry | None) -> date:
    return (entry.day if entry else None) or date.min


@dataclass(frozen=True, slots=True)
class RefusalLimits(Limits):
    """What is a material change since NIV was declined."""

    group: ClassVar[str] = "niv_care"
    refusal_vc_fall_ge: Threshold


@derived
def refusal_day(
    vent: Annotated[Vent, State(vent)],
    talks: Annotated[Entries, Performed("niv-discussion", statuses=("completed",))],
) -> date | None:
    """
    The day on which NIV was declined, where that is the state of things.

    Whoever declined and talked NIV over again since, without another wish, declined on
    the day of that talk.
    """
    if vent.state != "niv-declined":
        return None
    said = [day for day in (vent.since, _day(talks.newest)) if day and day > date.min]
    return max(said, default=None)


@derived
def sitting_capacity(vc: SittingVc) -> Reading | Missing:
    """The sitting vital capacity, as a state that can be asked for an earlier day."""
    return vc


@derived
def worse_since_refusal(
    declined: Annotated[date | None, State(refusal_day)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    vc: SittingVc,
    every_vc: Annotated[
        tuple[Reading, ...],
        Series("vc-percent", lookback=RECENT, not_position="supine", each=True),
    ],
    vc_then: Annotated[Reading | Missing | None, State(sitting_capacity, as_of=refusal_day)],
    symptoms_then: Annotated[
        RespiratorySymptoms | None, State(respiratory_symptoms, as_of=refusal_day)
    ],
    limits: RefusalLimits,
) -> tuple[str, ...]:
    """What is materially worse than on the day of the refusal, in words."""
    if declined is None:
        return ()
    found = [*_retains(criteria, declined), *_fallen(vc, every_vc, vc_then, limits)]
    if _definite(symptoms, declined) and not _definite(symptoms_then):
        found.append("definite orthopnea is new")
    return tuple(found)


def _retains(criteria: NivCriteria, declined: date) -> Iterator[str]:
    for criterion in criteria.met:
        days = [fact.day for fact in criterion.facts if isinstance(fact, Reading)]
        if criterion.id == "C1" and max(days) > declined:
            yield criterion.finding


def _fallen(
    now: Reading | Missing,
    every: tuple[Reading, ...],
    then: Reading | Missing | None,
    limits: RefusalLimits,
) -> Iterator[str]:
    """A fall of one kind of vital capacity from what was known then; nothing since is no fall.

    now: what stands for its day; of the two kinds it may be the other one, so ``every``.
    """
    if not isinstance(now, Reading) or not isinstance(then, Reading):
        return
    same = [r for r in (now, *every) if (r.label, r.day) == (then.label, now.day)]
    best = max(same, key=lambda r: r.value, default=None)
    doubtful = now.rival and now.label != then.label
    if best and not doubtful and limits.refusal_vc_fall_ge.met_by(then.value - best.value, 1):
        yield f"{best.label} fell from {then.amount} to {best.amount}"


def _definite(symptoms: RespiratorySymptoms | None, after: date | None = None) -> bool:
    orthopnea = symptoms.get("orthopnea") if symptoms else None
    if orthopnea is None or not orthopnea.definite:
        return False
    return after is None or (orthopnea.evidence.day or date.min) > after
