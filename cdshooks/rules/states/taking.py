"""Is a drug taken, or was it until lately?"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from cdshooks.rules.authoring import Entry, Threshold


def lately(entry: Entry, limit: Threshold, today: date) -> bool:
    """Whether a drug is taken, or its end is within the limit."""
    return entry.end is None or limit.met_by(Decimal((today - entry.end).days))


def taken_within(entries: Iterable[Entry], days: Decimal, today: date) -> bool:
    """Whether one of the drugs is taken, or was in the last days."""
    since = today - timedelta(days=int(days))
    return any(entry.end is None or entry.end >= since for entry in entries)
