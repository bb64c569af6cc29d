"""On which days a chart is opened again."""

from datetime import UTC, date
from typing import Any

from cdshooks.population.record import Record
from cdshooks.population.replaying.seen import timeline
from cdshooks.population.replaying.visits import Span, days_of, followed

Json = dict[str, Any]
YEAR = Span(date(2024, 1, 1), date(2024, 12, 31))


def visit(day: str, status: str = "finished") -> Json:
    return {"resourceType": "Encounter", "status": status, "period": {"start": day}}


def value(day: str) -> Json:
    return {"resourceType": "Observation", "status": "final", "effectiveDateTime": day}


def opened(span: Span, *resources: Json, **patient: object) -> list[str]:
    person = {"resourceType": "Patient", "id": "p", **patient}
    record = Record("p", (person, *resources))
    time = followed(record, timeline(record, UTC), span, UTC)
    return [] if time is None else [str(day) for day in days_of(record, time, span, UTC)]


def test_a_chart_is_opened_on_each_day_on_which_an_encounter_began() -> None:
    twice = (visit("2024-03-01T09:00:00Z"), visit("2024-03-01T15:00:00Z"), visit("2024-05-01"))
    assert opened(YEAR, *twice) == ["2024-03-01", "2024-05-01"]


def test_an_encounter_that_never_was_opens_no_chart() -> None:
    missed = (visit("2024-03-01", "cancelled"), visit("2024-04-01", "planned"))
    assert opened(YEAR, *missed, visit("2024-05-01")) == ["2024-05-01"]


def test_the_span_holds_both_its_ends() -> None:
    span = Span(date(2024, 3, 1), date(2024, 5, 1))
    visits = [visit(day) for day in ("2024-02-29", "2024-03-01", "2024-05-01", "2024-05-02")]
    assert opened(span, *visits) == ["2024-03-01", "2024-05-01"]


def test_no_chart_is_opened_after_a_death() -> None:
    visits = [visit("2024-03-01"), visit("2024-05-01"), visit("2024-05-02")]
    assert opened(YEAR, *visits, deceasedDateTime="2024-05-01T10:00:00Z") == [
        "2024-03-01",
        "2024-05-01",
    ]


def test_every_so_many_days_begins_with_the_span_and_is_the_same_for_all() -> None:
    span = Span(date(2024, 1, 1), date(2024, 3, 31), every=28)
    grid = ["2024-01-01", "2024-01-29", "2024-02-26", "2024-03-25"]
    assert opened(span, value("2023-06-01"), value("2024-06-01")) == grid
    assert opened(span, value("2024-01-02"), value("2024-06-01")) == grid[1:]


def test_of_a_time_about_which_nothing_was_written_no_day_is_opened() -> None:
    span = Span(date(2024, 1, 1), date(2024, 12, 31), every=28)
    assert opened(span, value("2024-02-01"), value("2024-03-30")) == ["2024-02-26", "2024-03-25"]
    assert opened(span, value("2020-02-01")) == []
    assert opened(span) == []


def test_no_chart_is_opened_before_a_birth() -> None:
    assert opened(YEAR, visit("2024-03-01"), visit("2024-06-01"), birthDate="2024-04-01") == [
        "2024-06-01"
    ]
