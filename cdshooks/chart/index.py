"""The resources of one patient, findable by type and code; nothing of anybody else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter

from cdshooks.chart.coded import codes_of, own_codes
from cdshooks.chart.forms import FORMS, answers
from cdshooks.chart.owner import Owner
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import URN, Json, fhir_code, obj, objects, referred, string, told_id
from cdshooks.knowledge import Code, Systems, ValueSet

PARTED = ("Observation", FORMS)
"""Types whose parts go by codes of their own."""
HOLDERS = ("DiagnosticReport", "Observation")
"""Types that may hold their results in themselves."""
VOID = ("entered-in-error", "cancelled")
"""Statuses of one whose results count for nothing."""
EFFECTIVE = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
"""Elements that date a result."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A resource, or a component or answer of one, with the codes that it goes by.

    type and id: of the resource; an id that it lacks, or that could be none, is empty.
    place: how many records were taken in before it.
    """

    resource: Json
    type: str
    id: str
    codes: tuple[Code, ...]
    part: Json
    place: int = 0

    @property
    def reference(self) -> str:
        """``Type/id``."""
        return f"{self.type}/{self.id}" if self.id else self.type


@dataclass
class Index:
    """Built once a call, each type when it is first asked for, of what the patient owns.

    A chart without ALS is known by its problem list: its results are never read.
    """

    systems: Systems
    owner: Owner
    _waiting: dict[str, list[Json]] = field(default_factory=dict)
    _types: dict[str, list[Record]] = field(default_factory=dict)
    _codes: dict[str, dict[Code, list[Record]]] = field(default_factory=dict)
    _held: dict[str, frozenset[Code]] = field(default_factory=dict)
    _ids: dict[str, Record] = field(default_factory=dict)
    _count: int = 0

    def add(self, resource: Json) -> None:
        """Takes a resource in, to be read when its type is asked for."""
        type = resource.get("resourceType")
        if isinstance(type, str):
            self._waiting.setdefault(type, []).append(resource)
            if type in HOLDERS and "contained" in resource:
                self._waiting.setdefault("Observation", []).extend(_results_in(resource))

    @property
    def types(self) -> frozenset[str]:
        """The types of which anything came in."""
        return frozenset((*self._waiting, *self._types))

    def owns(self, resource: Json) -> bool:
        """Whether a resource is this patient's."""
        return self.owner.owns(resource)

    def _read(self, type: str) -> None:
        """Indexes what waits of a type."""
        if type in self._waiting:
            self._held.pop(type, None)
            own = [r for r in self._waiting.pop(type) if self.owner.owns(r)]
            for resource in _latest(own):
                self._take(resource, type)

    def _take(self, resource: Json, type: str) -> None:
        """Indexes a resource, unless it was taken before."""
        id = string(resource.get("id"))
        if id is not None and f"{type}/{id}" in self._ids:
            return
        whole = self._record(resource, type, id, self._own_codes(resource, type), resource)
        self._types.setdefault(type, []).append(whole)
        if id is not None:
            self._ids[f"{type}/{id}"] = whole
        by_code = self._codes.setdefault(type, {})
        for code in whole.codes:
            by_code.setdefault(code, []).append(whole)
        if type in PARTED:
            for record in self._parts(whole):
                for code in record.codes:
                    by_code.setdefault(code, []).append(record)

    def of(self, type: str) -> list[Record]:
        """Every resource of a type."""
        self._read(type)
        return self._types.get(type, [])

    def get(self, reference: str | None) -> Record | None:
        """The resource of a relative or absolute reference, of whichever version.

        Charts that were exported whole say ``urn:uuid:`` and the id, and no type.
        """
        if not reference:
            return None
        if reference.startswith(URN):
            named = (self.get(f"{type}/{referred(reference)}") for type in sorted(self.types))
            return next(filter(None, named), None)
        wanted = referred(reference)
        self._read(wanted.partition("/")[0])
        return self._ids.get(wanted)

    def coded(self, type: str, value_sets: Iterable[ValueSet]) -> list[Record]:
        """Every record of a type with a code in one of the value sets, each once, as taken in."""
        self._read(type)
        by_code = self._codes.get(type)
        if not by_code:
            return []
        found: dict[int, Record] = {}
        for value_set in value_sets:
            held = (
                [code for code in by_code if code in value_set]
                if value_set.prefixes
                else (value_set.exact & by_code.keys())
            )
            found.update((record.place, record) for code in held for record in by_code[code])
        return sorted(found.values(), key=attrgetter("place"))

    def codes_of(self, type: str) -> frozenset[Code]:
        """Every code that a record of a type goes by."""
        self._read(type)
        held = self._held.get(type)
        if held is None:
            held = self._held[type] = frozenset(self._codes.get(type, ()))
        return held

    def concept(self, value: object) -> tuple[Code, ...]:
        """The codes of a CodeableConcept or Coding, or of a list of them."""
        return tuple(codes_of(value, self.systems)) if value else ()

    def codes(self, resource: Json) -> tuple[Code, ...]:
        """The codes that a resource goes by, also of one that is not in the chart."""
        return self._own_codes(resource, str(resource.get("resourceType")))

    def _record(
        self, resource: Json, type: str, id: str | None, codes: tuple[Code, ...], part: Json
    ) -> Record:
        self._count += 1
        return Record(resource, type, told_id(id), codes, part, self._count)

    def _own_codes(self, resource: Json, type: str) -> tuple[Code, ...]:
        found = own_codes(resource, type, self.systems)
        if type == "DeviceRequest" and "codeReference" in resource:
            found += self._device_codes(resource)
        return tuple(found)

    def _device_codes(self, request: Json) -> tuple[Code, ...]:
        """The kind of the device that a request refers to: contained, or in the chart."""
        reference = string(obj(request["codeReference"]).get("reference")) or ""
        if not reference.startswith("#"):
            device = self.get(reference)
            return device.codes if device and device.type == "Device" else ()
        inner = (one for one in objects(request.get("contained")) if one.get("id") == reference[1:])
        return self.concept(next(inner, {}).get("type"))

    def _parts(self, whole: Record) -> Iterator[Record]:
        """The components of an observation, or the answers of a form."""
        resource, type, id = whole.resource, whole.type, whole.id
        if type == FORMS:
            for code, answer in answers(resource):
                yield self._record(resource, type, id, (code,), answer)
        elif "component" in resource:
            for component in objects(resource["component"]):
                codes = self.concept(component.get("code"))
                if codes:
                    yield self._record(resource, type, id, codes, component)


def _results_in(holder: Json) -> Iterator[Json]:
    """The observations inside a report or panel, of its patient and day where they name none.

    They go without their id, which says something in there only.
    """
    if fhir_code(holder.get("status")) in VOID:
        return
    for inner in objects(holder.get("contained")):
        if inner.get("resourceType") == "Observation":
            lent = ("subject", *(EFFECTIVE if inner.keys().isdisjoint(EFFECTIVE) else ()))
            own = {key: value for key, value in inner.items() if key != "id"}
            yield {key: holder[key] for key in lent if key in holder} | own


def _latest(resources: list[Json]) -> Iterable[Json]:
    """Each resource once: of two versions, of two searches perhaps, the one changed later."""
    ids = [string(resource.get("id")) for resource in resources]
    if len(set(ids)) == len(ids):
        return resources
    found: dict[str | int, Json] = {}
    for id, resource in zip(ids, resources, strict=True):
        key = len(found) if id is None else id
        known = found.get(key)
        if known is None or _changed(resource) > _changed(known):
            found[key] = resource
    return found.values()


def _changed(resource: Json) -> datetime:
    """When a resource was last changed, as far as it says so."""
    moment = when(obj(resource.get("meta")).get("lastUpdated"), UTC)
    return moment.start(UTC) if moment else datetime.min.replace(tzinfo=UTC)
