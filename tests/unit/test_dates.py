"""FHIR dates and the calendar day that they mean."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdshooks.fhir.dates import When, choice, period, when

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = date(2026, 5, 20)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-05-20", DAY), ("2026-05", date(2026, 5, 1)), ("2026", date(2026, 1, 1)),
     (" 2026-05-20 ", DAY)],
)  # fmt: skip
def test_a_partial_date_is_its_first_day(text: str, day: date) -> None:
    assert when(text, TOKYO) == When(day)


@pytest.mark.parametrize(
    ("text", "hour", "day"),
    [
        ("2026-05-20T14:30:00Z", 14, 20),
        ("2026-05-20T15:30:00Z", 15, 21),
        ("2026-05-20T23:30:00+09:00", 14, 20),
        ("2026-05-20T23:30:00+0900", 14, 20),
        ("2026-05-20T10:30:00-04:00", 14, 20),
        ("2026-05-20T23:30:00", 14, 20),
        ("2026-05-20T23:30", 14, 20),
        ("2026-05-20 23:30", 14, 20),
        ("2026-05-20t14:30:00.123456789z", 14, 20),
    ],
)
def test_a_time_has_its_day_in_the_zone_of_the_site(text: str, hour: int, day: int) -> None:
    read = when(text, TOKYO)
    assert read is not None
    assert read.instant is not None
    assert (read.instant.astimezone(UTC).hour, read.instant.minute) == (hour, 30)
    assert read.day == date(2026, 5, day)


def test_a_fraction_and_a_leap_second_are_read() -> None:
    assert when("2026-05-20T10:00:60.5Z", UTC) == When(
        DAY, datetime(2026, 5, 20, 10, 0, 59, 500_000, UTC)
    )


@pytest.mark.parametrize(
    "text", ["2026-05-20T24:00:00Z", "2026-05-20T10:61:00Z", "2026-05-20T10:00:61Z",
             "2026-05-20T10:00:00+99:00"],
)  # fmt: skip
def test_of_a_time_that_cannot_be_the_day_stands(text: str) -> None:
    assert when(text, TOKYO) == When(DAY)


@pytest.mark.parametrize(
    "text",
    ["", "20.5.2026", "2026-02-30", "2026-13", "0000", "2026-5-2", None, 20260520, [], "20260520",
     "٢٠٢٦", "2026-05-20T10"],
)  # fmt: skip
def test_what_is_no_date_is_none(text: object) -> None:
    assert when(text, UTC) is None


def test_the_end_of_time_is_no_error() -> None:
    assert when("9999-12-31T23:00:00-10:00", UTC) == When(date(9999, 12, 31))
    assert when("0001-01-01T00:00:00+10:00", UTC) == When(date(1, 1, 1))


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2026", date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 28)),
        ("2028-02", date(2028, 2, 29)),
        ("2026-05-20", DAY),
        ("2026-05-20T23:00:00Z", DAY),
    ],
)
def test_a_partial_date_may_mean_its_last_day(text: str, last: date) -> None:
    found = when(text, UTC)
    assert found is not None
    assert found.until == last


def test_a_day_begins_at_midnight_of_the_site() -> None:
    assert When(DAY).start(TOKYO) == datetime(2026, 5, 19, 15, tzinfo=UTC)
    at = datetime(2026, 5, 20, 3, tzinfo=UTC)
    assert When(DAY, at).start(TOKYO) == at


def test_a_period_keeps_what_can_be_read_of_it() -> None:
    assert period({"start": "2026-05-20", "end": "soon"}, UTC) == (When(DAY), None)
    assert period("2026", UTC) == (None, None)


@pytest.mark.parametrize("suffix", ["DateTime", "Date", "Instant"])
def test_a_choice_is_a_moment_or_a_period(suffix: str) -> None:
    assert choice({f"onset{suffix}": "2026-05-20"}, "onset", UTC) == (When(DAY), None)
    body = {"onsetPeriod": {"start": "2025", "end": "2026-05-20"}, f"onset{suffix}": "?"}
    assert choice(body, "onset", UTC) == (When(date(2025, 1, 1)), When(DAY))


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        ({"event": ["2026-05-01", "2026-05-20", "soon"]}, (When(DAY), None)),
        ({"event": "2026-05-20"}, (When(DAY), None)),
        ({"repeat": {"boundsPeriod": {"end": "2026-05-20"}}}, (None, When(DAY))),
        ({"repeat": {"frequency": 1}}, (None, None)),
        ("soon", (None, None)),
    ],
)
def test_of_a_timing_the_bounds_or_the_last_event_count(timing: object, expected: object) -> None:
    assert choice({"effectiveTiming": timing}, "effective", TOKYO) == expected


@given(
    st.text() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)", fullmatch=True)
)
def test_no_text_raises(text: str) -> None:
    assert when(text, TOKYO) is None or isinstance(when(text, TOKYO), When)


@given(
    st.from_regex(
        r"(19|20|00|99)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,9})?([+-][0-2]\d:\d\d|Z)",
        fullmatch=True,
    )
)
def test_blanks_around_a_time_change_nothing(text: str) -> None:
    assert when(text, TOKYO) == when(f" {text} ", TOKYO)
