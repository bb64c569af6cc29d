"""DuckDB for grouping: bounded in memory, its progress told, its errors without a patient."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cdshooks.population.dirt import located
from cdshooks.population.engines.grouping import SETTINGS, quoted
from cdshooks.population.engines.model import Machine
from cdshooks.population.source import Source

POLL_S = 0.2


@contextmanager
def connected(work: Path, machine: Machine) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with this much memory; what is more goes to the folder of the run."""
    with duckdb.connect() as database:
        database.execute(SETTINGS)
        database.execute(f"SET threads = {machine.workers}")
        database.execute(f"SET memory_limit = '{machine.memory}MB'")
        database.execute(f"SET temp_directory = {quoted(work / 'tmp')}")
        # query_progress is empty without; nothing may be printed.
        database.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        yield database


def execute(
    database: duckdb.DuckDBPyConnection,
    statement: str,
    source: Source,
    progress: Callable[[float], None],
) -> None:
    """
    Runs a long statement, telling how much of it is done, in percent.

    Raises SourceInvalid for a packed file that is cut off, which DuckDB cannot pass over.
    """
    failed: list[BaseException] = []

    def work() -> None:
        try:
            database.execute(statement)
        except BaseException as error:  # told in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(POLL_S)
            progress(max(0.0, database.query_progress()))
    except KeyboardInterrupt:
        database.interrupt()
        thread.join()
        raise
    if failed:
        _check_packed(source)
        raise failed[0]


def _check_packed(source: Source) -> None:
    for file in source.files:
        if file.path.suffix == ".gz":
            for _ in located(file.path, source.name(file.path), file.type, ()):
                pass
