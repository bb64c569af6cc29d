"""Findings as sentences of a card."""

import pytest

from cdshooks.rules.states.words import capital, inside, sentence


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Weak cough", "weak cough"),
        ("Non-invasive ventilation", "non-invasive ventilation"),
        ("FVC 46%", "FVC 46%"),
        ("PaCO2 49 mmHg", "PaCO2 49 mmHg"),
        ("SpO2 84%", "SpO2 84%"),
        ("A fall", "a fall"),
    ],
)
def test_in_the_midst_of_a_sentence_only_a_name_keeps_its_capital(text: str, said: str) -> None:
    assert inside(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sertraline", "Sertraline"),
        ("valproate and St John's wort", "Valproate and St John's wort"),
        ("SSRI", "SSRI"),
        ("pH", "pH"),
        ("", ""),
    ],
)
def test_a_capital_letter_leaves_the_names_behind_it_alone(text: str, said: str) -> None:
    assert capital(text) == said
