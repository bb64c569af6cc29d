"""Calls a second and waiting times over HTTP: the service, itself without store, and the bare one.

They take turns of about a second each, so that whatever else the machine does meets all.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.bodies import VIEW_50, bodies
from bench.calls import Load, by_turns
from bench.load import load
from bench.servers import Server, serving, until_answered

WORKERS = "2"
CONNECTIONS = (1, 8, 32)
NAMES = ("bare", "without store", "service")


@dataclass(frozen=True, slots=True)
class Through:
    """One of the three at one number of connections.

    cpu_ms: CPU time of the workers for one call, which other work on the machine changes
    little. busy: of one CPU, what the client took. refused: answers other than 200.
    """

    name: str
    connections: int
    rate: float
    p50: float
    p95: float
    p99: float
    cpu_ms: float
    busy: float
    refused: int


def measured(rounds: int, seconds: float) -> list[Through]:
    """All three at each number of connections."""
    with _three() as servers:
        return [one for count in CONNECTIONS for one in _at(servers, count, rounds, seconds)]


@contextmanager
def _three() -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        file = {"CDSHOOKS_DATABASE_URL": f"sqlite:///{Path(folder, 'store.db')}"}
        nowhere = {"CDSHOOKS_DATABASE_URL": "sqlite://"}
        besides = (
            serving(name, WORKERS, module="bench.beside", variables=nowhere)
            for name in ("bare", "forgetful")
        )
        command = ("serve", "--port", "0", "--workers", WORKERS)
        ours = serving(*command, variables=file)
        yield {n: stack.enter_context(one) for n, one in zip(NAMES, (*besides, ours), strict=True)}


def _at(
    servers: dict[str, Server], connections: int, rounds: int, seconds: float
) -> Iterator[Through]:
    sent = bodies(VIEW_50)
    found = {name: Load() for name in servers}
    cpu = dict.fromkeys(servers, 0.0)
    for number in range(rounds + 1):
        for name, server in servers.items():
            until_answered(server.address)
            before = server.cpu_s()
            calls = by_turns(server.address, VIEW_50.path, sent)
            run = load(server.address, calls, connections=connections, seconds=seconds)
            if number:  # the first round warms up
                cpu[name] += server.cpu_s() - before
                found[name].add(run)
    for name, run in found.items():
        yield _summed(name, connections, run, cpu[name])


def _summed(name: str, connections: int, run: Load, cpu_s: float) -> Through:
    p50, p95, p99 = (run.percentile(which) for which in (50, 95, 99))
    calls = len(run.times)
    refused = calls - run.statuses[200]
    cpu_ms = cpu_s / calls * 1000
    return Through(name, connections, run.rate, p50, p95, p99, cpu_ms, run.busy, refused)
