"""When should non-invasive ventilation be considered?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Entries,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Offer,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    on,
    rule,
)
from cdshooks.rules.states.bulbar import mouth_leak
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_criteria import NivCriteria, niv_criteria
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import Vent, vent


@dataclass(frozen=True, slots=True)
class NivCardLimits(Limits):
    """What decides the words around the criteria."""

    group: ClassVar[str] = "niv"
    repeat_after_days: Decimal


@dataclass(frozen=True, slots=True)
class SalivaLimits(Limits):
    """When saliva is a problem for a mask."""

    group: ClassVar[str] = "symptoms"
    drooling_item_le: Threshold


@rule(
    "niv-consider",
    title="Consider non-invasive ventilation",
    hooks=("patient-view", "encounter-start", "encounter-discharge"),
    kind="T",
    group="RESP-NIV",
    sources=("chest-2023", "aan-2009a", "can-2020", "nice-ng42", "cms-rad", "bourke-2006"),
    overrides=(
        "patient-declined",
        "goals-of-care",
        "done-elsewhere",
        "data-incorrect",
        "not-clinically-appropriate",
        "resource-unavailable",
        "under-specialist-review",
    ),
    leaves_out=(
        "Venous carbon dioxide, oximetry on oxygen or on pressure support, recordings "
        "under the shortest valid time, obstructive sleep apnea alone, and free text."
    ),
)
def niv_consider(
    call: Annotated[Call, This()],
    vent: Annotated[Vent, State(vent)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    goals: Annotated[Goals, State(goals)],
    leak: Annotated[bool, State(mouth_leak)],
    pneumothorax: Annotated[Entries, Listed("pneumothorax", lookback="pneumothorax_days")],
    heart: Annotated[Entries, Listed("heart-failure")],
    lung: Annotated[Entries, Listed("chronic-lung-disease")],
    drooling: Annotated[Entries, Listed("sialorrhea")],
    saliva: Annotated[Reading | Missing, Latest("alsfrs-item-2", lookback="bulbar_score_days")],
    gas_ordered: Annotated[Entries, Ordered("blood-gas", lookback="open_gas_order_days")],
    night_ordered: Annotated[
        Entries, Ordered("overnight-oximetry", lookback="open_test_order_days")
    ],
    limits: NivCardLimits,
    saliva_limits: SalivaLimits,
) -> Outcome:
    """
    Raise NIV when any criterion is met and no ventilation is in place or refused.

    One criterion is enough, also when other tests are normal. Leaving hospital
    on its NIV without a device at home counts as none in place.
    """
    leaving = call.hook == "encounter-discharge" and vent.state == "niv-inpatient"
    if vent.state != "none" and not leaving:
        return NotIndicated(f"ventilation: {vent.state}")
    if not criteria and not criteria.tested and not leaving:
        failed = tuple(dict.fromkeys(key for m in criteria.missing for key in m.failed))
        return CannotAssess("; ".join(m.text for m in criteria.missing), failed)
    if not criteria and not leaving:
        return NotIndicated("no criterion is met")
    wet = bool(drooling) or (
        isinstance(saliva, Reading) and saliva.meets(saliva_limits.drooling_item_le)
    )
    orders = (gas_ordered, night_ordered)
    return Recommend(
        summary=_summary(criteria, leaving),
        indicator=criteria.met[0].level if criteria else "warning",
        because=(
            *_criteria(criteria),
            *_cautions(vent, symptoms, goals, leak, criteria, limits),
            *_beside(pneumothorax, heart, lung),
            "NIV brings longer survival and better quality of life without severe bulbar "
            "weakness; with severe bulbar weakness symptoms improved and survival did not; "
            "bulbar weakness is not a contraindication.",
        ),
        evidence=tuple(fact for c in criteria.met for fact in c.facts),
        by=tuple(limit for c in criteria.met for limit in c.by),
        missing=tuple(str(m) for m in criteria.missing),
        offers=tuple(_offers(criteria, pneumothorax, wet, orders)),
    )


def _summary(criteria: NivCriteria, leaving: bool) -> str:
    if leaving:
        return "Leaving on hospital NIV, no home device ordered"
    count = len(criteria.met)
    tail = "1 criterion met" if count == 1 else f"{count} criteria met"
    return f"Consider NIV: {criteria.met[0].finding}; {tail}"


def _criteria(criteria: NivCriteria) -> Iterator[str]:
    """Every criterion that is met, with the limit that it crossed."""
    for criterion in criteria.met:
        limits = " or ".join(str(limit) for limit in criterion.by)
        yield f"{criterion.id}: {criterion.finding}" + (f" (limit {limits})." if limits else ".")


def _cautions(
    vent: Vent,
    symptoms: RespiratorySymptoms,
    goals: Goals,
    leak: bool,
    criteria: NivCriteria,
    limits: NivCardLimits,
) -> Iterator[str]:
    """What may make a value less certain, or a reader wonder."""
    readings = [f for c in criteria.met for f in c.facts if isinstance(f, Reading)]
    for note in dict.fromkeys(n for r in readings for n in r.notes):
        yield f"{note.capitalize()}."
    if any(r.age > limits.repeat_after_days for r in readings):
        yield "Repeat: older than 3 months."
    if leak and any(r.measure in ("vc-percent", "mip", "mip-percent") for r in readings):
        yield ("Mouth-seal leak can lower this value; SNIP, CO2 and oximetry carry more weight.")
    for note in (*vent.notes, *symptoms.notes):
        yield f"{note[0].upper()}{note[1:]}."
    if goals.no_resuscitation:
        yield f"{goals.no_resuscitation} is recorded; that does not decline NIV."


def _beside(pneumothorax: Entries, heart: Entries, lung: Entries) -> Iterator[str]:
    """Other conditions that bear on positive pressure or explain symptoms."""
    if pneumothorax.newest:
        yield f"Pneumothorax recorded {on(pneumothorax.newest.day)}: specialist decision."
    for entries in (heart, lung):
        if entries.newest:
            yield f"{entries.label} is on the problem list and can cause the same symptoms."


def _offers(
    criteria: NivCriteria, pneumothorax: Entries, wet: bool, orders: tuple[Entries, Entries]
) -> Iterator[Offer]:
    urgent = criteria.has("C1")
    reason = criteria.met[0].finding if criteria else "Leaving hospital on NIV"
    yield Create("respiratory-referral", recommended=True, urgent=urgent, reason=reason)
    if not pneumothorax:
        yield Create("home-niv", urgent=urgent, reason=reason)
    lacking = {m.label for m in criteria.missing if m.proven}
    gas_ordered, night_ordered = orders
    if "PaCO2" in lacking and not gas_ordered:
        yield Create("blood-gas", reason=reason)
    if "overnight oximetry" in lacking and not night_ordered:
        yield Create("overnight-oximetry", reason=reason)
    yield Create("niv-discussion", reason=reason)
    if wet:
        yield Create("secretion-control", reason=reason)
