"""Do two drugs together raise serotonin to dangerous levels?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from cdshooks.rules.authoring import (
    Call,
    Delete,
    Indicator,
    Meeting,
    Meets,
    NotIndicated,
    Order,
    Outcome,
    Recommend,
    Row,
    This,
    Threshold,
    decides,
    rule,
)
from cdshooks.rules.states.offered_drugs import SerotoninWashout
from cdshooks.rules.states.words import as_it_stands, capital, shortened

FLUOXETINE = "fluoxetine"
Pair = tuple[Order, Order, Threshold | None]
"""A serotonergic drug, an MAO inhibitor, and the washout that one of them is still in."""


@dataclass(frozen=True, slots=True)
class WashoutLimits(SerotoninWashout):
    """How long a drug that has ended still meets the other."""

    fluoxetine_washout_le_days: Threshold


@rule(
    "ssri-maoi",
    title="Serotonergic drug with an MAO inhibitor",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("product",),
    overrides=("washout-complete",),
    trusts_names=True,
    leaves_out="Methylene blue on the skin; opioids other than tramadol and meperidine; triptans.",
)
@decides(
    Row("critical", "Both drafted or taken, whichever was ordered last"),
    Row(
        "critical",
        "One ended, {serotonin_washout_le_days} ago; fluoxetine {fluoxetine_washout_le_days}",
    ),
    Row("warning", "One of them is known by a brand name alone"),
    Row("warning", "The MAO inhibitor is the little methylene blue of a urinary antiseptic"),
    Row("info", "One of them is known only from an old order that nobody closed"),
    Row("none", "The washout is over"),
)
def ssri_maoi(
    meeting: Annotated[Meeting, Meets("serotonergic", ("maoi", "maoi-urinary"), ended=True)],
    call: Annotated[Call, This()],
    limits: WashoutLimits,
) -> Outcome:
    """
    Warn of a serotonergic drug with an MAO inhibitor, together or too soon one after the other.

    meeting: SSRIs, SNRIs, tricyclics, mirtazapine, tramadol and meperidine, with MAO
    inhibitors, linezolid and methylene blue; drafted, taken, or ended lately.
    """
    pairs = tuple(_together(meeting, call.today, limits))
    if not pairs:
        return NotIndicated("one of the two ended long enough ago")
    strong = [pair for pair in pairs if pair[1].drug == "maoi"]
    surely = [pair for pair in strong or pairs if pair[0].sure and pair[1].sure]
    shown = surely or strong or list(pairs)
    level: Indicator = "info" if not surely else "critical" if strong else "warning"
    serotonergic = tuple(dict.fromkeys(one.label for one, _, _ in shown))
    inhibitors = tuple(dict.fromkeys(other.label for _, other, _ in shown))
    by = tuple(dict.fromkeys(limit for _, _, limit in shown if limit))
    longest = max((limit.value for limit in by if limit.value is not None), default=None)
    within = f" (or within {longest} days)" if longest is not None else ""
    drafts = dict.fromkeys(o for pair in shown for o in pair[:2] if o.assessed)
    return Recommend(
        summary=(
            f"{capital(shortened(serotonergic))} with {shortened(inhibitors)}{within}: "
            f"serotonin syndrome risk, {'contraindicated' if strong else 'avoid'}."
        ),
        indicator=level,
        because=tuple(_because(shown)),
        evidence=tuple(dict.fromkeys(o for pair in shown for o in pair[:2])),
        by=by,
        offers=tuple(Delete(order) for order in drafts),
        choose="at-most-one",
    )


def _together(meeting: Meeting, today: date, limits: WashoutLimits) -> Iterator[Pair]:
    """The pairs of which one is a draft to assess and the other is still in the body."""
    for one in meeting.drugs:
        for other in meeting.partners:
            if one.reference == other.reference or not (one.assessed or other.assessed):
                continue
            over = [order for order in (one, other) if order.end is not None]
            if not over:
                yield one, other, None
            elif len(over) == 1:
                yield from _washing_out(one, other, over[0], today, limits)


def _washing_out(
    one: Order, other: Order, over: Order, today: date, limits: WashoutLimits
) -> Iterator[Pair]:
    limit = limits.serotonin_washout_le_days
    if over is one and one.within(FLUOXETINE):
        limit = limits.fluoxetine_washout_le_days
    days = (today - over.end).days if over.end else 0
    if limit.met_by(Decimal(days)):
        yield one, other, limit


def _because(pairs: list[Pair]) -> Iterator[str]:
    for one, other, _ in pairs:
        yield f"{as_it_stands(one)}; {as_it_stands(other)}."
    yield "Class labelling forbids the combination, and for days to weeks after either drug."
    if any(other.label == "linezolid" or "methylene" in other.label for _, other, _ in pairs):
        yield "Linezolid and methylene blue inhibit monoamine oxidase too."
