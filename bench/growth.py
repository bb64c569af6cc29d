"""What one more observation costs, and one more rule, and whether that stays so."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

from flask.testing import FlaskClient

from bench.bodies import VIEW_50, bodies, viewing
from bench.layers import view_of
from cdshooks import rules
from cdshooks.engine import run

SIZES = (50, 500, 1500, 2500, 3500, 5000)
SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
ROUNDS = 7
FEW = 3
"""Patients whose long charts are made; making them takes longer than reading them."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Milliseconds of CPU time by the number of something, and the straight line through them.

    slope: of one more, in microseconds. bend: the slope of the second half over that of the
    first; 1 where every further one costs the same.
    """

    of: str
    points: tuple[tuple[int, float], ...]
    slope: float
    start: float
    bend: float


def growth(of: str, points: Sequence[tuple[int, float]]) -> Growth:
    """The line of least squares through ``points`` (how many, milliseconds)."""
    slope, start = _line(points)
    middle = len(points) // 2
    first, second = _line(points[: middle + 1])[0], _line(points[middle:])[0]
    bend = second / first if first > 0 else float("inf")
    return Growth(of, tuple(points), slope * 1000, start, bend)


def _line(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    line = linear_regression([x for x, _ in points], [y for _, y in points])
    return line.slope, line.intercept


def by_observations(client: FlaskClient) -> Growth:
    """The whole call, with ever longer charts."""
    return growth("observation", [(size, _view_ms(client, size)) for size in SIZES])


def _view_ms(client: FlaskClient, size: int) -> float:
    case = viewing(size)
    sent = bodies(case, FEW)
    times = []
    for number in range(ROUNDS + 1):
        reply = client.post(case.path, data=sent[number % FEW], content_type="application/json")
        stages = dict(part.split(";dur=") for part in reply.headers["Server-Timing"].split(", "))
        times.append(float(stages["total"]))
    return median(times[1:])


def by_rules() -> Growth:
    """The rules alone, in ever larger random choices of them, on fresh charts."""
    chance = random.Random(7)
    every = list(rules.load())
    times: dict[int, list[float]] = {int(len(every) * share): [] for share in SHARES}
    for number in range(ROUNDS):
        for count in times:
            view = view_of(VIEW_50, number)
            chosen = chance.sample(every, count)
            started = time.thread_time()
            run(chosen, view)
            times[count].append((time.thread_time() - started) * 1000)
    return growth("rule", [(count, median(ms)) for count, ms in times.items()])
