"""FHIR dates: partial precision, zones, and the calendar day that they mean here."""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from cdshooks.fhir.elements import obj, values

_PATTERN = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?)?",
    re.IGNORECASE | re.ASCII,
)
_COMPLETE = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
"""A time with its zone as FHIR writes it, and as nearly every chart does."""
_LONGEST = 100
"""Characters of a date, blanks around it included."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment or a day. ``instant`` is None unless a time was recorded.

    last: of a month or a year, its last day; None otherwise.
    """

    day: date
    instant: datetime | None = None
    last: date | None = field(default=None, compare=False)

    @property
    def until(self) -> date:
        """The last day that it can mean: what ended in 2026-11 may have gone on until the 30th."""
        return self.last or self.day

    def start(self, zone: tzinfo) -> datetime:
        """The earliest instant that this can mean; a day begins at midnight in ``zone``."""
        return self.instant or datetime.combine(self.day, time.min, zone)


def when(value: object, zone: tzinfo) -> When | None:
    """A FHIR date, dateTime or instant; None for anything else.

    A partial date is its first day, so it can only look older. A time without a
    zone is taken in ``zone``. The day is the calendar day in ``zone``; of a time
    that cannot be, such as 24:10, the day stands as written.
    """
    return _when(value, zone) if isinstance(value, str) and len(value) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _when(text: str, zone: tzinfo) -> When | None:
    """Kept beyond a call: many resources of a chart, and many rules, share a date."""
    if _COMPLETE.fullmatch(text):
        try:
            instant = datetime.fromisoformat(text)
            return When(instant.astimezone(zone).date(), instant)
        except (ValueError, OverflowError):
            pass  # a day or second that cannot be: what of it can be read is read below
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, *clock = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day is None:
        of = int(month or 12)
        return When(first, last=date(first.year, of, monthrange(first.year, of)[1]))
    try:
        moment = _instant(first, clock, zone)
        return When(moment.astimezone(zone).date(), moment) if moment else When(first)
    except (ValueError, OverflowError):
        return When(first)


def _instant(day: date, clock: Sequence[str | None], zone: tzinfo) -> datetime | None:
    """The instant of a time on ``day``, or None without a time. A leap second is one early."""
    hour, minute, second, fraction, offset = clock
    if hour is None or minute is None:
        return None
    micro = int((fraction or "0").ljust(6, "0")[:6])
    at = time(int(hour), int(minute), 59 if second == "60" else int(second or 0), micro)
    return datetime.combine(day, at, _zone(offset, zone))


def _zone(offset: str | None, default: tzinfo) -> tzinfo:
    if offset is None:
        return default
    if offset in "Zz":
        return UTC
    digits = offset.replace(":", "")
    shift = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-shift if offset[0] == "-" else shift)


def period(value: object, zone: tzinfo) -> tuple[When | None, When | None]:
    """Start and end of a Period; what cannot be read is None."""
    body = obj(value)
    return when(body.get("start"), zone), when(body.get("end"), zone)


def choice(resource: dict[str, Any], stem: str, zone: tzinfo) -> tuple[When | None, When | None]:
    """Start and end of a choice element such as ``performed[x]`` or ``onset[x]``."""
    for suffix in ("DateTime", "Date", "Instant"):
        moment = when(resource.get(stem + suffix), zone)
        if moment:
            return moment, None
    if stem + "Timing" in resource:
        return _timed(obj(resource[stem + "Timing"]), zone)
    return period(resource.get(stem + "Period"), zone)


def _timed(timing: dict[str, Any], zone: tzinfo) -> tuple[When | None, When | None]:
    """The bounds of a Timing, else its last event."""
    bounds = period(obj(timing.get("repeat")).get("boundsPeriod"), zone)
    if any(bounds):
        return bounds
    events = [moment for event in values(timing.get("event")) if (moment := when(event, zone))]
    return max(events, key=lambda moment: moment.start(zone), default=None), None
