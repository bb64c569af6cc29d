"""The body of a feedback call: every form that clients send, and every refusal with its path."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdshooks.errors import RequestInvalid
from cdshooks.feedback.model import Reason, Report
from cdshooks.protocol import parse_feedback
from cdshooks.protocol.feedback import AT_MOST

WHEN = "2026-06-01T09:30:00Z"
AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
DISMISSED = {"card": "card-1", "outcome": "overridden", "outcomeTimestamp": WHEN}
ACCEPTED = DISMISSED | {"outcome": "accepted", "acceptedSuggestions": [{"id": "s-1"}]}
MISSING = object()


def one(**changes: Any) -> Report:
    """The report of a body with one entry, an override unless changed."""
    entry = {key: value for key, value in (DISMISSED | changes).items() if value is not MISSING}
    [report] = parse_feedback({"feedback": [entry]})
    return report


def refused(body: Any) -> str:
    with pytest.raises(RequestInvalid) as error:
        parse_feedback(body)
    return error.value.where


@pytest.mark.req("FB-2", "FB-8")
def test_a_body_may_hold_none_one_or_many_and_the_same_twice() -> None:
    assert parse_feedback({"feedback": []}) == ()
    found = parse_feedback({"feedback": [ACCEPTED, DISMISSED, DISMISSED], "other": 1})
    assert [report.outcome for report in found] == ["accepted", "overridden", "overridden"]


@pytest.mark.req("FB-5")
def test_an_accepted_card_tells_its_suggestions() -> None:
    suggestions = [{"id": "s-1"}, {"id": "s-2", "more": True}]
    report = one(outcome="accepted", acceptedSuggestions=suggestions, overrideReason={"code": "x"})
    assert report == Report("card-1", "accepted", AT, suggestions=("s-1", "s-2"))


@pytest.mark.req("FB-6")
@pytest.mark.parametrize(
    ("said", "reason", "comment"),
    [
        (MISSING, None, None),
        (None, None, None),
        ({"reason": {"code": "c", "system": "urn:s", "display": "C"}}, Reason("c", "urn:s"), None),
        ({"reason": {"code": "c"}}, Reason("c"), None),
        ({"code": "c", "system": "urn:s"}, Reason("c", "urn:s"), None),
        ({"reason": "c"}, Reason("c"), None),
        ("c", Reason("c"), None),
        ({"userComment": "later"}, None, "later"),
        ({"userComment": " "}, None, None),
        ({"reason": {"code": "c"}, "userComment": "later"}, Reason("c"), "later"),
    ],
)
def test_an_override_tells_its_reason_in_any_of_the_forms_in_use(
    said: Any, reason: Reason | None, comment: str | None
) -> None:
    if isinstance(said, dict) and said.get("userComment") == " ":
        said = said | {"reason": None, "code": "c"}
        reason = Reason("c")
    report = one(overrideReason=said)
    assert (report.reason, report.comment) == (reason, comment)


def test_the_plural_of_the_documentation_of_epic_is_understood() -> None:
    picked = {"reason": {"code": "c", "display": "d", "system": "s"}, "userComment": "why"}
    report = one(overrideReasons=picked)
    assert (report.reason, report.comment) == (Reason("c", "s"), "why")
    of_the_hospital = {"extension": {"com.epic.cdshooks.feedback.overrideReason.reasonTitle": "t"}}
    report = one(overrideReasons=of_the_hospital)
    assert (report.reason, report.comment) == (None, None)
    assert one(overrideReasons=[{"code": "c"}]).reason is None
    assert one(overrideReason={"code": "a"}, overrideReasons=picked).reason == Reason("a")


@pytest.mark.req("FB-7")
@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (WHEN, AT),
        ("2026-06-01T09:30:00.5Z", AT.replace(microsecond=500_000)),
        ("2026-06-01T09:30:00.123456789Z", AT.replace(microsecond=123_456)),
        ("2026-06-01T11:30:00+02:00", AT),
        ("2026-06-01t09:30:00z", AT),
        ("2026-06-01 09:30:00Z", AT),
        ("2026-06-01T09:30:60Z", AT.replace(second=59)),
        ("2024-02-29T00:00:00-00:00", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_timestamp_of_rfc_3339_is_an_instant(text: str, instant: datetime) -> None:
    assert one(outcomeTimestamp=text).at == instant


@pytest.mark.req("FB-7")
@pytest.mark.parametrize(
    "text",
    [
        MISSING,
        None,
        "",
        1_780_000_000,
        "2026-06-01",
        "2026-06-01T09:30:00",
        "2026-06-01T09:30Z",
        "2026-02-30T09:30:00Z",
        "2026-06-01T24:30:00Z",
        "2026-06-01T09:30:61Z",
        "0001-01-01T00:00:00+23:59",
        "2026-06-01T09:30:00+99:99",
        "٢٠٢٦-06-01T09:30:00Z",
    ],
)
def test_any_other_timestamp_is_refused(text: Any) -> None:
    entry = {key: value for key, value in DISMISSED.items() if key != "outcomeTimestamp"}
    if text is not MISSING:
        entry["outcomeTimestamp"] = text
    assert refused({"feedback": [ACCEPTED, entry]}) == "feedback[1].outcomeTimestamp"


@pytest.mark.req("FB-2", "FB-3", "FB-4", "FB-5", "FB-6")
@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"card": None}, "card"),
        ({"card": ""}, "card"),
        ({"card": 7}, "card"),
        ({"card": "x" * 256}, "card"),
        ({"card": "a\x00b"}, "card"),
        ({"outcome": None}, "outcome"),
        ({"outcome": "ignored"}, "outcome"),
        ({"outcome": ["accepted"]}, "outcome"),
        ({"outcome": "accepted"}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": []}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": {"id": "s"}}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": ["s"]}, "acceptedSuggestions[0]"),
        ({"outcome": "accepted", "acceptedSuggestions": [{}]}, "acceptedSuggestions[0].id"),
        ({"overrideReason": {}}, "overrideReason"),
        ({"overrideReason": 7}, "overrideReason"),
        ({"overrideReason": ""}, "overrideReason"),
        ({"overrideReason": {"reason": {}}}, "overrideReason.reason.code"),
        ({"overrideReason": {"reason": []}}, "overrideReason.reason"),
        ({"overrideReason": {"reason": {"code": 7}}}, "overrideReason.reason.code"),
        (
            {"overrideReason": {"reason": {"code": "c", "system": 7}}},
            "overrideReason.reason.system",
        ),
        ({"overrideReason": {"code": {}}}, "overrideReason.code"),
        ({"overrideReason": {"userComment": 7}}, "overrideReason.userComment"),
        ({"overrideReason": {"userComment": "x" * 10_001}}, "overrideReason.userComment"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(changes: dict[str, Any], where: str) -> None:
    assert refused({"feedback": [DISMISSED | changes]}) == f"feedback[0].{where}"


@pytest.mark.req("FB-2")
@pytest.mark.parametrize(
    ("body", "where"),
    [
        (None, "body"),
        ([], "body"),
        ({}, "feedback"),
        ({"feedback": None}, "feedback"),
        ({"feedback": DISMISSED}, "feedback"),
        ({"feedback": ["accepted"]}, "feedback[0]"),
        ({"feedback": [DISMISSED] * (AT_MOST + 1)}, "feedback"),
    ],
)
def test_another_body_is_refused(body: Any, where: str) -> None:
    assert refused(body) == where


def test_a_comment_is_in_no_representation() -> None:
    assert "Doe" not in repr(one(overrideReason={"userComment": "Mrs Doe"}))


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "reason", "system", "userComment", "id"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    entry=st.fixed_dictionaries(
        {},
        optional={
            "card": json,
            "outcome": st.sampled_from(["accepted", "overridden"]) | json,
            "outcomeTimestamp": st.just(WHEN) | json,
            "acceptedSuggestions": json,
            "overrideReason": json,
        },
    )
)
def test_any_body_is_read_or_refused(entry: Any) -> None:
    try:
        parse_feedback({"feedback": [entry]})
    except RequestInvalid as error:
        assert error.where.startswith("feedback[0]")
