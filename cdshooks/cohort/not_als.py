"""Charts without ALS: adults with many results, and a few with a disease that resembles it."""

from datetime import date, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.content import content
from cdshooks.cohort.courses import body
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import at, concept, instant, quantity
from cdshooks.cohort.people import person
from cdshooks.cohort.plans import YEAR
from cdshooks.cohort.problems import others, problem
from cdshooks.cohort.results import Bench
from cdshooks.cohort.visits import ambulatory, vitals


def not_als(chart: Chart, chance: Chance, until: date) -> None:
    """A chart of several years."""
    years = chance.between(1, 6)
    since = until - timedelta(days=years * YEAR)
    age = chance.near("other_age", 19, 95)
    who = body(chance, chance.yes(0.48), since - timedelta(days=age * YEAR))
    died = until - chance.days(1, 300) if chance.yes(0.02) else None
    person(chart, who, since, died, chance)
    others(chart, chance.of("others"), since)
    if chance.yes("other_mnd_share"):
        problem(chart, "other-motor-neuron-disease", at(since + chance.days(30, 300), 10))
    for day in _days(chance, since, died or until):
        _visit(chart, chance, day, who.weight)


def _days(chance: Chance, since: date, end: date) -> list[date]:
    found, day = [], since
    while (day := day + timedelta(days=_gap(chance))) < end:
        found.append(day)
    return found


def _gap(chance: Chance) -> float:
    return 5 + chance.lognormal(YEAR / number("other_visits_yearly") * 0.75, 0.7)


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
    kilograms = weight + chance.normal(0, 1.5)
    bench.converted("body-weight", kilograms, chart.site.weight, "vital-signs", 1)
    for test in vitals(bench):
        bench.general(*test)
    if chance.yes(0.6):
        _tests(bench)


def _tests(bench: Bench) -> None:
    for test in content().tests:
        value = bench.chance.normal(test.mean, test.sd, test.low)
        found = quantity(value, test.unit, test.decimals)
        bench.general(test.loinc, test.name, found, "laboratory")
    if bench.chance.yes(0.7):
        bench.measured("alt", bench.chance.lognormal(23, 0.35), "U/L", "laboratory")
        bench.measured("hemoglobin", bench.chance.normal(13.8, 1.3, 7, 18), "g/dL", "laboratory", 1)
    if bench.chance.yes(0.03):
        panel = concept("spirometry")
        bench.chart.add(
            "Procedure",
            bench.when,
            status="completed",
            code=panel,
            performedDateTime=instant(bench.when),
        )
