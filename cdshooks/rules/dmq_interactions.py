"""What must not meet dextromethorphan/quinidine?"""

from collections.abc import Iterator
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
    decides,
    rule,
)
from cdshooks.rules.states.offered_drugs import CombinationWashout
from cdshooks.rules.states.words import as_it_stands, capital, shortened

DMQ = "dextromethorphan-quinidine"
MAOI, URINARY = "maoi", "maoi-urinary"
REASONS = {
    "dmq-quinidine-related": "quinidine-related drug",
    "dmq-qt-and-cyp2d6": "QT prolongation, CYP2D6",
    "dmq-ritonavir": "strong CYP3A4 inhibitor",
    MAOI: "MAO inhibitor",
    URINARY: "weak MAO inhibitor",
}
"""Why a partner is contraindicated, short enough for a summary."""
LATELY = "MAO inhibitor within 14 days"
MANY = 3
"""Reasons that no longer fit a summary."""


@rule(
    "dmq-contraindicated-drug",
    title="Drug that is contraindicated with dextromethorphan/quinidine",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("last-dose-more-than-14-days", "other-drug-stopped-today"),
    trusts_names=True,
    leaves_out="The quinidine of the combination itself; methylene blue on the skin.",
)
@decides(
    Row("critical", "With quinidine, quinine or mefloquine, whichever was ordered last"),
    Row("critical", "With an MAO inhibitor, or {maoi_washout_le_days} after one of the two ended"),
    Row("critical", "With thioridazine, pimozide or ritonavir"),
    Row("warning", "With the little methylene blue of a urinary antiseptic"),
    Row("warning", "One of the two is known by a brand name alone"),
    Row("info", "One of the two is known only from an old order that nobody closed"),
    Row("none", "The washout is over, or what is not an MAO inhibitor has ended"),
)
def dmq_contraindicated_drug(
    meeting: Annotated[Meeting, Meets(DMQ, tuple(REASONS), ended=True)],
    call: Annotated[Call, This()],
    limits: CombinationWashout,
) -> Outcome:
    """
    Warn of what the label forbids beside dextromethorphan/quinidine.

    meeting: the combination and such drugs, drafted or taken; with an MAO inhibitor
    also for two weeks after one of the two has ended.
    """
    pairs = [p for p in _pairs(meeting) if _still_meet(*p, call.today, limits)]
    if not pairs:
        return NotIndicated("what must not meet the combination ended long enough ago")
    strong = [pair for pair in pairs if pair[1].drug != URINARY]
    surely = [pair for pair in strong or pairs if pair[0].sure and pair[1].sure]
    shown = surely or strong or pairs
    level: Indicator = "info" if not surely else "critical" if strong else "warning"
    over = [order for pair in shown for order in pair if order.end]
    names = tuple(dict.fromkeys(other.label for _, other in shown))
    drafts = dict.fromkeys(o for pair in shown for o in pair if o.assessed)
    return Recommend(
        summary=(
            f"{capital(shortened(names))} with dextromethorphan/quinidine "
            f"{'is' if len(names) == 1 else 'are'} "
            f"{'contraindicated' if strong else 'advised against'} ({_reasons(shown, over)})."
        ),
        indicator=level,
        because=tuple(_because(shown)),
        evidence=tuple(dict.fromkeys(order for pair in shown for order in pair)),
        by=(limits.maoi_washout_le_days,) if over else (),
        offers=tuple(Delete(order) for order in drafts),
        choose="at-most-one",
    )


def _pairs(meeting: Meeting) -> Iterator[tuple[Order, Order]]:
    """The pairs of two orders of which one is to be assessed, the gravest reason first."""
    for name in REASONS:
        for other in meeting.of(name).partners:
            for one in meeting.drugs:
                if one.reference != other.reference and (one.assessed or other.assessed):
                    yield one, other


def _still_meet(one: Order, other: Order, today: date, limits: CombinationWashout) -> bool:
    """Whether both are taken or drafted, or the one that has ended is still in the body."""
    ended = [order.end for order in (one, other) if order.end]
    if not ended:
        return True
    if len(ended) > 1 or other.drug != MAOI:
        return False
    return limits.maoi_washout_le_days.met_by(Decimal((today - ended[0]).days))


def _reasons(shown: list[tuple[Order, Order]], over: list[Order]) -> str:
    """Why, for every partner that is shown; of many reasons the first and how many more."""
    named = dict.fromkeys(other.drug or "" for _, other in shown)
    found = [LATELY if over and name == MAOI else REASONS[name] for name in named]
    return (
        "; ".join(found) if len(found) < MANY else f"{found[0]} and {len(found) - 1} more reasons"
    )


def _because(shown: list[tuple[Order, Order]]) -> Iterator[str]:
    for one, other in shown:
        yield f"{as_it_stands(other)}; {as_it_stands(one)}: {REASONS[other.drug or '']}."
    if any(other.drug == "dmq-ritonavir" for _, other in shown):
        yield "Ritonavir slows the breakdown of quinidine; its own label forbids them together."
    if any(other.drug == "dmq-quinidine-related" for _, other in shown):
        yield "For cramps look for another drug than quinine."
