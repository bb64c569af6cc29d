"""Is the patient weighed often enough, losing weight, or undernourished?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    Why,
    decides,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.gastrostomy import (
    Barrier,
    LossLimits,
    Refusal,
    gastrostomy_barrier,
    gastrostomy_refusal,
)
from cdshooks.rules.states.nutrition_care import open_referrals, supplement_fits, unless_open
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.swallowing import Swallowing, swallowing
from cdshooks.rules.states.weights import (
    Bmi,
    CurrentWeight,
    Height,
    Loss,
    ReportedBmi,
    bmi,
    bmi_limit,
    explained_loss,
    weight_loss,
)
from cdshooks.rules.states.words import sentence

LastWeight = Annotated[Reading | Missing, Latest("weight", lookback=None)]
WeightLoss = Annotated[Loss | None, State(weight_loss)]
Referrals = Annotated[frozenset[str], State(open_referrals)]
ARM_SPAN = "Where nobody can stand, arm span or ulna length gives the height."


@dataclass(frozen=True, slots=True)
class DueLimits(Limits):
    """How often weight is wanted."""

    group: ClassVar[str] = "nutrition"
    weight_due_days: Threshold
    weight_overdue_days: Threshold


@rule(
    "nutrition-assessment-due",
    title="Weight and height due",
    hooks=("patient-view", "appointment-book"),
    kind="M",
    group="NUTR",
    sources=("aan-malnutrition", "espen-2018"),
    overrides=("test-not-feasible", "done-elsewhere"),
    leaves_out="Weights and heights that could not be used, for lack of a unit or otherwise.",
)
@decides(
    Row("info", "No weight for {weight_due_days}"),
    Row("warning", "No weight for {weight_overdue_days}"),
    Row("info", "Neither a height nor a BMI on record"),
)
def nutrition_assessment_due(
    call: Annotated[Call, This()],
    weight: LastWeight,
    height: Height,
    reported: Annotated[Reading | Missing, Latest("bmi", lookback=None)],
    population: Annotated[Population, State(population)],
    clinic: Annotated[bool, State(clinic_near)],
    referrals: Referrals,
    limits: DueLimits,
) -> Outcome:
    """
    Ask for a weight every three months, and once for a height.

    weight: the last one of any age, kg. Where there never was one, the days since
    the diagnosis count. Absence is claimed only where the search was answered.
    """
    if isinstance(weight, Missing) and (not weight.proven or weight.failed):
        return CannotAssess(weight.text, weight.failed)
    lacking = all(isinstance(x, Missing) and x.proven and not x.failed for x in (height, reported))
    since = weight.day if isinstance(weight, Reading) else population.diagnosed
    days = Decimal((call.today - since).days) if since else Decimal()
    overdue = limits.weight_overdue_days.met_by(days)
    due = overdue or isinstance(weight, Missing) or limits.weight_due_days.met_by(days)
    if not due and not lacking:
        return NotIndicated(f"{weight}; height or BMI on record")
    if clinic and not overdue:
        return NotIndicated(NEAR)
    by = (limits.weight_overdue_days if overdue else limits.weight_due_days,) if due else ()
    advice = _asked(weight, due, lacking, int(days))
    offers = unless_open(advice.offers, referrals)
    return replace(advice, indicator="warning" if overdue else "info", by=by, offers=offers)


def _asked(weight: Reading | Missing, due: bool, lacking: bool, days: int) -> Recommend:
    """The request at its lowest level, for weight, height or both."""
    wanted = [*(["weight"] if due else []), *(["height"] if lacking else [])]
    drafts = [*(["weigh-today"] if due else []), *(["measure-height"] if lacking else [])]
    reason = _not_weighed(weight, days) if due else "Height not recorded"
    return Recommend(
        summary=reason if due else "Height not recorded: measure it, or arm span or ulna length",
        indicator="info",
        because=tuple(_why(weight, lacking)),
        evidence=(weight,) if isinstance(weight, Reading) else (),
        missing=(weight.text,) if isinstance(weight, Missing) else (),
        offers=tuple(
            Create(draft, recommended=draft == drafts[0], reason=reason)
            for draft in (*drafts, "dietitian-referral")
        ),
        due=" and ".join(wanted),
    )


def _not_weighed(weight: Reading | Missing, days: int) -> str:
    if isinstance(weight, Missing):
        usable = "" if weight.why in (Why.NEVER, Why.STALE) else "usable "
        return f"No {usable}weight recorded since the diagnosis"
    return f"Weight not recorded for {days} days (last {weight.amount} on {on(weight.day)})"


def _why(weight: Reading | Missing, lacking: bool) -> Iterator[str]:
    yield "Loss of weight shortens survival in ALS; weighing every 3 months is a quality measure."
    if lacking:
        yield f"Without a height no BMI can be computed. {ARM_SPAN}"
    if isinstance(weight, Reading):
        yield from (sentence(note) for note in weight.notes)
    yield "Who cannot stand can be weighed on a chair or hoist scale."


@rule(
    "weight-loss-significant",
    title="Significant weight loss",
    hooks=("patient-view", "encounter-start", "encounter-discharge"),
    kind="T",
    group="NUTR",
    sources=("progas-2015", "efns-table", "espen-2018"),
    overrides=("intentional", "data-incorrect", "under-specialist-review", "goals-of-care"),
    leaves_out=(
        "Weights that are far from those around them, weights older than the interval "
        "of weighing, and loss of weight that is only coded."
    ),
)
@decides(
    Row("info", "Weight loss {weight_loss_pct_gt}"),
    Row("warning", "Weight loss {weight_loss_severe_pct_ge}"),
    Row("info", "The same, explained since by intention, diuresis, amputation or paracentesis"),
)
def weight_loss_significant(
    current: CurrentWeight,
    loss: WeightLoss,
    bmi: Annotated[Bmi | None, State(bmi)],
    feeding: Annotated[Feeding, State(feeding)],
    explained: Annotated[Entry | None, State(explained_loss)],
    referrals: Referrals,
    limits: LossLimits,
) -> Outcome:
    """
    Name a loss of weight since the highest of a year, the diagnosis or the usual weight.

    Severe loss is a warning. What explains the loss lowers it to information.
    """
    if isinstance(current, Missing):
        return CannotAssess(current.text, current.failed)
    if loss is None:
        return CannotAssess("no earlier weight to compare with")
    if not limits.weight_loss_pct_gt.met_by(loss.percent):
        return NotIndicated(f"weight loss {loss}")
    severe = limits.weight_loss_severe_pct_ge.met_by(loss.percent)
    first, last = loss.reference, loss.current
    told = f"{first.amount} ({on(first.day)}) to {last.amount} ({on(last.day)})"
    drafts = ["dietitian-referral", *_feeds(feeding)]
    offers = tuple(
        Create(d, recommended=d == drafts[0], reason=f"Weight loss {loss}") for d in drafts
    )
    return Recommend(
        summary=f"Weight loss {loss}: {told}",
        indicator="warning" if severe and not explained else "info",
        because=tuple(_about(loss, bmi, feeding, explained)),
        evidence=(*loss.facts, *([explained] if explained else [])),
        by=(limits.weight_loss_severe_pct_ge if severe else limits.weight_loss_pct_gt,),
        offers=unless_open(offers, referrals),
    )


def _feeds(feeding: Feeding) -> Iterator[str]:
    """What to do about food, by the way of feeding; nothing where no food is known to go in."""
    if feeding.eats and feeding.route != "tube":
        yield "energy-rich-diet"
    if feeding.eats:
        yield "slt-referral"
    elif feeding.route in ("tube", "parenteral"):
        yield "feed-review"


def _about(loss: Loss, bmi: Bmi | None, feeding: Feeding, explained: Entry | None) -> Iterator[str]:
    yield f"Compared with the {loss.basis}: {loss.reference}."
    yield f"{bmi}." if bmi else "BMI not known."
    if explained:
        yield f"{explained} may explain the loss."
    if feeding.route == "tube":
        yield "Fed by tube: increase the feed."
    yield (
        "Survival after gastrostomy was shorter in those who had lost more than 10% "
        "since the diagnosis (ProGas); weigh again in a month."
    )
    for reading in loss.facts:
        yield from (sentence(note) for note in reading.notes)


@dataclass(frozen=True, slots=True)
class StableLimits(Limits):
    """What a stable weight is."""

    group: ClassVar[str] = "nutrition"
    stable_loss_lt: Threshold


@rule(
    "low-bmi",
    title="Undernutrition by BMI",
    hooks=("patient-view",),
    kind="T",
    group="NUTR",
    sources=("espen-2018", "french-2006"),
    overrides=("data-incorrect", "under-specialist-review"),
    leaves_out="A BMI of children's height; malnutrition that is only coded.",
)
@decides(
    Row("warning", "BMI {bmi_low_lt}"),
    Row("info", "The same, lifelong, and weight loss {stable_loss_lt}"),
)
def low_bmi(
    bmi: Annotated[Bmi | None, State(bmi)],
    limit: Annotated[Threshold, State(bmi_limit)],
    current: CurrentWeight,
    reported: ReportedBmi,
    loss: WeightLoss,
    lifelong: Annotated[Entries, Listed("lifelong-low-bmi")],
    swallowing: Annotated[Swallowing, State(swallowing)],
    feeding: Annotated[Feeding, State(feeding)],
    refusal: Annotated[Refusal | None, State(gastrostomy_refusal)],
    barrier: Annotated[Barrier | None, State(gastrostomy_barrier)],
    drinkable: Annotated[bool, State(supplement_fits)],
    referrals: Referrals,
    limits: StableLimits,
) -> Outcome:
    """
    Name undernutrition by BMI, computed from weight and height where both are there.

    A low weight that was always so, and has not fallen in a year, is information. An
    assessment for a gastrostomy is not offered against a refusal, nor where none can be made,
    and a supplement not to whom has one or aspirates thin liquids.
    """
    if bmi is None:
        failed = failed_in(current, reported)
        return CannotAssess("neither a BMI nor a current weight with a height", failed)
    if not limit.met_by(bmi.value):
        return NotIndicated(str(bmi))
    stable = loss is not None and limits.stable_loss_lt.met_by(loss.percent)
    always = lifelong.newest if stable else None
    drafts = ["dietitian-referral"]
    if feeding.by_mouth:
        drafts += ["nutritional-supplement"] if drinkable else []
        tube = swallowing.signs and not (refusal or barrier)
        drafts += ["gastrostomy-assessment"] if tube else []
    offers = tuple(Create(d, recommended=d == drafts[0], reason=str(bmi)) for d in drafts)
    return Recommend(
        summary=f"{bmi}: undernutrition; start nutrition support",
        indicator="info" if always else "warning",
        because=tuple(_undernourished(bmi, always)),
        evidence=(*bmi.facts, *([always] if always else [])),
        by=(limit, *([limits.stable_loss_lt] if always else [])),
        offers=unless_open(offers, referrals),
    )


def _undernourished(bmi: Bmi, always: Entry | None) -> Iterator[str]:
    how = "computed from weight and height" if bmi.computed else "as reported"
    yield f"{bmi} on {on(bmi.day)}, {how}."
    if always:
        yield f"{always}: a low weight is on record as lifelong, and it is stable."
    yield (
        "A French consensus proposed gastrostomy before the BMI falls under 18; "
        "the limit used here was not found in the ESPEN guideline."
    )
