"""How much vital capacity is lost on lying down?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Latest, Limits, Missing, Reading, Series, Threshold, derived
from cdshooks.rules.inputs import RECENT, SupineVc


@dataclass(frozen=True, slots=True)
class SupineLimits(Limits):
    """What lying down may cost of vital capacity."""

    group: ClassVar[str] = "breathing_tests"
    supine_drop_rel_pct_gt: Threshold
    supine_vc_pct_lt: Threshold
    supine_pair_hours: Decimal


@dataclass(frozen=True, slots=True)
class SupineFall:
    """Vital capacity lying down that suggests diaphragm weakness.

    sitting: the value of the same session, if there is one. by: the limits met.
    """

    supine: Reading
    sitting: Reading | None
    by: tuple[Threshold, ...]

    def __str__(self) -> str:
        told = f"Supine {self.supine.label} {self.supine.amount}"
        if self.sitting is None:
            return told
        other = self.sitting.amount
        if self.sitting.label != self.supine.label:
            other = f"{self.sitting.label} {other}"
        return f"{told} vs sitting {other}"

    @property
    def facts(self) -> tuple[Reading, ...]:
        """The values that it stands on."""
        return (self.supine, self.sitting) if self.sitting else (self.supine,)


@derived
def supine_fall(
    supine: SupineVc,
    sitting: Annotated[
        tuple[Reading, ...], Series("vc-percent", lookback=RECENT, not_position="supine")
    ],
    litres: Annotated[Reading | Missing, Latest("vc-volume", lookback=RECENT, position="supine")],
    sitting_litres: Annotated[
        tuple[Reading, ...], Series("vc-volume", lookback=RECENT, not_position="supine")
    ],
    limits: SupineLimits,
) -> SupineFall | None:
    """
    A large fall from sitting to lying in one session, or a low value lying down.

    The fall is relative to the sitting value, so litres serve as well as percent.
    A low value lying down counts also without a sitting one.
    """
    low = isinstance(supine, Reading) and supine.meets(limits.supine_vc_pct_lt)
    for lying, upright in ((supine, sitting), (litres, sitting_litres)):
        if not isinstance(lying, Reading):
            continue
        partner = _partner(lying, upright, limits)
        fell = partner is not None and _fell(lying, partner, limits)
        by = (limits.supine_drop_rel_pct_gt,) if fell else ()
        if low and lying is supine:
            by = (*by, limits.supine_vc_pct_lt)
        if by:
            return SupineFall(lying, partner, by)
    return None


def _partner(lying: Reading, upright: Iterable[Reading], limits: SupineLimits) -> Reading | None:
    """The sitting value of the same session, the nearest in days."""
    near = [reading for reading in upright if _same_session(lying, reading, limits)]
    return min(near, key=lambda r: abs((r.day - lying.day).days), default=None)


def _same_session(lying: Reading, upright: Reading, limits: SupineLimits) -> bool:
    if not (lying.instant and upright.instant):
        return lying.day == upright.day
    return abs(lying.instant - upright.instant) <= timedelta(hours=int(limits.supine_pair_hours))


def _fell(lying: Reading, upright: Reading, limits: SupineLimits) -> bool:
    fall = (upright.value - lying.value) * 100 / upright.value
    return limits.supine_drop_rel_pct_gt.met_by(fall, 1)
