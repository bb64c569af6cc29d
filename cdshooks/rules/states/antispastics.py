"""What do rules about drugs against spasticity share: ALT, kidneys, and a doubt in words?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Create,
    Entries,
    Fact,
    Indicator,
    Latest,
    Limits,
    Medication,
    Missing,
    Offer,
    Ordered,
    Reading,
    Threshold,
)
from cdshooks.rules.states.liver import CertainLimits, Grade, graded, multiple_of

Alt = Annotated[Reading | Missing, Latest("alt", lookback="antispastic_alt_days")]
Egfr = Annotated[Reading | Missing, Latest("egfr", lookback="renal_evidence_days")]
Riluzole = Annotated[Entries, Medication("riluzole", drafted=True)]
Pending = Annotated[Entries, Ordered("liver-tests", lookback="ordered_test_days")]


@dataclass(frozen=True, slots=True)
class AltLimits(Limits):
    """How high ALT may be beside an antispastic that can harm the liver."""

    group: ClassVar[str] = "antispastics"
    antispastic_alt_gt: Threshold


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that speaks against the order as it is."""

    level: Indicator
    summary: str
    because: str = ""
    fact: Fact | None = None
    by: tuple[Threshold, ...] = ()


def raised_alt(alt: Reading | Missing, certain: CertainLimits, limits: AltLimits) -> Grade | None:
    """The grade of an ALT that is too high; an assumed upper limit of normal makes it a warning."""
    return graded(multiple_of(alt, certain), ((limits.antispastic_alt_gt, "critical"),))


def number_of(reading: Reading) -> str:
    """A value without its long unit."""
    return reading.amount.partition(" ")[0]


def liver_panel(
    alt: Reading | Missing, grade: Grade | None, pending: Entries, reason: str
) -> tuple[Offer, ...]:
    """Liver tests, unless they are ordered, or current and not too high."""
    if pending or (isinstance(alt, Reading) and not grade):
        return ()
    return (Create("hepatic-panel", recommended=True, reason=reason),)
