"""The twelve answers of the ALSFRS-R, from the points that a course has lost."""

import math
from datetime import date

from cdshooks.cohort.content import content
from cdshooks.cohort.courses import Course

INVASIVE, ON_NIV, UNAIDED = 0, 2, 4
"""Item 12 by the kind of ventilation."""
LIMBS = range(1, 10)


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
    """``lost`` points over items that come to their end one sooner than another."""
    target = min(lost, 4 * len(early) - 0.5)
    low, high = 0.0, 12.0
    for _ in range(18):
        middle = (low + high) / 2
        if sum(4 * (1 - math.exp(-middle * rate)) for rate in early) < target:
            low = middle
        else:
            high = middle
    return [4 * (1 - math.exp(-low * rate)) for rate in early]
