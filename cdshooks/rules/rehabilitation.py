"""Is there physiotherapy, and does the patient have the orthoses and aids that are needed?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Enrolled,
    Entries,
    Entry,
    InUse,
    Limits,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Recommend,
    Refused,
    State,
    This,
    Threshold,
    Visited,
    on,
    rule,
)
from cdshooks.rules.states.aids import (
    LIVING,
    REQUESTS,
    WALKING,
    Need,
    aids_arranged,
    aids_needed,
    aids_recorded,
    arranged_for,
)
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.words import capital

PHYSIO = "physiotherapy"
CONTACT = "physio_contact_days"
PLANS = ("CarePlan", "EpisodeOfCare")


@rule(
    "physio-exercise",
    title="Physiotherapy and an exercise plan",
    hooks=("patient-view",),
    kind="T",
    group="TEAM",
    sources=("can-2020", "nice-ng42"),
    overrides=("patient-declined", "done-elsewhere"),
    leaves_out="Sites that do not record visits to physiotherapy in coded form.",
)
def physio_exercise(
    recorded: Annotated[bool, Captured(PHYSIO)],
    visits: Annotated[Entries, Visited(PHYSIO, lookback=CONTACT)],
    done: Annotated[
        Entries, Performed(PHYSIO, statuses=("completed", "in-progress"), lookback=CONTACT)
    ],
    plans: Annotated[Entries, Enrolled(PHYSIO, planned=True)],
    orders: Annotated[Entries, Ordered(PHYSIO)],
    waiting: Annotated[Entries, Ordered(PHYSIO, lookback="physio_referral_days")],
    refusals: Annotated[Entries, Refused(PHYSIO)],
) -> Outcome:
    """
    Ask for physiotherapy when half a year shows neither a visit nor an exercise plan.

    An open referral answers it for three months; after that the card names it.
    """
    if not recorded:
        return NotIndicated("visits to physiotherapy are not recorded in coded form here")
    active = [plan for plan in plans if plan.type in PLANS]
    for entry in (*visits, *done, *active, *waiting, *refusals):
        return NotIndicated(f"{entry}")
    read = merged(PHYSIO, visits, done, plans, orders, refusals)
    if not read.whole:
        return CannotAssess("physiotherapy could not be read", read.failed)
    late = orders.newest
    told = (f"Referred ({on(late.day)}); no visit since.",) if late else ()
    return Recommend(
        summary="No physiotherapy/exercise plan in 6 months",
        indicator="info",
        because=(
            *told,
            "Moderate individual exercise, without exhaustion; passive movement where too weak.",
        ),
        evidence=(late,) if late else (),
        offers=(
            Create("exercise-programme", recommended=True, reason="Physiotherapy and exercise"),
        ),
    )


@rule(
    "orthosis-need",
    title="Orthosis or aid that is needed",
    hooks=("patient-view",),
    kind="T",
    group="TEAM",
    sources=("nice-qs126",),
    overrides=("patient-declined", "done-elsewhere"),
    leaves_out="Aids that the site does not record; delivery of what was ordered.",
)
def orthosis_need(
    needs: Annotated[tuple[Need, ...], State(aids_needed)],
    recorded: Annotated[frozenset[str], State(aids_recorded)],
    arranged: Annotated[Entries, State(aids_arranged)],
) -> Outcome:
    """
    Point out a recorded need without a device, an order or a refusal that answers it.

    Foot drop: ankle-foot orthosis. Neck weakness: collar. Weak wrist or hand, contracture:
    splint. Falls, ALSFRS-R item 8: walking aid or wheelchair. Items 5 and 6: aids for daily
    living, or occupational therapy.
    """
    judged = [need for need in needs if need.aid in recorded]
    unmet = [need for need in judged if arranged_for(need, arranged) is None]
    if not unmet:
        return NotIndicated("every need that is recorded is seen to" if judged else "no need")
    if not arranged.whole:
        return CannotAssess("devices and orders could not be read", arranged.failed)
    told = ", ".join(need.told for need in unmet)
    aids = {need.aid for need in unmet}
    where = "occupational therapy" if aids == {LIVING} else "orthotics"
    limits = dict.fromkeys(need.by for need in unmet if need.by)
    return Recommend(
        summary=f"{capital(told)} without orthosis or aid: refer to {where} now",
        indicator="info",
        because=("Aids are provided without delay, before the next loss of function.",),
        evidence=tuple(need.evidence for need in unmet),
        by=tuple(limits),
        criteria=tuple(need.told for need in unmet),
        offers=tuple(_referrals(aids, told)),
    )


def _referrals(aids: set[str], told: str) -> Iterator[Create]:
    if aids - {LIVING}:
        yield Create("orthotics-referral", recommended=True, urgent=True, reason=told)
    if aids & {WALKING, LIVING}:
        only = aids == {LIVING}
        yield Create("occupational-therapy-referral", recommended=only, urgent=only, reason=told)
    if WALKING in aids:
        yield Create("wheelchair-clinic", reason=told)


EQUIPMENT = (
    *("ankle-foot-orthosis", "neck-collar", "hand-splint", "walking-frame", "wheelchair"),
    *("communication-aid", "cough-assist", "suction"),
)
"""What is chased when it does not come; NIV has a rule of its own."""
NAMES = {
    "ankle-foot-orthosis": "ankle-foot orthosis",
    "neck-collar": "neck collar",
    "hand-splint": "splint",
    "walking-frame": "walking aid",
    "wheelchair": "wheelchair",
    "communication-aid": "communication aid",
    "cough-assist": "cough assist device",
    "suction": "suction device",
}


@dataclass(frozen=True, slots=True)
class DelayLimits(Limits):
    """How long equipment may take."""

    group: ClassVar[str] = "team"
    equipment_late_gt_days: Threshold
    equipment_very_late_gt_days: Threshold


@rule(
    "equipment-delay",
    title="Equipment ordered and not delivered",
    hooks=("patient-view", "appointment-book"),
    kind="P",
    group="TEAM",
    sources=("nice-qs126",),
    overrides=("delivered-not-recorded", "order-cancelled"),
    leaves_out="NIV, whose delivery is followed by a rule of its own; orders on hold.",
)
def equipment_delay(
    call: Annotated[Call, This()],
    orders: Annotated[Entries, Ordered("equipment", types=REQUESTS, drafts=False, parts=EQUIPMENT)],
    used: Annotated[Entries, InUse("equipment", parts=EQUIPMENT)],
    limits: DelayLimits,
) -> Outcome:
    """
    Ask where equipment is that was ordered four weeks ago and that nobody is seen to use.

    A device that has been in use since before the order does not show its delivery; one
    without a date does.
    """
    late = [order for order in orders if _is_late(order, call.today, limits.equipment_late_gt_days)]
    open_orders = [order for order in late if not _delivered(order, used)]
    if not open_orders:
        if orders.failed:
            return CannotAssess("orders could not be read", orders.failed)
        return NotIndicated("nothing that was ordered is late")
    if not used.whole:
        return CannotAssess("devices in use could not be read", used.failed)
    first = min(open_orders, key=lambda order: order.day or date.max)
    very = _is_late(first, call.today, limits.equipment_very_late_gt_days)
    told = f"{_name(first)} ordered {on(first.day)}"
    return Recommend(
        summary=(f"{capital(told)}, not delivered after {_age(first, call.today)} days"),
        indicator="warning" if very else "info",
        because=tuple(
            f"Also waited for: {_name(order)}, ordered {on(order.day)}."
            for order in open_orders
            if order is not first
        ),
        evidence=tuple(open_orders),
        by=(limits.equipment_very_late_gt_days if very else limits.equipment_late_gt_days,),
        criteria=tuple(dict.fromkeys(_name(order) for order in open_orders)),
        offers=(
            Create("chase-supplier", recommended=True, urgent=very, reason=told),
            Create("loan-equipment", reason=told),
        ),
    )


def _age(order: Entry, today: date) -> int:
    return (today - order.day).days if order.day else 0


def _is_late(order: Entry, today: date, limit: Threshold) -> bool:
    return limit.met_by(Decimal(_age(order, today)))


def _parts(entry: Entry) -> list[str]:
    return [part for part in EQUIPMENT if part in entry.reasons]


def _name(order: Entry) -> str:
    return NAMES[_parts(order)[0]]


def _delivered(order: Entry, used: Entries) -> bool:
    """Whether a device of the kind came into use on the day of the order or later."""
    return any(
        set(_parts(order)) & set(_parts(device))
        and (device.start is None or order.day is None or device.start >= order.day)
        for device in used
    )
