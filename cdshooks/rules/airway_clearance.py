"""Is the cough too weak to clear the airway?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Captured,
    Create,
    Entries,
    Entry,
    Fact,
    InUse,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Reported,
    State,
    Threshold,
    derived,
    on,
    rule,
)
from cdshooks.rules.inputs import Pneumothorax
from cdshooks.rules.states.panel import CoughFlow, Mep, bulbar_score
from cdshooks.rules.states.words import sentence

ASKED = ("DeviceRequest", "ServiceRequest")
DEVICES = ("cough-assist-device", "lung-volume-bag")
"""Drafts that put pressure into the lungs."""


@dataclass(frozen=True, slots=True)
class AirwayLimits(Limits):
    """When a cough is weak."""

    group: ClassVar[str] = "airway_clearance"
    cough_flow_lt: Threshold
    cough_flow_urgent_lt: Threshold
    mep_low_lt: Threshold
    chest_infections_airway_ge: Threshold
    laryngeal_bulbar_le: Threshold


@dataclass(frozen=True, slots=True)
class Hint:
    """Something other than cough flow that suggests a weak cough."""

    told: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()


@derived
def cough_hints(
    mep: Mep,
    weak: Annotated[Entries, Listed("weak-cough", lookback="symptom_condition_days")],
    reported: Annotated[Entries, Reported("weak-cough", lookback="symptom_answer_days")],
    infections: Annotated[
        Entries, Listed("chest-infection", lookback="symptom_answer_days", history=True)
    ],
    limits: AirwayLimits,
) -> tuple[Hint, ...]:
    """A low expiratory pressure, a weak cough by code or answer, repeated chest infections."""
    found = []
    if isinstance(mep, Reading) and mep.meets(limits.mep_low_lt):
        found.append(Hint(str(mep), (mep,), (limits.mep_low_lt,)))
    found += [Hint(f"weak cough ({on(e.day)})", (e,)) for e in (*weak, *reported)]
    episodes = {e.start or e.recorded: e for e in infections}
    if limits.chest_infections_airway_ge.met_by(Decimal(len(episodes))):
        told = f"{len(episodes)} chest infections in 6 months"
        facts = tuple(episodes.values())
        found.append(Hint(told, facts, (limits.chest_infections_airway_ge,)))
    return tuple(found)


@rule(
    "airway-clearance",
    title="Weak cough",
    hooks=("patient-view", "encounter-start"),
    kind="T",
    group="RESP-AIRWAY",
    sources=("chest-2023", "aan-2009a", "elliott-2015", "andersen-2017"),
    overrides=("contraindicated", "patient-declined", "done-elsewhere"),
    leaves_out="Assisted cough flow, peak expiratory flow, high-frequency chest wall oscillation.",
)
def airway_clearance(
    flow: CoughFlow,
    hints: Annotated[tuple[Hint, ...], State(cough_hints)],
    recorded: Annotated[bool, Captured("peak-cough-flow")],
    infections: Annotated[
        Entries, Listed("chest-infection", lookback="symptom_answer_days", history=True)
    ],
    assist: Annotated[Entries, InUse("cough-assist")],
    ordered: Annotated[Entries, Ordered("cough-assist", types=ASKED)],
    bags: Annotated[Entries, Ordered("lung-volume-recruitment", types=ASKED)],
    tested: Annotated[Entries, Ordered("peak-cough-flow", lookback="open_test_order_days")],
    pneumothorax: Pneumothorax,
    bulbar: Annotated[int | None, State(bulbar_score)],
    limits: AirwayLimits,
) -> Outcome:
    """
    Start assisted airway clearance by peak cough flow; ask for it where something hints at need.

    flow: not assisted, L/min, last six months. With a cough assist device in use only a
    very low flow, a chest infection or a pneumothorax asks for its review.
    """
    if isinstance(flow, Missing):
        return _unmeasured(flow, hints, recorded, tested)
    if not flow.meets(limits.cough_flow_lt):
        return NotIndicated(f"{flow}")
    urgent = flow.meets(limits.cough_flow_urgent_lt)
    by = limits.cough_flow_urgent_lt if urgent else limits.cough_flow_lt
    told = f"PCF {flow.amount} ({on(flow.day)})"
    if assist:
        review = urgent or bool(infections)
        return _in_use(told, flow, by, (assist, infections, pneumothorax), review=review)
    more = ", MI-E urgently" if urgent else ""
    return Recommend(
        summary=f"Weak cough: {told}; start assisted airway clearance{more}",
        indicator="warning",
        because=tuple(_cautions(pneumothorax, bulbar, limits)),
        evidence=(flow, *pneumothorax),
        by=(by,),
        offers=tuple(_offers(told, urgent, pneumothorax, (ordered, bags))),
    )


def _unmeasured(flow: Missing, hints: tuple[Hint, ...], recorded: bool, tested: Entries) -> Outcome:
    """Without a cough flow: measure it, if something hints at a weak cough."""
    if flow.failed:
        return CannotAssess(flow.text, flow.failed)
    if not hints or not recorded:
        return NotIndicated("nothing hints at a weak cough, or cough flow is not recorded here")
    if tested:
        return NotIndicated(f"{tested.newest}")
    return Recommend(
        summary=f"Measure peak cough flow: {hints[0].told}",
        indicator="info",
        because=tuple(sentence(hint.told) for hint in hints),
        evidence=tuple(fact for hint in hints for fact in hint.facts),
        by=tuple(limit for hint in hints for limit in hint.by),
        missing=(flow.text,),
        offers=(Create("cough-flow-test", recommended=True, reason=hints[0].told),),
    )


def _in_use(
    told: str,
    flow: Reading,
    by: Threshold,
    entries: tuple[Entries, Entries, Entries],
    *,
    review: bool,
) -> Outcome:
    assist, _, pneumothorax = entries
    air = pneumothorax.newest
    if not review and not air:
        return NotIndicated(f"{assist.newest} in use")
    then = "review technique and settings"
    if air:
        then = f"pneumothorax {on(air.day)}: specialist decision"
    return Recommend(
        summary=f"Weak cough: {told} with cough assist in use; {then}",
        indicator="info",
        because=tuple(map(_no_pressure, pneumothorax)),
        evidence=(flow, *(entry for some in entries for entry in some)),
        by=(by,),
        offers=(Create("respiratory-physiotherapy", recommended=True, reason=told),),
    )


def _cautions(pneumothorax: Entries, bulbar: int | None, limits: AirwayLimits) -> Iterator[str]:
    yield (
        "Lung volume recruitment, manually assisted cough and mechanical insufflation-exsufflation "
        "are advised for reduced cough."
    )
    if bulbar is not None and limits.laryngeal_bulbar_le.met_by(Decimal(bulbar)):
        yield (
            f"Bulbar score {bulbar}/12: start low insufflation pressure, watch for laryngeal "
            "closure."
        )
    yield from map(_no_pressure, pneumothorax)


def _no_pressure(pneumothorax: Entry) -> str:
    return f"{pneumothorax}: no insufflation or breath stacking without a specialist."


def _offers(
    told: str, urgent: bool, pneumothorax: Entries, ordered: tuple[Entries, Entries]
) -> Iterator[Create]:
    """Physiotherapy and training always; a device unless contraindicated or on order."""
    reason = f"Weak cough: {told}"
    yield Create("respiratory-physiotherapy", recommended=True, urgent=urgent, reason=reason)
    for device, orders in () if pneumothorax else zip(DEVICES, ordered, strict=True):
        if not orders:
            yield Create(device, urgent=urgent, reason=reason)
    yield Create("caregiver-cough-training", reason=reason)
