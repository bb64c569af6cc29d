"""A run over a population that is killed half way: nothing is lost, nothing is left running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cdshooks import examples
from tests.support import exports

pytestmark = pytest.mark.slow
PATIENTS = 120
RUN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cdshooks.population.assess import Assessor
from cdshooks.population.engines import grouping, run
from cdshooks.population.worklist import Worklist

grouping.BUCKET_BYTES = 400_000
task = Worklist(Assessor(), datetime(2026, 6, 1, 12, tzinfo=UTC))
run(Path(sys.argv[1]), task, Path(sys.argv[2]), workers=2)
"""


def started(source: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUN, str(source), str(out)])


def waited(condition: Callable[[], bool], seconds: float = 120) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.02)
    return condition()


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def rows(out: Path) -> list[tuple[Any, ...]]:
    return sorted(duckdb.execute(f"FROM read_parquet('{out}/parts/*.parquet')").fetchall())


def test_a_run_that_is_killed_goes_on_and_ends_with_the_same_rows(tmp_path: Path) -> None:
    names = examples.names()
    resources = [
        resource
        for number in range(PATIENTS)
        for resource in exports.resources(names[number % len(names)], f"p{number}")
    ]
    source = exports.as_ndjson(tmp_path / "export", exports.lines(resources))
    assert started(source, tmp_path / "whole").wait(300) == 0

    killed = tmp_path / "killed"
    process = started(source, killed)
    assert waited(lambda: len(list(killed.glob("parts/*.parquet"))) >= 2)
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert workers
    assert waited(lambda: not any(map(is_running, workers)), 30)
    before = {part: part.stat().st_mtime_ns for part in killed.glob("parts/*.parquet")}
    assert len(before) < len(list((tmp_path / "whole" / "parts").glob("*.parquet")))

    assert started(source, killed).wait(300) == 0
    assert {part: part.stat().st_mtime_ns for part in before} == before
    assert rows(killed) == rows(tmp_path / "whole")
    assert {file.name for file in killed.iterdir()} == {
        "manifest.json",
        "parts",
        "summary.json",
        "unread.csv",
    }
    assert {file.suffix for file in (killed / "parts").iterdir()} == {".parquet"}
