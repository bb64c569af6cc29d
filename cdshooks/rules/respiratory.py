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
    Limits,
    Listed,
    NotIndicated,
    Offer,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    This,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.inputs import Pneumothorax
from cdshooks.rules.states.bulbar import mouth_leak
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.progression import Decline, fast_breathing_declines
from cdshooks.rules.states.saliva import wet_mouth
from cdshooks.rules.states.supine import SupineFall, supine_fall
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import HELD, Vent, vent
from cdshooks.rules.states.words import sentence


@dataclass(frozen=True, slots=True)
class NivCardLimits(Limits):
    """What decides the words around the criteria."""

    group: ClassVar[str] = "niv"
    repeat_after_days: Decimal


@derived
def niv_offers(
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    pneumothorax: Pneumothorax,
    wet: Annotated[bool, State(wet_mouth)],
    referred: Annotated[Entries, Ordered("respiratory-referral", lookback="open_referral_days")],
    gas: Annotated[Entries, Ordered("blood-gas", lookback="open_gas_order_days")],
    night: Annotated[Entries, Ordered("overnight-oximetry", lookback="open_test_order_days")],
) -> tuple[Offer, ...]:
    """
    What the card offers: a referral, a device, the tests that are missing, a talk.

    What is on order already is not offered again, unless it has become urgent.
    A test is missing only when the search for it was answered.
    """
    urgent = criteria.has("C1")
    reason = criteria.met[0].finding if criteria else "Leaving hospital on NIV"
    lacking = {m.label for m in criteria.missing if m.proven}
    offered = {
        "respiratory-referral": urgent or not referred,
        "home-niv": not pneumothorax,
        "blood-gas": "PaCO2" in lacking and not gas,
        "overnight-oximetry": "overnight oximetry" in lacking and not night,
        "niv-discussion": True,
        "secretion-control": wet,
    }
    return tuple(
        Create(
            draft,
            recommended=draft == "respiratory-referral",
            urgent=urgent and draft in ("respiratory-referral", "home-niv"),
            reason=reason,
        )
        for draft, wanted in offered.items()
        if wanted
    )


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
        "under the shortest valid time, obstructive sleep apnoea alone, and free text."
    ),
)
@decides(
    Row("warning", "Leaving hospital on its NIV, with no device at home in use or ordered"),
    Row("none", "Ventilation in use, ordered, declined or failed, or a tracheostomy"),
)
def niv_consider(
    call: Annotated[Call, This()],
    vent: Annotated[Vent, State(vent)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    goals: Annotated[Goals, State(goals)],
    leak: Annotated[bool, State(mouth_leak)],
    pneumothorax: Pneumothorax,
    heart: Annotated[Entries, Listed("heart-failure")],
    lung: Annotated[Entries, Listed("chronic-lung-disease")],
    fall: Annotated[SupineFall | None, State(supine_fall)],
    declines: Annotated[tuple[Decline, ...], State(fast_breathing_declines)],
    offers: Annotated[tuple[Offer, ...], State(niv_offers)],
    limits: NivCardLimits,
) -> Outcome:
    """
    Raise NIV when any criterion is met and no ventilation is in place or refused.

    One criterion is enough, also when other tests are normal. Leaving hospital
    on its NIV without a device at home counts as none in place.
    """
    leaving = call.hook == "encounter-discharge" and vent.state == "niv-inpatient"
    if vent.state != "none" and not leaving:
        return NotIndicated(f"ventilation: {vent.state}")
    if not criteria and not leaving:
        return _nothing_met(criteria)
    return Recommend(
        summary=_summary(criteria, vent, leaving),
        indicator=criteria.met[0].level if criteria else "warning",
        because=(
            *_criteria(criteria),
            *_cautions(vent, symptoms, goals, leak, criteria, limits),
            *_beside(pneumothorax, heart, lung),
            *([f"{fall}: suggests diaphragm weakness."] if fall else []),
            *(f"Fast decline: {decline}." for decline in declines),
            BENEFIT,
        ),
        evidence=tuple(fact for c in criteria.met for fact in c.facts),
        by=tuple(limit for c in criteria.met for limit in c.by),
        missing=tuple(str(m) for m in criteria.missing),
        offers=offers,
        criteria=tuple(c.id for c in criteria.met),
    )


BENEFIT = (
    "NIV brings longer survival and better quality of life without severe bulbar "
    "weakness; with severe bulbar weakness symptoms improved and survival did not; "
    "bulbar weakness is not a contraindication."
)


def _nothing_met(criteria: NivCriteria) -> Outcome:
    """No advice; and no reassurance where no test was there to be judged."""
    if criteria.tested:
        return NotIndicated("no criterion is met")
    failed = failed_in(*criteria.missing)
    return CannotAssess("; ".join(m.text for m in criteria.missing), failed)


def _summary(criteria: NivCriteria, vent: Vent, leaving: bool) -> str:
    if leaving:
        return "Leaving on hospital NIV, no home device ordered"
    held = next((f"{note}; " for note in vent.notes if HELD in note), "")
    count = len(criteria.met)
    tail = "1 criterion met" if count == 1 else f"{count} criteria met"
    return f"Consider NIV: {criteria.met[0].finding}; {held}{tail}"


def _criteria(criteria: NivCriteria) -> Iterator[str]:
    """Every criterion that is met, with the limit that it crossed."""
    for criterion in criteria.met:
        limits = " and ".join(str(limit) for limit in criterion.by)
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
    # Of a fall, the earlier value is old by nature; the later one tells whether to repeat.
    newest = {(r.measure, r.position): r for r in sorted(readings, key=lambda r: -r.age)}
    if any(r.age > limits.repeat_after_days for r in newest.values()):
        yield "Repeat: older than 3 months."
    if leak and any(r.measure in ("vc-percent", "mip", "mip-percent") for r in readings):
        yield ("Mouth-seal leak can lower this value; SNIP, CO2 and oximetry carry more weight.")
    noted = (*(note for r in readings for note in r.notes), *vent.notes, *symptoms.notes)
    for note in dict.fromkeys(noted):
        yield sentence(note)
    if goals.no_resuscitation:
        yield f"{goals.no_resuscitation} is recorded; that does not decline NIV."


def _beside(pneumothorax: Entries, heart: Entries, lung: Entries) -> Iterator[str]:
    """Other conditions that bear on positive pressure or explain symptoms."""
    if pneumothorax.newest:
        yield f"Pneumothorax recorded {on(pneumothorax.newest.day)}: specialist decision."
    for entries in (heart, lung):
        if entries.newest:
            yield f"{entries.label} is on the problem list and can cause the same symptoms."
