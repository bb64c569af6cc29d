"""Thresholds: which side they are met on, and at which rounding."""

from decimal import Decimal
from typing import Any

import pytest

from cdshooks.knowledge import Operator, Threshold, base


@pytest.mark.parametrize(
    ("operator", "met"),
    [("<", (True, False, False)), ("<=", (True, True, False)),
     (">", (False, False, True)), (">=", (False, True, True))],
)  # fmt: skip
def test_a_threshold_is_met_on_its_side(operator: Operator, met: tuple[bool, ...]) -> None:
    limit = Threshold("x", operator, Decimal(50), "%")
    assert tuple(limit.met_by(Decimal(v)) for v in (49, 50, 51)) == met
    assert limit.downward is operator.startswith("<")
    assert str(limit) == f"{operator} 50%"


def test_a_value_is_rounded_half_up_before_it_is_compared() -> None:
    limit = Threshold("x", "<", Decimal(50), "mmHg")
    assert not limit.met_by(Decimal("49.95"), 1)
    assert limit.met_by(Decimal("49.94"), 1)
    assert limit.met_by(Decimal("49.99"))
    assert str(limit) == "< 50 mmHg"


def test_a_threshold_without_a_value_is_off() -> None:
    limit = Threshold("x", ">", None, "%")
    assert not limit.met_by(Decimal(10**6))
    assert str(limit) == "off"


@pytest.mark.parametrize("change", [{"operator": None}, {"value": True}, {"value": "US"}])
def test_what_does_not_compare_is_no_threshold(change: dict[str, Any]) -> None:
    parameter = base().parameters["vc_asymptomatic_lt"]
    assert parameter.threshold().value == parameter.value
    with pytest.raises(TypeError, match="vc_asymptomatic_lt"):
        parameter.overridden(**change).threshold()
