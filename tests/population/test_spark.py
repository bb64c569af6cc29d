"""Apache Spark, a real one on this machine: the same rows as the engine of one machine."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cdshooks import examples
from cdshooks.population.assess import Assessor
from cdshooks.population.engines import Summary, run
from cdshooks.population.worklist import Worklist
from tests.support import exports

pytestmark = [
    pytest.mark.spark,
    # Of Spark itself, with the libraries that it is built on.
    pytest.mark.filterwarnings("default"),
]
TASK = Worklist(Assessor(), datetime(2026, 6, 1, 12, tzinfo=UTC))
BROKEN = b'{"resourceType": "Observation", "subject": {"reference": "Patient/p1"}'


def rows(summary: Summary) -> list[tuple[Any, ...]]:
    return sorted(duckdb.execute(f"FROM read_parquet('{summary.parts}')").fetchall())


def ndjson(folder: Path) -> Path:
    """Every example patient; a medication in a file of its own, and lines that are no use."""
    resources = [
        resource
        for number, name in enumerate(examples.names())
        for resource in exports.resources(name, f"p{number}")
    ]
    order = {
        "resourceType": "MedicationRequest",
        "id": "by-reference",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p2"},
        "medicationReference": {"reference": "Medication/m1"},
    }
    coded = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "35623"}
    medication = {"resourceType": "Medication", "id": "m1", "code": {"coding": [coded]}}
    lines = exports.lines([*resources, order, medication])
    lines["Observation"] += [b"", b"\xff", BROKEN]
    lines["Device"].append(b'{"resourceType": "Device", "id": "nobody"}')
    return exports.as_ndjson(folder, lines, packed=True)


def bundles(folder: Path) -> Path:
    source = exports.as_bundles(folder, examples.names())
    (source / "broken.json").write_text("{")
    return source


@pytest.mark.parametrize("export", [ndjson, bundles])
def test_spark_gives_the_same_rows_counts_and_unread_lines(
    export: Callable[[Path], Path], tmp_path: Path
) -> None:
    pytest.importorskip("pyspark")
    source = export(tmp_path / "export")
    here = run(source, TASK, tmp_path / "duckdb", workers=1)
    spark = run(source, TASK, tmp_path / "spark", engine="spark", workers=2)
    assert rows(spark) == rows(here)
    assert len(rows(here)) > 100
    assert (spark.patients, spark.concerned) == (here.patients, here.concerned)
    assert spark.problems == here.problems
    assert spark.unread.read_text() == here.unread.read_text()


def test_spark_takes_folders_as_they_are_written_at_a_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark")
    source = bundles(tmp_path / "export")
    monkeypatch.chdir(tmp_path)
    there = run(Path("export"), TASK, Path("parts"), engine="spark", workers=2)
    assert rows(there) == rows(run(source, TASK, tmp_path / "duckdb", workers=1))
