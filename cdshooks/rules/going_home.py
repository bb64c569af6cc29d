"""Is what the patient needs at home there before they leave hospital?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from cdshooks.rules.authoring import (
    Booked,
    Call,
    CannotAssess,
    Captured,
    Create,
    Enrolled,
    Entries,
    Entry,
    Fact,
    InUse,
    NotIndicated,
    Ordered,
    Outcome,
    Recommend,
    Related,
    Row,
    State,
    This,
    decides,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence

EQUIPMENT = ("DeviceRequest", "ServiceRequest")
ORDERS = "discharge_orders_days"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing for going home: words, the draft that sees to it, facts.

    since: when it was ordered, in words, for the detail.
    """

    told: str
    draft: str
    since: str = ""
    facts: tuple[Fact, ...] = ()
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is surely missing, and what could not be read."""

    found: tuple[Gap, ...]
    unread: tuple[str, ...]


@derived
def undelivered(
    suction: Annotated[
        Entries, Ordered("suction-device", types=EQUIPMENT, drafts=False, lookback=ORDERS)
    ],
    suction_here: Annotated[Entries, InUse("suction-device")],
    cough: Annotated[
        Entries, Ordered("cough-assist", types=EQUIPMENT, drafts=False, lookback=ORDERS)
    ],
    cough_here: Annotated[Entries, InUse("cough-assist")],
    aid: Annotated[
        Entries, Ordered("communication-aid", types=EQUIPMENT, drafts=False, lookback=ORDERS)
    ],
    aid_here: Annotated[Entries, InUse("communication-aid")],
    chair: Annotated[
        Entries, Ordered("wheelchair", types=EQUIPMENT, drafts=False, lookback=ORDERS)
    ],
    chair_here: Annotated[Entries, InUse("wheelchair")],
    vent: Annotated[Vent, State(vent)],
) -> tuple[Gap, ...]:
    """Equipment on order that is not in use: for breathing, coughing, talking and moving."""
    ordered = (
        ("suction", suction, suction_here),
        ("MI-E", cough, cough_here),
        ("communication aid", aid, aid_here),
        ("wheelchair", chair, chair_here),
    )
    found = [
        Gap(f"{name} not delivered", DELIVER, _ordered(orders.newest), (orders.newest,))
        for name, orders, here in ordered
        if orders.newest and not here
    ]
    if vent.state == "niv-ordered":
        since = f"ordered {on(vent.since)}"
        found.insert(0, Gap("NIV not delivered", DELIVER, since, vent.facts, grave=True))
    return tuple(found)


def _ordered(order: Entry) -> str:
    return f"ordered {on(order.day)}"


DELIVER = "discharge-equipment"


@derived
def help_at_home(
    people: Annotated[Entries, Related()],
    services: Annotated[Entries, Ordered("home-care")],
    care: Annotated[Entries, Enrolled("home-care")],
) -> Entries:
    """Somebody who helps at home: a person on record, or professional care."""
    return merged("help at home", people, services, care)


@derived
def feeding_plan(
    plan: Annotated[Entries, Enrolled("feeding-plan")],
    feeds: Annotated[Entries, Ordered("feeding-plan", types=("NutritionOrder",))],
) -> Entries:
    """A plan or an order for feeding through the tube."""
    return merged("feeding plan", plan, feeds)


@derived
def missing_at_home(
    equipment: Annotated[tuple[Gap, ...], State(undelivered)],
    fed: Annotated[Feeding, State(feeding)],
    plan: Annotated[Entries, State(feeding_plan)],
    help: Annotated[Entries, State(help_at_home)],
    visit: Annotated[Entries, Booked("follow-up-visit", within="discharge_visit_days")],
    visits_recorded: Annotated[bool, Captured("als-clinic")],
    goals: Annotated[Goals, State(goals)],
) -> Gaps:
    """
    What is missing for going home, the gravest first; what could not be read is not missing.

    Care for comfort has visits of its own: no visit to a clinic is missed.
    """
    found = list(equipment)
    unread = []
    if fed.route == "tube":
        found += [Gap("no feeding plan", "discharge-feeding")] if plan.none else []
        unread += ["feeding plan"] if plan.failed else []
    if help.none:
        found.append(Gap("no help at home or caregiver", "discharge-help"))
    if visit.none and visits_recorded and not goals.end_of_life:
        found.append(Gap("no visit within a month", "als-clinic-after-discharge"))
    unread += ["help at home"] if help.failed else []
    unread += ["appointments"] if visit.failed else []
    return Gaps(tuple(found), tuple(unread))


@rule(
    "home-support-discharge",
    title="Going home with what is needed",
    hooks=("encounter-discharge",),
    kind="P",
    group="PALL",
    sources=("nice-qs126", "nice-ng42"),
    overrides=("arranged-elsewhere",),
    leaves_out="Discharge to a facility or hospice, which takes over; equipment without an order.",
)
@decides(
    Row("warning", "NIV ordered and not delivered"),
    Row("info", "Suction, MI-E or a communication aid ordered and not delivered"),
    Row("info", "A feeding tube without a feeding plan"),
    Row("info", "Nobody who helps at home, or no visit booked within a month"),
    Row("none", "Discharge to a facility or hospice, or death"),
)
def home_support_discharge(
    call: Annotated[Call, This()],
    gaps: Annotated[Gaps, State(missing_at_home)],
) -> Outcome:
    """
    Name what is missing before somebody goes home from hospital.

    A destination that was not recorded is taken as home, and said.
    """
    if not call.known:
        return CannotAssess("what kind of encounter this is could not be read")
    if not call.inpatient:
        return NotIndicated("no stay in hospital")
    elsewhere = call.place & {"discharge-facility", "discharge-died"}
    if elsewhere:
        return NotIndicated("not going home")
    if not gaps.found:
        if gaps.unread:
            return CannotAssess(f"could not be read: {', '.join(gaps.unread)}")
        return NotIndicated("nothing is missing")
    reason = f"Before discharge: {', '.join(gap.told for gap in gaps.found)}"
    drafts = dict.fromkeys((*(gap.draft for gap in gaps.found), "discharge-call"))
    return Recommend(
        summary=_short(gaps.found),
        indicator="warning" if any(gap.grave for gap in gaps.found) else "info",
        because=tuple(_about(call, gaps)),
        evidence=tuple(fact for gap in gaps.found for fact in gap.facts),
        missing=tuple(f"{name} could not be read" for name in gaps.unread),
        offers=tuple(Create(draft, reason=reason) for draft in drafts),
        criteria=tuple(sorted({gap.draft for gap in gaps.found})),
    )


def _short(found: tuple[Gap, ...]) -> str:
    """As many of the gaps as fit the summary; the others are in the detail."""
    told = ", ".join(gap.told for gap in found[:4])
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return f"Before discharge: {told}{more}"


def _about(call: Call, gaps: Gaps) -> Iterator[str]:
    for gap in gaps.found:
        yield sentence(f"{gap.told}, {gap.since}" if gap.since else gap.told)
    if "discharge-home" not in call.place:
        yield "Where the patient goes is not recorded; taken as home."
    yield "Call after a week."
