"""Every code by which laboratories send a measure is read as that measure."""

import pytest

from cdshooks import knowledge
from cdshooks.knowledge import Code

CODES = {
    "egfr": ("98979-8", "62238-1", "50210-4", "94677-2", "98980-6", "48642-3", "88293-6"),
    "white-cells": ("6690-2", "26464-8", "804-5", "49498-9", "12227-5", "33256-9"),
    "neutrophils-segmented": ("768-2", "30451-9"),
    "pregnancy-hormone": ("19080-1", "21198-7", "83086-9", "45194-8"),
}


@pytest.mark.parametrize(("name", "codes"), CODES.items())
def test_a_code_of_a_laboratory_is_in_its_value_set(name: str, codes: tuple[str, ...]) -> None:
    value_set = knowledge.base().value_sets[name]
    assert [c for c in codes if not value_set.holds_any([Code("loinc", c)])] == []


@pytest.mark.parametrize(
    ("name", "code"), [("egfr", "48643-1"), ("egfr", "88294-4"), ("white-cells", "92635-2")]
)
def test_a_look_alike_is_not(name: str, code: str) -> None:
    assert not knowledge.base().value_sets[name].holds_any([Code("loinc", code)])
