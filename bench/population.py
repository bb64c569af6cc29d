"""How fast a worklist is, and how much memory it takes: python -m bench.population DAY SOURCE...

Each SOURCE is a folder with an export, the smallest first. In one run on this machine:
the time of parsing the same lines with orjson and doing nothing with them, the time of
the whole worklist with one process and with two, and the most memory that all processes
had together. From three sizes on, a straight line through them says what 100,000
patients need.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

PATIENTS = 100_000
BUDGET_RATIO, BUDGET_SPEEDUP, BUDGET_MB = 10.0, 1.7, 2000
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1024**2
EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of the clock and of all processors, and MB of all processes at their most."""

    wall: float
    cpu: float
    memory: float


def parsed(source: Path) -> tuple[float, int]:
    """Seconds of processor to parse every line, and how many patients there are."""
    patients = 0
    started = time.process_time()
    for file in sorted(source.glob("*.ndjson")):
        with file.open("rb") as lines:
            for line in lines:
                try:
                    orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue
    taken = time.process_time() - started
    with (source / "Patient.ndjson").open("rb") as lines:
        patients = sum(1 for _ in lines)
    return taken, patients


def worklist(source: Path, day: str, workers: int) -> Run:
    """One whole worklist, in processes of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = ("worklist", str(source), "--as-of", day, "--workers", str(workers))
        more = ("--top", "1", "--parts", f"{folder}/parts", "--out", f"{folder}/list.parquet")
        started, most = time.monotonic(), 0.0
        process = subprocess.Popen(
            [sys.executable, "-m", "cdshooks", *command, *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        before = os.times()
        while process.poll() is None:
            most = max(most, sum(_resident(process.pid)))
            time.sleep(EVERY_S)
        after = os.times()
        if process.returncode:
            raise SystemExit(f"worklist failed on {source}")
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Run(time.monotonic() - started, cpu, most)


def _resident(session: int) -> Iterator[float]:
    """MB of each process of a session; pages that processes share are counted in each."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[3]) == session:
                yield int(stat[21]) * PAGE_MB


def main() -> None:
    """Prints a line a source, and the fit."""
    day, *names = sys.argv[1:]
    print("patients  parse s  worklist cpu s  ratio  1 process s  2 processes s  faster  memory MB")
    points: list[tuple[int, float]] = []
    for source in map(Path, names):
        parse, patients = parsed(source)
        one, two = worklist(source, day, 1), worklist(source, day, 2)
        points.append((patients, two.memory))
        print(
            f"{patients:8,}  {parse:7.2f}  {two.cpu:14.1f}  {two.cpu / parse:5.1f}"
            f"  {one.wall:11.1f}  {two.wall:13.1f}  {one.wall / two.wall:6.2f}  {two.memory:9.0f}",
            flush=True,
        )
    print(f"budgets: ratio {BUDGET_RATIO}, faster {BUDGET_SPEEDUP}, memory {BUDGET_MB}")
    if len(points) > 2:
        slope, base = statistics.linear_regression(*zip(*points, strict=True))
        needed = base + slope * PATIENTS
        print(f"memory: {base:.0f} MB + {slope * 1000:.1f} MB a 1,000 patients;")
        print(f"{PATIENTS:,} patients: {needed:.0f} MB")


if __name__ == "__main__":
    main()
