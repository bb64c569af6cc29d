"""Has the patient asked to stop ventilation, and is that being planned?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from cdshooks.rules.authoring import (
    CannotAssess,
    Captured,
    Create,
    Enrolled,
    Entries,
    Entry,
    Latest,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Reported,
    Row,
    State,
    Tasked,
    Visited,
    decides,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.ventilation import Vent, vent

REQUEST = "ventilation-stop-request"
IN_FORCE = (
    *("requested", "received", "accepted", "rejected", "ready", "in-progress", "on-hold"),
    "failed",
)
"""Statuses of a request task that stands. That somebody declined or failed to act on it
takes nothing back: only the patient does, which is ``cancelled``."""
VENTILATED = ("niv-active", "niv-inpatient", "invasive", "intubated")


@dataclass(frozen=True, slots=True)
class StopRequest:
    """The standing request to stop ventilation, if any.

    closed: why one that is on record does not stand, in words. failed: searches that
    could hold one and did not answer; whole: whether all were read to the end.
    """

    entry: Entry | None
    closed: str
    failed: tuple[str, ...]
    whole: bool


@derived
def stop_request(
    tasks: Annotated[Entries, Tasked(REQUEST, statuses=IN_FORCE)],
    withdrawn: Annotated[Entries, Tasked(REQUEST, statuses=("cancelled",))],
    done: Annotated[Entries, Tasked(REQUEST, statuses=("completed",))],
    reported: Annotated[Entries, Reported(REQUEST, bare=True)],
    plans: Annotated[Entries, Enrolled(REQUEST, planned=True)],
    stopped: Annotated[
        Entries, Performed("ventilation-withdrawal", statuses=("completed",), lookback=None)
    ],
) -> StopRequest:
    """
    The newest request by task, answer or care plan that nothing later closed.

    A task stands by its own status. An answer or a plan is closed by a task that was
    cancelled or completed on a later day: of one day, the request stands, since to ask
    once more is better than not to hear. Ventilation that was stopped as planned closes
    every request until that day.
    """
    after_tasks = _last((*withdrawn, *done))
    after_all = _last(stopped)
    standing = [
        *(e for e in tasks if (e.day or date.max) > after_all),
        *(e for e in (*reported, *plans) if _day(e) >= after_tasks and _day(e) > after_all),
    ]
    found = max(standing, key=lambda e: e.day or date.min, default=None)
    everything = merged("request", tasks, withdrawn, done, reported, plans, stopped)
    return StopRequest(
        entry=found,
        closed=_closed(withdrawn, done, stopped) if found is None else "",
        failed=everything.failed,
        whole=everything.whole,
    )


def _day(entry: Entry) -> date:
    """The day of a request; one without a day is taken as the newest, so that it stands."""
    return entry.day or date.max


def _last(found: Entries | tuple[Entry, ...]) -> date:
    return max((entry.day for entry in found if entry.day), default=date.min)


def _closed(withdrawn: Entries, done: Entries, stopped: Entries) -> str:
    for entries, told in ((stopped, "carried out"), (done, "completed"), (withdrawn, "withdrawn")):
        if entries.newest:
            return f"request {told} {on(entries.newest.day)}"
    return "no request to stop ventilation"


@rule(
    "niv-withdrawal-plan",
    title="Request to stop ventilation",
    hooks=("patient-view", "encounter-start"),
    kind="P",
    group="EOL",
    sources=("nice-ng42", "apm-withdrawal"),
    overrides=("request-withdrawn", "plan-in-place"),
    leaves_out=(
        "Requests in notes only; what the law asks for, which differs from place to place; drugs "
        "and doses, which the palliative team chooses."
    ),
)
@decides(
    Row("warning", "A task, answer or care plan that asks to stop ventilation, and stands"),
    Row("none", "Withdrawn, completed, or entered in error"),
)
def niv_withdrawal_plan(
    request: Annotated[StopRequest, State(stop_request)],
    vent: Annotated[Vent, State(vent)],
    use: Annotated[Reading | Missing, Latest("niv-usage", lookback="withdrawal_use_days")],
    capacity: Annotated[
        Entries,
        Performed(
            "capacity-assessment", statuses=("completed",), lookback="withdrawal_capacity_days"
        ),
    ],
    capacity_recorded: Annotated[bool, Captured("capacity-assessment")],
    palliative: Annotated[Entries, Visited("palliative-care", lookback="withdrawal_use_days")],
) -> Outcome:
    """
    Plan with the palliative team before ventilation is stopped at the patient's request.

    The request: a task, an answer or a care plan, of any age. use: mean hours a day of
    the last three months, which say how fast breathlessness may come. It drafts no drug.
    """
    entry = request.entry
    if entry is None:
        if request.failed or not request.whole:
            return CannotAssess("requests to stop ventilation could not be read", request.failed)
        return NotIndicated(request.closed)
    told = f"recorded {on(entry.day)}" if entry.day else "on record, undated"
    return Recommend(
        summary=f"Request to stop ventilation {told}: plan with palliative team first",
        indicator="warning",
        because=tuple(_why(vent, use, capacity, palliative)),
        evidence=(entry, *vent.facts, *_facts(use), *capacity, *palliative),
        missing=tuple(_missing(use, vent, capacity, capacity_recorded)),
        offers=tuple(
            Create(
                draft,
                recommended=draft == "palliative-now",
                urgent=True,
                reason=f"Request to stop ventilation {told}",
            )
            for draft in ("palliative-now", "confirm-request", "anticipatory-plan")
        ),
    )


def _facts(use: Reading | Missing) -> tuple[Reading, ...]:
    return (use,) if isinstance(use, Reading) else ()


def _why(
    vent: Vent, use: Reading | Missing, capacity: Entries, palliative: Entries
) -> Iterator[str]:
    yield (
        "First confirm with the patient, by a way of communicating that works: that the wish is "
        "their own, settled and informed, and that they can change their mind at any time."
    )
    if capacity.newest:
        yield f"Capacity was assessed {on(capacity.newest.day)}: for this decision?"
    yield _dependence(vent, use)
    yield (
        "Medicines against breathlessness and distress are given before mask or ventilator come "
        "off, not after, and titrated to comfort by somebody with experience who stays present."
    )
    if palliative.newest:
        yield f"Palliative care was last seen {on(palliative.newest.day)}."
    yield (
        "Agree on where, when and who; prepare the family and the staff, and support them "
        "afterwards. Comfort care goes on whatever is decided."
    )
    yield "Follow the law and the policy of this place on stopping a treatment that is not wanted."


def _dependence(vent: Vent, use: Reading | Missing) -> str:
    """How much the patient depends on ventilation, as far as is known."""
    if vent.state not in VENTILATED:
        return (
            f"No ventilation in use is on record (ventilation: {vent.told}): clarify what is meant."
        )
    kind = "Tracheostomy ventilation" if vent.state == "invasive" else "Ventilation"
    if vent.state == "intubated":
        kind = "Ventilation through a tube"
    if isinstance(use, Reading):
        return (
            f"{kind} is used {use.amount} a day ({on(use.day)}): the more hours, the faster "
            "breathlessness comes without it."
        )
    return f"{kind}: hours a day are not known; take the patient as dependent until it is known."


def _missing(
    use: Reading | Missing, vent: Vent, capacity: Entries, recorded: bool
) -> Iterator[str]:
    if isinstance(use, Missing) and vent.state in VENTILATED:
        yield use.text
    if capacity.failed:
        yield "whether capacity was assessed could not be read"
    elif recorded and capacity.none:
        yield "no assessment of capacity in the last month on record"
