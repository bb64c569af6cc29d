"""FHIR resources from phrases, so that a vignette reads like a clinic letter.

A phrase is ``<what> [flags], <age>``: ``46 % sitting, 12 days ago`` in a column of a
measure, ``condition orthopnea, 10 days ago`` in the column ``record``. Ages are
``N days ago``, ``today``, ``in N days`` or ``A to B days ago`` for a period.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from cdshooks.knowledge import base

Json = dict[str, Any]
PATIENT = "Patient/anna"
OTHER = "Patient/somebody-else"
THIS = "this-encounter"
"""The id of the encounter that a call is about."""
OXYGEN_PERCENT, OXYGEN_FLOW, SUPPORT = "3150-6", "3151-8", "resp-support"
GENE_STUDIED, SIGNIFICANCE = "48018-6", "53037-8"
_ids = count(1)


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


def person(phrase: str, today: date) -> Json:
    """``woman, 60 years`` with flags ``died``, ``inactive``, ``no birth date``."""
    patient: Json = {"resourceType": "Patient", "id": "anna", "gender": "female"}
    age = 60
    for flag in filter(None, (part.strip() for part in phrase.split(","))):
        if flag in ("woman", "man", "other"):
            patient["gender"] = {"woman": "female", "man": "male", "other": "other"}[flag]
        elif match := re.fullmatch(r"(\d+) years", flag):
            age = int(match[1])
        elif flag == "died":
            patient["deceasedBoolean"] = True
        elif match := re.fullmatch(r"died (\d+) days ago", flag):
            patient["deceasedDateTime"] = (today - timedelta(days=int(match[1]))).isoformat()
        elif flag == "inactive":
            patient["active"] = False
        elif flag == "no birth date":
            age = -1
        else:
            raise ValueError(f"no such person: {phrase!r}")
    if age >= 0:
        patient["birthDate"] = today.replace(year=today.year - age).isoformat()
    return patient


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
STATUSES = ("preliminary", "registered", "entered-in-error", "amended", "corrected", "cancelled")


def _flag(resource: Json, words: list[str], measure: str) -> None:
    """Applies the first word that is left: a unit, a position, a status or a defect."""
    word = words.pop(0)
    if word in FLAGS:
        _component(resource, "8361-8", {"valueCodeableConcept": _snomed(FLAGS[word][1])})
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
        _component(resource, OXYGEN_PERCENT, {"valueQuantity": {"value": 21, "unit": "%"}})
    elif word == "oxygen":
        _component(resource, OXYGEN_FLOW, {"valueQuantity": {"value": 2, "unit": "L/min"}})
    elif match := re.fullmatch(r"fio2=(\d+)", word):
        quantity = {"value": int(match[1]), "unit": "%"}
        _component(resource, OXYGEN_PERCENT, {"valueQuantity": quantity})
    elif word == "support":
        _component(resource, SUPPORT, {"valueCodeableConcept": concept("niv")}, "als-cds")
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


def _snomed(code: str) -> Json:
    return {"coding": [{"system": "http://snomed.info/sct", "code": code}]}


def _component(resource: Json, code: str, value: Json, system: str = "loinc") -> None:
    coding = {"system": base().systems.uri(system), "code": code}
    resource.setdefault("component", []).append({"code": {"coding": [coding]}, **value})


def record(phrase: str, today: date) -> list[Json]:
    """``<kind> <value set> [flags], <age>``: any coded fact of the chart.

    ``changed=5`` says that the resource was last updated 5 days ago.
    """
    body, _, age = phrase.rpartition(",") if "," in phrase else (phrase, "", "undated")
    kind, name, *flags = body.split()
    start, end = days(age, today)
    made: list[Json] = _KINDS[kind](name, flags, start, end)
    for flag in flags:
        if match := re.fullmatch(r"changed=(\d+)", flag):
            day = today - timedelta(days=int(match[1]))
            made[0]["meta"] = {"lastUpdated": f"{day.isoformat()}T09:00:00Z"}
    return made


REVOKED_FOR = "http://hl7.org/fhir/StructureDefinition/request-statusReason"


def _common(type: str, flags: list[str], default: str) -> Json:
    status = next((f for f in flags if f in _STATUS), default)
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


_STATUS = (
    "active", "completed", "on-hold", "revoked", "stopped", "cancelled", "entered-in-error",
    "draft", "in-progress", "not-done", "finished", "planned", "inactive", "unknown", "not-taken",
    "intended", "requested", "accepted", "rejected", "current", "superseded", "failed",
    "received", "ready",
)  # fmt: skip


def _index(flags: list[str]) -> int:
    return next((int(f[1:]) for f in flags if re.fullmatch(r"#\d+", f)), 0)


def _condition(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("Condition", [], "active")
    del resource["status"]
    resource["subject"] = {"reference": OTHER if "foreign" in flags else PATIENT}
    resource["code"] = concept(name, _index(flags))
    site = next((f[5:] for f in flags if f.startswith("site=")), None)
    if site:
        resource["bodySite"] = [concept(site)]
    words = next((f[5:] for f in flags if f.startswith("text=")), None)
    if words:
        resource["code"]["text"] = words.replace("_", " ")
    if "uncoded" in flags:
        resource["code"].pop("coding")
    clinical = next((f for f in flags if f in ("resolved", "inactive", "remission", "relapse")), "")
    if "unstated" not in flags:
        resource["clinicalStatus"] = {"coding": [{"code": clinical or "active"}]}
    verification = ("provisional", "differential", "unconfirmed", "refuted", "entered-in-error")
    verified = next((f for f in flags if f in verification), "confirmed")
    resource["verificationStatus"] = {"coding": [{"code": verified}]}
    if end:
        resource["onsetDateTime"] = start.isoformat() if start else None
        resource["recordedDate"] = end.isoformat()
    elif start:
        resource["onsetDateTime" if "onset" in flags else "recordedDate"] = start.isoformat()
    return [resource]


def _procedure(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("Procedure", flags, "completed") | {"code": concept(name, _index(flags))}
    words = next((f[5:] for f in flags if f.startswith("text=")), None)
    if words:
        resource["code"] = {"text": words.replace("_", " ")}
    if start and end:
        resource["performedPeriod"] = {"start": start.isoformat(), "end": end.isoformat()}
    elif start and "in-progress" in flags:
        resource["performedPeriod"] = {"start": start.isoformat()}
    elif start:
        hour = next((f[3:] for f in flags if f.startswith("at-")), None)
        resource["performedDateTime"] = start.isoformat() + (f"T{hour}:00:00Z" if hour else "")
    if "inpatient" in flags:
        [stay] = _encounter("inpatient", ["in-progress"], start, None)
        resource["encounter"] = {"reference": f"Encounter/{stay['id']}"}
        return [resource, stay]
    return [resource]


def _request(type: str) -> Any:
    def make(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
        resource = _common(type, flags, "active") | {"intent": "order"}
        code = "codeCodeableConcept" if type == "DeviceRequest" else "code"
        resource[code] = concept(name, _index(flags))
        words = next((f[5:] for f in flags if f.startswith("text=")), None)
        if words:
            resource[code] = {"text": words.replace("_", " ")}
        if "forbidden" in flags:
            resource["doNotPerform"] = True
        if "surgical" in flags:
            resource["reasonCode"] = [concept("surgical-airway")]
        for intent in ("proposal", "plan"):
            if intent in flags:
                resource["intent"] = intent
        if start:
            resource["authoredOn"] = start.isoformat()
        return [resource]

    return make


STRUCTURE = {
    "nutritional-supplement": {"supplement": [{"instruction": "one a day"}]},
    "enteral-feeding": {"enteralFormula": {"baseFormulaProductName": "a feed"}},
    "thickened-fluids": {"oralDiet": {"fluidConsistencyType": [{"text": "nectar thick"}]}},
    "modified-texture": {"oralDiet": {"texture": [{"modifier": {"text": "minced"}}]}},
}


def _diet(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``plain`` says what it is by its elements alone, without a code."""
    resource = _common("NutritionOrder", flags, "active") | {"intent": "order"}
    resource["patient"] = resource.pop("subject")
    kind = STRUCTURE[name] if "plain" in flags else {"oralDiet": {"type": [concept(name)]}}
    if start:
        resource["dateTime"] = start.isoformat()
    return [resource | kind]


def _device(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("Device", flags, "active") | {"type": concept(name, _index(flags))}
    resource["patient"] = resource.pop("subject")
    return [resource]


def _device_use(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    [device] = _device(name, ["inactive"], None, None)
    use = _common("DeviceUseStatement", flags, "active")
    use["device"] = {"reference": f"Device/{device['id']}"}
    if "intolerance" in flags:
        use["reasonCode"] = [{"text": "mask not tolerated"}]
    if start:
        use["timingPeriod"] = {"start": start.isoformat()} | (
            {"end": end.isoformat()} if end else {}
        )
    return [use, device]


def _consent(kind: str) -> Any:
    def make(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
        resource = _common("Consent", flags, "active")
        resource["patient"] = resource.pop("subject")
        code = _drug(name) if name.isdigit() else concept(name, _index(flags))
        words = next((f[6:] for f in flags if f.startswith("words=")), None)
        if words:
            code = {"text": words.replace("_", " ")}
        provision: Json = {"type": kind, "code": [code]}
        if "nested" in flags:
            provision = {"type": "permit", "provision": [provision]}
        resource["provision"] = provision
        if start:
            resource["dateTime"] = start.isoformat()
        return [resource]

    return make


def _encounter(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("Encounter", flags, "finished")
    if name == "inpatient":
        resource["class"] = base().value_sets["inpatient"].codings[_index(flags)].written
        resource["class"] = {"code": resource["class"]}
    else:
        resource["class"] = {"code": "AMB"}
        resource["type"] = [concept(name, _index(flags))]
    period = {"start": start, "end": end}
    resource["period"] = {key: day.isoformat() for key, day in period.items() if day}
    if "this" in flags:
        resource |= {"id": THIS, "status": "in-progress"}
    if "intensive" in flags:
        resource["type"] = [concept("intensive-care")]
    why = next((f[4:] for f in flags if f.startswith("for=")), None)
    if why:
        resource["reasonCode"] = [concept(why, _index(flags))]
    ward = next((f[5:] for f in flags if f.startswith("ward=")), None)
    if ward:
        resource["location"] = [{"location": {"display": ward.replace("_", " ")}}]
    for flag in flags:
        if flag.startswith("to="):
            coding = {"system": base().systems.uri("discharge-disposition"), "code": flag[3:]}
            resource["hospitalization"] = {"dischargeDisposition": {"coding": [coding]}}
    return [resource]


def _task(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``A to B days ago``: written A days ago and last changed B days ago."""
    resource = _common("Task", flags, "requested") | {"intent": "plan", "code": concept(name)}
    resource["for"] = resource.pop("subject")
    words = next((f[5:] for f in flags if f.startswith("text=")), None)
    if words:
        resource["code"] = {"text": words.replace("_", " ")}
    if start:
        resource["authoredOn"] = start.isoformat()
        resource["lastModified"] = (end or start).isoformat()
    return [resource]


def _document(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("DocumentReference", flags, "current")
    resource["type"] = concept(name, _index(flags))
    resource["content"] = [{"attachment": {"title": "a document"}}]
    if start:
        resource["date"] = f"{start.isoformat()}T00:05:00Z"
    return [resource]


def _message(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("Communication", flags, "completed") | {"category": [concept(name)]}
    if start:
        resource["sent"] = f"{start.isoformat()}T00:05:00Z"
    return [resource]


def _relative(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``husband`` and other words are the text of the relationship; ``proxy`` is a value set."""
    resource = _common("RelatedPerson", [f for f in flags if f == "foreign"], "")
    del resource["status"]
    resource["patient"] = resource.pop("subject")
    coded = name in ("proxy", "caregiver")
    resource["relationship"] = [concept(name) if coded else {"text": name.replace("_", " ")}]
    if name == "somebody":
        del resource["relationship"]
    if "former" in flags:
        resource["active"] = False
    if end:
        resource["period"] = {"end": end.isoformat()}
    return [resource]


def _appointment(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``cancelled``, ``pending`` … instead of booked; ``foreign`` is somebody else's."""
    status = next((f for f in flags if f in ("cancelled", "pending", "proposed")), "booked")
    actor = {"reference": OTHER if "foreign" in flags else PATIENT}
    people = [{"actor": {"reference": "Practitioner/7"}, "status": "accepted"}]
    return [
        {
            "resourceType": "Appointment",
            "id": new_id("appointment"),
            "status": status,
            "serviceType": [concept(name, _index(flags))],
            "start": f"{start.isoformat()}T09:00:00Z" if start else None,
            "participant": [*people, {"actor": actor, "status": "accepted"}],
        }
    ]


def _episode(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("EpisodeOfCare", flags, "active") | {"type": [concept(name)]}
    resource["patient"] = resource.pop("subject")
    if start:
        resource["period"] = {"start": start.isoformat()}
    return [resource]


def _plan(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("CarePlan", flags, "active")
    resource["created"] = start.isoformat() if start else None
    if "activity" in flags:
        status = next((f[6:] for f in flags if f.startswith("state-")), None)
        words = next((f[5:] for f in flags if f.startswith("text=")), None)
        code = {"text": words.replace("_", " ")} if words else concept(name)
        resource["activity"] = [{"detail": {"code": code, "status": status}}]
    else:
        resource["category"] = [concept(name)]
    return [resource]


def _reported(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = _common("Observation", flags, "final") | {"code": concept(name, _index(flags))}
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


def _report(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    status = next((f for f in flags if f in STATUSES), "final")
    resource = _common("DiagnosticReport", [f for f in flags if f == "foreign"], status)
    resource["code"] = concept(name, _index(flags))
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


def _gene(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``gene sod1 present pathogenic``; ``says=likely_pathogenic`` in words; ``test``: by the
    code of the test of that gene; ``and=fus`` names a second gene.
    """
    resource = _common("Observation", flags, "final") | {"code": concept("genetic-result")}
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


def _ancestor(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """What a relative had."""
    status = next((f for f in flags if f in ("partial", "health-unknown")), "completed")
    resource = _common("FamilyMemberHistory", flags, status)
    resource["patient"] = resource.pop("subject")
    resource["relationship"] = {"text": "mother"}
    resource["condition"] = [{"code": concept(name, _index(flags))}]
    if start:
        resource["date"] = start.isoformat()
    return [resource]


def _team(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``left``: the member's time ended; ``over``: that of the whole team did."""
    resource = _common("CareTeam", flags, "active")
    period = {"start": start.isoformat() if start else None}
    ended = period | {"end": end.isoformat() if end else None}
    member = {"role": [concept(name, _index(flags))]}
    resource["participant"] = [member | ({"period": ended} if "left" in flags else {})]
    resource["period"] = ended if "over" in flags else period
    return [resource]


def _study(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``name`` is the focus of the study, as a value set or a code; ``untold``: it was not sent."""
    status = next((f for f in flags if f in ("withdrawn", "screening", "off-study")), "on-study")
    resource = _common("ResearchSubject", [f for f in flags if f == "foreign"], status)
    resource["individual"] = resource.pop("subject")
    resource["status"] = status
    resource["study"] = {"reference": "#study" if name != "untold" else "ResearchStudy/9"}
    if name != "untold":
        study = {"resourceType": "ResearchStudy", "id": "study", "status": "active"}
        resource["contained"] = [study | {"focus": [concept(name)]}]
    period = {"start": start, "end": end}
    resource["period"] = {key: day.isoformat() for key, day in period.items() if day}
    return [resource]


def _drug(name: str) -> Json:
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


def _allergy(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``allergy 35623 high, severe rash``: criticality, severity and manifestation are flags."""
    resource: Json = {"resourceType": "AllergyIntolerance", "id": new_id("allergy")}
    resource["patient"] = {"reference": OTHER if "foreign" in flags else PATIENT}
    resource["code"] = {"text": "other"} if "substance" in flags else _drug(name)
    reaction: Json = {"substance": _drug(name)} if "substance" in flags else {}
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
            reaction["manifestation"] = [_snomed(match[1])]
        elif match := re.fullmatch(r"m=(.+)", flag):
            reaction["manifestation"] = [{"text": match[1].replace("_", " ")}]
        elif flag not in ("substance", "foreign"):
            raise ValueError(f"no such word of an allergy: {flag!r}")
    if reaction:
        resource["reaction"] = [reaction]
    if start:
        resource["recordedDate"] = start.isoformat()
    return [resource]


def _medication(type: str) -> Any:
    def make(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
        resource = _common(type, flags, "active")
        resource["medicationCodeableConcept"] = _drug(name)
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


_KINDS: dict[str, Any] = {
    "allergy": _allergy,
    "condition": _condition,
    "procedure": _procedure,
    "order": _request("ServiceRequest"),
    "device-order": _request("DeviceRequest"),
    "device": _device,
    "diet": _diet,
    "device-use": _device_use,
    "refusal": _consent("deny"),
    "permission": _consent("permit"),
    "encounter": _encounter,
    "appointment": _appointment,
    "task": _task,
    "document": _document,
    "message": _message,
    "relative": _relative,
    "episode": _episode,
    "plan": _plan,
    "reported": _reported,
    "report": _report,
    "study": _study,
    "gene": _gene,
    "ancestor": _ancestor,
    "team": _team,
    "prescription": _medication("MedicationRequest"),
    "statement": _medication("MedicationStatement"),
    "dispense": _medication("MedicationDispense"),
}
