"""Has the patient a fever, and what do blood counts say since?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Limits,
    Listed,
    Reading,
    Series,
    Threshold,
    derived,
)

MEASURED = "fever_measured_days"


@dataclass(frozen=True, slots=True)
class FeverLimits(Limits):
    """From which temperature there is fever, on either scale."""

    group: ClassVar[str] = "riluzole_harm"
    fever_celsius_ge: Threshold
    fever_fahrenheit_ge: Threshold


@dataclass(frozen=True, slots=True)
class Fever:
    """A recent fever, by what shows it first; none when nothing does.

    by: the limit that a measured temperature crossed. failed: searches that did not
    answer, without which its absence is not known.
    """

    since: date | None = None
    evidence: Entry | Reading | None = None
    by: Threshold | None = None
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.evidence is not None


@derived
def fever(
    recorded: Annotated[Entries, Listed("fever", lookback="fever_listed_days")],
    celsius: Annotated[tuple[Reading, ...], Series("temperature-celsius", lookback=MEASURED)],
    fahrenheit: Annotated[tuple[Reading, ...], Series("temperature-fahrenheit", lookback=MEASURED)],
    limits: FeverLimits,
) -> Fever:
    """
    Fever on the problem list for two weeks at most, or measured in the last three days.

    The first sign counts, because a blood count must be younger than that.
    """
    signs = [(entry.day or date.max, entry, None) for entry in recorded]
    measured = (*_high(celsius, limits.fever_celsius_ge),)
    measured += (*_high(fahrenheit, limits.fever_fahrenheit_ge),)
    found: list[tuple[date, Entry | Reading, Threshold | None]] = [*signs, *measured]
    if not found:
        return Fever(failed=recorded.failed)
    since, evidence, by = min(found, key=lambda sign: sign[0])
    return Fever(since, evidence, by)


def _high(
    readings: tuple[Reading, ...], limit: Threshold
) -> Iterator[tuple[date, Reading, Threshold]]:
    for reading in readings:
        if reading.meets(limit):
            yield reading.day, reading, limit
