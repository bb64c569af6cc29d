"""What is booked, and what is being booked in this very call."""

from dataclasses import replace
from typing import Any

import pytest

from cdshooks.chart import View, answer
from cdshooks.rules.authoring import Booked, Entries
from tests.support.charts import TODAY, chart
from tests.support.resources import record

Json = dict[str, Any]
WANTED = Booked("pft", within="pft_booking_days")


def appointment(phrase: str, **changes: Any) -> Json:
    [made] = record(phrase, TODAY)
    return made | changes


def booked(*resources: Json, making: tuple[Json, ...] = ()) -> Entries:
    view: View = chart(list(resources), WANTED)
    view = replace(view, context=replace(view.context, appointments=making), memory={})
    found = answer(view, WANTED)
    assert isinstance(found, Entries)
    return found


@pytest.mark.parametrize(
    ("phrase", "counts"),
    [
        ("appointment pft, today", True),
        ("appointment pft, in 31 days", True),
        ("appointment pft, in 32 days", False),
        ("appointment pft, 1 day ago", False),
        ("appointment als-clinic, in 3 days", False),
        ("appointment pft foreign, in 3 days", False),
        ("appointment pft cancelled, in 3 days", False),
        ("appointment pft, undated", False),
    ],
)
def test_an_appointment_counts_in_the_chart_and_in_the_making(phrase: str, counts: bool) -> None:
    made = appointment(phrase)
    assert bool(booked(made)) is counts
    assert bool(booked(making=(made,))) is counts


def test_a_proposal_counts_only_where_it_is_being_booked() -> None:
    made = appointment("appointment pft proposed, in 3 days")
    assert not booked(made)
    [entry] = booked(making=(made,))
    assert entry.status == "proposed"
    assert entry.origins[0].resource == f"Appointment/{made['id']}"


def test_one_without_an_id_is_still_one() -> None:
    made = appointment("appointment pft, in 3 days", id=None)
    [entry] = booked(making=(made,))
    assert (entry.id, entry.origins[0].resource) == ("", "Appointment")
