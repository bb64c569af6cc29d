"""Is mexiletine safe for this heart?"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Delete,
    Draft,
    Entries,
    Filed,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    derived,
    read_as,
    rule,
)


@dataclass(frozen=True, slots=True)
class MexiletineLimits(Limits):
    """How much mexiletine trials in ALS bore."""

    group: ClassVar[str] = "cramps"
    mexiletine_daily_gt_mg: Threshold


@derived
def tracing(
    qtc: Annotated[Reading | Missing, Latest("qtc", lookback="mexiletine_ecg_days")],
    reports: Annotated[Entries, Filed("ecg", lookback="mexiletine_ecg_days")],
    done: Annotated[
        Entries, Performed("ecg", statuses=("completed",), lookback="mexiletine_ecg_days")
    ],
    ordered: Annotated[Entries, Ordered("ecg", lookback="ecg_order_days")],
) -> bool | None:
    """Whether an electrocardiogram of the last year is on file or one is on order; None: unread."""
    if isinstance(qtc, Reading) or reports or done or ordered:
        return True
    unread = not qtc.proven or not done.whole
    return None if unread else False


@rule(
    "mexiletine-cardiac",
    title="Mexiletine and the heart",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("weiss-2016",),
    overrides=("cardiology-agrees",),
    leaves_out="Cardiogenic shock, in which nobody orders a drug against cramps.",
)
@decides(
    Row("critical", "Second- or third-degree AV block on the problem list without a pacemaker"),
    Row("warning", "Heart failure or structural heart disease on the problem list"),
    Row("info", "A daily dose {mexiletine_daily_gt_mg}"),
    Row("info", "No electrocardiogram of {mexiletine_ecg_days} on file or on order"),
    Row("none", "None of these"),
)
def mexiletine_cardiac(
    order: Annotated[Order, Draft("mexiletine")],
    block: Annotated[Entries, Listed("av-block")],
    pacemaker: Annotated[Entries, Listed("pacemaker")],
    heart: Annotated[Entries, Listed("structural-heart-disease", named=True)],
    ecg: Annotated[bool | None, State(tracing)],
    limits: MexiletineLimits,
) -> Outcome:
    """
    Warn of mexiletine in a heart that it may stop, and ask for an electrocardiogram.

    block: answered by a pacemaker. ecg: a QTc, a report or the tracing itself.
    """
    blocked = block if block and not pacemaker else Entries()
    high = _high(order, limits)
    if blocked or heart:
        summary = (
            f"Mexiletine with {'AV block' if blocked else 'structural heart disease'}: "
            f"{'contraindicated' if blocked else 'caution'}; confirm an ECG first."
        )
    elif high:
        summary = (
            f"Mexiletine above 300 mg/day ({high}): cramp trials gave 300 mg; 900 mg was often "
            "stopped."
        )
    elif ecg is False:
        summary = "Mexiletine: no ECG in the last year; confirm an ECG first."
    else:
        return _quiet(block, ecg)
    return Recommend(
        summary=summary,
        indicator="critical" if blocked else "warning" if heart else "info",
        because=(
            *(f"On the problem list: {entry}." for entry in (*blocked, *heart)),
            *((f"Read as {high}.",) if high else ()),
            "In ALS 300 mg a day cut cramps to a third; with 900 mg a day 32% stopped it. After "
            "a heart attack drugs of its class raised mortality (boxed warning).",
        ),
        evidence=(order, blocked, heart),
        by=(limits.mexiletine_daily_gt_mg,) if high else (),
        missing=("an electrocardiogram of the last year",) if not ecg else (),
        offers=tuple(_tracing_first(order, ecg, blocked=bool(blocked))),
    )


def _high(order: Order, limits: MexiletineLimits) -> str:
    """The directions of a dose that is too high; empty if it is not."""
    limit = limits.mexiletine_daily_gt_mg.value
    for step in order.regimen.steps:
        if limit is not None and step.low is not None and step.low > Fraction(limit):
            return read_as(step)
    return ""


def _quiet(block: Entries, ecg: bool | None) -> Outcome:
    if block.failed:
        return CannotAssess("the problem list could not be read", block.failed)
    if ecg is None:
        return CannotAssess("electrocardiograms could not be read")
    return NotIndicated("an electrocardiogram is there, and no heart disease that matters")


def _tracing_first(order: Order, ecg: bool | None, *, blocked: bool) -> Iterator[Offer]:
    if blocked:
        yield Delete(order)
    if not ecg:
        yield Create("ecg", recommended=True, reason="Before mexiletine")
