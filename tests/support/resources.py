"""FHIR resources from phrases, so that a vignette reads like a clinic letter.

A phrase is ``<what> [flags], <age>``: ``46 % sitting, 12 days ago`` in a column of a
measure, ``condition orthopnea, 10 days ago`` in the column ``record``. Ages are
``N days ago``, ``today``, ``in N days`` or ``A to B days ago`` for a period.
"""

import re
from datetime import date, timedelta
from typing import Any

from cdshooks.knowledge import base
from tests.support.medications import allergy, drug, medication
from tests.support.observations import gene, observation, report, reported
from tests.support.phrases import (
    OTHER,
    PATIENT,
    THIS,
    Json,
    common,
    concept,
    days,
    index_of,
    new_id,
)

__all__ = [
    "OTHER",
    "PATIENT",
    "THIS",
    "concept",
    "days",
    "new_id",
    "observation",
    "person",
    "record",
]


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


def _condition(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = common("Condition", [], "active")
    del resource["status"]
    resource["subject"] = {"reference": OTHER if "foreign" in flags else PATIENT}
    resource["code"] = concept(name, index_of(flags))
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
    resource = common("Procedure", flags, "completed") | {"code": concept(name, index_of(flags))}
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
        resource = common(type, flags, "active") | {"intent": "order"}
        code = "codeCodeableConcept" if type == "DeviceRequest" else "code"
        resource[code] = concept(name, index_of(flags))
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
    resource = common("NutritionOrder", flags, "active") | {"intent": "order"}
    resource["patient"] = resource.pop("subject")
    kind = STRUCTURE[name] if "plain" in flags else {"oralDiet": {"type": [concept(name)]}}
    if start:
        resource["dateTime"] = start.isoformat()
    return [resource | kind]


def _device(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = common("Device", flags, "active") | {"type": concept(name, index_of(flags))}
    resource["patient"] = resource.pop("subject")
    return [resource]


def _device_use(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    [device] = _device(name, ["inactive"], None, None)
    use = common("DeviceUseStatement", flags, "active")
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
        resource = common("Consent", flags, "active")
        resource["patient"] = resource.pop("subject")
        code = drug(name) if name.isdigit() else concept(name, index_of(flags))
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
    resource = common("Encounter", flags, "finished")
    if name == "inpatient":
        resource["class"] = base().value_sets["inpatient"].codings[index_of(flags)].written
        resource["class"] = {"code": resource["class"]}
    else:
        resource["class"] = {"code": "AMB"}
        resource["type"] = [concept(name, index_of(flags))]
    period = {"start": start, "end": end}
    resource["period"] = {key: day.isoformat() for key, day in period.items() if day}
    if "this" in flags:
        resource |= {"id": THIS, "status": "in-progress"}
    if "intensive" in flags:
        resource["type"] = [concept("intensive-care")]
    why = next((f[4:] for f in flags if f.startswith("for=")), None)
    if why:
        resource["reasonCode"] = [concept(why, index_of(flags))]
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
    resource = common("Task", flags, "requested") | {"intent": "plan", "code": concept(name)}
    resource["for"] = resource.pop("subject")
    words = next((f[5:] for f in flags if f.startswith("text=")), None)
    if words:
        resource["code"] = {"text": words.replace("_", " ")}
    if start:
        resource["authoredOn"] = start.isoformat()
        resource["lastModified"] = (end or start).isoformat()
    return [resource]


def _document(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = common("DocumentReference", flags, "current")
    resource["type"] = concept(name, index_of(flags))
    resource["content"] = [{"attachment": {"title": "a document"}}]
    if start:
        resource["date"] = f"{start.isoformat()}T00:05:00Z"
    return [resource]


def _message(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = common("Communication", flags, "completed") | {"category": [concept(name)]}
    if start:
        resource["sent"] = f"{start.isoformat()}T00:05:00Z"
    return [resource]


def _relative(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``husband`` and other words are the text of the relationship; ``proxy`` is a value set."""
    resource = common("RelatedPerson", [f for f in flags if f == "foreign"], "")
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
            "serviceType": [concept(name, index_of(flags))],
            "start": f"{start.isoformat()}T09:00:00Z" if start else None,
            "participant": [*people, {"actor": actor, "status": "accepted"}],
        }
    ]


def _episode(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = common("EpisodeOfCare", flags, "active") | {"type": [concept(name)]}
    resource["patient"] = resource.pop("subject")
    if start:
        resource["period"] = {"start": start.isoformat()}
    return [resource]


def _plan(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    resource = common("CarePlan", flags, "active")
    resource["created"] = start.isoformat() if start else None
    if "activity" in flags:
        status = next((f[6:] for f in flags if f.startswith("state-")), None)
        words = next((f[5:] for f in flags if f.startswith("text=")), None)
        code = {"text": words.replace("_", " ")} if words else concept(name)
        resource["activity"] = [{"detail": {"code": code, "status": status}}]
    else:
        resource["category"] = [concept(name)]
    return [resource]


def _ancestor(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """What a relative had."""
    status = next((f for f in flags if f in ("partial", "health-unknown")), "completed")
    resource = common("FamilyMemberHistory", flags, status)
    resource["patient"] = resource.pop("subject")
    resource["relationship"] = {"text": "mother"}
    resource["condition"] = [{"code": concept(name, index_of(flags))}]
    if start:
        resource["date"] = start.isoformat()
    return [resource]


def _team(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``left``: the member's time ended; ``over``: that of the whole team did."""
    resource = common("CareTeam", flags, "active")
    period = {"start": start.isoformat() if start else None}
    ended = period | {"end": end.isoformat() if end else None}
    member = {"role": [concept(name, index_of(flags))]}
    resource["participant"] = [member | ({"period": ended} if "left" in flags else {})]
    resource["period"] = ended if "over" in flags else period
    return [resource]


def _study(name: str, flags: list[str], start: date | None, end: date | None) -> list[Json]:
    """``name`` is the focus of the study, as a value set or a code; ``untold``: it was not sent."""
    status = next((f for f in flags if f in ("withdrawn", "screening", "off-study")), "on-study")
    resource = common("ResearchSubject", [f for f in flags if f == "foreign"], status)
    resource["individual"] = resource.pop("subject")
    resource["status"] = status
    resource["study"] = {"reference": "#study" if name != "untold" else "ResearchStudy/9"}
    if name != "untold":
        study = {"resourceType": "ResearchStudy", "id": "study", "status": "active"}
        resource["contained"] = [study | {"focus": [concept(name)]}]
    period = {"start": start, "end": end}
    resource["period"] = {key: day.isoformat() for key, day in period.items() if day}
    return [resource]


_KINDS: dict[str, Any] = {
    "allergy": allergy,
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
    "reported": reported,
    "report": report,
    "study": _study,
    "gene": gene,
    "ancestor": _ancestor,
    "team": _team,
    "prescription": medication("MedicationRequest"),
    "statement": medication("MedicationStatement"),
    "dispense": medication("MedicationDispense"),
}
