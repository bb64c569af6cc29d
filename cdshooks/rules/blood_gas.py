"""Does a finding ask for a blood gas?"""

from typing import Annotated

from cdshooks.rules.authoring import (
    LEVELS,
    CannotAssess,
    Create,
    Entries,
    Latest,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    State,
    failed_in,
    rule,
)
from cdshooks.rules.inputs import PaCO2
from cdshooks.rules.states.breathing_tests import arranged
from cdshooks.rules.states.gas_triggers import LAB, GasTrigger, gas_triggers
from cdshooks.rules.states.niv_draft import niv_advised
from cdshooks.rules.states.unanswered import OPEN
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence

VENTILATED = ("invasive", "intubated", "niv-active", "niv-inpatient")
"""Ventilatory states in which a gas belongs to the review of the ventilation."""


@rule(
    "blood-gas-indicated",
    title="Blood gas for carbon dioxide retention",
    hooks=("patient-view", "encounter-start"),
    kind="M",
    group="RESP-TEST",
    sources=("elliott-2015", "nice-ng42", "aci-2012"),
    overrides=("done-elsewhere", "different-explanation", "patient-declined"),
    leaves_out=(
        "Saturation on oxygen or pressure support; saturation that is not stated to be on "
        "room air where oxygen is in use. A venous gas only asks for a proper one."
    ),
)
def blood_gas_indicated(
    vent: Annotated[Vent, State(vent)],
    advised: Annotated[bool, State(niv_advised)],
    triggers: Annotated[tuple[GasTrigger, ...], State(gas_triggers)],
    paco2: PaCO2,
    bicarbonate: Annotated[Reading | Missing, Latest("bicarbonate", lookback=LAB)],
    recent: Annotated[Entries, Ordered("blood-gas", lookback="open_gas_order_days")],
    requests: Annotated[Entries, Ordered("blood-gas", statuses=OPEN, drafts=False)],
) -> Outcome:
    """
    Ask for an arterial or capillary gas when a finding since the last one suggests retention.

    Saturation warns; bicarbonate, venous carbon dioxide and weakness inform. Where
    NIV is advised, that card asks for the gas.
    """
    if vent.state in VENTILATED:
        return NotIndicated(f"ventilation: {vent.state}")
    if advised:
        return NotIndicated("a criterion for NIV is met")
    if not triggers:
        return _nothing_found(paco2, bicarbonate)
    orders = arranged(recent, requests, paco2.day if isinstance(paco2, Reading) else None)
    if orders.by:
        return NotIndicated(f"blood gas {orders.by}")
    worst = max(triggers, key=lambda t: LEVELS.index(t.level))
    return Recommend(
        summary=f"{worst.finding}: check blood gas for CO2 retention",
        indicator=worst.level,
        because=(
            *(f"{t.reading}." for t in triggers),
            *(sentence(n) for t in triggers for n in t.reading.notes),
            f"Last arterial or capillary gas: {paco2}.",
            *orders.late,
        ),
        evidence=(*(t.reading for t in triggers), paco2),
        by=tuple(t.by for t in triggers),
        missing=(paco2.text,) if isinstance(paco2, Missing) else (),
        offers=(Create("blood-gas", recommended=True, reason=worst.finding),),
    )


def _nothing_found(*tests: Reading | Missing) -> Outcome:
    failed = failed_in(*tests)
    if failed:
        unread = [t.text for t in tests if isinstance(t, Missing) and t.failed]
        return CannotAssess("; ".join(unread), failed)
    return NotIndicated("nothing points to carbon dioxide retention")
