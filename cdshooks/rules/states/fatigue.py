"""Is the patient tired, for how long, and which causes were not looked for?"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    Ordered,
    Reading,
    Reported,
    State,
    This,
    Threshold,
    Why,
    derived,
    failed_in,
    on,
)
from cdshooks.rules.inputs import RECENT
from cdshooks.rules.states.breathing_tests import (
    TESTS_OPEN,
    Arranged,
    LastTest,
    last_breathing_test,
    pft_arranged,
)
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.screens import Screen, mood_screen
from cdshooks.rules.states.symptoms import ANSWER, denied_since

BLOOD = "fatigue_blood_days"
Degree = Literal["none", "present", "persistent"]


@dataclass(frozen=True, slots=True)
class FatigueLimits(Limits):
    """When a score is fatigue, and severe fatigue."""

    group: ClassVar[str] = "fatigue"
    fss_mean_le: Threshold
    fss_mean_ge: Threshold
    fss_sum_ge: Threshold
    fss_mean_persistent_ge: Threshold
    fss_sum_persistent_ge: Threshold


@dataclass(frozen=True, slots=True)
class Fatigue:
    """degree: ``persistent`` is severe by score.

    told: in words for a card. notes: a score that was refused.
    failed: searches that did not answer.
    """

    degree: Degree
    told: str = ""
    evidence: tuple[Reading | Entry, ...] = ()
    by: tuple[Threshold, ...] = ()
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.degree != "none"


@derived
def fatigue_found(
    score: Annotated[Reading | Missing, Latest("fatigue-severity", lookback="fatigue_score_days")],
    listed: Annotated[Entries, Listed("any-fatigue", lookback="fatigue_condition_days")],
    reported: Annotated[Entries, Reported("any-fatigue", lookback=ANSWER)],
    denied: Annotated[Entries, Reported("any-fatigue", lookback=ANSWER, denied=True)],
    limits: FatigueLimits,
) -> Fatigue:
    """
    Fatigue by the Fatigue Severity Scale, by the problem list or by the patient's answer.

    score: up to 7 it is the mean of its items, from 9 on their sum; what lies between the
    two is refused like any value that cannot be. denied: a later answer of no outweighs
    what was recorded or reported.
    """
    coded = _still_so(merged(listed.label, listed, reported), denied)
    failed = failed_in(score, coded)
    degree, by = _scored(score, limits)
    refused = isinstance(score, Missing) and score.why is Why.IMPLAUSIBLE
    notes = (str(score),) if refused else ()
    facts = (*([score] if isinstance(score, Reading) and by else []), *coded)
    if coded and degree == "none":
        degree = "present"
    told = f"FSS {score.amount}" if isinstance(score, Reading) and by else _recorded(coded)
    return Fatigue(degree, told, facts, (by,) if by else (), notes, failed)


def _still_so(coded: Entries, denied: Entries) -> Entries:
    return replace(coded, items=tuple(e for e in coded if not denied_since(e.day, denied)))


def _recorded(coded: Entries) -> str:
    return f"recorded {on(coded.newest.day)}" if coded.newest else ""


def _is_mean(score: Reading, limits: FatigueLimits) -> bool:
    return score.meets(limits.fss_mean_le)


def _scored(score: Reading | Missing, limits: FatigueLimits) -> tuple[Degree, Threshold | None]:
    """How severe a score is, and the limit that says so."""
    if isinstance(score, Missing):
        return "none", None
    mean = _is_mean(score, limits)
    severe = limits.fss_mean_persistent_ge if mean else limits.fss_sum_persistent_ge
    present = limits.fss_mean_ge if mean else limits.fss_sum_ge
    if score.meets(severe):
        return "persistent", severe
    return ("present", present) if score.meets(present) else ("none", None)


@dataclass(frozen=True, slots=True)
class LastingLimits(Limits):
    """How long severe fatigue must have lasted to be called persistent."""

    group: ClassVar[str] = "fatigue"
    fatigue_severe_since_ge_days: Threshold


@derived
def severe_for_long(
    call: Annotated[Call, This()],
    severe: Annotated[Entries, Listed("severe-fatigue", lookback="fatigue_condition_days")],
    limits: LastingLimits,
) -> bool:
    """Severe fatigue that began long ago; without an onset, that was first written down then."""
    began = [day for e in severe if (day := e.start or e.recorded)]
    since = limits.fatigue_severe_since_ge_days
    return any(since.met_by(Decimal((call.today - day).days)) for day in began)


@dataclass(frozen=True, slots=True)
class CauseLimits(Limits):
    """How recent a test must be to have excluded a cause."""

    group: ClassVar[str] = "fatigue"
    fatigue_breathing_le_days: Threshold
    mood_screen_due_gt_days: Threshold


@dataclass(frozen=True, slots=True)
class Causes:
    """Which causes of fatigue were not looked for, in words, with the drafts that would.

    failed: searches that did not answer, so that nobody knows.
    """

    unchecked: dict[str, str]
    failed: tuple[str, ...] = ()


@derived
def blood_unchecked(
    thyroid: Annotated[Reading | Missing, Latest("thyrotropin", lookback=BLOOD)],
    blood: Annotated[Reading | Missing, Latest("hemoglobin", lookback=BLOOD)],
    thyroid_order: Annotated[Entries, Ordered("thyroid-test", lookback=TESTS_OPEN)],
    blood_order: Annotated[Entries, Ordered("blood-count", lookback=TESTS_OPEN)],
) -> Causes:
    """TSH and haemoglobin, unless measured within a year, in whatever unit, or on order."""
    found = {
        "TSH": ("thyroid-test", thyroid, thyroid_order),
        "haemoglobin": ("blood-count", blood, blood_order),
    }
    open_ = {name: draft for name, (draft, test, order) in found.items() if _lacks(test, order)}
    tests = (thyroid, blood)
    failed = failed_in(*tests)
    return Causes(open_, failed)


def _lacks(test: Reading | Missing, order: Entries) -> bool:
    """A result that could not be read was a result: only what was never or long ago made counts."""
    return isinstance(test, Missing) and test.why in (Why.NEVER, Why.STALE) and not order


@derived
def causes_unchecked(
    breathing: Annotated[LastTest, State(last_breathing_test)],
    pft: Annotated[Arranged, State(pft_arranged)],
    night: Annotated[Reading | Missing, Latest("spo2-recording-minutes", lookback=RECENT)],
    oximetry: Annotated[Entries, Ordered("overnight-oximetry", lookback=TESTS_OPEN)],
    mood: Annotated[Screen, State(mood_screen)],
    weight: Annotated[Reading | Missing, Latest("weight", lookback="fatigue_weight_days")],
    blood: Annotated[Causes, State(blood_unchecked)],
    limits: CauseLimits,
) -> Causes:
    """
    Breathing tests, a night, mood, weight, TSH and haemoglobin that were neither made nor arranged.

    Drugs that make tired are for the clinician to look at.
    """
    old = breathing.reading is None or not limits.fatigue_breathing_le_days.met_by(
        Decimal(breathing.reading.age)
    )
    asked = mood.last and not limits.mood_screen_due_gt_days.met_by(Decimal(mood.last.age))
    unchecked = {
        "breathing tests": ("pft-panel", old and not pft.by),
        "night oximetry": ("overnight-oximetry", _lacks(night, oximetry)),
        "mood": ("mood-questionnaire", not asked),
        "weight": (
            "weigh-today",
            isinstance(weight, Missing) and weight.why in (Why.NEVER, Why.STALE),
        ),
    }
    wanted = {name: draft for name, (draft, lacking) in unchecked.items() if lacking}
    failed = failed_in(breathing, night, weight, mood, blood)
    return Causes({**wanted, **blood.unchecked}, failed)
