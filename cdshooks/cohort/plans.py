"""What care a patient gets and when, from the course and from chance."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.courses import Course
from cdshooks.cohort.scores import INVASIVE, ON_NIV, UNAIDED, answers

Niv = Literal["none", "active", "declined", "failed"]
NEVER = date.max
YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Plan:
    """The care of one patient. A day that does not come is ``NEVER``.

    visits: clinic visits that took place, the first at diagnosis. lost: from when the
    clinic heard no more. last: the day before which all care lies, by death or by loss.
    niv: how it went from ``niv_day`` on, ordered on ``niv_ordered``.
    """

    visits: tuple[date, ...]
    lost: date
    last: date
    riluzole: date
    riluzole_end: date
    niv: Niv
    niv_ordered: date
    niv_day: date
    tracheostomy: date
    tube: date
    hospice: date
    gene_test: date

    def breathing(self, day: date) -> int:
        """The answer of item 12 of the ALSFRS-R."""
        if day >= self.tracheostomy:
            return INVASIVE
        return ON_NIV if self.niv == "active" and day >= self.niv_day else UNAIDED


def plan(course: Course, chance: Chance, until: date) -> Plan:
    """The care of a patient with this course, up to ``until``."""
    lost = _lost(course, chance)
    last = min(lost, course.death)

    def within(day: date) -> date:
        return day if day < last else NEVER

    hospice = within(_hospice(course, chance))
    seen = last if chance.yes("hospice_visits") else min(last, hospice)
    visits = tuple(_visits(course, chance, min(seen, until)))
    riluzole = within(_riluzole(course, chance))
    niv, ordered, started = _niv(course, chance, visits, last)
    return Plan(
        visits=visits,
        lost=lost,
        last=last,
        riluzole=riluzole,
        riluzole_end=min(within(_riluzole_end(chance, riluzole)), hospice),
        niv=niv,
        niv_ordered=ordered,
        niv_day=started,
        tracheostomy=within(_tracheostomy(course, chance)),
        tube=within(_tube(course, chance, visits)),
        hospice=hospice,
        gene_test=within(_gene_test(course, chance)),
    )


def _lost(course: Course, chance: Chance) -> date:
    """The day of being lost to follow-up, or never before death."""
    day = course.diagnosed + chance.days("lost_first") + chance.wait("lost_yearly")
    return day if day < course.death else NEVER


def _visits(course: Course, chance: Chance, end: date) -> list[date]:
    day, days = course.diagnosed, []
    while day < end:
        if day == course.diagnosed or not chance.yes("visit_missed"):
            days.append(_weekday(day))
        day += timedelta(days=chance.near("visit_days", 40, 200))
    return [day for day in days if day < end] or [course.diagnosed]


def _weekday(day: date) -> date:
    """The Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _hospice(course: Course, chance: Chance) -> date:
    begin = max(course.diagnosed, course.death - chance.days("hospice"))
    return begin if chance.yes("hospice_share") else NEVER


def _gene_test(course: Course, chance: Chance) -> date:
    tested = course.diagnosed + chance.days("gene_test")
    return tested if chance.yes("gene_test_share") else NEVER


def _riluzole(course: Course, chance: Chance) -> date:
    begin = course.diagnosed + chance.days("riluzole_start")
    return begin if chance.yes("riluzole_share") else NEVER


def _riluzole_end(chance: Chance, start: date) -> date:
    if start == NEVER or not chance.yes("riluzole_stops"):
        return NEVER
    return start + chance.days("riluzole_stop")


def _niv(
    course: Course, chance: Chance, visits: tuple[date, ...], last: date
) -> tuple[Niv, date, date]:
    """How NIV goes, when it is ordered, and when it starts or comes to nothing."""
    weak = course.day_of_fvc(chance.near("niv_fvc", 30, 95))
    ordered = next((day for day in visits if day >= weak), NEVER)
    if ordered == NEVER or not chance.yes("niv_offered"):
        return "none", NEVER, NEVER
    day = min(ordered + chance.days("niv_start"), last - timedelta(days=1))
    if chance.yes("niv_success"):
        return "active", ordered, day
    if chance.yes("niv_declined"):
        return "declined", ordered, ordered
    return "failed", ordered, day


def _tracheostomy(course: Course, chance: Chance) -> date:
    if not chance.yes("tracheostomy_share"):
        return NEVER
    return max(course.diagnosed, course.death - chance.days("tracheostomy"))


def _tube(course: Course, chance: Chance, visits: tuple[date, ...]) -> date:
    """The day of a gastrostomy, some weeks after the visit that found dysphagia."""
    wanted = chance.yes("gastrostomy_share")
    found = next((day for day in visits if answers(course, day, 0, UNAIDED)[3] <= 2), NEVER)
    if not wanted or found == NEVER:
        return NEVER
    return found + chance.days("tube")
