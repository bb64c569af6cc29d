"""Is riluzole ordered as its label says: 50 mg every 12 hours, away from meals?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    LEVELS,
    Call,
    Draft,
    Indicator,
    Limits,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Recommend,
    Step,
    This,
    Threshold,
    Update,
    rule,
)


@dataclass(frozen=True, slots=True)
class DoseLimits(Limits):
    """The dose of the label, and what lies beyond all experience."""

    group: ClassVar[str] = "riluzole_dose"
    daily_dose_mg: Decimal
    single_dose_mg: Decimal
    doses_a_day: Decimal
    critical_daily_dose_gt: Threshold
    tolerance_pct: Decimal


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way in which an order is not what the label says."""

    case: str
    level: Indicator
    summary: str
    correctable: bool = True


WHOLE = ("tablet", "film")
"""Forms that are not divided."""
SWALLOWED = (None, "oral", "enteral")
LOW = ("intentional-reduced-dose-tolerability", "starting-low-then-increase")
SUMMARY_UNKNOWN = (
    "Could not verify the riluzole dose: directions are free text or incomplete. "
    "Label: 50 mg every 12 hours."
)


@rule(
    "riluzole-dose",
    title="Riluzole dose as labelled",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("expert-contradicts",),
    merge="riluzole-directions",
    needs_als=False,
    leaves_out="Tapering orders and orders of a clinical trial.",
)
def riluzole_dose(
    order: Annotated[Order, Draft("riluzole")],
    call: Annotated[Call, This()],
    limits: DoseLimits,
) -> Outcome:
    """
    Compare the ordered dose with the label, and say when it cannot be read.

    Unknown is never zero and never wrong. While an order is only being
    selected, directions may still be missing, so only what is written counts.
    """
    if order.regimen.tapering or "clinical-trial" in order.reasons:
        return NotIndicated("a taper, or an order of a clinical trial")
    signing = call.hook == "order-sign"
    found = [d for step in order.regimen.steps for d in _amounts(step, order, limits)]
    if signing:
        found += _directions(order, limits)
    if not found:
        return NotIndicated("as labelled, or not yet written")
    found.sort(key=lambda d: -LEVELS.index(d.level))
    first = found[0]
    others = tuple(d.summary for d in found[1:] if d.summary != first.summary)
    return Recommend(
        summary=first.summary,
        indicator=first.level,
        because=(*dict.fromkeys(others), *_remarks(order)),
        evidence=(order,),
        by=(limits.critical_daily_dose_gt,) if first.case == "iv" else (),
        offers=tuple(_offers(order, any(d.correctable for d in found))),
        overrides=LOW if first.case == "i" else (),
        choose="at-most-one",
    )


def _amounts(step: Step, order: Order, limits: DoseLimits) -> Iterator[Deviation]:
    """Cases i to iv: the total of a day and how it is divided."""
    if step.low is None or step.high is None:
        return
    slack = Fraction(limits.tolerance_pct) / 100
    label = Fraction(limits.daily_dose_mg)
    least, most = label * (1 - slack), label * (1 + slack)
    if step.high < least:
        yield Deviation(
            "i",
            "warning",
            f"Riluzole {_mg(step)} mg/day ordered; the label dose is 50 mg every 12 hours "
            "(100 mg/day).",
        )
    elif step.low > most:
        trial = limits.critical_daily_dose_gt
        beyond = trial.value is not None and step.low > Fraction(trial.value) * (1 + slack)
        yield Deviation(
            "iv" if beyond else "iii",
            "critical" if beyond else "warning",
            f"Riluzole {_mg(step)} mg/day exceeds 100 mg/day: no added benefit expected, "
            "more adverse effects.",
        )
    elif step.times_a_day is not None and step.times_a_day < Fraction(limits.doses_a_day):
        yield Deviation(
            "ii", "warning", "Riluzole 100 mg once daily: give 50 mg every 12 hours instead."
        )


def _mg(step: Step) -> str:
    low, high = step.low, step.high
    if low is None or high is None:
        return "?"
    return _number(low) if low == high else f"{_number(low)} to {_number(high)}"


def _number(amount: Fraction) -> str:
    return f"{float(amount):.1f}".removesuffix(".0")


def _directions(order: Order, limits: DoseLimits) -> Iterator[Deviation]:
    """Cases v to viii: what only a complete order can show."""
    regimen = order.regimen
    if regimen.problems or not regimen.steps:
        yield Deviation("v", "info", SUMMARY_UNKNOWN, correctable=False)
    if regimen.as_needed:
        yield Deviation(
            "vi",
            "warning",
            "Riluzole is ordered as needed; it is a scheduled drug, 50 mg every 12 hours.",
        )
    if order.form in WHOLE and any(_divides(step, limits) for step in regimen.steps):
        yield Deviation(
            "vii",
            "warning",
            f"Riluzole {order.form}s of 50 mg are not divided; give 50 mg every 12 hours.",
        )
    if regimen.route not in SWALLOWED:
        yield Deviation(
            "viii", "warning", "Riluzole is given by mouth or feeding tube only.", correctable=False
        )
    if order.form == "film" and regimen.via_tube:
        yield Deviation(
            "viii",
            "warning",
            "Riluzole film is for the tongue; for a feeding tube order the suspension.",
            correctable=False,
        )


def _divides(step: Step, limits: DoseLimits) -> bool:
    """Whether a single dose is not a whole number of tablets or films."""
    if step.per_time is None:
        return False
    return step.per_time % Fraction(limits.single_dose_mg) != 0


def _offers(order: Order, correctable: bool) -> Iterator[Offer]:
    """The labelled directions; for an order of an earlier FHIR version none can be sent back."""
    if correctable and order.type == "MedicationRequest":
        liquid = order.form == "suspension"
        draft = "riluzole-suspension-every-12-hours" if liquid else "riluzole-50-mg-every-12-hours"
        yield Update(order, draft, recommended=True)


def _remarks(order: Order) -> Iterator[str]:
    problems = ", ".join(order.regimen.problems)
    if problems:
        yield f"Not readable in the directions: {problems}."
    if order.type != "MedicationRequest":
        yield f"The order came in FHIR {order.version}, so no corrected order can be offered."


@rule(
    "riluzole-food-timing",
    title="Riluzole away from meals",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us",),
    overrides=("gi-intolerance-accepts-food", "tube-feeding-schedule"),
    merge="riluzole-directions",
    needs_als=False,
    leaves_out="Orders that say nothing about food: most pharmacies print it on the label.",
)
def riluzole_food_timing(order: Annotated[Order, Draft("riluzole")]) -> Outcome:
    """Say so when the directions tie riluzole to a meal, which lowers its exposure."""
    if "clinical-trial" in order.reasons or order.regimen.food is None:
        return NotIndicated("nothing about food")
    summary = "Riluzole is directed with food: take at least 1 hour before or 2 hours after a meal."
    if order.regimen.food == "before-food-too-close":
        summary = "Riluzole is directed shortly before food: make it at least 1 hour before a meal."
    return Recommend(
        summary=summary,
        indicator="info",
        evidence=(order,),
        offers=tuple(_offers(order, correctable=True)),
        choose="at-most-one",
    )
