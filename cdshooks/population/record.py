"""All that an export holds of one patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One patient, as the input holds them.

    patient: the id of the Patient.
    resources: this patient's, parsed, the Patient among them; also the Medications
    that their orders refer to, which belong to nobody.
    exported: the types of which the input has a file. Of any other nothing is
    known, not even that there is none. None where the input is whole charts.
    damaged: the types of which a line that names this patient could not be read.
    """

    patient: str
    resources: tuple[Json, ...]
    exported: frozenset[str] | None = None
    damaged: frozenset[str] = frozenset()

    def of(self, types: Iterable[str]) -> tuple[Json, ...]:
        """The resources of these types, in the order of the input."""
        wanted = frozenset(types)
        return tuple(r for r in self.resources if r.get("resourceType") in wanted)
