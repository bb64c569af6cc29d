"""Whose absence means something: what sites can be taken to record, and what they say they do."""

from pathlib import Path

import pytest

from cdshooks import rules
from cdshooks.knowledge import base, of_site
from cdshooks.rules.authoring import InUse, Ordered, Refused


@pytest.mark.parametrize(
    ("concept", "profile", "recorded"),
    [
        # A standard code that charts hold; one that they seldom hold; none.
        ("weight", "default", True),
        ("phq9-total", "default", False),
        ("alsfrs-item-3", "default", False),
        ("physiotherapy", "default", False),
        ("team-speech", "default", False),
        ("genetic-result", "default", False),
        ("als-clinic", "default", False),
        ("eat-10", "default", False),
        ("physiotherapy", "captures-all", True),
        ("phq9-total", "captures-all", True),
        ("als-clinic", "captures-all", True),
    ],
)
def test_a_standard_code_counts_as_recorded_unless_it_is_seldom_used(
    concept: str, profile: str, recorded: bool
) -> None:
    assert base().profile("default", profile).captured(concept) is recorded


@pytest.mark.parametrize("concept", ["physiotherapy", "alsfrs-item-3", "als-clinic"])
def test_a_site_says_what_it_records_by_name_or_by_its_own_codes(
    concept: str, tmp_path: Path
) -> None:
    by_name, by_code = tmp_path / "by-name.yaml", tmp_path / "by-code.yaml"
    by_name.write_text(f"meaning: A site.\ncaptures: [{concept}]\n")
    by_code.write_text(f'meaning: A site.\ncodes: {{{concept}: ["https://site.example|X1"]}}\n')
    for path in (by_name, by_code):
        assert of_site(base(), ["default", str(path)]).captured(concept)


def test_what_a_declaration_tells_apart_lies_within_what_it_asks_for() -> None:
    declared = [d for rule in rules.load() for d in rule.reads]
    divided = [d for d in declared if isinstance(d, InUse | Ordered | Refused) and d.parts]
    assert divided
    for declaration in divided:
        whole = base().value_sets[declaration.value_set]
        for part in declaration.parts:
            assert base().value_sets[part].exact <= whole.exact, part
