"""Whose orders the rules on a drug's identity are about."""

from dataclasses import replace
from typing import Any

import pytest

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    NotIndicated,
    Order,
    Outcome,
    Recommend,
    Takes,
)
from cdshooks.rules.drug_identity import drug_identity_conflict, drug_identity_unverified
from cdshooks.rules.states.population import Diagnosis, Population
from tests.support.line import TODAY

ORDER = Order("MedicationRequest", "1", "draft", "order", "tizanidine", "tizanidine")
UNKNOWN = Takes(0, Entries((Entry("MedicationRequest", "9", "Tablette", "active"),)))
CALL = Call("order-sign", TODAY, orders=("MedicationRequest/1", "MedicationRequest/2"))


def person(diagnosis: Diagnosis) -> Population:
    return Population(diagnosis, adult=True, living=True)


def unverified(diagnosis: Diagnosis, **changes: Any) -> Outcome:
    order = replace(ORDER, **changes)
    return drug_identity_unverified(order, UNKNOWN, person(diagnosis), CALL)


def conflicting(diagnosis: Diagnosis, **changes: Any) -> Outcome:
    return drug_identity_conflict(replace(ORDER, **changes), person(diagnosis))


@pytest.mark.parametrize("diagnosis", ["als", "provisional"])
def test_in_als_every_known_drug_is_this_services(diagnosis: Diagnosis) -> None:
    assert isinstance(unverified(diagnosis), Recommend)
    assert isinstance(conflicting(diagnosis, conflict="baclofen"), Recommend)


@pytest.mark.parametrize("diagnosis", ["none", "unreadable"])
def test_without_als_only_drugs_for_als_are(diagnosis: Diagnosis) -> None:
    assert isinstance(unverified(diagnosis), NotIndicated)
    assert isinstance(conflicting(diagnosis, conflict="baclofen"), NotIndicated)
    assert isinstance(unverified(diagnosis, drug="riluzole"), Recommend)
    assert isinstance(conflicting(diagnosis, conflict="edaravone"), Recommend)
    assert isinstance(conflicting(diagnosis, drug="tofersen", conflict="baclofen"), Recommend)


def test_another_drug_by_name_is_not_called_unverified() -> None:
    found = unverified("als", by_name=True, written="Sirdalud")
    assert isinstance(found, Recommend)
    assert found.summary == "1 drug not recognised: interactions not checked"


def test_the_medication_is_spoken_of_on_the_first_order_only() -> None:
    assert isinstance(unverified("als", id="1"), Recommend)
    assert isinstance(unverified("als", id="2"), NotIndicated)
