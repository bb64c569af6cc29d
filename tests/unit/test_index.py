"""Whose a resource is, and by which codes it is found."""

from typing import Any

import pytest

from cdshooks.chart.index import Index
from cdshooks.chart.owner import Owner, is_patient
from cdshooks.knowledge import base

Json = dict[str, Any]
SETS = base().value_sets
LOINC = "http://loinc.org"


def index(*resources: Json) -> Index:
    made = Index(base().systems, Owner("anna"))
    for resource in resources:
        made.add(resource)
    return made


def fvc(system: str | None = LOINC, **members: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": "1",
        "code": {"coding": [{"system": system, "code": "19872-1"}]},
    } | members


def found(*resources: Json) -> int:
    return len(index(*resources).coded("Observation", [SETS["fvc-percent"]]))


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/anna",
        "https://fhir.example/r4/Patient/anna",
        "Patient/anna/_history/3",
        "https://fhir.example/r4/Patient/anna/_history/3",
        "Patient/anna/",
    ],
)
def test_a_reference_to_the_patient_is_known_in_every_form(reference: str) -> None:
    assert is_patient(reference, "anna")
    assert found(fvc(subject={"reference": reference})) == 1


def test_a_patient_whose_id_is_a_uuid_is_known_by_its_urn() -> None:
    """As in charts that were exported whole, where entries refer to one another so."""
    id = "7f1e6f6e-0d3c-4a55-9a0e-2b7f4c1d8e90"
    assert is_patient(f"urn:uuid:{id}", id)
    assert not is_patient(f"urn:uuid:{id[:-1]}1", id)
    assert not is_patient(f"urn:oid:{id}", id)


@pytest.mark.parametrize(
    "reference",
    ["Patient/annabel", "Patient/joanna", "Group/anna", "#anna", "urn:uuid:1", "anna",
     "Patient/eve/Patient/", "XPatient/anna"],
)  # fmt: skip
def test_a_reference_to_anything_else_is_not_the_patient(reference: str) -> None:
    assert found(fvc(subject={"reference": reference})) == 0


@pytest.mark.req("PFD-6")
@pytest.mark.parametrize(
    "members",
    [
        {"subject": {"reference": "Patient/eve"}},
        {"subject": [{"reference": "Patient/eve"}]},
        {"subject": "Patient/eve"},
        {"patient": {"reference": "Patient/eve"}},
        {"subject": {"reference": "Patient/anna"}, "patient": {"reference": "Patient/eve"}},
        {"beneficiary": {"reference": "Patient/eve"}},
        {"for": {"reference": "Patient/eve"}},
        {"individual": {"reference": "Patient/eve"}},
    ],
)
def test_a_resource_of_another_patient_is_dropped(members: Json) -> None:
    made = index(fvc(**members))
    assert made.of("Observation") == []
    assert made.get("Observation/1") is None


@pytest.mark.parametrize("subject", [None, {}, {"display": "Anna"}, [], {"reference": " "}])
def test_a_resource_that_names_nobody_is_the_patients(subject: object) -> None:
    assert found(fvc(subject=subject)) == 1


def test_only_the_patient_of_the_call_is_taken_in() -> None:
    eve, anna = ({"resourceType": "Patient", "id": id} for id in ("eve", "anna"))
    made = index(eve, anna)
    assert [r.id for r in made.of("Patient")] == ["anna"]


@pytest.mark.parametrize(
    "system",
    [LOINC, "https://loinc.org/", "http://loinc.org|2.78", "urn:oid:2.16.840.1.113883.6.1"],
)
def test_a_code_is_found_under_every_name_of_its_system(system: str) -> None:
    assert found(fvc(system)) == 1


@pytest.mark.parametrize(
    "system", [None, "", "loinc", "LOINC", "snomed", "http://other.example", 7]
)
def test_a_code_without_its_system_is_not_found(system: Any) -> None:
    assert found(fvc(system)) == 0


@pytest.mark.parametrize("code", [
    {"coding": {"system": LOINC, "code": "19872-1"}},
    [{"coding": [{"system": LOINC, "code": " 19872-1 "}]}],
    {"system": LOINC, "code": "19872-1"},
    {"coding": [None, 7, {"code": {}}, {"system": LOINC, "code": "19872-1"}]},
])  # fmt: skip
def test_a_code_is_found_however_it_was_wrapped(code: object) -> None:
    assert found(fvc(code=code)) == 1


def test_a_resource_counts_once_however_often_it_came() -> None:
    assert found(fvc(), fvc()) == 1
    assert found(fvc(id=None), fvc(id=None)) == 2
    both = fvc(code={"coding": [{"system": LOINC, "code": c} for c in ("19872-1", "19871-3")]})
    assert found(both) == 1


@pytest.mark.parametrize("id", ["<img src=x>", "[a](https://a.org)", "a b", "a" * 256, "a\x00"])
def test_an_id_that_could_be_none_is_not_repeated_in_an_answer(id: str) -> None:
    chart = index(fvc(id=id), fvc(id=id), fvc(id="Ab-1.2_3~c"))
    [odd, usual] = chart.of("Observation")
    assert (odd.reference, usual.reference) == ("Observation", "Observation/Ab-1.2_3~c")


def test_two_systems_of_two_sites_do_not_mix() -> None:
    from cdshooks.knowledge import Systems

    other = Index(
        Systems({"loinc": "http://else.example"}, {"http://else.example": "loinc"}), Owner("anna")
    )
    other.add(fvc())
    assert other.coded("Observation", [SETS["fvc-percent"]]) == []
    assert found(fvc()) == 1


@pytest.mark.parametrize(
    ("reference", "known"),
    [
        ("Observation/1", True),
        ("https://fhir.example/Observation/1", True),
        ("Observation/1/_history/2", True),
        ("urn:uuid:1", True),
        ("urn:uuid:2", False),
        ("Observation/2", False),
        ("Observation", False),
        ("", False),
        (None, False),
    ],
)
def test_a_reference_leads_to_its_resource(reference: str | None, known: bool) -> None:
    made = index(fvc(), fvc(id=None))
    assert (made.get(reference) is not None) is known


@pytest.mark.parametrize(
    ("coding", "inside"),
    [
        ({"code": "IMP"}, True),
        ({"code": "IMP", "system": None}, True),
        ({"code": "IMP", "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"}, True),
        ({"code": "IMP", "system": "http://hl7.org/fhir/v3/ActCode"}, True),
        ({"code": "IMP", "system": "http://other.example"}, False),
        ({"code": "AMB"}, False),
        ("IMP", False),
    ],
)
def test_the_class_of_an_encounter_needs_no_system(coding: object, inside: bool) -> None:
    made = index({"resourceType": "Encounter", "class": coding})
    assert bool(made.coded("Encounter", [SETS["inpatient"]])) is inside


def test_a_classification_holds_what_stands_below_its_code() -> None:
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "R0601"}]}
    made = index({"resourceType": "Condition", "code": code})
    assert made.coded("Condition", [SETS["orthopnea"]])
    assert not made.coded("Observation", [SETS["orthopnea"]])


@pytest.mark.parametrize("resource", [{}, {"resourceType": None}, {"resourceType": ["Patient"]}])
def test_what_has_no_type_is_passed_over(resource: Json) -> None:
    assert index(resource) == index()


def version(number: int, status: str, changed: str | None = None) -> Json:
    meta = {"meta": {"versionId": str(number), "lastUpdated": changed}} if changed else {}
    return fvc(status=status, **meta)


def test_of_two_versions_of_a_resource_the_later_one_is_read() -> None:
    old = version(1, "final", "2026-05-01T10:00:00Z")
    new = version(2, "entered-in-error", "2026-05-01T11:30:00+01:00")
    for sent in ((old, new), (new, old)):
        [record] = index(*sent).of("Observation")
        assert record.resource is new
    [record] = index(version(1, "final"), new).of("Observation")
    assert record.resource is new
    first, second = version(1, "final"), version(2, "amended")
    [record] = index(first, second).of("Observation")
    assert record.resource is first


def test_a_version_of_another_patient_takes_nobodys_place() -> None:
    own = version(1, "final", "2026-05-01T10:00:00Z")
    theirs = version(2, "final", "2026-05-02T10:00:00Z") | {"subject": {"reference": "Patient/eve"}}
    made = index(own, theirs)
    assert [record.resource for record in made.of("Observation")] == [own]


def test_resources_without_an_id_are_all_read() -> None:
    nameless = {k: v for k, v in fvc().items() if k != "id"}
    assert len(index(nameless, dict(nameless), fvc(), fvc()).of("Observation")) == 3


def report(**members: Any) -> Json:
    held = {key: value for key, value in fvc().items() if key != "subject"}
    return {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "subject": {"reference": "Patient/anna"},
        "effectiveDateTime": "2026-05-01",
        "contained": [held],
        "result": [{"reference": "#1"}],
    } | members


def test_a_result_inside_a_report_is_of_its_patient_and_day() -> None:
    (record,) = index(report()).coded("Observation", [SETS["fvc-percent"]])
    assert record.resource["effectiveDateTime"] == "2026-05-01"
    assert (record.type, record.id) == ("Observation", "")


def test_a_result_inside_a_report_keeps_its_own_day() -> None:
    own = report(contained=[fvc(effectivePeriod={"end": "2026-04-01"})])
    (record,) = index(own).coded("Observation", [SETS["fvc-percent"]])
    assert "effectiveDateTime" not in record.resource


def test_results_with_one_id_inside_two_reports_are_two() -> None:
    assert found(report(), report(id="s", effectiveDateTime="2026-06-01")) == 2


@pytest.mark.parametrize(
    "members",
    [
        {"subject": {"reference": "Patient/other"}},
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"contained": [fvc(subject={"reference": "Patient/other"})]},
    ],
)
def test_a_result_inside_what_does_not_count_does_not_count(members: Json) -> None:
    assert found(report(**members)) == 0
