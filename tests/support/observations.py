"""Results from phrases: ``46 % sitting, 12 days ago``, reports, answers and gene tests."""

import re
from datetime import date, timedelta
from decimal import Decimal

from cdshooks.knowledge import base
from tests.support.phrases import (
    OTHER,
    PATIENT,
    STATUSES,
    Json,
    common,
    component,
    concept,
    days,
    index_of,
    new_id,
    snomed,
)

GENE_STUDIED, SIGNIFICANCE = "48018-6", "53037-8"
OXYGEN_PERCENT, OXYGEN_FLOW, SUPPORT = "3150-6", "3151-8", "resp-support"


def observation(measure: str, phrase: str, today: date) -> Json:
    """One Observation of a measure. ``kind:`` before the number picks a value set of it."""
    body, _, age = phrase.rpartition(",") if "," in phrase else (phrase, "", "12 days ago")
    words = body.split()
    value_set = base().measures[measure].value_sets[0].id
    if words and words[0].endswith(":"):
        value_set = words.pop(0)[:-1]
    number = words.pop(0) if words else ""
    start, end = days(age, today)
    resource: Json = {
        "resourceType": "Observation",
        "id": new_id("obs"),
        "status": "final",
        "subject": {"reference": PATIENT},
        "code": concept(value_set),
    }
    day = (end or start or today).isoformat()
    resource["effectiveDateTime"] = f"{day}T00:05:00Z"
    _value(resource, number, measure)
    form = "form" in words
    words = [word for word in words if word != "form"]
    while words:
        _flag(resource, words, measure)
    return _as_form(resource) if form else resource


def _as_form(resource: Json) -> Json:
    """The same as the one answered item of a questionnaire, by LOINC code in its ``linkId``."""
    [coding] = resource["code"]["coding"]
    quantity = resource.get("valueQuantity")
    item: Json = {"linkId": f"/{coding['code']}", "answer": [{"valueCoding": {"code": "LA1"}}]}
    if quantity:
        item["answer"] = [{"valueDecimal": quantity["value"]}]
    statuses = {"final": "completed", "preliminary": "in-progress", "cancelled": "stopped"}
    return {
        "resourceType": "QuestionnaireResponse",
        "id": new_id("form"),
        "status": statuses.get(resource["status"], resource["status"]),
        "subject": resource["subject"],
        "authored": resource["effectiveDateTime"],
        "item": [{"linkId": "group", "item": [item]}],
    }


def _value(resource: Json, number: str, measure: str) -> None:
    if not number:
        return
    match = re.fullmatch(r"([<>]=?)?(-?[\d.]+)", number)
    if match is None:
        raise ValueError(f"no number: {number!r}")
    quantity: Json = {"value": float(Decimal(match[2]))}
    if match[1]:
        quantity["comparator"] = match[1]
    if base().measures[measure].units.quantity == "score":
        quantity |= {"unit": "{score}", "code": "{score}"}
    resource["valueQuantity"] = quantity


FLAGS = {
    "sitting": ("position", "33586001"),
    "supine": ("position", "40199007"),
}


def _flag(resource: Json, words: list[str], measure: str) -> None:
    """Applies the first word that is left: a unit, a position, a status or a defect."""
    word = words.pop(0)
    if word in FLAGS:
        component(resource, "8361-8", {"valueCodeableConcept": snomed(FLAGS[word][1])})
    elif word in STATUSES:
        resource["status"] = word
    elif word == "foreign":
        resource["subject"] = {"reference": OTHER}
    elif word == "unreliable":
        resource["interpretation"] = [{"text": "unreliable, poor effort"}]
    elif word == "absent":
        resource["dataAbsentReason"] = {"text": "not done"}
    elif word == "valueless":
        del resource["valueQuantity"]
    elif re.fullmatch(r"at-\d\d", word):
        resource["effectiveDateTime"] = f"{resource['effectiveDateTime'][:10]}T{word[3:]}:00:00Z"
    elif word == "issued":
        resource["issued"] = resource.pop("effectiveDateTime")
    elif word == "room-air":
        component(resource, OXYGEN_PERCENT, {"valueQuantity": {"value": 21, "unit": "%"}})
    elif word == "oxygen":
        component(resource, OXYGEN_FLOW, {"valueQuantity": {"value": 2, "unit": "L/min"}})
    elif match := re.fullmatch(r"fio2=(\d+)", word):
        quantity = {"value": int(match[1]), "unit": "%"}
        component(resource, OXYGEN_PERCENT, {"valueQuantity": quantity})
    elif word == "support":
        component(resource, SUPPORT, {"valueCodeableConcept": concept("niv")}, "als-cds")
    elif word == "day-only":
        resource["effectiveDateTime"] = resource["effectiveDateTime"][:10]
    elif match := re.fullmatch(r"at(\d\d:\d\d)", word):
        day = resource["effectiveDateTime"][:10]
        resource["effectiveDateTime"] = f"{day}T{match[1]}:00Z"
    elif match := re.fullmatch(r"over=(\d+)", word):
        last = date.fromisoformat(resource.pop("effectiveDateTime")[:10])
        first = last - timedelta(days=int(match[1]) - 1)
        resource["effectivePeriod"] = {"start": first.isoformat(), "end": last.isoformat()}
    elif match := re.fullmatch(r"high=([\d.]+)(.*)", word):
        high: Json = {"value": float(match[1])}
        if match[2]:
            high["unit"] = match[2]
        resource.setdefault("referenceRange", []).append({"high": high})
    elif match := re.fullmatch(r"range=(.+)", word):
        resource["referenceRange"] = [{"text": match[1]}]
    elif match := re.fullmatch(r"code=(.+)", word):
        resource["code"] = {"coding": [{"system": "http://loinc.org", "code": match[1]}]}
    elif match := re.fullmatch(r"lab=(.+)", word):
        resource["performer"] = [{"reference": f"Organization/{match[1]}"}]
    elif match := re.fullmatch(r"specimen=(.+)", word):
        resource["specimen"] = {"reference": f"Specimen/{match[1]}"}
    elif match := re.fullmatch(r"ucum=(.+)", word):
        resource["valueQuantity"]["code"] = match[1]
    else:
        resource["valueQuantity"]["unit"] = word


def reported(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = common("Observation", flags, "final") | {"code": concept(name, index_of(flags))}
    resource["effectiveDateTime"] = start.isoformat() if start else None
    answer = next((f[7:] for f in flags if f.startswith("answer=")), None)
    if answer:
        resource["valueCodeableConcept"] = concept(f"als-cds:{answer}")
    elif said := next((f[5:] for f in flags if f.startswith("told=")), None):
        resource["valueCodeableConcept"] = {"text": said.replace("_", " ")}
    elif means := next((f[6:] for f in flags if f.startswith("coded-")), None):
        resource["valueCodeableConcept"] = concept(means)
    elif "coded" in flags:
        resource["valueCodeableConcept"] = concept("present")
    elif words := next((f[5:] for f in flags if f.startswith("text-")), None):
        resource["valueCodeableConcept"] = {"text": words.replace("_", " ")}
    elif words := next((f[7:] for f in flags if f.startswith("string-")), None):
        resource["valueString"] = words.replace("_", " ")
    elif "absent" in flags:
        resource["dataAbsentReason"] = {"text": "not asked"}
    elif "bare" not in flags:
        resource["valueBoolean"] = "no" not in flags
    return [resource]


def report(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    status = next((f for f in flags if f in STATUSES), "final")
    resource = common("DiagnosticReport", [f for f in flags if f == "foreign"], status)
    resource["code"] = concept(name, index_of(flags))
    if start and end:
        resource["effectivePeriod"] = {"start": start.isoformat(), "end": end.isoformat()}
    elif start:
        resource["issued" if "issued" in flags else "effectiveDateTime"] = start.isoformat()
    return [resource]


VARIANTS = {
    "present": ("variant-present", 0),
    "absent": ("variant-absent", 0),
    "pathogenic": ("variant-pathogenic", 0),
    "likely-pathogenic": ("variant-pathogenic", 1),
    "uncertain": ("variant-uncertain", 0),
    "likely-benign": ("variant-benign", 0),
    "benign": ("variant-benign", 1),
}


def gene(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``gene sod1 present pathogenic``; ``says=likely_pathogenic`` in words; ``test``: by the
    code of the test of that gene; ``and=fus`` names a second gene.
    """
    resource = common("Observation", flags, "final") | {"code": concept("genetic-result")}
    status = next((f for f in flags if f in STATUSES), "final")
    resource |= {"status": status, "effectiveDateTime": start.isoformat() if start else None}
    genes = [name, *(f[4:] for f in flags if f.startswith("and="))]
    parts = [(f"loinc:{GENE_STUDIED}", concept(f"gene-{gene}")) for gene in genes]
    if "test" in flags:
        resource["code"], parts = concept(f"gene-{name}", 1), []
    for flag in flags:
        if flag in ("present", "absent"):
            resource["valueCodeableConcept"] = concept(*VARIANTS[flag])
        elif flag in VARIANTS:
            parts.append((f"loinc:{SIGNIFICANCE}", concept(*VARIANTS[flag])))
        elif flag.startswith("says="):
            words = {"text": flag[5:].replace("_", " ")}
            parts.append((f"loinc:{SIGNIFICANCE}", words))
        elif flag.startswith("value="):
            resource["valueString"] = flag[6:].replace("_", " ")
    if parts:
        resource["component"] = [
            {"code": concept(code), "valueCodeableConcept": value} for code, value in parts
        ]
    return [resource]
