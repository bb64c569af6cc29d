"""Drugs: when they are ordered, renewed, stopped, and what their orders look like."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.content import Regimen, content
from cdshooks.cohort.courses import Course
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import Json, at, instant, period, product, quantity, reference
from cdshooks.cohort.plans import NEVER, Plan
from cdshooks.cohort.scores import UNAIDED, answers

RENEWAL = 270
"""Days after which a drug is ordered anew."""
LISTED = "2020-01-01T00:00:00Z"
"""When the list of drugs was last updated."""
COMFORT = ("morphine", "lorazepam")
"""Regimens of the last weeks."""


@dataclass(frozen=True, slots=True)
class Span:
    """When a drug is taken: from ``start`` to ``end``, and nothing is written from ``last`` on."""

    start: date
    end: date
    last: date


def drugs(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Every drug of a patient with ALS."""
    if plan.riluzole != NEVER:
        span = Span(plan.riluzole, plan.riluzole_end, plan.last)
        prescribed(chart, chance, _riluzole(course, plan, chance), span)
    for regimen, start in _others(chart, course, plan, chance):
        prescribed(chart, chance, regimen, Span(start, plan.hospice, plan.last))
    for regimen in COMFORT:
        if chance.yes("comfort_drugs") and plan.hospice != NEVER:
            start = plan.hospice + chance.days("comfort")
            prescribed(chart, chance, regimen, Span(start, NEVER, plan.last))


def _riluzole(course: Course, plan: Plan, chance: Chance) -> str:
    """The form: liquid or film for some, more often once swallowing is hard."""
    swallowing = answers(course, plan.riluzole, 0, UNAIDED)[3]
    if chance.yes("riluzole_liquid" if swallowing < 4 else "riluzole_liquid_early"):
        return "riluzole-suspension" if chance.yes("liquid_suspension") else "riluzole-film"
    brand, plain = number("riluzole_brand"), number("riluzole_class")
    return chance.weighted(("riluzole-brand", "riluzole-class", "riluzole-tablet"), (brand, plain))


def _others(chart: Chart, course: Course, plan: Plan, chance: Chance) -> Iterator[tuple[str, date]]:
    """Regimens with the day on which they start."""
    if chance.yes("edaravone_share"):
        start = course.diagnosed + chance.days("edaravone_start")
        yield "edaravone-oral" if chance.yes("edaravone_oral") else "edaravone-infusion", start
    if course.gene == "sod1" and plan.gene_test != NEVER and chance.yes("tofersen_share"):
        yield "tofersen", plan.gene_test + chance.days("tofersen_start")
    if chance.yes(number("pba_share") * number("pba_treated")):
        yield "dmq", _visit(plan, chance)
    if chance.yes(number("depression_share") * number("depression_treated")):
        yield chance.one_of(("sertraline", "escitalopram")), _visit(plan, chance)
    if chance.yes(number("spasticity_share") * number("spasticity_treated")):
        yield "baclofen" if chance.yes("baclofen_share") else "tizanidine", _visit(plan, chance)
    if chance.yes(number("cramps_share") * number("cramps_treated")):
        yield "mexiletine", _visit(plan, chance)
    drools = next((d for d in plan.visits if answers(course, d, 0, UNAIDED)[2] <= 2), NEVER)
    if drools != NEVER and chance.yes("saliva_treated"):
        yield "glycopyrronium" if chance.yes("glycopyrronium_share") else "amitriptyline", drools


def _visit(plan: Plan, chance: Chance) -> date:
    return chance.one_of(plan.visits)


def prescribed(chart: Chart, chance: Chance, regimen: str, span: Span) -> None:
    """Orders of a regimen: renewed while there is care, the last one stopped if it came to that.

    A few drugs are known by a MedicationStatement only.
    """
    drug = content().regimens[regimen]
    medication = _medication(chart, regimen, drug, chance)
    lines = _dosage(drug, chance)
    if chance.yes("drug_stated"):
        _stated(chart, medication, lines, span)
        return
    reason = chance.one_of(("side effects", "patient's wish", "goals of care"))
    day = span.start
    while day < min(span.end, span.last) and at(day) <= chart.until:
        following = day + timedelta(days=RENEWAL)
        changed = min(following, span.end)
        over = changed < span.last and at(changed) <= chart.until
        status = ("stopped" if changed == span.end else "completed") if over else "active"
        more = {"statusReason": {"text": reason}} if status == "stopped" else {}
        _ordered(chart, medication, lines, at(day, 11), at(changed) if over else None, status, more)
        day = following


def _ordered(
    chart: Chart,
    medication: Json,
    lines: list[Json],
    written: datetime,
    changed: datetime | None,
    status: str,
    more: Json,
) -> None:
    chart.add(
        "MedicationRequest",
        written,
        changed,
        status=status,
        intent="order",
        authoredOn=instant(written),
        dosageInstruction=lines,
        **medication,
        **more,
    )


def _stated(chart: Chart, medication: Json, lines: list[Json], span: Span) -> None:
    if span.start >= min(span.end, span.last):
        return
    over = span.end < span.last and at(span.end) <= chart.until
    chart.add(
        "MedicationStatement",
        at(span.start, 11),
        at(span.end) if over else None,
        status="stopped" if over else "active",
        effectivePeriod=period(span.start, span.end if over else None),
        dateAsserted=span.start.isoformat(),
        dosage=lines,
        **medication,
    )


def medications() -> list[Json]:
    """The Medications that orders may refer to; they belong to no patient."""
    return [
        {
            "resourceType": "Medication",
            "id": _id(regimen),
            "meta": {"lastUpdated": LISTED},
            "code": product(regimen),
        }
        for regimen in content().regimens
    ]


def _id(regimen: str) -> str:
    return f"medication-{regimen}"


def _medication(chart: Chart, regimen: str, drug: Regimen, chance: Chance) -> Json:
    """What is taken: with a code, with its name only, or as a reference."""
    if chance.yes("drug_text_only"):
        return {"medicationCodeableConcept": {"text": drug.name}}
    if chart.site.references:
        named = {"display": drug.name} if chart.habit % 2 else {}
        return {"medicationReference": reference("Medication", _id(regimen)) | named}
    return {"medicationCodeableConcept": product(regimen)}


def _dosage(drug: Regimen, chance: Chance) -> list[Json]:
    """The dose, coded in one of the ways that orders code it, or in words only."""
    if drug.days:
        repeat: Json = {"frequency": 1, "period": drug.days, "periodUnit": "d"}
        words = f"every {drug.days} days"
    else:
        daily = drug.daily
        if drug.drug == "riluzole" and chance.yes("riluzole_wrong_dose"):
            daily = 1
        words = {1: "once daily", 2: "twice daily"}.get(daily, f"{daily} times a day")
        repeat = {"frequency": daily, "period": 1, "periodUnit": "d"}
        if chance.yes("timing_in_hours"):
            repeat = {"frequency": 1, "period": 24 / daily, "periodUnit": "h"}
    line: Json = {"text": f"{drug.dose:g} {drug.unit} {words}"}
    if chance.yes("dose_coded"):
        dose = {"doseQuantity": quantity(drug.dose, drug.unit, 3)}
        line |= {"timing": {"repeat": repeat}, "doseAndRate": [dose]}
    return [line]
