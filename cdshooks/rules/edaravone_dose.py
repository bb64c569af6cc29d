"""Is edaravone given in the dose, the cycle and the way of its label?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from cdshooks.rules.authoring import (
    Call,
    Course,
    Draft,
    Entries,
    Entry,
    Limits,
    Medication,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Recommend,
    Row,
    State,
    Step,
    This,
    Threshold,
    Update,
    beside,
    decides,
    derived,
    directions_told,
    milligrams,
    rule,
)
from cdshooks.rules.states.taking import taken_within

Way = Literal["iv", "oral"]
WAYS: dict[str | None, Way] = {
    "injection": "iv",
    "intravenous": "iv",
    "suspension": "oral",
    "oral": "oral",
    "enteral": "oral",
}
"""Forms and routes by which it is known how edaravone is given."""
LABELLED: dict[tuple[Way, bool], str] = {
    ("iv", True): "edaravone-iv-first",
    ("iv", False): "edaravone-iv-later",
    ("oral", True): "edaravone-oral-first",
    ("oral", False): "edaravone-oral-later",
}
"""The labelled directions by way, and by whether it is the first cycle."""
EVENING = frozenset({"eve", "eve.early", "eve.late", "night", "hs", "phs", "cv", "acv", "pcv"})
"""Events of the day at which nobody has fasted overnight."""


@dataclass(frozen=True, slots=True)
class CycleLimits(Limits):
    """What the label says of dose, speed and cycle."""

    group: ClassVar[str] = "edaravone"
    edaravone_iv_mg: Decimal
    edaravone_oral_mg: Decimal
    edaravone_tolerance_pct: Decimal
    edaravone_rate_gt: Threshold
    edaravone_infusion_minutes: Decimal
    edaravone_first_days: Decimal
    edaravone_later_doses: Decimal
    edaravone_block_days: Decimal

    def is_dose(self, amount: Fraction, way: Way) -> bool:
        """Whether an amount is the dose of a day, but for rounding."""
        dose = self.edaravone_iv_mg if way == "iv" else self.edaravone_oral_mg
        return abs(amount - Fraction(dose)) * 100 <= Fraction(dose * self.edaravone_tolerance_pct)


@dataclass(frozen=True, slots=True)
class GapLimits(Limits):
    """After which time without edaravone a cycle is a first one."""

    group: ClassVar[str] = "edaravone"
    edaravone_first_gap_days: Decimal


@dataclass(frozen=True, slots=True)
class Cycle:
    """Which cycle an order begins; last: the day of the last known dose before it.

    first: None when earlier medication was not read whole.
    """

    first: bool | None
    last: date | None = None


@derived
def edaravone_cycle(
    history: Annotated[Entries, Medication("edaravone", ended=True)],
    call: Annotated[Call, This()],
    limits: GapLimits,
) -> Cycle:
    """A first cycle is one without edaravone in the weeks before it."""
    lately = taken_within(history, limits.edaravone_first_gap_days, call.today)
    ends = [entry.end for entry in history if entry.end is not None]
    first = None if not lately and not history.whole else not lately
    return Cycle(first, max(ends, default=None))


@rule(
    "edaravone-dose-cycle",
    title="Edaravone dose and cycle as labelled",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("edaravone-us",),
    overrides=("mid-cycle-continuation", "daily-dosing-by-specialist", "action-completed"),
    merge="edaravone-directions",
    needs_als=False,
    leaves_out="Orders of a clinical trial; infusion pumps that say a speed per weight.",
)
@decides(
    Row(
        "warning", "Into a vein and not {edaravone_iv_mg}, or by mouth and not {edaravone_oral_mg}"
    ),
    Row("warning", "Not once a day, or as needed"),
    Row("warning", "Infusion {edaravone_rate_gt} or under {edaravone_infusion_minutes}"),
    Row("warning", "No end, or more than {edaravone_block_days}: no drug-free period"),
    Row("warning", "First cycle of another length than {edaravone_first_days}"),
    Row("warning", "Later cycle of more than {edaravone_later_doses}"),
    Row("warning", "A cycle begins sooner than {edaravone_block_days} after the last dose"),
    Row("info", "Signing: directions that are free text or incomplete"),
    Row("none", "As labelled, or an order of a clinical trial"),
)
def edaravone_dose_cycle(
    order: Annotated[Order, Draft("edaravone")],
    cycle: Annotated[Cycle, State(edaravone_cycle)],
    call: Annotated[Call, This()],
    limits: CycleLimits,
) -> Outcome:
    """
    Compare dose, speed and cycle of an order with the label.

    A first cycle is 14 days in a row, a later one 10 of 14 days, each followed by two
    weeks without. What is not written yet counts only when the order is signed.
    """
    if "clinical-trial" in order.reasons:
        return NotIndicated("an order of a clinical trial")
    signing = call.hook == "order-sign"
    way = _way(order)
    found = tuple(dict.fromkeys(_deviations(order, way, cycle, signing, limits)))
    if not found:
        if signing and not order.by_name and (way is None or _is_unread(order)):
            return _unverified(order, way, cycle)
        return NotIndicated("as labelled, or not yet written")
    return Recommend(
        summary=f"Edaravone {found[0]}: label is {_label(way, cycle)}.",
        indicator="warning",
        because=(*(f"Found: {text}." for text in found), *_remarks(order)),
        evidence=(order,),
        offers=_offers(order, way, cycle),
        choose="at-most-one",
    )


def _way(order: Order) -> Way | None:
    return WAYS.get(order.form) or WAYS.get(order.regimen.route)


def _is_unread(order: Order) -> bool:
    """Whether dose or frequency could not be read; dates and weekdays are a frequency."""
    steps, problems = order.regimen.steps, set(order.regimen.problems)
    if any(step.course.dates or step.course.weekday_times for step in steps):
        problems -= {"not-daily", "frequency"}
    return bool(problems) or not all(step.each for step in steps)


def _label(way: Way | None, cycle: Cycle) -> str:
    dose = "105 mg (5 mL) oral" if way == "oral" else "60 mg IV over 60 min"
    days = "10 of 14" if cycle.first is False else "14"
    return f"{dose} once daily for {days} days, then 14 days off"


def _deviations(
    order: Order, way: Way | None, cycle: Cycle, signing: bool, limits: CycleLimits
) -> Iterator[str]:
    for step in order.regimen.steps:
        if way:
            yield from _dose(step, way, limits)
        yield from _often(step)
        if way == "iv":
            yield from _speed(step.course, limits)
        yield from _length(step, cycle, signing, limits)
        yield from _too_soon(step.course, cycle, limits)
    if order.regimen.as_needed:
        yield "as needed"


def _often(step: Step) -> Iterator[str]:
    """What is not once a day: every line once, or each line once on the weekdays it names."""
    times, once = step.times_a_day, step.lines
    if times is None:
        times, once = step.course.weekday_times, 1
    if times is not None and times != once:
        yield "not once a day"


def _dose(step: Step, way: Way, limits: CycleLimits) -> Iterator[str]:
    """The dose of a day: of several lines, which are two bags, their sum."""
    amount = step.a_day if step.lines > 1 else step.per_time
    if amount is None or limits.is_dose(amount, way):
        return
    other: Way = "oral" if way == "iv" else "iv"
    if limits.is_dose(amount, other):
        yield f"{milligrams(amount)} mg {'IV' if way == 'iv' else 'oral'}, the other form's dose"
    elif way == "iv" and limits.is_dose(amount * 2, way):
        yield f"{milligrams(amount)} mg, one bag of two"
    else:
        yield f"{milligrams(amount)} mg"


def _speed(course: Course, limits: CycleLimits) -> Iterator[str]:
    rate, minutes = course.mg_a_minute, course.minutes
    least = Fraction(limits.edaravone_infusion_minutes)
    if rate is not None and limits.edaravone_rate_gt.met_by(_decimal(rate)):
        yield "infused in under 60 min"
    elif minutes is not None and minutes < least:
        yield f"infused in {milligrams(minutes)} min"


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def _length(step: Step, cycle: Cycle, signing: bool, limits: CycleLimits) -> Iterator[str]:
    """What is wrong with how long the treatment goes on."""
    course = step.course
    if not course.bounded:
        if signing and step.each:
            yield "without a drug-free period"
        return
    doses, span = _doses(course), _span(course)
    block = Fraction(limits.edaravone_block_days)
    if (span is not None and span > block) or (doses is not None and doses > block):
        yield "without a drug-free period"
    elif doses is None:
        return
    elif cycle.first and doses != Fraction(limits.edaravone_first_days):
        yield f"first cycle of {milligrams(doses)} days"
    elif cycle.first is False and doses > Fraction(limits.edaravone_later_doses):
        yield f"later cycle of {milligrams(doses)} days"


def _doses(course: Course) -> Fraction | None:
    """How many days of treatment: by count, weekday or date, or all days of the period."""
    if course.doses is not None:
        return course.doses
    return Fraction(len(set(course.dates))) if course.dates else course.days


def _span(course: Course) -> Fraction | None:
    if course.dates:
        return Fraction((course.dates[-1] - course.dates[0]).days + 1)
    return course.days


def _too_soon(course: Course, cycle: Cycle, limits: CycleLimits) -> Iterator[str]:
    """A start that is stated, and too near to the last dose that is known."""
    if course.start is None or cycle.last is None or course.start <= cycle.last:
        return
    free = (course.start - cycle.last).days
    if free < limits.edaravone_block_days:
        yield f"begun {beside(str(free), 'd')} after the last dose"


def _unverified(order: Order, way: Way | None, cycle: Cycle) -> Recommend:
    return Recommend(
        summary=f"Could not verify the edaravone directions. Label: {_label(way, cycle)}.",
        indicator="info",
        because=tuple(_remarks(order)),
        evidence=(order,),
    )


def _remarks(order: Order) -> Iterator[str]:
    if order.regimen.problems:
        yield from directions_told(order.regimen)
    yield "Count from the day of the first dose; check the quantity after a correction."


def _offers(order: Order, way: Way | None, cycle: Cycle) -> tuple[Offer, ...]:
    """The labelled directions, where it is known which they are."""
    if way is None or cycle.first is None or order.version != "R4":
        return ()
    return (Update(order, LABELLED[way, cycle.first]),)


@rule(
    "edaravone-ors-fasting",
    title="Oral edaravone on an empty stomach",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("edaravone-us",),
    overrides=("tube-feeding-schedule",),
    merge="edaravone-directions",
    needs_als=False,
    leaves_out="Orders that say nothing about food.",
)
@decides(
    Row("info", "By mouth, and the directions tie it to a meal or to the evening"),
    Row("info", "By mouth or tube, and tube feeding is on order"),
)
def edaravone_ors_fasting(
    order: Annotated[Order, Draft("edaravone")],
    enteral: Annotated[
        Entries, Ordered("enteral-feeding", types=("NutritionOrder",), drafts=False)
    ],
    cycle: Annotated[Cycle, State(edaravone_cycle)],
) -> Outcome:
    """
    Say that oral edaravone is taken in the morning after an overnight fast.

    enteral: active orders for tube feeding, which often runs overnight.
    """
    if _way(order) != "oral" or "clinical-trial" in order.reasons:
        return NotIndicated("not by mouth, or an order of a clinical trial")
    reasons = tuple(_not_fasting(order, enteral.newest))
    if not reasons:
        return NotIndicated("nothing about food")
    return Recommend(
        summary=(
            "Edaravone oral: give in the morning on an empty stomach, nothing but water for "
            "1 hour after."
        ),
        indicator="info",
        because=(
            *reasons,
            "Label: 8 hours after a high-fat meal, 4 hours after a low-fat meal, 2 hours after a "
            "supplement of 250 kcal.",
        ),
        evidence=(order, enteral),
        offers=_offers(order, "oral", cycle),
        choose="at-most-one",
    )


def _not_fasting(order: Order, feed: Entry | None) -> Iterator[str]:
    if order.regimen.food:
        yield "The directions tie a dose to a meal."
    if order.regimen.when & EVENING:
        yield "The directions name the evening."
    if feed:
        yield f"Tube feeding is on order: {feed}; pause it before and after."
