"""The example EHR without HTTP: what it holds on a day, how it searches, what it refuses."""

from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cdshooks import examples
from cdshooks.chart import as_prefetch
from cdshooks.ehr import (
    TYPES,
    Kind,
    Records,
    SearchRefused,
    capability,
    parameters,
    read_query,
    records,
)
from cdshooks.fhir.validate import faults
from cdshooks.knowledge import base
from cdshooks.services import services
from cdshooks.services.answer import searches
from tests.support import calls

Json = dict[str, Any]
TODAY = date(2026, 8, 30)
LOINC = "http://loinc.org"


def found(resources: list[Json], type: str, **asked: str) -> list[str]:
    """The ids that a search finds; double underscores stand for hyphens."""
    pairs = [(name.replace("__", "-"), value) for name, value in asked.items()]
    query = read_query(type, pairs, UTC)
    return [one["id"] for one in Records(iter(resources), UTC).search(query).page]


def observation(id: str, when: object = "2026-03-04", **more: Any) -> Json:
    coding = [{"system": LOINC, "code": "1742-6"}]
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": coding},
        "subject": {"reference": "Patient/anna"},
        **({"effectiveDateTime": when} if isinstance(when, str) else {"effectivePeriod": when}),
        **more,
    }


def test_every_example_patient_is_there_as_of_today() -> None:
    patients = records(TODAY, UTC).search(read_query("Patient", [], UTC))
    assert patients.total == len(patients.page) == len(examples.names())
    assert not patients.more
    told = examples.shifted(examples.load("bulbar-onset-fvc-falling"), TODAY)
    for entry in told["entry"]:
        resource = entry["resource"]
        assert records(TODAY, UTC).read(resource["resourceType"], resource["id"]) == resource


def test_ids_stay_and_dates_move_with_the_day() -> None:
    now, later = (records(day, UTC) for day in (TODAY, date(2027, 1, 1)))
    query = read_query("Observation", [("patient", "bulbara")], UTC)
    before, after = (
        {one["id"]: one["effectiveDateTime"] for one in there.search(query).page}
        for there in (now, later)
    )
    assert before.keys() == after.keys()
    assert all(before[id] != after[id] for id in before)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("service", services(), ids=lambda one: one.id)
def test_every_search_of_a_service_finds_what_a_client_would_prefetch(
    service: Any, full: bool
) -> None:
    site = calls.site_of(calls.settings().model_copy(update={"prefetch": "full"}))
    asked = searches(service.hook, site if full else calls.site_of(calls.settings()))
    there = records(TODAY, UTC)
    for name in ("bulbar-onset-fvc-falling", "dirty-data", "niv-started-not-tolerated"):
        bundle = examples.shifted(examples.load(name), TODAY)
        resources = [entry["resource"] for entry in bundle["entry"]]
        patient = next(r["id"] for r in resources if r["resourceType"] == "Patient")
        mine = [r for r in resources if patient in str(r.get("subject") or r.get("patient"))]
        wanted = as_prefetch(asked, mine)
        for search in asked:
            filled = search.query.replace("{{context.patientId}}", patient)
            type, mark, text = filled.partition("?")
            if mark:
                pairs = [tuple(one.split("=")) for one in text.split("&")]
                hits = there.search(read_query(type, pairs, UTC))  # type: ignore[arg-type]
                expected = {
                    entry["resource"]["id"] for entry in wanted[search.key].get("entry", ())
                }
                assert {one["id"] for one in hits.page} == expected
                assert hits.total == len(expected)


def test_every_type_that_some_rule_reads_is_served() -> None:
    read = {"Observation", "Medication", *base().searches}
    assert not read - set(TYPES)
    assert not [
        type for type in read - {"Patient", "Medication"} if "patient" not in parameters(type)
    ]


@pytest.mark.parametrize("type", TYPES)
def test_every_parameter_can_be_asked_for_and_every_date_sorts(type: str) -> None:
    values = {Kind.DATE: "ge2020", Kind.REFERENCE: "anna", Kind.TOKEN: "x", Kind.STRING: "x"}
    for name, one in parameters(type).items():
        read_query(type, [(name, values[one.kind])], UTC)
        if one.kind is Kind.DATE:
            read_query(type, [("_sort", f"-{name},_id")], UTC)


@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ("1742-6", True),
        (f"{LOINC}|1742-6", True),
        (f"{LOINC}|", True),
        ("x,1742-6", True),
        (f"x,{LOINC}|1742-6", True),
        ("|1742-6", False),
        ("http://snomed.info/sct|1742-6", False),
        ("http://snomed.info/sct|", False),
        ("1742", False),
    ],
)
def test_codes_compare_as_tokens(asked: str, hits: bool) -> None:
    assert found([observation("a")], "Observation", code=asked) == (["a"] if hits else [])


def test_a_code_without_system_is_found_by_one_that_asks_for_none() -> None:
    bare = observation("a", code={"coding": [{"code": "local"}]})
    assert found([bare], "Observation", code="|local") == ["a"]
    assert found([bare], "Observation", status="http://hl7.org/fhir/observation-status|final")
    assert not found([bare], "Observation", status="amended")


def test_booleans_and_identifiers_are_tokens_too() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "anna",
        "identifier": [{"system": "urn:mrn", "value": "7"}],
        "gender": "female",
        "birthDate": "1961-03-14",
        "name": [{"family": "Testcase", "given": ["Anna", "Maria"]}],
    }
    for asked in ({"identifier": "urn:mrn|7"}, {"identifier": "7"}, {"gender": "female"}):
        assert found([patient], "Patient", **asked) == ["anna"]
    for asked in ({"name": "test"}, {"given": "mar"}, {"family": "x,TEST"}, {"birthdate": "1961"}):
        assert found([patient], "Patient", **asked) == ["anna"]
    assert not found([patient], "Patient", family="case")
    assert not found([patient], "Patient", identifier="urn:other|7")


@pytest.mark.parametrize(
    ("name", "asked", "hits"),
    [
        ("patient", "anna", True),
        ("patient", "Patient/anna", True),
        ("patient", "http://localhost:5000/fhir/Patient/anna", True),
        ("patient", "x,anna", True),
        ("patient", "ann", False),
        ("patient", "Group/anna", False),
        ("subject", "Patient/anna", True),
        ("subject", "anna", True),
        ("subject", "Group/anna", False),
    ],
)
def test_references_compare_by_type_and_id(name: str, asked: str, hits: bool) -> None:
    assert found([observation("a")], "Observation", **{name: asked}) == (["a"] if hits else [])


def test_a_patient_is_never_another_type_of_subject() -> None:
    group = observation("a", subject={"reference": "Group/anna"})
    assert not found([group], "Observation", patient="anna")
    assert found([group], "Observation", subject="anna") == ["a"]


MARCH = "2026-03-04T10:00:00Z"


@pytest.mark.parametrize(
    ("asked", "when", "hits"),
    [
        ("2026-03-04", MARCH, True),
        ("2026-03", MARCH, True),
        ("2026", MARCH, True),
        ("2026-03-05", MARCH, False),
        ("ge2026-03-04", MARCH, True),
        ("ge2026-03-05", MARCH, False),
        ("gt2026-03-03", MARCH, True),
        ("gt2026-03-04", MARCH, False),
        ("lt2026-03-05", MARCH, True),
        ("lt2026-03-04", MARCH, False),
        ("le2026-03-04", MARCH, True),
        ("le2026-03-03", MARCH, False),
        ("sa2026-03-03", MARCH, True),
        ("sa2026-03-04", MARCH, False),
        ("eb2026-03-05", MARCH, True),
        ("eb2026-03-04", MARCH, False),
        ("ne2026-03-05", MARCH, True),
        ("ne2026-03-04", MARCH, False),
        ("2026-03-04T10:00:00Z", MARCH, True),
        ("2026-03-04T11:00:00+01:00", MARCH, True),
        ("2026-03-04T10:00Z", MARCH, True),
        ("2026-03-04T10:01Z", MARCH, False),
        ("2026-03-04", "2026-03", False),
        ("ge2026-03-04", "2026-03", True),
        ("2026-12", "2026-12-31", True),
        ("lt2026-03-01", {"start": "2026-01-01"}, True),
        ("gt2030", {"start": "2026-01-01"}, True),
        ("gt2026-02", {"end": "2026-02-03"}, False),
        ("2026", {"start": "2026-01-01", "end": "2026-02-03"}, True),
        ("9999", "9999-12-31", True),
        ("ne2026", "a word", False),
        ("ge2020,le2000", MARCH, True),
    ],
)
def test_dates_compare_by_what_they_cover(asked: str, when: object, hits: bool) -> None:
    assert found([observation("a", when)], "Observation", date=asked) == (["a"] if hits else [])


def test_a_day_begins_where_the_installation_is() -> None:
    late = Records(iter([observation("a", "2026-03-04T23:30:00Z")]), ZoneInfo("Europe/Zurich"))
    for asked, total in (("2026-03-05", 1), ("2026-03-04", 0)):
        query = read_query("Observation", [("date", asked)], ZoneInfo("Europe/Zurich"))
        assert late.search(query).total == total


def test_what_repeats_has_to_hold_at_once() -> None:
    pairs = [("date", "ge2026-03-01"), ("date", "lt2026-04-01")]
    there = Records(iter([observation("a"), observation("b", "2026-05-01")]), UTC)
    assert [one["id"] for one in there.search(read_query("Observation", pairs, UTC)).page] == ["a"]


def test_sorting_puts_the_undated_last_and_keeps_what_is_equal_in_order() -> None:
    undated = observation("u")
    del undated["effectiveDateTime"]
    held = [
        undated,
        observation("b", "2026-03-04"),
        observation("a", "2026-03-04"),
        observation("c", "2026-03-05"),
    ]
    assert found(held, "Observation", _sort="-date") == ["c", "b", "a", "u"]
    assert found(held, "Observation", _sort="date") == ["b", "a", "c", "u"]
    assert found(held, "Observation", _sort="date,_id") == ["a", "b", "c", "u"]
    assert found(held, "Observation", _sort="-_id") == ["u", "c", "b", "a"]


def test_pages_follow_each_other_until_everything_was_seen() -> None:
    held = [observation(f"o{number}") for number in range(5)]
    there = Records(iter(held), UTC)
    seen: list[str] = []
    for offset, more in (("0", True), ("2", True), ("4", False)):
        query = read_query("Observation", [("_count", "2"), ("_offset", offset)], UTC)
        page = there.search(query)
        assert (page.total, page.more) == (5, more)
        seen += [one["id"] for one in page.page]
    assert seen == [one["id"] for one in held]
    nothing = there.search(read_query("Observation", [("_count", "0")], UTC))
    assert (nothing.page, nothing.total, nothing.more) == ([], 5, False)


def test_of_two_with_one_id_the_first_stays() -> None:
    held = [observation("a"), observation("a", "2020-01-01")]
    there = Records(iter([*held, {"resourceType": "Basic", "id": "x"}, observation("")]), UTC)
    assert there.read("Observation", "a") == held[0]
    assert there.read("Basic", "x") is None
    assert there.search(read_query("Observation", [], UTC)).total == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("canary", "1"),
        ("code:in", "canary"),
        ("patient.name", "canary"),
        ("_include", "Observation:patient"),
        ("_summary", "count"),
        ("code", ""),
        ("code", "1742-6,"),
        ("code", "|"),
        ("patient", ""),
        ("patient", "Patient/"),
        ("date", "canary"),
        ("date", "ap2026"),
        ("date", "zz2026"),
        ("date", "2026,canary"),
        ("_sort", "code"),
        ("_sort", "-canary"),
        ("_count", "-1"),
        ("_count", "many"),
        ("_count", "9" * 20),
        ("_offset", "x"),
        ("_format", "xml"),
    ],
)
def test_what_is_not_understood_is_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SearchRefused) as refused:
        read_query("Observation", [(name, value)], UTC)
    assert "canary" not in str(refused.value)
    assert refused.value.code in ("not-supported", "value")


def test_commas_and_bars_can_be_part_of_a_value() -> None:
    odd = observation("a", code={"coding": [{"code": "a,b"}]})
    assert found([odd], "Observation", code=r"x,a\,b") == ["a"]


def test_the_capability_statement_is_valid_and_names_every_parameter() -> None:
    said = capability("http://localhost:5000/fhir", TODAY)
    assert list(faults(said)) == []
    assert said["fhirVersion"] == "4.0.1"
    [rest] = said["rest"]
    listed = {
        one["type"]: {param["name"] for param in one["searchParam"]} for one in rest["resource"]
    }
    assert listed == {type: set(parameters(type)) for type in TYPES}
