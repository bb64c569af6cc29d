"""Which screens of thinking and behaviour are past their cut-off?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Latest, Limits, Missing, Reading, Threshold, derived

SCORES = "cog_score_days"


@dataclass(frozen=True, slots=True)
class CutOffs(Limits):
    """Scores at which a cognitive or behavioural screen is abnormal."""

    group: ClassVar[str] = "cognition"
    ecas_total_lt: Threshold
    ecas_specific_lt: Threshold
    ecas_non_specific_lt: Threshold
    als_cbs_cognitive_le: Threshold
    als_cbs_cognitive_ftd_le: Threshold
    als_cbs_behavior_le: Threshold
    als_cbs_behavior_ftd_le: Threshold


@dataclass(frozen=True, slots=True)
class Abnormal:
    """A score past its cut-off, as a card writes it; dementia: deep enough to suggest FTD."""

    reading: Reading
    told: str
    by: Threshold
    dementia: bool


@derived
def abnormal_screens(
    ecas: Annotated[Reading | Missing, Latest("ecas-total", lookback=SCORES)],
    specific: Annotated[Reading | Missing, Latest("ecas-als-specific", lookback=SCORES)],
    other: Annotated[Reading | Missing, Latest("ecas-non-specific", lookback=SCORES)],
    thinking: Annotated[Reading | Missing, Latest("als-cbs-cognitive", lookback=SCORES)],
    behavior: Annotated[Reading | Missing, Latest("als-cbs-behavior", lookback=SCORES)],
    limits: CutOffs,
) -> tuple[Abnormal, ...]:
    """Every score of the last year that is past its cut-off; the total of the ECAS first."""
    tests = (
        (ecas, 136, limits.ecas_total_lt, None),
        (specific, 100, limits.ecas_specific_lt, None),
        (other, 36, limits.ecas_non_specific_lt, None),
        (thinking, 20, limits.als_cbs_cognitive_le, limits.als_cbs_cognitive_ftd_le),
        (behavior, 45, limits.als_cbs_behavior_le, limits.als_cbs_behavior_ftd_le),
    )
    return tuple(
        Abnormal(test, f"{test.label} {test.amount}/{full}", limit, bool(deep and test.meets(deep)))
        for test, full, limit, deep in tests
        if isinstance(test, Reading) and test.meets(limit)
    )
