"""Weights that a slip explains better than the patient are set aside, and said so."""

from datetime import date, timedelta
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.chart.doubts import doubts
from cdshooks.rules.authoring import Latest, Missing, Reading, Series
from tests.support.charts import chart, observation

Json = dict[str, Any]
LAST = date(2026, 5, 31)
EVERY = Series("weight", None)
NEWEST = Latest("weight", None)


def weight(value: float, days: int, id: str = "") -> Json:
    """A weight so many days before the last of May."""
    day = (LAST - timedelta(days=days)).isoformat()
    quantity = {"value": value, "unit": "kg"}
    return observation("29463-7", quantity, id=id or f"w{days}-{value}", effectiveDateTime=day)


def kept(*weights: Json) -> list[float]:
    found = answer(chart(list(weights), EVERY), EVERY)
    assert isinstance(found, tuple)
    return [float(reading.value) for reading in found]


def test_one_weight_is_trusted() -> None:
    assert kept(weight(149, 0)) == [149]


def test_what_a_patient_says_to_weigh_yields_to_what_was_measured_that_day() -> None:
    told = weight(70, 0) | {"code": {"coding": [{"system": "http://loinc.org", "code": "3142-7"}]}}
    assert kept(weight(70, 190), weight(62, 0), told) == [70, 62]
    assert kept(weight(70, 190), weight(62, 1), told | {"id": "told"}) == [70, 70]
    assert kept(weight(70, 190), told) == [70, 70]


def test_a_measure_without_limits_on_jumps_keeps_what_jumps() -> None:
    every = Series("alsfrs-total", None)
    totals = [
        observation("82953-1", {"value": value, "unit": "{score}"}, id=f"t{value}")
        | {"effectiveDateTime": f"2026-05-{day:02}"}
        for value, day in ((40, 1), (4, 9))
    ]
    found = answer(chart(totals, every), every)
    assert isinstance(found, tuple)
    assert [float(reading.value) for reading in found] == [40, 4]


def test_no_weight_is_no_mistake() -> None:
    assert kept() == []


@pytest.mark.parametrize(
    ("value", "trusted"), [(85, True), (85.1, False), (51, True), (50.9, False)]
)
def test_a_weight_over_a_quarter_from_the_median_is_set_aside(value: float, trusted: bool) -> None:
    others = [weight(68, 300), weight(68, 200), weight(68, 0)]
    assert (value in kept(*others, weight(value, 100))) is trusted


def test_of_two_weights_that_far_apart_neither_is_trusted() -> None:
    assert kept(weight(149, 100), weight(67, 0)) == []


@pytest.mark.parametrize(
    ("days", "value", "trusted"), [(14, 61.15, False), (14, 61.2, True), (15, 61.1, True)]
)
def test_a_jump_of_over_a_tenth_within_two_weeks_is_set_aside(
    days: int, value: float, trusted: bool
) -> None:
    others = [weight(68, 200), weight(68, 100), weight(68, days)]
    assert (value in kept(*others, weight(value, 0))) is trusted


def test_of_a_jump_the_weight_farther_from_the_others_goes() -> None:
    found = kept(weight(62, 200), weight(62, 100), weight(70, 10), weight(62, 0))
    assert found == [62, 62, 62]


def test_of_a_jump_between_equals_the_later_goes() -> None:
    assert kept(weight(60, 10), weight(68, 0)) == [60]


def test_every_jump_to_a_wrong_weight_is_undone() -> None:
    found = kept(weight(62, 60), weight(70, 12), weight(70.5, 10), weight(62, 6), weight(62, 0))
    assert found == [62, 62, 62]


def test_a_weight_of_one_day_that_is_far_off_is_set_aside() -> None:
    found = kept(weight(68, 200), weight(68, 5), weight(80, 0, "b"), weight(68, 0, "a"))
    assert found == [68, 68, 68]


def test_a_slow_loss_over_years_is_no_mistake() -> None:
    assert kept(weight(100, 900), weight(80, 500), weight(62, 0)) == [100, 80, 62]


@pytest.mark.parametrize(("days", "trusted"), [(366, False), (367, True)])
def test_a_weight_is_judged_by_those_of_its_own_year(days: int, trusted: bool) -> None:
    others = [weight(68, 300), weight(68, 200), weight(68, 0)]
    assert (110.0 in kept(weight(110, days), *others)) is trusted


def test_a_newest_weight_that_is_set_aside_is_named() -> None:
    found = [weight(68, 200), weight(68, 100), weight(149, 0)]
    reading = answer(chart(found, NEWEST), NEWEST)
    assert isinstance(reading, Reading)
    assert reading.value == 68
    assert reading.notes == (
        "a later result was not used: Weight 149 kg is far from the values around it (31 May 2026)",
    )


def test_without_a_trusted_weight_there_is_none() -> None:
    found = answer(chart([weight(149, 100), weight(67, 0)], NEWEST), NEWEST)
    assert isinstance(found, Missing)
    assert found.text == "Weight 67 kg is far from the values around it (31 May 2026)"


def test_a_doubt_names_the_weight_nearest_in_time() -> None:
    found = [weight(68, 200), weight(67, 40), weight(149, 20), weight(66, 10)]
    view = chart(found, EVERY)
    answer(view, EVERY)
    [doubt] = doubts(view)
    assert (doubt.kind, doubt.reason) == ("conflict", "149 kg vs 66 kg")
    assert doubt.day == LAST - timedelta(days=20)


def test_a_weight_of_a_laboratory_limit_is_still_compared() -> None:
    odd = weight(149, 20)
    odd["valueQuantity"]["comparator"] = ">"
    view = chart([weight(68, 200), weight(67, 40), odd, weight(66, 10)], EVERY)
    answer(view, EVERY)
    assert [doubt.kind for doubt in doubts(view)] == ["conflict"]
