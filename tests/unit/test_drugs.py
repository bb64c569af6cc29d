"""Which drug an order is about: by code, by reference, by name, and in conflict."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from cdshooks.chart import View, read_chart
from cdshooks.chart.drugs import Identity, identify
from cdshooks.chart.searches import Search
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest

Json = dict[str, Any]
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
MEDICATIONS = Search("drugs", "Medication", "Medication", "drugs", 1)


def view(*drafts: tuple[str | None, Json], chart: tuple[Json, ...] = ()) -> View:
    context = Context(patient_id="anna", draft_orders=drafts)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": r} for r in chart]}
    request = HookRequest("order-sign", "x", context, prefetch={"drugs": bundle})
    return read_chart(request, (MEDICATIONS,), base().profile("default"), NOW, UTC)


def coded(*codings: tuple[str, str], text: str | None = None, display: str | None = None) -> Json:
    body: Json = {"coding": [{"system": s, "code": c} for s, c in codings]}
    if text:
        body["text"] = text
    if display:
        body["coding"][0]["display"] = display
    return {"medicationCodeableConcept": body}


def found(order: Json, where: View | None = None) -> Identity:
    identity = identify(where or view(), order)
    assert identity is not None
    return identity


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (RXNORM, "199206"),
        ("urn:oid:2.16.840.1.113883.6.88", "199206"),
        ("2.16.840.1.113883.6.88", "35623"),
        ("http://www.whocc.no/atc", "N07XX02"),
        ("urn:oid:2.16.840.1.113883.6.73", "N07XX02"),
        ("http://snomed.info/sct", "386980005"),
        ("urn:oid:2.16.840.1.113883.6.96", "386980005"),
    ],
)
def test_a_code_identifies_in_its_system(system: str, code: str) -> None:
    identity = found(coded((system, code)))
    assert (identity.drug, identity.label) == ("riluzole", "riluzole")
    assert not identity.by_name
    assert identity.conflict is None
    assert identity.product is not None


@pytest.mark.parametrize(
    ("system", "code"),
    [("http://snomed.info/sct", "199206"), ("", "199206"), (RXNORM, "83366"), (RXNORM, "N07XX23")],
)
def test_a_number_without_its_system_identifies_nothing(system: str, code: str) -> None:
    assert identify(view(), coded((system, code))) is None


def test_all_codings_count_and_the_one_with_a_strength_is_the_product() -> None:
    codes = ((RXNORM, "1"), (RXNORM, "35623"), (RXNORM, "2058147"), (RXNORM, "196501"))
    identity = found(coded(*codes))
    assert identity.product is not None
    assert identity.product.form == "suspension"
    assert identity.strength == (Fraction(5), "mL")


def test_an_ingredient_has_no_strength() -> None:
    assert found(coded((RXNORM, "35623"))).strength == (None, None)


@pytest.mark.parametrize(
    "text",
    ["riluzole", "RILUZOLE 50 mg", "take Rilutek", "Riluzol-Muster 50 mg", "(riluzole)", "Emylif"],
)
def test_a_name_identifies_with_less_certainty(text: str) -> None:
    identity = found({"medicationCodeableConcept": {"text": text}})
    assert (identity.drug, identity.by_name, identity.product) == ("riluzole", True, None)
    assert identity.conflict is None
    assert identity.label == "riluzole"


@pytest.mark.parametrize(
    "text",
    [
        "troriluzole",
        "Troriluzole 140 mg",
        "tro-riluzole",
        "riluzoles",
        "xriluzole",
        "rilu zole",
        "",
    ],
)
def test_a_part_of_a_word_identifies_nothing(text: str) -> None:
    assert identify(view(), {"medicationCodeableConcept": {"text": text}}) is None


def test_another_drug_beside_its_lookalike_is_still_found() -> None:
    assert found({"medicationCodeableConcept": {"text": "riluzole, not troriluzole"}}).by_name


def test_text_that_names_two_drugs_identifies_none() -> None:
    text = {"medicationCodeableConcept": {"text": "riluzole or edaravone"}}
    assert identify(view(), text) is None


def test_a_display_identifies_when_the_code_is_unknown() -> None:
    assert found(coded((RXNORM, "1"), display="riluzole 50 MG")).by_name


def test_text_that_names_another_drug_is_a_conflict() -> None:
    identity = found(coded((RXNORM, "199206"), text="edaravone", display="riluzole 50 MG"))
    assert (identity.drug, identity.conflict, identity.by_name) == ("riluzole", "edaravone", False)


def test_text_that_names_the_drug_beside_another_is_no_conflict() -> None:
    assert found(coded((RXNORM, "199206"), text="riluzole after edaravone")).conflict is None


def test_text_that_names_no_known_drug_is_no_conflict() -> None:
    assert found(coded((RXNORM, "199206"), text="the white tablets")).conflict is None


def test_codes_of_two_drugs_are_a_conflict() -> None:
    identity = found(coded((RXNORM, "199206"), (RXNORM, "1924316")))
    assert {identity.drug, identity.conflict} == {"riluzole", "edaravone"}


def test_a_drug_that_is_not_known_identifies_nothing() -> None:
    assert identify(view(), coded((RXNORM, "1151"), text="ascorbic acid")) is None
    assert identify(view(), {}) is None


FILM = {
    "resourceType": "Medication",
    "id": "m1",
    "code": coded((RXNORM, "2265862"))["medicationCodeableConcept"],
}


def test_a_contained_medication_is_read() -> None:
    order = {"contained": [{"id": "m0"}, FILM], "medicationReference": {"reference": "#m1"}}
    identity = found(order)
    assert identity.product is not None
    assert identity.product.form == "film"
    order["medicationReference"] = {"reference": "#m2"}
    assert identify(view(), order) is None


@pytest.mark.parametrize(
    "reference", ["Medication/m1", "urn:uuid:11111111-1111-4111-8111-111111111111"]
)
def test_a_medication_among_the_drafts_is_found_by_id_and_by_full_url(reference: str) -> None:
    drafts = (
        ("urn:uuid:0", {"resourceType": "Medication"}),
        ("urn:uuid:11111111-1111-4111-8111-111111111111", FILM),
    )
    identity = found({"medicationReference": {"reference": reference}}, view(*drafts))
    assert identity.strength == (Fraction(50), "film")


def test_only_a_medication_is_taken_for_one() -> None:
    other = FILM | {"resourceType": "MedicationRequest"}
    order = {"medicationReference": {"reference": "urn:uuid:9"}}
    assert identify(view(("urn:uuid:9", other)), order) is None


@pytest.mark.parametrize("reference", ["Medication/m1", "http://ehr.example/fhir/Medication/m1"])
def test_a_medication_of_the_chart_is_found(reference: str) -> None:
    order = {"medicationReference": {"reference": reference}}
    assert found(order, view(chart=(FILM,))).drug == "riluzole"
    assert identify(view(chart=(FILM | {"id": "m9"},)), order) is None


def test_a_reference_that_leads_nowhere_may_still_name_the_drug() -> None:
    order = {"medicationReference": {"reference": "Medication/zz", "display": "riluzole"}}
    assert found(order).by_name
    assert identify(view(), {"medicationReference": {"reference": "Medication/zz"}}) is None
    assert found({"medicationReference": {"display": "riluzole"}}).by_name


def test_a_later_version_wraps_concept_and_reference() -> None:
    concept = coded((RXNORM, "199206"))["medicationCodeableConcept"]
    assert found({"medication": {"concept": concept}}).drug == "riluzole"
    wrapped = {"medication": {"reference": {"reference": "Medication/m1"}}}
    assert found(wrapped, view((None, FILM))).drug == "riluzole"


def ingredient(concept: str, strength: Json | None = None) -> Json:
    item = coded((RXNORM, "35623"))["medicationCodeableConcept"]
    row: Json = {concept: item if concept == "itemCodeableConcept" else {"concept": item}}
    return row | ({"strength": strength} if strength else {})


@pytest.mark.parametrize("key", ["itemCodeableConcept", "item"])
def test_an_ingredient_identifies(key: str) -> None:
    medication = {"id": "m1", "ingredient": [ingredient(key)]}
    order = {"contained": [medication], "medicationReference": {"reference": "#m1"}}
    assert found(order).drug == "riluzole"
    assert found(order).strength == (None, None)


def test_an_ingredient_may_be_a_substance_of_the_same_order() -> None:
    code = coded((RXNORM, "35623"))["medicationCodeableConcept"]
    substance = {"resourceType": "Substance", "id": "s", "code": code}
    medication = {"id": "m1", "ingredient": [{"itemReference": {"reference": "#s"}}]}
    order: Json = {"medicationReference": {"reference": "#m1"}}
    assert found(order | {"contained": [medication, substance]}).drug == "riluzole"
    assert identify(view(), order | {"contained": [medication]}) is None


def test_an_ingredient_without_an_effect_of_its_own_identifies_nothing() -> None:
    idle = ingredient("itemCodeableConcept") | {"isActive": False}
    order: Json = {"medicationReference": {"reference": "#m1"}}
    assert identify(view(), order | {"contained": [{"id": "m1", "ingredient": [idle]}]}) is None
    strong = ingredient("itemCodeableConcept", ratio(50, "mg", 1, "tablet"))
    mixed = order | {"contained": [{"id": "m1", "ingredient": [strong, idle]}]}
    assert found(mixed).strength == (Fraction(50), "tablet")


def ratio(mg: Any, unit: str, value: Any, per: str) -> Json:
    return {"numerator": {"value": mg, "unit": unit}, "denominator": {"value": value, "unit": per}}


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        (ratio(50, "mg", 1, "tablet"), (Fraction(50), "tablet")),
        (ratio(300, "mg", 60, "mL"), (Fraction(5), "mL")),
        (ratio(5, "g", 1, "L"), (Fraction(5), "mL")),
        (ratio(50, "mg", 0, "tablet"), (None, None)),
        (ratio(50, "mg", -1, "tablet"), (None, None)),
        (ratio(50, "mg", 1, "bag"), (None, None)),
        (ratio(50, "mg", 100, "mg"), (None, None)),
        (ratio(50, "mg", None, "tablet"), (None, None)),
        (ratio(1, "tablet", 1, "tablet"), (None, None)),
        ({}, (None, None)),
    ],
)
def test_a_medication_says_its_strength_when_its_code_does_not(
    strength: Json, expected: tuple[Fraction | None, str | None]
) -> None:
    medication = {"id": "m1", "ingredient": [ingredient("itemCodeableConcept", strength)]}
    order = {"contained": [medication], "medicationReference": {"reference": "#m1"}}
    assert found(order).strength == expected


def test_a_mixture_has_no_strength_and_a_product_keeps_its_own() -> None:
    half = ingredient("itemCodeableConcept", ratio(25, "mg", 1, "tablet"))
    mixture = {"id": "m1", "ingredient": [half, half]}
    order: Json = {"contained": [mixture], "medicationReference": {"reference": "#m1"}}
    assert found(order).strength == (None, None)
    order["contained"] = [FILM | {"ingredient": [half]}]
    assert found(order).strength == (Fraction(50), "film")


def test_the_strength_of_a_medication_known_by_name_counts() -> None:
    strong = {"strength": ratio(50, "mg", 1, "tablet")}
    medication = {"id": "m1", "code": {"text": "riluzole"}, "ingredient": [strong]}
    order = {"contained": [medication], "medicationReference": {"reference": "#m1"}}
    assert found(order).strength == (Fraction(50), "tablet")
