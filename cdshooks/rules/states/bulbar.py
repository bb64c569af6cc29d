"""Can the mouth seal around a mouthpiece, so that spirometry means what it says?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Latest, Limits, Missing, Reading, State, Threshold, derived
from cdshooks.rules.states.panel import bulbar_score


@dataclass(frozen=True, slots=True)
class BulbarLimits(Limits):
    """When speech or swallowing make a leak likely."""

    group: ClassVar[str] = "bulbar"
    mouth_seal_item_le: Threshold


LOOKBACK = "bulbar_score_days"
Speech = Annotated[Reading | Missing, Latest("alsfrs-item-1", lookback=LOOKBACK)]
Swallowing = Annotated[Reading | Missing, Latest("alsfrs-item-3", lookback=LOOKBACK)]

NO_SPEECH = 0
"""ALSFRS-R item 1 of a patient who has lost useful speech."""


def speechless(item: Reading | Missing) -> bool:
    """Whether no useful speech is left, by ALSFRS-R item 1."""
    return isinstance(item, Reading) and item.value == NO_SPEECH


@derived
def mouth_leak(
    speech: Speech,
    swallowing: Swallowing,
    limits: BulbarLimits,
) -> bool:
    """Whether speech or swallowing is so weak that air leaks past a mouthpiece."""
    return any(
        isinstance(item, Reading) and item.meets(limits.mouth_seal_item_le)
        for item in (speech, swallowing)
    )


@dataclass(frozen=True, slots=True)
class SevereLimits(Limits):
    """When bulbar weakness is severe."""

    group: ClassVar[str] = "niv_care"
    bulbar_severe_le: Threshold
    bulbar_severe_item_le: Threshold


@derived
def severely_bulbar(
    speech: Speech,
    swallowing: Swallowing,
    score: Annotated[int | None, State(bulbar_score)],
    limits: SevereLimits,
) -> bool:
    """Whether the bulbar subscore is very low, or speech or swallowing alone is."""
    low = score is not None and limits.bulbar_severe_le.met_by(Decimal(score))
    return low or any(
        isinstance(item, Reading) and item.meets(limits.bulbar_severe_item_le)
        for item in (speech, swallowing)
    )
