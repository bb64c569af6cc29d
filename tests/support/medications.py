"""Drugs and allergies from phrases: ``prescription 199206 active, 80 days ago``."""

import re
from datetime import date
from typing import Any

from cdshooks.knowledge import base
from tests.support.phrases import OTHER, PATIENT, Json, common, new_id, snomed


def drug(name: str) -> Json:
    """``199206``, ``atc/N07XX02`` or ``name:some_text`` without any code."""
    if name.startswith("name:"):
        return {"text": name[5:].replace("_", " ")}
    system, _, code = name.rpartition("/")
    return {"coding": [{"system": base().systems.uri(system or "rxnorm"), "code": code}]}


def _twice_daily(type: str, dose: float) -> Json:
    repeat = {"frequency": 2, "period": 1, "periodUnit": "d"}
    quantity = {"value": dose, "unit": "mg", "code": "mg"}
    line = {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": quantity}]}
    return {"dosage" if type == "MedicationStatement" else "dosageInstruction": [line]}


def allergy(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``allergy 35623 high, severe rash``: criticality, severity and manifestation are flags."""
    resource: Json = {"resourceType": "AllergyIntolerance", "id": new_id("allergy")}
    resource["patient"] = {"reference": OTHER if "foreign" in flags else PATIENT}
    resource["code"] = {"text": "other"} if "substance" in flags else drug(name)
    reaction: Json = {"substance": drug(name)} if "substance" in flags else {}
    for flag in flags:
        if flag in ("low", "high", "unable-to-assess"):
            resource["criticality"] = flag
        elif flag in ("mild", "moderate", "severe"):
            reaction["severity"] = flag
        elif flag in ("allergy", "intolerance"):
            resource["type"] = flag
        elif flag in ("active", "inactive", "resolved"):
            resource["clinicalStatus"] = {"coding": [{"code": flag}]}
        elif flag in ("refuted", "entered-in-error", "unconfirmed", "confirmed"):
            resource["verificationStatus"] = {"coding": [{"code": flag}]}
        elif match := re.fullmatch(r"m=(\d+)", flag):
            reaction["manifestation"] = [snomed(match[1])]
        elif match := re.fullmatch(r"m=(.+)", flag):
            reaction["manifestation"] = [{"text": match[1].replace("_", " ")}]
        elif flag not in ("substance", "foreign"):
            raise ValueError(f"no such word of an allergy: {flag!r}")
    if reaction:
        resource["reaction"] = [reaction]
    if start:
        resource["recordedDate"] = start.isoformat()
    return [resource]


def medication(type: str) -> Any:
    def make(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
        resource = common(type, flags, "active")
        resource["medicationCodeableConcept"] = drug(name)
        named = next((f[3:] for f in flags if f.startswith("id=")), None)
        resource |= {"id": named} if named else {}
        dose = next((float(f[5:]) for f in flags if re.fullmatch(r"dose=[\d.]+", f)), None)
        if dose:
            resource |= _twice_daily(type, dose)
        if "prn" in flags:
            lines = "dosage" if type == "MedicationStatement" else "dosageInstruction"
            resource[lines] = [{"asNeededBoolean": True}]
        if type == "MedicationRequest":
            resource["intent"] = next((f for f in flags if f in ("proposal", "plan")), "order")
            if "forbidden" in flags:
                resource["doNotPerform"] = True
            if start:
                resource["authoredOn"] = start.isoformat()
            if end:
                resource["dispenseRequest"] = {"validityPeriod": {"end": end.isoformat()}}
        elif type == "MedicationStatement":
            period = {"start": start, "end": end}
            resource["effectivePeriod"] = {k: d.isoformat() for k, d in period.items() if d}
        else:
            resource["whenHandedOver"] = start.isoformat() if start else None
            supply = next((int(f[1:]) for f in flags if re.fullmatch(r"s\d+", f)), None)
            if supply:
                resource["daysSupply"] = {"value": supply}
        return [resource]

    return make
