"""The body of a feedback call, checked at the boundary."""

import re
from datetime import UTC, datetime
from typing import Any

from cdshooks.errors import RequestInvalid
from cdshooks.feedback.model import Acted, Reason, Report
from cdshooks.protocol import reading
from cdshooks.protocol.reading import Json

AT_MOST = 5_000
"""Reports in one call."""
LONGEST = 255
"""Characters of an identifier or a code."""
LONGEST_COMMENT = 10_000
# RFC 3339: seconds are required, an offset too; 60 is a leap second.
_WHEN = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d):([0-5]\d|60)(\.\d+)?(Z|[+-]\d\d:\d\d)",
    re.IGNORECASE | re.ASCII,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse_feedback(body: object) -> tuple[Report, ...]:
    """What the client reports, in order; raises RequestInvalid with the JSON path.

    Members that the specification does not define are ignored.
    """
    if not isinstance(body, dict):
        raise RequestInvalid("body", "a JSON object", "structure")
    reports = reading.required(body, "feedback", "feedback", "a list of feedback")
    if not isinstance(reports, list):
        raise RequestInvalid("feedback", "a list of feedback", "structure")
    if len(reports) > AT_MOST:
        raise RequestInvalid("feedback", f"at most {AT_MOST} entries", "too-long")
    return tuple(_report(one, f"feedback[{place}]") for place, one in enumerate(reports))


def _report(one: object, where: str) -> Report:
    if not isinstance(one, dict):
        raise RequestInvalid(where, "a JSON object", "structure")
    outcome = _outcome(one, f"{where}.outcome")
    accepted = outcome == "accepted"
    reason, comment = (None, None) if accepted else _override(one, f"{where}.overrideReason")
    return Report(
        card=_name(one, "card", f"{where}.card", "the uuid of a card"),
        outcome=outcome,
        at=_instant(one, f"{where}.outcomeTimestamp"),
        suggestions=_accepted(one, f"{where}.acceptedSuggestions") if accepted else (),
        reason=reason,
        comment=comment,
    )


def _outcome(one: Json, where: str) -> Acted:
    match reading.required(one, "outcome", where, "accepted or overridden"):
        case "accepted":
            return "accepted"
        case "overridden":
            return "overridden"
        case _:
            raise RequestInvalid(where, "accepted or overridden")


def _name(members: Json, name: str, where: str, expected: str) -> str:
    value = reading.required(members, name, where, expected)
    return _short(value, where, expected)


def _short(value: object, where: str, expected: str) -> str:
    """An identifier or a code, as sent."""
    said = reading.text(value, where, expected)
    if len(said) > LONGEST or _CONTROL.search(said):
        raise RequestInvalid(where, f"{expected}, of at most {LONGEST} printable characters")
    return said


def _instant(one: Json, where: str) -> datetime:
    expected = "an RFC 3339 date-time such as 2026-06-01T09:30:00Z"
    value = reading.required(one, "outcomeTimestamp", where, expected)
    parts = _WHEN.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise RequestInvalid(where, expected)
    day, minute, second, fraction, offset = parts.groups()
    # Python has no leap second, and no more than six digits of a fraction.
    text = f"{day}T{minute}:{min(int(second), 59):02}{(fraction or '')[:7]}{offset.upper()}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RequestInvalid(where, expected) from None


def _accepted(one: Json, where: str) -> tuple[str, ...]:
    expected = "a list with the id of each accepted suggestion"
    suggestions = reading.required(one, "acceptedSuggestions", where, expected)
    if not isinstance(suggestions, list) or not suggestions:
        raise RequestInvalid(where, expected, "structure")
    return tuple(_suggestion(item, f"{where}[{place}]") for place, item in enumerate(suggestions))


def _suggestion(item: object, where: str) -> str:
    if not isinstance(item, dict):
        raise RequestInvalid(where, "a JSON object with an id", "structure")
    return _name(item, "id", f"{where}.id", "the uuid of a suggestion")


def _override(one: Json, where: str) -> tuple[Reason | None, str | None]:
    """The reason and the comment of an override; a plain dismissal has neither.

    Clients also send the code without ``reason`` around it, or as bare text; Epic's
    documentation writes ``overrideReasons``, with an extension in place of a reason
    where the hospital's own list was used.
    """
    said: Any = one.get("overrideReason")
    if said is None and isinstance(one.get("overrideReasons"), dict):
        said = one["overrideReasons"]
    if said is None:
        return None, None
    if isinstance(said, str):
        return Reason(_short(said, where, "a code")), None
    members = reading.json_object(said, where)
    comment = _comment(members.get("userComment"), f"{where}.userComment")
    picked = members.get("reason")
    if picked is None and members.get("code") is not None:
        return _coded(members, where), comment
    if picked is None and comment is None and not members.get("extension"):
        raise RequestInvalid(where, "reason or userComment", "required")
    return _picked(picked, f"{where}.reason"), comment


def _picked(picked: object, where: str) -> Reason | None:
    if picked is None:
        return None
    if isinstance(picked, str):
        return Reason(_short(picked, where, "a code"))
    return _coded(reading.json_object(picked, where), where)


def _coded(coding: Json, where: str) -> Reason:
    system = coding.get("system")
    return Reason(
        _name(coding, "code", f"{where}.code", "a code"),
        None if system is None else _short(system, f"{where}.system", "a code system"),
    )


def _comment(value: object, where: str) -> str | None:
    if value is None:
        return None
    expected = f"text of at most {LONGEST_COMMENT} characters"
    if not isinstance(value, str) or len(value) > LONGEST_COMMENT:
        raise RequestInvalid(where, expected)
    return value if value.strip() else None
