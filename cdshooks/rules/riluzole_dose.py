"""Is riluzole ordered as its label says: 50 mg every 12 hours, away from meals?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    LEVELS,
    UNREAD_ROUTE,
    Call,
    Draft,
    Indicator,
    Limits,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Recommend,
    Row,
    Step,
    This,
    Threshold,
    Update,
    decides,
    directions_told,
    read_as,
    rule,
    total_of,
)


@lru_cache(maxsize=64)
def _still(label: Decimal, tolerance_pct: Decimal) -> tuple[Fraction, Fraction]:
    """The least and the most that is still a labelled dose. Kept, for fractions are slow."""
    part = Fraction(tolerance_pct) / 100
    return Fraction(label) * (1 - part), Fraction(label) * (1 + part)


@dataclass(frozen=True, slots=True)
class DayLimits(Limits):
    """The daily dose of the label, and how far from it is still it."""

    group: ClassVar[str] = "riluzole_dose"
    daily_dose_mg: Decimal
    tolerance_pct: Decimal

    def below(self, mg: Fraction, label: Decimal) -> bool:
        """Whether a dose is under a labelled one by more than the tolerance."""
        return mg < _still(label, self.tolerance_pct)[0]

    def above(self, mg: Fraction, label: Decimal) -> bool:
        """Whether a dose is over a labelled one by more than the tolerance."""
        return mg > _still(label, self.tolerance_pct)[1]

    def off(self, mg: Fraction, label: Decimal) -> bool:
        """Whether a dose is not the labelled one."""
        return self.below(mg, label) or self.above(mg, label)


@dataclass(frozen=True, slots=True)
class DoseLimits(DayLimits):
    """How the label divides the day's dose, and what lies beyond all experience."""

    single_dose_mg: Decimal
    doses_a_day: Decimal
    critical_daily_dose_gt: Threshold


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way in which an order is not what the label says."""

    level: Indicator
    summary: str
    correctable: bool = True
    by: tuple[Threshold, ...] = ()
    overrides: tuple[str, ...] = ()


WHOLE = ("tablet", "film")
"""Forms that are not divided."""
SWALLOWED = (None, "oral", "enteral")
LOW = ("intentional-reduced-dose-tolerability", "starting-low-then-increase")
UNKNOWN = Deviation(
    "info",
    "Could not verify the riluzole dose: directions are free text or incomplete. "
    "Label: 50 mg every 12 hours.",
    correctable=False,
)
AS_NEEDED = Deviation(
    "warning", "Riluzole is ordered as needed; it is a scheduled drug, 50 mg every 12 hours."
)
WRONG_ROUTE = Deviation(
    "warning", "Riluzole is given by mouth or feeding tube only.", correctable=False
)
FILM_BY_TUBE = Deviation(
    "warning", "Riluzole film is for the tongue; for a feeding tube order the suspension."
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
    leaves_out="Doses below the label in a taper; orders of a clinical trial.",
)
@decides(
    Row("critical", "Daily dose {critical_daily_dose_gt}, with a tolerance of {tolerance_pct}"),
    Row("warning", "Daily dose above {daily_dose_mg} by more than {tolerance_pct}"),
    Row("warning", "Daily dose below {daily_dose_mg} by more than {tolerance_pct}, not in a taper"),
    Row("warning", "{daily_dose_mg}, but not given as {single_dose_mg} {doses_a_day}"),
    Row("warning", "Signing: as needed, or tablets or films not whole"),
    Row("warning", "Signing: a route other than mouth or feeding tube, or a film for a tube"),
    Row("info", "Signing: directions that are free text or incomplete"),
    Row("none", "As labelled, an order of a clinical trial, or directions not yet written"),
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
    A falling dose is a taper, which excuses everything but too much.
    """
    if "clinical-trial" in order.reasons:
        return NotIndicated("an order of a clinical trial")
    found = list(_deviations(order, call.hook == "order-sign", limits))
    if not found:
        return NotIndicated("as labelled, a taper, or not yet written")
    found.sort(key=lambda d: -LEVELS.index(d.level))
    first = found[0]
    others = [d.summary for d in found if d.summary != first.summary]
    correctable = order.regimen.route in SWALLOWED and all(d.correctable for d in found)
    offers = tuple(_offers(order, correctable))
    return Recommend(
        summary=first.summary,
        indicator=first.level,
        because=(*dict.fromkeys(others), *_remarks(order, offers)),
        evidence=(order,),
        by=first.by,
        offers=offers,
        overrides=tuple(dict.fromkeys(code for d in found for code in d.overrides)),
        choose="at-most-one",
    )


def _deviations(order: Order, signing: bool, limits: DoseLimits) -> Iterator[Deviation]:
    """Too much; then, unless it is a taper, too little, wrongly divided, and wrongly taken."""
    steps = order.regimen.steps
    for step in steps:
        yield from _too_much(step, limits)
    if order.regimen.tapering:
        return
    for step in steps:
        yield from _too_little(step, limits)
        yield from _divided(step, order, limits)
    if signing:
        yield from _directions(order, limits)


def _too_much(step: Step, limits: DoseLimits) -> Iterator[Deviation]:
    """Cases iii and iv: a range counts only if its lower end is already too much."""
    if step.low is None or not limits.above(step.low, limits.daily_dose_mg):
        return
    trial = limits.critical_daily_dose_gt
    beyond = trial.value is not None and limits.above(step.low, trial.value)
    yield Deviation(
        "critical" if beyond else "warning",
        f"Riluzole {total_of(step)} mg/day exceeds 100 mg/day: no added benefit expected, "
        "more adverse effects.",
        by=(trial,) if beyond else (),
    )


def _too_little(step: Step, limits: DoseLimits) -> Iterator[Deviation]:
    """Case i, also for a range from too little to too much, of which no part is right."""
    label = limits.daily_dose_mg
    if step.low is None or step.high is None or not limits.below(step.low, label):
        return
    too_low = limits.below(step.high, label)
    if too_low or limits.above(step.high, label):
        yield Deviation(
            "warning",
            f"Riluzole {total_of(step)} mg/day ordered; the label dose is 50 mg every 12 hours "
            "(100 mg/day).",
            overrides=LOW if too_low else (),
        )


def _divided(step: Step, order: Order, limits: DoseLimits) -> Iterator[Deviation]:
    """Case ii: the right total, not given as two doses of 50 mg.

    Parts of a tablet or film are told as such when the order is signed.
    """
    if not _is_labelled_total(step, limits) or _is_split(step, order, limits):
        return
    if step.times_a_day == 1:
        yield Deviation("warning", "Riluzole 100 mg once daily: give 50 mg every 12 hours instead.")
    elif step.times_a_day != Fraction(limits.doses_a_day) or any(
        limits.off(each, limits.single_dose_mg) for each in step.each
    ):
        words = read_as(step).replace(": ", " (")
        yield Deviation("warning", f"Riluzole {words}): give 50 mg every 12 hours instead.")


def _is_labelled_total(step: Step, limits: DayLimits) -> bool:
    """Whether all that the directions leave open is the labelled dose of a day."""
    return _ends_off(step, limits) == {False}


def _ends_off(step: Step, limits: DayLimits) -> set[bool]:
    """Whether the ends of the daily total are off the label; empty if it is unknown."""
    ends = [end for end in (step.low, step.high) if end is not None]
    return {limits.off(end, limits.daily_dose_mg) for end in ends}


def _is_split(step: Step, order: Order, limits: DoseLimits) -> bool:
    """Whether an amount is not a whole number of tablets or films, but for the tolerance."""
    if order.form not in WHOLE:
        return False
    whole = limits.single_dose_mg
    return any(
        limits.off(each, max(1, round(each / Fraction(whole))) * whole) for each in step.each
    )


def _directions(order: Order, limits: DoseLimits) -> Iterator[Deviation]:
    """Cases v to viii: what only a complete order can show.

    Of a drug that is known by name only another card says that its dose was not checked.
    """
    regimen = order.regimen
    if not _is_read(order, limits) and not order.by_name:
        yield UNKNOWN
    if regimen.as_needed:
        yield AS_NEEDED
    if any(_is_split(step, order, limits) for step in regimen.steps):
        yield Deviation(
            "warning",
            f"Riluzole {order.form}s of 50 mg are not divided; give 50 mg every 12 hours.",
        )
    if regimen.route not in (*SWALLOWED, UNREAD_ROUTE):
        yield WRONG_ROUTE
    if order.form == "film" and (regimen.via_tube or regimen.route == "enteral"):
        yield FILM_BY_TUBE


def _is_read(order: Order, limits: DayLimits) -> bool:
    """Whether the directions can be judged: ranges are all right or all wrong."""
    regimen = order.regimen
    decided = all(len(_ends_off(step, limits)) == 1 for step in regimen.steps)
    return bool(regimen.steps) and not regimen.problems and decided


def _offers(order: Order, correctable: bool) -> Iterator[Offer]:
    """The labelled directions, where they can replace what is written.

    Not for an order of another FHIR version, which could not be sent back, and not
    for a feeding tube: the labelled directions are by mouth.
    """
    if correctable and order.version == "R4" and not _by_tube(order):
        liquid = order.form == "suspension"
        draft = "riluzole-suspension-every-12-hours" if liquid else "riluzole-50-mg-every-12-hours"
        yield Update(order, draft, recommended=True)


def _by_tube(order: Order) -> bool:
    return order.regimen.via_tube or order.regimen.route == "enteral"


def _remarks(order: Order, offers: tuple[Offer, ...]) -> Iterator[str]:
    """How the directions were read, and what goes with a correction or stands in its way."""
    yield from directions_told(order.regimen)
    if order.regimen.route == UNREAD_ROUTE:
        yield "The route could not be read."
    if offers:
        yield "After a correction check the quantity to be dispensed."
    if order.version != "R4":
        yield f"The order came in FHIR {order.version}, so no corrected order can be offered."
    elif _by_tube(order):
        yield "The order is for a feeding tube, so directions by mouth are not offered."


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
@decides(
    Row("info", "Directions tie a dose to a meal, or put it shortly before one"),
    Row("none", "Nothing about food, or an order of a clinical trial"),
)
def riluzole_food_timing(
    order: Annotated[Order, Draft("riluzole")],
    call: Annotated[Call, This()],
    limits: DayLimits,
) -> Outcome:
    """Say so when the directions tie riluzole to a meal, which lowers its exposure.

    Directions that could not be read are never replaced for the sake of the meal.
    """
    food = order.regimen.food
    if "clinical-trial" in order.reasons or food is None:
        return NotIndicated("nothing about food")
    if call.hook == "order-select" and not order.regimen.structured:
        return NotIndicated("directions are not yet written")
    summary = "Riluzole is directed with food: take at least 1 hour before or 2 hours after a meal."
    if food == "before-food-too-close":
        summary = "Riluzole is directed shortly before food: make it at least 1 hour before a meal."
    correctable = _is_read(order, limits) and order.regimen.route in SWALLOWED
    return Recommend(
        summary=summary,
        indicator="info",
        evidence=(order,),
        offers=tuple(_offers(order, correctable and not order.regimen.tapering)),
        choose="at-most-one",
    )
