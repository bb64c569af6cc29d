"""What makes the first opioid a matter of more care than usual?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import Latest, Limits, Missing, Reading, Threshold, derived
from cdshooks.rules.inputs import PaCO2
from cdshooks.rules.states.relief import Opioids


@dataclass(frozen=True, slots=True)
class CautionLimits(Limits):
    """Kidney function below which an opioid is chosen with advice."""

    group: ClassVar[str] = "end_of_life"
    eol_egfr_lt: Threshold


@dataclass(frozen=True, slots=True)
class GasLimits(Limits):
    """Carbon dioxide above which an opioid is begun more carefully."""

    group: ClassVar[str] = "niv"
    paco2_gt_mmhg: Threshold


@dataclass(frozen=True, slots=True)
class Cautions:
    """What makes a first opioid a matter of care: words, the values, what is not known."""

    told: tuple[str, ...]
    facts: tuple[Reading, ...]
    by: tuple[Threshold, ...]
    missing: tuple[str, ...]


@derived
def opioid_cautions(
    paco2: PaCO2,
    egfr: Annotated[Reading | Missing, Latest("egfr", lookback="eol_egfr_days")],
    opioids: Opioids,
    limits: CautionLimits,
    gas: GasLimits,
) -> Cautions:
    """
    High carbon dioxide in somebody who takes no opioid, and weak kidneys.

    No dose is named: it is the local formulary and the palliative team that give one.
    """
    told: list[str] = []
    found: list[tuple[Reading, Threshold]] = []
    if not opioids and isinstance(paco2, Reading) and paco2.meets(gas.paco2_gt_mmhg):
        told.append(f"{paco2} and no opioid so far: start lower than usual; palliative advice.")
        found.append((paco2, gas.paco2_gt_mmhg))
    if isinstance(egfr, Reading) and egfr.meets(limits.eol_egfr_lt):
        told.append(
            f"{egfr}: no morphine without specialist advice. In ALS the true value is lower, "
            "since muscle is lost."
        )
        found.append((egfr, limits.eol_egfr_lt))
    return Cautions(
        told=tuple(told),
        facts=tuple(reading for reading, _ in found),
        by=tuple(limit for _, limit in found),
        missing=(egfr.text,) if isinstance(egfr, Missing) else (),
    )
