"""Is the family of somebody who died offered support?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Communicated,
    Create,
    Entries,
    Limits,
    NotIndicated,
    Outcome,
    Patient,
    Person,
    Recommend,
    Related,
    Row,
    State,
    Tasked,
    This,
    Threshold,
    decides,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.population import has_died

ANY_TASK = (
    *("requested", "received", "accepted", "ready", "in-progress", "on-hold", "completed"),
    *("rejected", "cancelled", "failed"),
)
"""Statuses of a task that somebody really wrote, whatever became of it."""


@dataclass(frozen=True, slots=True)
class BereavementLimits(Limits):
    """How long after a death the family is offered support."""

    group: ClassVar[str] = "planning"
    bereavement_le_days: Threshold


@rule(
    "bereavement-support",
    title="Support of the bereaved",
    hooks=("encounter-discharge", "patient-view"),
    kind="P",
    group="BEREAVED",
    sources=("nice-ng42",),
    overrides=("done-elsewhere", "declined"),
    after_death=True,
    leaves_out="Families of whom nobody is on record; words in notes.",
)
@decides(
    Row("info", "The patient died {bereavement_le_days} ago, somebody is on record, no contact"),
    Row("none", "A task or message of bereavement support, whatever became of it"),
)
def bereavement_support(
    call: Annotated[Call, This()],
    dead: Annotated[bool, State(has_died)],
    person: Annotated[Person, Patient()],
    people: Annotated[Entries, Related()],
    tasks: Annotated[Entries, Tasked("bereavement", statuses=ANY_TASK)],
    messages: Annotated[Entries, Communicated("bereavement")],
    limits: BereavementLimits,
) -> Outcome:
    """
    Offer support to the family after a death, once.

    On discharge by death, and on opening the chart in the half year after it. A task
    that was declined says that support is not wanted.
    """
    if not dead:
        return NotIndicated("the patient is living")
    leaving = call.hook == "encounter-discharge"
    day = person.died or (call.today if leaving else None)
    if day is None:
        return CannotAssess("the day of death is not recorded")
    if not limits.bereavement_le_days.met_by(Decimal((call.today - day).days)):
        return NotIndicated(f"died {on(day)}")
    contact = tasks.newest or messages.newest
    if contact:
        return NotIndicated(f"{contact}")
    unread = failed_in(people, tasks, messages)
    if not people or not (tasks.none and messages.none):
        if unread:
            return CannotAssess("relatives or contacts could not be read", unread)
        return NotIndicated("nobody is on record")
    relation = people.items[0].label.lower()
    reason = f"The patient died {on(day)}"
    return Recommend(
        summary=f"Patient died {on(day)}: offer bereavement support to {relation}",
        indicator="info",
        because=(
            "A call after four to six weeks, and somebody to turn to before that.",
            "If a gene variant is known, relatives may want genetic counselling, in their time.",
        ),
        evidence=(people,),
        offers=(
            Create("bereavement-call", recommended=True, reason=reason),
            Create("bereavement-letter", reason=reason),
        ),
    )
