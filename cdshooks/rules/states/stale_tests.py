"""Did the last breathing test, now too old to decide, already call for NIV?"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Call, Limits, Reading, State, This, Threshold, derived
from cdshooks.rules.states.breathing_tests import LastTest, last_breathing_test
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import Criterion, NivCriteria


@dataclass(frozen=True, slots=True)
class StaleLimits(Limits):
    """When a test is overdue, and how long after it was reported."""

    group: ClassVar[str] = "breathing_tests"
    pft_min_days: Threshold
    stale_report_days: Decimal


@derived
def stale_test_day(
    last: Annotated[LastTest, State(last_breathing_test)],
    call: Annotated[Call, This()],
    limits: StaleLimits,
) -> date | None:
    """The day by which the last test was reported, if that test is overdue; else none."""
    if last.reading is None or not limits.pft_min_days.met_by(Decimal(last.reading.age)):
        return None
    return min(call.today, last.reading.day + timedelta(days=int(limits.stale_report_days)))


@derived
def stale_criterion(
    last: Annotated[LastTest, State(last_breathing_test)],
    then: Annotated[NivCriteria | None, State(niv_criteria, as_of=stale_test_day)],
) -> Criterion | None:
    """The criterion for NIV that the overdue test met when it was made, by what was known then."""
    day = last.reading.day if last.reading else None
    for criterion in then.met if then else ():
        if any(isinstance(fact, Reading) and fact.day == day for fact in criterion.facts):
            return criterion
    return None
