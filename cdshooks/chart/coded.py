"""By which codes is a resource found, and where do they stand?"""

from collections.abc import Iterator

from cdshooks.fhir.elements import Json, obj, objects, string, values
from cdshooks.knowledge import Code, Systems

_CODED = {
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
_CODE = ("code",)
"""Where it stands otherwise."""

_DIET = {"texture": "modified-texture-diet", "fluidConsistencyType": "thickened-fluids"}
"""Parts of an oral diet that say by being there what the diet is."""
_FEEDING = {"supplement": "nutritional-supplement", "enteralFormula": "enteral-feeding"}
"""The same of a nutrition order as a whole."""


def code_elements(type: str) -> tuple[str, ...]:
    """The elements of a type that hold its codes."""
    return _CODED.get(type, _CODE)


def own_codes(resource: Json, type: str, systems: Systems) -> list[Code]:
    """The codes that stand in a resource itself."""
    found: list[Code] = []
    for element in _CODED.get(type, _CODE):
        if element in resource:
            found += codes_of(resource[element], systems)
    if type == "Encounter":
        found += _class_codes(resource, systems)
    if type == "NutritionOrder":
        found += _diet_codes(resource, systems)
    return found


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
    yield from (Code("als-cds", code) for part, code in _DIET.items() if values(diet.get(part)))
    for part, code in _FEEDING.items():
        if values(resource.get(part)):
            yield Code("als-cds", code)


def _class_codes(resource: Json, systems: Systems) -> Iterator[Code]:
    """Encounter.class is a Coding in R4, and its only system is often left out."""
    for coding in objects(resource.get("class")):
        system = coding.get("system") or systems.uris.get("act-code")
        yield from codes_of({**coding, "system": system}, systems)
