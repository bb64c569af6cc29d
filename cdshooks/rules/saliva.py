"""Is too much saliva treated, in the order in which treatments are tried?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Draft,
    Entries,
    Entry,
    Limits,
    Listed,
    NotIndicated,
    Order,
    Outcome,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    decides,
    failed_in,
    rule,
)
from cdshooks.rules.states.drooling import (
    UNREAD,
    Anticholinergics,
    Bars,
    Drooling,
    Thick,
    anticholinergic_bars,
    botulinum,
    drooling,
    no_saliva,
    within,
)
from cdshooks.rules.states.taking import lately

FIRST = "sialorrhea-first-line"
REASON, UNCLEAR = "saliva-reason", "salivary-disturbance"
FAILED = "drug-failed"

Saliva = Annotated[Drooling, State(drooling)]
Against = Annotated[Bars, State(anticholinergic_bars)]
Toxin = Annotated[Entries, State(botulinum)]


@dataclass(frozen=True, slots=True)
class FirstLimits(Limits):
    """How long what was tried counts."""

    group: ClassVar[str] = "saliva"
    anticholinergic_tried_le_days: Threshold
    anticholinergic_ordered_le_days: Threshold
    botulinum_first_le_days: Threshold


@rule(
    FIRST,
    title="Drooling: first treatment",
    hooks=("patient-view", "order-select"),
    kind="S",
    group="SALIVA",
    sources=("chest-2023", "ggc-saliva", "scottish-palliative-saliva"),
    overrides=("contraindicated", "patient-declined", "done-elsewhere"),
    leaves_out="Saliva in notes; inhaled anticholinergics; which anticholinergic suits.",
)
@decides(
    Row("info", "ALSFRS-R item 2 {saliva_item_le} or drooling recorded, no anticholinergic tried"),
    Row("info", "Botulinum toxin ordered against saliva, no anticholinergic tried"),
)
def sialorrhea_first_line(
    order: Annotated[Order | None, Draft("botulinum-toxin", or_none=True)],
    saliva: Saliva,
    drugs: Anticholinergics,
    toxin: Toxin,
    thick: Thick,
    bars: Against,
    impaired: Annotated[Entries, Listed("cognitive-impairment")],
    call: Annotated[Call, This()],
    limits: FirstLimits,
) -> Outcome:
    """
    Name an anticholinergic as the first treatment of drooling when none was tried.

    saliva: ALSFRS-R item 2 or the problem list. When botulinum toxin against saliva is
    selected, the reason of the order stands for it, and the trial may be a year ago. One that
    was stopped without effect, or not tolerated, is no first treatment again.
    Thick secretions and what rules anticholinergics out leave it to the other rules.
    """
    if order is not None and not _against_saliva(order, saliva):
        return NotIndicated("botulinum toxin for another reason")
    if order is None and not saliva:
        return no_saliva(saliva)
    limit = limits.anticholinergic_tried_le_days
    limit = limits.anticholinergic_ordered_le_days if order else limit
    known = call.today if order else saliva.day
    lasting = (e for e in drugs if _failed(e, known) or lately(e, limit, call.today))
    tried = next(lasting, None)
    acting = None if order else within(toxin, limits.botulinum_first_le_days, call.today)
    other = thick.newest or (bars.any[0] if bars.any else None)
    if tried or other or acting:
        return NotIndicated(f"{tried or other or acting}")
    if bars.untolerated:
        return NotIndicated(f"{bars.untolerated[0].label} was not tolerated")
    unread = failed_in(drugs, toxin, bars)
    if unread:
        return CannotAssess(UNREAD, unread)
    if order:
        return _before_toxin(order, impaired)
    reason = f"Drooling: {saliva.told}"
    return Recommend(
        summary=f"Drooling ({saliva.told}): trial of anticholinergic is first line",
        indicator="info",
        because=(
            *(f"Against glycopyrronium: {r}." for r in bars.glycopyrronium),
            *_first(impaired),
        ),
        evidence=(*saliva.evidence, impaired),
        by=saliva.by,
        missing=saliva.missing,
        offers=(
            *([] if bars.glycopyrronium else [Create("glycopyrronium-proposal", reason=reason)]),
            Create("suction-device", reason=reason),
            Create("saliva-slt-referral", reason=reason),
        ),
    )


def _failed(drug: Entry, known: date | None) -> bool:
    """Whether a drug was stopped without effect, or not tolerated, and drooling is known since."""
    stopped = drug.end if FAILED in drug.reasons else None
    return stopped is not None and known is not None and known > stopped


def _against_saliva(order: Order, saliva: Drooling) -> bool:
    """Whether a reason of the order is excess saliva; one that may be a dry mouth needs proof."""
    return REASON in order.reasons or (UNCLEAR in order.reasons and bool(saliva))


def _before_toxin(order: Order, impaired: Entries) -> Recommend:
    return Recommend(
        summary=(
            "No anticholinergic tried yet for sialorrhea: it is first-line; botulinum toxin if "
            "ineffective or not tolerated."
        ),
        indicator="info",
        because=tuple(_first(impaired)),
        evidence=(order, impaired),
        overrides=("anticholinergic-not-tolerated", "patient-refuses"),
    )


def _first(impaired: Entries) -> Iterator[str]:
    yield "CHEST: a trial of an inexpensive oral anticholinergic, continued only if it helps."
    if impaired.newest:
        yield f"{impaired.newest}: prefer glycopyrronium, which hardly reaches the brain."
    yield "Alternatives: amitriptyline, a hyoscine patch, atropine drops under the tongue."
    yield "Also suction, posture and mouth care. Review effect and side effects in 2 to 4 weeks."
