"""A value that came in another unit is shown with that too, so that it can be found again."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.rules.authoring import Latest, Reading
from tests.support.charts import chart, observation
from tests.support.vignettes import Case, evaluate

AGE = "resp_value_max_age_days"


@pytest.mark.parametrize(
    ("measure", "loinc", "quantity", "shown", "sent"),
    [
        ("paco2", "2019-8", {"value": 6.7, "unit": "kPa"}, "50.3", "6.7 kPa"),
        ("paco2", "2019-8", {"value": 50, "unit": "mmHg"}, "50", ""),
        ("paco2", "2019-8", {"value": 50, "code": "mm[Hg]"}, "50", ""),
        ("weight", "29463-7", {"value": 148, "code": "[lb_av]"}, "67.1", "148 lb"),
        ("weight", "29463-7", {"value": 148, "unit": "lbs"}, "67.1", "148 lbs"),
        ("vc-percent", "19872-1", {"value": 0.45, "unit": "1"}, "45", "0.45"),
        ("vc-percent", "19872-1", {"value": 45, "unit": "%"}, "45", ""),
        ("vc-percent", "19872-1", {"value": 45}, "45", ""),
        ("alt", "1742-6", {"value": 40, "unit": "IU/L"}, "40", ""),
        ("alt", "1742-6", {"value": 2, "unit": "ukat/L"}, "120", "2 ukat/L"),
    ],
)
def test_the_unit_as_sent_is_kept_where_the_value_was_converted(
    measure: str, loinc: str, quantity: dict[str, Any], shown: str, sent: str
) -> None:
    wanted = Latest(measure, AGE)
    found = answer(chart([observation(loinc, quantity)], wanted), wanted)
    assert isinstance(found, Reading)
    origin = found.origins[0]
    assert origin.value.startswith(shown)
    assert origin.sent == sent


def test_the_table_of_a_card_shows_the_value_as_sent() -> None:
    cells = {"record": "ALS", "PaCO2": "6.7 kPa, 12 days ago"}
    card = evaluate(Case("niv-consider", "", date(2026, 6, 1), "patient-view", cells)).card
    assert card is not None
    assert "| 50.3 mmHg (sent as 6.7 kPa) |" in card["detail"]
    assert "sent as" not in card["summary"]
