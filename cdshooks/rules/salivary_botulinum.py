"""Is botulinum toxin the next step against too much saliva?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergy,
    Call,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Limits,
    Medication,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    decides,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.courses import Course, CourseLimits, courses
from cdshooks.rules.states.drooling import (
    UNREAD,
    Anticholinergics,
    Bars,
    Drooling,
    Thick,
    anticholinergic_bars,
    botulinum,
    drooling,
    no_saliva,
    within,
)
from cdshooks.rules.states.unanswered import OPEN, unanswered
from cdshooks.rules.states.words import capital, ended, inside, sentence

Saliva = Annotated[Drooling, State(drooling)]
Against = Annotated[Bars, State(anticholinergic_bars)]
Toxin = Annotated[Entries, State(botulinum)]


@dataclass(frozen=True, slots=True)
class SecondLimits(Limits):
    """When an anticholinergic has had its chance, and how long botulinum toxin acts."""

    group: ClassVar[str] = "saliva"
    anticholinergic_trial_ge_days: Threshold
    botulinum_again_le_days: Threshold


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an anticholinergic is not the answer: in words, by which entry."""

    words: str
    entry: Entry | Allergy
    by: tuple[Threshold, ...] = ()


@rule(
    "sialorrhea-botulinum",
    title="Drooling: botulinum toxin",
    hooks=("patient-view",),
    kind="S",
    group="SALIVA",
    sources=("chest-2023", "aan-2009b", "ggc-saliva"),
    overrides=("patient-declined", "contraindicated", "resource-unavailable"),
    leaves_out="Which toxin, dose and gland; drooling that was last recorded before the drug.",
)
@decides(
    Row("info", "Drooling on an anticholinergic for {anticholinergic_trial_ge_days}"),
    Row("info", "Drooling after one was stopped without effect or not tolerated"),
    Row("info", "Drooling, and an intolerance of one on record, none taken now"),
    Row("info", "Drooling, and a condition that rules anticholinergics out"),
)
def sialorrhea_botulinum(
    saliva: Saliva,
    drugs: Anticholinergics,
    bars: Against,
    thick: Thick,
    toxin: Toxin,
    ordered: Annotated[Entries, Ordered("salivary-botulinum", lookback="open_referral_days")],
    requests: Annotated[Entries, Ordered("salivary-botulinum", statuses=OPEN, drafts=False)],
    radiated: Annotated[Entries, Performed("salivary-radiotherapy", statuses=("completed",))],
    oral: Annotated[Entries, Medication("anticoagulant")],
    injected: Annotated[Entries, Medication("heparin")],
    call: Annotated[Call, This()],
    limits: SecondLimits,
    renewals: CourseLimits,
) -> Outcome:
    """
    Consider botulinum toxin when drooling goes on after an anticholinergic, or none may be given.

    saliva: recorded after the drug was begun or stopped.
    """
    if not saliva:
        return no_saliva(saliva)
    acting = within(toxin, limits.botulinum_again_le_days, call.today)
    done = thick.newest or acting or ordered.newest or radiated.newest
    if done:
        return NotIndicated(f"{done}")
    failure = _failure(saliva, courses(drugs, renewals), bars, call.today, limits)
    unread = failed_in(drugs, toxin, ordered, bars)
    if unread:
        return CannotAssess(UNREAD, unread)
    if failure is None:
        return NotIndicated("no anticholinergic has failed or is ruled out")
    thinned = oral.newest or injected.newest
    reason = f"Drooling: {saliva.told}"
    return Recommend(
        summary=f"Drooling {failure.words}: consider salivary botulinum toxin",
        indicator="info",
        because=(*unanswered(requests, toxin), *_second(saliva, failure.entry, thinned)),
        evidence=(*saliva.evidence, failure.entry, *([thinned] if thinned else [])),
        by=(*saliva.by, *failure.by),
        missing=saliva.missing,
        offers=(
            Create("salivary-botulinum-referral", recommended=True, reason=reason),
            *([Create("salivary-radiotherapy-referral", reason=reason)] if toxin else []),
        ),
    )


def _failure(
    saliva: Drooling, drugs: tuple[Course, ...], bars: Bars, today: date, limits: SecondLimits
) -> Failure | None:
    """The reason for botulinum toxin; a drug that failed before what rules it out."""
    trial = limits.anticholinergic_trial_ge_days
    for drug in sorted(drugs, key=lambda c: c.end is not None):
        since = drug.start if drug.end is None else drug.end
        if since is None or saliva.day is None or saliva.day <= since:
            continue
        days, label = (today - since).days, drug.entry.label
        if drug.end is None and trial.met_by(Decimal(days)):
            return Failure(f"persists after {label} {days} days", drug.entry, (trial,))
        if drug.end is not None and "drug-failed" in drug.entry.reasons:
            day = "" if _is_unknown(drug.entry) else f" {on(drug.end)}"
            return Failure(f"goes on; {label} stopped{day}", drug.entry)
    if bars.untolerated and not any(drug.end is None for drug in drugs):
        reaction = bars.untolerated[0]
        return Failure(f"({saliva.told}), {reaction.label} not tolerated", reaction)
    if bars.any:
        bar = bars.any[0]
        return Failure(f"({saliva.told}), {inside(bar.label)} against anticholinergics", bar)
    return None


def _is_unknown(drug: Entry) -> bool:
    """Whether nothing on record says when a drug was stopped, not even a change of its order."""
    return not drug.end_told and drug.end == drug.start


def _second(saliva: Drooling, failed: Entry | Allergy, thinned: Entry | None) -> Iterator[str]:
    yield f"Drooling: {saliva.told}."
    if isinstance(failed, Entry) and failed.end and not failed.end_told:
        unknown = f"{capital(failed.label)}: when it was stopped is not recorded"
        yield sentence(unknown if _is_unknown(failed) else ended(failed))
    yield "AAN: evidence is best for toxin type B (level B); NICE names type A, by a specialist."
    yield "It can weaken swallowing: inject under ultrasound, and look at swallowing first."
    if thinned:
        yield f"{thinned}: mind bleeding at the injection."
    yield (
        "Radiotherapy only in experienced centres, where the toxin does not help: a dry mouth "
        "stays."
    )
