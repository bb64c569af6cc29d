"""What is only due shares one card."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import vignettes
from tests.support.vignettes import FOLDER, Case

Json = dict[str, Any]


SCORED = {"PHQ-9": "3, 23 days ago", "ECAS": "130, 23 days ago"} | {
    f"item {n}": "4, 23 days ago" for n in vignettes.ITEMS if n != "5b"
}
"""Mood, cognition and function looked at lately, so that nothing of them is due."""
WHOLE = {"ALSFRS-R": "48, 23 days ago"}
"""The total that these items make."""


def case_of(file: str, title: str, **more: str) -> Case:
    found = {case.title: case for case in vignettes.load(Path(FOLDER / f"{file}.yaml"))}[title]
    said = {column: cell for column, cell in found.cells.items() if cell}
    return Case(found.rule, title, found.today, found.hook, {**SCORED, **said, **WHOLE, **more})


def card_of(case: Case) -> Json:
    card = vignettes.evaluate(case).card
    assert card is not None
    return card


def rules_of(card: Json) -> list[str]:
    found: list[str] = card["extension"]["org.als-cdshooks"]["rules"]
    return found


def test_what_is_due_is_one_card_that_lists_it() -> None:
    pain = {"pain": "1, 23 days ago"}
    case = case_of("pft-overdue-base", "90 percent 93 days ago", **{"cough flow": ""}, **pain)
    card = vignettes.shared_card(case)
    assert card["summary"] == "Due today: breathing tests, cough flow"
    assert rules_of(card) == ["pft-overdue", "pft-panel-incomplete"]


def test_a_first_test_that_was_never_made_is_due() -> None:
    case = case_of("pft-baseline-missing", "diagnosed a month ago, never tested")
    assert card_of(case)["summary"] == "Due today: baseline breathing tests"


@pytest.mark.parametrize(
    "title", ["90 percent 184 days ago", "90 percent 184 days ago, tests booked"]
)
def test_what_is_overdue_keeps_a_card_of_its_own(title: str) -> None:
    assert card_of(case_of("pft-overdue-base", title))["summary"].startswith("Breathing tests due:")


def test_values_of_one_day_that_disagree_soften_the_advice_and_are_named() -> None:
    efforts = "47 % sitting, 23 days ago + 58 % sitting, 23 days ago"
    treated = "condition als, 429 to 257 days ago + prescription 199206 active, 243 days ago"
    case = case_of(
        "resp-watch-base", "all quiet", FVC=efforts, record=treated, ALT="24 U/L, 23 days ago"
    )
    advice = Case("niv-consider", case.title, case.today, case.hook, case.cells)
    named = Case("dq-conflict", case.title, case.today, case.hook, case.cells)
    assert card_of(advice)["indicator"] == "info"
    assert card_of(advice)["summary"].startswith("Conflicting values")
    assert card_of(named)["summary"].startswith("Conflicting FVC: 47% vs 58%")


def test_a_panel_of_tests_is_asked_for_within_two_weeks() -> None:
    card = card_of(case_of("pft-overdue-base", "90 percent 184 days ago"))
    [order] = [s for s in card["suggestions"] if s.get("isRecommended")]
    period = order["actions"][0]["resource"]["occurrencePeriod"]
    assert period == {"start": "2026-03-15", "end": "2026-03-29"}


@pytest.mark.parametrize(
    ("title", "limit"),
    [
        ("90 percent 93 days ago", "pft_due_days"),
        ("90 percent 184 days ago", "pft_min_days"),
    ],
)
def test_a_card_names_the_interval_that_has_passed(title: str, limit: str) -> None:
    card = card_of(case_of("pft-overdue-base", title))
    [parameter] = card["extension"]["org.als-cdshooks"]["parameters"]
    assert parameter["name"] == limit


def test_a_missing_baseline_stands_on_the_diagnosis() -> None:
    card = card_of(case_of("pft-baseline-missing", "diagnosed a month ago, never tested"))
    [evidence] = card["extension"]["org.als-cdshooks"]["evidence"]
    assert evidence["resource"].startswith("Condition/")
