"""Ventilation: is any in use, ordered, refused, or has it failed?"""

from collections.abc import Iterable, Iterator
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
    Reported,
    State,
    This,
    Visited,
    derived,
    failed_in,
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

TOLD: dict[Ventilatory, str] = {
    "invasive": "invasive",
    "trach-unventilated": "tracheostomy without a ventilator",
    "intubated": "through a tube",
    "niv-active": "NIV in use",
    "niv-inpatient": "NIV in hospital only",
    "niv-failed": "NIV stopped or not tolerated",
    "niv-declined": "NIV declined",
    "niv-ordered": "NIV ordered",
    "none": "none",
}
"""The states as cards say them."""


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

    @property
    def facts(self) -> tuple[Entry | Reading, ...]:
        """The evidence, for a card; none where there is no ventilation."""
        return (self.evidence,) if self.evidence else ()

    @property
    def told(self) -> str:
        """The state in the words of a card."""
        return TOLD[self.state]


@dataclass(frozen=True, slots=True)
class Event:
    """A piece of evidence: NIV in use, failed, declined, or (``none``) ended.

    day: None when no date was recorded; such evidence counts as the oldest.
    """

    state: Ventilatory
    day: date | None
    evidence: Entry | Reading


USE = "ventilation_use_days"
HELD = "NIV order on hold since"
"""How the note on an order that waits begins; the summary of a card repeats it."""
INVASIVE_SCORE = 0
"""Item 12 of the ALSFRS-R on invasive ventilation; a higher score below normal is NIV."""
NO_SUPPORT_SCORE = 4
"""Item 12 of the ALSFRS-R without any ventilation."""

Item12 = Annotated[Reading | Missing, Latest("alsfrs-item-12", lookback=USE)]
Usage = Annotated[Reading | Missing, Latest("niv-usage", lookback=USE)]
NivProcedures = Annotated[
    Entries,
    Performed("niv", statuses=("in-progress", "completed", "stopped", "not-done")),
]
Titrations = Annotated[
    Entries, Performed("niv-titration", statuses=("completed",), lookback="niv_finding_days")
]
HOME_ORDERS = ("DeviceRequest", "ServiceRequest")
NAMED, BY_NAME = "niv-device-named", ("active", "completed")


@derived
def tracheostomy(
    stoma: Annotated[Entries, Performed("tracheostomy", statuses=("in-progress", "completed"))],
    status: Annotated[Entries, Listed("tracheostomy")],
    closed: Annotated[Entries, Performed("tracheostomy-closure", statuses=("completed",))],
) -> Entry | None:
    """The tracheostomy that stands: a status or procedure that no later closure reversed."""
    shut = max((e.day or date.max for e in closed), default=None)
    standing = [e for e in (*status, *stoma) if shut is None or (e.day or date.min) > shut]
    return standing[0] if standing else None


@derived
def niv_started(
    use: Annotated[Entries, InUse("home-niv", statuses=("active",))],
    delivered: Annotated[
        Entries,
        Ordered("home-niv", types=("DeviceRequest",), statuses=("completed",), drafts=False),
    ],
    procedures: NivProcedures,
    dependence: Annotated[Entries, Listed("niv-dependence")],
    ventilator: Annotated[Entries, Listed("ventilator-dependence")],
    usage: Usage,
    reviews: Annotated[Entries, Visited("niv-review", lookback=USE)],
    item_12: Item12,
    call: Annotated[Call, This()],
    limits: VentilationLimits,
) -> tuple[Event, ...]:
    """
    Everything that says that NIV is in use.

    A completed device request counts for a year, longer only with recent use or
    review. NIV that goes on inside a hospital stay is not home NIV.
    """
    year = call.today - timedelta(days=int(limits.device_request_counts_days))
    later = bool(use) or bool(reviews) or _used(usage) is not None
    given = [e for e in delivered if later or (e.day is not None and e.day >= year)]
    events = [Event("niv-active", e.day, e) for e in (*use, *dependence, *ventilator, *given)]
    for entry in procedures:
        if entry.status == "in-progress":
            place: Ventilatory = "niv-inpatient" if entry.in_hospital else "niv-active"
            events.append(Event(place, entry.day, entry))
    if isinstance(item_12, Reading) and INVASIVE_SCORE < item_12.value < NO_SUPPORT_SCORE:
        events.append(Event("niv-active", item_12.day, item_12))
    return tuple(events)


def _used(usage: Reading | Missing) -> date | None:
    """The day of a device's report that it was used."""
    return usage.day if isinstance(usage, Reading) and usage.value > 0 else None


@derived
def niv_refusals(
    refused: Annotated[Entries, Refused("home-niv")],
    declined: Annotated[Entries, Reported("niv-preference", answer="declines")],
    wanted: Annotated[Entries, Reported("niv-preference", answer="wanted")],
) -> Entries:
    """Refusals of NIV, by consent, by order or by answer, that no later wish for it took back."""
    return unless_wanted(refused, declined, wanted)


def unless_wanted(refused: Entries, declined: Entries, wanted: Entries) -> Entries:
    """Refusals and answers that decline, without those older than the newest wish for it.

    A refusal without a day stands.
    """
    back = max((entry.day for entry in wanted if entry.day), default=date.min)
    standing = [e for e in (*refused, *declined) if e.day is None or e.day >= back]
    return Entries(
        items=tuple(sorted(standing, key=lambda e: e.day or date.min)),
        whole=refused.whole and declined.whole,
        failed=failed_in(refused, declined),
        label=refused.label,
    )


@derived
def niv_ended(
    ended_use: Annotated[Entries, InUse("home-niv", statuses=("completed", "stopped"))],
    procedures: NivProcedures,
    intolerance: Annotated[Entries, Listed("niv-intolerance")],
    refusals: Annotated[Entries, State(niv_refusals)],
) -> tuple[Event, ...]:
    """Everything that says that NIV failed, was declined, or is no longer in use.

    Requests that were revoked or entered in error say nothing.
    """
    events = [
        Event("niv-failed" if "niv-intolerance" in e.reasons else "none", e.end or e.day, e)
        for e in ended_use
    ]
    events += [
        Event("niv-failed", e.day, e)
        for e in procedures
        if e.status in ("stopped", "not-done") and "niv-intolerance" in e.reasons
    ]
    events += [Event("niv-failed", e.day, e) for e in intolerance]
    return (*events, *(Event("niv-declined", e.day, e) for e in refusals))


@derived
def last_word(
    started: Annotated[tuple[Event, ...], State(niv_started)],
    ended: Annotated[tuple[Event, ...], State(niv_ended)],
    usage: Usage,
) -> Event | None:
    """
    The newest evidence about NIV; of one day, that it is in use.

    A stay in hospital does not end NIV at home: whoever brought a device along is on
    home NIV. Hours of use that a device reports later say that it is in use after all;
    and a device that was given back takes back no refusal.
    """
    newest = _newest((*ended, *started))
    if newest is None:
        return None
    if newest.state == "niv-inpatient":
        before = _newest(e for e in (*ended, *started) if e.state != "niv-inpatient")
        return before if before and before.state == "niv-active" else newest
    in_use = _newest(e for e in started if e.state == "niv-active")
    used = _used(usage)
    if in_use and used and used > (newest.day or date.min):
        return in_use
    return (_newest(_standing(ended)) or newest) if newest.state == "none" else newest


def _standing(ended: Iterable[Event]) -> Iterator[Event]:
    """Failures and refusals that no use begun later, and ended since, has overcome."""
    uses = [e.evidence for e in ended if e.state == "none" and isinstance(e.evidence, Entry)]
    begun = max((use.start for use in uses if use.start), default=date.min)
    for event in ended:
        if event.state != "none" and (event.day is None or event.day >= begun):
            yield event


def _newest(events: Iterable[Event]) -> Event | None:
    """The event of the latest day, the last one named of those."""
    found: Event | None = None
    for event in events:
        if found is None or (event.day or date.min) >= (found.day or date.min):
            found = event
    return found


@derived
def vent(
    stoma: Annotated[Entry | None, State(tracheostomy)],
    machine: Annotated[Entries, InUse("ventilator", statuses=("active",))],
    delivered: Annotated[
        Entries,
        Ordered(
            "invasive-ventilator",
            types=("DeviceRequest",),
            statuses=("completed",),
            drafts=False,
            lookback="device_request_counts_days",
        ),
    ],
    dependence: Annotated[Entries, Listed("ventilator-dependence")],
    tube: Annotated[Entries, Performed("intubation", statuses=("in-progress",))],
    item_12: Item12,
    word: Annotated[Event | None, State(last_word)],
    procedures: NivProcedures,
    orders: Annotated[Entries, Ordered("home-niv", types=HOME_ORDERS, statuses=("active",))],
    held: Annotated[
        Entries, Ordered("home-niv", types=HOME_ORDERS, statuses=("on-hold",), drafts=False)
    ],
    cpap: Annotated[Entries, InUse("cpap", statuses=("active",))],
    named: Annotated[Entries, InUse(NAMED, statuses=("active",), named=True)],
    asked: Annotated[Entries, Ordered(NAMED, HOME_ORDERS, BY_NAME, drafts=False, named=True)],
    refusals: Annotated[Entries, Refused("home-niv")],
) -> Vent:
    """
    The ventilatory state: tracheostomy first, then the latest word on NIV, then orders.

    Who has a tracheostomy is ventilated through it by a device, a delivery of the last year,
    a ventilator in this stay, or an item 12 of 0.
    Item 12 of the ALSFRS-R is 0 on invasive ventilation and 1 to 3 on NIV. CPAP
    is not ventilation, and neither is oxygen. A home device that is on order
    outweighs NIV of the present hospital stay. What only a name calls a device for
    NIV is told, and decides nothing.
    """
    scored = item_12 if isinstance(item_12, Reading) and item_12.value == INVASIVE_SCORE else None
    if stoma is not None:
        ventilated = machine or dependence or tube or delivered or scored
        return Vent("invasive" if ventilated else "trach-unventilated", stoma.day, stoma)
    if scored:
        return Vent("invasive", scored.day, scored)
    if tube.newest:
        return Vent("intubated", tube.newest.day, tube.newest)
    if word and word.state in ("niv-active", "niv-failed", "niv-declined"):
        return Vent(word.state, word.day, word.evidence, _interface(word, dependence))
    if orders.newest:
        return Vent("niv-ordered", orders.newest.day, orders.newest)
    unread = any(e.failed for e in (machine, orders, procedures, refusals))
    notes = tuple(_notes(procedures, held, cpap, unread=unread, named=bool(named or asked)))
    if word and word.state == "niv-inpatient":
        return Vent(word.state, word.day, word.evidence, notes)
    return Vent("none", notes=notes)


def _interface(event: Event, dependence: Entries) -> tuple[str, ...]:
    return ("interface not recorded",) if event.evidence in tuple(dependence) else ()


def _notes(
    procedures: Entries, held: Entries, cpap: Entries, *, unread: bool, named: bool
) -> Iterable[str]:
    """What a card about NIV must not hide when none is in use."""
    ended = [e.day for e in procedures if e.status == "completed" and e.day]
    if ended:
        yield f"hospital NIV ended {max(ended)}, no home device"
    if held.newest:
        yield f"{HELD} {on(held.newest.day)}"
    if cpap:
        yield "CPAP does not count as ventilation"
    if named:
        yield "a device that may be for NIV is on record: check whether NIV is in use"
    if unread:
        yield "whether NIV is in use, ordered or declined could not be read in full"
