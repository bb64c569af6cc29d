"""Does breathing fail acutely?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entry,
    Indicator,
    NotIndicated,
    Outcome,
    Recommend,
    State,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.inputs import Pneumothorax
from cdshooks.rules.states.acute_signs import PaCO2, Rate, Sign, acute_signs
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.wishes import TivWish, tiv_wish
from cdshooks.rules.states.words import sentence


@rule(
    "resp-acute-decompensation",
    title="Possible acute respiratory failure",
    hooks=("encounter-start", "patient-view"),
    kind="X",
    group="RESP-NIV",
    sources=("nice-ng42", "elliott-2015", "product"),
    overrides=("data-incorrect", "already-managed", "goals-of-care"),
    leaves_out="Saturation on oxygen or pressure support; the last days of life; a tube in place.",
)
def resp_acute_decompensation(
    signs: Annotated[tuple[Sign, ...], State(acute_signs)],
    vent: Annotated[Vent, State(vent)],
    goals: Annotated[Goals, State(goals)],
    wish: Annotated[TivWish, State(tiv_wish)],
    pneumothorax: Pneumothorax,
    paco2: PaCO2,
    rate: Rate,
) -> Outcome:
    """
    Raise acute respiratory failure at once, in words that fit ventilation and goals.

    By an acid blood gas, saturation on room air, or a fast rate with breathlessness at
    rest. In comfort care it asks for relief; where NIV was declined, for its plan.
    """
    if goals.level == "last days" or vent.state == "intubated":
        return NotIndicated(f"goals: {goals.level}, ventilation: {vent.state}")
    if not signs:
        failed = failed_in(paco2, rate)
        if failed:
            return CannotAssess("vital signs could not be read", failed)
        return NotIndicated("no sign of acute respiratory failure")
    values = _values(signs)
    return Recommend(
        summary=_summary(signs, vent, goals, pneumothorax.newest),
        indicator=_level(goals),
        because=(*_why(signs, vent, goals, wish), *map(_air, pneumothorax)),
        evidence=(*(fact for sign in signs for fact in sign.facts), *pneumothorax),
        by=tuple(limit for sign in signs for limit in sign.by),
        offers=tuple(_offers(values, vent, goals)),
    )


def _level(goals: Goals) -> Indicator:
    return "warning" if goals.end_of_life else "critical"


def _values(signs: tuple[Sign, ...]) -> str:
    """The two surest signs: a third would not fit the summary."""
    return ", ".join(sign.told for sign in signs[:2])


def _summary(signs: tuple[Sign, ...], vent: Vent, goals: Goals, air: Entry | None) -> str:
    values = _values(signs)
    if goals.end_of_life:
        return (
            f"Acute breathlessness in a comfort-focused patient: {values}; symptom relief, see plan"
        )
    match vent.state:
        case "invasive":
            return (
                "Possible respiratory failure on tracheostomy ventilation: "
                "check tube, circuit, secretions, settings"
            )
        case "niv-active" | "niv-inpatient":
            place = "home" if vent.state == "niv-active" else "hospital"
            return (
                f"Possible acute respiratory failure: {signs[0].told} on {place} NIV: check mask, "
                "settings, secretions; escalate as per directive"
            )
        case "trach-unventilated":
            return (
                f"Possible acute respiratory failure: {values}. Tracheostomy without ventilation: "
                "check tube, directive"
            )
        case "niv-declined":
            return (
                f"Possible acute respiratory failure: {values}. NIV declined: directive, "
                "comfort pathway"
            )
    then = "start NIV pathway"
    if air:
        then = f"pneumothorax {on(air.day)}: specialist decision"
    elif vent.state == "niv-failed":
        then = "NIV failed before: urgent review"
    return f"Possible acute respiratory failure: {values}. Check directive, {then}"


def _air(pneumothorax: Entry) -> str:
    return f"{pneumothorax}: no positive pressure without a specialist."


def _why(signs: tuple[Sign, ...], vent: Vent, goals: Goals, wish: TivWish) -> Iterator[str]:
    for sign in signs:
        yield sentence(f"{sign.told} (limit {', '.join(map(str, sign.by))})")
    if vent.state == "niv-declined":
        yield f"NIV was declined {on(vent.since)}: comfort pathway, or a new decision."
    if wish.refusal:
        yield f"Invasive ventilation was declined {on(wish.refusal.day)}."
    elif wish.wanted:
        yield f"Invasive ventilation is wanted, as recorded {on(wish.wanted.day)}."
    if goals.no_resuscitation:
        yield f"{goals.no_resuscitation} is recorded; that does not decline NIV."
    if goals.end_of_life:
        yield "Relieve breathlessness and anxiety as the plan says; no uncontrolled oxygen."
        return
    home = " check the settings from home;" if vent.state == "niv-active" else ""
    yield (
        f"No uncontrolled oxygen; clear secretions;{home} look for infection and pulmonary "
        "embolism."
    )


def _offers(values: str, vent: Vent, goals: Goals) -> Iterator[Create]:
    """Relief where care is for comfort or NIV was declined; else a review and another gas."""
    if goals.end_of_life or vent.state == "niv-declined":
        yield Create("palliative-review", recommended=True, urgent=True, reason=values)
        return
    yield Create("respiratory-referral", recommended=True, urgent=True, reason=values)
    yield Create("blood-gas", urgent=True, reason=values)
