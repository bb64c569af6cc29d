"""Does saliva get in the way of a mask?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Latest,
    Limits,
    Listed,
    Missing,
    Reading,
    Threshold,
    derived,
)


@dataclass(frozen=True, slots=True)
class SalivaLimits(Limits):
    """When saliva is a problem for a mask."""

    group: ClassVar[str] = "symptoms"
    drooling_item_le: Threshold


@derived
def wet_mouth(
    drooling: Annotated[Entries, Listed("sialorrhea")],
    saliva: Annotated[Reading | Missing, Latest("alsfrs-item-2", lookback="bulbar_score_days")],
    limits: SalivaLimits,
) -> bool:
    """Whether saliva may get in the way of a mask."""
    scored = isinstance(saliva, Reading) and saliva.meets(limits.drooling_item_le)
    return scored or bool(drooling)
