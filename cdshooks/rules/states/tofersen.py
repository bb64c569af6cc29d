"""Which doses of tofersen are on record?"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from cdshooks.rules.authoring import Entries, Entry, Medication, derived


@dataclass(frozen=True, slots=True)
class Given:
    """Doses of tofersen that are on record: how many days of them, and the last."""

    doses: int
    last: date | None
    history: Entries


@derived
def tofersen_given(
    history: Annotated[Entries, Medication("tofersen", ended=True)],
) -> Given:
    """Doses handed out or given, or of orders and statements that are over."""
    over = [e for e in history if e.end is not None or e.given]
    days = {day for entry in over if (day := _day(entry)) is not None}
    return Given(len(days), max(days, default=None), history)


def _day(entry: Entry) -> date | None:
    return entry.start if entry.given else entry.end
