"""``docs/performance.md`` and its picture, from what was measured."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import plots
from bench.layers import STAGES
from bench.results import Results
from bench.verdict import Verdict

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "performance.md"
PICTURE = DOCS / "images" / "performance.svg"
ABOUT = """\
Written by `make bench WRITE=1`. Milliseconds belong to the machine named below. Ratios to a bare
Flask endpoint, which parses the same body and returns a fixed card and is measured in the same
run, hold for others. `make bench` fails when a budget is broken."""
BODIES = """\
Charts are made up, and as large as EHRs make them: narrative, identifiers, performers and reference
ranges in every resource, and what the core prefetch asks for. A dozen patients take turns, each
with other values and days, so that nothing kept from one call helps the next."""
LAYERS = """\
The service's own time, from the arrival of the request to its answer, in milliseconds of CPU time
in one process; medians. *Index* sorts resources by code, *rules* includes reading what they ask
for and the question to the store, *dump* is remembering the call and writing the answer."""
OVER_HTTP = """\
patient-view with 50 observations: `cdshooks serve` with 2 workers and its store in a SQLite file,
the same without store, and the bare endpoint under the same gunicorn workers, all asked by turns by
a client of one thread over kept connections. *CPU* is what the workers used for one call; *client*
is how much of one core the load client took."""
GROWTH = """\
*Bend* is what one more costs in the second half of the line, over what it costs in the first: at 1
the line is straight. Rules are taken in random choices, each on a fresh chart."""
FOOTPRINT = """\
A worker's memory is its share (PSS): pages that workers have in common are divided among them.
*Alone* is what no other process has, *seen* everything (RSS)."""

WORKERS = """\
The service under gunicorn workers with threads, as `serve` runs it, and without (`sync`),
by their number. *Others* are calls that bring everything with them, five a second, while six
connections send calls that wait for a FHIR server which answers too late."""


def write(results: Results, verdicts: Sequence[Verdict]) -> None:
    """Writes the page and the picture."""
    plots.draw(results, PICTURE)
    PAGE.write_text("\n".join(lines(results, verdicts)) + "\n", encoding="utf-8")


def lines(results: Results, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The page, line by line."""
    yield f"# Performance\n\n{ABOUT}\n"
    yield f"Measured in {results.when} on {results.machine}.\n"
    yield "![Time by observations and by rules, and memory by calls](images/performance.svg)\n"
    yield "## Budgets\n"
    yield from _budgets(verdicts)
    yield f"\n## Where the time goes\n\n{BODIES}\n\n{LAYERS}\n"
    yield from _layers(results)
    yield f"\n## Over HTTP\n\n{OVER_HTTP}\n"
    yield from _through(results)
    yield f"\n## Growth\n\n{GROWTH}\n"
    yield from _growth(results)
    yield f"\n## Start and memory\n\n{FOOTPRINT}\n"
    yield from _footprint(results)
    yield f"\n## Kinds of workers, and how many\n\n{WORKERS}\n"
    yield from _forms(results)


def _budgets(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "| what | measured | budget | |\n| --- | ---: | ---: | --- |"
    for one in verdicts:
        sign = "≥" if one.at_least else "≤"
        said = "kept" if one.kept else "**over**"
        limit = f"{sign} {one.limit:g} {one.unit}"
        yield f"| {one.what} | {amount(one.measured)} {one.unit} | {limit} | {said} |"


def _layers(results: Results) -> Iterator[str]:
    yield f"| call | body | {' | '.join(STAGES)} | dump | whole | p95 | bare | ratio |"
    yield "| --- |" + " ---: |" * (len(STAGES) + 6)
    for one in results.layers:
        times = (*(one.stages[name] for name in STAGES), one.dump, one.total, one.p95, one.bare)
        cells = " | ".join(amount(time) for time in times)
        yield f"| {one.name} | {one.kb} KB | {cells} | {amount(one.total / one.bare)} × |"


def _through(results: Results) -> Iterator[str]:
    yield "| connections | | calls a second | of bare | p50 | p95 | p99 ms | CPU ms | client |"
    yield "| ---: | --- |" + " ---: |" * 7
    bare = {one.connections: one.rate for one in results.through if one.name == "bare"}
    for one in results.through:
        share = one.rate / bare[one.connections]
        times = (one.p50, one.p95, one.p99, one.cpu_ms)
        cells = " | ".join(amount(time) for time in times)
        counted = f"{one.connections} | {one.name} | {one.rate:.0f} | {share:.2f}"
        yield f"| {counted} | {cells} | {one.busy:.2f} |"


def _growth(results: Results) -> Iterator[str]:
    yield "| one more | costs | at none | bend |\n| --- | ---: | ---: | ---: |"
    for one in results.growth:
        yield f"| {one.of} | {amount(one.slope)} µs | {amount(one.start)} ms | {one.bend:.2f} |"


def _footprint(results: Results) -> Iterator[str]:
    found = results.footprint
    started = f"{found.start_s:.2f} s, with {found.workers} workers"
    yield f"From the command to the first answer: {started}.\n"
    yield "| calls answered | share MB | alone MB | seen MB |\n| ---: | ---: | ---: | ---: |"
    rows = [(f"{calls:,}", sizes) for calls, sizes in found.memory]
    for told, sizes in (*rows, ("some with 5,000 observations", found.large)):
        cells = " | ".join(f"{sizes[name]:.0f}" for name in ("pss", "alone", "rss"))
        yield f"| {told} | {cells} |"


def _forms(results: Results) -> Iterator[str]:
    yield "| workers | | calls a second | p95 ms | MB of all | others p50 ms | others p95 ms |"
    yield "| ---: | --- |" + " ---: |" * 5
    for one in results.forms:
        times = (one.rate, one.p95, one.mb, one.others_p50, one.others_p95)
        yield f"| {one.workers} | {one.name} | {' | '.join(amount(time) for time in times)} |"


def amount(value: float) -> str:
    """A number with about three digits that count; a count as it is."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
