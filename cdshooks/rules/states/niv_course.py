"""How is NIV going: since when, how much is it used, and what does it leave unsolved?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    Fact,
    Filed,
    Latest,
    Limits,
    Missing,
    Reading,
    Reported,
    State,
    This,
    Threshold,
    Visited,
    derived,
    failed_in,
    on,
)
from cdshooks.rules.inputs import PaCO2
from cdshooks.rules.states.nights import Recordings, T90s, recording_of
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import Event, Vent, niv_ended, niv_started, vent

FINDINGS = "niv_finding_days"
SHOULD_GO = ("morning headache", "daytime sleepiness", "orthopnea")
"""Symptoms of hypoventilation that NIV ought to relieve."""
ORDER, USES = "DeviceRequest", ("DeviceUseStatement", "Device", "Procedure")
"""An order for NIV that was met, and what tells that NIV is used."""


@dataclass(frozen=True, slots=True)
class CourseLimits(Limits):
    """What shows that NIV does not do what it should."""

    group: ClassVar[str] = "niv_care"
    niv_finding_days: Decimal
    niv_use_low_lt_hours: Threshold
    niv_use_min_days: Threshold
    residual_ahi_ge: Threshold
    niv_symptom_after_ge_days: Threshold


@dataclass(frozen=True, slots=True)
class UnsolvedLimits(Limits):
    """A night that is bad and carbon dioxide that is high, as without NIV."""

    group: ClassVar[str] = "niv"
    noct_min_recording_min: Threshold
    noct_apart_le_minutes: Threshold
    noct_t90_pct_gt: Threshold
    paco2_gt_mmhg: Threshold


@dataclass(frozen=True, slots=True)
class OnNiv:
    """Something found on NIV: words for a sentence, the facts and the limits behind it."""

    told: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()


@derived
def niv_start(
    vent: Annotated[Vent, State(vent)],
    started: Annotated[tuple[Event, ...], State(niv_started)],
    ended: Annotated[tuple[Event, ...], State(niv_ended)],
) -> date | None:
    """The first day on which the NIV that is in use now is known to have been in use."""
    if vent.state != "niv-active":
        return None
    return _earliest(started, ended) or vent.since


@derived
def niv_start_recorded(
    vent: Annotated[Vent, State(vent)],
    started: Annotated[tuple[Event, ...], State(niv_started)],
    ended: Annotated[tuple[Event, ...], State(niv_ended)],
) -> date | None:
    """
    The day on which the NIV that is in use now began, where a record gives it.

    The day of a score is none: item 12 only tells that NIV was in use by then.
    """
    if vent.state != "niv-active":
        return None
    recorded = [event for event in started if isinstance(event.evidence, Entry)]
    known = vent.since if isinstance(vent.evidence, Entry) else None
    return _earliest(recorded, ended) or known


def _earliest(started: Iterable[Event], ended: Iterable[Event]) -> date | None:
    """
    The first day of home NIV that is not over.

    An order is written before NIV begins: its day counts only where no record of use gives one.
    """
    over = max((e.day for e in ended if e.day), default=date.min)
    known = [(_first(e), e.evidence) for e in started if e.state == "niv-active"]
    standing = [(day, evidence) for day, evidence in known if day and day >= over]
    if any(_is(e, *USES) for _, e in standing):
        standing = [(day, evidence) for day, evidence in standing if not _is(evidence, ORDER)]
    return min((day for day, _ in standing), default=None)


def _first(event: Event) -> date | None:
    evidence = event.evidence
    return (evidence.start or evidence.recorded) if isinstance(evidence, Entry) else event.day


def _is(evidence: Entry | Reading, *types: str) -> bool:
    return isinstance(evidence, Entry) and evidence.type in types


@derived
def niv_use(
    usage: Annotated[Reading | Missing, Latest("niv-usage", lookback=FINDINGS)],
    limits: CourseLimits,
) -> Reading | None:
    """
    Mean hours a day, from a download long enough.

    One whose length was not recorded counts.
    """
    if not isinstance(usage, Reading):
        return None
    long_enough = usage.span is None or limits.niv_use_min_days.met_by(Decimal(usage.span))
    return usage if long_enough else None


@derived
def night_on_niv(
    t90: T90s,
    recordings: Recordings,
    limits: CourseLimits,
    niv: UnsolvedLimits,
) -> Reading | None:
    """The newest share of a night below 90 % on NIV; too short a recording is no night."""
    find = recording_of(recordings, niv.noct_apart_le_minutes)
    for reading in reversed(t90):
        on_niv = "support" in reading.context and reading.age <= limits.niv_finding_days
        night = find(reading)
        if on_niv and (night is None or night.meets(niv.noct_min_recording_min)):
            return reading
    return None


@derived
def gas_on_niv(
    paco2: PaCO2, start: Annotated[date | None, State(niv_start)], limits: CourseLimits
) -> Reading | None:
    """The newest carbon dioxide since NIV started: a gas from before says why, not how it goes."""
    if not isinstance(paco2, Reading) or paco2.age > limits.niv_finding_days:
        return None
    return paco2 if start is None or paco2.day > start else None


@derived
def unsolved_gas(
    night: Annotated[Reading | None, State(night_on_niv)],
    gas: Annotated[Reading | None, State(gas_on_niv)],
    niv: UnsolvedLimits,
) -> tuple[OnNiv, ...]:
    """Low saturation at night, and high carbon dioxide, in spite of NIV."""
    found = []
    if night and night.meets(niv.noct_t90_pct_gt):
        told = f"T90 {night.amount} on NIV ({on(night.day)})"
        found.append(OnNiv(told, (night,), (niv.noct_t90_pct_gt,)))
    if gas and gas.meets(niv.paco2_gt_mmhg):
        found.append(OnNiv(str(gas), (gas,), (niv.paco2_gt_mmhg,)))
    return tuple(found)


@derived
def low_use(use: Annotated[Reading | None, State(niv_use)], limits: CourseLimits) -> OnNiv | None:
    """NIV used for too few hours a day."""
    if use is None or not use.meets(limits.niv_use_low_lt_hours):
        return None
    return OnNiv(f"used {use.amount} a day", (use,), (limits.niv_use_low_lt_hours,))


@derived
def niv_findings(
    gases: Annotated[tuple[OnNiv, ...], State(unsolved_gas)],
    low: Annotated[OnNiv | None, State(low_use)],
    leak: Annotated[Entries, Reported("niv-large-leak", lookback=FINDINGS)],
    apneas: Annotated[Reading | Missing, Latest("residual-ahi", lookback=FINDINGS)],
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    start: Annotated[date | None, State(niv_start)],
    call: Annotated[Call, This()],
    limits: CourseLimits,
) -> tuple[OnNiv, ...]:
    """Everything that says that NIV does not meet its goals, the gravest first."""
    found = [*gases, *([low] if low else [])]
    if leak.newest:
        found.append(OnNiv(f"large leak ({on(leak.newest.day)})", (leak.newest,)))
    if isinstance(apneas, Reading) and apneas.meets(limits.residual_ahi_ge):
        found.append(OnNiv(str(apneas), (apneas,), (limits.residual_ahi_ge,)))
    return (*found, *_persistent(symptoms, start, call.today, limits))


def _persistent(
    symptoms: RespiratorySymptoms, start: date | None, today: date, limits: CourseLimits
) -> Iterator[OnNiv]:
    """Symptoms stated well after the start, and lately; without a start nothing is persistent."""
    for symptom in symptoms.present:
        day = symptom.evidence.day
        if symptom.name not in SHOULD_GO or start is None or day is None:
            continue
        after = limits.niv_symptom_after_ge_days.met_by(Decimal((day - start).days))
        if after and day >= today - timedelta(days=int(limits.niv_finding_days)):
            yield OnNiv(f"{symptom.name} ({on(day)})", (symptom.evidence,))


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Whether NIV was looked at since its start, and whether all that would show it was read."""

    by: str | None
    known: bool
    failed: tuple[str, ...] = ()


@derived
def reviewed_since_start(
    start: Annotated[date | None, State(niv_start_recorded)],
    visits: Annotated[Entries, Visited("niv-review")],
    downloads: Annotated[Entries, Filed("niv-download")],
    gas: Annotated[Reading | Missing, Latest("paco2", lookback=None)],
    night: Annotated[Reading | Missing, Latest("spo2-recording-minutes", lookback=None)],
    usage: Annotated[Reading | Missing, Latest("niv-usage", lookback=None)],
) -> Reviewed:
    """A review visit, download, gas or oximetry later than the day on which NIV started."""
    since = start or date.max
    for fact in (visits.newest, downloads.newest, gas, night, usage):
        if isinstance(fact, Entry | Reading) and fact.day and fact.day > since:
            return Reviewed(f"{fact}", known=True)
    tests = (gas, night, usage)
    read = [t.proven if isinstance(t, Missing) else t.newest_known for t in tests]
    known = all(read) and visits.whole and downloads.whole
    return Reviewed(None, known, failed_in(*tests, visits, downloads))
