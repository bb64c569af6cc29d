"""How many calls one process works on at a time, and what becomes of the others.

Rules are computation, so more calls at once make none of them faster. Up to
``calls`` work, as many again wait their turn, and the rest is told at once to come
back: a clinician waits for this click, not for a queue. A call that waits for a FHIR
server works on nothing and leaves its place to others; as many as ``calls`` may wait
so, and one more reads nothing. A slow server thus keeps nobody else from an answer.
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
        self._reading = BoundedSemaphore(calls)
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

    @contextmanager
    def left(self) -> Iterator[bool]:
        """The place given up until the end of the block, for one who has it.

        False, and the place is kept, where as many as may are away already.
        """
        if not self._reading.acquire(blocking=False):
            yield False
            return
        self._working.release()
        self._inside.release()
        try:
            yield True
        finally:
            self._reading.release()
            # Who was let in once is not sent away: what others hold comes free soon.
            self._inside.acquire()
            self._working.acquire()


def threads_for(calls: int) -> int:
    """Threads that a process needs: for those who work, wait and read, and the rest."""
    return 3 * calls + SPARE_THREADS
