"""Oxygen as a drug, named by the Medication that an order refers to."""

from typing import Any

import pytest

from cdshooks.chart import answer, asks_for
from cdshooks.rules.authoring import Ordered
from tests.support.line import view_of
from tests.support.resources import PATIENT

Json = dict[str, Any]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
RUNNING = Ordered("oxygen", types=("MedicationRequest",), drafts=False)


def request(reference: str, status: str, *contained: Json) -> Json:
    """An order that says by a reference alone what its medication is."""
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": status,
        "intent": "order",
        "subject": {"reference": PATIENT},
        "medicationReference": {"reference": reference},
        "contained": list(contained),
    }


def medication(id: str, code: str) -> Json:
    """A Medication of one RxNorm code."""
    coding = {"system": RXNORM, "code": code}
    return {"resourceType": "Medication", "id": id, "code": {"coding": [coding]}}


@pytest.mark.parametrize(("code", "wanted"), [("7806", True), ("35623", False)])
def test_a_draft_says_by_its_contained_medication_what_it_asks_for(code: str, wanted: bool) -> None:
    draft = request("#gas", "draft", medication("gas", code))
    view = view_of([], hook="order-sign", orders=[draft])
    assert asks_for(view, "oxygen") is wanted


@pytest.mark.parametrize(("code", "wanted"), [("7806", True), ("35623", False)])
def test_a_draft_may_refer_to_a_medication_among_the_drafts(code: str, wanted: bool) -> None:
    orders = [request("Medication/gas", "draft"), medication("gas", code)]
    view = view_of([], hook="order-sign", orders=orders)
    assert asks_for(view, "oxygen") is wanted


@pytest.mark.parametrize(("code", "wanted"), [("7806", True), ("35623", False)])
def test_an_order_of_the_chart_is_known_by_its_medication(code: str, wanted: bool) -> None:
    order = request("#gas", "active", medication("gas", code))
    view = view_of([order], [RUNNING])
    assert bool(answer(view, RUNNING)) is wanted
