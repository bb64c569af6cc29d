"""What did the patient decide, as far as whoever admits them must know?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Listed,
    NotIndicated,
    Ordered,
    Outcome,
    Recommend,
    Refused,
    Row,
    State,
    This,
    decides,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.key_stages import last_plan
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.wishes import TivWish, tiv_wish
from cdshooks.rules.states.words import capital

AT_HOME = ("niv-active",)
"""Ventilatory states with a device of the patient's own, which is better than a strange one."""
VENTILATION = {
    "none": "NIV no",
    "niv-active": "NIV yes",
    "niv-inpatient": "NIV yes, of the hospital",
    "niv-ordered": "NIV ordered, not started",
    "niv-failed": "NIV not tolerated",
    "niv-declined": "NIV declined",
    "invasive": "on tracheostomy ventilation",
    "trach-unventilated": "tracheostomy without ventilator",
    "intubated": "intubated",
}


@derived
def no_intubation(
    listed: Annotated[Entries, Listed("do-not-intubate", named=True)],
    ordered: Annotated[Entries, Ordered("do-not-intubate", drafts=False, named=True)],
) -> Entries:
    """That the patient is not to be intubated, as a finding or as an order."""
    return merged("not for intubation", listed, ordered)


@derived
def invasive_plans(
    orders: Annotated[
        Entries,
        Ordered("invasive-airway", drafts=False, lookback="acute_order_days", named=True),
    ],
    vent: Annotated[Vent, State(vent)],
    call: Annotated[Call, This()],
) -> str | None:
    """What goes towards invasive ventilation in this encounter, in words."""
    if vent.state == "intubated":
        return "the patient is intubated"
    if orders.newest:
        return f"{orders.newest.label.lower()} is ordered"
    return "the patient is in intensive care" if "intensive-care" in call.place else None


@rule(
    "acute-care-goals-check",
    title="Wishes and code status on admission",
    hooks=("encounter-start",),
    kind="X",
    group="PALL",
    sources=("smw-2013", "product"),
    overrides=("already-reviewed",),
    once="acute_once_days",
    leaves_out="Visits that are no admission; wishes in notes and on paper only.",
)
@decides(
    Row("info", "Admitted, with what is on record about goals, code status and ventilation"),
    Row("info", "Admitted, and nothing on record"),
    Row(
        "warning",
        "In intensive care, intubated or about to be, though invasive ventilation was declined, "
        "the patient is not for intubation, or care is for comfort",
    ),
    Row("none", "A visit that is no admission"),
)
def acute_care_goals_check(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    vent: Annotated[Vent, State(vent)],
    wish: Annotated[TivWish, State(tiv_wish)],
    plan: Annotated[Entries, State(last_plan)],
    intubation: Annotated[Entries, State(no_intubation)],
    stay_home: Annotated[Entries, Refused("hospital-admission")],
    invasive: Annotated[str | None, State(invasive_plans)],
) -> Outcome:
    """
    Tell whoever admits the patient what is on record, before it is needed.

    Once an admission to hospital or to an emergency department. It becomes a warning
    where what is being done goes against what was decided.
    """
    if not call.known:
        return CannotAssess("what kind of encounter this is could not be read")
    if not call.inpatient:
        return NotIndicated("no admission to hospital")
    against = _against(goals, wish, intubation) if invasive else None
    known = (
        goals.evidence,
        goals.no_resuscitation,
        *intubation,
        *stay_home,
        vent.evidence,
        wish.last,
        wish.refusal,
        plan.newest,
    )
    facts = tuple(dict.fromkeys(fact for fact in known if fact))
    unread = tuple(_unread(wish, plan))
    if not facts and not unread:
        return _nothing()
    return Recommend(
        summary=_summary(goals, intubation, vent, wish),
        indicator="warning" if against else "info",
        because=tuple(_about(goals, stay_home, plan, invasive, against)),
        evidence=facts,
        missing=unread,
        offers=tuple(_offers(vent, invasive, against)),
        criteria=("against a wish",) if against else (),
    )


def _nothing() -> Recommend:
    return Recommend(
        summary="ALS: no plan on record for this admission; ask about code status and ventilation",
        indicator="info",
        because=("No goals of care, code status, plan or wish about ventilation was found.",),
        offers=(Create("contact-als-team", recommended=True, reason="No plan on record"),),
    )


def _against(goals: Goals, wish: TivWish, intubation: Entries) -> str | None:
    """What speaks against invasive ventilation, in words."""
    if wish.refusal:
        return f"invasive ventilation was declined {on(wish.refusal.day)}"
    if intubation.newest:
        return f"not for intubation ({on(intubation.newest.day)})"
    return f"care is for comfort: {goals.evidence}" if goals.end_of_life else None


def _summary(goals: Goals, intubation: Entries, vent: Vent, wish: TivWish) -> str:
    status = _status(goals, intubation)
    since = f" {on(vent.since)}" if vent.state == "niv-declined" and vent.since else ""
    return (
        f"ALS: {status}; {VENTILATION[vent.state]}{since}; invasive ventilation wish: {_wish(wish)}"
    )


def _status(goals: Goals, intubation: Entries) -> str:
    entry = intubation.newest or goals.no_resuscitation
    if goals.end_of_life:
        return "hospice or comfort care" if goals.level == "comfort" else "last days of life"
    if entry is None:
        return "no code status"
    words = "not for intubation" if intubation.newest else "do not resuscitate"
    return f"{words} ({on(entry.day)})" if entry.day else words


def _wish(wish: TivWish) -> str:
    if wish.refusal:
        return f"declined {on(wish.refusal.day)}"
    if wish.wanted:
        return f"wanted {on(wish.wanted.day)}"
    return f"undecided {on(wish.last.day)}" if wish.last else "none recorded"


def _about(
    goals: Goals, stay_home: Entries, plan: Entries, invasive: str | None, against: str | None
) -> Iterator[str]:
    if invasive and against:
        yield f"{capital(invasive)}, but {against}: confirm before going on."
    for entry in _told(goals, stay_home, plan):
        yield f"{entry}."
    if stay_home.newest:
        yield "An admission was declined: ask whether this one is wanted."
    if goals.no_resuscitation:
        yield "A do-not-resuscitate status declines neither NIV nor a gastrostomy."
    yield "Ask patient or proxy whether this still holds; read the document itself."


def _told(goals: Goals, stay_home: Entries, plan: Entries) -> Iterator[Entry]:
    found = (goals.evidence, goals.no_resuscitation, stay_home.newest, plan.newest)
    yield from (entry for entry in found if entry)


def _unread(wish: TivWish, plan: Entries) -> Iterator[str]:
    if wish.failed:
        yield "wishes about ventilation could not be read in full"
    if plan.failed:
        yield "advance care plans could not be read in full"


def _offers(vent: Vent, invasive: str | None, against: str | None) -> Iterator[Create]:
    urgent = bool(against)
    reason = f"{invasive}, but {against}" if against else "ALS: admission"
    yield Create("contact-als-team", recommended=True, urgent=urgent, reason=reason)
    if vent.state in AT_HOME:
        yield Create("bring-home-niv", urgent=True, reason="On NIV at home")
