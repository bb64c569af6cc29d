"""Made-up charts as EHRs send them: with narrative, identifiers, performers, and much of each.

No two patients of a run share an id, a day or a value, so that nothing which the service
may keep from one call helps the next.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.formulary import DRAFTS, MEDICATION, OTHER_PROBLEMS

Json = dict[str, Any]
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
VISIT_EVERY = timedelta(days=7)
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD_10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
OWN = "urn:oid:1.2.840.114350.1.13.0.1.7.2.698288"
UCUM = "http://unitsofmeasure.org"
TERMS = "http://terminology.hl7.org/CodeSystem"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"

MEASURED = (
    ("19872-1", "Forced vital capacity [Volume] Measured/Predicted", 61.0, "%", "procedure"),
    ("2019-8", "Carbon dioxide [Partial pressure] in Arterial blood", 41.0, "mm[Hg]", "laboratory"),
    ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", 95.0, "%", "vital-signs"),
    ("29463-7", "Body weight", 68.0, "kg", "vital-signs"),
    ("39156-5", "Body mass index (BMI) [Ratio]", 24.1, "kg/m2", "vital-signs"),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume]", 31.0, "U/L", "laboratory"),
    ("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume]", 27.0, "U/L", "laboratory"),
    ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", 0.7, "mg/dL", "laboratory"),
    ("1963-8", "Bicarbonate [Moles/volume] in Serum or Plasma", 26.0, "mmol/L", "laboratory"),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", 6.4, "10*3/uL", "laboratory"),
    ("751-8", "Neutrophils [#/volume] in Blood by Automated count", 3.9, "10*3/uL", "laboratory"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 13.8, "g/dL", "laboratory"),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", 245.0, "10*3/uL", "laboratory"),
)
ITEMS = ("40-8", "41-6", "42-4", "43-2", "44-0", "46-5", "47-3", "48-1", "49-9", "50-7", "51-5")
SCORED = tuple((f"829{end}", "ALS functional rating scale", 3.0, "{score}") for end in ITEMS)
EVERY_VISIT = (*MEASURED, *((*one, "survey") for one in SCORED))
"""What one visit leaves behind: code, display, value, unit, category."""


def chart(
    number: int,
    observations: int,
    *,
    als: bool = True,
    medications: int = 8,
    now: datetime = NOW,
) -> list[Json]:
    """Everything about patient ``number``; ``medications`` are active, riluzole one with ALS."""
    patient = f"p{number:05}"
    names = [MEDICATION[n % len(MEDICATION)] for n in range(medications)]
    problems = [*OTHER_PROBLEMS, ("G12.21", "Amyotrophic lateral sclerosis")]
    if als:
        names[-1:] = [DRAFTS[0][:2]]
    return [
        _patient(patient),
        *(_condition(patient, n, *one) for n, one in enumerate(problems if als else problems[:-1])),
        *(_medication(patient, n, *one) for n, one in enumerate(names)),
        *(_encounter(patient, number, n, now) for n in range(10)),
        *_observations(patient, number, observations, now),
    ]


def drafts(number: int) -> list[Json]:
    """Five draft orders of patient ``number``."""
    made = (_medication(f"p{number:05}", 900 + n, c, name) for n, (c, name, _) in enumerate(DRAFTS))
    dosed = zip(made, DRAFTS, strict=True)
    return [
        one | {"status": "draft", "dosageInstruction": [_dose(mg)]} for one, (_, _, mg) in dosed
    ]


def _resource(type: str, patient: str, number: int | str, /, **elements: Any) -> Json:
    """What every resource of an EHR carries, whoever reads it or not."""
    name = f"{patient}-{type.lower()}-{number}"
    return {
        "resourceType": type,
        "id": name,
        "meta": {
            "versionId": "3",
            "lastUpdated": "2026-05-30T06:11:02.000Z",
            "profile": [f"{US_CORE}/us-core-{type.lower()}"],
        },
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p><b>{type}</b> {name}</p></div>',
        },
        "identifier": [{"use": "usual", "system": "urn:oid:2.16.840.1.113883.19.5", "value": name}],
        **elements,
    }


def _subject(patient: str) -> Json:
    return {"reference": f"Patient/{patient}", "display": "Example, Anna"}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _patient(patient: str) -> Json:
    return {
        **_resource("Patient", patient, "0"),
        "id": patient,
        "active": True,
        "name": [{"use": "official", "family": "Example", "given": ["Anna", "B."]}],
        "telecom": [{"system": "phone", "value": "555-0100", "use": "home"}],
        "gender": "female",
        "birthDate": "1966-03-02",
        "address": [{"line": ["1 Example Street"], "city": "Exampleton", "country": "US"}],
        "communication": [{"language": _concept("urn:ietf:bcp:47", "en", "English")}],
    }


def _condition(patient: str, number: int, code: str, display: str) -> Json:
    return _resource(
        "Condition",
        patient,
        number,
        clinicalStatus=_concept(f"{TERMS}/condition-clinical", "active", "Active"),
        verificationStatus=_concept(f"{TERMS}/condition-ver-status", "confirmed", "Confirmed"),
        category=[
            _concept(f"{TERMS}/condition-category", "problem-list-item", "Problem List Item")
        ],
        code=_concept(ICD_10, code, display),
        subject=_subject(patient),
        onsetDateTime="2025-01-10",
        recordedDate="2025-07-01",
    )


def _medication(patient: str, number: int, code: str | None, name: str) -> Json:
    return _resource(
        "MedicationRequest",
        patient,
        number,
        status="active",
        intent="order",
        category=[_concept(f"{TERMS}/medicationrequest-category", "community", "Community")],
        medicationCodeableConcept=_concept(*((RXNORM, code) if code else (OWN, name)), name),
        subject=_subject(patient),
        encounter={"reference": f"Encounter/{patient}-encounter-1"},
        authoredOn="2026-02-03T09:12:00Z",
        requester={"reference": "Practitioner/7", "display": "Neurology Clinician"},
        dosageInstruction=[_dose(10)],
    )


def _dose(mg: int) -> Json:
    return {
        "text": f"Take {mg} mg by mouth every 12 hours",
        "timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}},
        "route": _concept(SNOMED, "26643006", "Oral route"),
        "doseAndRate": [
            {"doseQuantity": {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"}}
        ],
    }


def _encounter(patient: str, shift: int, number: int, now: datetime) -> Json:
    day = now - timedelta(days=shift % 5) - VISIT_EVERY * (number + 1)
    return _resource(
        "Encounter",
        patient,
        number,
        status="finished",
        **{"class": {"system": f"{TERMS}/v3-ActCode", "code": "AMB", "display": "ambulatory"}},
        type=[_concept(SNOMED, "185349003", "Encounter for check up")],
        subject=_subject(patient),
        period={"start": day.isoformat(), "end": (day + timedelta(hours=1)).isoformat()},
    )


def _observations(patient: str, shift: int, count: int, now: datetime) -> Iterator[Json]:
    """The newest first, visit by visit."""
    for number in range(count):
        visit, place = divmod(number, len(EVERY_VISIT))
        # Another minute and another value for each patient, else nothing would be read anew.
        at = now - timedelta(days=3 + shift % 5, minutes=shift * 7 + place) - VISIT_EVERY * visit
        code, display, usual, unit, category = EVERY_VISIT[place]
        whole = unit == "{score}"
        value = usual if whole else round(usual * (1 + (shift * 13 + visit * 7) % 40 / 1000), 2)
        yield _resource(
            "Observation",
            patient,
            number,
            status="final",
            category=[_concept(f"{TERMS}/observation-category", category, category)],
            code=_concept(LOINC, code, display),
            subject=_subject(patient),
            encounter={"reference": f"Encounter/{patient}-encounter-{visit % 10}"},
            effectiveDateTime=at.isoformat(),
            issued=(at + timedelta(hours=2)).isoformat(),
            performer=[{"reference": "Practitioner/7", "display": "Neurology Clinician"}],
            valueQuantity={"value": value, "unit": unit, "system": UCUM, "code": unit},
            referenceRange=[{"high": {"value": usual * 2, "unit": unit}, "text": "as reported"}],
        )
