"""A tracheostomy is ordered: is it what the patient wants?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Delete,
    Draft,
    Entries,
    Limits,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Recommend,
    State,
    This,
    on,
    rule,
)
from cdshooks.rules.states.wishes import TivWish, tiv_wish

SURGICAL = "surgical-airway"


@dataclass(frozen=True, slots=True)
class TracheostomyLimits(Limits):
    """How long a wish for invasive ventilation counts."""

    group: ClassVar[str] = "niv_care"
    tiv_wish_days: Decimal


@rule(
    "tracheostomy-order-check",
    title="Tracheostomy against or without a recorded wish",
    hooks=("order-select", "order-sign", "encounter-start"),
    kind="X",
    group="RESP-NIV",
    sources=("smw-2013", "turner-2019"),
    overrides=("preference-changed", "emergency"),
    leaves_out="A tracheostomy for a coded surgical reason other than ventilation.",
)
def tracheostomy_order_check(
    order: Annotated[Order | None, Draft(value_set="tracheostomy", or_none=True)],
    open_orders: Annotated[
        Entries,
        Ordered("tracheostomy", drafts=False, lookback="tracheostomy_order_days", named=True),
    ],
    call: Annotated[Call, This()],
    wish: Annotated[TivWish, State(tiv_wish)],
    recorded: Annotated[bool, Captured("tiv-preference")],
    limits: TracheostomyLimits,
) -> Outcome:
    """
    Stop a tracheostomy that a recorded refusal speaks against, question one without a wish.

    On admission: an open order in the chart. That no wish is recorded means something
    only where a site records wishes; a refusal always does.
    """
    ordered = order or open_orders.newest
    if ordered is None:
        return NotIndicated("no tracheostomy ordered")
    if SURGICAL in ordered.reasons:
        return NotIndicated("for a surgical reason")
    if wish.refusal:
        day = on(wish.refusal.day) if wish.refusal.day else "(date not recorded)"
        return _question(order, f"recorded refusal {day}", wish, critical=True)
    if wish.failed:
        return CannotAssess("wishes about invasive ventilation could not be read", wish.failed)
    since = call.today - timedelta(days=int(limits.tiv_wish_days))
    if wish.wanted and wish.wanted.day and wish.wanted.day >= since:
        return NotIndicated(f"wanted: {wish.wanted}")
    if not recorded and not wish.last:
        return NotIndicated("wishes about ventilation are not recorded in coded form here")
    return _question(order, "no recorded preference", wish, critical=False)


def _question(order: Order | None, why: str, wish: TivWish, *, critical: bool) -> Recommend:
    return Recommend(
        summary=f"Tracheostomy ordered but {why}",
        indicator="critical" if critical else "warning",
        because=tuple(_beside(wish, critical)),
        evidence=(*([order] if order else []), *([wish.last] if wish.last else [])),
        offers=tuple(_offers(order, why)),
    )


def _beside(wish: TivWish, critical: bool) -> Iterator[str]:
    if not critical and wish.last:
        kind = "a wish for it" if wish.wanted else "a talk or an undecided wish"
        yield f"Last recorded: {kind}, {on(wish.last.day)}."
    yield "Confirm with the patient or the proxy, and record the wish."


def _offers(order: Order | None, why: str) -> Iterator[Offer]:
    yield Create("confirm-wish", recommended=True, urgent=True, reason=f"Tracheostomy: {why}")
    if order:
        yield Delete(order)
