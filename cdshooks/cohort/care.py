"""Everything around the visits: feeding, referrals, planning, stays in hospital, the end."""

from datetime import date, datetime, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.courses import Course
from cdshooks.cohort.elements import Json, at, coding, concept, instant, period, reference
from cdshooks.cohort.plans import NEVER, Plan
from cdshooks.cohort.problems import problem
from cdshooks.cohort.scores import UNAIDED, answers

REFERRALS = (
    ("slt-referral", 0, 3, 3),
    ("dietitian-referral", 0, 3, 3),
    ("physiotherapy", 1, 8, 3),
    ("occupational-therapy", 1, 6, 3),
    ("wheelchair", 0, 8, 2),
)
"""Referrals by value set and code, the item of the ALSFRS-R and the answer that make them due."""
TEAM = ("team-neurology", "team-physiotherapy", "team-speech", "team-nutrition")


def care(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """All of it."""
    _tube(chart, plan, chance.of("tube"))
    _referrals(chart, course, plan, chance.of("referrals"))
    _planning(chart, course, plan, chance.of("planning"))
    _team(chart, plan, chance.of("team"))
    _admissions(chart, course, plan, chance.of("admissions"))
    _hospice(chart, plan, chance.of("hospice"))
    _appointment(chart, course, plan, chance.of("appointment"))


def _tube(chart: Chart, plan: Plan, chance: Chance) -> None:
    """The request, the gastrostomy, and feeding through it."""
    endoscopic = chance.yes("gastrostomy_endoscopic")
    if plan.tube >= plan.hospice or plan.tube == NEVER:
        return
    kind = "gastrostomy-endoscopic" if endoscopic else "gastrostomy-other"
    code = concept(kind, chart.site.systems)
    ordered, placed = at(plan.tube - timedelta(days=14), 11), at(plan.tube, 10)
    done = placed <= chart.until
    chart.add(
        "ServiceRequest",
        ordered,
        placed if done else None,
        status="completed" if done else "active",
        intent="order",
        code=code,
        authoredOn=instant(ordered),
    )
    when = {"performedDateTime": instant(placed)}
    chart.add("Procedure", at(plan.tube, 13), status="completed", code=code, **when)
    fed, feed = at(plan.tube, 16), {"baseFormulaProductName": "standard feed"}
    order: Json = {"intent": "order", "dateTime": instant(fed), "enteralFormula": feed}
    chart.add("NutritionOrder", fed, status="active", **order)


def _referrals(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    written: set[str] = set()
    for day in plan.visits:
        scores = answers(course, day, 0, UNAIDED)
        for name, index, item, due in REFERRALS:
            share = "wheelchair_share" if name == "wheelchair" else "referral_share"
            if name not in written and scores[item] <= due and chance.yes(share):
                written.add(name)
                _ordered(chart, plan, coding(name, index), day, chance)
    if chance.yes("referral_share"):
        _ordered(chart, plan, coding("palliative-care", 1), chance.one_of(plan.visits), chance)


def _ordered(chart: Chart, plan: Plan, code: Json, day: date, chance: Chance) -> None:
    """A referral that is done some weeks later, or never."""
    written = at(day, 11, 30)
    done = written + chance.days("referral_done")
    over = chance.yes("referral_answered") and done <= chart.until and done.date() < plan.last
    chart.add(
        "ServiceRequest",
        written,
        done if over else None,
        status="completed" if over else "active",
        intent="order",
        code={"coding": [code], "text": code["display"]},
        authoredOn=instant(written),
    )


def _planning(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Talks about plans, the documents that come of them, and who decides."""
    if not chance.yes("advance_plan_share"):
        return
    day = chance.one_of(plan.visits)
    chart.add(
        "Procedure",
        at(day, 12),
        status="completed",
        code=concept("planning-talk"),
        performedDateTime=day.isoformat(),
    )
    filed = at(min(day + chance.days("plan_filed"), plan.last - timedelta(days=1)), 15)
    chart.add(
        "DocumentReference",
        filed,
        status="current",
        type=concept("advance-plan"),
        date=instant(filed),
        content=[{"attachment": {"title": "Advance care plan"}}],
    )
    if chance.yes("proxy_share"):
        since = period(filed.date())
        chart.add("RelatedPerson", filed, relationship=[concept("proxy")], period=since)


def _team(chart: Chart, plan: Plan, chance: Chance) -> None:
    if not chance.yes("team_recorded"):
        return
    first = plan.visits[0]
    roles = [{"role": [concept(role)]} for role in TEAM]
    chart.add("CareTeam", at(first, 12), status="active", period=period(first), participant=roles)


def _admissions(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Stays in hospital that nobody planned, some with an infection of the chest."""
    day = course.diagnosed
    while (day := day + chance.wait("admissions_yearly") + timedelta(days=1)) < plan.last:
        begin, over = at(day, 20), at(min(day + chance.days("stay"), course.death), 23)
        discharged = over <= chart.until
        stay = chart.add(
            "Encounter",
            begin,
            over if discharged else None,
            **{"class": coding("inpatient", 0 if chance.yes("admitted_share") else 1)},
            status="finished" if discharged else "in-progress",
            period={"start": instant(begin)} | ({"end": instant(over)} if discharged else {}),
        )
        if chance.yes("chest_infection"):
            _infection(chart, stay, begin, over if discharged else None)


def _infection(chart: Chart, stay: str, begin: datetime, over: datetime | None) -> None:
    """Of the chest, found on arrival and over at discharge."""
    visit: Json = {"encounter": reference("Encounter", stay)}
    status = "active"
    if over:
        status, visit["abatementDateTime"] = "resolved", instant(over)
    problem(chart, "chest-infection", begin, over, status=status, **visit)


def _hospice(chart: Chart, plan: Plan, chance: Chance) -> None:
    """As an episode of care, or as comfort measures that were ordered."""
    if plan.hospice == NEVER:
        return
    begin = at(plan.hospice, 12)
    if chance.yes("hospice_episode"):
        start = period(plan.hospice)
        chart.add("EpisodeOfCare", begin, status="active", type=[concept("hospice")], period=start)
        return
    order: Json = {"code": concept("comfort-care"), "authoredOn": instant(begin)}
    chart.add("ServiceRequest", begin, status="active", intent="order", **order)


def _appointment(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """The next visit, booked at the last one that took place."""
    last = plan.visits[-1]
    if plan.lost != NEVER or plan.hospice != NEVER or not chance.yes("appointment_booked"):
        return
    coming = at(last + chance.days("appointment"), 9)
    patient = {"actor": reference("Patient", chart.id), "status": "accepted"}
    chart.add(
        "Appointment",
        at(last, 13),
        status="booked",
        created=instant(at(last, 13)),
        serviceType=[concept("als-clinic")],
        start=instant(coming),
        end=instant(coming + timedelta(hours=2)),
        participant=[patient],
    )
