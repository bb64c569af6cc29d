"""Which breathing test should follow a symptom, or a value that is not yet a reason for NIV?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Fact,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Recommend,
    State,
    Threshold,
    failed_in,
    rule,
)
from cdshooks.rules.inputs import SittingVc, Snip
from cdshooks.rules.states.breathing_tests import (
    Arranged,
    LastNight,
    LastTest,
    last_breathing_test,
    last_night,
    night_arranged,
    pft_arranged,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.symptom_workup import NIGHT, PFT, Workup, symptom_workup
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence

MET = "a criterion for NIV is met"

Ventilation = Annotated[Vent, State(vent)]
Criteria = Annotated[NivCriteria, State(niv_criteria)]
Symptoms = Annotated[RespiratorySymptoms, State(respiratory_symptoms)]
Night = Annotated[LastNight | None, State(last_night)]


@dataclass(frozen=True, slots=True)
class WatchLimits(Limits):
    """What is early weakness."""

    group: ClassVar[str] = "breathing_tests"
    vc_symptomatic_lt: Threshold
    vc_asymptomatic_lt: Threshold
    watch_snip_lt: Threshold
    snip_cmh2o_lt: Threshold
    pft_due_days: Threshold


@rule(
    "resp-watch",
    title="Early breathing weakness",
    hooks=("patient-view",),
    kind="P",
    group="RESP-TEST",
    sources=("chest-2023", "nice-qs126", "nice-ng42", "can-2020"),
    overrides=("done-elsewhere", "patient-declined"),
    leaves_out="MIP and supine values; symptoms in free text.",
)
def resp_watch(
    vent: Ventilation,
    goals: Annotated[Goals, State(goals)],
    criteria: Criteria,
    symptoms: Symptoms,
    vc: SittingVc,
    snip: Snip,
    talks: Annotated[
        Entries,
        Performed("niv-discussion", statuses=("completed",), lookback="niv_discussion_days"),
    ],
    night: Annotated[Arranged, State(night_arranged)],
    limits: WatchLimits,
) -> Outcome:
    """
    Plan ahead when vital capacity or SNIP is reduced and no criterion for NIV is met.

    vc: sitting, % of predicted; with a symptom it is a criterion. snip: cmH2O.
    Both of the last six months. Silent once ventilation was talked over.
    """
    if vent.state != "none":
        return NotIndicated(f"ventilation: {vent.state}")
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if criteria:
        return NotIndicated(MET)
    if talks.newest:
        return NotIndicated(f"{talks.newest}")
    tests = (
        (vc, limits.vc_symptomatic_lt, limits.vc_asymptomatic_lt),
        (snip, limits.watch_snip_lt, limits.snip_cmh2o_lt),
    )
    for reading, limit, criterion in tests:
        if isinstance(reading, Reading) and reading.rival and reading.rival.meets(criterion):
            return NotIndicated("the lower of two values that disagree meets a criterion for NIV")
        if isinstance(reading, Reading) and reading.meets(limit):
            return _watched(reading, limit, symptoms, night, limits)
    return _nothing_seen(vc, snip)


def _watched(
    reading: Reading,
    limit: Threshold,
    symptoms: RespiratorySymptoms,
    night: Arranged,
    limits: WatchLimits,
) -> Recommend:
    told = f"{reading.label} {reading.amount}"
    state = "" if symptoms else " without symptoms"
    due = limits.pft_due_days.met_by(Decimal(reading.age))
    return Recommend(
        summary=f"Early breathing weakness: {told}{state}; plan ahead for NIV",
        indicator="info",
        because=(
            "Below 80% of predicted NIV is indicated once symptoms appear, below 50% regardless.",
            "Canadian guidance takes a vital capacity under 65% as an indication without symptoms.",
            f"Breathing symptoms: {symptoms.names or 'none recorded, which does not prove none'}.",
            *_notes(reading),
        ),
        evidence=(reading,),
        by=(limit,),
        offers=(
            Create("niv-discussion", recommended=True, reason=told),
            *([] if night.by else [Create("overnight-oximetry", reason=told)]),
            *([] if due else [Create("pft-follow-up", reason=told)]),
        ),
    )


def _nothing_seen(*tests: Reading | Missing) -> Outcome:
    """No weakness seen; and no reassurance where a test could not be read or never was."""
    missing = [test for test in tests if isinstance(test, Missing)]
    failed = failed_in(*missing)
    if failed or len(missing) == len(tests):
        return CannotAssess("; ".join(test.text for test in missing), failed)
    return NotIndicated("no early weakness")


@rule(
    "resp-symptom-workup",
    title="Tests for new breathing symptoms",
    hooks=("patient-view", "encounter-start"),
    kind="M",
    group="RESP-TEST",
    sources=("aan-2012-resp", "chest-2023", "nice-ng42"),
    overrides=("different-explanation", "done-elsewhere", "awaiting-result"),
    leaves_out="Fatigue alone, and symptoms in free text.",
)
def resp_symptom_workup(
    workup: Annotated[Workup, State(symptom_workup)],
    symptoms: Symptoms,
    last: Annotated[LastTest, State(last_breathing_test)],
    night: Night,
    pft: Annotated[Arranged, State(pft_arranged)],
    oximetry: Annotated[Arranged, State(night_arranged)],
    heart: Annotated[Entries, Listed("heart-failure")],
    lung: Annotated[Entries, Listed("chronic-lung")],
) -> Outcome:
    """Ask for breathing tests and a night's oximetry when symptoms have had neither lately."""
    if workup.unread:
        return CannotAssess(workup.because, workup.failed)
    if not workup:
        return NotIndicated(workup.because)
    tests = [fact for fact in (last.reading, night and night.recording) if fact]
    facts: tuple[Fact, ...] = (*(s.evidence for s in symptoms.present), *tests)
    reason = f"Breathing symptoms: {symptoms.names}"
    drafts = {"pft-panel": PFT in workup.wanted, "overnight-oximetry": NIGHT in workup.wanted}
    return Recommend(
        summary=(
            f"New breathing symptoms ({symptoms.names}) "
            f"without recent {' or '.join(workup.lacking)}"
        ),
        indicator="warning" if symptoms.strong else "info",
        because=(
            f"Last breathing test: {last.reading or 'none on file'}.",
            f"Last night: {night or 'no valid overnight oximetry on file'}.",
            *_notes(*([last.reading] if last.reading else []), more=symptoms.notes),
            *pft.late,
            *oximetry.late,
            *_other_causes(heart, lung),
        ),
        evidence=facts,
        missing=last.unusable,
        offers=(
            *(Create(d, recommended=True, reason=reason) for d, yes in drafts.items() if yes),
            Create("blood-gas", reason=reason),
            Create("check-results", reason=reason),
        ),
    )


def _other_causes(*conditions: Entries) -> Iterator[str]:
    for entries in conditions:
        if entries.newest:
            yield f"{entries.label} is on the problem list and can cause the same symptoms."


def _notes(*readings: Reading, more: tuple[str, ...] = ()) -> Iterator[str]:
    """What makes a value less certain, as sentences."""
    for note in (*(n for reading in readings for n in reading.notes), *more):
        yield sentence(note)
