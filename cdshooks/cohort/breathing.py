"""Ventilation as charts show it: ordered, delivered, used, declined, not tolerated."""

from datetime import date, timedelta

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.courses import MONTH, Course
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import Json, at, codings, concept, instant, period, reference
from cdshooks.cohort.plans import NEVER, Plan
from cdshooks.cohort.results import Bench
from cdshooks.cohort.visits import night


def breathing(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Everything about ventilation."""
    for day in plan.visits:
        if chance.yes("done_night"):
            supported = plan.niv == "active" and day >= plan.niv_day
            night(chart, chance, course, day + timedelta(days=1), supported)
    if plan.tracheostomy != NEVER:
        _performed(chart, "tracheostomy", plan.tracheostomy)
    if plan.niv == "none":
        return
    _referred(chart, plan)
    if plan.niv == "active":
        _delivered(chart, plan, chance)
        _used(chart, course, plan, chance)
    elif plan.niv == "declined":
        _declined(chart, plan, chance)
    else:
        _failed(chart, plan, chance)


def _performed(chart: Chart, value_set: str, day: date) -> None:
    chart.add(
        "Procedure",
        at(day, 12),
        status="completed",
        code=concept(value_set, chart.site.systems),
        performedDateTime=day.isoformat(),
    )


def _referred(chart: Chart, plan: Plan) -> None:
    chart.add(
        "ServiceRequest",
        at(plan.niv_ordered, 11),
        status="completed",
        intent="order",
        code=concept("respiratory-referral"),
        authoredOn=instant(at(plan.niv_ordered, 11)),
    )


def _delivered(chart: Chart, plan: Plan, chance: Chance) -> None:
    """The order, and none or more of: the device, the treatment, the problem list."""
    device = concept("niv-device", (*chart.site.systems[:1], "hcpcs"))
    ordered, delivered = at(plan.niv_ordered, 11), at(plan.niv_day, 15)
    here = delivered <= chart.until
    chart.add(
        "DeviceRequest",
        ordered,
        delivered if here else None,
        status="completed" if here else "active",
        intent="order",
        codeCodeableConcept=device,
        authoredOn=instant(ordered),
    )
    if chance.yes("niv_device_recorded"):
        _device(chart, device, plan.niv_day)
    if chance.yes("niv_procedure_recorded"):
        started: Json = {"status": "in-progress", "performedPeriod": period(plan.niv_day)}
        chart.add("Procedure", delivered, code=concept("niv", chart.site.systems), **started)
    if chance.yes("niv_dependence_recorded"):
        code = {"coding": list(codings("niv-dependence", chart.site.systems))}
        chart.add("Condition", delivered, code=code, recordedDate=plan.niv_day.isoformat())


def _device(chart: Chart, device: Json, day: date) -> None:
    """The device and the statement that it is used."""
    id = chart.add("Device", at(day, 15), status="active", type=device)
    chart.add(
        "DeviceUseStatement",
        at(day, 15),
        status="active",
        timingPeriod=period(day),
        recordedOn=day.isoformat(),
        device=reference("Device", id),
    )


def _used(chart: Chart, course: Course, plan: Plan, chance: Chance) -> None:
    """Hours of use at some visits, and reviews of ventilation."""
    for day in plan.visits:
        if day > plan.niv_day and chance.yes("niv_usage_read"):
            bench = Bench(chart, chance, at(day, 10))
            more = number("niv_hours_more") * (day - plan.niv_day).days / MONTH
            hours = min(23.0, chance.near("niv_hours", 0.5) + more)
            bench.measured("niv-usage", hours, "h", "procedure", 1)
        if day > plan.niv_day and chance.yes("niv_reviewed"):
            start = at(day, 14)
            chart.add(
                "Encounter",
                start,
                **{"class": {"code": "AMB"}},
                status="finished",
                type=[concept("niv-review")],
                period={"start": instant(start), "end": instant(start)},
            )


def _declined(chart: Chart, plan: Plan, chance: Chance) -> None:
    """As a consent that denies, as an answer, or as an order that was revoked."""
    when = at(plan.niv_day, 12)
    if chance.yes("niv_refusal_consent"):
        chart.add(
            "Consent",
            when,
            status="active",
            scope={"text": "treatment"},
            category=[{"text": "refusal of a treatment"}],
            dateTime=instant(when),
            policyRule={"text": "local policy"},
            provision={"type": "deny", "code": [concept("niv")]},
        )
    else:
        bench = Bench(chart, chance, when)
        bench.stated("niv-preference", concept("declines"))


def _failed(chart: Chart, plan: Plan, chance: Chance) -> None:
    """Tried and not tolerated."""
    end = plan.niv_day + chance.days("niv_failed")
    here = end < plan.last and at(end, 12) <= chart.until
    reason = {"statusReason": concept("niv-intolerance")} if here else {}
    chart.add(
        "Procedure",
        at(plan.niv_day, 12),
        at(end, 12) if here else None,
        status="stopped" if here else "in-progress",
        code=concept("niv", chart.site.systems),
        performedPeriod=period(plan.niv_day, end if here else None),
        **reason,
    )
