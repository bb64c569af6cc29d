"""On which day a drug that is over has ended, however little its record says."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.rules.authoring import Entries, Entry, Medication
from tests.support.charts import PATIENT, TODAY, chart

EVER = Medication("riluzole", ended=True)


def statement(status: str, end: str) -> dict[str, Any]:
    coding = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "35623"}
    return {
        "resourceType": "MedicationStatement",
        "id": "s",
        "status": status,
        "subject": {"reference": PATIENT},
        "medicationCodeableConcept": {"coding": [coding]},
        "effectivePeriod": {"start": "2025-01-10", "end": end},
    }


def read(status: str, end: str) -> Entry:
    found = answer(chart([statement(status, end)], EVER), EVER)
    assert isinstance(found, Entries)
    [entry] = found
    return entry


@pytest.mark.parametrize("status", ["stopped", "completed"])
@pytest.mark.parametrize(
    ("end", "day", "told"),
    [
        ("2026-05-31", date(2026, 5, 31), True),
        ("2026-06-01", TODAY, True),
        ("2026-06-01T23:59:59-08:00", TODAY, True),  # the end of today, where it is tomorrow
        ("2026-06", TODAY, False),
        ("2026", TODAY, False),
        ("2026-05", date(2026, 5, 31), False),
        ("2025", date(2025, 12, 31), False),
    ],
)
def test_what_was_stopped_ended_on_the_last_day_that_its_end_can_mean(
    status: str, end: str, day: date, told: bool
) -> None:
    found = read(status, end)
    assert found.end == day
    assert found.end_told is told


@pytest.mark.parametrize("end", ["2026-06-01", "2026-06-02", "2026-06", "2026"])
def test_what_is_active_until_today_or_later_goes_on(end: str) -> None:
    assert read("active", end).end is None


def test_an_end_that_is_still_to_come_tells_nothing_of_what_is_over() -> None:
    found = read("stopped", "2026-09-01")
    assert not found.end_told
