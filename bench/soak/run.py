"""The run itself: half of the greatest load, slice by slice, with one thing failing in each.

Before it, the FHIR server fails in every way under the greatest load. Python gives memory
back only by whole arenas, so a worker keeps what its busiest moment needed; that moment
comes first, and what still grows after it is a leak.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from math import inf
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from bench.calls import Load
from bench.load import load
from bench.servers import Server, handles, memory_mb, serving
from bench.soak.client import Client, mixed
from bench.soak.database import Database
from bench.soak.ehr import WAYS, Ehr, running
from cdshooks.feedback import Store
from cdshooks.feedback.migrate import upgrade
from cdshooks.feedback.tables import audit, feedback

MOST_AT_ONCE, LOAD_AT_ONCE = 16, 48
"""Connections while the greatest load is looked for, and during the run."""
WARM_S, CALIBRATION_S = 4.0, 8.0
SLICE_S = 10.0
DOWN_S = 4.0
"""How long the database is away."""
BACK_S = 8.0
"""How long after that the service may still refuse; it lets a failed store rest for 5 s."""
AWAY = "database: away, and back"


@dataclass(frozen=True, slots=True)
class Slice:
    """Some seconds of load: what failed meanwhile, what was answered, and the workers after it.

    memory: MB that a worker alone has, on average; handles: the most that one has open.
    """

    name: str
    load: Load
    memory: float
    handles: int
    workers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Soak:
    """A whole run.

    most: calls a second that were possible before it; rate: that were sent, half of them.
    ready_s: until the service was ready after each return of the database. answered: calls
    and feedback that were answered with 200; written: those that the store holds. errors:
    what the service logged of each answer of 500: the kind of error and the line of code.
    """

    minutes: float
    most: float
    rate: float
    slices: tuple[Slice, ...]
    ready_s: tuple[float, ...]
    answered: int
    written: int
    errors: tuple[str, ...] = ()


def soaked(minutes: float) -> Soak:
    """Runs for so many minutes, and finishes the round of failures that it is in."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(folder)
        try:
            upgrade_store(database.url)
            with running(folder) as ehr:
                found = _served(ehr, database, folder, minutes)
            return replace(found, written=_written(database.url))
        finally:
            database.end()


def upgrade_store(url: str) -> None:
    """Makes the tables, as ``cdshooks db upgrade`` does."""
    with closing(Store(url)) as store:
        upgrade(store)


def _written(url: str) -> int:
    with closing(Store(url)) as store, store.counting() as connection:
        tables = (audit, feedback)
        return sum(connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables)


def _served(ehr: Ehr, database: Database, folder: Path, minutes: float) -> Soak:
    client, clients = Client(), folder / "clients.toml"
    clients.write_text(client.entry(ehr.url))
    variables = {
        "CDSHOOKS_AUTH": "required",
        "CDSHOOKS_TODAY": "",
        "CDSHOOKS_ALLOW_PLAIN_HTTP": "true",
        "CDSHOOKS_TRUSTED_CLIENTS": str(clients),
        "CDSHOOKS_DATABASE_URL": database.url,
        "CDSHOOKS_HASH_KEY": "a secret of thirty-two characters",
        "SSL_CERT_FILE": str(ehr.certificate),
    }
    with serving("serve", "--port", "0", "--workers", "2", variables=variables) as server:
        calls = client.calls(server.address, mixed(ehr.url))
        warm, most = (
            load(server.address, calls, connections=MOST_AT_ONCE, seconds=seconds)
            for seconds in (WARM_S, CALIBRATION_S)
        )
        run = _Run(server, database, ehr, calls, most.rate / 2)
        worst = run.worst()
        run.rounds(minutes)
    loads = (warm, most, *worst, *(one.load for one in run.slices))
    good = sum(one.statuses[200] for one in loads)
    seen = (minutes, most.rate, run.rate, tuple(run.slices), tuple(run.ready_s), good, 0)
    return Soak(*seen, errors=tuple(_errors(server.said)))


def _errors(said: Iterable[str]) -> Iterator[str]:
    """What went wrong in the application, or before it."""
    for line in said:
        if "refused before" in line:
            yield line.partition("refused before")[2].strip()
        with suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            yield f"{told['error']} at {told['where']}"


class _Run:
    """Round after round of failures; what was seen so far."""

    def __init__(
        self, server: Server, database: Database, ehr: Ehr, calls: Iterator[bytes], rate: float
    ) -> None:
        self._server, self._database, self._ehr = server, database, ehr
        self._calls, self.rate = calls, rate
        self.slices: list[Slice] = []
        self.ready_s: list[float] = []

    def worst(self) -> Sequence[Load]:
        """Each way of the FHIR server in turn, while every connection always has a call."""
        loads = []
        for way in WAYS:
            self._ehr.become(way)
            loads.append(self._load(SLICE_S, rate=inf))
        return loads

    def rounds(self, minutes: float) -> None:
        """Each way of the FHIR server in turn, then the database."""
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            for way in WAYS:
                self._ehr.become(way)
                self._slice(f"FHIR server: {way}", SLICE_S)
            self._ehr.become(WAYS[0])
            with ThreadPoolExecutor(1) as beside:
                restarted = beside.submit(self._restart)
                self._slice(AWAY, 1 + DOWN_S + BACK_S)
                self.ready_s.append(restarted.result())

    def _restart(self) -> float:
        """Takes the database away for a while; seconds until the service is ready again."""
        time.sleep(1)
        self._database.stop()
        time.sleep(DOWN_S)
        self._database.start()
        back = time.monotonic()
        while _status(self._server, "/readyz") != 200:
            time.sleep(0.1)
        return time.monotonic() - back

    def _load(self, seconds: float, rate: float) -> Load:
        at_once = LOAD_AT_ONCE
        to = self._server.address
        return load(to, self._calls, connections=at_once, seconds=seconds, rate=rate)

    def _slice(self, name: str, seconds: float) -> None:
        found = self._load(seconds, self.rate)
        time.sleep(0.3)  # until the workers have noticed that the connections are closed
        pids = self._server.workers
        memory = mean(memory_mb(pid)["alone"] for pid in pids)
        opened = max(handles(pid) for pid in pids)
        self.slices.append(Slice(name, found, memory, opened, tuple(pids)))


def _status(server: Server, path: str) -> int:
    connection = HTTPConnection(*server.address, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()
