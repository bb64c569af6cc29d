"""Whole calls about riluzole orders, as clients send them, and the cards that must come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdshooks.chart import as_prefetch
from cdshooks.fhir.repair import is_valid
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.services import services
from cdshooks.services.answer import Answer, Site, answer, searches

Json = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = Site(
    base().profile("default", "captures-all"), UTC, "https://cds.example", full_prefetch=True
)
PATIENT = {"reference": "Patient/anna"}
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
BASELINE, DOSE, FOOD = "riluzole-baseline-lft-missing", "riluzole-dose", "riluzole-food-timing"
TWICE = {"frequency": 2, "period": 1, "periodUnit": "d"}
FIFTY = {"value": 50, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
DIAGNOSIS = {
    "resourceType": "Condition",
    "id": "als",
    "subject": PATIENT,
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "verificationStatus": {"coding": [{"code": "confirmed"}]},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "86044005"}]},
}


def concept(code: str, system: str = RXNORM, display: str | None = None) -> Json:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def dosage(quantity: Json, repeat: Json | None = None) -> Json:
    return {
        "timing": {"repeat": TWICE if repeat is None else repeat},
        "doseAndRate": [{"doseQuantity": quantity}],
    }


def ordered(code: str = "199206", *lines: Json, id: str = "ril", **more: Any) -> Json:
    order: Json = {
        "resourceType": "MedicationRequest",
        "id": id,
        "status": "draft",
        "intent": "order",
        "subject": PATIENT,
        "medicationCodeableConcept": concept(code, display="riluzole" if id == "ril" else None),
        **more,
    }
    return order | ({"dosageInstruction": list(lines)} if lines else {})


def result(code: str, value: float, ago: int, high: float | None = 40, **more: Any) -> Json:
    body: Json = {
        "resourceType": "Observation",
        "id": f"r{code}-{ago}-{value}",
        "status": "final",
        "subject": PATIENT,
        "code": concept(code, LOINC),
        "effectiveDateTime": (NOW - timedelta(days=ago)).date().isoformat(),
        "valueQuantity": {"value": value, "unit": "U/L"},
        **more,
    }
    if high:
        body["referenceRange"] = [{"high": {"value": high, "unit": "U/L"}}]
    return body


LABS = (result("1742-6", 28, 19), result("1920-8", 25, 19))
PANEL = {
    "resourceType": "ServiceRequest",
    "id": "lab",
    "status": "draft",
    "intent": "order",
    "subject": PATIENT,
    "code": concept("24325-3", LOINC),
}


def call(hook: str, drafts: list[Json], *chart: Json, selections: tuple[str, ...] = ()) -> Answer:
    [service] = [s for s in services() if s.hook == hook]
    context = Context(
        patient_id="anna",
        user_id="Practitioner/7",
        selections=selections,
        draft_orders=tuple((d.pop("fullUrl", None), d) for d in map(dict, drafts)),
    )
    prefetch = as_prefetch(
        searches(hook, SITE), [{"resourceType": "Patient", "id": "anna"}, DIAGNOSIS, *chart]
    )
    request = HookRequest(hook, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", context, prefetch=prefetch)
    return answer(service, request, SITE, NOW)


def select(
    *drafts: Json, chart: tuple[Json, ...] = (), first: str = "MedicationRequest/ril"
) -> list[Json]:
    return checked(call("order-select", list(drafts), *chart, selections=(first,)))


def sign(*drafts: Json, chart: tuple[Json, ...] = LABS) -> list[Json]:
    return checked(call("order-sign", list(drafts), *chart))


def checked(said: Answer) -> list[Json]:
    """The cards, after what must hold of every card of every response."""
    assert not [finding for finding in said.findings if finding.error]
    found: list[Json] = said.body["cards"]
    actions = []
    for card in found:
        assert 0 < len(card["summary"]) < 140
        assert card["uuid"]
        suggestions = card.get("suggestions", [])
        assert ("selectionBehavior" in card) == bool(suggestions)
        for suggestion in suggestions:
            assert suggestion["uuid"]
            for action in suggestion["actions"]:
                resource = action.get("resource", {})
                assert action["type"] == "delete" or is_valid(resource)
                about = action.get("resourceId") or coding(resource)
                actions.append((action["type"], about, action["description"]))
    assert len(actions) == len(set(actions))
    return found


def coding(resource: Json) -> str:
    body = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    return str(body.get("coding", [{}])[0].get("code"))


def rules_of(cards: list[Json]) -> list[tuple[str, str]]:
    return [(r, c["indicator"]) for c in cards for r in c["extension"]["org.als-cdshooks"]["rules"]]


def only(cards: list[Json], rule: str) -> Json:
    [card] = cards
    assert rules_of(cards)[0][0] == rule
    return card


def test_a_first_order_without_any_liver_test_asks_for_one() -> None:
    card = only(select(ordered()), BASELINE)
    assert card["indicator"] == "warning"
    assert card["selectionBehavior"] == "any"
    panel, advice = card["suggestions"]
    assert panel["isRecommended"] is True
    [create] = panel["actions"]
    assert (create["type"], coding(create["resource"])) == ("create", "24325-3")
    resource = create["resource"]
    assert "id" not in resource
    assert "encounter" not in resource
    assert resource["occurrenceDateTime"] == "2026-11-21"
    assert resource["subject"] == PATIENT
    assert advice["actions"][0]["resource"]["resourceType"] == "CommunicationRequest"


def test_a_bare_id_is_a_selection_too() -> None:
    assert only(select(ordered(), first="ril"), BASELINE)["indicator"] == "warning"
    assert select(ordered(), first="MedicationRequest/other") == []


def test_an_alt_of_143_days_ago_is_quoted_and_not_enough() -> None:
    card = only(select(ordered(), chart=(result("1742-6", 30, 143),)), BASELINE)
    assert card["indicator"] == "warning"
    assert "1 Jul 2026" in card["detail"]
    assert "30 U/L" in card["detail"].replace("\\", "")


def test_a_panel_beside_the_order_is_only_awaited_when_signing() -> None:
    assert select(ordered(), PANEL) == []
    cards = sign(ordered("199206", dosage(FIFTY)), PANEL, chart=())
    card = only(cards, BASELINE)
    assert card["indicator"] == "info"
    assert "result pending" in card["summary"]
    assert "24325-3" not in str(card.get("suggestions"))


def test_neither_other_codes_nor_unfinished_results_are_an_alt() -> None:
    chart = (
        result("14409-7", 20, 1),
        result("1921-6", 30, 1),
        result("1742-6", 22, 1, status="preliminary"),
        result("1742-6", 25, 2, status="entered-in-error"),
        result("1742-6", 26, 3, dataAbsentReason={"text": "haemolysed"}),
    )
    card = only(select(ordered(), chart=chart), BASELINE)
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("No ALT result")


def test_two_pills_a_day_without_a_unit_text_are_100_mg_once() -> None:
    pills = {"value": 2, "system": "http://unitsofmeasure.org", "code": "{pill}"}
    once = {"frequency": 1, "period": 1, "periodUnit": "d"}
    card = only(sign(ordered("199206", dosage(pills, once))), DOSE)
    assert card["indicator"] == "warning"
    assert card["summary"] == "Riluzole 100 mg once daily: give 50 mg every 12 hours instead."


@pytest.mark.parametrize(
    ("times", "total", "indicator"), [(2, "200", "warning"), (4, "400", "critical")]
)
def test_too_much_is_a_warning_and_far_too_much_is_critical(
    times: int, total: str, indicator: str
) -> None:
    repeat = {"frequency": times, "period": 1, "periodUnit": "d"}
    card = only(sign(ordered("199206", dosage(FIFTY | {"value": 100}, repeat))), DOSE)
    assert card["indicator"] == indicator
    assert card["summary"].startswith(f"Riluzole {total} mg/day exceeds")
    assert ("200" in str(card["extension"].get("org.als-cdshooks").get("parameters"))) == (
        indicator == "critical"
    )


def test_a_bare_50_is_neither_tablets_nor_milligrams() -> None:
    card = only(sign(ordered("199206", dosage({"value": 50}))), DOSE)
    assert card["indicator"] == "info"
    assert card["summary"].startswith("Could not verify")
    assert "suggestions" not in card


def test_an_ingredient_knows_milligrams_and_not_tablets() -> None:
    tablets = {"value": 1, "unit": "{tbl}", "code": "{tbl}"}
    assert only(sign(ordered("35623", dosage(tablets))), DOSE)["indicator"] == "info"
    assert sign(ordered("35623", dosage(FIFTY))) == []


def test_the_right_dose_at_meals_is_only_moved_away_from_them() -> None:
    card = only(sign(ordered("199206", dosage(FIFTY, {"when": ["CM", "CD"]}))), FOOD)
    assert rules_of([card]) == [(FOOD, "info")]
    [suggestion] = card["suggestions"]
    text = suggestion["actions"][0]["resource"]["dosageInstruction"][0]["text"]
    assert "at least 1 hour before or 2 hours after a meal" in text


def test_an_object_where_a_list_belongs_is_read() -> None:
    line = {"timing": {"repeat": TWICE}, "doseAndRate": {"doseQuantity": FIFTY}}
    assert sign(ordered("199206", line)) == []
    assert sign(ordered() | {"dosageInstruction": line}) == []


FILM = {"value": 1, "unit": "{film}", "code": "{film}"}
MEDICATION = {"resourceType": "Medication", "id": "m1", "code": concept("2265862")}


def referring(reference: Json, **more: Any) -> Json:
    order = ordered("", dosage(FILM), **more)
    del order["medicationCodeableConcept"]
    return order | {"medicationReference": reference}


def test_a_contained_or_drafted_film_is_read_as_50_mg() -> None:
    assert sign(referring({"reference": "#m1"}, contained=[MEDICATION])) == []
    url = "urn:uuid:2f8ba2d1-95e9-4b6b-a9d5-e5c2c3b60f10"
    assert sign(referring({"reference": url}), MEDICATION | {"fullUrl": url}) == []


def test_a_film_behind_a_dead_reference_is_not_taken_as_verified() -> None:
    dead = {"reference": "Medication/zz", "display": "riluzole"}
    card = only(sign(referring(dead)), "drug-identity-unverified")
    assert card["indicator"] == "info"


def test_another_drug_with_riluzole_inside_its_name_is_left_alone() -> None:
    order = ordered() | {"medicationCodeableConcept": {"text": "troriluzole 140 mg (study drug)"}}
    assert sign(order, chart=()) == []


def test_an_unselected_riluzole_draft_is_only_a_partner() -> None:
    drafts = (ordered("42355", id="flu"), ordered())
    tizanidine = ordered("313412", id="tiz", status="active")
    found = select(*drafts, chart=(tizanidine,), first="MedicationRequest/flu")
    assert rules_of(found) == [
        ("tizanidine-cyp1a2-strong", "critical"),
        ("riluzole-cyp1a2-inhibitor", "warning"),
    ]
    [remove] = found[0]["suggestions"]
    assert remove["actions"][0]["resourceId"] == "MedicationRequest/flu"


def test_among_five_drafts_a_proper_riluzole_order_stays_silent() -> None:
    others = [ordered(code, id=f"m{code}") for code in ("997010", "1040058", "312940")]
    found = sign(ordered("199206", dosage(FIFTY)), *others, PANEL)
    assert not {BASELINE, DOSE, FOOD} & {rule for rule, _ in rules_of(found)}


def test_dose_and_meal_share_a_card_and_one_correction_of_the_whole_order() -> None:
    line = dosage(FIFTY, {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["C"]})
    keep: Json = {
        "identifier": [{"value": "rx-9"}],
        "requester": {"reference": "Practitioner/7"},
        "dispenseRequest": {"quantity": {"value": 30}},
        "note": [{"text": "new patient"}],
    }
    cards = sign(ordered("199206", line, **keep))
    card = only(cards, DOSE)
    assert rules_of(cards) == [(DOSE, "warning"), (FOOD, "warning")]
    assert card["selectionBehavior"] == "at-most-one"
    assert "check the quantity" in card["detail"]
    assert "Read as 50 mg, once a day: 50 mg a day." in card["detail"]
    [suggestion] = card["suggestions"]
    [update] = suggestion["actions"]
    resource = update["resource"]
    assert update["type"] == "update"
    assert {key: resource[key] for key in keep} == keep
    assert (resource["id"], resource["subject"]) == ("ril", PATIENT)
    assert resource["medicationCodeableConcept"]["text"] == "riluzole"
    [line] = resource["dosageInstruction"]
    assert line["text"].startswith("50 mg every 12 hours")
    assert line["timing"]["repeat"] == {"frequency": 1, "period": 12, "periodUnit": "h"}
    assert line["asNeededBoolean"] is False
    codes = [reason["code"] for reason in card["overrideReasons"]]
    assert codes[0] == "intentional-reduced-dose-tolerability"
    assert "expert-contradicts" in codes


def test_a_suspension_is_corrected_in_millilitres() -> None:
    card = only(sign(ordered("2058147", dosage({"value": 5, "unit": "mL"}))), DOSE)
    [update] = card["suggestions"][0]["actions"]
    [line] = update["resource"]["dosageInstruction"]
    assert line["text"].startswith("10 mL (50 mg) every 12 hours")


def test_directions_that_could_not_be_read_are_never_replaced() -> None:
    free = {"text": "50 mg twice daily with meals, as needed"}
    cards = sign(ordered("199206", free))
    assert "suggestions" not in only(cards, DOSE)
    assert {rule for rule, _ in rules_of(cards)} == {DOSE, FOOD}


def test_an_order_of_an_earlier_version_is_judged_and_not_sent_back() -> None:
    order = ordered("199206", dosage(FIFTY, {"frequency": 1, "period": 1, "periodUnits": "d"}))
    old = order | {"resourceType": "MedicationOrder", "patient": PATIENT}
    old["dosageInstruction"][0]["doseQuantity"] = FIFTY
    del old["dosageInstruction"][0]["doseAndRate"], old["intent"], old["subject"]
    card = only(sign(old), DOSE)
    assert "suggestions" not in card
    assert "FHIR DSTU2" in card["detail"]


def test_text_and_code_of_different_drugs_leave_the_dose_unjudged_and_say_so() -> None:
    order = ordered("199206", dosage(FIFTY | {"value": 400}))
    order["medicationCodeableConcept"] = concept("199206") | {"text": "edaravone"}
    said = call("order-sign", [order], *LABS)
    checked(said)
    missed = said.body["extension"]["org.als-cdshooks"]["notAssessed"]
    assert {line["rule"] for line in missed} >= {BASELINE, DOSE, FOOD}
