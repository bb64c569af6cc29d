"""Blood tests: before riluzole, under it, and now and then."""

from collections.abc import Iterator
from datetime import date, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.courses import MONTH, Course
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import Json, at, factor
from cdshooks.cohort.plans import NEVER, Plan
from cdshooks.cohort.results import Bench, upper_limit

ULN = 40.0
"""Upper limit of normal of ALT and AST in this cohort's laboratories, U/L."""
PEAK_MONTHS = 2.5
"""Months of riluzole after which ALT is highest, if it rises."""


def laboratory(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Every blood test of a patient with ALS."""
    usual = chance.lognormal(22, 0.3)
    peak = _peak(chance) * ULN
    for day in _days(plan, chance, plan.last):
        bench = Bench(chart, chance, at(day, 7, chance.whole(0, 59)))
        _liver(bench, max(usual, peak * _height(plan, day)) * chance.lognormal(1, 0.1))
        if chance.yes(0.6):
            _blood(bench)
        if chance.yes(0.12):
            bench.measured("creatine-kinase", chance.lognormal(250, 0.6), "U/L", "laboratory")


def _days(plan: Plan, chance: Chance, end: date) -> Iterator[date]:
    """Days with blood tests, in no order; the same day may come twice."""
    for day in plan.visits:
        if chance.yes(0.2):
            yield day
    if plan.riluzole == NEVER:
        return
    if chance.yes("riluzole_monitored"):
        yield plan.riluzole - chance.days(0, 40)
    stop = min(end, plan.riluzole_end)
    for month in (1, 2, 3, *range(6, 120, 3)):
        day = plan.riluzole + timedelta(days=month * MONTH) + chance.days(-5, 12)
        if day < stop and chance.yes("riluzole_monitored"):
            yield day


def _peak(chance: Chance) -> float:
    """How often ALT goes over its upper limit under riluzole, as a multiple of that limit."""
    draw = chance.share()
    if draw < number("riluzole_alt_5"):
        return chance.between(5.2, 9)
    if draw < number("riluzole_alt_3"):
        return chance.between(3.1, 4.9)
    if draw < number("riluzole_alt_raised"):
        return chance.between(1.1, 2.8)
    return 0


def _height(plan: Plan, day: date) -> float:
    """How much of the peak is there on a day: up, then down within some months."""
    months = (day - plan.riluzole).days / MONTH if plan.riluzole != NEVER else -1
    if months <= 0:
        return 0
    if months <= PEAK_MONTHS:
        return months / PEAK_MONTHS
    return max(0.0, 1 - (months - PEAK_MONTHS) / 5)


def _liver(bench: Bench, alt: float) -> None:
    unit = bench.chart.site.enzyme
    places = 0 if factor(unit) == 1 else 2
    limit = upper_limit(ULN / factor(unit), unit, places)
    more: Json = {"referenceRange": limit} if bench.chance.yes(0.8) else {}
    bench.converted("alt", alt, unit, "laboratory", **more)
    if bench.chance.yes(0.85):
        ast = alt * bench.chance.between(0.7, 1.05)
        bench.converted("ast", ast, unit, "laboratory", **more)
    if bench.chance.yes(0.4):
        bench.measured(
            "bilirubin-total", bench.chance.lognormal(0.55, 0.35), "mg/dL", "laboratory", 1
        )


def _blood(bench: Bench) -> None:
    count = bench.chance.normal(6.6, 1.6, 2, 18)
    bench.measured("white-cells", count, "10*9/L", "laboratory", 1)
    bench.measured("neutrophils", count * bench.chance.between(0.5, 0.7), "10*9/L", "laboratory", 2)
    bench.measured("hemoglobin", bench.chance.normal(13.9, 1.2, 8, 18), "g/dL", "laboratory", 1)
    bench.measured("platelets", bench.chance.normal(240, 55, 60, 600), "10*9/L", "laboratory")
