"""The processes of a run: they end with it, however it ends."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeVar

from cdshooks.errors import CdsHooksError
from cdshooks.population.engines.parts import begin

T = TypeVar("T")


class WorkerLost(CdsHooksError):
    """A process of the run ended by force, as the system does when memory is short."""


class Workers:
    """A pool of processes that starts with the first work, and drops what waits when it fails.

    One worker is this process itself.
    """

    def __init__(self, count: int) -> None:
        self._pool = _pool(count) if count > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=kind is not None)

    def each(
        self, function: Callable[[T], None], items: Iterable[T], progress: Callable[[T], None]
    ) -> None:
        """Runs a function of every item; tells each that is done. Raises what one raised."""
        if self._pool is None:
            for item in items:
                function(item)
                progress(item)
            return
        waiting = {self._pool.submit(function, item): item for item in items}
        try:
            for future in as_completed(waiting):
                future.result()
                progress(waiting[future])
        except BrokenProcessPool:
            raise WorkerLost(
                "a worker was ended, perhaps for want of memory: the same command goes on "
                "from what is done; fewer --workers need less"
            ) from None


def _pool(count: int) -> ProcessPoolExecutor:
    # Spawned: a fork would copy the threads of DuckDB in the middle of what they do.
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=begin)
