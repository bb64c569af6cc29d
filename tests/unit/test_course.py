"""For how long directions hold, and how fast a dose runs: exact, or not said."""

from datetime import UTC, date
from fractions import Fraction
from typing import Any

import pytest

from cdshooks.fhir.amount import Strength
from cdshooks.fhir.course import course
from cdshooks.rules.authoring import Course

BAG = Strength(Fraction(3, 10), "mL")


def read(repeat: dict[str, Any] | None = None, **dosage: Any) -> Course:
    return course({"timing": {"repeat": repeat or {}}, **dosage}, BAG, UTC)


def test_a_period_counts_its_first_and_its_last_day() -> None:
    found = read({"boundsPeriod": {"start": "2026-11-01", "end": "2026-11-14"}})
    assert (found.days, found.start, found.bounded) == (14, date(2026, 11, 1), True)


def test_a_period_of_one_day_is_one_day() -> None:
    assert read({"boundsPeriod": {"start": "2026-11-01", "end": "2026-11-01"}}).days == 1


def test_a_period_without_an_end_or_turned_round_has_no_length() -> None:
    assert read({"boundsPeriod": {"start": "2026-11-01"}}).bounded is False
    assert read({"boundsPeriod": {"start": "2026-11-14", "end": "2026-11-01"}}).days is None


def test_a_duration_and_a_count_bound_a_course() -> None:
    found = read({"boundsDuration": {"value": 2, "code": "wk"}, "count": 10})
    assert (found.days, found.doses) == (14, 10)


WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@pytest.mark.parametrize(
    ("repeat", "doses", "times"),
    [
        ({"dayOfWeek": WORKDAYS}, 10, 1),
        ({"dayOfWeek": WORKDAYS, "frequency": 1, "period": 1, "periodUnit": "d"}, 10, 1),
        ({"dayOfWeek": WORKDAYS, "frequency": 5, "period": 1, "periodUnit": "wk"}, 10, 1),
        ({"dayOfWeek": WORKDAYS, "frequency": 2, "period": 1, "periodUnit": "d"}, 20, 2),
        ({"dayOfWeek": WORKDAYS, "frequency": 1, "period": 1, "periodUnit": "wk"}, None, None),
        ({"dayOfWeek": WORKDAYS, "frequency": 1, "period": 1, "periodUnit": "?"}, None, None),
        ({"dayOfWeek": ["someday"]}, None, None),
        ({"dayOfWeek": [*WORKDAYS, "sat", "sun"]}, None, None),
        ({"dayOfWeek": []}, None, None),
        ({"dayOfWeek": WORKDAYS, "count": 8}, 8, 1),
    ],
)
def test_weekdays_of_two_weeks_are_counted(repeat: Any, doses: Any, times: Any) -> None:
    found = read({"boundsDuration": {"value": 14, "code": "d"}, **repeat})
    assert (found.days, found.doses, found.weekday_times) == (14, doses, times)


@pytest.mark.parametrize(("length", "doses"), [(11, 9), (12, 10), (13, 10), (14, 10), (15, 11)])
def test_of_a_part_of_a_week_as_many_weekdays_count_as_may_be_in_it(
    length: int, doses: int
) -> None:
    bounds = {"boundsDuration": {"value": length, "code": "d"}}
    assert read({**bounds, "dayOfWeek": WORKDAYS}).doses == doses


def test_weekdays_without_an_end_bound_no_course() -> None:
    assert read({"dayOfWeek": WORKDAYS}).bounded is False


def test_dated_doses_are_sorted_and_the_first_is_the_start() -> None:
    found = course({"timing": {"event": ["2026-11-03", "2026-11-01"]}}, BAG, UTC)
    assert found.dates == (date(2026, 11, 1), date(2026, 11, 3))
    assert found.start == date(2026, 11, 1)
    assert found.bounded


def test_directions_without_bounds_are_unbounded() -> None:
    assert read() == Course()
    assert not read().bounded


@pytest.mark.parametrize(
    ("dosage", "mg_a_minute"),
    [
        ({"rateQuantity": {"value": 1, "code": "mg/min"}}, Fraction(1)),
        ({"rateQuantity": {"value": 200, "unit": "mL/h"}}, Fraction(1)),
        ({"rateQuantity": {"value": 200, "unit": "drops/h"}}, None),
        ({"rateQuantity": {"value": 200}}, None),
        (
            {"rateRatio": {"numerator": {"value": 60, "code": "mg"},
                           "denominator": {"value": 30, "code": "min"}}},
            Fraction(2),
        ),
        ({"rateRatio": {"numerator": {"value": 60, "code": "mg"}}}, None),
    ],
)  # fmt: skip
def test_a_rate_is_in_mg_a_minute(dosage: dict[str, Any], mg_a_minute: Fraction | None) -> None:
    assert read(doseAndRate=[dosage]).mg_a_minute == mg_a_minute
    assert read(**dosage).mg_a_minute == mg_a_minute


def test_a_duration_is_in_minutes() -> None:
    assert read({"duration": 1, "durationUnit": "h"}).minutes == 60
    assert read({"duration": 1}).minutes is None
