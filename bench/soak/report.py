"""What a soak must show, and ``docs/soak.md``."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import mean

from bench.calls import Load
from bench.page import DOCS, amount
from bench.results import machine
from bench.soak.run import AWAY, Slice, Soak
from bench.verdict import Verdict

PAGE = DOCS / "soak.md"
GROWTH = 1.05
"""Most that memory may grow after the first half of a run, which is for warming up."""
READY_S = 6.0
"""Most that the service may take to be ready when the database is back."""
ABOUT = """\
Written by `make soak WRITE=1` (`MINUTES=30`). `cdshooks serve` with 2 workers, authentication
required and its store in PostgreSQL is called at half of the rate that it could answer: charts of
50 and 500 observations with and without ALS, orders, feedback, each with a token of its own, a
quarter with a FHIR server to read. That server answers for ten seconds each well, after 4 s, with
status 500, with a reset connection, and with garbage. Then the database is stopped for 4 s, and so
on in turns. Before all that, each of these ways of the FHIR server is met once under the greatest
load: a worker keeps the memory that its busiest moment needed, and what grows after that is a
leak."""


def verdicts(found: Soak) -> Sequence[Verdict]:
    """What must hold: answers, memory, file handles, workers, and what was written down."""
    steady = [one.load for one in found.slices if one.name != AWAY]
    away = [one.load for one in found.slices if one.name == AWAY]
    half = len(found.slices) // 2
    early, late = found.slices[half // 2 : half], found.slices[half:]
    workers = {one.workers for one in found.slices}
    memory = mean(one.memory for one in late) / mean(one.memory for one in early)
    opened = max(o.handles for o in late) / max(o.handles for o in found.slices[:half])
    lost = max(found.answered - found.written, 0)
    return (
        Verdict("answers other than 200 while the database is there", _other(steady), 0, ""),
        Verdict("answers other than 200 and 503 while it is away", _other(away, 503), 0, ""),
        Verdict("until ready, once the database is back", max(found.ready_s), READY_S, "s"),
        Verdict("memory of a worker, second half over first", memory, GROWTH, "×"),
        Verdict("most open file handles, second half over first", opened, GROWTH, "×"),
        Verdict("workers that had to be replaced", len(workers) - 1, 0, ""),
        Verdict("answers of which nothing was written down", lost, 0, ""),
    )


def _other(loads: Iterable[Load], *allowed: int) -> int:
    return sum(n for one in loads for s, n in one.statuses.items() if s not in (200, *allowed))


def lines(found: Soak) -> Iterator[str]:
    """The page, line by line."""
    yield f"# Soak\n\n{ABOUT}\n"
    month = f"{datetime.now(UTC):%B %Y}"
    rates = f"{found.rate:.0f} calls a second of {found.most:.0f} that were possible"
    yield f"Measured in {month} on {machine()}:\n{found.minutes:g} minutes, {rates}.\n"
    yield "| what must hold | found | limit | |\n| --- | ---: | ---: | --- |"
    for one in verdicts(found):
        said = "kept" if one.kept else "**broken**"
        limit = f"{one.limit:g} {one.unit}"
        yield f"| {one.what} | {amount(one.measured)} {one.unit} | {limit} | {said} |"
    for error, times in Counter(found.errors).items():
        yield f"\nAnswered with 500, {times} times: {error}"
    yield "\n## By what failed\n"
    yield "| meanwhile | calls | answers | p50 ms | p95 ms | p99 ms |"
    yield "| --- | ---: | --- | ---: | ---: | ---: |"
    for name in dict.fromkeys(one.name for one in found.slices):
        yield _by_name(name, [one for one in found.slices if one.name == name])
    yield "\n## By time\n"
    yield "Memory is what a worker alone has; both are looked at when no call is under way.\n"
    yield "| part of the run | memory of a worker | most file handles |\n| --- | ---: | ---: |"
    for number in range(4):
        yield _by_time(number, found.slices)


def _by_name(name: str, slices: Sequence[Slice]) -> str:
    whole = Load()
    for one in slices:
        whole.add(one.load)
    counts = sorted(whole.statuses.items())
    told = ", ".join(f"{status or 'none'}: {n:,}" for status, n in counts)
    cells = " | ".join(amount(whole.percentile(which)) for which in (50, 95, 99))
    return f"| {name} | {len(whole.times):,} | {told} | {cells} |"


def _by_time(number: int, slices: Sequence[Slice]) -> str:
    size = max(len(slices) // 4, 1)
    part = slices[number * size : (number + 1) * size] or slices[-1:]
    memory = mean(one.memory for one in part)
    return f"| {number + 1} of 4 | {memory:.1f} MB | {max(one.handles for one in part)} |"
