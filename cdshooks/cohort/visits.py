"""A clinic visit: the encounter, breathing tests, weight, scores and questionnaires."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.content import content
from cdshooks.cohort.courses import Course
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import Json, at, codings, concept, instant, quantity
from cdshooks.cohort.plans import Plan
from cdshooks.cohort.questionnaires import questionnaires, rating
from cdshooks.cohort.results import SITTING, SUPINE, Bench, position, room_air

AMBULATORY = "AMB"


def clinic(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Every clinic visit of the plan and what is measured there."""
    for index, day in enumerate(plan.visits):
        begin = at(day, chance.whole(8, 15), chance.whole(0, 59))
        encounter = visit(chart, begin, chart.site.coded_visit)
        bench = Bench(chart, chance, begin + timedelta(minutes=20), encounter)
        _breathing(bench, course, plan, day)
        _body(bench, course, plan, day, index)
        rating(bench, course, plan, day)
        questionnaires(bench, course, plan, day, index)


def visit(chart: Chart, begin: datetime, coded: bool) -> str:
    """An ambulatory encounter of some hours; returns its id."""
    end = begin + timedelta(hours=2)
    type = concept("als-clinic") if coded else {"text": "Neuromuscular clinic, return visit"}
    return chart.add(
        "Encounter",
        end,
        **{"class": ambulatory()},
        status="finished",
        type=[type],
        period={"start": instant(begin), "end": instant(end)},
    )


def ambulatory() -> Json:
    """The class of a visit."""
    system = codings("inpatient", ("act-code",))[0]["system"]
    return {"system": system, "code": AMBULATORY, "display": "ambulatory"}


def _breathing(bench: Bench, course: Course, plan: Plan, day: date) -> None:
    chance, site = bench.chance, bench.chart.site
    fvc = max(8.0, course.fvc(day) + chance.normal(0, number("fvc_visit_sd")))
    if chance.yes("done_fvc") and day < plan.tracheostomy:
        _vital_capacity(bench, course, fvc)
    if site.supine and chance.yes("done_supine") and fvc > 25:
        drop = 3 + number("supine_drop") * (course.fvc_onset - fvc) * chance.span("supine")
        lying = position(SUPINE)
        unit = _predicted(bench)
        bench.measured("fvc-percent", max(6.0, fvc - drop), unit, "procedure", component=lying)
    _pressures(bench, course, fvc)
    saturation = min(99.0, chance.near("saturation") - max(0.0, 45 - fvc) / 10)
    if chance.yes("done_spo2"):
        bench.measured("spo2", saturation, "%", "vital-signs", component=room_air())
    if chance.yes("done_gas_weak" if fvc < 60 else "done_gas"):
        _gases(bench, plan, fvc, day)


def _vital_capacity(bench: Bench, course: Course, fvc: float) -> None:
    sitting = position(SITTING) if bench.chance.yes("done_position") else None
    more: Json = {"component": sitting} if sitting else {}
    bench.measured("fvc-percent", fvc, _predicted(bench), "procedure", **more)
    if bench.chart.habit % 3 == 0:
        liters = fvc / 100 * (course.body.height * 4.6 - 3.9)
        bench.measured("fvc-volume", liters, "L", "procedure", 2, **more)


def _predicted(bench: Bench) -> str:
    """How a site writes percent of predicted."""
    return "%{predicted}" if bench.chart.habit % 5 == 1 else "%"


def _pressures(bench: Bench, course: Course, fvc: float) -> None:
    healthy = number("snip_healthy_men" if course.body.man else "snip_healthy_women")
    weak = (fvc / course.fvc_onset) ** number("pressure_power")
    for value_set, share, often in (
        ("snip", "snip_share", number("done_snip") * bench.chart.site.snip),
        ("mip", "mip_share", number("done_mip")),
    ):
        if bench.chance.yes(often):
            value = (
                healthy * number(share) * weak * bench.chance.lognormal(1, number("pressure_sigma"))
            )
            bench.measured(value_set, max(4.0, value), "cm[H2O]", "procedure")
    if bench.chance.yes("done_cough"):
        flow = number("cough_healthy") * weak * bench.chance.lognormal(1, number("pressure_sigma"))
        bench.measured("peak-cough-flow", max(40.0, flow), "L/min", "procedure")


def _gases(bench: Bench, plan: Plan, fvc: float, day: date) -> None:
    helped = number("pco2_niv") if plan.breathing(day) != 4 else 0
    rise = number("pco2_rise") * max(0.0, number("pco2_from_fvc") - fvc)
    carbon = bench.chance.near("pco2", 28) + max(0.0, rise - helped)
    air, unit = room_air(), bench.chart.site.gas
    bench.converted("paco2", carbon, unit, "laboratory", component=air)
    base = bench.chance.near("bicarbonate") + number("bicarbonate_rise") * (carbon - number("pco2"))
    bench.measured("bicarbonate", base, "mmol/L", "laboratory", 1)


def _body(bench: Bench, course: Course, plan: Plan, day: date, index: int) -> None:
    kilograms = course.weight(day, plan.tube) + bench.chance.normal(0, number("weight_visit_sd"))
    if bench.chance.yes("done_weight"):
        bench.converted("body-weight", kilograms, bench.chart.site.weight, "vital-signs", 1)
    if index == 0 or bench.chance.yes("done_height"):
        bench.measured("body-height", course.body.height * 100, "cm", "vital-signs")
    if bench.chance.yes("done_bmi"):
        bench.measured("bmi", kilograms / course.body.height**2, "kg/m2", "vital-signs", 1)
    if index == 0 and bench.chance.yes("done_bmi"):
        bench.measured("usual-body-weight", course.body.weight, "kg", "vital-signs", 1)
    for test in vitals(bench):
        bench.general(*test)


def vitals(bench: Bench) -> Iterator[tuple[str, str, Json, str]]:
    """Blood pressure and pulse, at some visits."""
    if bench.chance.yes("done_vitals"):
        for test in content().vitals:
            value = bench.chance.normal(test.mean, test.sd, test.low)
            yield test.loinc, test.name, quantity(value, test.unit, 0), "vital-signs"


def night(chart: Chart, chance: Chance, course: Course, day: date, supported: bool) -> None:
    """An overnight oximetry, with or without NIV."""
    low = max(0.0, (70 - course.fvc(day)) * chance.span("night"))
    low *= number("night_on_niv") if supported else 1
    bench = Bench(chart, chance, at(day, 6))
    for value_set, value, unit in (
        ("spo2-t90", min(90.0, low), "%"),
        ("spo2-recording-minutes", chance.near("night_minutes", 90), "min"),
    ):
        bench.measured(value_set, value, unit, "procedure", 1 if unit == "%" else 0)
