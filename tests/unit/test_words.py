"""Findings as sentences of a card."""

import pytest

from cdshooks.rules.states.words import sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weak cough", "Weak cough."),
        ("FVC 46%", "FVC 46%."),
        ("pH 7.30", "pH 7.30."),
        ("", "."),
        ("a", "A."),
    ],
)
def test_a_finding_begins_with_a_capital_and_ends_with_a_stop(text: str, said: str) -> None:
    assert sentence(text) == said
