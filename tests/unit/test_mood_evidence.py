"""What cards on mood and behaviour show as their evidence."""

from datetime import date

import pytest

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
