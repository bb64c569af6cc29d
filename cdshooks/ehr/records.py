"""What the example EHR holds on a day: every example patient, told as of that day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import lru_cache

from cdshooks import examples
from cdshooks.ehr.compare import FIRST, LAST, first_instant
from cdshooks.ehr.parameters import TYPES, Kind, Parameter, parameters
from cdshooks.ehr.query import Query
from cdshooks.fhir.elements import Json, obj, objects, string


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what a search found, and how much there is in all."""

    page: Sequence[Json]
    total: int
    more: bool


class Records:
    """Resources by type, in the order in which they were given. Nothing here changes them."""

    def __init__(self, resources: Iterator[Json], zone: tzinfo) -> None:
        """zone: in which days begin. Of resources with one type and id the first is kept."""
        self._zone = zone
        self._by_type: dict[str, dict[str, Json]] = {type: {} for type in TYPES}
        for resource in resources:
            type, id = resource.get("resourceType"), string(resource.get("id"))
            if type in self._by_type and id:
                self._by_type[type].setdefault(id, resource)
        self._by_patient = {type: _by_patient(type, all) for type, all in self._by_type.items()}

    def read(self, type: str, id: str) -> Json | None:
        """The resource of this type and id."""
        return self._by_type.get(type, {}).get(id)

    def search(self, query: Query) -> Found:
        """The page that a search asks for; what lacks the element to sort by comes last."""
        hits = [
            resource
            for resource in self._near(query)
            if all(one.fits(resource) for one in query.criteria)
        ]
        # The last parameter first: sorting keeps the order of what is equal.
        for parameter, descending in reversed(query.sort):
            hits = _sorted(hits, parameter, descending, self._zone)
        end = query.offset + query.count
        more = query.count > 0 and end < len(hits)
        return Found(hits[query.offset : end], len(hits), more)

    def _near(self, query: Query) -> Iterable[Json]:
        """Those of the patients that are asked for, as nearly every search names one; else all."""
        for one in query.criteria:
            if one.parameter.name == "patient":
                groups = self._by_patient[query.type].items()
                wanted = [
                    group for reference, group in groups if one.test({"reference": reference})
                ]
                return {id: resource for group in wanted for id, resource in group.items()}.values()
        return self._by_type[query.type].values()


def _by_patient(type: str, resources: dict[str, Json]) -> dict[str, dict[str, Json]]:
    """Resources by the reference to their patient, as it is written, and by id."""
    groups: dict[str, dict[str, Json]] = {}
    patient = parameters(type).get("patient")
    for id, resource in resources.items():
        for held in patient.found(resource) if patient else ():
            groups.setdefault(string(obj(held).get("reference")) or "", {})[id] = resource
    return groups


def _sorted(hits: list[Json], by: Parameter, descending: bool, zone: tzinfo) -> list[Json]:
    if by.kind is not Kind.DATE:
        return sorted(hits, key=lambda resource: str(resource.get("id")), reverse=descending)
    missing = FIRST if descending else LAST
    return sorted(
        hits,
        key=lambda resource: first_instant(by, resource, zone) or missing,
        reverse=descending,
    )


@lru_cache(maxsize=2)
def records(today: date, zone: tzinfo) -> Records:
    """The example EHR as of ``today``: two days are kept, for the calls around midnight."""
    return Records(_resources(today), zone)


def _resources(today: date) -> Iterator[Json]:
    for name in examples.names():
        bundle = examples.shifted(examples.load(name), today)
        for entry in objects(bundle.get("entry")):
            yield from objects(entry.get("resource"))
