"""Drafting an order from the form, and what accepting a suggestion does to the drafts."""

from datetime import date
from typing import Any

import pytest

from cdshooks.fhir.repair import is_valid
from cdshooks.knowledge import base
from cdshooks.services.workbench.orders import (
    WRONG_DOSE,
    Form,
    applied,
    choices,
    drafted,
    is_among,
    name_of,
    placed,
)

Json = dict[str, Any]
TODAY = date(2026, 6, 1)
DRAFT: Json = {"resourceType": "MedicationRequest", "id": "order-1", "status": "draft"}
REFERRAL: Json = {"resourceType": "ServiceRequest", "status": "draft", "code": {"text": "referral"}}


def test_the_preset_is_a_valid_order_of_a_product_that_is_offered() -> None:
    order = drafted(WRONG_DOSE, "p", TODAY, base())
    assert is_valid(order)
    assert WRONG_DOSE.product in choices(base())
    assert order["medicationCodeableConcept"]["coding"][0]["code"] == "199206"
    assert order["dosageInstruction"][0]["timing"]["repeat"]["frequency"] == 1


def test_a_drug_that_is_not_offered_is_ordered_by_its_name_alone() -> None:
    order = drafted(Form("curare", "", "", 0, ""), "p", TODAY, base())
    assert order["medicationCodeableConcept"] == {"text": "curare"}
    assert "dosageInstruction" not in order


@pytest.mark.parametrize(("dose", "value"), [("50", 50), ("2.5", 2.5)])
def test_a_dose_is_a_number_with_its_unit(dose: str, value: float) -> None:
    order = drafted(Form("x", dose, "mg", 2, ""), "p", TODAY, base())
    quantity = order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert (quantity["value"], quantity["code"]) == (value, "mg")


@pytest.mark.parametrize("dose", ["nan", "inf", "much", "1e999"])
def test_what_is_no_number_is_no_dose(dose: str) -> None:
    order = drafted(Form("x", dose, "mg", 0, "as told"), "p", TODAY, base())
    assert order["dosageInstruction"] == [{"text": "as told"}]


def test_create_adds_a_draft_with_an_id_of_its_own() -> None:
    create = {"type": "create", "resource": REFERRAL}
    drafts, changes = applied((DRAFT,), [create, create], ())
    assert [name_of(one) for one in drafts] == [
        "MedicationRequest/order-1",
        "ServiceRequest/accepted-1",
        "ServiceRequest/accepted-2",
    ]
    assert [change.did for change in changes] == ["added", "added"]
    assert is_among(create, drafts)
    assert not is_among(create, (DRAFT,))


def test_update_replaces_the_draft_of_its_type_and_id_and_tells_the_difference() -> None:
    update = {"type": "update", "resource": {**DRAFT, "status": "active"}}
    drafts, (change,) = applied((DRAFT,), [update], ())
    assert drafts == ({**DRAFT, "status": "active"},)
    assert ("-", '  "status": "draft"') in change.lines
    assert ("+", '  "status": "active"') in change.lines


def test_update_of_an_order_of_the_chart_brings_it_among_the_drafts() -> None:
    stopped = {**DRAFT, "status": "stopped"}
    drafts, (change,) = applied((), [{"type": "update", "resource": stopped}], [DRAFT])
    assert drafts == (stopped,)
    assert ("-", '  "status": "draft"') in change.lines


@pytest.mark.parametrize("named", ["MedicationRequest/order-1", "order-1"])
def test_delete_takes_the_draft_away(named: str) -> None:
    drafts, (change,) = applied((DRAFT,), [{"type": "delete", "resourceId": named}], ())
    assert drafts == ()
    assert change.did == "removed"


def test_an_action_of_no_known_kind_or_about_nothing_changes_nothing() -> None:
    strange = [{"type": "explode"}, {"type": "delete", "resourceId": "Device/1"}]
    assert applied((DRAFT,), strange, ()) == ((DRAFT,), ())


def test_the_form_replaces_its_own_order_only() -> None:
    other = {**DRAFT, "id": "order-2"}
    changed = {**DRAFT, "status": "active"}
    assert placed((DRAFT, other), changed) == (changed, other)
