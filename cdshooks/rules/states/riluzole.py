"""Is riluzole being taken, since when, and was it ever stopped?"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Entries,
    Entry,
    Limits,
    Medication,
    NotIndicated,
    Recommend,
    This,
    derived,
)
from cdshooks.rules.states.courses import CourseLimits, is_unwritten

Taking = Literal["taking", "on hold", "stopped", "never"]
HALTED = ("stopped", "on-hold")
"""Statuses that say that somebody ended or paused it."""


@dataclass(frozen=True, slots=True)
class EpisodeLimits(Limits):
    """What interrupts a treatment, and when an open order proves nothing any more."""

    group: ClassVar[str] = "riluzole_baseline"
    new_start_gap_days: Decimal
    forgotten_order_days: Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which riluzole was taken without a longer gap, first and last included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day belongs to it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Episode:
    """The treatment with riluzole.

    start: first day of what goes on, or ended lately, without interruption; None
    when not recorded.
    sure: False when only an old order that nobody closed says that it is taken.
    taken: what says that it is taken now; references: ``Type/id`` of each.
    halts: days on which it was stopped or paused. history: all that was read, and
    whether that is all there is.
    """

    status: Taking
    history: Entries
    start: date | None = None
    sure: bool = True
    taken: tuple[Entry, ...] = ()
    references: frozenset[str] = frozenset()
    periods: tuple[Period, ...] = ()
    halts: tuple[date, ...] = ()

    @property
    def going_on(self) -> bool:
        """Whether it is taken now."""
        return self.status == "taking"

    @property
    def prescriptions(self) -> tuple[Entry, ...]:
        """The active orders by which it is taken."""
        return tuple(e for e in self.taken if e.type == "MedicationRequest")

    def days(self, today: date) -> int | None:
        """Days since the start."""
        return (today - self.start).days if self.start else None

    def limited(self, advice: Recommend) -> Recommend:
        """Advice no graver than what says that riluzole is taken: an old order, or a name."""
        if not self.sure:
            return advice.capped("info")
        if not self.taken or any(entry.certain for entry in self.taken):
            return advice
        named = replace(advice, because=("Matched by name only.", *advice.because))
        return named.capped("warning")

    def exposed(self, day: date) -> bool:
        """Whether riluzole was taken on a day."""
        return any(period.holds(day) for period in self.periods)

    def restarted_since(self, day: date) -> bool:
        """Whether what is taken now was begun again after an end on or after a day."""
        if not self.going_on or self.start is None:
            return False
        begun = [entry.start for entry in self.taken if entry.start]
        ended = [halt for halt in self.halts if halt >= day]
        return day < self.start or any(all(first > halt for first in begun) for halt in ended)


def not_taken(episode: Episode) -> NotIndicated | CannotAssess:
    """What a rule about riluzole that is taken says when nothing shows that it is."""
    history = episode.history
    if episode.status == "never" and not history.whole:
        return CannotAssess("whether riluzole is taken could not be read", history.failed)
    words = {"never": "riluzole is not taken", "on hold": "riluzole is on hold"}
    return NotIndicated(words.get(episode.status, "riluzole was stopped"))


@derived
def riluzole_episode(
    history: Annotated[Entries, Medication("riluzole", ended=True)],
    call: Annotated[Call, This()],
    limits: EpisodeLimits,
    renewals: CourseLimits,
) -> Episode:
    """
    Whether riluzole is taken, and since when without interruption.

    Orders, statements and dispensed supplies count; on hold is not taken. A supply
    that was handed out before somebody stopped the drug is not taken any more.
    An open order without a supply is no proof once it is old. A completed order whose
    end nobody wrote down lasted until the next one.
    """
    halts = [e for e in history if e.status in HALTED and e.end is not None]
    halted = max((e.end for e in halts if e.end), default=date.min)
    taken = tuple(e for e in history if e.end is None and not _was_halted(e, halted))
    periods = _periods(history, call.today, limits, renewals)
    old = call.today - timedelta(days=int(limits.forgotten_order_days))
    given = max((e.start for e in history if e.given and e.start), default=date.min)
    last = periods[-1] if periods else None
    gap = timedelta(days=int(limits.new_start_gap_days))
    current = last if last and call.today - last.last <= gap else None
    return Episode(
        status="taking" if taken else _ended(history),
        history=history,
        start=current.first if current else None,
        sure=any(not _is_forgotten(entry, old, given) for entry in taken),
        taken=taken,
        references=frozenset(f"{entry.type}/{entry.id}" for entry in taken),
        periods=periods,
        halts=tuple(sorted(e.end for e in halts if e.end)),
    )


def _was_halted(entry: Entry, halted: date) -> bool:
    """Whether a supply or dose was handed out before the drug was last stopped or paused."""
    return entry.given and entry.start is not None and halted >= entry.start


def _ended(history: Entries) -> Taking:
    """How it stands when nothing says that it is taken: by what was ended last."""
    if not history:
        return "never"
    last = max((entry.end for entry in history if entry.end), default=None)
    paused = any(entry.status == "on-hold" and entry.end == last for entry in history)
    return "on hold" if paused else "stopped"


def _is_forgotten(entry: Entry, old: date, given: date) -> bool:
    """Whether an open order is old and nothing was handed out since; given: when last."""
    if entry.type != "MedicationRequest" or entry.start is None or entry.start >= old:
        return False
    return given < entry.start


def _periods(
    history: Entries, today: date, limits: EpisodeLimits, renewals: CourseLimits
) -> tuple[Period, ...]:
    """What was taken, joined over gaps that are no interruption; undated entries left out."""
    found: list[Period] = []
    reach = date.min
    for entry in sorted((e for e in history if e.start), key=_first):
        first = _first(entry)
        last = max(first, entry.end or today)
        if found and first <= reach:
            found[-1] = Period(found[-1].first, max(found[-1].last, last))
        else:
            found.append(Period(first, last))
        gap = renewals.course_order_days if is_unwritten(entry) else limits.new_start_gap_days
        reach = max(reach, last + timedelta(days=int(gap)))
    return tuple(found)


def _first(entry: Entry) -> date:
    return entry.start or date.min
