"""What has the patient decided, and is this care for comfort only?"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from cdshooks.rules.authoring import (
    Call,
    Enrolled,
    Entries,
    Entry,
    Limits,
    Listed,
    Ordered,
    This,
    derived,
)

Level = Literal["all care", "comfort", "last days"]


@dataclass(frozen=True, slots=True)
class GoalsLimits(Limits):
    """How long comfort measures count, and whether hospice silences."""

    group: ClassVar[str] = "goals"
    comfort_measures_days: Decimal
    hospice_attendance_gates: bool


@dataclass(frozen=True, slots=True)
class Goals:
    """level: ``comfort`` is hospice or comfort measures; ``last days`` is documented dying.

    no_resuscitation never silences anything; it is shown where it matters.
    """

    level: Level
    evidence: Entry | None = None
    no_resuscitation: Entry | None = None

    @property
    def end_of_life(self) -> bool:
        """Whether treatment and monitoring give way to comfort."""
        return self.level != "all care"


@derived
def goals(
    hospice: Annotated[Entries, Enrolled("hospice")],
    comfort: Annotated[Entries, Enrolled("comfort-care")],
    dying: Annotated[Entries, Enrolled("last-days")],
    resuscitation: Annotated[Entries, Listed("do-not-resuscitate")],
    code_status: Annotated[Entries, Ordered("do-not-resuscitate", drafts=False, named=True)],
    call: Annotated[Call, This()],
    limits: GoalsLimits,
) -> Goals:
    """
    Goals of care, from open enrolments only.

    Palliative care alone is no such goal: in ALS it starts with the diagnosis.
    Comfort measures count while they go on, in the encounter of the call, and for a
    while after they were ordered or given: an order that nobody closed must not silence advice for
    years. Hospice counts only where a site's hospices do not also treat early.
    """
    no_resuscitation = resuscitation.newest or code_status.newest
    since = call.today - timedelta(days=int(limits.comfort_measures_days))
    last_days = [e for e in dying if _open(e)]
    measures = [e for e in comfort if _recent(e, since) or _goes_on(e) or _is_here(e)]
    attended = [e for e in hospice if _open(e) and limits.hospice_attendance_gates]
    if last_days:
        return Goals("last days", last_days[0], no_resuscitation)
    if measures or attended:
        return Goals("comfort", (measures or attended)[0], no_resuscitation)
    return Goals("all care", None, no_resuscitation)


def _open(entry: Entry) -> bool:
    """Whether it still holds; an end that lies ahead is no end yet and is not read as one."""
    return entry.status != "completed" and entry.end is None


def _goes_on(entry: Entry) -> bool:
    """Whether it is open for more reason than an order that nobody closed."""
    return entry.type != "ServiceRequest" and _open(entry)


def _is_here(entry: Entry) -> bool:
    return "this-encounter" in entry.reasons


def _recent(entry: Entry, since: date) -> bool:
    return entry.day is not None and entry.day >= since
