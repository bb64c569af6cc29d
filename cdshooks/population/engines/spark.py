"""The engine of many machines: Apache Spark brings lines together by patient and assesses them.

Every machine reads the export, and writes what it finds, under the same paths. The
rows are those of the other engine: the same function makes them of the same records.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from pyspark.sql import SparkSession

from cdshooks.population.assess import DECIDING
from cdshooks.population.dirt import Dirt, Mark, located, mark, summed, write
from cdshooks.population.engines.flattening import flattened
from cdshooks.population.engines.grouping import buckets_for
from cdshooks.population.engines.model import Machine, PerPatient, Progress, pattern
from cdshooks.population.engines.parts import as_parquet
from cdshooks.population.lines import hint, medication_of, parsed, patient_of, problem_of, types
from cdshooks.population.record import Record, resources_of
from cdshooks.population.source import Source

Said = tuple[str, str | None]
"""The type of a line and its text; of a line that was lost the type alone."""
Keyed = tuple[str, Said]


def parts(
    source: Source, task: PerPatient, out: Path, machine: Machine, progress: Progress
) -> dict[str, Any]:
    """Writes the part; counts patients and what was not used. Spark itself repeats what fails."""
    progress("assessing on Spark", 0, 1)
    # The workers have to run what this process runs.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = _session(machine)
    try:
        counts = _Run(session, source, task, out, _pieces(source, machine)).counts()
    finally:
        session.stop()
    progress("assessing on Spark", 1, 1)
    return counts


def _session(machine: Machine) -> Any:
    master = machine.master or f"local[{machine.workers}]"
    builder = SparkSession.builder.appName("cdshooks").master(master)
    session = builder.config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _pieces(source: Source, machine: Machine) -> int:
    return max(buckets_for(source.size), 2 * machine.workers)


class _Union:
    """How Spark adds up sets: what a repeated task says twice is in them once."""

    def zero(self, _value: object) -> set[Any]:
        """Nothing."""
        return set()

    def addInPlace(self, one: set[Any], other: set[Any]) -> set[Any]:  # noqa: N802  Spark's name
        """Both."""
        one |= other
        return one


@dataclass(frozen=True, slots=True)
class _Run:
    session: Any
    source: Source
    task: PerPatient
    out: Path
    pieces: int

    def counts(self) -> dict[str, Any]:
        """All of it: read, brought together, assessed, written."""
        context = self.session.sparkContext
        unread = context.accumulator(set(), _Union())
        lines = self._bundles(unread) if self.source.bundles else self._lines(unread)
        assess = partial(_assessed, self.task, self.source.exported)
        found = lines.groupByKey(self.pieces).flatMap(assess).cache()
        self._write(found.flatMap(_rows))
        patients, concerned = found.count(), found.filter(_is_concerned).count()
        dirt = sorted(set(self._located(unread.value)))
        write(dirt, self.out / "unread.csv")
        return {"patients": patients, "concerned": concerned, "problems": summed(dirt)}

    def _lines(self, unread: Any) -> Any:
        """Every line of NDJSON by its patient, with the Medications that it refers to."""
        files = {str(file.path): file.type for file in self.source.files}
        read = self.session.read.text(list(files)).selectExpr(
            "cast(value AS binary) AS text", "_metadata.file_path AS file"
        )
        keyed = read.rdd.flatMap(partial(_keyed, files, unread))
        if "Medication" not in files.values():
            return keyed
        held = read.rdd.flatMap(_medications)
        wanted = keyed.flatMap(_wanted).distinct()
        joined = wanted.join(held).map(_referred)
        return keyed.union(joined)

    def _bundles(self, unread: Any) -> Any:
        named = [(str(file.path), self.source.name(file.path)) for file in self.source.files]
        spread = self.session.sparkContext.parallelize(named, min(len(named), 4 * self.pieces))
        return spread.flatMap(partial(_taken_apart, unread))

    def _write(self, rows: Any) -> None:
        """Through text and DuckDB, so that every value has the type that it has elsewhere."""
        text = self.out / "work" / "rows"
        rmtree(text, ignore_errors=True)
        text.parent.mkdir(parents=True, exist_ok=True)
        named = rows.map(partial(_as_json, tuple(self.task.columns)))
        named.saveAsTextFile(text.resolve().as_uri())
        (self.out / "parts").mkdir(exist_ok=True)
        part = self.out / "parts" / "00000.parquet"
        as_parquet(pattern(text, "part-*"), self.task.columns, part, text.parent)

    def _located(self, unread: Iterable[Dirt | tuple[str, Mark]]) -> Iterator[Dirt]:
        marks: dict[str, set[Mark]] = {}
        for one in unread:
            if isinstance(one, Dirt):
                yield one
            else:
                marks.setdefault(one[0], set()).add(one[1])
        for file in self.source.files:
            if str(file.path) in marks:
                name = self.source.name(file.path)
                yield from located(file.path, name, file.type, marks[str(file.path)])


def _keyed(files: dict[str, str], unread: Any, row: Any) -> Iterator[Keyed]:
    """The patient of a line with its text; of one that is lost only of which type it was."""
    text = bytes(row.text)
    problem = problem_of(text)
    if problem is not None:
        path = unquote(urlsplit(row.file).path)
        unread.add({(path, mark(text))})
        patient, type = hint(text)
        if patient and (type or files[path]):
            yield patient, (type or files[path], None)
        return
    resource = parsed(text) if text.strip() else ""
    if isinstance(resource, dict) and resource["resourceType"] in types() - {"Medication"}:
        patient = patient_of(resource) or ""
        yield patient, (resource["resourceType"], text.decode())


def _medications(row: Any) -> Iterator[tuple[str, str]]:
    resource = parsed(bytes(row.text))
    if isinstance(resource, dict) and resource["resourceType"] == "Medication":
        yield str(resource.get("id")), bytes(row.text).decode()


def _wanted(line: Keyed) -> Iterator[tuple[str, str]]:
    """The Medication that a line refers to, and the patient whose line it is."""
    patient, (_, text) = line
    medication = medication_of(orjson.loads(text)) if text and "medicationReference" in text else ""
    if medication:
        yield medication, patient


def _referred(joined: tuple[str, tuple[str, str]]) -> Keyed:
    _, (patient, text) = joined
    return patient, ("Medication", text)


def _taken_apart(unread: Any, named: tuple[str, str]) -> Iterator[Keyed]:
    for found in flattened(Path(named[0]), named[1]):
        if isinstance(found, Dirt):
            unread.add({found})
        else:
            patient, type, text = found
            yield patient, (type, text.decode())


Found = tuple[bool, list[tuple[object, ...]]]


def _assessed(
    task: PerPatient, exported: frozenset[str] | None, group: tuple[str, Iterable[Said]]
) -> Iterator[Found]:
    """Whether rules speak of a patient, and the rows; nothing of one who is only referred to."""
    patient, said = group[0], list(group[1])
    if not any(type in DECIDING and text for type, text in said):
        return
    damaged = frozenset(type for type, text in said if text is None)
    first = [text for type, text in said if text and type in DECIDING]
    concerned = task.concerns(Record(patient, resources_of(first)[0], exported, damaged))
    if not concerned:
        yield False, []
        return
    texts = [text for _, text in said if text]
    yield True, list(task(Record(patient, resources_of(texts)[0], exported, damaged)))


def _is_concerned(found: Found) -> bool:
    return found[0]


def _rows(found: Found) -> list[tuple[object, ...]]:
    return found[1]


def _as_json(columns: tuple[str, ...], row: tuple[object, ...]) -> str:
    return orjson.dumps(dict(zip(columns, row, strict=True))).decode()
