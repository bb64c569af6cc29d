"""What is asked for already is not offered again, by the chart or by a draft of the call."""

from datetime import timedelta
from typing import Any

import pytest

from cdshooks.cards import cards
from cdshooks.chart import View, drafts
from cdshooks.engine import Finding
from cdshooks.rules.authoring import Create, NotIndicated, Offer, Outcome, Recommend
from tests.support.drafts import draft
from tests.support.line import TODAY, made, view_of

Json = dict[str, Any]
PHYSIOTHERAPY = {"coding": [{"system": "http://snomed.info/sct", "code": "308447003"}]}
COUGH = PHYSIOTHERAPY | {"text": "Respiratory physiotherapy for airway clearance"}
PANEL = {"coding": [{"system": "http://loinc.org", "code": "24325-3"}]}
GAS = {"coding": [{"system": "http://loinc.org", "code": "24336-0"}]}
NOW = TODAY.isoformat()


def said() -> Outcome:
    """A rule for tests."""
    return NotIndicated("")


def request(code: Json, ago: int = 0, type: str = "ServiceRequest", **more: Any) -> Json:
    whose = {"for" if type == "Task" else "subject": {"reference": "Patient/anna"}}
    written = (TODAY - timedelta(days=ago)).isoformat()
    asked = {"resourceType": type, "id": "r1", "status": "active", "intent": "order"}
    return {**asked, **whose, "code": code, "authoredOn": written, **more}


def card_of(view: View, *offers: Offer) -> Json:
    finding = Finding(made(said), Recommend("Do it", "warning", offers=offers))
    [card] = cards([finding], view, "https://cds.example")
    return card.body


def offered(view: View, *offers: Offer) -> list[str]:
    return [suggestion["label"] for suggestion in card_of(view, *offers).get("suggestions", [])]


@pytest.mark.parametrize(
    ("name", "found", "again"),
    [
        ("hepatic-panel", request(PANEL, 31), False),
        ("hepatic-panel", request(PANEL, 32), True),
        ("hepatic-panel", request(PANEL, status="draft"), False),
        ("hepatic-panel", request(PANEL, status="on-hold"), True),
        ("hepatic-panel", request(PANEL, status="completed"), True),
        ("hepatic-panel", request(PANEL, status="revoked"), True),
        ("hepatic-panel", request(PANEL, doNotPerform=True), True),
        ("hepatic-panel", request(PANEL, subject={"reference": "Patient/other"}), True),
        ("hepatic-panel", request(PANEL, authoredOn=None), True),
        ("hepatic-panel", request(PANEL, authoredOn=None, occurrenceDateTime=NOW), False),
        ("hepatic-panel", request(GAS), True),
        ("blood-gas", request(GAS, 7), False),
        ("blood-gas", request(GAS, 8), True),
        ("respiratory-physiotherapy", request(COUGH, 92), False),
        ("respiratory-physiotherapy", request(COUGH, 93), True),
        ("respiratory-physiotherapy", request(PHYSIOTHERAPY), True),
        ("cramp-physiotherapy", request(COUGH), True),
        ("capacity-check", request({"text": "Check capacity"}, type="Task"), False),
        ("capacity-check", request({"text": "CHECK  capacity"}, type="Task"), False),
        ("capacity-check", request({"text": "Check capacity"}, 1, type="Task"), True),
        ("capacity-check", request({"text": "Check capacity"}), True),
    ],
)
def test_what_an_open_request_asks_for_is_not_offered(name: str, found: Json, again: bool) -> None:
    assert bool(offered(view_of([found]), Create(name))) is again


def test_an_urgent_offer_stands_beside_a_routine_request_or_an_old_one() -> None:
    urgent = Create("hepatic-panel", urgent=True)
    assert offered(view_of([request(PANEL)]), urgent)
    assert not offered(view_of([request(PANEL, 7, priority="stat")]), urgent)
    assert offered(view_of([request(PANEL, 8, priority="stat")]), urgent)


@pytest.mark.parametrize(
    ("more", "again"),
    [
        ({}, False),
        ({"start": f"{NOW}T08:00:00Z"}, False),
        ({"start": "2026-05-31T08:00:00Z"}, True),
    ],
)
def test_an_appointment_is_in_hand_until_its_day(more: Json, again: bool) -> None:
    patient = [{"actor": {"reference": "Patient/anna"}, "status": "accepted"}]
    visit = {"resourceType": "Appointment", "id": "a", "status": "booked", "participant": patient}
    visit |= {"description": "ALS clinic", "created": NOW, **more}
    assert bool(offered(view_of([visit]), Create("als-appointment"))) is again


def test_a_doubtful_value_is_told_apart_from_another() -> None:
    task = request({"text": "Correct a doubtful entry"}, type="Task", status="requested")
    view = view_of([task | {"reasonCode": {"text": "FVC 4.1 %"}}])
    assert not offered(view, Create("correct-entry", reason="FVC 4.1 %"))
    assert offered(view, Create("correct-entry", reason="Weight 700 kg"))


def test_what_is_drafted_in_this_call_is_not_offered_and_the_card_says_so() -> None:
    view = view_of([], hook="order-sign", orders=[request(PANEL, status="draft")])
    card = card_of(view, Create("hepatic-panel"), Create("blood-gas"))
    assert [s["label"] for s in card["suggestions"]] == ["Order arterial or capillary blood gas"]
    assert "Order hepatic function panel: among the drafts" in card["detail"]


@pytest.mark.parametrize(
    "changed", [{"status": "revoked"}, {"subject": {"reference": "Patient/other"}}]
)
def test_a_draft_that_does_not_stand_or_is_of_another_patient_is_none_in_hand(
    changed: Json,
) -> None:
    view = view_of([], hook="order-sign", orders=[request(PANEL) | changed])
    assert offered(view, Create("hepatic-panel"))


def test_a_card_says_since_when_something_is_asked_for() -> None:
    card = card_of(view_of([request(PANEL, 3)]), Create("hepatic-panel"))
    assert "Order hepatic function panel: open request of 29 May 2026" in card["detail"]
    assert "selectionBehavior" not in card


def test_what_comes_with_an_offer_is_left_out_alone() -> None:
    offer = Create("riluzole-order", beside=("hepatic-panel", "report-symptoms"))
    [suggestion] = card_of(view_of([request(PANEL)]), offer)["suggestions"]
    types = [action["resource"]["resourceType"] for action in suggestion["actions"]]
    assert types == ["MedicationRequest", "CommunicationRequest"]


def test_of_an_exchange_whose_new_order_is_drafted_the_removal_is_left() -> None:
    view = view_of([], hook="order-sign", orders=[draft("197738"), draft("226552")])
    [_, scopolamine] = drafts(view)
    assert offered(view, Create("glycopyrrolate-order", instead_of=scopolamine)) == [
        "Remove the scopolamine draft"
    ]
