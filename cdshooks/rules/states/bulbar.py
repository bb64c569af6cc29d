"""Can the mouth seal around a mouthpiece, so that spirometry means what it says?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Latest, Limits, Missing, Reading, Threshold, derived


@dataclass(frozen=True, slots=True)
class BulbarLimits(Limits):
    """When speech or swallowing make a leak likely."""

    group: ClassVar[str] = "bulbar"
    mouth_seal_item_le: Threshold


LOOKBACK = "bulbar_score_days"


@derived
def mouth_leak(
    speech: Annotated[Reading | Missing, Latest("alsfrs-item-1", lookback=LOOKBACK)],
    swallowing: Annotated[Reading | Missing, Latest("alsfrs-item-3", lookback=LOOKBACK)],
    limits: BulbarLimits,
) -> bool:
    """Whether speech or swallowing is so weak that air leaks past a mouthpiece."""
    return any(
        isinstance(item, Reading) and item.meets(limits.mouth_seal_item_le)
        for item in (speech, swallowing)
    )
