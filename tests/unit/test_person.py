"""What rules may know of the patient and the call."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.chart.person import years
from cdshooks.rules.authoring import Patient, Person, This
from tests.support.charts import chart


def ask(**members: Any) -> Person:
    patient = {"resourceType": "Patient", "id": "anna"} | members
    found = answer(chart([patient], Patient()), Patient())
    assert isinstance(found, Person)
    return found


@pytest.mark.parametrize(
    ("born", "age"),
    [("1966-06-01", 60), ("1966-06-02", 59), ("1966", 60), (None, None), ("2026-06-02", None),
     ("unknown", None), ("2026-06-01", 0)],
)  # fmt: skip
def test_age_is_in_completed_years(born: str | None, age: int | None) -> None:
    assert ask(birthDate=born).age == age


def test_a_leap_day_is_completed_on_the_first_of_march() -> None:
    assert years(date(2004, 2, 29), date(2025, 2, 28)) == 20
    assert years(date(2004, 2, 29), date(2025, 3, 1)) == 21


@pytest.mark.parametrize(
    ("members", "deceased"),
    [({}, False), ({"deceasedBoolean": False}, False), ({"deceasedBoolean": True}, True),
     ({"deceasedBoolean": "true"}, True), ({"deceasedDateTime": "2026"}, True),
     ({"deceasedDateTime": "unknown day"}, True)],
)  # fmt: skip
def test_a_patient_has_died_however_it_was_said(members: dict[str, Any], deceased: bool) -> None:
    assert ask(**members).deceased is deceased


def test_sex_is_known_only_where_limits_depend_on_it() -> None:
    assert [ask(gender=g).sex for g in ("male", "female", "other", None)] == [
        "male",
        "female",
        None,
        None,
    ]
    assert [ask(active=a).active for a in (True, None, False)] == [True, True, False]


def test_somebody_else_is_not_the_patient() -> None:
    eve = {"resourceType": "Patient", "id": "eve", "deceasedBoolean": True}
    found = answer(chart([], Patient(), changed={"patient": eve}), Patient())
    assert isinstance(found, Person)
    assert (found.known, found.deceased) == (False, False)


def test_a_call_without_an_encounter_is_not_in_hospital() -> None:
    view = chart([], This())
    assert getattr(answer(view, This()), "inpatient") is False  # noqa: B009
