"""What the service may cost, and whether it keeps to that."""

from collections.abc import Iterator, Sequence

from bench.bodies import NOT_ALS, SIGNING, VIEW_50, VIEW_500, VIEW_5000
from bench.results import Results
from bench.throughput import Through
from bench.verdict import Verdict

JUDGED_AT = 8
"""Connections at which throughput is judged, enough to keep two workers busy."""
SERVICE_MS = {VIEW_500.name: 15.0, VIEW_5000.name: 100.0, NOT_ALS.name: 5.0, SIGNING.name: 20.0}
RULE_MS = 0.2
"""Of a rule, or of a state that several rules share, whose inputs are known."""
SLOWEST_IN = (VIEW_50.name, VIEW_500.name, SIGNING.name)
SHARE_OF_BARE = 0.25
STORE_P95 = 1.25
BEND = 1.25
"""Most that a later observation or rule may cost in place of an early one."""
START_S = 2.0
WORKER_MB = 150.0


def verdicts(results: Results) -> tuple[Verdict, ...]:
    """All budgets, in the order of the table."""
    return (*_service(results), *_over_http(results.through), *_rest(results))


def _service(results: Results) -> Iterator[Verdict]:
    for layers in results.layers:
        if layers.name in SERVICE_MS:
            yield Verdict(layers.name, layers.total, SERVICE_MS[layers.name], "ms")
    for layers in results.layers:
        if layers.name in SLOWEST_IN:
            slowest = max(layers.rules, key=layers.rules.__getitem__)
            what = f"the slowest rule of {layers.name}: `{slowest}`"
            yield Verdict(what, layers.rules[slowest], RULE_MS, "ms")


def _over_http(through: Sequence[Through]) -> Iterator[Verdict]:
    at = {one.name: one for one in through if one.connections == JUDGED_AT}
    ours, bare, without = at["service"], at["bare"], at["without store"]
    share = "throughput, as a share of the bare endpoint's"
    yield Verdict(share, ours.rate / bare.rate, SHARE_OF_BARE, "", at_least=True)
    yield Verdict(
        "95th percentile with the store, over that without", ours.p95 / without.p95, STORE_P95, "×"
    )


def _rest(results: Results) -> Iterator[Verdict]:
    for growth in results.growth:
        what = f"what a further {growth.of} costs, late over early"
        yield Verdict(what, growth.bend, BEND, "×")
    yield Verdict("start", results.footprint.start_s, START_S, "s")
    calls, memory = results.footprint.memory[-1]
    yield Verdict(f"memory of a worker after {calls:,} calls", memory["pss"], WORKER_MB, "MB")
    large = results.footprint.large["pss"]
    yield Verdict("memory of a worker after charts of 5,000 observations", large, WORKER_MB, "MB")
