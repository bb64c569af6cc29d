"""What tasks, documents, messages and related persons say, and what is left out of them."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.rules.authoring import Communicated, Documented, Entries, Related, Tasked
from tests.support import vignettes
from tests.support.charts import chart
from tests.support.vignettes import Case

TODAY = date(2026, 6, 1)
CATEGORY = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
Input = Tasked | Documented | Communicated | Related


def found(wanted: Input, *phrases: str) -> Entries:
    cells = {"record": " + ".join(("ALS", *phrases)), "outcome": ""}
    view = vignettes.view_of(Case("", "", TODAY, "patient-view", cells))
    entries = answer(view, wanted)
    assert isinstance(entries, Entries)
    return entries


def test_a_task_that_is_over_is_known_by_the_day_of_its_last_change() -> None:
    wanted = Tasked("bereavement", statuses=("completed",))
    [task] = found(wanted, "task bereavement completed, 30 to 5 days ago")
    assert (task.recorded, task.end) == (date(2026, 5, 2), date(2026, 5, 27))
    assert found(wanted, "task bereavement, 30 days ago").none


def test_a_task_that_goes_on_is_known_by_the_day_of_its_writing() -> None:
    wanted = Tasked("bereavement", statuses=("in-progress",))
    [task] = found(wanted, "task bereavement in-progress, 30 to 5 days ago")
    assert (task.day, task.end) == (date(2026, 5, 2), None)


@pytest.mark.parametrize(
    ("phrase", "counts"),
    [
        ("document advance-plan, 5 days ago", True),
        ("document advance-plan superseded, 5 days ago", False),
        ("document advance-plan entered-in-error, 5 days ago", False),
        ("document advance-plan foreign, 5 days ago", False),
    ],
)
def test_only_current_documents_count(phrase: str, counts: bool) -> None:
    assert bool(found(Documented("advance-plan"), phrase)) is counts


@pytest.mark.parametrize(
    ("members", "counts"),
    [
        ({}, True),
        ({"status": "inactive"}, False),
        ({"status": "proposed"}, False),
        ({"patient": {"reference": "Patient/eve"}}, False),
        ({"category": [{"coding": [{"system": CATEGORY, "code": "npp"}]}]}, False),
        ({"category": [{"text": "advance directive"}]}, False),
    ],
)
def test_a_consent_in_force_is_a_document_by_its_category(
    members: dict[str, Any], counts: bool
) -> None:
    directive = {
        "resourceType": "Consent",
        "id": "k",
        "status": "active",
        "patient": {"reference": "Patient/anna"},
        "category": [{"coding": [{"system": CATEGORY, "code": "acd"}]}],
        "dateTime": "2026-05-01",
    }
    wanted = Documented("advance-plan")
    entries = answer(chart([directive | members], wanted), wanted)
    assert isinstance(entries, Entries)
    assert bool(entries) is counts


@pytest.mark.parametrize(
    ("phrase", "counts"),
    [
        ("message bereavement, 5 days ago", True),
        ("message bereavement in-progress, 5 days ago", True),
        ("message bereavement not-done, 5 days ago", False),
        ("message bereavement foreign, 5 days ago", False),
    ],
)
def test_a_message_that_was_not_sent_does_not_count(phrase: str, counts: bool) -> None:
    assert bool(found(Communicated("bereavement"), phrase)) is counts


def test_a_related_person_goes_by_the_relationship() -> None:
    labels = [e.label for e in found(Related(), "relative sister_in_law", "relative somebody")]
    assert labels == ["sister in law", "next of kin"]
    [proxy] = found(Related("proxy"), "relative proxy", "relative husband")
    assert proxy.label == "health care proxy"


def test_somebody_of_former_times_is_left_out() -> None:
    assert found(Related(), "relative husband former", "relative friend, 900 to 400 days ago").none
