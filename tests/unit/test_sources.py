"""What an answer to a search proves, and what it does not."""

from datetime import UTC, date
from typing import Any

import pytest

from cdshooks.chart.searches import Search
from cdshooks.chart.sources import Answered, Coverage, Result, coverage, read_result
from cdshooks.knowledge import Code

Json = dict[str, Any]
A, B = Code("loinc", "1-8"), Code("loinc", "2-6")
TESTS = Search("tests", "Observation", "", "tests", 1, frozenset({A, B}), sorted=True)
PROBLEMS = Search("problems", "Condition", "", "problem list", 2)
PERSON = Search("patient", "Patient", "", "patient", 0)
ERROR = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
NEXT = [{"relation": "next", "url": "https://fhir.example/2"}]


def made(at: str | None, **members: Any) -> Json:
    dated = {"effectiveDateTime": at} if at else {}
    return {"resourceType": "Observation", **dated, **members}


def bundle(*resources: object, **members: Any) -> Json:
    body: Json = {"resourceType": "Bundle", "type": "searchset"}
    return body | {"entry": [{"resource": r} for r in resources]} | members


def read(value: object, search: Search = TESTS) -> Result:
    return read_result(search, {search.key: value}, "anna", UTC)


def test_a_key_that_was_not_sent_is_silence() -> None:
    assert read_result(TESTS, {}, "anna", UTC).answered is Answered.SILENT


@pytest.mark.parametrize("value", [None, bundle(), {"resourceType": "Bundle"}, bundle(total=0)])
def test_nothing_there_is_a_whole_answer(value: object) -> None:
    assert read(value) == Result(TESTS, Answered.WHOLE)


@pytest.mark.parametrize(
    "value",
    [
        ERROR,
        {"resourceType": "OperationOutcome"},
        [],
        "none",
        7,
        {},
        {"resourceType": "Condition"},
        bundle(ERROR),
        bundle(made("2026-05-01"), ERROR),
        bundle(made("2026-05-01"), {**ERROR, "issue": {"severity": "fatal"}}),
        bundle({"resourceType": "Condition"}),
        bundle(made("2026-05-01"), "lost"),
        bundle() | {"entry": [{"fullUrl": "urn:uuid:1"}]},
        bundle() | {"entry": "lost"},
        bundle(made("2026-05-01"), type="batch-response"),
        bundle(made("2026-05-01"), type=["searchset"]),
    ],
)
def test_what_is_no_whole_answer_proves_nothing(value: object) -> None:
    found = read(value)
    assert found.answered is Answered.FAILED
    assert not found.complete(None)
    assert not found.complete(date(2026, 6, 1))


def test_what_came_beside_an_error_can_still_be_used() -> None:
    assert read(bundle(made("2026-05-01"), ERROR)).resources == (made("2026-05-01"),)


@pytest.mark.parametrize("severity", ["warning", "information"])
def test_a_warning_is_no_failure(severity: str) -> None:
    hint = {"resourceType": "OperationOutcome", "issue": [{"severity": severity}]}
    assert read(bundle(made("2026-05-01"), hint)) == Result(
        TESTS, Answered.WHOLE, (made("2026-05-01"),)
    )


def test_a_resource_without_a_bundle_is_an_answer() -> None:
    assert read(made("2026-05-01")).resources == (made("2026-05-01"),)


def test_what_a_search_brings_along_is_kept() -> None:
    found = read(bundle(made("2026-05-01"), {"resourceType": "Device"}, type="collection"))
    assert (found.answered, len(found.resources)) == (Answered.WHOLE, 2)


@pytest.mark.parametrize(
    ("members", "answered"),
    [
        ({"link": NEXT}, Answered.PART),
        ({"link": NEXT[0]}, Answered.PART),
        ({"link": [{"relation": "self"}]}, Answered.WHOLE),
        ({"total": 2}, Answered.PART),
        ({"total": "2"}, Answered.PART),
        ({"total": 1}, Answered.WHOLE),
        ({"total": 0}, Answered.WHOLE),
        ({"total": True}, Answered.WHOLE),
    ],
)
def test_a_further_page_makes_a_part(members: Json, answered: Answered) -> None:
    assert read(bundle(made("2026-05-01"), **members)).answered is answered


@pytest.mark.parametrize(
    ("days", "oldest"),
    [
        (["2026-05-03", "2026-05-01"], "2026-05-01"),
        (["2026-05-03", "2026-05-03"], "2026-05-03"),
        ([None, "2026-05-03", "2026-05-01"], "2026-05-01"),
        (["2026-05-01", "2026-05-03"], None),
        (["2026-05-03", None], None),
        (["2026-05-03", None, "2026-05-01"], None),
        ([None], None),
        ([], None),
    ],
)
def test_a_page_reaches_down_to_its_last_day_if_it_is_sorted(
    days: list[str | None], oldest: str | None
) -> None:
    found = read(bundle(*map(made, days), link=NEXT))
    assert found.oldest == (date.fromisoformat(oldest) if oldest else None)


@pytest.mark.parametrize(
    ("resource", "oldest"),
    [
        (made(None, effectivePeriod={"start": "2026-05-01", "end": "2026-05-02"}), 2),
        (made(None, performedDateTime="2026-05-03"), 3),
        (made(None, period={"start": "2026-05-04", "end": "2026-05-09"}), 4),
        (made(None, issued="2026-05-05"), None),
    ],
)
def test_the_day_of_an_entry_is_that_by_which_a_server_sorts(
    resource: Json, oldest: int | None
) -> None:
    found = read(bundle(resource, link=NEXT))
    assert found.oldest == (date(2026, 5, oldest) if oldest else None)


def test_a_part_is_complete_only_for_days_after_its_last_entry() -> None:
    part = Result(TESTS, Answered.PART, (), date(2026, 5, 1))
    assert part.complete(date(2026, 5, 2))
    assert not part.complete(date(2026, 5, 1))
    assert not part.complete(None)
    unsorted = Search("tests", "Observation", "", "tests", 1)
    assert not Result(unsorted, Answered.PART, (), date(2026, 5, 1)).complete(date(2026, 5, 2))
    assert not Result(TESTS, Answered.PART).complete(date(2026, 5, 2))
    assert not Result(TESTS, Answered.SILENT).complete(date(2026, 5, 2))


@pytest.mark.parametrize(
    ("value", "answered"),
    [
        ({"resourceType": "Patient", "id": "anna"}, Answered.WHOLE),
        ({"resourceType": "Patient"}, Answered.WHOLE),
        (bundle({"resourceType": "Patient", "id": "anna"}), Answered.WHOLE),
        ({"resourceType": "Patient", "id": "eve"}, Answered.FAILED),
        (bundle({"resourceType": "Patient", "id": "eve"}), Answered.FAILED),
        (bundle(), Answered.FAILED),
        (None, Answered.FAILED),
        (ERROR, Answered.FAILED),
    ],
)
def test_only_the_patient_of_the_call_is_the_patient(value: object, answered: Answered) -> None:
    assert read(value, PERSON).answered is answered


def test_an_absence_needs_one_search_that_was_read_to_its_end() -> None:
    whole, failed = Result(TESTS, Answered.WHOLE), Result(TESTS, Answered.FAILED)
    assert coverage([failed, whole], "Observation", [A], None) == Coverage(True)
    assert coverage([failed], "Observation", [A, B], None) == Coverage(False, ("tests",))
    part = Result(TESTS, Answered.PART)
    assert coverage([part], "Observation", [A], None) == Coverage(False, ("tests",))
    other = Search("more", "Observation", "", "more tests", 1)
    unread = Result(other, Answered.FAILED)
    assert coverage([part, unread], "Observation", [A], None).failed == ("more",)
    assert coverage([unread, failed], "Observation", [A], None).failed == ("more", "tests")


def test_a_search_that_asked_for_something_else_proves_nothing() -> None:
    other = Code("loinc", "3-4")
    unasked = Coverage(False, (), asked=False)
    assert coverage([Result(TESTS, Answered.WHOLE)], "Observation", [A, other], None) == unasked
    assert coverage([Result(PROBLEMS, Answered.WHOLE)], "Observation", [A], None) == unasked
    assert coverage([Result(PROBLEMS, Answered.WHOLE)], "Condition", [], None).whole


def test_one_encounter_read_by_its_id_proves_nothing_about_others() -> None:
    one = Search("encounter", "Encounter", "", "this encounter", 1, by_id=True)
    result = read({"resourceType": "Encounter", "id": "e1"}, one)
    assert result.answered is Answered.WHOLE
    assert coverage([result], "Encounter", (), None) == Coverage(whole=False, asked=False)
