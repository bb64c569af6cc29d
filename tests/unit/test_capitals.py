"""Statuses and other codes of FHIR that a client capitalised, padded, or wrote as words."""

from typing import Any

import pytest

from cdshooks.chart import View, answer, drafts_of
from cdshooks.chart.person import person
from cdshooks.chart.sources import Answered
from cdshooks.fhir.elements import fhir_code
from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Booked,
    Entries,
    Filed,
    Latest,
    Medication,
    Missing,
    Patient,
    Reading,
    Refused,
    Why,
)
from tests.support.charts import PATIENT, chart, observation, snomed

Json = dict[str, Any]
SUBJECT = {"reference": PATIENT}
RILUZOLE = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "35623"}]}
FVC = Latest("vc-percent", "resp_value_max_age_days")
TAKES = Medication("riluzole")


def vital_capacity(status: str) -> Json:
    return observation("19872-1", {"value": 45, "unit": "%"}, status=status)


def request(**members: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "medicationCodeableConcept": RILUZOLE,
        "authoredOn": "2026-03-01",
    } | members


def count(view: View, wanted: Any) -> int:
    found = answer(view, wanted)
    assert isinstance(found, Entries)
    return len(found.items)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("final", "final"),
        ("FINAL", "final"),
        (" Completed ", "completed"),
        ("Entered in Error", "entered-in-error"),
        ("", None),
        (" ", None),
        (None, None),
        (1, None),
        (" " + "A" * 65, "A" * 65),
    ],
)
def test_a_code_of_fhir_is_read_as_fhir_writes_it(written: object, read: str | None) -> None:
    assert fhir_code(written) == read


@pytest.mark.parametrize("status", ["final", "Final", " CORRECTED "])
def test_a_final_result_counts_however_its_status_is_written(status: str) -> None:
    found = answer(chart([vital_capacity(status)], FVC), FVC)
    assert isinstance(found, Reading)
    assert found.value == 45


@pytest.mark.parametrize(
    ("status", "why"), [("Preliminary", Why.CONTEXT), ("Entered in Error", Why.NEVER)]
)
def test_a_result_that_is_not_final_counts_in_no_spelling(status: str, why: Why) -> None:
    found = answer(chart([vital_capacity(status)], FVC), FVC)
    assert isinstance(found, Missing)
    assert found.why is why


def test_a_drug_is_taken_however_its_status_and_intent_are_written() -> None:
    capitals = request(status="Active", intent="Order")
    assert count(chart([capitals], TAKES), TAKES) == 1
    never = [request(status="Cancelled"), request(intent="Proposal"), request(status="Draft")]
    assert all(count(chart([one], TAKES), TAKES) == 0 for one in never)


def test_a_draft_is_assessed_however_its_status_and_intent_are_written() -> None:
    def judged(**members: str) -> int:
        view = chart([], TAKES, drafts=(request(**members),))
        object.__setattr__(view, "hook", "order-sign")
        return len(drafts_of(view, "riluzole"))

    assert judged(status="Draft", intent="Order") == 1
    assert judged(status="Cancelled", intent="Order") == 0
    assert judged(status="Draft", intent="Proposal") == 0


def test_an_allergy_is_severe_however_that_is_written() -> None:
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": SUBJECT,
        "code": RILUZOLE,
    }
    severe = ({"criticality": "High"}, {"reaction": [{"severity": "SEVERE"}]})
    for said in severe:
        wanted = Allergic("riluzole")
        found = answer(chart([allergy | said], wanted), wanted)
        assert isinstance(found, Allergies)
        assert [one.severe for one in found] == [True]


def test_a_refusal_counts_however_consent_and_provision_are_written() -> None:
    consent = {
        "resourceType": "Consent",
        "id": "c",
        "status": "Active",
        "patient": SUBJECT,
        "dateTime": "2026-05-01",
        "provision": {"type": "Deny", "code": [snomed("428311008")]},
    }
    refused = Refused("home-niv")
    assert count(chart([consent], refused), refused) == 1


def test_a_booked_visit_counts_however_its_status_is_written() -> None:
    visit = {
        "resourceType": "Appointment",
        "id": "v",
        "status": "Booked",
        "start": "2026-06-05T09:00:00Z",
        "serviceType": [snomed("311555007")],
    }
    booked = Booked("slt-visit", within="slt_booking_days")
    assert count(chart([visit], booked), booked) == 1


def test_sex_is_read_however_it_is_written() -> None:
    view = chart([{"resourceType": "Patient", "id": "anna", "gender": "Female"}], Patient())
    assert person(view).sex == "female"


def test_an_error_proves_no_absence_however_its_severity_is_written() -> None:
    filed = Filed("ecg")
    key = next(r.search.key for r in chart([], filed).results)
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "Error"}]}
    bundle = {"resourceType": "Bundle", "type": "Searchset", "entry": [{"resource": outcome}]}
    view = chart([], filed, changed={key: bundle})
    assert view.results[0].answered is Answered.FAILED
