"""The connection to the store: SQLite in a file or in memory, or PostgreSQL.

Engines are made in the process that uses them, so that nothing is shared across
a fork. One writes; another only reads, gives up early, and after a failure
leaves the store alone for a while: a card must not wait for its memory.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from weakref import finalize

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from cdshooks.errors import SettingsInvalid, StoreUnavailable
from cdshooks.feedback.tables import metadata

READ_MS = 250
"""How long a call waits for what is remembered of its patient."""
WRITE_MS = 5_000
"""How long feedback waits to be written before the client is asked to come again."""
REST_S = 5.0
"""How long the store is left alone by calls after it failed."""
# Seconds, ms, seconds: a machine that vanished is noticed, and not after minutes.
_NETWORK = {"connect_timeout": 2, "tcp_user_timeout": 5_000, "keepalives_idle": 10}
_POSTGRES = ("postgres", "postgresql", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class _Engines:
    """The engines of one process."""

    pid: int
    writes: Engine
    reads: Engine


class Store:
    """One database; every failure to reach it is a StoreUnavailable."""

    def __init__(self, address: str) -> None:
        """``address``: an SQLAlchemy URL. Raises SettingsInvalid for any other database."""
        self.url = _url(address)
        self._made: _Engines | None = None
        self._lock = threading.Lock()
        self._rest_until = 0.0

    @property
    def embedded(self) -> bool:
        """Whether it is SQLite: nobody else looks after it."""
        return self.url.drivername == "sqlite"

    @property
    def in_memory(self) -> bool:
        """Whether it ends with the process, which then is the only one to see it."""
        return self.embedded and self.url.database in (None, "", ":memory:")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is committed at the end, or undone by an exception."""
        with _outages_named(), self._engines().writes.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that only reads and does not wait long."""
        if monotonic() < self._rest_until:
            raise StoreUnavailable("the store failed a moment ago")
        try:
            with _outages_named(), self._engines().reads.connect() as connection:
                yield connection
        except StoreUnavailable:
            self._rest_until = monotonic() + REST_S
            raise

    @contextmanager
    def counting(self) -> Iterator[Connection]:
        """A connection for reading much: it takes its time and keeps nobody from writing."""
        engines = self._engines()
        engine = engines.reads if self.embedded else engines.writes
        with _outages_named(), engine.connect() as connection:
            if not self.embedded:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield connection

    def answers(self) -> bool:
        """Whether it can be read now."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
        except StoreUnavailable:
            return False
        return True

    def close(self) -> None:
        """Closes every connection of this process; the next use opens new ones."""
        made, self._made = self._made, None
        _end(made)

    def _engines(self) -> _Engines:
        made = self._made
        if made is not None and made.pid == os.getpid():
            return made
        with self._lock:
            if self._made is None or self._made.pid != os.getpid():
                _end(self._made)
                self._made = self._new_engines()
                # A store that nobody holds any more closes what it opened; a process, itself.
                finalize(self, _end, self._made).atexit = False
            return self._made

    def _new_engines(self) -> _Engines:
        writes = self._engine(WRITE_MS)
        if self.in_memory:
            # It begins with its engine, and a second engine would be another database.
            metadata.create_all(writes)
            return _Engines(os.getpid(), writes, writes)
        return _Engines(os.getpid(), writes, self._engine(READ_MS, isolation_level="AUTOCOMMIT"))

    def _engine(self, wait_ms: int, **options: Any) -> Engine:
        if not self.embedded:
            return _postgresql(self.url, wait_ms, **options)
        return _sqlite(self.url, wait_ms, in_memory=self.in_memory, **options)


def _end(made: _Engines | None) -> None:
    """Closes the connections of engines, but not the parent's, which came across a fork."""
    if made is not None:
        own = made.pid == os.getpid()
        made.writes.dispose(close=own)
        made.reads.dispose(close=own)


def insert_new(connection: Connection, table: Table) -> Insert:
    """An insert that leaves alone what is there already."""
    return _insert(connection, table).on_conflict_do_nothing()


def upsert(connection: Connection, table: Table, *keys: str, newer: str) -> Insert:
    """An insert that replaces what is there, unless that has a later ``newer`` column."""
    insert = _insert(connection, table)
    return insert.on_conflict_do_update(
        index_elements=list(keys),
        set_={c.name: insert.excluded[c.name] for c in table.columns if c.name not in keys},
        where=insert.excluded[newer] >= table.c[newer],
    )


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def chunks(items: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """``items`` in pieces that fit the parameters of one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@contextmanager
def _outages_named() -> Iterator[None]:
    """What the database refuses by its state is an outage; by the data, a mistake of ours."""
    try:
        yield
    except (DataError, IntegrityError):
        raise
    # The last is what a pool says whose every connection ends as soon as it is made.
    except (DBAPIError, PoolTimeout, InvalidRequestError) as problem:
        raise StoreUnavailable(f"the store does not answer: {type(problem).__name__}") from problem


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # Without its cause: it quotes the address, which may hold a password.
        raise SettingsInvalid(_EXPECTED) from None
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite":
        return url
    raise SettingsInvalid(_EXPECTED)


_EXPECTED = "CDSHOOKS_DATABASE_URL: expected sqlite:///… or postgresql://…"


def _sqlite(url: URL, wait_ms: int, *, in_memory: bool, **options: Any) -> Engine:
    if not in_memory:
        _keep_private(Path(str(url.database)))
    writes = "isolation_level" not in options
    if in_memory or writes:
        # One connection that threads take in turn. In memory each further one would be another
        # database; in a file SQLite lets one write, and whom of those that wait is chance.
        options |= {"pool_size": 1, "max_overflow": 0}
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_timeout=wait_ms / 1000,
        connect_args={"check_same_thread": False, "timeout": wait_ms / 1000},
        hide_parameters=True,
        **options,
    )
    event.listen(engine, "connect", _sqlite_connected)
    if writes:
        event.listen(engine, "begin", _sqlite_begun)
    return engine


def _keep_private(file: Path) -> None:
    """Makes a new database file, and a new folder around it, readable to this user alone."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as problem:
        raise SettingsInvalid(
            f"CDSHOOKS_DATABASE_URL: cannot write to {file}: {problem.strerror}"
        ) from None


def _sqlite_connected(connection: Any, _record: object) -> None:
    # Python's driver would begin transactions by rules of its own.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begun(connection: Connection) -> None:
    # A transaction that starts by reading cannot always go on to write; it would fail at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL, wait_ms: int, **options: Any) -> Engine:
    engine = create_engine(
        url,
        connect_args=_NETWORK,
        pool_pre_ping="isolation_level" not in options,
        pool_timeout=wait_ms / 1000,
        hide_parameters=True,
        **options,
    )

    def connected(connection: Any, _record: object) -> None:
        connection.execute(f"SET statement_timeout = {wait_ms}")
        connection.commit()

    event.listen(engine, "connect", connected)
    return engine
