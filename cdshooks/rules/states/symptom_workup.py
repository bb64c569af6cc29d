"""Do breathing symptoms wait for tests that nobody has made or ordered?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Captured, Limits, State, Threshold, derived
from cdshooks.rules.states.breathing_tests import (
    Arranged,
    LastNight,
    LastTest,
    last_breathing_test,
    last_night,
    night_arranged,
    pft_arranged,
)
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import Vent, vent

FATIGUE = "daytime fatigue"
PFT, NIGHT = "PFT", "night oximetry"


@dataclass(frozen=True, slots=True)
class WorkupLimits(Limits):
    """How recent the tests must be when there are symptoms."""

    group: ClassVar[str] = "breathing_tests"
    workup_test_le_days: Threshold
    workup_night_le_days: Threshold


@dataclass(frozen=True, slots=True)
class Workup:
    """Tests that symptoms ask for and that are not recent; true if one is not arranged either.

    lacking: not recent; wanted: of these, not arranged. because: why there are
    none. unread: whether the tests could not be read, with the searches in failed.
    """

    because: str = ""
    lacking: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    unread: bool = False
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted)


@derived
def tests_lacking(
    last: Annotated[LastTest, State(last_breathing_test)],
    night: Annotated[LastNight | None, State(last_night)],
    nights_recorded: Annotated[bool, Captured("spo2-recording-minutes")],
    limits: WorkupLimits,
) -> tuple[str, ...]:
    """
    Which of breathing test and night oximetry is not recent enough for new symptoms.

    A night can be missing only where a site records nights.
    """
    tested = last.reading and limits.workup_test_le_days.met_by(Decimal(last.reading.age))
    watched = night and limits.workup_night_le_days.met_by(night.age)
    missing = (PFT,) if not tested else ()
    return (*missing, NIGHT) if nights_recorded and not watched else missing


@derived
def symptom_workup(
    vent: Annotated[Vent, State(vent)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    lacking: Annotated[tuple[str, ...], State(tests_lacking)],
    last: Annotated[LastTest, State(last_breathing_test)],
    pft: Annotated[Arranged, State(pft_arranged)],
    night: Annotated[Arranged, State(night_arranged)],
) -> Workup:
    """
    Whether symptoms other than fatigue alone lack a recent test that nobody arranged.

    Symptoms that already meet a criterion for NIV belong to that advice, and
    symptoms on ventilation to its review.
    """
    if vent.state != "none":
        return Workup(f"ventilation: {vent.state}")
    if criteria:
        return Workup("a criterion for NIV is met")
    if all(symptom.name == FATIGUE for symptom in symptoms.present):
        return Workup("no breathing symptom, or fatigue alone")
    if not last.known:
        return Workup("breathing tests could not be read", unread=True, failed=last.failed)
    by = {PFT: pft.by, NIGHT: night.by}
    wanted = tuple(test for test in lacking if by[test] is None)
    return Workup("tests are recent or arranged", lacking, wanted)
