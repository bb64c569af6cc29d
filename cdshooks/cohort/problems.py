"""The problem list, allergies, relatives and genes of a patient."""

from datetime import date, datetime
from typing import Any

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.content import CommonCondition, CommonDrug, content
from cdshooks.cohort.courses import GENES, Course
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import (
    Json,
    at,
    coding,
    concept,
    instant,
    own,
    period,
    quantity,
    standard,
)
from cdshooks.cohort.plans import NEVER, Plan
from cdshooks.cohort.results import Bench
from cdshooks.cohort.scores import UNAIDED, answers

SYMPTOMS = (
    ("dysarthria", 1, 2),
    ("sialorrhea", 2, 2),
    ("dysphagia-recorded", 3, 2),
    ("dyspnea", 10, 2),
    ("orthopnea", 11, 2),
)
"""Symptoms that reach the problem list, and the answer of the ALSFRS-R that tells them."""


def problem(
    chart: Chart,
    value_set: str,
    recorded: datetime,
    changed: datetime | None = None,
    *,
    status: str = "active",
    **elements: Any,
) -> None:
    """Files a Condition of a value set, in the code systems of the site."""
    code = concept(value_set, chart.site.systems)
    _condition(chart, recorded, changed, code, status, **elements)


def _condition(
    chart: Chart,
    recorded: datetime,
    changed: datetime | None,
    code: Json,
    status: str = "active",
    **elements: Any,
) -> None:
    stated = {"verificationStatus": standard("condition-ver-status", "confirmed")}
    chart.add(
        "Condition",
        recorded,
        changed,
        clinicalStatus=standard("condition-clinical", status),
        code=code,
        recordedDate=instant(recorded),
        **(stated | elements),
    )


def diagnosis(chart: Chart, course: Course, chance: Chance) -> None:
    """ALS: onset by day, month or year, recorded at diagnosis or somewhat later."""
    recorded = at(course.diagnosed, 10)
    if not chance.yes("diagnosis_same_day"):
        recorded += chance.days("diagnosis_recorded")
    written = chance.weighted((7, 10, 4), (number("onset_by_month"), number("onset_by_day")))
    more: Json = {"onsetDateTime": course.onset.isoformat()[:written]}
    if course.region == "bulbar" and chance.yes("bulbar_recorded"):
        more["bodySite"] = [concept("bulbar-onset")]
    more["category"] = [standard("condition-category", "problem-list-item")]
    if chance.yes("als_provisional"):
        more["verificationStatus"] = standard("condition-ver-status", "provisional")
    name = "motor-neuron-disease-unspecified" if chance.yes("als_unspecified") else "als"
    problem(chart, name, recorded, **more)


def symptoms(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """What the answers of the ALSFRS-R tell, as far as somebody writes it down."""
    told: set[str] = set()
    for day in plan.visits:
        scores = answers(course, day, 0, UNAIDED)
        for name, item, limit in SYMPTOMS:
            if name not in told and scores[item] <= limit:
                told.add(name)
                if chance.yes("symptom_recorded"):
                    problem(chart, name, at(day, 10, 30), onsetDateTime=day.isoformat()[:7])
    for name, share in (
        ("cramps", "cramps_share"),
        ("spasticity", "spasticity_share"),
        ("depression", "depression_share"),
        ("pseudobulbar-affect", "pba_share"),
    ):
        if chance.yes(share) and chance.yes("symptom_recorded"):
            problem(chart, name, at(chance.one_of(plan.visits), 10, 40))


def others(chart: Chart, chance: Chance, since: date) -> None:
    """Diseases that have nothing to do with ALS, their drugs, and allergies."""
    for entry in content().conditions:
        if chance.yes(entry.share):
            _other(chart, chance, entry, since - chance.days("other_since"))
    recorded = at(since, 9, 30)
    found = [allergy for allergy in content().allergies if chance.yes(allergy.share)]
    for allergy in found:
        code = own("rxnorm", allergy.rxnorm, allergy.name)
        _allergy(chart, recorded, code, reaction=[{"manifestation": [{"text": allergy.reaction}]}])
    if not found and chance.yes("no_allergy_stated"):
        _allergy(chart, recorded, concept("no-known-allergy"))


def _other(chart: Chart, chance: Chance, entry: CommonCondition, day: date) -> None:
    code = own("snomed", entry.snomed, entry.name)
    if "icd-10-cm" in chart.site.systems:
        code["coding"].append(own("icd-10-cm", entry.icd, entry.name)["coding"][0])
    _condition(chart, at(day, 10), None, code)
    if entry.drug and chance.yes("other_drug"):
        _drug(chart, entry.drug, at(day, 11))


def _drug(chart: Chart, drug: CommonDrug, written: datetime) -> None:
    repeat = {"frequency": drug.daily, "period": 1, "periodUnit": "d"}
    dose = {"doseQuantity": quantity(drug.dose, "mg", 3)}
    chart.add(
        "MedicationRequest",
        written,
        status="active",
        intent="order",
        medicationCodeableConcept=own("rxnorm", drug.rxnorm, drug.name),
        authoredOn=instant(written),
        dosageInstruction=[{"timing": {"repeat": repeat}, "doseAndRate": [dose]}],
    )


def _allergy(chart: Chart, recorded: datetime, code: Json, **elements: Any) -> None:
    chart.add(
        "AllergyIntolerance",
        recorded,
        clinicalStatus=standard("allergyintolerance-clinical", "active"),
        verificationStatus=standard("allergyintolerance-verification", "confirmed"),
        code=code,
        recordedDate=instant(recorded),
        **elements,
    )


def family(chart: Chart, course: Course, chance: Chance) -> None:
    """A relative with ALS, where the disease is familial and somebody asked; a spouse."""
    recorded = at(course.diagnosed, 12)
    if course.familial and chance.yes("family_recorded"):
        chart.add(
            "FamilyMemberHistory",
            recorded,
            status="completed",
            date=instant(recorded),
            relationship={"text": chance.one_of(("mother", "father", "sister", "brother"))},
            condition=[{"code": concept("als")}],
        )
    if chance.yes("spouse_recorded"):
        spouse = concept("caregiver", ("role-code",))
        since = period(course.diagnosed)
        chart.add("RelatedPerson", recorded, relationship=[spouse], period=since)


def genes(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """The results of a gene panel, one Observation a gene."""
    if plan.gene_test == NEVER:
        return
    bench = Bench(chart, chance, at(plan.gene_test, 12))
    for gene in GENES:
        part = {
            "code": {"coding": [_component(0)]},
            "valueCodeableConcept": concept(f"gene-{gene}"),
        }
        components = [part]
        if found := gene == course.gene:
            verdict = concept("variant-pathogenic")
            components.append(
                {"code": {"coding": [_component(1)]}, "valueCodeableConcept": verdict}
            )
        answer = concept("variant-present" if found else "variant-absent")
        bench.stated("genetic-result", answer, component=components)


def _component(index: int) -> Json:
    return coding("genetic-component", index)
