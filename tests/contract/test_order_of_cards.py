"""Which cards a complicated patient gets, and why each stands where it does.

The patient is the example ``complex-many-things-at-once``: six topics at once, through
the app. Each test gives the reason for one position.
"""

import json
from datetime import UTC
from functools import cache
from typing import Any

import pytest

from cdshooks import examples
from cdshooks.cards.clusters import CARDS_AT_VIEWS, INFOS_AT_ORDERS
from cdshooks.knowledge import base
from cdshooks.protocol import parse_request
from cdshooks.services import services
from cdshooks.services.answer import Site, answer
from tests.support import calls, drafts
from tools.stories import order, told

Json = dict[str, Any]
COMPLEX = "complex-many-things-at-once"
QUIET = "quiet-stable-limb-onset"


def sent(name: str, hook: str, *orders: Json) -> list[Json]:
    """The cards of the app for an example patient with these drafts."""
    body = calls.example_request(name, hook, orders)
    reply = calls.app().test_client().post(calls.path_of(hook), json=body)
    found: list[Json] = json.loads(reply.data)["cards"]
    return found


@cache
def viewed() -> tuple[Json, ...]:
    return tuple(sent(COMPLEX, "patient-view"))


def test_a_critical_card_comes_before_everything() -> None:
    """Injury to the liver is read first, whatever the lungs say."""
    assert told(viewed()[0]) == "critical riluzole-alt-high-on-therapy"


def test_a_warning_comes_before_every_information() -> None:
    assert told(viewed()[1]) == "warning riluzole-liver-dysfunction"
    assert [card["indicator"] for card in viewed()[2:]] == ["warning"] * 3


def test_among_warnings_a_drug_that_harms_comes_before_care_that_is_missing() -> None:
    """Dysfunction of the liver is named first in card_order.yaml, before any topic.

    The saturation calls for a blood gas at the better of two vital capacities that disagree.
    """
    assert [told(card) for card in viewed()[2:5]] == [
        "warning blood-gas-indicated",
        "warning swallow-instrumental-study + chin-tuck",
        "warning aac-refer + dysarthria-slt",
    ]


def test_among_informations_ventilation_comes_before_the_tests_of_breathing() -> None:
    """The order of topics in card_order.yaml: ventilation, planning, due; the warning first."""
    assert [told(card) for card in sent(COMPLEX, "encounter-start")] == [
        "warning blood-gas-indicated",
        "info niv-consider",
        "info palliative-referral",
        "info pft-overdue",
    ]


def test_advice_of_one_topic_shares_a_card() -> None:
    """Both are about speech, so the clinician reads them in one place."""
    [card] = [c for c in viewed() if "dysarthria-slt" in told(c)]
    assert card["source"]["topic"]["code"] == "aac-refer"
    assert "from which speech is changed" in card["detail"]
    assert [link["url"].rpartition("/")[2] for link in card["links"]] == [
        "aac-refer",
        "dysarthria-slt",
    ]


def test_the_topics_beyond_five_make_room_and_the_last_card_says_so() -> None:
    """What is due and values that cannot be right are the least urgent: they are left out."""
    assert len(viewed()) == CARDS_AT_VIEWS
    assert not any("dq-" in told(card) or "overdue" in told(card) for card in viewed())
    assert viewed()[-1]["summary"].endswith("(6 more)")
    assert "6 more of lower priority not shown" in viewed()[-1]["detail"]


def test_what_is_only_due_is_one_list_at_the_end() -> None:
    """On one card, after the referral."""
    last = sent("acute-decompensation-on-admission", "appointment-book")[-1]
    assert last["summary"].startswith("Due today: ")
    assert told(last) == "info pft-overdue"


def test_where_everything_is_recorded_a_topic_still_has_one_card() -> None:
    """The night oximetry that is due then joins the breathing tests, and no card is added."""
    cards = _everything_captured()
    assert len(cards) == CARDS_AT_VIEWS
    joined = "warning blood-gas-indicated + nocturnal-oximetry-due"
    assert joined in map(told, cards)


def _everything_captured() -> list[Json]:
    site = Site(base().profile("default", "captures-all"), UTC, calls.URL, full_prefetch=True)
    [service] = [s for s in services() if s.hook == "patient-view"]
    request = parse_request(calls.example_request(COMPLEX, "patient-view"))
    found: list[Json] = answer(service, request, site, calls.NOW).body["cards"]
    return found


def test_infos_make_room_for_warnings_and_warnings_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With room for one card only, every urgent card stays and every information goes."""
    monkeypatch.setattr("cdshooks.cards.clusters.CARDS_AT_VIEWS", 1)
    cards = sent(COMPLEX, "patient-view")
    assert [card["indicator"] for card in cards] == ["critical", *["warning"] * 4]
    assert cards[-1]["summary"].endswith("more)")


def test_at_signing_the_order_is_judged_by_the_worst_finding_first() -> None:
    """Stop before dysfunction before dose: the critical card leads, then warnings by topic."""
    once_daily = drafts.draft("199206 50 mg 1/d")
    assert [told(card) for card in sent(COMPLEX, "order-sign", once_daily)] == [
        "critical riluzole-alt-high-on-therapy",
        "warning riluzole-liver-dysfunction",
        "warning riluzole-dose",
        "info riluzole-formulation-swallow",
    ]


def test_at_signing_orders_never_share_a_card() -> None:
    """A card offers to correct or remove one order, so each order has its own."""
    two = (drafts.draft("199206 50 mg 1/d"), drafts.draft("2265862 50 mg 1/d"))
    cards = [told(card) for card in sent(COMPLEX, "order-sign", *two)]
    assert cards.count("warning riluzole-liver-dysfunction") == 2
    assert cards.count("warning riluzole-dose") == 2
    assert cards.count("warning riluzole-duplicate") >= 1


def test_at_signing_three_informations_stay_and_every_warning() -> None:
    """Four orders with food: every warning, three hints; liver tests are asked for once."""
    four = tuple(drafts.draft("199206 50 mg 2/d with-food") for _ in range(4))
    cards = sent("riluzole-start-without-liver-tests", "order-sign", *four)
    told_of = [told(card) for card in cards]
    assert told_of.count("warning riluzole-baseline-lft-missing") == 1
    assert told_of.count("warning riluzole-duplicate") == 3
    assert told_of.count("info riluzole-food-timing") == INFOS_AT_ORDERS
    assert [card["indicator"] for card in cards] == sorted(
        (card["indicator"] for card in cards), reverse=True
    )
    assert cards[-1]["summary"].endswith("(1 more)")


def test_while_an_order_is_chosen_what_is_only_for_signing_stays_away() -> None:
    """The ALT card wants the order to be complete; dysfunction is a reason not to choose it."""
    assert [told(card) for card in sent(COMPLEX, "order-select", order())] == [
        "warning riluzole-liver-dysfunction",
        "info riluzole-formulation-swallow",
    ]


@pytest.mark.parametrize("service", services(), ids=lambda service: service.id)
def test_a_quiet_patient_gets_no_card_from_any_service(service: Any) -> None:
    """Stable, tested and treated on time: with or without a good order there is nothing to say."""
    for orders in ((), (order(),)) if service.hook.startswith("order-") else ((),):
        body = calls.example_request(QUIET, service.hook, orders)
        body["context"].setdefault("encounterId", _encounter_of(QUIET))
        reply = calls.app().test_client().post(f"/cds-services/{service.id}", json=body)
        assert (reply.status_code, json.loads(reply.data)["cards"]) == (200, [])


def _encounter_of(name: str) -> str:
    resources = [entry["resource"] for entry in examples.load(name)["entry"]]
    found: str = [r["id"] for r in resources if r["resourceType"] == "Encounter"][-1]
    return found
