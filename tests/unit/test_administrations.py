"""Doses that were given: read where a client sends them beside what was asked for."""

from typing import Any

import pytest

from cdshooks.chart import View, answer
from cdshooks.rules.authoring import Entries, Entry, Medication
from tests.support.charts import PATIENT, chart

Json = dict[str, Any]
NOW, EVER = Medication("riluzole"), Medication("riluzole", ended=True)


def dose(when: Json | str, status: str = "completed", **members: Any) -> Json:
    timed = {"effectiveDateTime": when} if isinstance(when, str) else when
    coding = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "35623"}
    return {
        "resourceType": "MedicationAdministration",
        "id": "given",
        "status": status,
        "subject": {"reference": PATIENT},
        "medicationCodeableConcept": {"coding": [coding]},
        **timed,
        **members,
    }


def entries(wanted: Medication, *sent: Json) -> tuple[Entry, ...]:
    found = answer(view_of(wanted, *sent), wanted)
    assert isinstance(found, Entries)
    return found.items


def view_of(wanted: Medication, *sent: Json) -> View:
    """A client that answers the search for requests with doses beside an old request."""
    ended = dose("", status="cancelled") | {"resourceType": "MedicationRequest", "id": "m"}
    key = next(r.search.key for r in chart([], wanted).results if "Request" in r.search.type)
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": one} for one in (ended, *sent)],
    }
    return chart([], wanted, changed={key: bundle})


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped", "Completed"])
def test_a_dose_of_yesterday_is_taken_now(status: str) -> None:
    (found,) = entries(NOW, dose("2026-05-31T20:00:00Z", status))
    assert found.given
    assert found.end is None


@pytest.mark.parametrize("status", ["not-done", "on-hold", "entered-in-error", "unknown"])
def test_what_was_not_given_is_not_taken(status: str) -> None:
    assert not entries(EVER, dose("2026-05-31", status))


def test_a_dose_of_earlier_days_is_over_on_its_day() -> None:
    old = dose("2026-05-20T08:00:00Z")
    assert not entries(NOW, old)
    (found,) = entries(EVER, old)
    assert found.start == found.end
    assert str(found.end) == "2026-05-20"


def test_an_infusion_that_runs_is_taken_and_one_to_come_is_not() -> None:
    runs = dose({"effectivePeriod": {"start": "2026-05-20"}}, "in-progress")
    assert entries(NOW, runs)
    assert not entries(NOW, dose({"effectivePeriod": {"start": "2026-06-20"}}, "in-progress"))


def test_a_dose_without_a_day_says_nothing() -> None:
    assert not entries(EVER, dose({}))


def test_a_dose_of_another_patient_is_nobodys_here() -> None:
    assert not entries(NOW, dose("2026-05-31", subject={"reference": "Patient/other"}))


def test_without_doses_absence_is_claimed_as_before() -> None:
    found = answer(view_of(NOW), NOW)
    assert isinstance(found, Entries)
    assert found.none
