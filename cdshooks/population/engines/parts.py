"""What a worker process does: one bucket of patients to one part, whole or not at all."""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import parent_process
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal

import duckdb
import orjson

from cdshooks.garbage import spare_the_collector
from cdshooks.population.dirt import mark
from cdshooks.population.engines.grouping import listed, quoted
from cdshooks.population.engines.model import PerPatient
from cdshooks.population.lines import hint
from cdshooks.population.record import Record, resources_of

Rows = Iterable[Mapping[str, object]]
GATED = {"patient": "VARCHAR", "concerned": "BOOLEAN"}
MARKS = {"bytes": "BIGINT", "md5": "VARCHAR"}
LONGEST_ROW = 16 * 1024 * 1024
SMALL = 200
"""MB that DuckDB may use in a worker: a bucket, unpacked."""


@dataclass(frozen=True, slots=True)
class Job:
    """One bucket. folder: that of the run. damaged: types of which a patient lost a line."""

    bucket: int
    folder: Path
    task: PerPatient
    exported: frozenset[str] | None
    damaged: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Where the run keeps what it needs until it has ended."""
        return self.folder / "work"

    def record(self, patient: str, lines: Iterable[str], lost: list[str]) -> Record:
        """What the lines say of the patient; those that say nothing are added to ``lost``."""
        resources, unread = resources_of(lines)
        lost += unread
        types = {hint(line.encode())[1] for line in unread}
        damaged = self.damaged.get(patient, frozenset()) | types
        return Record(patient, resources, self.exported, damaged)


def gate(job: Job) -> None:
    """Writes of which patients of the bucket the rules speak."""
    found = _lines(job.work, job.bucket, ("deciding", "medications"))
    lost: list[str] = []
    rows = (
        {"patient": patient, "concerned": job.task.concerns(job.record(patient, lines, lost))}
        for patient, lines in sorted(found.items())
    )
    write(rows, GATED, job.work / "gated" / f"{job.bucket:05}.parquet", job.work)
    _tell(lost, job, "gated")


def assess(job: Job) -> None:
    """Writes the rows of the patients of the bucket of whom the rules speak."""
    found = _lines(job.work, job.bucket, ("deciding", "medications", "rest"))
    columns = job.task.columns
    lost: list[str] = []
    rows = (
        dict(zip(columns, row, strict=True))
        for patient in _concerned(job)
        for row in job.task(job.record(patient, found.pop(patient), lost))
    )
    write(rows, columns, job.folder / "parts" / f"{job.bucket:05}.parquet", job.work)
    _tell(lost, job, "assessed")


def _tell(lost: Iterable[str], job: Job, stage: str) -> None:
    """Leaves marks of lines that DuckDB reads as JSON and that are none."""
    rows = [dict(zip(MARKS, mark(line.encode()), strict=True)) for line in lost]
    if rows:
        write(rows, MARKS, job.work / "lost" / f"{stage}-{job.bucket:05}.parquet", job.work)


def write(rows: Rows, columns: Mapping[str, str], path: Path, work: Path) -> None:
    """A Parquet file of rows."""
    text = work / f"{path.stem}.{os.getpid()}.rows"
    with text.open("wb") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    as_parquet(text, columns, path, work)
    text.unlink()


def as_parquet(text: Path | str, columns: Mapping[str, str], path: Path, work: Path) -> None:
    """Rows in JSON as a Parquet file, under its name only when it is whole.

    What is not whole stands in the folder for work, which goes when the run has ended.
    """
    fresh = work / f"{path.stem}.{os.getpid()}.new"
    typed = ", ".join(f"{quoted(name)}: {quoted(type)}" for name, type in columns.items())
    with connected(work) as database:
        database.execute(
            f"COPY (SELECT * FROM read_json({quoted(text)}, format='newline_delimited', "
            f"columns={{{typed}}}, maximum_object_size={LONGEST_ROW})) "
            f"TO {quoted(fresh)} (FORMAT parquet)"
        )
    fresh.replace(path)


def connected(work: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB for one worker: one thread, little memory, nothing left outside of the run."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": f"{SMALL}MB",
        "temp_directory": str(work / "tmp"),
    }
    return duckdb.connect(config=settings)


def _lines(work: Path, bucket: int, names: Iterable[str]) -> dict[str, list[str]]:
    """The lines of a bucket by patient."""
    files = [f for name in names for f in (work / name / f"bucket={bucket}").glob("*.parquet")]
    found: dict[str, list[str]] = {}
    if not files:
        return found
    with connected(work) as database:
        read = f"SELECT patient, line FROM read_parquet({listed(files)})"
        for patient, line in database.execute(read).fetchall():
            found.setdefault(patient, []).append(line)
    return found


def _concerned(job: Job) -> Iterator[str]:
    gated = quoted(job.work / "gated" / f"{job.bucket:05}.parquet")
    wanted = f"SELECT patient FROM read_parquet({gated}) WHERE concerned ORDER BY ALL"
    with connected(job.work) as database:
        yield from (patient for (patient,) in database.execute(wanted).fetchall())


def begin() -> None:
    """Prepares a worker: the parent alone decides when it ends, also by dying."""
    spare_the_collector()
    signal(SIGINT, SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: object) -> None:
    parent.join()  # type: ignore[attr-defined]
    os._exit(1)
