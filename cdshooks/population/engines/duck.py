"""The engine of one machine: DuckDB groups, processes assess, a bucket at a time."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import orjson

from cdshooks.population.assess import DECIDING
from cdshooks.population.dirt import Dirt, Mark, located, summed, write
from cdshooks.population.engines import parts as worker
from cdshooks.population.engines.database import connected, execute
from cdshooks.population.engines.flattening import flatten, slices
from cdshooks.population.engines.grouping import BAD, Grouping, buckets_for, flat, keyed, quoted
from cdshooks.population.engines.model import Machine, PerPatient, Progress, pattern
from cdshooks.population.engines.parts import Job
from cdshooks.population.engines.workers import Workers
from cdshooks.population.source import File, Source

Counts = dict[str, Any]
_STAGES = {
    "deciding": "grouping diagnoses",
    "medications": "grouping medications",
    "rest": "grouping the rest",
}
Engine = Callable[[Source, PerPatient, Path, Machine, Progress], Counts]


def parts(
    source: Source, task: PerPatient, out: Path, machine: Machine, progress: Progress
) -> Counts:
    """Writes the parts that are missing; counts patients and what was not used."""
    for name in ("work/gated", "work/lost", "work/flat", "parts"):
        (out / name).mkdir(parents=True, exist_ok=True)
    with Workers(machine.workers) as workers:
        return _Run(source, task, out, machine, progress, workers).counts()


@dataclass(frozen=True, slots=True)
class _Run:
    """One run. Each step leaves a file or a folder under its own name only when it is whole."""

    source: Source
    task: PerPatient
    out: Path
    machine: Machine
    progress: Progress
    workers: Workers

    @property
    def work(self) -> Path:
        return self.out / "work"

    def counts(self) -> Counts:
        """All steps, those that were done before left out."""
        grouping = Grouping(self.work, buckets_for(self.source.size))
        if self.source.bundles:
            self._flatten()
        self._group("deciding", grouping.deciding(self._lines(_deciding)))
        medications = [file for file in self.source.files if file.type == "Medication"]
        if medications and any((self.work / "deciding").glob("*/*.parquet")):
            self._group("medications", grouping.medications(keyed(medications)))
        self._gate(grouping.buckets)
        if self._has_rest():
            self._group("rest", grouping.rest(self._lines(_resting)))
        self._assess(grouping.buckets)
        dirt = [*self._dirt(), *self._lost()]
        write(dirt, self.out / "unread.csv")
        patients, concerned = self._patients()
        return {"patients": patients, "concerned": concerned, "problems": summed(dirt)}

    def _flatten(self) -> None:
        """Takes Bundles apart."""
        folder = self.work / "flat"
        pieces = list(slices(self.source, folder))
        missing = [one for one in pieces if not one.target.with_suffix(".tsv").exists()]
        bar = _Bar(self.progress, "reading", len(pieces), len(pieces) - len(missing))
        self.workers.each(flatten, missing, lambda _: bar.more(1))

    def _lines(self, wanted: Callable[[File], bool]) -> str:
        """SQL for the lines of the files that are wanted."""
        if self.source.bundles:
            return flat(sorted((self.work / "flat").glob("*.tsv")))
        return keyed(file for file in self.source.files if wanted(file))

    def _has_rest(self) -> bool:
        return self.source.bundles or any(_resting(file) for file in self.source.files)

    def _group(self, name: str, statement: str) -> None:
        """Brings lines together by patient; looks at once for those that were not used."""
        target, fresh = self.work / name, self.work / f"{name}.new"
        if not target.exists():
            self._write_group(name, statement, fresh)
            fresh.replace(target)
        self._grouping(name, 100)

    def _write_group(self, name: str, statement: str, fresh: Path) -> None:
        shutil.rmtree(fresh, ignore_errors=True)
        with connected(self.work, self.machine) as database:
            execute(database, statement, self.source, partial(self._grouping, name))
            fresh.mkdir(exist_ok=True)
            dirt = list(self._located(_marks(database, fresh)))
        (fresh / "dirt.json").write_bytes(orjson.dumps(dirt))

    def _grouping(self, name: str, percent: float) -> None:
        self.progress(_STAGES[name], percent, 100)

    def _located(self, marks: dict[Path, set[Mark]]) -> Iterator[Dirt]:
        for file in self.source.files:
            if file.path in marks:
                name = self.source.name(file.path)
                yield from located(file.path, name, file.type, marks[file.path])

    def _gate(self, buckets: int) -> None:
        """Says of every patient whether the rules speak of them."""
        jobs = self._jobs(buckets, self.work / "gated")
        bar = _Bar(self.progress, "finding who has ALS", buckets, buckets - len(jobs))
        self.workers.each(worker.gate, jobs, lambda _: bar.more(1))

    def _assess(self, buckets: int) -> None:
        """Writes the parts; of those of whom rules speak, each bucket has its number."""
        jobs = self._jobs(buckets, self.out / "parts")
        held = self._concerned()
        left = sum(held.get(job.bucket, 0) for job in jobs)
        bar = _Bar(self.progress, "assessing", sum(held.values()), sum(held.values()) - left)
        self.workers.each(worker.assess, jobs, lambda job: bar.more(held.get(job.bucket, 0)))

    def _jobs(self, buckets: int, folder: Path) -> list[Job]:
        """What is missing in a folder."""
        damaged = self._damaged()
        return [
            Job(bucket, self.out, self.task, self.source.exported, damaged)
            for bucket in range(buckets)
            if not (folder / f"{bucket:05}.parquet").exists()
        ]

    def _dirt(self) -> list[Dirt]:
        """What was found by now, each line once."""
        files = [*self.work.glob("*/dirt.json"), *(self.work / "flat").glob("*.json")]
        found = (Dirt(**one) for file in files for one in orjson.loads(file.read_bytes()))
        return sorted(set(found))

    def _damaged(self) -> dict[str, frozenset[str]]:
        damaged: dict[str, frozenset[str]] = {}
        for one in self._dirt():
            if one.patient and one.type:
                damaged[one.patient] = damaged.get(one.patient, frozenset()) | {one.type}
        return damaged

    def _lost(self) -> Iterator[Dirt]:
        """Lines that DuckDB took for JSON and Python did not."""
        files = pattern(self.work / "lost", "*.parquet")
        if any((self.work / "lost").glob("*.parquet")):
            with worker.connected(self.work) as database:
                marks = set(database.execute(f"FROM read_parquet({quoted(files)})").fetchall())
            yield from self._located({file.path: marks for file in self.source.files})

    def _concerned(self) -> dict[int, int]:
        """Patients of whom rules speak, by bucket."""
        return {int(Path(name).stem): concerned for name, _, concerned in self._counted()}

    def _patients(self) -> tuple[int, int]:
        """All patients, and those of whom rules speak."""
        counted = self._counted()
        return sum(patients for _, patients, _ in counted), sum(self._concerned().values())

    def _counted(self) -> list[tuple[str, int, int]]:
        gated = quoted(pattern(self.work / "gated", "*.parquet"))
        query = (
            "SELECT filename, count(*), count(*) FILTER (concerned) "
            f"FROM read_parquet({gated}, filename=true) GROUP BY ALL"
        )
        with worker.connected(self.work) as database:
            return database.execute(query).fetchall()


class _Bar:
    """How far a stage is."""

    def __init__(self, progress: Progress, stage: str, of: int, done: int) -> None:
        self._tell, self._of, self._done = partial(progress, stage), of, done
        self.more(0)

    def more(self, count: int) -> None:
        """So much more is done."""
        self._done += count
        self._tell(self._done, self._of)


def _deciding(file: File) -> bool:
    return file.type in DECIDING - {"Medication"} or not file.type


def _resting(file: File) -> bool:
    return file.type not in DECIDING


def _marks(database: duckdb.DuckDBPyConnection, fresh: Path) -> dict[Path, set[Mark]]:
    """The files with lines that were not used, and the marks of those that DuckDB could read."""
    marks: dict[Path, set[Mark]] = {}
    refused = (
        "SELECT DISTINCT file_path FROM reject_errors JOIN reject_scans USING (scan_id, file_id)"
    )
    for (path,) in _if_there(database, refused):
        marks.setdefault(Path(path), set())
    files = list((fresh / f"bucket={BAD}").glob("*.parquet"))
    for file in files:
        for path, line in database.execute(
            f"SELECT patient, line FROM read_parquet({quoted(file)})"
        ).fetchall():
            length, _, digest = line.partition(" ")
            marks.setdefault(Path(path), set()).add((int(length), digest))
    return marks


def _if_there(database: duckdb.DuckDBPyConnection, query: str) -> Iterable[tuple[str]]:
    try:
        return database.execute(query).fetchall()
    except duckdb.CatalogException:  # the table is made with the first line that is refused
        return ()
