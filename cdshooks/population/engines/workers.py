"""The processes of a run: they end with it, however it ends."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
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
    """A pool of processes that starts with the first work, and drops what waits when it fails."""

    def __init__(self, count: int) -> None:
        # Spawned: a fork would copy the threads of DuckDB in the middle of what they do.
        context = get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)

    def each(
        self, function: Callable[[T], None], items: Iterable[T], progress: Callable[[int], None]
    ) -> None:
        """Runs a function of every item; tells how many are done. Raises what one raised."""
        waiting: list[Future[None]] = [self._pool.submit(function, item) for item in items]
        try:
            for done, future in enumerate(as_completed(waiting), 1):
                future.result()
                progress(done)
        except BrokenProcessPool:
            raise WorkerLost(
                "a worker was ended, perhaps for want of memory: the same command goes on "
                "from what is done; fewer --workers need less"
            ) from None
