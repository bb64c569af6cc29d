"""May this patient meet the criteria by which Medicare pays for hospice in ALS?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Enrolled,
    Entries,
    Entry,
    Fact,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    Refused,
    Row,
    State,
    This,
    Threshold,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.inputs import RECENT, SittingVc
from cdshooks.rules.states.gastrostomy import Refusal, gastrostomy_refusal
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.progression import progresses_fast
from cdshooks.rules.states.region import Jurisdiction
from cdshooks.rules.states.symptoms import CONDITION
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.weights import Loss, falling_weight
from cdshooks.rules.states.wishes import TivWish, tiv_wish
from cdshooks.rules.states.words import sentence

LATELY = "hospice_complication_days"


@dataclass(frozen=True, slots=True)
class HospiceLimits(Limits):
    """What is critical in the sense of the coverage texts."""

    group: ClassVar[str] = "planning"
    hospice_vc_lt: Threshold
    hospice_dyspnea_item_le: Threshold
    hospice_aspirations_ge: Threshold
    hospice_refusal_days: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """One element of the criteria that is met: words, facts, limits, more in the detail."""

    told: str
    facts: tuple[Fact, ...] = ()
    by: tuple[Threshold, ...] = ()
    more: str = ""


COMPLICATIONS = {
    "sepsis": "sepsis",
    "pyelonephritis": "pyelonephritis",
    "deep-pressure-ulcer": "deep pressure ulcer",
}
"""Value sets of complications that threaten life, and what a card calls them."""


@derived
def critical_breathing(
    vc: SittingVc,
    item_10: Annotated[Reading | Missing, Latest("alsfrs-item-10", lookback=RECENT)],
    at_rest: Annotated[Entries, Listed("dyspnea-at-rest", lookback=CONDITION)],
    vent: Annotated[Vent, State(vent)],
    wish: Annotated[TivWish, State(tiv_wish)],
    limits: HospiceLimits,
) -> tuple[Item, ...]:
    """Very low vital capacity, breathless at rest, ventilation declined: all three, or none."""
    if not isinstance(vc, Reading) or not vc.meets(limits.hospice_vc_lt):
        return ()
    scored = isinstance(item_10, Reading) and item_10.meets(limits.hospice_dyspnea_item_le)
    breathless: tuple[Fact, ...] = (item_10,) if scored else tuple(at_rest)
    declined = _declined(vent, wish)
    if not breathless or declined is None:
        return ()
    by = (limits.hospice_dyspnea_item_le,) if scored else ()
    return (
        Item(f"{vc.label} {vc.amount}", (vc,), (limits.hospice_vc_lt,)),
        Item("dyspnea at rest", breathless, by),
        declined,
    )


def _declined(vent: Vent, wish: TivWish) -> Item | None:
    if vent.state == "niv-declined":
        return Item(f"NIV declined {on(vent.since)}", vent.facts)
    if wish.refusal:
        told = f"invasive ventilation declined {on(wish.refusal.day)}"
        return Item(told, (wish.refusal,))
    return None


@derived
def rapid_and_critical(
    fast: Annotated[str | None, State(progresses_fast)],
    intake: Annotated[Entries, Listed("inadequate-intake", lookback=CONDITION)],
    falling: Annotated[Loss | None, State(falling_weight)],
    no_tube: Annotated[Refusal | None, State(gastrostomy_refusal)],
    pneumonias: Annotated[Entries, Listed("aspiration-pneumonia", lookback=LATELY, history=True)],
    others: Annotated[
        Entries,
        Listed(
            "life-threatening-complication",
            lookback=LATELY,
            history=True,
            parts=tuple(COMPLICATIONS),
        ),
    ],
    limits: HospiceLimits,
) -> tuple[Item, ...]:
    """Rapid progression with critical nutrition, or with a life-threatening complication."""
    if fast is None:
        return ()
    critical = list(_nutrition(intake, falling, no_tube))
    critical += _complications(pneumonias, others, limits)
    return (Item("fast progression", more=fast), *critical) if critical else ()


def _nutrition(intake: Entries, falling: Loss | None, no_tube: Refusal | None) -> Iterator[Item]:
    """Eating too little, losing weight still, and no tube wanted: all three, or none."""
    if intake.newest and falling and no_tube:
        facts = (intake.newest, *falling.facts, no_tube.entry)
        yield Item("low intake, weight falling, tube declined", facts)


def _complications(pneumonias: Entries, others: Entries, limits: HospiceLimits) -> Iterator[Item]:
    episodes: dict[object, Entry] = {e.start or e.recorded: e for e in pneumonias}
    if limits.hospice_aspirations_ge.met_by(Decimal(len(episodes))):
        told = f"{len(episodes)} aspiration pneumonias in a year"
        yield Item(told, tuple(episodes.values()), (limits.hospice_aspirations_ge,))
    if others.newest:
        last = others.newest
        told = next(words for part, words in COMPLICATIONS.items() if part in last.reasons)
        yield Item(told, (last,), more=f"{told} ({on(last.day)})")


@rule(
    "hospice-eligibility-us",
    title="Medicare criteria for hospice in ALS",
    hooks=("patient-view", "encounter-discharge"),
    kind="P",
    group="PALL",
    sources=("hospice-lcd",),
    overrides=("patient-declined", "not-clinically-appropriate"),
    leaves_out="Countries beside the US; oxygen at rest, which some contractors ask for.",
)
@decides(
    Row(
        "info",
        "US: vital capacity {hospice_vc_lt}, ALSFRS-R item 10 {hospice_dyspnea_item_le} or "
        "dyspnea at rest on record, and ventilation declined",
    ),
    Row("info", "US: fast progression, too little intake, weight falling, gastrostomy declined"),
    Row("info", "US: fast progression and aspiration pneumonia {hospice_aspirations_ge} a year"),
    Row("info", "US: fast progression and sepsis, pyelonephritis or a deep pressure ulcer"),
)
def hospice_eligibility_us(
    call: Annotated[Call, This()],
    site: Jurisdiction,
    goals: Annotated[Goals, State(goals)],
    hospice: Annotated[Entries, Enrolled("hospice")],
    refused: Annotated[Entries, Refused("hospice-evaluation")],
    breathing: Annotated[tuple[Item, ...], State(critical_breathing)],
    rapid: Annotated[tuple[Item, ...], State(rapid_and_critical)],
    vc: SittingVc,
    limits: HospiceLimits,
) -> Outcome:
    """
    Say where the record may meet the criteria for hospice, so that it can be talked over.

    vc: sitting, % of predicted, of the last six months. Whether hospice is wanted is the
    patient's decision, and that life expectancy is short a clinician's certificate.
    """
    if site.jurisdiction != "US":
        return NotIndicated("criteria of the US only")
    if hospice or goals.end_of_life:
        return NotIndicated("enrolled already")
    said = refused.newest
    since = call.today - timedelta(days=int(limits.hospice_refusal_days))
    if said and (said.day is None or said.day >= since):
        return NotIndicated(f"declined: {said}")
    items = (*breathing, *rapid)
    if not items:
        failed = failed_in(vc)
        if failed:
            return CannotAssess("vital capacity could not be read", failed)
        return NotIndicated("the criteria are not met on record")
    told = ", ".join(item.told for item in (breathing or rapid))
    return Recommend(
        summary=f"May meet Medicare hospice criteria for ALS: {told}; discuss if wanted",
        indicator="info",
        because=(
            *(sentence(item.more or item.told) for item in items),
            "Contractors differ, and some ask for oxygen at rest. A clinician certifies a life "
            "expectancy of six months or less; to enrol is the patient's choice.",
        ),
        evidence=tuple(fact for item in items for fact in item.facts),
        by=tuple(limit for item in items for limit in item.by),
        offers=(
            Create("hospice-discussion", recommended=True, reason=told),
            Create("hospice-evaluation", reason=told),
        ),
    )
