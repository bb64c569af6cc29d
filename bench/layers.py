"""Where the time of a call goes, by layer, rule by rule, inside one process."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from flask import Flask, Response, g
from flask.testing import FlaskClient

from bench.beside import PATH
from bench.bodies import VARIANTS, Case, bodies, request, settings
from bench.patients import NOW
from cdshooks import rules
from cdshooks.app import site_of
from cdshooks.chart import View, answer, lay_out, meetings, pairs, read_chart
from cdshooks.engine import answerable, run, state_of
from cdshooks.protocol import parse_request
from cdshooks.rules.authoring import Derived, State, derived_of
from cdshooks.services.answer import searches

STAGES = ("parse", "index", "rules", "cards")
LEAST = 6
"""Calls of one kind, however slow they are."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Milliseconds of CPU time of one kind of call: the median of each layer and of the whole.

    kb: of the body. dump: what is left of the whole, namely to remember the call and to
    write the answer. bare: what the bare endpoint takes for the same body. rules: the
    median of each rule, as the engine times it, and of each state that rules share.
    """

    name: str
    kb: int
    stages: dict[str, float]
    dump: float
    total: float
    p95: float
    bare: float
    rules: dict[str, float]


def measured(case: Case, client: FlaskClient, beside: FlaskClient, seconds: float) -> Layers:
    """One kind of call, for several patients who take turns; ``seconds`` of CPU time.

    beside: the bare endpoint, see ``timed``.
    """
    sent = bodies(case)
    laps = list(_laps(client, case.path, sent, seconds))
    bare = median(lap["total"] for lap in _laps(beside, PATH, sent, seconds / 4))
    stages = {name: median(lap[name] for lap in laps) for name in STAGES}
    totals = [lap["total"] for lap in laps]
    dump = median(lap["total"] - sum(lap[name] for name in STAGES) for lap in laps)
    p95 = quantiles(totals, n=20)[-1]
    kb = len(sent[0]) // 1024
    return Layers(case.name, kb, stages, dump, median(totals), p95, bare, by_rule(case))


def timed(app: Flask) -> FlaskClient:
    """A client of an application that tells its time as the service does."""

    @app.before_request
    def begin() -> None:
        g.started = time.thread_time()

    @app.after_request
    def finish(response: Response) -> Response:
        ms = (time.thread_time() - g.started) * 1000
        response.headers["Server-Timing"] = f"total;dur={ms:.3f}"
        return response

    return app.test_client()


def _laps(
    client: FlaskClient, path: str, sent: Sequence[bytes], seconds: float
) -> Iterator[dict[str, float]]:
    """``Server-Timing`` of one call after the other; the first ones warm up."""
    number, end = 0, time.thread_time() + seconds
    while number < 2 + LEAST or time.thread_time() < end:
        body = sent[number % len(sent)]
        reply = client.post(path, data=body, content_type="application/json")
        assert reply.status_code == 200, reply.status_code
        number += 1
        if number > 2:
            parts = (part.split(";dur=") for part in reply.headers["Server-Timing"].split(", "))
            yield {name: float(ms) for name, ms in parts}


def view_of(case: Case, number: int) -> View:
    """The chart of patient ``number``, as rules get to see it."""
    site = site_of(settings())
    call = parse_request(request(case, number, site))
    return read_chart(call, searches(case.hook, site), site.knowledge, NOW, site.timezone)


def by_rule(case: Case) -> dict[str, float]:
    """The milliseconds of each rule, and apart from them of each state that rules share.

    The chart was read before: what a rule is the first to read, many others need too.
    """
    times: dict[str, list[float]] = {}
    run(rules.load(), view_of(case, VARIANTS))
    for number in range(VARIANTS):
        view = _read(view_of(case, number))
        lay_out(view)
        named = [rule for rule in rules.load() if view.hook in rule.hooks]
        for state, ms in _states(named, view, set()):
            times.setdefault(f"state {state}", []).append(ms)
        for finding in run(rules.load(), view):
            times.setdefault(finding.rule.id, []).append(finding.ms)
    return {name: median(ms) for name, ms in times.items()}


def _states(
    functions: Iterable[Derived], view: View, told: set[object]
) -> Iterator[tuple[str, float]]:
    """The time of each state on which functions rest, after those on which it rests itself."""
    for function in functions:
        for one in function.inputs.values():
            if isinstance(one, State) and one.as_of is None and one.function not in told:
                told.add(one.function)
                yield from _states([derived_of(one.function)], view, told)
                started = time.thread_time()
                state_of(one.function, view)
                yield one.function.__name__, (time.thread_time() - started) * 1000


def _read(view: View) -> View:
    """The view with everything answered that its rules ask of the chart, orders included."""
    named = [rule for rule in rules.load() if view.hook in rule.hooks]
    for declared in filter(answerable, {one for rule in named for one in rule.reads}):
        answer(view, declared)
    for rule in named:
        if rule.meets:
            list(meetings(view, rule.meets))
        elif rule.per == "pair":
            list(pairs(view, *rule.pair))
    return view
