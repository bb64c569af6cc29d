"""Cards: clustering, order, cap, suggestions, selection behaviour, extension."""

from dataclasses import replace
from typing import Annotated, Any

import pytest

from cdshooks import cards as building
from cdshooks.cards import EXTENSION
from cdshooks.cards.clusters import clustered
from cdshooks.cards.drafts import REASON_TYPES, filled
from cdshooks.chart import View
from cdshooks.chart import drafts as drafted
from cdshooks.engine import Finding
from cdshooks.fhir.repair import is_valid, model_of
from cdshooks.knowledge import base
from cdshooks.rules.authoring import (
    Create,
    Delete,
    Draft,
    Indicator,
    NotIndicated,
    Order,
    Origin,
    Outcome,
    Recommend,
    Update,
)
from tests.support import drafts
from tests.support.line import made, view_of

Json = dict[str, Any]
URL = "https://cds.example"


def cards(*arguments: Any) -> list[dict[str, Any]]:
    return [card.body for card in building.cards(*arguments)]


def about_order(order: Annotated[Order, Draft("riluzole")]) -> Outcome:
    """A rule for tests."""
    return NotIndicated("")


def advice(
    level: Indicator, *, group: str = "TEST", order: Order | None = None, **more: Any
) -> Finding:
    merge = more.pop("merge", None)
    rule = made(about_order, group=group, merge=merge)
    return Finding(rule, Recommend(more.pop("summary", level), level, **more), order)


def order_of(view: View) -> Order:

    return drafted(view)[0]


def signing(*phrases: str) -> View:
    return view_of([], hook="order-sign", orders=[drafts.draft(p) for p in phrases])


def levels(found: list[Json]) -> list[str]:
    return [card["indicator"] for card in found]


def test_a_group_is_one_card_at_patient_view_led_by_its_worst_advice() -> None:
    found = cards([advice("info"), advice("warning", summary="worse")], view_of([]), URL)
    [card] = found
    assert (card["indicator"], card["summary"]) == ("warning", "worse")
    assert "info" in card["detail"]


def test_the_most_severe_card_comes_first() -> None:
    found = cards(
        [advice("info", group="A"), advice("critical", group="B"), advice("warning", group="C")],
        view_of([]),
        URL,
    )
    assert levels(found) == ["critical", "warning", "info"]


def test_five_cards_at_most_and_infos_make_room() -> None:
    infos = [advice("info", group=f"I{n}") for n in range(6)]
    warnings = [advice("warning", group=f"W{n}") for n in range(4)]
    assert levels(cards([*infos, *warnings], view_of([]), URL)) == ["warning"] * 4 + ["info"]


def test_warnings_are_never_dropped() -> None:
    warnings = [advice("warning", group=f"W{n}") for n in range(8)]
    assert len(cards([*warnings, advice("info", group="I")], view_of([]), URL)) == 8


def test_at_order_hooks_each_order_has_its_own_card_and_infos_are_three_at_most() -> None:
    view = signing("199206", "2058147")

    one, two = drafted(view)
    found = cards([advice("warning", order=one), advice("warning", order=two)], view, URL)
    assert len(found) == 2
    infos = [advice("info", order=one, merge=f"m{n}") for n in range(4)]
    assert len(cards(infos, view, URL)) == 3


def test_rules_that_merge_share_the_card_of_an_order() -> None:
    view = signing("199206")
    order = order_of(view)
    found = cards(
        [advice("info", order=order, merge="m"), advice("warning", order=order, merge="m")],
        view,
        URL,
    )
    assert levels(found) == ["warning"]


def test_an_offer_is_made_once_a_response_on_its_most_severe_card() -> None:
    offer = Create("hepatic-panel", recommended=True)
    found = cards(
        [advice("info", group="A", offers=(offer,)), advice("warning", group="B", offers=(offer,))],
        view_of([]),
        URL,
    )
    assert "suggestions" in found[0]
    assert "suggestions" not in found[1]
    assert "selectionBehavior" not in found[1]


def test_a_card_without_offers_has_no_suggestions_and_no_selection_behaviour() -> None:
    [card] = cards([advice("info")], view_of([]), URL)
    assert "suggestions" not in card
    assert "selectionBehavior" not in card


def test_one_choice_only_recommends_one() -> None:
    view = signing("199206 50 mg 1/d")
    order = order_of(view)
    offers = (
        Update(order, "riluzole-50-mg-every-12-hours", recommended=True),
        Delete(order, recommended=True),
    )
    [card] = cards([advice("warning", order=order, offers=offers, choose="at-most-one")], view, URL)
    assert card["selectionBehavior"] == "at-most-one"
    assert [s.get("isRecommended") for s in card["suggestions"]] == [True, None]


@pytest.mark.parametrize("status", ["active", "on-hold"])
def test_an_order_that_is_signed_again_is_not_offered_for_removal(status: str) -> None:
    view = signing(f"199206 50 mg 1/d status={status}")
    order = order_of(view)
    offers = (Delete(order), Update(order, "riluzole-50-mg-every-12-hours"))
    [card] = cards([advice("warning", order=order, offers=offers)], view, URL)
    assert [s["actions"][0]["type"] for s in card["suggestions"]] == ["update"]


def test_a_draft_that_graver_advice_removes_is_not_offered_in_another_dose() -> None:
    view = signing("313412")
    order = order_of(view)
    gone = advice("critical", order=order, merge="m", offers=(Delete(order),), choose="at-most-one")
    changed = (Update(order, "tizanidine-low-start"),)
    [card] = cards([advice("info", order=order, merge="m", offers=changed), gone], view, URL)
    assert [s["label"] for s in card["suggestions"]] == ["Remove the tizanidine draft"]
    assert card["selectionBehavior"] == "at-most-one"
    [alone] = cards([advice("info", order=order, offers=changed)], view, URL)
    assert [s["actions"][0]["type"] for s in alone["suggestions"]] == ["update"]


def test_a_draft_that_a_critical_card_removes_is_changed_on_no_other_card() -> None:
    """As after a severe reaction to a drug, whose dose would be put right beside."""
    view = signing("313412")
    order = order_of(view)
    changed = advice("warning", order=order, offers=(Update(order, "tizanidine-low-start"),))

    def kinds(level: str, *, own: tuple[Any, ...] = ()) -> list[str]:
        removed = advice(level, order=order, merge="m", offers=(*own, Delete(order)))
        found = cards([changed, removed], view, URL)
        return [s["actions"][0]["type"] for card in found for s in card.get("suggestions", [])]

    assert kinds("critical") == ["delete"]
    assert sorted(kinds("warning")) == ["delete", "update"]
    assert kinds("critical", own=(Update(order, "tizanidine-low-start"),)) == ["update", "delete"]


def test_a_delete_names_the_draft_and_carries_no_resource() -> None:
    view = signing("199206")
    order = order_of(view)
    [card] = cards([advice("critical", order=order, offers=(Delete(order),))], view, URL)
    [action] = card["suggestions"][0]["actions"]
    assert action["type"] == "delete"
    assert action["resourceId"] == order.reference
    assert "resource" not in action


@pytest.mark.parametrize("id", ["", "<b>", "two words", "a" * 256])
def test_a_draft_that_cannot_be_named_is_not_offered_for_removal(id: str) -> None:
    view = signing("199206")
    order = replace(order_of(view), id=id)
    [card] = cards([advice("critical", order=order, offers=(Delete(order),))], view, URL)
    assert "suggestions" not in card


def test_the_extension_names_the_rules_and_leaves_out_what_is_empty() -> None:
    [card] = cards([advice("info")], view_of([]), URL)
    assert card["extension"] == {EXTENSION: {"rules": ["rule-of-a-test"]}}


def test_every_draft_template_is_valid_r4_with_and_without_its_optional_slots() -> None:
    for name, file in base().drafts.items():
        if "{patient}" not in str(file.resource):
            continue  # It corrects an order, and is none by itself.
        for urgent in (False, True):
            view = view_of([])
            offer = Create(name, urgent=urgent, reason="because")
            [card] = cards([advice("info", offers=(offer,))], view, URL)
            [action] = card["suggestions"][0]["actions"]
            assert is_valid(action["resource"]), name
            assert action["description"] == file.description


def test_a_draft_refers_as_its_reason_only_to_what_r4_allows_there() -> None:
    kinds = ("Condition", "Observation", "Procedure", "DocumentReference", "Encounter", "Consent")
    found = [Origin(f"{kind}/1", "a fact", "1", "", None) for kind in kinds]
    for name, file in base().drafts.items():
        type = file.resource["resourceType"]
        model = model_of(type)
        if "{evidence}" not in str(file.resource) or model is None:
            continue
        extra = model.model_fields["reasonReference"].json_schema_extra
        assert isinstance(extra, dict)
        assert sorted(REASON_TYPES[type]) == sorted(extra["enum_reference_types"]), type
        draft = filled(Create(name, reason="because"), view_of([]), found)
        told = [reference["reference"] for reference in draft["reasonReference"]]
        assert told == [f"{kind}/1" for kind in kinds if kind in REASON_TYPES[type]], name


def test_every_draft_template_has_a_label_that_fits_a_button() -> None:
    assert all(len(file.label) <= 60 for file in base().drafts.values())


def test_an_order_that_lacks_its_subject_is_not_sent_back() -> None:
    order_json = drafts.draft("199206 50 mg 1/d")
    del order_json["subject"]
    view = view_of([], hook="order-sign", orders=[order_json])
    order = order_of(view)
    offer = Update(order, "riluzole-50-mg-every-12-hours")
    [card] = cards([advice("warning", order=order, offers=(offer,))], view, URL)
    assert "suggestions" not in card


GAS = {
    "resourceType": "ServiceRequest",
    "id": "gas",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/anna"},
    "authoredOn": "2026-05-30",
    "code": {
        "coding": [{"system": "http://loinc.org", "code": "24336-0"}],
        "text": "Arterial or earlobe capillary blood gas, awake",
    },
}


def offered_beside(order: Json, *, urgent: bool = False) -> bool:
    """Whether a card still offers a blood gas beside an order of the chart."""
    offers = (Create("blood-gas", reason="low", urgent=urgent),)
    [card] = cards([advice("warning", offers=offers)], view_of([order]), URL)
    return "suggestions" in card


def test_what_was_ordered_in_the_last_days_is_not_offered_again() -> None:
    assert not offered_beside(GAS)
    assert not offered_beside({**GAS, "authoredOn": "2026-05-25"})


def test_an_order_of_longer_ago_or_one_that_is_over_leaves_the_offer() -> None:
    assert offered_beside({**GAS, "authoredOn": "2026-05-24"})
    assert all(offered_beside({**GAS, "status": s}) for s in ("revoked", "completed", "on-hold"))


def test_what_is_urgent_stays_on_offer() -> None:
    assert offered_beside(GAS, urgent=True)


def test_of_one_level_distress_speaks_for_the_card_at_the_end_of_life() -> None:
    found = [advice("warning", group="EOL", summary=s) for s in ("kit", "breathless")]
    order = ("eol-breathlessness",)
    ids = ("eol-anticipatory-prescribing", "eol-breathlessness")
    named = [
        Finding(replace(f.rule, id=id), f.outcome, None) for f, id in zip(found, ids, strict=True)
    ]
    [cluster] = clustered(named, "patient-view", order)
    assert [a.outcome.summary for a in cluster] == ["breathless", "kit"]
