"""The resources of one patient, findable by type and code; nothing of anybody else."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from cdshooks.fhir.elements import Json, obj, objects, string, values
from cdshooks.knowledge import Code, Systems, ValueSet

CODED = {
    "DeviceRequest": ("codeCodeableConcept",),
    "Device": ("type",),
    "Encounter": ("type", "serviceType"),
    "EpisodeOfCare": ("type",),
    "CarePlan": ("category",),
    "Consent": (),
}
"""Where the code of a type stands, when it is not ``code``."""


@dataclass(frozen=True, slots=True)
class Record:
    """A resource, or a component of one, with the codes that it goes by."""

    resource: Json
    codes: tuple[Code, ...]
    part: Json

    @property
    def type(self) -> str:
        """The resource type."""
        return str(self.resource.get("resourceType"))

    @property
    def id(self) -> str:
        """The logical id, or nothing."""
        return string(self.resource.get("id")) or ""

    @property
    def reference(self) -> str:
        """``Type/id``."""
        return f"{self.type}/{self.id}" if self.id else self.type


@dataclass
class Index:
    """Built once a call. ``foreign`` counts what belonged to another patient."""

    systems: Systems
    patient_id: str
    foreign: int = 0
    _types: dict[str, list[Record]] = field(default_factory=dict)
    _codes: dict[str, dict[Code, list[Record]]] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _ids: dict[str, Record] = field(default_factory=dict)

    def add(self, resource: Json) -> None:
        """Takes a resource in, unless it is another patient's or was taken before."""
        type = resource.get("resourceType")
        if not isinstance(type, str):
            return
        if not self.owns(resource):
            self.foreign += 1
            return
        id = string(resource.get("id"))
        if id is not None:
            if (type, id) in self._seen:
                return
            self._seen.add((type, id))
        for record in self._records(resource, type):
            if record.part is resource:
                self._types.setdefault(type, []).append(record)
                self._ids[record.reference] = record
            by_code = self._codes.setdefault(type, {})
            for code in record.codes:
                by_code.setdefault(code, []).append(record)

    def of(self, type: str) -> list[Record]:
        """Every resource of a type."""
        return self._types.get(type, [])

    def get(self, reference: str | None) -> Record | None:
        """The resource of a relative or absolute reference."""
        if not reference:
            return None
        parts = reference.partition("/_history/")[0].split("/")
        return self._ids.get("/".join(parts[-2:]))

    def coded(self, type: str, value_sets: Iterable[ValueSet]) -> Iterator[Record]:
        """Every record of a type with a code in one of the value sets, each once."""
        by_code = self._codes.get(type)
        if not by_code:
            return
        seen: set[int] = set()
        for value_set in value_sets:
            for code in by_code if value_set.prefixes else value_set.exact & by_code.keys():
                if code not in value_set:
                    continue
                for record in by_code[code]:
                    if id(record) not in seen:
                        seen.add(id(record))
                        yield record

    def concept(self, value: object) -> tuple[Code, ...]:
        """The codes of a CodeableConcept or Coding, or of a list of them."""
        return tuple(codes_of(value, self.systems))

    def _records(self, resource: Json, type: str) -> Iterator[Record]:
        codes: list[Code] = []
        for path in CODED.get(type, ("code",)):
            codes.extend(codes_of(resource.get(path), self.systems))
        if type == "Encounter":
            codes.extend(_class_codes(resource, self.systems))
        yield Record(resource, tuple(codes), resource)
        if type == "Observation":
            for component in objects(resource.get("component")):
                inner = tuple(codes_of(component.get("code"), self.systems))
                yield Record(resource, inner, component)

    def owns(self, resource: Json) -> bool:
        """Whether a resource is this patient's; one that names nobody is taken as theirs."""
        if resource.get("resourceType") == "Patient":
            return string(resource.get("id")) in (None, self.patient_id)
        for element in ("subject", "patient", "for", "beneficiary"):
            reference = string(obj(resource.get(element)).get("reference"))
            if reference is not None:
                return is_patient(reference, self.patient_id)
        return True


def is_patient(reference: str, patient_id: str) -> bool:
    """Whether a reference, relative, absolute or versioned, is to this patient."""
    bare = reference.partition("/_history/")[0].rstrip("/")
    return bare == f"Patient/{patient_id}" or bare.endswith(f"/Patient/{patient_id}")


def codes_of(value: object, systems: Systems) -> Iterator[Code]:
    """The codes of CodeableConcepts or Codings, however they were wrapped."""
    for concept in values(value):
        body = obj(concept)
        codings = objects(body.get("coding")) if "coding" in body else (body,)
        for coding in codings:
            code, system = string(coding.get("code")), string(coding.get("system"))
            if code:
                yield _normal(systems.code, system or "", code)


@lru_cache(maxsize=20_000)
def _normal(normalise: Callable[[str, str], Code], system: str, code: str) -> Code:
    """Cached: charts repeat a few hundred codes thousands of times."""
    return normalise(system, code)


def _class_codes(resource: Json, systems: Systems) -> Iterator[Code]:
    """Encounter.class is a Coding in R4, and its system is often left out."""
    for coding in objects(resource.get("class")):
        yield from codes_of({"system": "act-code", **coding}, systems)
