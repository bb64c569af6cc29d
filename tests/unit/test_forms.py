"""Filled-in questionnaires: which items answer what, and what of them is no answer."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cdshooks.chart import View, answer, plan, read_chart
from cdshooks.chart.forms import answers
from cdshooks.chart.sources import Answered, read_result
from cdshooks.knowledge import Code, base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Latest, Missing, Reading, Series, Why

Json = dict[str, Any]
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
TOTAL = "44261-6"
PHQ = Latest("phq9-total", lookback=None)
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def _form(*items: Json, **changes: Any) -> Json:
    form: Json = {
        "resourceType": "QuestionnaireResponse",
        "id": "form-1",
        "status": "completed",
        "subject": {"reference": "Patient/anna"},
        "authored": "2026-05-20T09:00:00Z",
        "item": list(items),
    }
    return form | changes


def _item(link: str, **value: Any) -> Json:
    return {"linkId": link, "answer": [value]}


def _view(*resources: Json, full: bool = True, failed: bool = False) -> View:
    knowledge = base().profile("default")
    searches = plan([PHQ], knowledge, full=full)
    prefetch: Json = {}
    for search in searches:
        entries = [{"resource": r} for r in resources if r["resourceType"] == search.type]
        prefetch[search.key] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        if failed and search.type == "QuestionnaireResponse":
            prefetch[search.key] = {"resourceType": "OperationOutcome"}
    context = Context(patient_id="anna", user_id="Practitioner/7")
    request = HookRequest("patient-view", "d1577c69", context, prefetch=prefetch)
    return read_chart(request, searches, knowledge, NOW, UTC)


def _read(*resources: Json, **options: bool) -> Reading | Missing:
    found = answer(_view(*resources, **options), PHQ)
    assert isinstance(found, Reading | Missing)
    return found


@pytest.mark.parametrize(
    "link",
    [TOTAL, f"/{TOTAL}", f"/44249-1/{TOTAL}", f"http://loinc.org/{TOTAL}", f" {TOTAL} "],
)
def test_an_item_is_known_by_a_loinc_code_at_the_end_of_its_link(link: str) -> None:
    assert [code for code, _ in answers(_form(_item(link, valueInteger=12)))] == [
        Code("loinc", TOTAL)
    ]


@pytest.mark.parametrize(
    "link", ["", "q1", f"x{TOTAL}", f"{TOTAL}-a", f"{TOTAL}/1", "44261", "12345678-1", None, 7]
)
def test_another_link_names_nothing(link: object) -> None:
    assert list(answers(_form({"linkId": link, "answer": [{"valueInteger": 12}]}))) == []


def test_items_in_groups_and_under_answers_are_found_in_their_order() -> None:
    inner = {"linkId": "g", "item": [_item("1-1", valueInteger=1)]}
    under = {
        "linkId": "2-2",
        "answer": [{"valueInteger": 2, "item": [_item("3-3", valueInteger=3)]}],
    }
    found = [code.code for code, _ in answers(_form(inner, under, _item("4-4", valueInteger=4)))]
    assert found == ["1-1", "2-2", "3-3", "4-4"]


def test_an_item_that_was_left_open_is_no_answer() -> None:
    assert list(answers(_form({"linkId": TOTAL}, {"linkId": TOTAL, "answer": []}))) == []


def test_two_answers_to_one_question_are_none_that_can_be_read() -> None:
    item = {"linkId": TOTAL, "answer": [{"valueInteger": 1}, {"valueInteger": 2}]}
    read = _read(_form(item))
    assert isinstance(read, Missing)
    assert read.why is Why.UNREADABLE


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 12},
        {"valueDecimal": 12.0},
        {"valueQuantity": {"value": 12, "unit": "{score}"}},
        {"valueString": "12"},
        {"valueCoding": {"code": "x", "extension": [{"url": ORDINAL, "valueDecimal": 12}]}},
    ],
)
def test_a_score_is_read_in_every_form_of_an_answer(value: Json) -> None:
    read = _read(_form(_item(TOTAL, **value)))
    assert isinstance(read, Reading)
    assert (read.value, read.day, read.age) == (12, date(2026, 5, 20), 12)
    assert read.origins[0].resource == "QuestionnaireResponse/form-1"


def test_a_score_of_nothing_is_a_score() -> None:
    for value in ({"valueInteger": 0}, {"valueString": "0"}):
        read = _read(_form(_item(TOTAL, **value)))
        assert isinstance(read, Reading)
        assert read.value == 0


@pytest.mark.parametrize(
    "extension",
    [
        [],
        [{"url": "http://elsewhere.example/ordinalValue", "valueDecimal": 3}],
        [{"url": ORDINAL, "valueDecimal": 3}, {"url": ORDINAL, "valueDecimal": 2}],
    ],
)
def test_a_code_without_one_score_is_said_to_be_unreadable(extension: list[Json]) -> None:
    coding = {"system": "http://loinc.org", "code": "LA6570-1", "extension": extension}
    read = _read(_form(_item(TOTAL, valueCoding=coding)))
    assert isinstance(read, Missing)
    assert read.why is Why.UNREADABLE
    assert "is coded, and no score is given with it" in read.text


def test_a_coded_observation_is_read_by_the_score_that_it_carries() -> None:
    coding = {"code": "x", "extension": [{"url": ORDINAL, "valueDecimal": 12}]}
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/anna"},
        "code": {"coding": [{"system": "http://loinc.org", "code": TOTAL}]},
        "effectiveDateTime": "2026-05-20",
        "valueCodeableConcept": {"coding": [coding]},
    }
    read = _read(observation)
    assert isinstance(read, Reading)
    assert read.value == 12
    bare = _read(observation | {"valueCodeableConcept": {"text": "often"}})
    assert isinstance(bare, Missing)
    assert "is coded" in bare.text


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("amended", None),
        ("in-progress", Why.CONTEXT),
        ("stopped", Why.NEVER),
        ("entered-in-error", Why.NEVER),
        ("final", Why.NEVER),
        (None, Why.UNREADABLE),
    ],
)
def test_only_a_form_that_was_finished_counts(status: str | None, why: Why | None) -> None:
    read = _read(_form(_item(TOTAL, valueInteger=12), status=status))
    assert (read.why if isinstance(read, Missing) else None) is why


def test_an_observation_is_not_completed() -> None:
    observation = {
        "resourceType": "Observation",
        "status": "completed",
        "code": {"coding": [{"system": "http://loinc.org", "code": TOTAL}]},
        "effectiveDateTime": "2026-05-20",
        "valueInteger": 12,
    }
    assert isinstance(_read(observation), Missing)


def test_somebody_elses_form_is_left_out() -> None:
    view = _view(_form(_item(TOTAL, valueInteger=12), subject={"reference": "Patient/other"}))
    assert isinstance(answer(view, PHQ), Missing)


def test_a_form_without_a_date_cannot_be_used() -> None:
    read = _read(_form(_item(TOTAL, valueInteger=12), authored=None))
    assert isinstance(read, Missing)
    assert "no readable date" in read.text


def test_an_implausible_answer_is_shown_as_it_was_sent() -> None:
    read = _read(_form(_item(TOTAL, valueInteger=30)))
    assert isinstance(read, Missing)
    assert (read.why, read.origins[0].value) == (Why.IMPLAUSIBLE, "30")


def test_forms_and_observations_make_one_series() -> None:
    observation = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": TOTAL}]},
        "effectiveDateTime": "2026-04-01",
        "valueInteger": 4,
    }
    view = _view(_form(_item(TOTAL, valueInteger=12)), observation)
    found = answer(view, Series("phq9-total", lookback=None))
    assert isinstance(found, tuple)
    assert [reading.value for reading in found] == [4, 12]


def test_a_failed_search_for_forms_leaves_absence_unproven() -> None:
    read = _read(failed=True)
    assert isinstance(read, Missing)
    assert (read.why, read.failed) == (Why.UNREAD, ("questionnaireResponses",))


def test_where_forms_are_not_asked_for_observations_decide() -> None:
    read = _read(full=False)
    assert isinstance(read, Missing)
    assert read.why is Why.NEVER


def test_forms_are_asked_for_whole_and_only_where_everything_is() -> None:
    knowledge = base().profile("default")
    full = {s.type: s for s in plan([PHQ], knowledge, full=True)}
    assert full["QuestionnaireResponse"].query == (
        "QuestionnaireResponse?patient={{context.patientId}}&_sort=-authored&_count=100"
    )
    core = {s.type for s in plan([PHQ], knowledge, full=False)}
    assert core == {"Observation"}
    assert {s.type for s in plan([Latest("fatigue-severity", None)], knowledge, full=True)} == {
        "Observation"
    }


def test_a_page_of_forms_is_whole_down_to_its_last_day() -> None:
    [search] = [s for s in plan([PHQ], base().profile("default"), full=True) if not s.codes]
    page = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": "http://x/next"}],
        "entry": [{"resource": _form(authored="2026-05-20")}],
    }
    result = read_result(search, {search.key: page}, "anna", UTC)
    assert (result.answered, result.oldest) == (Answered.PART, date(2026, 5, 20))
