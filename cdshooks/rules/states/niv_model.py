"""What a criterion for non-invasive ventilation is, and the limits of all of them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from cdshooks.rules.authoring import Fact, Indicator, Limits, Missing, Threshold


@dataclass(frozen=True, slots=True)
class NivLimits(Limits):
    """The limits of every criterion."""

    group: ClassVar[str] = "niv"
    vc_asymptomatic_lt: Threshold
    vc_symptomatic_lt: Threshold
    vc_alone_lt: Threshold
    snip_cmh2o_lt: Threshold
    snip_pct_lt: Threshold
    mip_cmh2o_lt: Threshold
    mip_cmh2o_early_lt: Threshold
    mip_pct_lt: Threshold
    orthopnea_alone: bool
    paco2_gt_mmhg: Threshold
    paco2_critical_gt_mmhg: Threshold
    ph_critical_lt: Threshold
    noct_t90_pct_gt: Threshold
    noct_t88_pct_gt: Threshold
    noct_t88_min_ge: Threshold
    noct_min_recording_min: Threshold
    noct_apart_le_minutes: Threshold
    pressure_symptomatic_lt_men: Threshold
    pressure_symptomatic_lt_women: Threshold
    pressure_fall_gt: Threshold
    pressure_fall_interval_days: Decimal
    pressure_fall_min_days: Decimal


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion that is met: its id, its level, and the finding in words."""

    id: str
    level: Indicator
    finding: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True)
class NivCriteria:
    """Criteria met, worst first, and the tests that are missing."""

    met: tuple[Criterion, ...] = ()
    missing: tuple[Missing, ...] = ()
    tested: bool = False

    def __bool__(self) -> bool:
        return bool(self.met)

    def has(self, id: str) -> bool:
        """Whether the criterion of this id is met."""
        return any(c.id == id for c in self.met)
