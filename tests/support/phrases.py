"""The parts of phrases that every kind of resource shares: ages, codes, statuses, whose it is."""

import re
from datetime import date, timedelta
from itertools import count
from typing import Any

from cdshooks.knowledge import base

Json = dict[str, Any]
PATIENT = "Patient/anna"
OTHER = "Patient/somebody-else"
THIS = "this-encounter"
"""The id of the encounter that a call is about."""
_ids = count(1)

STATUSES = ("preliminary", "registered", "entered-in-error", "amended", "corrected", "cancelled")
"""Of a result that is not final."""


def new_id(stem: str) -> str:
    return f"{stem}-{next(_ids)}"


def concept(value_set: str, index: int = 0) -> Json:
    """A CodeableConcept with one code of a value set, or with ``system:code`` itself."""
    system, colon, code = value_set.partition(":")
    if colon:
        return {"coding": [{"system": base().systems.uri(system), "code": code}]}
    coding = base().value_sets[value_set].codings[index]
    systems = base().systems.uris
    return {"coding": [{"system": systems[coding.code.system], "code": coding.written}]}


def days(phrase: str, today: date) -> tuple[date | None, date | None]:
    """Start and end day of an age phrase."""
    text = phrase.strip()
    if text in ("", "undated"):
        return None, None
    if text == "today":
        return today, None
    if match := re.fullmatch(r"(\d+) to (\d+) days ago", text):
        first, last = (today - timedelta(days=int(n)) for n in match.groups())
        return first, last
    if match := re.fullmatch(r"(\d+) days? ago", text):
        return today - timedelta(days=int(match[1])), None
    if match := re.fullmatch(r"in (\d+) days?", text):
        return today + timedelta(days=int(match[1])), None
    raise ValueError(f"no age: {phrase!r}")


def snomed(code: str) -> Json:
    return {"coding": [{"system": "http://snomed.info/sct", "code": code}]}


def component(resource: Json, code: str, value: Json, system: str = "loinc") -> None:
    coding = {"system": base().systems.uri(system), "code": code}
    resource.setdefault("component", []).append({"code": {"coding": [coding]}, **value})


REVOKED_FOR = "http://hl7.org/fhir/StructureDefinition/request-statusReason"


def common(type: str, flags: list[str], default: str) -> Json:
    status = next((f for f in flags if f in STATUS_WORDS), default)
    subject = OTHER if "foreign" in flags else PATIENT
    resource: Json = {"resourceType": type, "id": new_id(type.lower()), "status": status}
    resource["subject"] = {"reference": subject}
    reasons = {
        "declined": "patient declined",
        "intolerance": "not tolerated",
        "contraindicated": "contraindicated",
    }
    for flag, text in reasons.items():
        if flag in flags:
            resource["statusReason"] = {"text": text}
    for flag in flags:
        if flag.startswith("because="):
            resource["statusReason"] = {"text": flag[8:].replace("_", " ")}
    if "declined-by-extension" in flags:
        resource["extension"] = [
            {"url": REVOKED_FOR, "valueCodeableConcept": {"text": "Patient declined"}}
        ]
    if "unsuccessful" in flags:
        resource["outcome"] = {"text": "Unsuccessful"}
    if "here" in flags:
        resource["encounter"] = {"reference": f"Encounter/{THIS}"}
    return resource


STATUS_WORDS = (
    "active", "completed", "on-hold", "revoked", "stopped", "cancelled", "entered-in-error",
    "draft", "in-progress", "not-done", "finished", "planned", "inactive", "unknown", "not-taken",
    "intended", "requested", "accepted", "rejected", "current", "superseded", "failed",
    "received", "ready",
)  # fmt: skip


def index_of(flags: list[str]) -> int:
    return next((int(f[1:]) for f in flags if re.fullmatch(r"#\d+", f)), 0)
