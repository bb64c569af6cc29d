"""Nights of oximetry: every recording, and which results belong to which of them?"""

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from cdshooks.rules.authoring import Reading, Series, Threshold
from cdshooks.rules.inputs import RECENT

Readings = tuple[Reading, ...]
Finder = Callable[[Reading], Reading | None]
Tests = list[tuple[Reading, Threshold]]
Recordings = Annotated[Readings, Series("spo2-recording-minutes", lookback=RECENT, each=True)]
T90s = Annotated[Readings, Series("spo2-t90", lookback=RECENT, each=True)]
T88s = Annotated[Readings, Series("spo2-t88", lookback=RECENT, each=True)]
T88Minutes = Annotated[Readings, Series("spo2-t88-minutes", lookback=RECENT, each=True)]


def recording_of(recordings: Sequence[Reading], apart: Threshold) -> Finder:
    """Tells the recording that a result was read from: the nearest in time, within ``apart``.

    apart: minutes. Where one of the two has a day only, the same day will do, and the last
    of several at one time, which is the longest.
    """
    # Each by its time and by its day, not all with all: there may be thousands of results.
    timed = {r.instant: r for r in recordings if r.instant}
    untimed = {r.day: r for r in recordings if not r.instant}
    daily = {r.day: r for r in recordings}
    times = sorted(timed)

    def find(test: Reading) -> Reading | None:
        if not test.instant:
            return daily.get(test.day)
        near = _nearest(test.instant, times)
        if near and apart.met_by(_minutes(near, test.instant)):
            return timed[near]
        return untimed.get(test.day)

    return find


def _nearest(instant: datetime, times: Sequence[datetime]) -> datetime | None:
    """The one of these sorted times that is nearest, the later of two."""
    place = bisect(times, instant)
    around = reversed(times[max(place - 1, 0) : place + 1])
    return min(around, key=lambda time: abs(time - instant), default=None)


def _minutes(one: datetime, other: datetime) -> Decimal:
    return Decimal(str(abs(one - other) / timedelta(minutes=1)))


def nights(
    measured: Sequence[tuple[Sequence[Reading], Threshold]],
    recordings: Sequence[Reading],
    apart: Threshold,
) -> Iterator[tuple[Reading, Tests]]:
    """Each recording, the newest first, with its results and the limit each is held to."""
    find = recording_of(recordings, apart)
    read: dict[int, Tests] = {}
    for test, limit in ((test, limit) for tests, limit in measured for test in tests):
        night = find(test)
        if night is not None:
            read.setdefault(id(night), []).append((test, limit))
    for recording in reversed(recordings):
        yield recording, read.get(id(recording), [])


def on_room_air(recording: Reading, tests: Sequence[tuple[Reading, Threshold]]) -> bool:
    """Whether nothing says that a night was recorded on oxygen or on pressure support."""
    readings = (recording, *(test for test, _ in tests))
    return not any(reading.context & {"oxygen", "support"} for reading in readings)
