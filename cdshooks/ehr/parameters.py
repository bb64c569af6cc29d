"""Which types the example EHR holds, and by what each can be searched.

Names, kinds and elements are those of FHIR R4. A type is here when some rule reads it, or
when a resource of such a type refers to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from cdshooks.fhir.elements import Json, obj, values


class Kind(StrEnum):
    """How a parameter compares, in FHIR's words."""

    TOKEN = "token"  # noqa: S105 - a code, no secret
    REFERENCE = "reference"
    DATE = "date"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter of one type.

    paths: the elements that it looks at, each as the members that lead there.
    target: the only type that it follows, where it is a reference to one.
    """

    name: str
    kind: Kind
    paths: tuple[tuple[str, ...], ...]
    target: str | None = None

    def found(self, resource: Json) -> Iterator[Any]:
        """What a resource holds in the elements of this parameter."""
        for path in self.paths:
            yield from _at(resource, path)


def _at(node: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield from values(node)
        return
    for one in values(node):
        yield from _at(obj(one).get(path[0]), path[1:])


ID = Parameter("_id", Kind.TOKEN, (("id",),))
_STATUS = {"status": "token status"}
_SUBJECT = {"patient": "patient subject", "subject": "reference subject"}
_PATIENT = {"patient": "patient patient"}
_CODE = {"code": "token code"}
_CATEGORY = {"category": "token category"}
_INTENT = {"intent": "token intent"}
_TYPE = {"type": "token type"}
_DRUG = {"code": "token medicationCodeableConcept"}
_PERIOD = {"date": "date period"}
_LISTED = {
    "clinical-status": "token clinicalStatus",
    "verification-status": "token verificationStatus",
}
_NAME = {"name": "string name.family|name.given|name.text"}

TYPES: dict[str, dict[str, str]] = {
    "Patient": {
        **_NAME,
        "family": "string name.family",
        "given": "string name.given",
        "identifier": "token identifier",
        "gender": "token gender",
        "birthdate": "date birthDate",
    },
    "Condition": {
        **_SUBJECT,
        **_CODE,
        **_CATEGORY,
        **_LISTED,
        "onset-date": "date onsetDateTime|onsetPeriod",
        "recorded-date": "date recordedDate",
    },
    "Observation": {
        **_SUBJECT,
        **_CODE,
        **_CATEGORY,
        **_STATUS,
        "date": "date effectiveDateTime|effectivePeriod|effectiveInstant",
        "encounter": "reference encounter",
    },
    "MedicationRequest": {
        **_SUBJECT,
        **_DRUG,
        **_CATEGORY,
        **_STATUS,
        **_INTENT,
        "authoredon": "date authoredOn",
    },
    "MedicationStatement": {
        **_SUBJECT,
        **_DRUG,
        **_CATEGORY,
        **_STATUS,
        "effective": "date effectiveDateTime|effectivePeriod",
    },
    "MedicationDispense": {
        **_SUBJECT,
        **_DRUG,
        **_STATUS,
        "whenhandedover": "date whenHandedOver",
    },
    "Medication": {**_CODE, **_STATUS},
    "AllergyIntolerance": {
        **_PATIENT,
        **_CATEGORY,
        **_LISTED,
        "code": "token code|reaction.substance",
        "date": "date recordedDate",
    },
    "ServiceRequest": {
        **_SUBJECT,
        **_CODE,
        **_CATEGORY,
        **_STATUS,
        **_INTENT,
        "authored": "date authoredOn",
    },
    "Procedure": {
        **_SUBJECT,
        **_CODE,
        **_CATEGORY,
        **_STATUS,
        "date": "date performedDateTime|performedPeriod",
    },
    "DeviceRequest": {
        **_SUBJECT,
        **_STATUS,
        **_INTENT,
        "code": "token codeCodeableConcept",
        "authored-on": "date authoredOn",
    },
    "Encounter": {**_SUBJECT, **_STATUS, **_TYPE, **_PERIOD, "class": "token class"},
    "Consent": {**_PATIENT, **_CATEGORY, **_STATUS, "date": "date dateTime"},
    "Device": {**_PATIENT, **_STATUS, **_TYPE},
    "DeviceUseStatement": {**_SUBJECT, "device": "reference device"},
    "EpisodeOfCare": {**_PATIENT, **_STATUS, **_TYPE, **_PERIOD},
    "CarePlan": {**_SUBJECT, **_CATEGORY, **_STATUS, **_INTENT, **_PERIOD},
    "Appointment": {**_STATUS, "patient": "patient participant.actor", "date": "date start"},
    "NutritionOrder": {**_PATIENT, **_STATUS, "datetime": "date dateTime"},
    "DiagnosticReport": {
        **_SUBJECT,
        **_CODE,
        **_CATEGORY,
        **_STATUS,
        "date": "date effectiveDateTime|effectivePeriod",
    },
    "QuestionnaireResponse": {**_SUBJECT, **_STATUS, "authored": "date authored"},
    "ResearchSubject": {**_STATUS, **_PERIOD, "patient": "patient individual"},
    "CareTeam": {**_SUBJECT, **_CATEGORY, **_STATUS, **_PERIOD},
    "Communication": {**_SUBJECT, **_CATEGORY, **_STATUS, "sent": "date sent"},
    "DocumentReference": {**_SUBJECT, **_CATEGORY, **_STATUS, **_TYPE, "date": "date date"},
    "FamilyMemberHistory": {
        **_PATIENT,
        **_STATUS,
        "code": "token condition.code",
        "relationship": "token relationship",
        "date": "date date",
    },
    "RelatedPerson": {**_PATIENT, **_NAME, "relationship": "token relationship"},
    "Task": {
        **_CODE,
        **_STATUS,
        "patient": "patient for",
        "subject": "reference for",
        "authored-on": "date authoredOn",
    },
    "Practitioner": {**_NAME},
    "Organization": {"name": "string name|alias"},
}
"""Each type with its parameters: the name, then the kind and the elements."""


@cache
def parameters(type: str) -> dict[str, Parameter]:
    """The search parameters of a type by name, ``_id`` first."""
    return {ID.name: ID} | {name: _read(name, text) for name, text in TYPES[type].items()}


def _read(name: str, text: str) -> Parameter:
    kind, _, elements = text.partition(" ")
    paths = tuple(tuple(element.split(".")) for element in elements.split("|"))
    if kind == "patient":
        return Parameter(name, Kind.REFERENCE, paths, target="Patient")
    return Parameter(name, Kind(kind), paths)
