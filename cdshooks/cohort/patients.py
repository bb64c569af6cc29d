"""One patient: the same for the same seed and number, whoever else is in the cohort."""

from dataclasses import dataclass
from datetime import date, datetime, time

from cdshooks.cohort.breathing import breathing
from cdshooks.cohort.care import care
from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.content import Site, content
from cdshooks.cohort.courses import Course, course
from cdshooks.cohort.drugs import drugs
from cdshooks.cohort.elements import Json, at
from cdshooks.cohort.laboratory import laboratory
from cdshooks.cohort.not_als import not_als
from cdshooks.cohort.people import person
from cdshooks.cohort.plans import NEVER, Plan, plan
from cdshooks.cohort.problems import diagnosis, family, genes, others, symptoms
from cdshooks.cohort.visits import clinic


@dataclass(frozen=True, slots=True)
class Cohort:
    """What makes a cohort: the same values make the same one, byte by byte.

    not_als, dirt: shares from 0 to 1, of patients and of resources. until: the last day.
    """

    seed: int
    until: date
    not_als: float
    dirt: float


def patient(cohort: Cohort, index: int) -> list[Json]:
    """The resources of the patient of this number, from 0 on, without dirt."""
    chance = Chance(cohort.seed, index)
    other = chance.yes(cohort.not_als)
    until = datetime.combine(cohort.until, time(23, 59, 59))
    chart = Chart(f"p{index:06}", until, _site(chance), chance.whole(0, 11))
    if other:
        not_als(chart, chance.of("not als"), cohort.until)
    else:
        _als(chart, chance, cohort.until)
    return chart.resources


def _site(chance: Chance) -> Site:
    sites = content().sites
    return chance.weighted(sites, [site.share for site in sites])


def hidden(cohort: Cohort, index: int) -> tuple[Course, Plan]:
    """The course and the care behind a patient with ALS of this number."""
    chance = Chance(cohort.seed, index)
    found = course(chance.of("course"), cohort.until)
    return found, plan(found, chance.of("plan"), cohort.until)


def _als(chart: Chart, chance: Chance, until: date) -> None:
    found = course(chance.of("course"), until)
    cared = plan(found, chance.of("plan"), until)
    since = found.diagnosed
    died = _recorded_death(found, cared, chance.of("death"), chart)
    person(chart, found.body, since, died, chance.of("person"))
    diagnosis(chart, found, chance.of("diagnosis"))
    others(chart, chance.of("others"), since)
    family(chart, found, chance.of("family"))
    genes(chart, found, cared, chance.of("genes"))
    clinic(chart, found, cared, chance.of("visits"))
    symptoms(chart, found, cared, chance.of("symptoms"))
    laboratory(chart, found, cared, chance.of("laboratory"))
    drugs(chart, found, cared, chance.of("drugs"))
    breathing(chart, found, cared, chance.of("breathing"))
    care(chart, found, cared, chance.of("care"))


def _recorded_death(found: Course, cared: Plan, chance: Chance, chart: Chart) -> date | None:
    """The day of death, if it came before the end and somebody told the hospital."""
    if at(found.death, 12) > chart.until:
        return None
    unknown = cared.lost != NEVER and cared.lost < found.death
    return None if unknown and chance.yes("death_unrecorded") else found.death
