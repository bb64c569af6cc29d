"""Riluzole in whole calls: what is offered where, and what one card keeps from another."""

from datetime import date
from typing import Any

import pytest

from cdshooks.fhir.repair import is_valid
from cdshooks.knowledge import base
from cdshooks.rules import load
from cdshooks.security.policy import Policy
from cdshooks.services import services
from cdshooks.services.answer import NOBODY, answer
from cdshooks.services.catalogue import as_json, describe
from tests.support import resources, vignettes
from tests.support.vignettes import Case

Json = dict[str, Any]
TODAY = date(2026, 11, 21)
NORMAL = "22 U/L high=40, 5 days ago"
HIGH = "368 U/L high=40, 1 day ago"
TAKEN = "ALS + prescription 199206 active id=rx"


def body_of(hook: str, policy: Policy = NOBODY, **cells: str) -> Json:
    case = Case("", "", TODAY, hook, {"hook": hook, **cells})
    site = vignettes.site_of(case)
    [service] = [s for s in services() if s.hook == hook]
    request, now = vignettes.request_of(case, site), vignettes._now(case)
    return answer(service, request, site, now, policy).body


def by_rule(body: Json) -> dict[str, Json]:
    return {
        rule: card
        for card in body["cards"]
        for rule in card["extension"]["org.als-cdshooks"]["rules"]
    }


def labels(card: Json) -> list[str]:
    return [s["label"] for s in card.get("suggestions", [])]


PANEL = "Order hepatic function panel"
STOP = "Stop the active riluzole order"


def jaundiced(hook: str = "patient-view", policy: Policy = NOBODY, **cells: str) -> Json:
    return body_of(
        hook,
        policy,
        **{
            "record": f"{TAKEN}, 80 days ago + condition jaundice, 1 day ago",
            "ALT": HIGH,
            "bilirubin": "3.1 mg/dL high=1.2, 1 day ago",
            **cells,
        },
    )


def test_high_alt_and_jaundice_are_two_critical_cards_and_one_offer_of_each_kind() -> None:
    cards = by_rule(jaundiced())
    liver, alt = cards["riluzole-liver-dysfunction"], cards["riluzole-alt-high-on-therapy"]
    assert [liver["indicator"], alt["indicator"]] == ["critical", "critical"]
    offered = [*labels(liver), *labels(alt)]
    assert sorted(offered) == sorted([PANEL, STOP])
    assert "riluzole-consider" not in cards
    assert "riluzole-monitoring-due" not in cards


def stopped(card: Json) -> Json:
    [action] = [s["actions"][0] for s in card["suggestions"] if s["label"] == STOP]
    resource: Json = action["resource"]
    assert action["type"] == "update"
    return resource


def test_stopping_sends_the_whole_order_back_with_status_and_reason() -> None:
    resource = stopped(by_rule(jaundiced())["riluzole-liver-dysfunction"])
    assert is_valid(resource)
    assert (resource["id"], resource["status"]) == ("rx", "stopped")
    assert resource["statusReason"]["text"]
    assert resource["medicationCodeableConcept"]["coding"][0]["code"] == "199206"
    assert resource["subject"] == {"reference": "Patient/anna"}


def test_a_client_that_forbids_it_is_not_offered_to_change_a_signed_order() -> None:
    cards = by_rule(jaundiced(policy=Policy(edit_active_orders=False)))
    liver, alt = cards["riluzole-liver-dysfunction"], cards["riluzole-alt-high-on-therapy"]
    assert [*labels(liver), *labels(alt)] == [PANEL]
    assert "label advises stopping" in alt["summary"]


def test_an_order_without_an_id_cannot_be_stopped() -> None:
    order = resources.record("prescription 199206 active, 80 days ago", TODAY)[0]
    del order["id"]
    case = Case("", "", TODAY, "patient-view", {"record": "ALS", "ALT": HIGH})
    site = vignettes.site_of(case)
    request = vignettes.request_of(case, site)
    request.prefetch["medications"]["entry"] = [{"resource": order}]  # type: ignore[index]
    [service] = [s for s in services() if s.hook == "patient-view"]
    body = answer(service, request, site, vignettes._now(case)).body
    assert labels(by_rule(body)["riluzole-alt-high-on-therapy"]) == [PANEL]


def test_two_active_orders_are_stopped_one_by_one() -> None:
    orders = " + ".join(f"prescription 199206 active, {age} days ago" for age in (80, 70))
    body = body_of("patient-view", record=f"ALS + {orders}", ALT=HIGH)
    found = labels(by_rule(body)["riluzole-alt-high-on-therapy"])
    assert found == [PANEL, f"{STOP} (1 of 2)", f"{STOP} (2 of 2)"]


def test_monitoring_overdue_shares_the_card_of_a_high_alt_that_was_not_rechecked() -> None:
    body = body_of(
        "patient-view",
        record=f"{TAKEN}, 200 days ago",
        ALT="150 U/L high=40, 110 days ago",
    )
    cards = by_rule(body)
    assert cards["riluzole-alt-high-on-therapy"] is cards["riluzole-monitoring-due"]
    assert cards["riluzole-monitoring-due"]["indicator"] == "warning"


def test_overdue_monitoring_alone_is_an_information_in_the_us() -> None:
    body = body_of(
        "patient-view", record=f"{TAKEN}, 81 days ago", ALT="22 U/L high=40, 54 days ago"
    )
    assert [r for r in by_rule(body) if r.startswith("riluzole")] == ["riluzole-monitoring-due"]
    assert by_rule(body)["riluzole-monitoring-due"]["indicator"] == "info"


def test_monitoring_that_is_in_time_says_nothing() -> None:
    record = "ALS + statement 199206 active, 934 days ago"
    body = body_of("patient-view", record=record, ALT="22 U/L high=40, 310 days ago")
    assert not [rule for rule in by_rule(body) if rule.startswith("riluzole")]


def test_riluzole_is_drafted_with_its_baseline_in_one_suggestion() -> None:
    card = by_rule(body_of("patient-view", record="ALS"))["riluzole-consider"]
    offer = next(s for s in card["suggestions"] if len(s["actions"]) > 1)
    order, panel = (action["resource"] for action in offer["actions"])
    assert [order["resourceType"], panel["resourceType"]] == ["MedicationRequest", "ServiceRequest"]
    assert is_valid(order)
    assert is_valid(panel)
    assert "id" not in order
    assert "isRecommended" not in offer
    assert order["medicationCodeableConcept"]["coding"][0]["code"] == "199206"


def test_a_drafted_riluzole_passes_the_order_rules_that_it_can_pass() -> None:
    card = by_rule(body_of("patient-view", record="ALS"))["riluzole-consider"]
    order = card["suggestions"][0]["actions"][0]["resource"] | {"id": "new"}
    case = Case("", "", TODAY, "order-sign", {"record": "ALS", "ALT": NORMAL})
    site = vignettes.site_of(case)
    request = vignettes.request_of(case, site)
    object.__setattr__(request.context, "draft_orders", ((None, order),))
    [service] = [s for s in services() if s.hook == "order-sign"]
    assert answer(service, request, site, vignettes._now(case)).body["cards"] == []


def test_an_order_with_two_identities_is_judged_by_nothing_else() -> None:
    body = body_of("order-sign", record="ALS", orders="199206:edaravone 500 mg 2/d")
    assert list(by_rule(body)) == ["drug-identity-conflict"]


def test_the_other_orders_are_still_judged_beside_one_with_two_identities() -> None:
    body = body_of(
        "order-sign",
        record="ALS",
        ALT=NORMAL,
        orders="1924316:riluzole + 199206 100 mg 2/d",
    )
    assert set(by_rule(body)) == {"drug-identity-conflict", "riluzole-dose"}


def test_what_is_known_by_name_only_is_said_once() -> None:
    body = body_of(
        "order-sign",
        record="ALS",
        ALT=NORMAL,
        orders="elsewhere:riluzole 1 {film} 2/d",
    )
    assert list(by_rule(body)) == ["drug-identity-unverified"]


def test_a_dose_that_can_be_read_is_judged_by_name_too() -> None:
    body = body_of(
        "order-sign",
        record="ALS",
        ALT=NORMAL,
        orders="name:riluzole 25 mg 2/d",
    )
    assert set(by_rule(body)) == {"drug-identity-unverified", "riluzole-dose"}


def test_drugs_that_nobody_recognises_are_told_once_for_all_orders() -> None:
    body = body_of(
        "order-sign",
        record="ALS + prescription name:Tablette active, 9 days ago",
        ALT=NORMAL,
        orders="1924316 + 199206 50 mg 2/d",
    )
    found = [c for c in body["cards"] if "not recognised" in c["summary"]]
    assert len(found) == 1


@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_two_drafts_of_riluzole_are_one_card_with_one_removal_each(hook: str) -> None:
    body = body_of(
        hook,
        record="ALS",
        ALT=NORMAL,
        orders="199206 50 mg 2/d + 2265862 50 mg 2/d",
    )
    [card] = [c for c in body["cards"] if "Two riluzole" in c["summary"]]
    assert card["selectionBehavior"] == "at-most-one"
    removed = [s["actions"][0]["resourceId"] for s in card["suggestions"]]
    assert len(set(removed)) == len(removed) == 2


@pytest.mark.parametrize("hook", ["patient-view", "order-sign"])
def test_nothing_is_said_of_a_patient_without_als_and_without_its_drugs(hook: str) -> None:
    body = body_of(
        hook,
        record="condition jaundice, 1 day ago + prescription name:Tablette active, 9 days ago",
        bilirubin="9 mg/dL high=1.2",
        fails="laboratory + allergies",
        orders="313413",
    )
    assert body["cards"] == []


def test_every_rule_describes_its_inputs() -> None:
    knowledge = base().profile("default")
    described = {rule.id: describe(rule, knowledge) for rule in load()}
    ways = {how for read in described["drug-identity-unverified"].reads for how in read.how}
    assert {"the draft order itself", "everything that is taken"} <= ways
    offered = {how for read in described["riluzole-consider"].reads for how in read.how}
    assert "refusals, and ends with a reason written down" in offered
    assert as_json(described["riluzole-consider"])["id"] == "riluzole-consider"


def evidence(card: Json) -> set[str]:
    return {line["label"] for line in card["extension"]["org.als-cdshooks"].get("evidence", [])}


def limits(card: Json) -> list[str]:
    return [p["name"] for p in card["extension"]["org.als-cdshooks"]["parameters"]]


def test_creatine_kinase_is_evidence_only_where_it_explains_ast() -> None:
    values = {"record": "ALS", "orders": "199206", "CK": "900 U/L high=200"}
    alone = body_of("order-sign", ALT=NORMAL, AST="240 U/L high=40", **values)
    both = body_of("order-sign", ALT="90 U/L high=40", AST="240 U/L high=40", **values)
    rule = "riluzole-baseline-alt-high"
    assert evidence(by_rule(alone)[rule]) == {"ALT", "AST", "CK"}
    assert evidence(by_rule(both)[rule]) == {"ALT", "AST"}
    assert limits(by_rule(both)[rule]) == ["baseline_us_gt"]


def test_gilbert_and_hys_law_show_what_they_rest_on() -> None:
    values = {
        "orders": "199206",
        "bilirubin": "3 mg/dL high=1.2",
        "direct bilirubin": "0.3 mg/dL",
    }
    gilbert = "ALS + condition gilbert, 900 days ago"
    rule = "riluzole-liver-dysfunction"
    harmless = by_rule(body_of("order-sign", record=gilbert, **values))[rule]
    assert evidence(harmless) == {"Bilirubin", "Direct bilirubin", "Gilbert syndrome"}
    assert limits(harmless) == ["bilirubin_raised_gt"]
    hys = by_rule(body_of("order-sign", record=gilbert, ALT="150 U/L high=40", **values))[rule]
    assert evidence(hys) == {"Bilirubin", "ALT"}
    assert limits(hys) == ["bilirubin_critical_gt", "hys_law_alt_gt"]
