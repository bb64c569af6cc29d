"""The resources of one patient, findable by type and code; nothing of anybody else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter

from cdshooks.chart.forms import FORMS, answers
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, obj, objects, string, told_id, values
from cdshooks.knowledge import Code, Systems, ValueSet

CODED = {
    "Condition": ("code", "bodySite"),
    "DeviceRequest": ("codeCodeableConcept",),
    "Device": ("type",),
    "Encounter": ("type", "serviceType"),
    "EpisodeOfCare": ("type",),
    "CarePlan": ("category",),
    "Appointment": ("serviceType",),
    "Consent": (),
    "MedicationRequest": ("medicationCodeableConcept",),
    "ResearchSubject": (),
    "NutritionOrder": (),
    "DocumentReference": ("type", "category"),
    "Communication": ("category", "topic", "reasonCode"),
    "RelatedPerson": ("relationship",),
}
"""Where the code of a type stands, when it is not ``code``. The body site of a condition
is the region in which ALS began; no other code of a condition can be mistaken for one.
"""

DIET = {"texture": "modified-texture-diet", "fluidConsistencyType": "thickened-fluids"}
"""Parts of an oral diet that say by being there what the diet is."""
FEEDING = {"supplement": "nutritional-supplement", "enteralFormula": "enteral-feeding"}
"""The same of a nutrition order as a whole."""

CODE = ("code",)
"""Where it stands otherwise."""
PARTED = ("Observation", FORMS)
"""Types whose parts go by codes of their own."""

ABOUT = ("subject", "patient", "individual", "for", "beneficiary")
"""Elements that say whose a resource is. Each of them must be this patient."""


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
    """Built once a call, each type when it is first asked for.

    A chart without ALS is known by its problem list: its results are never read.
    """

    systems: Systems
    patient_id: str
    _waiting: dict[str, list[Json]] = field(default_factory=dict)
    _foreign: int = 0
    _types: dict[str, list[Record]] = field(default_factory=dict)
    _codes: dict[str, dict[Code, list[Record]]] = field(default_factory=dict)
    _patients: dict[str, bool] = field(default_factory=dict)
    _held: dict[str, frozenset[Code]] = field(default_factory=dict)
    _ids: dict[str, Record] = field(default_factory=dict)
    _count: int = 0

    def add(self, resource: Json) -> None:
        """Takes a resource in, to be read when its type is asked for."""
        type = resource.get("resourceType")
        if isinstance(type, str):
            self._waiting.setdefault(type, []).append(resource)

    @property
    def types(self) -> frozenset[str]:
        """The types of which anything came in."""
        return frozenset((*self._waiting, *self._types))

    def count_foreign(self, number: int) -> None:
        """Counts resources of another patient that never came in."""
        self._foreign += number

    @property
    def foreign(self) -> int:
        """How many resources belonged to another patient."""
        for type in list(self._waiting):
            self._read(type)
        return self._foreign

    def _read(self, type: str) -> None:
        """Indexes what waits of a type."""
        if type in self._waiting:
            self._held.pop(type, None)
            waiting = self._waiting.pop(type)
            own = [resource for resource in waiting if self.owns(resource)]
            self._foreign += len(waiting) - len(own)
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
        """The resource of a relative or absolute reference, of whichever version."""
        if not reference:
            return None
        parts = reference.partition("/_history/")[0].split("/")
        self._read(parts[-2] if len(parts) > 1 else "")
        return self._ids.get("/".join(parts[-2:]))

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
        found: list[Code] = []
        for path in CODED.get(type, CODE):
            if path in resource:
                found += codes_of(resource[path], self.systems)
        if type == "DeviceRequest" and "codeReference" in resource:
            found += self._device_codes(resource)
        if type == "Encounter":
            found += _class_codes(resource, self.systems)
        if type == "NutritionOrder":
            found += _diet_codes(resource, self.systems)
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

    def owns(self, resource: Json) -> bool:
        """Whether a resource is this patient's; one that names nobody is taken as theirs."""
        if resource.get("resourceType") == "Patient":
            return string(resource.get("id")) in (None, self.patient_id)
        for name in ABOUT:
            if name in resource:
                for reference in _references(resource[name]):
                    if not self._is_theirs(reference):
                        return False
        return True

    def _is_theirs(self, reference: str) -> bool:
        known = self._patients.get(reference)
        if known is None:
            known = self._patients[reference] = is_patient(reference, self.patient_id)
        return known


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


def _references(value: object) -> Iterator[str]:
    """Every reference in an element, also when it is a list or a bare string."""
    for item in (value,) if isinstance(value, dict) else values(value):
        reference = string(item if isinstance(item, str) else obj(item).get("reference"))
        if reference is not None:
            yield reference


def is_patient(reference: str, patient_id: str) -> bool:
    """Whether a reference, relative, absolute or versioned, is to this patient.

    One to something contained, or to a Bundle entry, names nobody that can be
    compared, and is taken as another's.
    """
    bare = reference.partition("/_history/")[0].rstrip("/")
    return bare == f"Patient/{patient_id}" or bare.endswith(f"/Patient/{patient_id}")


def codes_of(value: object, systems: Systems) -> list[Code]:
    """The codes of CodeableConcepts or Codings, however they were wrapped."""
    found: list[Code] = []
    for concept in (value,) if isinstance(value, dict) else values(value):
        body = obj(concept)
        if "coding" not in body and "concept" in body:
            # R5 wraps a concept where it may also be a reference.
            body = obj(body["concept"])
        codings = objects(body["coding"]) if "coding" in body else (body,)
        for coding in codings:
            code = string(coding.get("code"))
            if code:
                found.append(systems.code(string(coding.get("system")) or "", code))
    return found


def _diet_codes(resource: Json, systems: Systems) -> Iterator[Code]:
    """What a nutrition order orders: kinds by their codes, and what its elements say."""
    diet = obj(resource.get("oralDiet"))
    yield from codes_of(diet.get("type"), systems)
    yield from (Code("als-cds", code) for part, code in DIET.items() if values(diet.get(part)))
    for part, code in FEEDING.items():
        if values(resource.get(part)):
            yield Code("als-cds", code)


def _class_codes(resource: Json, systems: Systems) -> Iterator[Code]:
    """Encounter.class is a Coding in R4, and its only system is often left out."""
    for coding in objects(resource.get("class")):
        system = coding.get("system") or systems.uris.get("act-code")
        yield from codes_of({**coding, "system": system}, systems)
