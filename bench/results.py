"""Everything that one run of ``make bench`` measured."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench import classes, footprint, throughput
from bench.classes import Form
from bench.footprint import Footprint
from bench.growth import Growth, growth
from bench.layers import Layers
from bench.throughput import Through


@dataclass(frozen=True, slots=True)
class Results:
    """machine: what it ran on, in words; when: the month."""

    machine: str
    when: str
    layers: tuple[Layers, ...]
    growth: tuple[Growth, ...]
    through: tuple[Through, ...]
    footprint: Footprint
    forms: tuple[Form, ...]


def measured(seconds: float, rounds: int, calls: int) -> Results:
    """Runs everything.

    seconds: of each kind of call in one process, and of each turn over HTTP; rounds:
    of turns; calls: after which memory is looked at.
    """
    inside = subprocess.run(
        [sys.executable, "-m", "bench.inside", str(seconds)], stdout=subprocess.PIPE, check=True
    )
    found = orjson.loads(inside.stdout)
    return Results(
        machine(),
        f"{datetime.now(UTC):%B %Y}",
        tuple(Layers(**one) for one in found["layers"]),
        tuple(growth(one["of"], one["points"]) for one in found["growth"]),
        tuple(throughput.measured(rounds, seconds)),
        footprint.measured(calls),
        tuple(classes.measured(seconds)),
    )


def machine() -> str:
    """The processor, its number of cores and the versions that count."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {cpu}, {platform.system()}, Python {platform.python_version()}"
