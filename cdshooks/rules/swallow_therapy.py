"""Should food change its consistency, and should swallowing be taught?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Listed,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Recommend,
    Row,
    State,
    Visited,
    decides,
    failed_in,
    rule,
)
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.nutrition_care import (
    DIETITIAN,
    SLT,
    VISIT,
    DietitianVisits,
    open_referrals,
    unless_open,
)
from cdshooks.rules.states.swallowing import Swallowing, swallowing

Swallows = Annotated[Swallowing, State(swallowing)]
Fed = Annotated[Feeding, State(feeding)]
Referrals = Annotated[frozenset[str], State(open_referrals)]
NOT_EATING = "nothing is eaten by mouth"


def _not_moderate(swallows: Swallowing) -> Outcome:
    if swallows.known:
        return NotIndicated("dysphagia is not moderate")
    return CannotAssess("; ".join(swallows.texts), swallows.failed)


@rule(
    "texture-modification",
    title="Texture of food and liquids",
    hooks=("patient-view", "encounter-start"),
    kind="T",
    group="DYSPH",
    sources=("espen-2018",),
    overrides=("done-elsewhere", "patient-declined"),
    leaves_out="Levels of texture and thickness, which speech and language therapy sets.",
)
@decides(
    Row("warning", "ALSFRS-R item 3 {swallow_item_moderate_le} and not {swallow_item_severe_le}"),
    Row("warning", "EAT-10 {eat10_risk_ge}, and item 3 not {swallow_item_severe_le}"),
    Row("warning", "Moderate dysphagia on the problem list"),
)
def texture_modification(
    swallows: Swallows,
    fed: Fed,
    ordered: Annotated[Entries, Ordered("modified-texture", types=("NutritionOrder",))],
    dietitian: DietitianVisits,
    therapist: Annotated[Entries, Visited("slt-visit", lookback=VISIT)],
    referrals: Referrals,
) -> Outcome:
    """
    Adapt textures in moderate dysphagia, where nobody has and no expert was seen lately.

    Who eats beside a tube is meant too. Two open referrals are an answer.
    """
    if not fed.eats:
        return NotIndicated(NOT_EATING)
    if swallows.moderate is None:
        return _not_moderate(swallows)
    seen = ordered.newest or dietitian.newest or therapist.newest
    if seen:
        return NotIndicated(f"{seen}")
    if referrals >= {DIETITIAN, SLT}:
        return NotIndicated("dietitian and speech and language therapy are on order")
    if ordered.failed or dietitian.failed:
        failed = failed_in(ordered, dietitian)
        return CannotAssess("diet orders or visits could not be read", failed)
    reason = f"Moderate dysphagia: {swallows.moderate.words}"
    offers = (
        Create("dietitian-referral", recommended=True, reason=reason),
        Create("slt-referral", reason=reason),
        Create("texture-diet", reason=reason),
    )
    return Recommend(
        summary="Moderate dysphagia: adapt food and liquid texture (dietitian + SLT)",
        indicator="warning",
        because=(
            f"{reason}.",
            "Speech and language therapy sets the IDDSI levels of food and drink, thickens "
            "liquids where needed, and teaches swallowing exercises.",
        ),
        evidence=(swallows.moderate.fact,),
        by=swallows.moderate.by,
        missing=swallows.texts,
        offers=unless_open(offers, referrals),
    )


@rule(
    "chin-tuck",
    title="Swallow posture",
    hooks=("patient-view",),
    kind="T",
    group="DYSPH",
    sources=("espen-2018",),
    overrides=("contraindicated", "done-elsewhere"),
    leaves_out="Other manoeuvres, which speech and language therapy chooses.",
)
@decides(
    Row("info", "Moderate dysphagia, and no instruction in six months"),
    Row("info", "The same with weak neck extensors, or a study against it: posture by the SLT"),
)
def chin_tuck(
    swallows: Swallows,
    fed: Fed,
    taught: Annotated[
        Entries,
        Performed("posture-training", statuses=("completed",), lookback="posture_training_days"),
    ],
    neck: Annotated[Entries, Listed("neck-extensor-weakness")],
    ineffective: Annotated[Entries, Listed("chin-tuck-ineffective")],
) -> Outcome:
    """
    Have chin-tuck taught in moderate dysphagia, where it was not in six months.

    Weak neck extensors, or a study that showed it not to help, leave the posture
    to speech and language therapy.
    """
    if not fed.eats:
        return NotIndicated(NOT_EATING)
    if swallows.moderate is None:
        return _not_moderate(swallows)
    if taught.newest:
        return NotIndicated(f"{taught.newest}")
    if taught.failed:
        return CannotAssess("swallow training could not be read", taught.failed)
    against = neck.newest or ineffective.newest
    reason = f"Moderate dysphagia: {swallows.moderate.words}"
    told = "Teach chin-tuck swallow posture to protect the airway"
    if against:
        told = f"Teach swallow posture per SLT, not chin-tuck: {against.label.lower()}"
    leaflet = [] if against else [Create("chin-tuck-leaflet", reason=reason)]
    return Recommend(
        summary=told,
        indicator="info",
        because=tuple(_posture(reason, bool(against))),
        evidence=(swallows.moderate.fact, *([against] if against else [])),
        by=swallows.moderate.by,
        offers=(Create("posture-training", recommended=True, reason=reason), *leaflet),
    )


def _posture(reason: str, against: bool) -> Iterator[str]:
    yield f"{reason}."
    if against:
        yield "Posture per SLT."
    else:
        yield "Chin to chest while swallowing narrows the way to the airway."
