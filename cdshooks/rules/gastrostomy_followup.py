"""Is a feeding tube looked after: feed, weight, site?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Fact,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.gastrostomy import LossLimits
from cdshooks.rules.states.nutrition_care import (
    DietitianVisits,
    open_referrals,
    unless_open,
)
from cdshooks.rules.states.weights import CurrentWeight, Loss, Weights

Fed = Annotated[Feeding, State(feeding)]
Referrals = Annotated[frozenset[str], State(open_referrals)]


@dataclass(frozen=True, slots=True)
class PlacementLimits(Limits):
    """Which weight stands for the day of placement."""

    group: ClassVar[str] = "gastrostomy"
    placement_weight_days: Threshold


@derived
def loss_since_tube(
    fed: Fed, current: CurrentWeight, weights: Weights, limits: PlacementLimits
) -> Loss | None:
    """
    The loss of weight since the tube was placed, from the weight nearest to that day.

    Where nobody weighed the patient then, from the first weight after it.
    """
    if fed.route != "tube" or fed.since is None or isinstance(current, Missing):
        return None
    placed = fed.since
    near = [
        weight
        for weight in weights
        if limits.placement_weight_days.met_by(Decimal(abs((weight.day - placed).days)))
    ]
    if near:
        reference = min(near, key=lambda weight: abs((weight.day - placed).days))
        return Loss(reference, current, "placement")
    later = [weight for weight in weights if placed < weight.day < current.day]
    return Loss(later[0], current, "the first weight after placement") if later else None


@rule(
    "gastrostomy-followup",
    title="Feeding tube review",
    hooks=("patient-view", "encounter-discharge"),
    kind="M",
    group="NUTR",
    sources=("progas-2015", "espen-2018"),
    overrides=("done-elsewhere",),
    leaves_out="Tubes on order.",
)
@decides(
    Row("warning", "Tube, and weight loss {weight_loss_pct_gt} since its placement"),
    Row("info", "Tube, and no dietitian in three months"),
    Row("info", "Tube, and a complication at its site"),
)
def gastrostomy_followup(
    fed: Fed,
    since_tube: Annotated[Loss | None, State(loss_since_tube)],
    current: CurrentWeight,
    visits: DietitianVisits,
    site: Annotated[Entries, Listed("gastrostomy-complication")],
    referrals: Referrals,
    limits: LossLimits,
) -> Outcome:
    """
    Review feed, weight and site of a tube.

    Because no dietitian was seen lately, weight was lost since, or the site has a
    complication.
    """
    if fed.route != "tube":
        return NotIndicated(f"feeding: {fed.route}")
    lost = since_tube and limits.weight_loss_pct_gt.met_by(since_tube.percent)
    unseen = visits.none
    if not lost and not unseen and not site:
        if visits.failed:
            return CannotAssess("dietitian visits could not be read", visits.failed)
        return NotIndicated("seen by a dietitian, weight kept, site in order")
    facts: list[Fact] = [fact for fact in (fed.evidence, site.newest) if fact]
    if since_tube and lost:
        facts += since_tube.facts
    elif isinstance(current, Reading):
        facts.append(current)
    known = "in place by" if isinstance(fed.evidence, Reading) else "since"
    since = f" {known} {on(fed.since)}" if fed.since else ""
    weight = current.amount if isinstance(current, Reading) else "not recorded lately"
    offers = (
        Create("dietitian-referral", recommended=True, reason="Feeding tube review"),
        Create("feed-review", reason="Feeding tube review"),
    )
    return Recommend(
        summary=f"Feeding tube{since}: review feed, weight {weight}",
        indicator="warning" if lost else "info",
        because=tuple(_review(since_tube if lost else None, unseen, site)),
        evidence=tuple(facts),
        by=(limits.weight_loss_pct_gt,) if lost else (),
        missing=(current.text,) if isinstance(current, Missing) else (),
        offers=unless_open(offers, referrals),
    )


def _review(lost: Loss | None, unseen: bool, site: Entries) -> Iterator[str]:
    if lost:
        yield f"Weight loss {lost} since {lost.basis} ({lost.reference}): increase the feed."
    if unseen:
        yield "No dietitian visit in the last three months."
    if site.newest:
        yield f"{site.newest}: look at the site."
