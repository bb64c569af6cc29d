"""What cards on mood and behaviour show as their evidence."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cdshooks.knowledge import base
from cdshooks.rules.authoring import Entries, Missing, Reading, Why
from cdshooks.rules.states.screens import antidepressants, newest_of
from tests.support.vignettes import Case, evaluate

TODAY = date(2026, 6, 1)


def _shown(rule: str, **cells: str) -> list[str]:
    given = {name.replace("_", " "): text for name, text in cells.items()}
    card = evaluate(Case(rule, "", TODAY, "patient-view", {"record": "ALS"} | given)).card
    assert card is not None
    found = card["extension"]["org.als-cdshooks"]["evidence"]
    return [f"{e['label']} {e['value']}" for e in found]


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ("3, 20 days ago", ["PHQ-9 item 9 3"]),
        ("3, 20 days ago + 0, 5 days ago", ["PHQ-9 item 9 3", "PHQ-9 item 9 0"]),
        ("3, 20 days ago + 0, 9 days ago + 0, 5 days ago", ["PHQ-9 item 9 3", "PHQ-9 item 9 0"]),
    ],
)
def test_a_thought_of_suicide_is_shown_with_the_newest_later_answer(
    answers: str, shown: list[str]
) -> None:
    assert _shown("suicide-risk", PHQ_item_9=answers) == shown


def test_a_score_of_lability_is_shown() -> None:
    drugs_free = {"PHQ-9": "3, 20 days ago"}
    assert _shown("pba-treat", **{"CNS-LS": "20, 20 days ago"}, **drugs_free) == ["CNS-LS 20"]


def test_a_good_gas_is_shown_beside_restlessness() -> None:
    record = "ALS + condition restlessness, 5 days ago"
    shown = _shown("restlessness-antipsychotic", record=record, PaCO2="40 mmHg, 9 days ago")
    assert shown == ["Restlessness and agitation active", "PaCO2 40"]


def test_a_site_that_records_one_of_two_screens_is_asked_for_one() -> None:
    knowledge = replace(base().profile("default"), captures=frozenset({"ecas-total"}))
    case = Case("cognitive-screen-due", "", TODAY, "patient-view", {"record": "ALS"})
    assert evaluate(case, knowledge).outcome == "info"


def test_the_newest_score_is_known_only_if_everything_since_was_read() -> None:
    text = {"measure": "x", "label": "X", "unit": ""}
    old = Reading(value=Decimal(1), day=date(2026, 1, 1), age=151, **text)
    never = Missing("Y", Why.NEVER, "Y never recorded")
    failed = Missing("Y", Why.UNREAD, "Y could not be read", failed=("scores",))
    unasked = Missing("Y", Why.UNASKED, "Y was not asked for")
    assert newest_of(old, never).known
    assert not newest_of(replace(old, newest_known=False), never).known
    assert not newest_of(old, failed).known
    assert newest_of(never, never).known
    assert not newest_of(never, failed).known
    assert not newest_of(never, unasked).known
    assert newest_of(never, failed, unasked).unusable == ()
    unclear = Missing("Y", Why.UNREADABLE, "Y has no readable value")
    assert newest_of(never, unclear).unusable == ("Y has no readable value",)


def test_antidepressants_are_known_only_if_all_of_them_are() -> None:
    one, other = Entries(whole=True), Entries(whole=False, failed=("medications",))
    assert not antidepressants(one, other).whole
    assert antidepressants(one, one).whole
    assert antidepressants(other, other).failed == ("medications",)


def test_both_totals_of_a_rise_are_shown() -> None:
    totals = {"ALSFRS-R": "37, 120 days ago + 41, 20 days ago"}
    assert _shown("alsfrs-data-quality", **totals) == ["ALSFRS-R 37", "ALSFRS-R 41"]
