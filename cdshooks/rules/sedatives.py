"""Is a drug that dampens breathing ordered where breathing is weak?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Draft,
    Meeting,
    Meets,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Recommend,
    Row,
    State,
    decides,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.respiratory_insufficiency import (
    Insufficiency,
    respiratory_insufficiency,
)
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import capital

OPIOIDS, BENZODIAZEPINES = "opioids", "benzodiazepines"
HYPNOTICS = "hypnotics-alone"
RELIEVING = (OPIOIDS, BENZODIAZEPINES)
"""Drugs that relieve breathlessness."""
BREATHLESS = "breathlessness-reason"
NIV = ("niv-active", "niv-inpatient")
MACHINE = ("invasive", "intubated")
"""States in which a machine breathes, whatever the drug does."""
ADVICE = {
    "niv-declined": "no NIV, which was declined",
    "niv-ordered": "NIV ordered, not in use",
    "trach-unventilated": "a tracheostomy without ventilator",
}
"""How a summary tells that there is no NIV, where more is known than that."""

Weak = Annotated[Insufficiency, State(respiratory_insufficiency)]
Comfort = Annotated[Goals, State(goals)]
UNREAD = "whether breathing is insufficient could not be read"


@rule(
    "sedative-respiratory",
    title="Sedating drug with weak breathing",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("dyspnea-opioids", "chest-2023"),
    overrides=("palliative-symptom-control", "on-niv-monitored"),
    leaves_out=(
        "Care for comfort and the last days; ventilation through a tube; antipsychotics and "
        "muscle relaxants; patients of whom no breathing test is on file."
    ),
)
@decides(
    Row("warning", "Breathing is insufficient and no NIV is in use"),
    Row("info", "Breathing is insufficient and NIV is in use"),
    Row("none", "Hospice, comfort measures or last days; a machine breathes; nothing on file"),
)
def sedative_respiratory(
    order: Annotated[Order, Draft("sedating")],
    weak: Weak,
    vent: Annotated[Vent, State(vent)],
    goals: Comfort,
) -> Outcome:
    """
    Ask for a low start and an eye on carbon dioxide when a sedating drug meets weak breathing.

    order: an opioid, benzodiazepine, hypnotic or other sedative, by whatever route
    reaches the body. weak: any sign of respiratory insufficiency. Palliative care
    changes nothing; a drug against breathlessness is told to be suitable.
    """
    if goals.end_of_life:
        return NotIndicated(f"care is for comfort: {goals.evidence}")
    if vent.state in MACHINE:
        return NotIndicated(f"ventilation: {vent.state}")
    if not weak:
        if weak.failed:
            return CannotAssess(UNREAD, weak.failed)
        return NotIndicated("no sign of respiratory insufficiency is on file")
    return Recommend(
        summary=_summary(order, weak, vent),
        indicator="info" if vent.state in NIV else "warning",
        because=tuple(_because(order, weak, vent)),
        evidence=(order, *weak.evidence, *vent.facts),
        by=weak.by,
        missing=weak.missing,
        offers=tuple(_offers(order, weak, vent)),
    )


def _summary(order: Order, weak: Insufficiency, vent: Vent) -> str:
    drug, sign = capital(order.label), weak.told
    going_on = "; continue NIV" if vent.state == "niv-active" else ""
    if _relieves(order):
        return (
            f"{drug}: a low, titrated dose can relieve breathlessness; watch CO2{going_on} "
            f"({sign}, {_support(vent)})."
        )
    if vent.state in NIV:
        return f"{drug} with {sign}, {_support(vent)}: start low, watch CO2{going_on}."
    assess = "" if vent.state in ADVICE else "; assess for NIV first"
    return f"{drug} with {sign} and {_support(vent)}: start low, watch CO2{assess}."


def _relieves(order: Order) -> bool:
    """Whether an opioid or a benzodiazepine is for breathlessness; other hypnotics relieve none."""
    for_it = BREATHLESS in order.reasons
    return for_it and order.within(*RELIEVING) and not order.within(HYPNOTICS)


def _support(vent: Vent) -> str:
    if vent.state == "niv-active":
        return "on NIV"
    if vent.state == "niv-inpatient":
        return "on NIV in hospital"
    return ADVICE.get(vent.state, "no NIV")


def _because(order: Order, weak: Insufficiency, vent: Vent) -> Iterator[str]:
    yield from weak.because
    yield f"Ventilation: {_support(vent)}{', ' if vent.notes else ''}{'; '.join(vent.notes)}."
    yield "A drug that dampens breathing can raise carbon dioxide further, mostly at night."
    if _relieves(order):
        yield "Start low and titrate: low doses of opioids have few adverse effects."
    if vent.state == "trach-unventilated":
        yield "Have ventilation reviewed before the first dose."


def _offers(order: Order, weak: Insufficiency, vent: Vent) -> Iterator[Offer]:
    """An assessment for NIV, where none is in use, ordered or declined."""
    if vent.state in ("none", "niv-failed"):
        reason = f"{capital(order.label)} ordered with {weak.told}"
        yield Create("respiratory-referral", recommended=True, urgent=True, reason=reason)


@rule(
    "opioid-benzodiazepine-combination",
    title="Opioid with a benzodiazepine",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("opioid-benzodiazepine-fda",),
    overrides=("palliative-symptom-control", "on-niv-monitored"),
    leaves_out="Care for comfort and the last days; sedatives that are neither.",
)
@decides(
    Row("warning", "Both together, and breathing is insufficient"),
    Row("info", "Both together, and nothing on file says that breathing is insufficient"),
    Row("info", "One of the two is known only from an old order that nobody closed"),
    Row("none", "Hospice, comfort measures or last days"),
)
def opioid_benzodiazepine_combination(
    meeting: Annotated[Meeting, Meets(OPIOIDS, (BENZODIAZEPINES,))],
    weak: Weak,
    goals: Comfort,
) -> Outcome:
    """Say that an opioid and a benzodiazepine add up, whichever of them was ordered last."""
    if goals.end_of_life:
        return NotIndicated(f"care is for comfort: {goals.evidence}")
    surely = bool(weak) and meeting.sure
    unread = ("breathing tests could not be read",) if weak.failed and not weak else ()
    return Recommend(
        summary=(
            "Opioid and benzodiazepine together: additive respiratory depression; lowest doses, "
            "name who monitors."
        ),
        indicator="warning" if surely else "info",
        because=(
            f"Together: {', '.join(dict.fromkeys(o.label for o in meeting.orders))}.",
            *weak.because,
            "Boxed warning of both classes; in ALS the two are often given together on purpose.",
        ),
        evidence=(*meeting.orders, *weak.evidence),
        by=weak.by if surely else (),
        missing=(*unread, *(() if weak else weak.missing)),
    )
