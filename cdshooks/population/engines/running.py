"""A run from export to parts: claimed, grouped, assessed, and summed up."""

import shutil
from pathlib import Path

import duckdb
import orjson

from cdshooks import __version__
from cdshooks.errors import CdsHooksError
from cdshooks.population.engines import duck
from cdshooks.population.engines.model import Machine, PerPatient, Progress, Summary, silent
from cdshooks.population.manifest import Manifest
from cdshooks.population.source import Source, source_of

FORMAT = "1"
"""Raised when parts of an earlier version can no longer be taken up again."""
ENGINES = ("duckdb", "spark")


class EngineMissing(CdsHooksError):
    """The engine that was asked for is not installed."""


def run(
    source: Path,
    task: PerPatient,
    out: Path,
    *,
    engine: str = "duckdb",
    workers: int = 2,
    master: str | None = None,
    memory: int = 1000,
    progress: Progress = silent,
) -> Summary:
    """
    The rows of every patient of an export, as Parquet files under ``out``.

    What an interrupted run finished there is taken up again, if it is of the same
    input, the same settings and the same version; else PartsDiffer is raised.
    workers: processes. memory: MB that DuckDB keeps of lines while it groups them.
    master: the address of a Spark cluster. Raises SourceInvalid for a folder that
    is no export, EngineMissing where the engine is not installed.
    """
    export = source_of(source)
    machine = Machine(workers, memory, engine, master)
    # Before the folder is claimed: one that no engine works in would refuse the next run.
    parts = _engine(machine)
    _manifest(export, task, engine).claim(out)
    done = out / "summary.json"
    if not done.exists():
        counts = parts(export, task, out, machine, progress)
        done.with_suffix(".new").write_bytes(orjson.dumps(counts))
        done.with_suffix(".new").replace(done)
        shutil.rmtree(out / "work", ignore_errors=True)
    return Summary(folder=out, **orjson.loads(done.read_bytes()))


def _manifest(export: Source, task: PerPatient, engine: str) -> Manifest:
    own = {
        "input": f"{export.folder} ({export.fingerprint()})",
        "version": f"{__version__}, DuckDB {duckdb.__version__}, format {FORMAT}",
        "engine": engine,
        "columns": ", ".join(task.columns),
    }
    return Manifest({**own, **task.settings})


def _engine(machine: Machine) -> duck.Engine:
    if machine.engine == "duckdb":
        return duck.parts
    try:
        from cdshooks.population.engines.spark import parts
    except ModuleNotFoundError:
        raise EngineMissing("Spark is not installed: pip install 'cdshooks[spark]'") from None
    return parts
