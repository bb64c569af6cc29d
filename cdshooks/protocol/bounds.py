"""How much one request may hold: lists that a client could make long enough to stall a worker.

Bytes, depth and the number of values are bounded where the body is read; here it is
what costs more than its bytes. Draft orders are compared with one another, so their
number counts twice.
"""

from collections.abc import Iterator
from typing import Any

from cdshooks.errors import RequestTooLarge

MAX_PREFETCH_KEYS = 100
"""Three times what a service asks for at most; a client may send keys for other services."""
MAX_DRAFTS = 100
MAX_SELECTIONS = 100
MAX_APPOINTMENTS = 100


def check_bounds(body: object, max_entries: int) -> None:
    """Raises RequestTooLarge for the first list of a request that is too long.

    max_entries: of one Bundle in prefetch. What has not the expected form is passed
    over; whoever reads it refuses it.
    """
    for where, value, most, what in _counted(body, max_entries):
        if isinstance(value, dict | list) and len(value) > most:
            raise RequestTooLarge(where, f"no more than {most} {what}")


def _counted(body: object, max_entries: int) -> Iterator[tuple[str, object, int, str]]:
    prefetch = _member(body, "prefetch")
    yield "prefetch", prefetch, MAX_PREFETCH_KEYS, "keys"
    for value in prefetch.values() if isinstance(prefetch, dict) else ():
        # Not the key itself: it is the client's own text.
        yield "prefetch", _member(value, "entry"), max_entries, "entries in one Bundle"
    context = _member(body, "context")
    drafts, booked = _member(context, "draftOrders"), _member(context, "appointments")
    yield "context.draftOrders.entry", _member(drafts, "entry"), MAX_DRAFTS, "entries"
    yield "context.appointments.entry", _member(booked, "entry"), MAX_APPOINTMENTS, "entries"
    yield "context.selections", _member(context, "selections"), MAX_SELECTIONS, "selections"


def _member(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
