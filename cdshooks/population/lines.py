"""The lines of an export: whose each is, of which type, and what is wrong with one that is not.

What DuckDB does with millions of lines in SQL is said here once more for single ones:
for Bundles, for Spark, and to say of a line that was left out why it was.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from cdshooks import knowledge
from cdshooks.chart.owner import ABOUT
from cdshooks.fhir.elements import obj, objects, string, values

LONGEST = 4 * 1024 * 1024
"""Bytes of the longest line that is read; a longer one is a document, not a finding."""
NOT_JSON = "not JSON in UTF-8"
NOT_FHIR = "not a FHIR resource"
NOBODYS = "names no patient"
TOO_LONG = f"longer than {LONGEST // 1024**2} MB"

PATIENT = r"(?:^|[ /])Patient/([^/ ]+)(?:/_history/[^ ]*)?(?: |$)"
"""The patient among references with spaces between them; read by RE2 and by Python alike."""
APPOINTMENT = "Appointment"
"""The one type whose patient is among its participants."""

MEDICATION = r"(?:^|/)Medication/([^/]+)"
"""The Medication in a reference to one."""

_PATIENT = re.compile(PATIENT)
_MEDICATION = re.compile(MEDICATION)
_NAMED = re.compile(r"Patient/([A-Za-z0-9.-]{1,64})")
_TYPED = re.compile(r'"resourceType"\s*:\s*"([A-Za-z]+)"')


def types() -> frozenset[str]:
    """The types that some rule reads, and the Medications that orders refer to."""
    return frozenset(knowledge.base().searches) | {"Observation", "Medication"}


def parsed(text: bytes | str) -> dict[str, Any] | str:
    """The resource of a line; or what is wrong with it."""
    if len(text) > LONGEST:
        return TOO_LONG
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return NOT_JSON
    if not isinstance(body, dict) or not isinstance(body.get("resourceType"), str):
        return NOT_FHIR
    return body


def patient_of(resource: dict[str, Any]) -> str | None:
    """The id of the patient whom a resource is about; that of a Patient is its own."""
    if resource["resourceType"] == "Patient":
        return string(resource.get("id")) or None
    found = _PATIENT.search(" ".join(_references(resource)))
    return found[1] if found else None


def _references(resource: dict[str, Any]) -> Iterator[str]:
    for name in ABOUT:
        about = resource.get(name)
        yield string(about.get("reference") if isinstance(about, dict) else None) or ""
    if resource["resourceType"] == APPOINTMENT:
        for participant in objects(resource.get("participant")):
            yield string(obj(participant.get("actor")).get("reference")) or ""


def medication_of(resource: dict[str, Any]) -> str | None:
    """The id of the Medication that an order or a statement refers to."""
    reference = string(obj(resource.get("medicationReference")).get("reference"))
    found = _MEDICATION.search(reference or "")
    return found[1] if found else None


def problem_of(text: bytes) -> str | None:
    """What is wrong with a line; None for one that can be used or that no rule reads."""
    if not text.strip():
        return None
    found = parsed(text)
    if isinstance(found, str):
        return found
    type = found["resourceType"]
    if type == "Medication" or type not in types():
        return None
    return None if patient_of(found) else NOBODYS


def hint(text: bytes) -> tuple[str, str]:
    """The patient and the type that a line seems to be about that could not be read."""
    readable = text[:LONGEST].decode(errors="replace")
    named, typed = _NAMED.search(readable), _TYPED.search(readable)
    return named[1] if named else "", typed[1] if typed else ""


def entries(bundle: object) -> Iterator[tuple[int, object]]:
    """The resources of a Bundle, each with its number from 1."""
    for number, entry in enumerate(values(obj(bundle).get("entry")), 1):
        yield number, obj(entry).get("resource")
