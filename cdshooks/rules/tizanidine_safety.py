"""Is tizanidine ordered as its label asks: liver, dose, kidneys?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Draft,
    Entries,
    Limits,
    Medication,
    Missing,
    NotIndicated,
    Order,
    Outcome,
    Reading,
    Recommend,
    Row,
    Step,
    This,
    Threshold,
    decides,
    failed_in,
    read_as,
    rule,
    total_of,
)
from cdshooks.rules.states.antispastics import (
    Alt,
    AltLimits,
    Doubt,
    Egfr,
    Pending,
    Riluzole,
    liver_panel,
    number_of,
    raised_alt,
)
from cdshooks.rules.states.liver import BASELINE_TESTS, CertainLimits, Grade, told
from cdshooks.rules.states.taking import taken_within


@dataclass(frozen=True, slots=True)
class TizanidineLimits(Limits):
    """What is too much tizanidine, for whom, and what a new start is."""

    group: ClassVar[str] = "antispastics"
    tizanidine_daily_gt_mg: Threshold
    tizanidine_doses_gt: Threshold
    tizanidine_egfr_lt: Threshold
    antispastic_start_gap_days: Decimal


@rule(
    "tizanidine-liver-dose",
    title="Tizanidine: liver, dose and kidneys",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("tizanidine-us",),
    overrides=("action-completed",),
    leaves_out="Directions that cannot be read; creatinine without an eGFR.",
)
@decides(
    Row("warning", "ALT {antispastic_alt_gt}, at most {antispastic_alt_days} old"),
    Row("warning", "A daily dose {tizanidine_daily_gt_mg}, or more doses: {tizanidine_doses_gt}"),
    Row("warning", "eGFR {tizanidine_egfr_lt}, at most {renal_evidence_days} old"),
    Row("warning", "A new start and no ALT of {antispastic_alt_days} on file or on order"),
    Row("none", "None of these"),
)
def tizanidine_liver_dose(
    order: Annotated[Order, Draft("tizanidine")],
    alt: Alt,
    egfr: Egfr,
    taken: Annotated[Entries, Medication("tizanidine", ended=True)],
    riluzole: Riluzole,
    pending: Pending,
    call: Annotated[Call, This()],
    certain: CertainLimits,
    alts: AltLimits,
    limits: TizanidineLimits,
) -> Outcome:
    """
    Check what the label asks of tizanidine: ALT before it, its dose, and the kidneys.

    taken: none now and none that ended in the last 90 days makes it a new start.
    riluzole: drafted or taken, a second drug that can harm the liver. Where nothing but the
    test before the first dose is missing, the card is that of riluzole, if it is started too.
    """
    new = not taken_within(taken, limits.antispastic_start_gap_days, call.today)
    grade = raised_alt(alt, certain, alts)
    found = [
        *_high(grade),
        *(doubt for step in order.regimen.steps for doubt in _too_much(step, limits)),
        *_weak_kidneys(egfr, limits),
    ]
    lacking = isinstance(alt, Missing) and new and not pending
    if lacking and isinstance(alt, Missing):
        if alt.proven and taken.whole:
            found.append(Doubt("warning", NO_ALT))
        elif not found:
            return CannotAssess("ALT or earlier medication could not be read", _unread(alt, taken))
    if not found:
        return NotIndicated("ALT, dose and kidneys give no reason to speak")
    first = found[0]
    untested = all(doubt.summary == NO_ALT for doubt in found)
    return Recommend(
        summary=first.summary,
        indicator="warning",
        because=tuple(_about(found, alt, riluzole)),
        evidence=(order, *(d.fact for d in found if d.fact), riluzole),
        by=tuple(limit for doubt in found for limit in doubt.by),
        missing=(alt.text,) if isinstance(alt, Missing) else (),
        offers=liver_panel(alt, grade, pending, "Before tizanidine"),
        shares=BASELINE_TESTS if untested else None,
    )


NO_ALT = "Tizanidine: check ALT at baseline and 1 month after the maximum dose (no ALT in 90 days)."


def _unread(alt: Missing, taken: Entries) -> tuple[str, ...]:
    return failed_in(alt, taken)


def _high(grade: Grade | None) -> Iterator[Doubt]:
    if grade:
        reading, multiple = grade.multiple.reading, grade.multiple
        yield Doubt(
            "warning",
            f"ALT {reading.amount} ({multiple}): tizanidine can harm the liver; confirm ALT first.",
            " ".join(told((multiple,))),
            reading,
            (grade.limit,),
        )


def _too_much(step: Step, limits: TizanidineLimits) -> Iterator[Doubt]:
    """Too much a day, or too often; a range counts only if its lower end is too much."""
    daily, doses = limits.tizanidine_daily_gt_mg, limits.tizanidine_doses_gt
    by, past = [], []
    if step.low is not None and _past(step.low, daily):
        by.append(daily)
        past.append(f"{daily.value} mg/day")
    if step.times_a_day is not None and _past(step.times_a_day, doses):
        by.append(doses)
        past.append(f"{doses.value} doses a day")
    if by:
        total = total_of(step)
        told = f"{total} mg/day" if total else "as ordered"
        yield Doubt(
            "warning",
            f"Tizanidine {told} exceeds {' and '.join(past)}.",
            f"{'Read as' if total_of(step) else 'Directions:'} {read_as(step)}.",
            by=tuple(by),
        )


def _past(number: Fraction, limit: Threshold) -> bool:
    return limit.value is not None and number > Fraction(limit.value)


def _weak_kidneys(egfr: Reading | Missing, limits: TizanidineLimits) -> Iterator[Doubt]:
    if isinstance(egfr, Reading) and egfr.meets(limits.tizanidine_egfr_lt):
        yield Doubt(
            "warning",
            f"Tizanidine with eGFR {number_of(egfr)}: it accumulates; lower doses, raised slowly.",
            f"{egfr}: muscle loss in ALS makes eGFR look better than it is.",
            egfr,
            (limits.tizanidine_egfr_lt,),
        )


def _about(found: list[Doubt], alt: Reading | Missing, riluzole: Entries) -> Iterator[str]:
    yield from (doubt.because for doubt in found if doubt.because)
    yield from (doubt.summary for doubt in found[1:])
    yield f"Last ALT of the last 90 days: {alt}."
    if riluzole:
        yield "Riluzole is a second drug that can harm the liver."
