"""A replay on Apache Spark, a real one on this machine: the same tables, row for row."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from cdshooks.population.engines import run
from cdshooks.population.replaying.rows import TABLES
from cdshooks.population.replaying.summary import summarise
from cdshooks.population.replaying.task import Replay
from cdshooks.population.replaying.visits import Span
from tests.support import exports

pytestmark = [
    pytest.mark.spark,
    # Of Spark itself, with the libraries that it is built on.
    pytest.mark.filterwarnings("default"),
]
NAMES = ("bulbar-onset-fvc-falling", "quiet-stable-limb-onset", "niv-declined")
TASK = Replay(Span(date(2025, 9, 1), date(2026, 6, 1)), (("default",), ("canada-2020",)))


def test_spark_gives_the_same_tables_and_figures(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    source = exports.as_bundles(tmp_path / "export", NAMES)
    figures = []
    for engine in ("duckdb", "spark"):
        done = run(source, TASK, tmp_path / engine / "run", engine=engine, workers=2)
        figures.append(summarise(done.parts, tmp_path / engine, clinic=True))
    assert figures[0] == figures[1]
    assert figures[0].rules
    for table in TABLES:
        here, spark = (
            duckdb.read_parquet(str(tmp_path / engine / f"{table}.parquet")).fetchall()
            for engine in ("duckdb", "spark")
        )
        assert here == spark
