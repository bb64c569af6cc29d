"""Which requests were made so long ago that they need asking after?"""

from collections.abc import Iterator

from cdshooks.rules.authoring import Entries, Entry, on

OPEN = ("active", "on-hold")
"""Statuses of a request of which something may still come."""


def unanswered(requests: Entries, *answers: Entries) -> Iterator[str]:
    """
    What to say of open requests after which nothing came.

    Asked only where no request is young enough to be waited for; an answer of any age counts.
    """
    last = max((e.day for entries in answers for e in entries if e.day), default=None)
    for request in requests:
        if request.day and (last is None or request.day > last):
            yield late_words(request)


def late_words(request: Entry) -> str:
    """What is said of a request that is late."""
    if request.status == "on-hold":
        return f"{request.label}: order on hold since {on(request.day)}."
    return f"{request.label}: ordered {on(request.day)}, no result."
