"""Ventilation: is any in use, ordered, refused, or has it failed?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    InUse,
    Latest,
    Limits,
    Listed,
    Missing,
    Ordered,
    Performed,
    Reading,
    Refused,
    State,
    This,
    Visited,
    derived,
    on,
)

Ventilatory = Literal[
    "invasive",
    "trach-unventilated",
    "intubated",
    "niv-active",
    "niv-inpatient",
    "niv-failed",
    "niv-declined",
    "niv-ordered",
    "none",
]


@dataclass(frozen=True, slots=True)
class VentilationLimits(Limits):
    """How long evidence of ventilation counts."""

    group: ClassVar[str] = "ventilation"
    device_request_counts_days: Decimal


@dataclass(frozen=True, slots=True)
class Vent:
    """The ventilatory state with the entry or reading that shows it.

    since: the day of that evidence, if recorded. notes: what a card must add.
    """

    state: Ventilatory
    since: date | None = None
    evidence: Entry | Reading | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A dated piece of evidence: NIV in use, failed, stopped or declined."""

    state: Ventilatory
    day: date
    evidence: Entry | Reading


USE = "ventilation_use_days"
Item12 = Annotated[Reading | Missing, Latest("alsfrs-item-12", lookback=USE)]
NivUse = Annotated[Entries, InUse("niv-device", statuses=("active",))]
NivUseEnded = Annotated[Entries, InUse("niv-device", statuses=("completed", "stopped"))]
NivProcedures = Annotated[
    Entries,
    Performed("niv", statuses=("in-progress", "completed", "stopped", "not-done")),
]


@derived
def tracheostomy(
    stoma: Annotated[Entries, Performed("tracheostomy", statuses=("in-progress", "completed"))],
    status: Annotated[Entries, Listed("tracheostomy")],
    closed: Annotated[Entries, Performed("tracheostomy-closure", statuses=("completed",))],
) -> Entry | None:
    """The tracheostomy that stands: by status, or by a procedure not reversed since."""
    if status.newest:
        return status.newest
    made, shut = stoma.newest, closed.newest
    if made and shut and (shut.day or date.max) >= (made.day or date.min):
        return None
    return made


@derived
def niv_events(
    use: NivUse,
    ended_use: NivUseEnded,
    delivered: Annotated[
        Entries,
        Ordered("home-niv", types=("DeviceRequest",), statuses=("completed",), drafts=False),
    ],
    procedures: NivProcedures,
    dependence: Annotated[Entries, Listed("niv-dependence")],
    ventilator: Annotated[Entries, Listed("ventilator-dependence")],
    intolerance: Annotated[Entries, Listed("niv-intolerance")],
    refusals: Annotated[Entries, Refused("home-niv")],
    usage: Annotated[Reading | Missing, Latest("niv-usage", lookback=USE)],
    reviews: Annotated[Entries, Visited("niv-review", lookback=USE)],
    item_12: Item12,
    call: Annotated[Call, This()],
    limits: VentilationLimits,
) -> tuple[Event, ...]:
    """
    Everything that starts, stops or refuses NIV, newest first.

    A device in use without a date counts as of today. A completed device
    request counts for a year, longer only with recent use. Hospital NIV is not
    home NIV. Requests that were revoked, stopped or entered in error are nothing.
    """
    year = call.today - timedelta(days=int(limits.device_request_counts_days))
    used_lately = bool(use) or bool(reviews) or isinstance(usage, Reading)
    events = [Event("niv-active", e.day or call.today, e) for e in (*use, *dependence, *ventilator)]
    events += [
        Event("niv-active", e.day, e) for e in delivered if e.day and (e.day >= year or used_lately)
    ]
    events += [_procedure(e, call.today) for e in procedures if e.status == "in-progress"]
    if isinstance(item_12, Reading) and 1 <= item_12.value <= 3:
        events.append(Event("niv-active", item_12.day, item_12))
    events += [_ended(e) for e in ended_use if e.day]
    events += [
        Event("niv-failed", e.day or call.today, e)
        for e in procedures
        if e.status in ("stopped", "not-done") and "niv-intolerance" in e.reasons
    ]
    events += [Event("niv-failed", e.day or call.today, e) for e in intolerance]
    events += [Event("niv-declined", e.day or call.today, e) for e in refusals]
    return tuple(sorted(events, key=lambda e: (e.day, e.state == "niv-active"), reverse=True))


def _procedure(entry: Entry, today: date) -> Event:
    state: Ventilatory = "niv-inpatient" if entry.in_hospital else "niv-active"
    return Event(state, entry.day or today, entry)


def _ended(entry: Entry) -> Event:
    failed = "niv-intolerance" in entry.reasons
    return Event("niv-failed" if failed else "none", entry.end or entry.day or date.min, entry)


@derived
def vent(
    stoma: Annotated[Entry | None, State(tracheostomy)],
    machine: Annotated[Entries, InUse("ventilator", statuses=("active",))],
    dependence: Annotated[Entries, Listed("ventilator-dependence")],
    tube: Annotated[Entries, Performed("intubation", statuses=("in-progress",))],
    item_12: Item12,
    events: Annotated[tuple[Event, ...], State(niv_events)],
    procedures: NivProcedures,
    orders: Annotated[
        Entries,
        Ordered("home-niv", types=("DeviceRequest", "ServiceRequest"), statuses=("active",)),
    ],
    held: Annotated[
        Entries,
        Ordered(
            "home-niv",
            types=("DeviceRequest", "ServiceRequest"),
            statuses=("on-hold",),
            drafts=False,
        ),
    ],
    cpap: Annotated[Entries, InUse("cpap", statuses=("active",))],
) -> Vent:
    """
    The ventilatory state: tracheostomy first, then the latest word on NIV, then orders.

    Item 12 of the ALSFRS-R is 0 on invasive ventilation and 1 to 3 on NIV. CPAP
    is not ventilation, and neither is oxygen.
    """
    if stoma is not None:
        on_ventilator = machine.newest or dependence.newest
        state: Ventilatory = "invasive" if on_ventilator else "trach-unventilated"
        return Vent(state, stoma.day, stoma)
    if isinstance(item_12, Reading) and item_12.value == 0:
        return Vent("invasive", item_12.day, item_12)
    if tube.newest:
        return Vent("intubated", tube.newest.day, tube.newest)
    if events and events[0].state != "none":
        newest = events[0]
        return Vent(newest.state, newest.day, newest.evidence, _interface(newest, dependence))
    if orders.newest:
        return Vent("niv-ordered", orders.newest.day, orders.newest)
    return Vent("none", notes=tuple(_notes(procedures, held, cpap)))


def _interface(event: Event, dependence: Entries) -> tuple[str, ...]:
    return ("interface not recorded",) if event.evidence in tuple(dependence) else ()


def _notes(procedures: Entries, held: Entries, cpap: Entries) -> Iterable[str]:
    """What a card about NIV must not hide when none is in use."""
    ended = [e for e in procedures if e.status == "completed" and e.end]
    if ended:
        last = max(ended, key=lambda e: e.end or date.min)
        yield f"hospital NIV ended {last.end:%Y-%m-%d}, no home device"
    if held.newest:
        yield f"NIV order on hold since {on(held.newest.day)}"
    if cpap:
        yield "CPAP does not count as ventilation"
