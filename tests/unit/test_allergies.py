"""Allergies of the chart: what stands, to what, and how severe it was."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.rules.authoring import Allergic, Allergies, Allergy
from tests.support.line import view_of

Json = dict[str, Any]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
RILUZOLE: Json = {"coding": [{"system": RXNORM, "code": "35623"}]}
NOTHING: Json = {"text": "something else"}
WANTED = Allergic("riluzole")


def entry(**changes: Any) -> Json:
    resource = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/anna"},
        "code": RILUZOLE,
    }
    return resource | changes


def status(code: str, **more: str) -> Json:
    return {"coding": [{"code": code}], **more}


def found(*resources: Json) -> Allergies:
    allergies = answer(view_of(resources, {WANTED}, hook="order-sign"), WANTED)
    assert isinstance(allergies, Allergies)
    return allergies


def only(**changes: Any) -> Allergy:
    [allergy] = found(entry(**changes))
    return allergy


def test_what_an_allergy_is_to_is_read_once_for_all_drugs() -> None:
    others = [Allergic(drug) for drug in ("edaravone", "tofersen", "dextromethorphan-quinidine")]
    view = view_of([entry(), entry(id="b", code=NOTHING)], {WANTED, *others}, hook="order-sign")
    assert answer(view, WANTED)
    read = len(view.read)
    for other in others:
        assert not answer(view, other)
    assert len(view.read) == read


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"clinicalStatus": status("active")},
        {"clinicalStatus": status("active", text="Aktiv")},
        {"clinicalStatus": "active"},
        {"clinicalStatus": {"text": "in force"}},
        {"verificationStatus": status("unconfirmed")},
        {"verificationStatus": status("confirmed")},
        {"status": "confirmed"},
    ],
)
def test_an_allergy_stands_unless_it_says_that_it_does_not(changes: Json) -> None:
    assert found(entry(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"clinicalStatus": status("inactive")},
        {"clinicalStatus": status("resolved", text="Active once")},
        {"verificationStatus": status("refuted")},
        {"verificationStatus": status("Entered-in-Error")},
        {"status": "resolved"},
        {"patient": {"reference": "Patient/ben"}},
    ],
)
def test_an_allergy_that_is_over_refuted_or_somebody_elses_does_not_stand(changes: Json) -> None:
    assert not found(entry(**changes))


@pytest.mark.parametrize(
    "code",
    [
        RILUZOLE,
        {"coding": [{"system": RXNORM, "code": "2265862"}]},
        {"coding": [{"system": SNOMED, "code": "386980005"}]},
        {"text": "Rilutek 50 mg"},
        {"coding": [{"display": "riluzole"}]},
        {"coding": [{"system": "http://other", "code": "1"}, RILUZOLE["coding"][0]]},
    ],
)
def test_riluzole_is_known_by_its_codes_and_names(code: Json) -> None:
    assert found(entry(code=code))
    assert found(entry(code=NOTHING, reaction=[{"substance": code}]))


@pytest.mark.parametrize(
    "code",
    [
        NOTHING,
        {"text": "troriluzole"},
        {"coding": [{"code": "35623"}]},
        {"coding": [{"system": SNOMED, "code": "716186003"}]},
        {"text": "No known allergy to riluzole"},
        {"text": "NKDA, takes riluzole"},
        {"text": "not allergic to riluzole"},
        {"coding": [{"system": RXNORM, "code": "1924316"}]},
    ],
)
def test_other_substances_and_denials_are_no_allergy_to_riluzole(code: Json) -> None:
    assert not found(entry(code=code))


def graded(**changes: Any) -> str:
    allergy = only(**changes)
    assert not (allergy.severe and allergy.mild)
    return "severe" if allergy.severe else "mild" if allergy.mild else "unknown"


def reaction(**parts: Any) -> Json:
    return {"reaction": [parts]}


MANIFESTED: Json = {"manifestation": [{"text": "rash"}]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "unknown"),
        ({"criticality": "unable-to-assess"}, "unknown"),
        ({"type": "allergy"}, "unknown"),
        ({"type": "intolerance"}, "mild"),
        ({"criticality": "low"}, "mild"),
        ({"criticality": "high"}, "severe"),
        ({"criticality": "high", "type": "intolerance"}, "severe"),
        (reaction(**MANIFESTED), "mild"),
        (reaction(severity="mild"), "mild"),
        (reaction(severity="moderate"), "mild"),
        (reaction(severity="severe"), "severe"),
        ({"reaction": {"severity": "severe"}}, "severe"),
        ({"reaction": [{"severity": "mild"}, {"severity": "severe"}]}, "severe"),
        (
            reaction(manifestation=[{"coding": [{"system": SNOMED, "code": "39579001"}]}]),
            "severe",
        ),
        (reaction(severity="mild", manifestation=[{"text": "Anaphylaxis"}]), "severe"),
        (reaction(manifestation=[{"coding": [{"display": "Angioedema of lips"}]}]), "severe"),
        (reaction(manifestation=[{"text": "rash"}, {"text": "angio-oedema"}]), "severe"),
        (reaction(description="Anaphylaxis after the first tablet"), "severe"),
        (reaction(description="rash, no anaphylaxis"), "mild"),
    ],
)
def test_the_severity_is_what_the_record_says(changes: Json, expected: str) -> None:
    assert graded(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        (reaction(**MANIFESTED), "rash"),
        (reaction(description="skin came off"), "skin came off"),
        (reaction(manifestation=[{"coding": [{"display": "Hives"}]}]), "Hives"),
        ({"reaction": [{"severity": "mild"}, MANIFESTED]}, "rash"),
        (reaction(manifestation=[{"text": "x" * 50}]), "x" * 29 + "…"),
    ],
)
def test_the_reaction_is_named_as_the_chart_does(changes: Json, expected: str) -> None:
    assert only(**changes).reaction == expected


def test_the_origin_names_the_resource_and_the_day_it_was_written_or_began() -> None:
    [origin] = only(recordedDate="2025-03-04", onsetDateTime="2024-01-01").origins
    assert (origin.resource, origin.day) == ("AllergyIntolerance/a", date(2025, 3, 4))
    assert (origin.label, origin.value) == ("riluzole allergy", "reaction not stated")
    [onset] = only(onsetDateTime="2024-01-01").origins
    assert onset.day == date(2024, 1, 1)
    [undated] = only().origins
    assert undated.day is None


def test_every_allergy_that_stands_is_given() -> None:
    assert len(list(found(entry(), entry(id="b"), entry(id="c", code=NOTHING)))) == 2


def test_none_is_known_only_if_the_search_was_answered() -> None:
    assert found() == Allergies((), whole=True)
    view = view_of([], {WANTED}, hook="order-sign", prefetch={"patient": None})
    unread = answer(view, WANTED)
    assert unread == Allergies((), whole=False, failed=("allergies",))
