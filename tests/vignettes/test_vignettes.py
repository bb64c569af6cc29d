"""Every vignette of every rule: the patients that a clinician reads and signs."""

import pytest

from tests.support import vignettes
from tests.support.card_text import flaws
from tests.support.vignettes import Case

CASES = [case for path in vignettes.files() for case in vignettes.load(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_patient_gets_the_advice(case: Case) -> None:
    result = vignettes.evaluate(case)
    assert vignettes.holds(case, result), f"{result.outcome}: {result.text}"
    assert result.card is None or flaws(result.card) == []


def test_no_two_patients_of_a_rule_have_the_same_title() -> None:
    titles = [str(case) for case in CASES]
    assert len(titles) == len(set(titles))
