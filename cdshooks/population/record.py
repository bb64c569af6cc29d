"""All that an export holds of one patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

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
        """The resources of these types, in the order of ``resources``."""
        wanted = frozenset(types)
        return tuple(r for r in self.resources if r.get("resourceType") in wanted)


def resources_of(lines: Iterable[str]) -> tuple[tuple[Json, ...], tuple[str, ...]]:
    """
    The resources of a patient's lines, whatever order they come in; and lines that are none.

    Of a resource that comes more than once, the one that was updated last counts.
    """
    found: dict[tuple[object, object], Json] = {}
    lost: list[str] = []
    for place, line in enumerate(sorted(lines)):
        try:
            resource = orjson.loads(line)
        except orjson.JSONDecodeError:
            lost.append(line)
            continue
        key = resource["resourceType"], resource.get("id") or place
        if key not in found or _updated(resource) >= _updated(found[key]):
            found[key] = resource
    return tuple(found.values()), tuple(lost)


def _updated(resource: Json) -> str:
    meta = resource.get("meta")
    written = meta.get("lastUpdated") if isinstance(meta, dict) else None
    return written if isinstance(written, str) else ""
