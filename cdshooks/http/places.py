"""How many calls one process works on at a time, and what becomes of the others.

Rules are computation, so more calls at once make none of them faster. Up to
``calls`` work, as many again wait their turn, and the rest is told at once to come
back: a clinician waits for this click, not for a queue.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from cdshooks.errors import Overloaded

SPARE_THREADS = 4
"""Threads that remain for refusals, discovery and health when every place is taken."""


class Places:
    """The places of one process; a thread needs one while it answers a call."""

    def __init__(self, calls: int, wait_s: float) -> None:
        """wait_s: how long a call may wait for a place."""
        self._inside = BoundedSemaphore(2 * calls)
        self._working = BoundedSemaphore(calls)
        self._wait_s = wait_s

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place until the end of the block; raises Overloaded where none comes free."""
        if not self._inside.acquire(blocking=False):
            raise Overloaded
        try:
            if not self._working.acquire(timeout=self._wait_s):
                raise Overloaded
            try:
                yield
            finally:
                self._working.release()
        finally:
            self._inside.release()


def threads_for(calls: int) -> int:
    """Threads that a process needs: for those who work, those who wait, and the rest."""
    return 2 * calls + SPARE_THREADS
