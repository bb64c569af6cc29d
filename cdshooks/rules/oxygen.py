"""Is oxygen given to somebody who needs ventilation?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Create,
    Draft,
    Entries,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    State,
    Threshold,
    derived,
    rule,
)
from cdshooks.rules.inputs import PaCO2, Ph, Pneumothorax, SittingVc, Snip
from cdshooks.rules.states.gas_triggers import LAB, GasLimits, on_oxygen, saturation_on_oxygen
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.ventilation import HOME_ORDERS, Vent, vent

VENTILATED = ("niv-active", "niv-inpatient", "invasive", "intubated")
"""Ventilatory states in which oxygen does not go without ventilation."""


@dataclass(frozen=True, slots=True)
class OxygenLimits(Limits):
    """How recent a blood gas must be where oxygen is given."""

    group: ClassVar[str] = "acute_breathing"
    oxygen_gas_le_days: Threshold


@dataclass(frozen=True, slots=True)
class RetentionLimits(Limits):
    """Blood gas and weakness of breathing that say that carbon dioxide may be retained."""

    group: ClassVar[str] = "niv"
    paco2_gt_mmhg: Threshold
    ph_critical_lt: Threshold
    vc_asymptomatic_lt: Threshold
    snip_cmh2o_lt: Threshold


@dataclass(frozen=True, slots=True)
class Risk:
    """A value that says that oxygen alone may raise carbon dioxide, with the limit that it met."""

    reading: Reading
    by: Threshold

    @property
    def told(self) -> str:
        """Measure and value."""
        return f"{self.reading.label} {self.reading.amount}"


@derived
def recent_gas(paco2: PaCO2, limits: OxygenLimits) -> Reading | None:
    """Carbon dioxide that is recent enough to be called known."""
    if not isinstance(paco2, Reading):
        return None
    return paco2 if limits.oxygen_gas_le_days.met_by(Decimal(paco2.age)) else None


@derived
def oxygen_risks(
    gas: Annotated[Reading | None, State(recent_gas)],
    ph: Ph,
    bicarbonate: Annotated[Reading | Missing, Latest("bicarbonate", lookback=LAB)],
    vc: SittingVc,
    snip: Snip,
    niv: RetentionLimits,
    limits: GasLimits,
) -> tuple[Risk, ...]:
    """High carbon dioxide or bicarbonate, a pH too low on the day of the gas, weak breathing."""
    acid = ph if gas and isinstance(ph, Reading) and ph.day == gas.day else None
    tests = (
        (gas, niv.paco2_gt_mmhg),
        (acid, niv.ph_critical_lt),
        (bicarbonate, limits.bicarbonate_high_ge),
        (vc, niv.vc_asymptomatic_lt),
        (snip, niv.snip_cmh2o_lt),
    )
    return tuple(
        Risk(reading, limit)
        for reading, limit in tests
        if isinstance(reading, Reading) and reading.meets(limit)
    )


@rule(
    "oxygen-without-niv",
    title="Oxygen without ventilation",
    hooks=("order-select", "order-sign", "encounter-start"),
    kind="X",
    group="RESP-NIV",
    sources=("efns-2012", "mnda-oxygen", "bts-oxygen"),
    overrides=("acute-hypoxia-treating-cause", "comfort-oxygen"),
    any_motor_neuron_disease=True,
    leaves_out=(
        "Oxygen beside NIV that is in use or ordered with it; oxygen for an operation alone "
        "cannot be told apart."
    ),
)
def oxygen_without_niv(
    order: Annotated[Order | None, Draft(value_set="oxygen", or_none=True)],
    running: Annotated[bool, State(on_oxygen)],
    measured: Annotated[Reading | None, State(saturation_on_oxygen)],
    vent: Annotated[Vent, State(vent)],
    niv_orders: Annotated[Entries, Ordered("home-niv", types=HOME_ORDERS, statuses=("active",))],
    goals: Annotated[Goals, State(goals)],
    paco2: PaCO2,
    gas: Annotated[Reading | None, State(recent_gas)],
    risks: Annotated[tuple[Risk, ...], State(oxygen_risks)],
    illness: Annotated[
        Entries, Listed("acute-lung-illness", lookback="oxygen_illness_days", named=True)
    ],
    pneumothorax: Pneumothorax,
    gases: Annotated[Entries, Ordered("blood-gas", lookback="open_gas_order_days")],
) -> Outcome:
    """
    Warn when oxygen is ordered, or runs on admission, and no ventilation is in use.

    It warns when a value points to retention of carbon dioxide, and when carbon dioxide
    is not known. Pneumonia, pulmonary embolism or COVID-19 make it information only
    with a normal gas since they began, and care for comfort always does.
    """
    if order is None and not running and not measured:
        return NotIndicated("no oxygen ordered or running")
    if vent.state in VENTILATED or any(entry.status == "draft" for entry in niv_orders):
        return NotIndicated(f"ventilation: {vent.state}, or ordered with the oxygen")
    if gas and not risks and not illness:
        return NotIndicated(f"{gas}, and nothing points to retention")
    answered = gas is not None and not risks and _since(illness, gas)
    comfort = goals.end_of_life
    told = risks[0].told if risks else f"{gas.label} {gas.amount}" if gas else "PaCO2 not known"
    return Recommend(
        summary=_summary(told, urgent=bool(illness) and not answered and not comfort),
        indicator="info" if comfort or answered else "warning",
        because=tuple(_why(vent, goals, paco2, risks, illness)),
        evidence=(
            *([order] if order else []),
            *([measured] if measured and not order else []),
            *(risk.reading for risk in risks),
            *([gas] if gas else []),
            *illness,
        ),
        by=tuple(risk.by for risk in risks),
        missing=(paco2.text,) if isinstance(paco2, Missing) else (),
        offers=() if comfort else tuple(_offers(told, vent, bool(gases), bool(pneumothorax))),
    )


def _since(illness: Entries, gas: Reading) -> bool:
    """Whether the gas was taken once every illness had begun; an unknown beginning is after it."""
    begun = [entry.start or entry.recorded for entry in illness]
    return all(day is not None and day <= gas.day for day in begun)


def _summary(told: str, *, urgent: bool) -> str:
    if urgent:
        return f"Treat hypoxia, titrate to 88-92%, gas within 1 h, start NIV ({told})"
    return (
        f"Oxygen without NIV in ALS can worsen CO2 retention ({told}): "
        "check a blood gas and assess for NIV"
    )


def _why(
    vent: Vent,
    goals: Goals,
    paco2: Reading | Missing,
    risks: tuple[Risk, ...],
    illness: Entries,
) -> Iterator[str]:
    yield from (f"{risk.reading} (limit {risk.by})." for risk in risks)
    yield f"Last arterial or capillary gas: {paco2}."
    yield from (f"{entry} may explain the need for oxygen." for entry in illness)
    yield (
        "Treat weak breathing with ventilation; if oxygen is essential, titrate to 88-92% with "
        "gas monitoring."
    )
    if vent.state == "niv-declined":
        yield "NIV was declined."
    if goals.evidence:
        yield f"Care is for comfort: {goals.evidence}."


def _offers(told: str, vent: Vent, gas_ordered: bool, pneumothorax: bool) -> Iterator[Offer]:
    """A gas, an assessment, a device; none of what is on order, declined or unsafe."""
    if not gas_ordered:
        yield Create("blood-gas", recommended=True, urgent=True, reason=f"Oxygen: {told}")
    if vent.state in ("niv-declined", "niv-ordered"):
        return
    yield Create("respiratory-referral", urgent=True, reason=f"Oxygen without NIV: {told}")
    if vent.state == "none" and not pneumothorax:
        yield Create("home-niv", urgent=True, reason=f"Oxygen without NIV: {told}")
