"""Charts without ALS: adults with many results, and a few with a disease that resembles it."""

from datetime import date, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.content import content
from cdshooks.cohort.courses import body
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import at, instant, quantity
from cdshooks.cohort.laboratory import blood
from cdshooks.cohort.people import person
from cdshooks.cohort.plans import YEAR
from cdshooks.cohort.problems import others, problem
from cdshooks.cohort.results import Bench
from cdshooks.cohort.visits import ambulatory, vitals


def not_als(chart: Chart, chance: Chance, until: date) -> None:
    """A chart of several years."""
    years = chance.span("other_years")
    since = until - timedelta(days=years * YEAR)
    age = chance.near("other_age", 19, 95)
    who = body(chance, chance.yes("other_men"), since - timedelta(days=age * YEAR))
    died = until - chance.days("other_death") if chance.yes("other_died") else None
    person(chart, who, since, died, chance)
    others(chart, chance.of("others"), since)
    if chance.yes("other_mnd_share"):
        problem(chart, "other-motor-neuron-disease", at(since + chance.days("other_mnd"), 10))
    for day in _days(chance, since, died or until):
        _visit(chart, chance, day, who.weight)


def _days(chance: Chance, since: date, end: date) -> list[date]:
    found, day = [], since
    while (day := day + timedelta(days=1) + chance.wait("other_visits_yearly")) < end:
        found.append(day)
    return found


def _visit(chart: Chart, chance: Chance, day: date, weight: float) -> None:
    begin = at(day, chance.whole(8, 16))
    encounter = chart.add(
        "Encounter",
        begin + timedelta(hours=1),
        **{"class": ambulatory()},
        status="finished",
        type=[{"text": "Office visit"}],
        period={"start": instant(begin), "end": instant(begin + timedelta(hours=1))},
    )
    bench = Bench(chart, chance, begin + timedelta(minutes=10), encounter)
    kilograms = weight + chance.normal(0, number("weight_visit_sd"))
    bench.converted("body-weight", kilograms, chart.site.weight, "vital-signs", 1)
    for test in vitals(bench):
        bench.general(*test)
    if chance.yes("other_tests"):
        _tests(bench)


def _tests(bench: Bench) -> None:
    for test in content().tests:
        value = bench.chance.normal(test.mean, test.sd, test.low)
        found = quantity(value, test.unit, test.decimals)
        bench.general(test.loinc, test.name, found, "laboratory")
    alt = bench.chance.lognormal(number("alt_usual"), number("alt_sigma"))
    bench.converted("alt", alt, bench.chart.site.enzyme, "laboratory")
    for panel in content().blood:
        blood(bench, panel)
