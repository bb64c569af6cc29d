"""Is swallowing weak enough to matter for a drug that weakens it further?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    Reading,
    Threshold,
    derived,
    failed_in,
)


@dataclass(frozen=True, slots=True)
class DysphagiaLimits(Limits):
    """From where swallowing is weak."""

    group: ClassVar[str] = "swallow_risk"
    dysphagia_item_le: Threshold


@dataclass(frozen=True, slots=True)
class Dysphagia:
    """What shows weak swallowing, if anything does; failed: searches that did not answer."""

    evidence: Entry | Reading | None = None
    by: tuple[Threshold, ...] = ()
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.evidence is not None


@derived
def dysphagia(
    recorded: Annotated[Entries, Listed("dysphagia-recorded")],
    item: Annotated[Reading | Missing, Latest("alsfrs-item-3", lookback="dysphagia_score_days")],
    limits: DysphagiaLimits,
) -> Dysphagia:
    """Dysphagia on the problem list, or by item 3 of the ALSFRS-R of the last six months."""
    if recorded.newest:
        return Dysphagia(recorded.newest)
    if isinstance(item, Reading) and item.meets(limits.dysphagia_item_le):
        return Dysphagia(item, (limits.dysphagia_item_le,))
    return Dysphagia(failed=failed_in(recorded, item))
