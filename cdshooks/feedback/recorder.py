"""Writing off the request's path: a bounded queue and one thread a process.

Losing the record of a card is bad; making a clinician wait for it, or losing the
card itself, is worse.
"""

import atexit
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from cdshooks.errors import StoreUnavailable

T = TypeVar("T")

QUEUE = 10_000
"""Records that wait at most; what comes on top is lost and counted."""
BATCH = 200
GATHER_S = 0.25
"""How long a batch gathers after its first record: a transaction costs more than its rows."""
IDLE_S = 0.5
"""How often an idle thread looks whether the process ends."""
RETRY_S = (0.2, 0.5, 1.0, 2.0)
"""Pauses after failures; the last is repeated."""
DRAIN_S = 3.0
"""How long the end of a process waits for what is still to be written."""


class Recorder(Generic[T]):
    """Takes records at once and writes them in batches, in a thread that starts when needed."""

    def __init__(self, write: Callable[[Sequence[T]], None], size: int = QUEUE) -> None:
        """``write`` may raise StoreUnavailable: the batch is then tried again."""
        self._write = write
        self._size = size
        self._lock = threading.Lock()
        self._pid = 0
        self._reset()

    def _reset(self) -> None:
        self._queue: queue.Queue[T] = queue.Queue(self._size)
        self._ending = threading.Event()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self.lost = 0
        """Records that were never written."""
        self.failing = False
        """Whether the last attempt to write failed."""
        self.failures = 0
        """Attempts to write that failed."""

    def put(self, record: T) -> None:
        """Hands a record over; never waits and never fails."""
        self._start()
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self.lost += 1

    def hurry(self) -> None:
        """Lets what was handed over be written now instead of gathering more; never waits."""
        self._hurry.set()

    def flush(self) -> None:
        """Waits until everything handed over was written or given up."""
        self.hurry()
        self._queue.join()

    def drain(self) -> None:
        """Writes what is left and ends the thread; gives up after a while."""
        thread = self._thread
        if thread is not None and self._pid == os.getpid():
            self._ending.set()
            self.hurry()
            thread.join(DRAIN_S)
            self._thread = None

    def _start(self) -> None:
        """Starts the thread of this process: one from before a fork did not come along."""
        if self._thread is not None and self._pid == os.getpid():
            return
        with self._lock:
            if self._pid != os.getpid():
                self._reset()
            if self._thread is None:
                self._ending.clear()
                self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                self._thread.start()
                if self._pid != os.getpid():
                    atexit.register(self.drain)
                self._pid = os.getpid()

    def _run(self) -> None:
        while not (self._ending.is_set() and self._queue.empty()):
            batch = self._batch()
            if batch:
                self._store(batch)
                for _ in batch:
                    self._queue.task_done()

    def _batch(self) -> list[T]:
        """What waits, after a moment in which more can come; nothing if nothing comes."""
        try:
            batch = [self._queue.get(timeout=IDLE_S)]
        except queue.Empty:
            return []
        self._hurry.wait(GATHER_S)
        # Nobody else takes from the queue, so what it holds now can be taken.
        while len(batch) < BATCH and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        if self._queue.empty():
            self._hurry.clear()
        return batch

    def _store(self, batch: list[T]) -> None:
        """Tries until it is written, the process ends, or it proves unwritable."""
        for attempt in range(2**31):
            try:
                self._write(batch)
            except StoreUnavailable:
                self.failing = True
                self.failures += 1
                pause = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                if self._ending.wait(pause):
                    break
            except Exception:  # a record that cannot be written must not take others with it
                if len(batch) == 1:
                    break
                for one in batch:
                    self._store([one])
                return
            else:
                self.failing = False
                return
        self.lost += len(batch)
