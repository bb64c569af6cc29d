"""Each prefetch key has one contract, and the contracts together are the whole plan."""

import pytest

from cdshooks.app import site_of
from cdshooks.services.answer import searches
from cdshooks.services.contracts import Contract, contracts
from cdshooks.settings import Settings
from tests.support import fhir_calls

SITE = site_of(Settings(auth="off"))


def of(hook: str, key: str) -> Contract:
    return next(one for one in contracts(hook, SITE) if one.search.key == key)


@pytest.mark.req("PFD-3")
@pytest.mark.parametrize("hook", fhir_calls.HOOKS)
def test_every_key_has_one_contract_and_a_reader(hook: str) -> None:
    found = contracts(hook, SITE)
    keys = [one.search.key for one in found]
    assert len(keys) == len(set(keys))
    assert [one.search for one in found if one.core] == list(searches(hook, SITE))
    assert all((one.alone or one.also) and one.absence for one in found)
    assert not any(set(one.alone) & set(one.also) for one in found)


@pytest.mark.req("PFD-2")
def test_without_the_patient_or_the_problem_list_a_call_is_refused() -> None:
    assert "412" in of("patient-view", "patient").absence
    assert "412" in of("patient-view", "conditions").absence
    assert "population_gate" in of("patient-view", "conditions").alone
    assert "412" not in of("patient-view", "allergies").absence


def test_what_is_missed_is_told_on_the_card_except_at_order_select() -> None:
    assert "on the card" in of("order-sign", "laboratory").absence
    assert "on the card" not in of("order-select", "laboratory").absence
    assert of("patient-view", "appointments").absence.startswith("never asked for")
