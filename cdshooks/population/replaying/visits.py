"""On which days a patient's chart is opened again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from cdshooks.chart.care import NOT_HELD
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import string
from cdshooks.population.record import Record
from cdshooks.population.replaying.moments import day_of
from cdshooks.population.replaying.seen import Timeline
from cdshooks.rules.authoring import on


@dataclass(frozen=True, slots=True)
class Span:
    """
    Which days are replayed, both ends included.

    every: days from one to the next, the same for all patients; None for the day on
    which each encounter began.
    """

    start: date
    end: date
    every: int | None = None

    @property
    def words(self) -> str:
        """The span as a report tells it."""
        how = "at each encounter" if self.every is None else f"every {self.every} days"
        return f"{how} from {on(self.start)} to {on(self.end)}"


@dataclass(frozen=True, slots=True)
class Followed:
    """The days on which something is known of a patient, within a span."""

    first: date
    last: date


def followed(record: Record, line: Timeline, span: Span, zone: tzinfo) -> Followed | None:
    """
    From when to when the record speaks of a patient; None where it is not within the span.

    Never before the birth or the first entry, nor after the death or the last entry:
    of somebody of whom nothing more was written it is not known that anybody looked.
    """
    patient = next((r for r in record.resources if r.get("resourceType") == "Patient"), {})
    born = when(patient.get("birthDate"), zone)
    died = day_of(patient, "deceasedDateTime", zone)
    if line.first is None or line.last is None:
        return None
    start = max(span.start, line.first, born.day if born else line.first)
    end = min(span.end, line.last, died or line.last)
    return Followed(start, end) if start <= end else None


def days_of(record: Record, time: Followed, span: Span, zone: tzinfo) -> tuple[date, ...]:
    """The days on which the chart is opened again, in order."""
    found = _visits(record, zone) if span.every is None else _regular(span, span.every)
    return tuple(sorted({day for day in found if time.first <= day <= time.last}))


def _visits(record: Record, zone: tzinfo) -> Iterator[date]:
    for encounter in record.of(("Encounter",)):
        day = day_of(encounter, "period", zone)
        if day is not None and (string(encounter.get("status")) or "") not in NOT_HELD:
            yield day


def _regular(span: Span, every: int) -> Iterator[date]:
    for number in range(0, (span.end - span.start).days + 1, every):
        yield span.start + timedelta(days=number)
