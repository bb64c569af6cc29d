"""Nights of oximetry: every recording, and which results belong to which of them?"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from cdshooks.rules.authoring import Reading, Series, Threshold
from cdshooks.rules.inputs import RECENT

Readings = tuple[Reading, ...]
Recordings = Annotated[Readings, Series("spo2-recording-minutes", lookback=RECENT, each=True)]
T90s = Annotated[Readings, Series("spo2-t90", lookback=RECENT, each=True)]
T88s = Annotated[Readings, Series("spo2-t88", lookback=RECENT, each=True)]
T88Minutes = Annotated[Readings, Series("spo2-t88-minutes", lookback=RECENT, each=True)]


def recording_of(test: Reading, recordings: Sequence[Reading], apart: Threshold) -> Reading | None:
    """The recording that a result was read from: the nearest in time, no more than ``apart``.

    apart: minutes. Where one of the two has a day only, the same day will do.
    """
    near = [(gap, r) for r in recordings if (gap := _gap(test, r, apart)) is not None]
    # The last of several at one time, which is the longest.
    return min(reversed(near), key=lambda found: found[0])[1] if near else None


def _gap(test: Reading, recording: Reading, apart: Threshold) -> tuple[bool, Decimal] | None:
    """How far apart two are, in minutes; a time that is known stands before one that is not."""
    if test.instant and recording.instant:
        between = abs(test.instant - recording.instant) / timedelta(minutes=1)
        minutes = Decimal(str(between))
        return (False, minutes) if apart.met_by(minutes) else None
    return (True, Decimal()) if test.day == recording.day else None


def of_recording(
    recording: Reading,
    measured: Sequence[tuple[Sequence[Reading], Threshold]],
    recordings: Sequence[Reading],
    apart: Threshold,
) -> list[tuple[Reading, Threshold]]:
    """The results that were read from this recording, each with the limit that it is held to."""
    return [
        (test, limit)
        for tests, limit in measured
        for test in tests
        if recording_of(test, recordings, apart) is recording
    ]


def on_room_air(recording: Reading, tests: Sequence[tuple[Reading, Threshold]]) -> bool:
    """Whether nothing says that a night was recorded on oxygen or on pressure support."""
    readings = (recording, *(test for test, _ in tests))
    return not any(reading.context & {"oxygen", "support"} for reading in readings)
