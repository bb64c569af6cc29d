"""What a soak concludes from what it saw."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.calls import Load
from bench.soak.report import lines, verdicts
from bench.soak.run import AWAY, Slice, Soak


def part(
    name: str, memory: float = 100.0, handles: int = 20, pid: int = 1, **answers: int
) -> Slice:
    statuses = Counter({int(status.removeprefix("s")): n for status, n in answers.items()})
    times = [1.0] * statuses.total()
    return Slice(name, Load(10.0, 0.1, times, statuses), memory, handles, (pid,))


WELL = part("FHIR server: well", s200=10)
GONE = part(AWAY, s200=5, s503=5)


def soak(*slices: Slice, ready: float = 1.0, written: int = 100) -> Soak:
    return Soak(1.0, 20.0, 10.0, slices, (ready,), 100, written)


def broken(found: Soak) -> list[str]:
    return [one.what for one in verdicts(found) if not one.kept]


def test_a_store_that_is_away_may_be_told_of() -> None:
    found = soak(WELL, WELL, GONE, WELL)
    assert broken(found) == []
    assert any("200: 30" in line for line in lines(found))


def test_what_lay_behind_an_answer_of_500_is_told() -> None:
    found = replace(soak(WELL, WELL, GONE, WELL), errors=("KeyError at view.py:9",) * 2)
    assert any("2 times: KeyError at view.py:9" in line for line in lines(found))


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (soak(WELL, WELL, part("FHIR server: reset", s200=9, s500=1), WELL), "while the database"),
        (soak(WELL, WELL, part("FHIR server: slow", s200=9, s0=1), WELL), "while the database"),
        (soak(WELL, WELL, part(AWAY, s503=9, s500=1), WELL), "while it is away"),
        (soak(WELL, WELL, GONE, WELL, ready=6.1), "until ready"),
        (soak(WELL, WELL, GONE, part("FHIR server: well", 112.0, s200=9)), "memory"),
        (soak(WELL, WELL, GONE, part("FHIR server: well", handles=22, s200=9)), "file handles"),
        (soak(WELL, WELL, GONE, part("FHIR server: well", pid=2, s200=9)), "workers"),
        (soak(WELL, WELL, GONE, WELL, written=99), "written down"),
    ],
)
def test_everything_else_is_told(found: Soak, what: str) -> None:
    [only] = broken(found)
    assert what in only
