"""Diet orders by what they hold, drafts that count as done, and what a suggestion makes of them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.fhir.validate import faults
from cdshooks.knowledge import base
from cdshooks.rules.authoring import Entries, Ordered
from tests.support import vignettes
from tests.support.charts import PATIENT, chart, local
from tests.support.vignettes import FOLDER, Case

Json = dict[str, Any]
DIET = ("NutritionOrder",)
EXPLAINED = "Weight loss on purpose, or of fluid or a limb"


def diet(**parts: Any) -> Json:
    order = {"resourceType": "NutritionOrder", "id": "diet", "status": "active", "intent": "order"}
    return {**order, "patient": {"reference": PATIENT}, "dateTime": "2026-05-20", **parts}


def found(value_set: str, *orders: Json, drafts: tuple[Json, ...] = ()) -> Entries:
    wanted = Ordered(value_set, types=DIET)
    entries = answer(chart(list(orders), wanted, drafts=drafts), wanted)
    assert isinstance(entries, Entries)
    return entries


@pytest.mark.parametrize(
    ("value_set", "parts"),
    [
        ("nutritional-supplement", {"supplement": [{"instruction": "daily"}]}),
        ("enteral-feeding", {"enteralFormula": {"baseFormulaProductName": "a feed"}}),
        ("thickened-fluids", {"oralDiet": {"fluidConsistencyType": [{"text": "nectar"}]}}),
        ("modified-texture", {"oralDiet": {"fluidConsistencyType": [{"text": "nectar"}]}}),
        ("modified-texture", {"oralDiet": {"texture": [{"modifier": {"text": "minced"}}]}}),
        ("fractionated-diet", {"oralDiet": {"type": [local("fractionated-diet")]}}),
    ],
)
def test_a_diet_order_is_what_its_elements_say(value_set: str, parts: Json) -> None:
    entries = found(value_set, diet(**parts))
    assert [str(entry.day) for entry in entries] == ["2026-05-20"]


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"supplement": []},
        {"enteralFormula": None},
        {"oralDiet": {"texture": [], "type": []}},
        {"oralDiet": {"type": [{"text": "vegetarian"}]}},
    ],
)
def test_a_plain_diet_is_none_of_these(parts: Json) -> None:
    kinds = ("nutritional-supplement", "enteral-feeding", "thickened-fluids", "modified-texture")
    assert [kind for kind in kinds if found(kind, diet(**parts))] == []


def test_a_diet_order_that_is_being_written_counts_as_done() -> None:
    draft = diet(status="draft", supplement=[{"instruction": "daily"}])
    assert found("nutritional-supplement", drafts=(draft,))
    assert not found("enteral-feeding", drafts=(draft,))


def case_of(file: str, title: str, **cells: str) -> Case:
    cases = {case.title: case for case in vignettes.load(FOLDER / f"{file}.yaml")}
    case = cases[title]
    return Case(case.rule, title, case.today, case.hook, {**case.cells, **cells})


def with_parameter(name: str, value: Decimal | bool) -> Any:
    knowledge = base().profile("default", "captures-all")
    changed = knowledge.parameters[name].overridden(value=value)
    return replace(knowledge, parameters={**knowledge.parameters, name: changed})


def test_a_site_may_study_everyone_in_the_first_months() -> None:
    case = case_of("swallow-instrumental-study", "newly diagnosed, no sign")
    knowledge = with_parameter("swallow_study_at_diagnosis", True)
    result = vignettes.evaluate(case, knowledge)
    assert (result.outcome, "ALS diagnosed 5 Mar 2026" in result.text) == ("info", True)
    for days, outcome in ((183, "info"), (184, "not indicated")):
        record = f"condition als, 300 to {days} days ago"
        later = case_of("swallow-instrumental-study", case.title, record=record)
        assert vignettes.evaluate(later, knowledge).outcome == outcome
    undated = case_of("swallow-instrumental-study", case.title, record="condition als")
    assert vignettes.evaluate(undated, knowledge).outcome == "not indicated"


@pytest.mark.parametrize(
    ("person", "outcome"),
    [
        ("woman, 69 years", "not indicated"),
        ("woman, 70 years", "warning"),
        ("no birth date", "not indicated"),
    ],
)
def test_a_site_may_want_another_bmi_from_seventy(person: str, outcome: str) -> None:
    case = case_of("low-bmi", "BMI 18.5", person=person)
    knowledge = with_parameter("bmi_low_lt_from_70", Decimal(22))
    assert vignettes.evaluate(case, knowledge).outcome == outcome


def test_an_endoscopic_gastrostomy_is_changed_to_the_image_guided_one() -> None:
    card = vignettes.evaluate(case_of("gastrostomy-resp-risk", "vital capacity of 29.9")).card
    assert card is not None
    [change] = [s for s in card["suggestions"] if s["actions"][0]["type"] == "update"]
    order = change["actions"][0]["resource"]
    assert order["code"]["coding"][0]["code"] == "1263754008"
    assert (order["status"], order["subject"]["reference"]) == ("draft", PATIENT)
    assert faults(order) == ()


@pytest.mark.parametrize(
    ("title", "due"),
    [
        ("weighed 93 days ago", "swallow screen, weight"),
        ("height and BMI never recorded", "swallow screen, height"),
        ("neither weight nor height in time", "swallow screen, weight and height"),
    ],
)
def test_what_is_due_of_nutrition_shares_one_card(title: str, due: str) -> None:
    card = vignettes.shared_card(case_of("nutrition-assessment-due", title))
    assert card["summary"].startswith("Due today: ")
    assert f" {due}" in card["summary"]


def evidence_of(file: str, title: str) -> list[str]:
    card = vignettes.evaluate(case_of(file, title)).card
    assert card is not None
    lines: list[Json] = card["extension"]["org.als-cdshooks"]["evidence"]
    return [f"{line['label']} {line['value']}" for line in lines]


G, W = "gastrostomy-", "weight-loss-significant"
SWALLOWING = "ALSFRS-R item 3 (swallowing)"
STANDS_ON = [
    (f"{G}refer", "G4, item 3 of 1", {f"{SWALLOWING} 1", "FVC sitting 92"}),
    (f"{G}refer", "G5, two aspiration pneumonias", {"Aspiration pneumonia active"}),
    (W, "intended", {"Weight 68", "Weight 58", f"{EXPLAINED} active"}),
    ("low-bmi", "lifelong, loss of 1.9 percent", {"Height 165", "Lifelong low body weight active"}),
    ("nutrition-assessment-due", "weighed 123 days ago", {"Weight 67"}),
    ("meal-fractionation", "31 minutes", {"Meal duration 31"}),
    ("meal-fractionation", "fatigue at meals", {"Fatigue at meals active"}),
    (
        "body-composition",
        "all three reasons",
        {"Weight 60", "Weight 54.2"},
    ),
    ("dysphagia-screen-due", "EAT-10 93 days ago", {"EAT-10 1"}),
    ("swallow-instrumental-study", "both are low", {"EAT-10 9", f"{SWALLOWING} 2"}),
    ("chin-tuck", "neck extensors are weak", {"Neck extensor weakness active"}),
    (f"{G}followup", "complication at the site", {"Gastrostomy completed", "Weight 61"}),
    (f"{G}followup", "loss of 5.1 percent since placement", {"Weight 62", "Weight 58.8"}),
    (f"{G}resp-risk", "all three are low", {"PaCO2 50", "FVC sitting 40", "SNIP 30"}),
    (
        "alternative-feeding-route",
        "endoscopy declined",
        {"EAT-10 8", "Endoscopy for a gastrostomy deny"},
    ),
]


@pytest.mark.parametrize(("file", "title", "evidence"), STANDS_ON)
def test_a_card_stands_on_what_it_speaks_of(file: str, title: str, evidence: set[str]) -> None:
    assert evidence <= set(evidence_of(file, title))


def test_on_invasive_ventilation_the_card_stands_on_the_tracheostomy() -> None:
    [line] = evidence_of(f"{G}resp-risk", "on invasive ventilation")
    assert line.casefold().startswith("tracheostomy")


def test_a_weight_that_was_kept_is_not_compared_with_that_at_placement() -> None:
    evidence = evidence_of(f"{G}followup", "dietitian 93 days ago")
    assert [line for line in evidence if line.startswith("Weight")] == ["Weight 61"]


@pytest.mark.parametrize(
    "kind",
    [
        "gastrostomy-endoscopic not-done contraindicated",
        "gastrostomy-other not-done contraindicated",
        "gastrostomy-endoscopic not-done",
    ],
)
def test_of_two_attempts_the_later_is_the_evidence(kind: str) -> None:
    attempts = " + ".join(f"procedure {kind}, {days} days ago" for days in (200, 20))
    record = f"condition als, 429 to 257 days ago + {attempts}"
    case = case_of("alternative-feeding-route", "PEG not done", record=record)
    card = vignettes.evaluate(case).card
    assert card is not None
    lines: list[Json] = card["extension"]["org.als-cdshooks"]["evidence"]
    found = [line["date"] for line in lines if line["resource"].startswith("Procedure")]
    assert found == ["2026-02-23"]
