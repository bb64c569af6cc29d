"""The twelve answers of the ALSFRS-R, from the points that a course has lost."""

import math
from datetime import date

from cdshooks.cohort.content import content
from cdshooks.cohort.courses import Course

INVASIVE, ON_NIV, UNAIDED = 0, 2, 4
"""Item 12 by the kind of ventilation."""
LIMBS = range(1, 10)
STEPS = 9
"""Steps of Newton's method; the ninth changes nothing that rounding keeps."""


def answers(course: Course, day: date, more: float, breathing: int) -> dict[int, int]:
    """Each item's answer, 0 to 4, by its number.

    more: points that this visit differs from the course. breathing: the answer of item
    12, which says what ventilation there is, so it cannot follow from points alone.
    """
    lost = min(max(0.0, course.score_lost(day) + more), 46.0)
    fvc = course.fvc(day)
    breath = {10: 4 * _part((85 - fvc) / 65), 11: 4 * _part((70 - fvc) / 55)}
    left = max(0.0, lost - sum(breath.values()) - (UNAIDED - breathing))
    limbs = dict(zip(LIMBS, _spread(left, content().order[course.region]), strict=True))
    rounded = {
        item: 4 - min(4, math.floor(loss + course.rounding[item - 1]))
        for item, loss in (limbs | breath).items()
    }
    return rounded | {12: breathing}


def _part(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _spread(lost: float, early: tuple[float, ...]) -> list[float]:
    """``lost`` points over items that come to their end one sooner than another.

    An item of rate r has lost 4 (1 - exp(-r x)); x is found by Newton's method, which
    comes from below since the sum is concave.
    """
    target, x = min(lost, 4 * len(early) - 0.5), 0.0
    for _ in range(STEPS):
        left = [4 * math.exp(-x * rate) for rate in early]
        gap = target - 4 * len(early) + sum(left)
        x += gap / sum(rate * part for rate, part in zip(early, left, strict=True))
    return [4 * (1 - math.exp(-x * rate)) for rate in early]
