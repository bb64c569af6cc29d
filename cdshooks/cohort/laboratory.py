"""Blood tests: before riluzole, under it, and now and then."""

from collections.abc import Iterator
from datetime import date, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.content import Panel, content
from cdshooks.cohort.courses import MONTH, Course
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import Json, at, factor
from cdshooks.cohort.plans import NEVER, Plan
from cdshooks.cohort.results import Bench, upper_limit

ULN = 40.0
"""Upper limit of normal of ALT and AST in this cohort's laboratories, U/L."""
PEAK_MONTHS, FALL_MONTHS = 2.5, 5
"""Months of riluzole after which ALT is highest, if it rises, and in which it falls again."""


def laboratory(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Every blood test of a patient with ALS."""
    usual = chance.lognormal(number("alt_usual"), number("alt_sigma"))
    peak = _peak(chance) * ULN
    for day in _days(plan, chance, plan.last):
        bench = Bench(chart, chance, at(day, 7, chance.whole(0, 59)))
        _liver(
            bench,
            max(usual, peak * _height(plan, day)) * chance.lognormal(1, number("alt_visit_sigma")),
        )
        for panel in content().blood:
            blood(bench, panel)


def _days(plan: Plan, chance: Chance, end: date) -> Iterator[date]:
    """Days with blood tests, in no order; the same day may come twice."""
    for day in plan.visits:
        if chance.yes("done_liver"):
            yield day
    if plan.riluzole == NEVER:
        return
    if chance.yes("riluzole_monitored"):
        yield plan.riluzole - chance.days("baseline")
    stop = min(end, plan.riluzole_end)
    for month in (1, 2, 3, *range(6, 120, 3)):
        day = plan.riluzole + timedelta(days=month * MONTH) + chance.days("monitoring")
        if day < stop and chance.yes("riluzole_monitored"):
            yield day


def _peak(chance: Chance) -> float:
    """How often ALT goes over its upper limit under riluzole, as a multiple of that limit."""
    draw = chance.share()
    if draw < number("riluzole_alt_5"):
        return chance.span("alt_peak_5")
    if draw < number("riluzole_alt_3"):
        return chance.span("alt_peak_3")
    if draw < number("riluzole_alt_raised"):
        return chance.span("alt_peak_1")
    return 0


def _height(plan: Plan, day: date) -> float:
    """How much of the peak is there on a day: up, then down within some months."""
    months = (day - plan.riluzole).days / MONTH if plan.riluzole != NEVER else -1
    if months <= 0:
        return 0
    if months <= PEAK_MONTHS:
        return months / PEAK_MONTHS
    return max(0.0, 1 - (months - PEAK_MONTHS) / FALL_MONTHS)


def _liver(bench: Bench, alt: float) -> None:
    unit = bench.chart.site.enzyme
    places = 0 if factor(unit) == 1 else 2
    limit = upper_limit(ULN / factor(unit), unit, places)
    more: Json = {"referenceRange": limit} if bench.chance.yes("limit_stated") else {}
    bench.converted("alt", alt, unit, "laboratory", **more)
    if bench.chance.yes("done_ast"):
        ast = alt * bench.chance.span("ast_to_alt")
        bench.converted("ast", ast, unit, "laboratory", **more)


def blood(bench: Bench, panel: Panel) -> None:
    """The results of a panel, if it is done."""
    if bench.chance.yes(panel.share):
        for test in panel.tests:
            value = bench.chance.normal(test.mean, test.sd, test.low)
            bench.measured(test.set, value, test.unit, "laboratory", test.decimals)
