"""How much may be said about a patient about whom little is wrong."""

import pytest

from cdshooks import examples
from tools.noise import BUDGET, TYPICAL, noise, page


@pytest.mark.parametrize(("name", "visit"), TYPICAL.items())
def test_a_typical_patient_gets_no_more_candidates_than_the_budget_allows(
    name: str, visit: str
) -> None:
    """Whoever exceeds it asks which rule is the noise, and not for a larger budget."""
    assert len(noise(name, "default").candidates) <= BUDGET[visit], noise(name, "default")


@pytest.mark.parametrize("visit", BUDGET)
def test_each_visit_has_a_patient_with_few_scores_and_one_with_many(visit: str) -> None:
    assert list(TYPICAL.values()).count(visit) == 2


@pytest.mark.parametrize("name", examples.names())
def test_a_site_that_records_more_is_told_no_less(name: str) -> None:
    usual, all_coded = noise(name, "default"), noise(name, "captures-all")
    assert set(usual.candidates) <= set(all_coded.candidates)
    assert usual.cards <= len(usual.candidates)


def test_the_page_lists_every_example_patient_once() -> None:
    lines = list(page())
    assert all(sum(f"| `{name}` |" in line for line in lines) == 1 for name in examples.names())
