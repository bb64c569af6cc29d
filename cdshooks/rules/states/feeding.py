"""How is the patient fed: by mouth, by tube, by vein, or does nobody say?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from cdshooks.rules.authoring import (
    Doubt,
    Entries,
    Entry,
    InUse,
    Latest,
    Listed,
    Missing,
    Ordered,
    Performed,
    Reading,
    State,
    derived,
    origins,
)
from cdshooks.rules.states.swallowing import NO_MEALS, SwallowItem

Route = Literal["tube", "tube-ordered", "parenteral", "route-unknown", "oral"]
Tubes = Annotated[Entries, Performed("gastrostomy", statuses=("completed",), named=True)]
OPEN = ("active", "on-hold")


@dataclass(frozen=True, slots=True)
class Feeding:
    """The way of feeding, with what shows it.

    nil: nothing is taken by mouth, whatever the way. late: orders for a tube that
    brought none. unread: some of what would show a tube could not be read.
    """

    route: Route
    since: date | None
    evidence: Entry | Reading | None
    nil: bool
    late: tuple[Entry, ...] = ()
    unread: bool = False

    @property
    def by_mouth(self) -> bool:
        """Whether the patient is fed by mouth alone, as far as is known."""
        return self.route == "oral" and not self.nil

    @property
    def eats(self) -> bool:
        """Whether food is taken by mouth at all, beside a tube too."""
        return self.route != "parenteral" and not self.nil


@derived
def tube_in_place(
    placed: Tubes,
    removed: Annotated[
        Entries, Performed("gastrostomy-removal", statuses=("completed",), named=True)
    ],
    status: Annotated[Entries, Listed("gastrostomy-status")],
    device: Annotated[Entries, InUse("feeding-tube")],
    without: Annotated[Reading | Missing, Latest("alsfrs-item-5a", lookback=None)],
    with_tube: Annotated[Reading | Missing, Latest("alsfrs-item-5b", lookback=None)],
    enteral: Annotated[
        Entries, Ordered("enteral-feeding", types=("NutritionOrder",), drafts=False)
    ],
) -> Entry | Reading | None:
    """
    What shows that a feeding tube is in place, and was not removed since.

    A procedure without success placed none. The form of ALSFRS-R item 5 for
    patients with a gastrostomy counts unless the other form was used since.
    """
    out = max((entry.day or date.max for entry in removed), default=None)
    placed_well = [entry for entry in placed if "unsuccessful" not in entry.reasons]
    standing: tuple[Entry, ...] = (*placed_well, *status, *device)
    for entry in standing:
        if out is None or (entry.day or date.min) > out:
            return entry
    if isinstance(with_tube, Reading) and not _later(without, with_tube.day, out):
        return with_tube
    return enteral.newest


def _later(without: Reading | Missing, scored: date, removed: date | None) -> bool:
    """Whether something since the score says that there is no tube any more."""
    gone = isinstance(without, Reading) and without.day > scored
    return gone or (removed is not None and removed >= scored)


@derived
def feeding(
    tube: Annotated[Entry | Reading | None, State(tube_in_place)],
    placed: Tubes,
    recent: Annotated[Entries, Ordered("gastrostomy-request", lookback="gastrostomy_order_days")],
    requests: Annotated[Entries, Ordered("gastrostomy-request", statuses=OPEN, drafts=False)],
    parenteral: Annotated[
        Entries,
        Ordered("parenteral-feeding", types=("NutritionOrder", "ServiceRequest"), drafts=False),
    ],
    item: SwallowItem,
    nil: Annotated[Entries, Listed("nil-by-mouth")],
) -> Feeding:
    """
    The way of feeding: tube in place, tube on order, by vein, else by mouth.

    Whoever swallows nothing, and has none of these on record, is fed in a way that
    nobody wrote down.
    """
    score = item if isinstance(item, Reading) else None
    empty = score is not None and score.value == NO_MEALS
    nothing = empty or bool(nil)
    if tube is not None:
        since = tube.start or tube.day if isinstance(tube, Entry) else tube.day
        return Feeding("tube", since, tube, nothing)
    if recent.newest:
        return Feeding("tube-ordered", recent.newest.day, recent.newest, nothing)
    if parenteral.newest:
        return Feeding("parenteral", parenteral.newest.day, parenteral.newest, nothing)
    unread = _failed((placed, requests))
    route: Route = "route-unknown" if empty else "oral"
    return Feeding(route, None, score, nothing, tuple(requests), unread)


def _failed(found: Iterable[Entries]) -> bool:
    return any(entries.failed for entries in found)


@derived
def route_doubt(feeding: Annotated[Feeding, State(feeding)]) -> Doubt | None:
    """That a patient swallows nothing, while no other way of feeding is on record."""
    if feeding.route != "route-unknown" or not isinstance(feeding.evidence, Reading):
        return None
    score = feeding.evidence
    reason = f"{score.label} {score.amount} vs no known feeding tube"
    text, then = f"feeding route: {reason}", "record feeding route"
    return Doubt("conflict", "feeding route", text, score.day, origins(score), reason, then)
