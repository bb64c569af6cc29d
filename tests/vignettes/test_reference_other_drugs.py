"""Whole calls about drugs beside riluzole, and the cards that must and must not come."""

from datetime import timedelta

from tests.support.resources import record
from tests.vignettes.test_reference_drugs import (
    DIAGNOSIS,
    FIFTY,
    LABS,
    NOW,
    PATIENT,
    Json,
    call,
    concept,
    dosage,
    ordered,
    result,
    rules_of,
    select,
)

CAPSULE = {"value": 1, "unit": "capsule", "code": "{capsule}"}
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}
SNOMED = "http://snomed.info/sct"


def problem(code: str, system: str = SNOMED) -> Json:
    return DIAGNOSIS | {"id": f"c{code}", "code": concept(code, system)}


def stopped(code: str, ago: str) -> Json:
    """A prescription that ended on a day of this November or October."""
    return ordered(code, id=f"old{code}") | {
        "status": "stopped",
        "authoredOn": "2026-06-01",
        "dispenseRequest": {"validityPeriod": {"start": "2026-06-01", "end": ago}},
    }


def signed(*drafts: Json, chart: tuple[Json, ...] = ()) -> list[Json]:
    said = call("order-sign", list(drafts), *chart)
    assert not [finding for finding in said.findings if finding.error]
    cards: list[Json] = said.body["cards"]
    assert all(0 < len(card["summary"]) < 140 for card in cards)
    return cards


def nuedexta(repeat: Json | None = None) -> Json:
    return ordered("1040058", dosage(CAPSULE, repeat), id="dmq")


def test_five_drafts_give_one_card_for_the_pair_that_must_not_meet() -> None:
    quinine = ordered("997010", dosage(FIFTY | {"value": 324}, DAILY), id="quinine")
    sertraline = ordered("36437", dosage(FIFTY, DAILY), id="sertraline")
    count = {
        "resourceType": "ServiceRequest",
        "id": "count",
        "status": "draft",
        "intent": "order",
        "subject": PATIENT,
        "code": concept("57021-8", "http://loinc.org"),
    }
    drafts = (ordered("199206", dosage(FIFTY)), quinine, nuedexta(), sertraline, count)
    cards = signed(*drafts, chart=LABS)
    assert sorted(rules_of(cards)) == [
        ("dmq-contraindicated-drug", "critical"),
        ("dmq-dose", "info"),
        ("dmq-serotonergic", "info"),
    ]


def test_an_mao_inhibitor_is_washed_out_after_two_weeks() -> None:
    titrated = nuedexta(DAILY | {"boundsDuration": {"value": 7, "code": "d", "unit": "d"}})
    nine = rules_of(signed(titrated, chart=(stopped("8123", "2026-11-12"),)))
    assert ("dmq-contraindicated-drug", "critical") in nine
    assert not rules_of(signed(titrated, chart=(stopped("8123", "2026-10-30"),)))


def test_a_patch_against_saliva_with_frontotemporal_dementia() -> None:
    patch = ordered("226552", id="patch")
    frontal = problem("1259124000")
    [card] = signed(patch, chart=(frontal,))
    assert rules_of([card]) == [("anticholinergic-cognition", "warning")]
    [suggestion] = card["suggestions"]
    assert [a["type"] for a in suggestion["actions"]] == ["create", "delete"]
    assert suggestion["actions"][1]["resourceId"] == "MedicationRequest/patch"
    both = signed(patch, chart=(frontal, problem("392291006")))
    assert sorted(rules_of(both)) == [
        ("anticholinergic-cognition", "warning"),
        ("anticholinergic-contraindication", "critical"),
    ]
    actions = [a["type"] for c in both for s in c.get("suggestions", []) for a in s["actions"]]
    assert "create" not in actions


def test_an_inhaled_anticholinergic_with_glaucoma_is_left_alone() -> None:
    assert not signed(ordered("1992566", id="inhaler"), chart=(problem("392291006"),))


def test_liver_tests_for_riluzole_and_tizanidine_are_offered_once() -> None:
    tizanidine = ordered("313413", dosage(FIFTY | {"value": 4}, DAILY), id="tizanidine")
    cards = signed(ordered("199206", dosage(FIFTY)), tizanidine)
    assert {rule for rule, _ in rules_of(cards)} >= {
        "riluzole-baseline-lft-missing",
        "tizanidine-liver-dose",
    }
    panels = [
        action
        for card in cards
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
        if action.get("resource", {}).get("resourceType") == "ServiceRequest"
    ]
    assert len(panels) == 1


def test_morphine_and_lorazepam_with_a_high_carbon_dioxide() -> None:
    gas = result("2019-8", 54, 20, high=None) | {
        "valueQuantity": {"value": 54, "unit": "mmHg", "code": "mm[Hg]"}
    }
    morphine, lorazepam = ordered("7052", id="morphine"), ordered("6470", id="lorazepam")
    cards = signed(morphine, lorazepam, chart=(gas,))
    assert sorted(rules_of(cards)) == [
        ("opioid-benzodiazepine-combination", "warning"),
        ("sedative-respiratory", "warning"),
        ("sedative-respiratory", "warning"),
    ]


SULFA = {"coding": [{"system": SNOMED, "code": "91939003"}], "text": "Sulfa drugs"}


def allergy(code: Json) -> Json:
    """An AllergyIntolerance that says nothing of criticality or reactions."""
    active = {"coding": [{"code": "active"}]}
    return {
        "resourceType": "AllergyIntolerance",
        "id": "allergy",
        "patient": PATIENT,
        "clinicalStatus": active,
        "code": code,
    }


def test_sulfa_drugs_are_no_sulfite_and_metabisulfite_is() -> None:
    edaravone = ordered("1924316", id="edaravone")
    first = "MedicationRequest/edaravone"
    sulfa = select(edaravone, chart=(allergy(SULFA),), first=first)
    assert rules_of(sulfa) == [("edaravone-eligibility", "info")]
    assert "criteria not on record" in sulfa[0]["summary"]
    sulfite = select(edaravone, chart=(allergy(concept("36696")),), first=first)
    assert ("edaravone-hypersensitivity-sulfite", "critical") in rules_of(sulfite)


def test_tofersen_is_for_a_variant_of_sod1_and_its_dose_is_a_volume() -> None:
    line = dosage({"value": 15, "unit": "mL", "code": "mL"}, {"count": 1})
    spinal = {"route": concept("72607000", SNOMED)}
    tofersen = ordered("2634999", line | spinal, id="tofersen")
    day = (NOW - timedelta(days=60)).date()
    [other] = record("gene c9orf72 test present, today", day)
    [card] = signed(tofersen, chart=(other,))
    assert rules_of([card]) == [("tofersen-sod1-required", "warning")]
    [sod1] = record("gene sod1 present pathogenic, today", day)
    assert signed(tofersen, chart=(sod1,)) == []
