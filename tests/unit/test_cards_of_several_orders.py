"""What several orders of one call have in common: one card, and no offer against another."""

from dataclasses import replace
from typing import Any

from cdshooks.cards import EXTENSION, cards
from cdshooks.engine import run
from cdshooks.rules import load
from tests.support import vignettes

CASE = next(vignettes.load(vignettes.FOLDER / "riluzole-dose.yaml"))
Json = dict[str, Any]


def signed(orders: str, **cells: str) -> list[Json]:
    """The cards of the whole answer when these drafts are signed."""
    given = {"record": "ALS", "hook": "order-sign", "orders": orders}
    view = vignettes.view_of(replace(CASE, hook="order-sign", cells=given | cells))
    return [card.body for card in cards(run(load(), view), view, "https://cds.example")]


def rules_of(card: Json) -> list[str]:
    found: list[str] = card["extension"][EXTENSION]["rules"]
    return found


def labels(found: list[Json]) -> list[str]:
    return [s["label"] for card in found for s in card.get("suggestions", [])]


RILUZOLE, TIZANIDINE = "199206 50 mg 2/d", "313413 4 mg 3/d"
BOTH = ["riluzole-baseline-lft-missing", "tizanidine-liver-dose"]


def test_one_card_asks_for_the_liver_tests_of_two_drugs_that_are_started_together() -> None:
    for orders in (f"{RILUZOLE} + {TIZANIDINE}", f"{TIZANIDINE} + {RILUZOLE}"):
        found = signed(orders)
        assert [rules_of(card) for card in found if BOTH[1] in rules_of(card)] == [BOTH]
        assert labels(found).count("Order hepatic function panel") == 1


def test_what_else_is_wrong_with_tizanidine_keeps_its_own_card() -> None:
    found = [rules_of(card) for card in signed(f"{RILUZOLE} + 313413 12 mg 4/d")]
    assert [BOTH[0]] in found
    assert [BOTH[1]] in found


def test_of_two_drafts_of_riluzole_the_missing_test_is_told_once() -> None:
    found = signed(f"{RILUZOLE} + 2058147 10 mL 2/d")
    [card] = [card for card in found if BOTH[0] in rules_of(card)]
    assert card["detail"].count("The US label asks for aminotransferases") == 1


def test_the_dose_of_a_draft_that_should_go_is_not_corrected() -> None:
    change = "Change to 50 mg every 12 hours"
    assert change in labels(signed("199206 100 mg 2/d", ALT="28 U/L high=40, 9 days ago"))
    found = labels(signed("199206 100 mg 2/d", ALT="240 U/L high=40, 9 days ago"))
    assert "Remove the riluzole draft" in found
    assert change not in found


def test_the_dose_is_corrected_where_what_speaks_against_the_drug_is_no_critical() -> None:
    found = labels(signed("199206 100 mg 2/d", ALT="150 U/L high=40, 9 days ago"))
    assert "Change to 50 mg every 12 hours" in found


def test_of_two_drafts_that_must_not_meet_the_one_that_may_stay_is_corrected() -> None:
    found = labels(signed("997010 324 mg 1/d + 1040058 1 {capsule} 2/d"))
    assert len([label for label in found if label.startswith("Remove the")]) == 2
    assert "Change to 1 capsule daily for 7 days, then 1 every 12 hours" in found


def test_what_is_to_be_said_of_two_orders_alike_is_said_once() -> None:
    taken = "prescription 36437 active, 40 days ago + prescription 36437 active, 90 days ago"
    found = signed("8123 15 mg 3/d", record=f"ALS + {taken}")
    [card] = [card for card in found if "ssri-maoi" in rules_of(card)]
    assert card["detail"].count("Sertraline, active; Phenelzine, draft.") == 1
