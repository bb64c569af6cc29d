"""Are muscles stiff or cramped, and what is or was taken against it?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Entries,
    Entry,
    Latest,
    Limits,
    Medication,
    Missing,
    Reading,
    Threshold,
    derived,
    failed_in,
)


@dataclass(frozen=True, slots=True)
class MuscleDrugs:
    """Drugs that relax muscles: baclofen, tizanidine, dantrolene and gabapentinoids.

    tried: by drug, what was taken at any time. failed: searches that did not answer.
    """

    tried: dict[str, Entries]
    failed: tuple[str, ...]

    @property
    def all(self) -> tuple[Entry, ...]:
        """Every entry, of whichever drug."""
        return tuple(entry for entries in self.tried.values() for entry in entries)


Baclofen = Annotated[Entries, Medication("baclofen", ended=True)]
Tizanidine = Annotated[Entries, Medication("tizanidine", ended=True)]
Dantrolene = Annotated[Entries, Medication("dantrolene", ended=True)]
Gabapentinoids = Annotated[Entries, Medication("gabapentinoids", ended=True)]


@derived
def antispastics(
    baclofen: Baclofen,
    tizanidine: Tizanidine,
    dantrolene: Dantrolene,
    gabapentinoids: Gabapentinoids,
) -> MuscleDrugs:
    """What is or was taken of drugs against spasticity, which also help against cramps."""
    tried = {
        "baclofen": baclofen,
        "tizanidine": tizanidine,
        "dantrolene": dantrolene,
        "gabapentin": gabapentinoids,
    }
    failed = failed_in(*tried.values())
    return MuscleDrugs(tried, failed)


def stands(entry: Entry | None, measured: Reading | Missing) -> bool:
    """Whether the problem list says so, and nothing measured since has said otherwise."""
    if entry is None:
        return False
    return isinstance(measured, Missing) or (entry.day is not None and entry.day > measured.day)


@dataclass(frozen=True, slots=True)
class RenalLimits(Limits):
    """When baclofen is not offered."""

    group: ClassVar[str] = "antispastics"
    baclofen_egfr_lt: Threshold


@derived
def against_baclofen(
    allergies: Annotated[Allergies, Allergic("baclofen")],
    filtration: Annotated[Reading | Missing, Latest("egfr", lookback="renal_evidence_days")],
    limits: RenalLimits,
) -> tuple[str, ...]:
    """An allergy to baclofen, or kidneys that do not clear it; eGFR of six months."""
    few = isinstance(filtration, Reading) and filtration.meets(limits.baclofen_egfr_lt)
    told = [f"allergy to {allergy.label}" for allergy in allergies]
    return (*told, *([str(filtration)] if few else []))
