"""How long the service takes to start, and what memory its workers need."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from bench.bodies import VIEW_50, VIEW_5000, bodies
from bench.calls import by_turns
from bench.load import load
from bench.servers import Server, memory_mb, serving, until_answered

STARTS = 3
STEPS = 4
"""How often memory is looked at on the way."""
AT_ONCE = 8
LARGE_S = 6.0


@dataclass(frozen=True, slots=True)
class Footprint:
    """start_s: from the command to the first answer, the best of a few, wall-clock.

    memory: by calls answered, the MB of a worker, averaged over workers: its share of
    what it uses, what it alone uses, and all that it sees. large: the same, after charts
    of 5,000 observations.
    """

    start_s: float
    workers: int
    memory: tuple[tuple[int, Mapping[str, float]], ...]
    large: Mapping[str, float]


def measured(calls: int, workers: int = 2) -> Footprint:
    """Starts the service a few times, and answers so many calls with the last."""
    command = ("serve", "--port", "0", "--workers", str(workers))
    starts = []
    with TemporaryDirectory() as folder:
        file = {"CDSHOOKS_DATABASE_URL": f"sqlite:///{Path(folder, 'store.db')}"}
        for number in range(STARTS):
            began = time.perf_counter()
            with serving(*command, variables=file) as server:
                until_answered(server.address)
                starts.append(time.perf_counter() - began)
                if number == STARTS - 1:
                    memory, large = _memory(server, calls), _large(server)
    return Footprint(min(starts), workers, memory, large)


def _memory(server: Server, calls: int) -> tuple[tuple[int, Mapping[str, float]], ...]:
    sent = by_turns(server.address, VIEW_50.path, bodies(VIEW_50))
    found, done = [(0, _average(server))], 0
    for step in range(1, STEPS + 1):
        while done < calls * step // STEPS:
            run = load(server.address, sent, connections=AT_ONCE, seconds=1.0)
            done += len(run.times)
        found.append((done, _average(server)))
    return tuple(found)


def _large(server: Server) -> Mapping[str, float]:
    sent = by_turns(server.address, VIEW_5000.path, bodies(VIEW_5000, 2))
    load(server.address, sent, connections=AT_ONCE, seconds=LARGE_S)
    return _average(server)


def _average(server: Server) -> Mapping[str, float]:
    sizes = [memory_mb(pid) for pid in server.workers]
    return {name: mean(size[name] for size in sizes) for name in sizes[0]}
