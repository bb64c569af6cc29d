"""Are muscles stiff or cramped, and what is or was taken against it?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from cdshooks.rules.authoring import Entries, Entry, Medication, Threshold, derived


@dataclass(frozen=True, slots=True)
class MuscleDrugs:
    """Drugs that relax muscles: baclofen, tizanidine, dantrolene and gabapentinoids.

    tried: by product set, what was taken at any time. failed: searches that did not answer.
    """

    tried: dict[str, Entries]
    failed: tuple[str, ...]

    @property
    def all(self) -> tuple[Entry, ...]:
        """Every entry, of whichever drug."""
        return tuple(entry for entries in self.tried.values() for entry in entries)

    @property
    def now(self) -> tuple[Entry, ...]:
        """What is taken now."""
        return tuple(entry for entry in self.all if entry.end is None)


Baclofen = Annotated[Entries, Medication("baclofen", ended=True)]
Tizanidine = Annotated[Entries, Medication("tizanidine", ended=True)]
Dantrolene = Annotated[Entries, Medication("dantrolene", ended=True)]
Gabapentinoids = Annotated[Entries, Medication("gabapentinoid", ended=True)]


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
        "gabapentinoid": gabapentinoids,
    }
    failed = dict.fromkeys(key for entries in tried.values() for key in entries.failed)
    return MuscleDrugs(tried, tuple(failed))


def lately(entry: Entry, limit: Threshold, today: date) -> bool:
    """Whether a drug is taken, or its end is within the limit."""
    return entry.end is None or limit.met_by(Decimal((today - entry.end).days))
