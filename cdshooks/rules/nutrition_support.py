"""Would body composition, smaller meals or a supplement help this patient?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    Why,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.gastrostomy import LossLimits
from cdshooks.rules.states.niv_model import Criterion
from cdshooks.rules.states.nutrition_care import (
    only_thickened,
    open_referrals,
    supplement,
    unless_open,
)
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.weights import (
    Bmi,
    CurrentWeight,
    Loss,
    Weights,
    bmi,
    bmi_limit,
    falling_weight,
    weight_loss,
)

NOT_BY_MOUTH = "not fed by mouth"
Fed = Annotated[Feeding, State(feeding)]
Referrals = Annotated[frozenset[str], State(open_referrals)]


@dataclass(frozen=True, slots=True)
class CompositionLimits(Limits):
    """When body composition is wanted, and whether a site can measure it."""

    group: ClassVar[str] = "nutrition"
    body_comp_available: bool
    body_comp_diagnosed_days: Threshold
    body_comp_bmi_lt: Threshold
    weight_loss_pct_gt: Threshold


@derived
def composition_reasons(
    call: Annotated[Call, This()],
    population: Annotated[Population, State(population)],
    loss: Annotated[Loss | None, State(weight_loss)],
    bmi: Annotated[Bmi | None, State(bmi)],
    limits: CompositionLimits,
) -> tuple[Criterion, ...]:
    """Why body composition would tell something: loss of weight, a low BMI, a new diagnosis."""
    found = []
    if loss and limits.weight_loss_pct_gt.met_by(loss.percent):
        by = (limits.weight_loss_pct_gt,)
        found.append(Criterion("loss", "info", f"weight loss {loss}", loss.facts, by))
    if bmi and limits.body_comp_bmi_lt.met_by(bmi.value):
        by = (limits.body_comp_bmi_lt,)
        found.append(Criterion("bmi", "info", str(bmi), bmi.facts, by))
    day, evidence = population.diagnosed, population.evidence
    since = limits.body_comp_diagnosed_days
    if day and evidence and since.met_by(Decimal((call.today - day).days)):
        found.append(Criterion("new", "info", f"diagnosed {on(day)}", (evidence,), (since,)))
    return tuple(found)


@rule(
    "body-composition",
    title="Body composition",
    hooks=("patient-view",),
    kind="M",
    group="NUTR",
    sources=("espen-2018",),
    overrides=("resource-unavailable", "patient-declined"),
    leaves_out="Sites that cannot measure it or do not record it in coded form; bone density.",
)
def body_composition(
    reasons: Annotated[tuple[Criterion, ...], State(composition_reasons)],
    done: Annotated[
        Entries,
        Performed("body-composition", statuses=("completed",), lookback="body_comp_due_days"),
    ],
    measured: Annotated[Reading | Missing, Latest("fat-free-mass", lookback="body_comp_due_days")],
    recorded: Annotated[bool, Captured("body-composition")],
    device: Annotated[Entries, Listed("pacemaker")],
    clinic: Annotated[bool, State(clinic_near)],
    limits: CompositionLimits,
) -> Outcome:
    """
    Ask for fat-free mass twice a year where a site can measure it and it would tell something.

    done, measured: of the last six months. A pacemaker leaves only DXA.
    """
    if not limits.body_comp_available or not recorded:
        return NotIndicated("body composition is not measured or not recorded at this site")
    if done.newest or isinstance(measured, Reading):
        return NotIndicated(f"done: {done.newest or measured}")
    if done.failed or not measured.proven or measured.failed:
        return CannotAssess(measured.text, failed_in(done, measured))
    if not reasons:
        return NotIndicated("no loss of weight, low BMI or new diagnosis")
    if clinic:
        return NotIndicated(NEAR)
    drafts = ("body-dxa",) if device else ("bioimpedance", "body-dxa")
    finding = reasons[0].finding
    return Recommend(
        summary=f"Body composition (BIA/DEXA) not done in 6 months; {finding}",
        indicator="info",
        because=(
            "Weight alone does not tell muscle from fat and water; impedance needs a "
            "formula validated in ALS.",
            *([f"{device.newest}: no impedance, DXA only."] if device.newest else []),
        ),
        evidence=tuple(fact for reason in reasons for fact in reason.facts),
        by=tuple(limit for reason in reasons for limit in reason.by),
        offers=tuple(Create(d, recommended=d == drafts[0], reason=finding) for d in drafts),
        choose="at-most-one",
        due="body composition",
    )


@dataclass(frozen=True, slots=True)
class MealLimits(Limits):
    """When a meal takes long."""

    group: ClassVar[str] = "nutrition"
    meal_minutes_gt: Threshold


@rule(
    "meal-fractionation",
    title="Smaller, richer meals",
    hooks=("patient-view",),
    kind="T",
    group="NUTR",
    sources=("espen-2018",),
    overrides=("done-elsewhere",),
    leaves_out="Fatigue away from meals.",
)
@decides(
    Row("info", "A meal takes {meal_minutes_gt}"),
    Row("info", "Fatigue at meals on the problem list"),
)
def meal_fractionation(
    minutes: Annotated[Reading | Missing, Latest("meal-minutes", lookback="meal_minutes_days")],
    fatigue: Annotated[Entries, Listed("meal-fatigue", lookback="symptom_condition_days")],
    fed: Fed,
    advised: Annotated[
        Entries,
        Ordered(
            "fractionated-diet",
            types=("NutritionOrder",),
            statuses=("active", "completed"),
            lookback="diet_advice_days",
        ),
    ],
    referrals: Referrals,
    limits: MealLimits,
) -> Outcome:
    """Advise small, frequent, enriched meals when meals take long or tire the patient."""
    if not fed.by_mouth:
        return NotIndicated(NOT_BY_MOUTH)
    if advised.newest:
        return NotIndicated(f"advised: {advised.newest}")
    long = isinstance(minutes, Reading) and minutes.meets(limits.meal_minutes_gt)
    if not long and not fatigue:
        if isinstance(minutes, Missing) and minutes.why is not Why.NEVER:
            return CannotAssess(minutes.text, minutes.failed)
        return NotIndicated(f"{minutes}")
    told = "Fatigue at meals"
    if long and isinstance(minutes, Reading):
        told = f"Meals take {minutes.amount}"
    offers = (
        Create("fractionated-diet", recommended=True, reason=told),
        Create("dietitian-referral", reason=told),
    )
    facts = [f for f in (minutes if long else None, fatigue.newest) if f]
    return Recommend(
        summary=f"{told}: smaller, more frequent, energy-enriched meals",
        indicator="info",
        because=("Long meals tire the muscles of eating; less is eaten than is needed.",),
        evidence=tuple(facts),
        by=(limits.meal_minutes_gt,) if long else (),
        offers=unless_open(offers, referrals),
    )


@derived
def supplement_reason(
    loss: Annotated[Loss | None, State(weight_loss)],
    falling: Annotated[Loss | None, State(falling_weight)],
    weights: Weights,
    bmi: Annotated[Bmi | None, State(bmi)],
    limit: Annotated[Threshold, State(bmi_limit)],
    limits: LossLimits,
) -> Criterion | None:
    """Why food alone is not enough: loss of weight, a weight still falling, or a low BMI."""
    rose = len(weights) > 1 and weights[-1].value > weights[-2].value
    if loss and limits.weight_loss_pct_gt.met_by(loss.percent):
        by = (limits.weight_loss_pct_gt,)
        told = f"Weight loss {loss}" if rose else f"Weight still falling ({loss})"
        return Criterion("loss", "info", told, loss.facts, by)
    if falling:
        told = f"Weight still falling ({falling})"
        return Criterion("falls", "info", told, falling.facts)
    if bmi and limit.met_by(bmi.value):
        return Criterion("bmi", "info", str(bmi), bmi.facts, (limit,))
    return None


@rule(
    "oral-nutritional-supplement",
    title="Oral nutritional supplement",
    hooks=("patient-view",),
    kind="T",
    group="NUTR",
    sources=("espen-2018",),
    overrides=("patient-declined", "not-clinically-appropriate"),
    leaves_out="Who is fed by tube or vein; who aspirates thin liquids and has no thickened ones.",
)
@decides(
    Row("info", "Weight loss {weight_loss_pct_gt}"),
    Row("info", "Two falls of weight in a row, {falls_total_ge} in sum, {falls_within_days}"),
    Row("info", "BMI {bmi_low_lt}"),
)
def oral_nutritional_supplement(
    current: CurrentWeight,
    reason: Annotated[Criterion | None, State(supplement_reason)],
    fed: Fed,
    has: Annotated[Entry | None, State(supplement)],
    thickened: Annotated[bool | None, State(only_thickened)],
    referrals: Referrals,
) -> Outcome:
    """Add a supplement when weight falls or BMI is low, and the patient eats and has none."""
    if not fed.by_mouth:
        return NotIndicated(NOT_BY_MOUTH)
    if has:
        return NotIndicated(f"{has}")
    if thickened is None:
        return NotIndicated("thin liquids are aspirated and no thickened ones are ordered")
    if reason is None:
        if isinstance(current, Missing):
            return CannotAssess(current.text, current.failed)
        return NotIndicated("weight is stable and BMI is not low")
    offers = (
        Create("nutritional-supplement", recommended=True, reason=reason.finding),
        Create("dietitian-referral", reason=reason.finding),
    )
    return Recommend(
        summary=f"{reason.finding}: add oral nutritional supplement",
        indicator="info",
        because=tuple(_supplemented(thickened)),
        evidence=reason.facts,
        by=reason.by,
        offers=unless_open(offers, referrals),
    )


def _supplemented(thickened: bool) -> Iterator[str]:
    yield "400 to 600 kcal a day beside meals is a usual start; the dietitian chooses the product."
    if thickened:
        yield "Thin liquids are aspirated: only a thickened product."
