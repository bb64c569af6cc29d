"""How much one request may hold: lists that a client could make long enough to stall a worker.

Bytes are bounded where the body is read; here it is what costs more than its bytes:
nesting, the number of values, and lists. Draft orders are compared with one another,
so their number counts twice.
"""

import re
from collections.abc import Iterator
from typing import Any

from cdshooks.errors import RequestInvalid, RequestTooLarge

MAX_DEPTH = 100
"""Levels of nesting. FHIR needs about 20."""
MAX_CONTAINERS = 250_000
"""Objects and lists in one body, some 12,000 results of a laboratory."""
MAX_PREFETCH_KEYS = 100
"""Three times what a service asks for at most; a client may send keys for other services."""
MAX_DRAFTS = 100
MAX_SELECTIONS = 100
MAX_APPOINTMENTS = 100


def check_shape(text: bytes) -> None:
    """Refuses JSON that nests too deep or holds too much, by its brackets alone.

    text: JSON that a reader has accepted, so that every bracket has its other half.
    """
    level = _brackets(text)
    if len(level) > 2 * MAX_CONTAINERS:
        raise RequestTooLarge("body", f"no more than {MAX_CONTAINERS} objects and lists")
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = level.replace(b"{}", b"")
    if level:
        raise RequestInvalid("body", f"no more than {MAX_DEPTH} levels of nesting", "structure")


def _brackets(text: bytes) -> bytes:
    """The brackets of a JSON text outside of its strings, all of one kind."""
    found = _ESCAPED.sub(b"", text) if b"\\" in text else text
    # Two quotes that meet leave what follows inside or outside of a string, as it was.
    found = found.translate(_ONE_KIND, _NO_BRACKET).replace(b'""', b"")
    return _STRING.sub(b"", found) if b'"' in found else found


_ONE_KIND = bytes.maketrans(b"[]", b"{}")
_NO_BRACKET = bytes(set(range(256)) - set(b'{}[]"'))
_ESCAPED = re.compile(rb"\\.")
_STRING = re.compile(rb'"[^"]*"')


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
