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
    call: Annotated[Call, This()],
    limits: GoalsLimits,
) -> Goals:
    """
    Goals of care, from open enrolments only.

    Palliative care alone is no such goal: in ALS it starts with the diagnosis.
    Comfort measures count while open, or for a while after they were recorded.
    Hospice counts only where a site's hospices do not also treat early.
    """
    no_resuscitation = resuscitation.newest
    for entry in dying:
        if _open(entry):
            return Goals("last days", entry, no_resuscitation)
    since = call.today - timedelta(days=int(limits.comfort_measures_days))
    for entry in comfort:
        if _open(entry) or _recent(entry, since):
            return Goals("comfort", entry, no_resuscitation)
    if limits.hospice_attendance_gates:
        for entry in hospice:
            if _open(entry):
                return Goals("comfort", entry, no_resuscitation)
    return Goals("all care", None, no_resuscitation)


def _open(entry: Entry) -> bool:
    return entry.status not in ("completed",) and entry.end is None


def _recent(entry: Entry, since: date) -> bool:
    return entry.day is not None and entry.day >= since
