"""When riluzole is taken, since when, and what counts as an end."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cdshooks.rules.authoring import Call, CannotAssess, Entries, Entry, NotIndicated
from cdshooks.rules.states.courses import CourseLimits
from cdshooks.rules.states.riluzole import (
    Episode,
    EpisodeLimits,
    Period,
    not_taken,
    riluzole_episode,
)
from tests.support.line import TODAY

LIMITS = EpisodeLimits(Decimal(90), Decimal(457))
RENEWALS = CourseLimits(Decimal(31), Decimal(366))
REQUEST, STATEMENT, DISPENSE = "MedicationRequest", "MedicationStatement", "MedicationDispense"


def ago(days: int | None) -> date | None:
    return None if days is None else TODAY - timedelta(days=days)


def entry(
    start: int | None, end: int | None = None, status: str = "active", type: str = REQUEST
) -> Entry:
    """From so many days ago to so many days ago; without an end it goes on."""
    return Entry(type, "1", "riluzole", status, ago(start), ago(end))


def episode(*entries: Entry) -> Episode:
    return riluzole_episode(Entries(entries), Call("patient-view", TODAY), LIMITS, RENEWALS)


def test_a_period_holds_its_first_and_its_last_day_and_none_outside() -> None:
    period = Period(date(2026, 1, 2), date(2026, 1, 4))
    days = [date(2026, 1, day) for day in range(1, 6)]
    assert [period.holds(day) for day in days] == [False, True, True, True, False]


def test_orders_that_follow_each_other_within_the_gap_are_one_period() -> None:
    found = episode(entry(900, 700, "completed"), entry(400, 300, "completed"), entry(210))
    assert found.periods == (Period(ago(900), ago(700)), Period(ago(400), TODAY))  # type: ignore[arg-type]
    assert found.start == ago(400)


def test_a_gap_of_one_day_more_begins_a_new_period() -> None:
    found = episode(entry(400, 300, "completed"), entry(209))
    assert found.start == ago(209)
    assert len(found.periods) == 2


@pytest.mark.parametrize(
    ("before", "days", "joined"),
    [
        (entry(400, 400, "completed"), 34, True),
        (entry(400, 400, "completed"), 33, False),
        (entry(400, 399, "completed"), 308, False),
        (entry(400, 400, "stopped"), 308, False),
        (entry(400, 400, "completed", STATEMENT), 308, False),
        (entry(400, 400, "completed", DISPENSE), 308, False),
    ],
)
def test_a_completed_order_without_a_written_end_lasts_until_the_next_one(
    before: Entry, days: int, joined: bool
) -> None:
    found = episode(before, entry(days))
    assert found.start == ago(400 if joined else days)


def test_orders_completed_one_after_the_other_are_one_period() -> None:
    found = episode(entry(500, 500, "completed"), entry(300, 300, "completed"), entry(100))
    assert found.periods == (Period(ago(500), TODAY),)  # type: ignore[arg-type]


def test_three_periods_stay_apart() -> None:
    found = episode(
        entry(900, 800, "completed"), entry(600, 500, "completed"), entry(550, 480, "completed")
    )
    assert [p.first for p in found.periods] == [ago(900), ago(600)]
    assert [p.last for p in found.periods] == [ago(800), ago(480)]
    assert (found.start, found.status) == (None, "stopped")


def test_a_course_that_ended_lately_still_has_its_start() -> None:
    assert episode(entry(200, 90, "stopped")).start == ago(200)
    assert episode(entry(200, 91, "stopped")).start is None


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ((), "never"),
        ((entry(60),), "taking"),
        ((entry(60, None, "active", STATEMENT),), "taking"),
        ((entry(60, 5, "stopped"),), "stopped"),
        ((entry(60, 5, "on-hold"),), "on hold"),
        ((entry(60, 5, "on-hold"), entry(50, 5, "stopped")), "on hold"),
        ((entry(60, 5, "stopped"), entry(50, 6, "on-hold")), "stopped"),
        ((entry(10, None, "completed", DISPENSE),), "taking"),
        ((entry(None, None, "completed", DISPENSE), entry(60, 5, "stopped")), "taking"),
        ((entry(10, None, "completed", DISPENSE), entry(60, 10, "stopped")), "stopped"),
        ((entry(10, None, "completed", DISPENSE), entry(60, 11, "stopped")), "taking"),
        ((entry(10, None, "completed", DISPENSE), entry(60, 5, "completed")), "taking"),
        ((entry(10, None, "completed", DISPENSE), entry(60, 5, "on-hold")), "on hold"),
        ((entry(10), entry(60, 5, "stopped")), "taking"),
        ((entry(10, None, "active", STATEMENT), entry(60, 5, "stopped")), "taking"),
    ],
)
def test_what_was_written_last_says_how_it_stands(entries: tuple[Entry, ...], status: str) -> None:
    assert episode(*entries).status == status


@pytest.mark.parametrize(
    ("entries", "sure"),
    [
        ((entry(457),), True),
        ((entry(458),), False),
        ((entry(458), entry(458, 458, "completed", DISPENSE)), True),
        ((entry(458), entry(459, 459, "completed", DISPENSE)), False),
        ((entry(458), entry(None, 5, "completed", DISPENSE)), False),
        ((entry(458), entry(100, 90, "completed", STATEMENT)), False),
        ((entry(458, None, "active", STATEMENT),), True),
        ((entry(None),), True),
        ((entry(458), entry(60)), True),
    ],
)
def test_an_old_order_without_a_supply_since_is_no_proof(
    entries: tuple[Entry, ...], sure: bool
) -> None:
    assert episode(*entries).sure is sure


@pytest.mark.parametrize(
    ("entries", "day", "restarted"),
    [
        ((entry(200),), 201, True),
        ((entry(200),), 200, False),
        ((entry(200, 60, "stopped"), entry(59)), 60, True),
        ((entry(200, 60, "stopped"), entry(59)), 59, False),
        ((entry(200, 60, "stopped"), entry(60)), 70, False),
        ((entry(200, 60, "completed"), entry(59)), 70, False),
        ((entry(200, 60, "on-hold"), entry(59)), 70, True),
        ((entry(200, 60, "stopped"), entry(59), entry(61)), 70, False),
        ((entry(200, 60, "stopped"), entry(150, 100, "stopped"), entry(59)), 110, True),
        ((entry(200, 60, "stopped"),), 70, False),
        ((entry(None),), 70, False),
    ],
)
def test_a_restart_is_what_began_again_after_an_end(
    entries: tuple[Entry, ...], day: int, restarted: bool
) -> None:
    assert episode(*entries).restarted_since(TODAY - timedelta(days=day)) is restarted


def test_only_orders_can_be_stopped() -> None:
    found = episode(entry(60), entry(60, None, "active", STATEMENT))
    assert [e.type for e in found.prescriptions] == [REQUEST]
    assert found.days(TODAY) == 60
    assert episode(entry(None)).days(TODAY) is None


def test_nothing_read_is_not_the_same_as_nothing_taken() -> None:
    unread = Entries((), whole=False, failed=("medications",))
    found = riluzole_episode(unread, Call("patient-view", TODAY), LIMITS, RENEWALS)
    assert not_taken(found) == CannotAssess(
        "whether riluzole is taken could not be read", ("medications",)
    )
    assert not_taken(episode()) == NotIndicated("riluzole is not taken")
    assert not_taken(episode(entry(60, 5, "on-hold"))) == NotIndicated("riluzole is on hold")
    stopped = Entries((entry(60, 5, "stopped"),), whole=False)
    assert not_taken(riluzole_episode(stopped, Call("patient-view", TODAY), LIMITS, RENEWALS)) == (
        NotIndicated("riluzole was stopped")
    )


def test_exposed_are_the_days_of_every_period() -> None:
    found = episode(entry(600, 500, "completed"), entry(50))
    exposed = {days: found.exposed(TODAY - timedelta(days=days)) for days in (601, 550, 499, 10)}
    assert exposed == {601: False, 550: True, 499: False, 10: True}


def test_the_longest_of_overlapping_entries_ends_a_period() -> None:
    found = episode(
        entry(900, 890, "completed"), entry(600, 300, "completed"), entry(590, 580, "completed")
    )
    assert found.periods[-1] == Period(TODAY - timedelta(days=600), TODAY - timedelta(days=300))
