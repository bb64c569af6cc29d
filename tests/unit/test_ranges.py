"""Reference ranges: which are meant for this patient."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart.ranges import fitting
from tests.support.line import TODAY, view_of

Json = dict[str, Any]
HIGH: Json = {"high": {"value": 40, "unit": "U/L"}}


def fits(body: Json, sampled: str | None = "2026-05-01") -> bool:
    """For a woman born on 1 June 1966."""
    result = {"referenceRange": [HIGH | body]} | ({"effectiveDateTime": sampled} if sampled else {})
    return fitting(result, view_of([])) == [HIGH | body]


def applies(*words: str) -> Json:
    return {"appliesTo": [{"text": word} for word in words]}


def aged(low: object = None, high: object = None, unit: str | None = "a") -> Json:
    ends = {"low": low, "high": high}
    code = {"code": unit} if unit else {}
    return {"age": {key: {"value": value, **code} for key, value in ends.items() if value}}


def test_the_woman_of_these_tests_is_59_when_sampled_and_60_today() -> None:
    assert date(1966, 6, 1).replace(year=2026) == TODAY


@pytest.mark.parametrize(
    "body",
    [
        {},
        applies("Female"),
        applies("adult women"),
        applies("male", "female"),
        applies("pregnant"),
        {"appliesTo": {"coding": [{"code": "F"}]}},
        {"type": {"coding": [{"code": "normal"}]}},
        {"type": {"text": "usual"}},
        aged(18),
        aged(59, 59),
        aged(high=59),
        aged(low=59, unit=None),
        aged(60, unit="mo"),
    ],
)
def test_a_range_fits_unless_it_is_for_somebody_else(body: Json) -> None:
    assert fits(body)


@pytest.mark.parametrize(
    "body",
    [
        applies("male"),
        applies("Men"),
        {"appliesTo": [{"coding": [{"code": "M"}]}]},
        {"type": {"coding": [{"code": "therapeutic"}]}},
        aged(60),
        aged(high=58),
        aged(low=60, unit="years"),
        aged(60, unit=None),
    ],
)
def test_a_range_for_the_other_sex_another_age_or_another_purpose_does_not(body: Json) -> None:
    assert not fits(body)


def test_without_a_date_of_the_sample_the_age_of_today_counts() -> None:
    assert fits(aged(60), sampled=None)


def test_nobody_is_excluded_by_what_is_not_known_of_the_patient() -> None:
    view = view_of([], prefetch={"patient": {"resourceType": "Patient", "id": "anna"}})
    bodies = [HIGH | applies("male"), HIGH | aged(99)]
    assert fitting({"referenceRange": bodies}, view) == bodies
