"""Which breathing tests are on file, which are arranged, and what did the last night show?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Booked,
    Entries,
    Entry,
    Latest,
    Limits,
    Missing,
    Ordered,
    Reading,
    State,
    Threshold,
    Why,
    derived,
    failed_in,
    on,
)
from cdshooks.rules.states.nights import (
    Recordings,
    T88Minutes,
    T88s,
    T90s,
    nights,
    on_room_air,
)
from cdshooks.rules.states.unanswered import OPEN, late_words

UNTESTABLE = ("invasive", "intubated")
"""Ventilatory states in which nobody blows into a mouthpiece."""
TESTS_OPEN = "open_test_order_days"


@dataclass(frozen=True, slots=True)
class LastTest:
    """The newest usable breathing test, or why there is none.

    unusable: results that were there and could not be used. failed: searches
    that did not answer; known: whether absence, or that nothing is newer, is a fact.
    """

    reading: Reading | None
    unusable: tuple[str, ...]
    failed: tuple[str, ...]
    known: bool


@derived
def last_breathing_test(
    vc: Annotated[Reading | Missing, Latest("vc-percent", lookback=None)],
    litres: Annotated[Reading | Missing, Latest("vc-volume", lookback=None)],
    snip: Annotated[Reading | Missing, Latest("snip", lookback=None)],
    snip_percent: Annotated[Reading | Missing, Latest("snip-percent", lookback=None)],
    mip: Annotated[Reading | Missing, Latest("mip", lookback=None)],
    mip_percent: Annotated[Reading | Missing, Latest("mip-percent", lookback=None)],
) -> LastTest:
    """
    The newest vital capacity, SNIP or MIP of any age, in any position and unit.

    Of one day, vital capacity in percent stands for the others.
    """
    tests = (vc, litres, snip, snip_percent, mip, mip_percent)
    readings = [test for test in tests if isinstance(test, Reading)]
    missing = [test for test in tests if isinstance(test, Missing)]
    failed = failed_in(*missing)
    unusable = tuple(t.text for t in missing if t.proven and t.why is not Why.NEVER)
    if not readings:
        known = not failed and all(test.proven for test in missing)
        return LastTest(None, unusable, failed, known)
    newest = max(readings, key=lambda r: r.day)
    return LastTest(newest, unusable, failed, known=newest.newest_known and not failed)


@dataclass(frozen=True, slots=True)
class Arranged:
    """What was done to have a test made: in time, or so long ago that it needs asking.

    by: what will bring a result, in words: ``booked 2 Jul 2026``, ``ordered`` without
    a day for a draft; None if nothing will. late: what to say of other orders.
    """

    by: str | None
    late: tuple[str, ...]


def arranged(
    recent: Entries, requests: Entries, since: date | None, booked: Iterable[Entry] = ()
) -> Arranged:
    """
    What brings a result, from orders young enough, all open orders, and bookings.

    An order from before the last result was answered by it. A draft of the call
    has no day and counts.
    """
    orders = [e for e in recent if _unanswered(e, since)]
    waiting = [*booked, *orders]
    late = tuple(late_words(e) for e in requests if e not in orders and _unanswered(e, since))
    return Arranged(_words(waiting[0]) if waiting else None, late)


def _words(entry: Entry) -> str:
    word = "booked" if entry.type == "Appointment" else "ordered"
    return f"{word} {on(entry.day)}" if entry.day else word


def _unanswered(order: Entry, since: date | None) -> bool:
    return order.day is None or since is None or order.day > since


@derived
def pft_arranged(
    last: Annotated[LastTest, State(last_breathing_test)],
    recent: Annotated[Entries, Ordered("pft", lookback=TESTS_OPEN)],
    requests: Annotated[Entries, Ordered("pft", statuses=OPEN, drafts=False)],
    booked: Annotated[Entries, Booked("pft", within="pft_booking_days")],
) -> Arranged:
    """Whether breathing tests are booked or on order since the last ones."""
    since = last.reading.day if last.reading else None
    return arranged(recent, requests, since, booked)


@dataclass(frozen=True, slots=True)
class NightLimits(Limits):
    """Which night is valid, and which saturation in it is low."""

    group: ClassVar[str] = "niv"
    noct_t90_pct_gt: Threshold
    noct_t88_pct_gt: Threshold
    noct_t88_min_ge: Threshold
    noct_min_recording_min: Threshold
    noct_apart_le_minutes: Threshold


@dataclass(frozen=True, slots=True)
class LastNight:
    """A valid night of oximetry. low: what met a limit for NIV, if anything did."""

    recording: Reading
    tests: tuple[Reading, ...]
    low: Reading | None

    @property
    def age(self) -> Decimal:
        """Days since that night."""
        return Decimal(self.recording.age)

    def __str__(self) -> str:
        found = ", ".join(f"{t.label} {t.amount}" for t in self.tests)
        return f"overnight oximetry {on(self.recording.day)}: {found}"


@derived
def last_night(
    recordings: Recordings,
    t90: T90s,
    t88: T88s,
    minutes: T88Minutes,
    limits: NightLimits,
) -> LastNight | None:
    """The newest night recorded long enough, on room air and without support."""
    measured = (
        (t90, limits.noct_t90_pct_gt),
        (t88, limits.noct_t88_pct_gt),
        (minutes, limits.noct_t88_min_ge),
    )
    for recording, tests in nights(measured, recordings, limits.noct_apart_le_minutes):
        if not tests or not recording.meets(limits.noct_min_recording_min):
            continue
        if not on_room_air(recording, tests):
            continue
        low = next((r for r, limit in tests if r.meets(limit)), None)
        return LastNight(recording, tuple(r for r, _ in tests), low)
    return None


@derived
def night_arranged(
    last: Annotated[LastNight | None, State(last_night)],
    recent: Annotated[Entries, Ordered("overnight-oximetry", lookback=TESTS_OPEN)],
    requests: Annotated[Entries, Ordered("overnight-oximetry", statuses=OPEN, drafts=False)],
) -> Arranged:
    """Whether night oximetry is on order since the last valid one."""
    return arranged(recent, requests, last.recording.day if last else None)
