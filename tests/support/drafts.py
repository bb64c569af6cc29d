"""Draft orders from phrases: ``199206 1 {pill} 2/d prn with-food``."""

import re
from typing import Any

from cdshooks.knowledge import base
from tests.support.resources import PATIENT, concept, new_id

Json = dict[str, Any]


def draft(phrase: str) -> Json:
    """``<code> <amount> <unit> <n>/<d|h|wk> [flags]``; ``lab <value set>`` orders a test.

    ``service some_words`` orders a service by text alone, ``device <value set>`` a
    device. ``name:riluzole`` orders by text alone;
    ``text="…"`` writes free directions;
    ``a + b`` inside braces is not needed: several lines are several phrases joined
    by `` and ``.
    """
    kind, _, rest = phrase.partition(" ")
    if kind == "service":
        named, *words = rest.split()
        service: Json = {
            "resourceType": "ServiceRequest",
            "id": new_id(kind),
            "status": "draft",
            "intent": "order",
            "subject": {"reference": PATIENT},
            "code": {"text": named.replace("_", " ")},
        }
        while words:
            _word(words, {}, service)
        return service
    if kind in ("lab", "device"):
        name, *words = rest.split()
        device = kind == "device"
        index = next((int(word[1:]) for word in words if re.fullmatch(r"#\d+", word)), 0)
        words = [word for word in words if not word.startswith("#")]
        test: Json = {
            "resourceType": "DeviceRequest" if device else "ServiceRequest",
            "id": new_id(kind),
            "status": "draft",
            "intent": "order",
            "subject": {"reference": PATIENT},
            "codeCodeableConcept" if device else "code": concept(name, index),
        }
        while words:
            _word(words, {}, test)
        return test
    resource: Json = {
        "resourceType": "MedicationRequest",
        "id": new_id("draft"),
        "status": "draft",
        "intent": "order",
        "subject": {"reference": PATIENT},
    }
    lines = phrase.split(" and ")
    drug, _, first = lines[0].partition(" ")
    resource |= _medication(drug)
    written = [_line(text, resource) for text in (first, *lines[1:])]
    resource["dosageInstruction"] = [line for line in written if line]
    if not resource["dosageInstruction"]:
        del resource["dosageInstruction"]
    return resource


def _medication(drug: str) -> Json:
    """``code``, ``code:text``, ``system/code``, ``name:text``, ``elsewhere:text`` (a reference
    that leads nowhere) or ``r5:code``.
    """
    kind, _, text = drug.partition(":")
    if kind == "name":
        return {"medicationCodeableConcept": {"text": text.replace("_", " ")}}
    if kind == "elsewhere":
        reference = {"reference": "Medication/zz", "display": text.replace("_", " ")}
        return {"medicationReference": reference}
    if kind == "r5":
        return {"medication": {"concept": {"coding": [_coding(text)]}}}
    body: Json = {"coding": [_coding(kind)]} | ({"text": text.replace("_", " ")} if text else {})
    return {"medicationCodeableConcept": body}


def _coding(code: str) -> Json:
    system, _, bare = code.rpartition("/")
    return {"system": base().systems.uri(system or "rxnorm"), "code": bare}


_TEXT = re.compile(r'text="([^"]*)"')


def _line(phrase: str, resource: Json) -> Json:
    line: Json = {}
    if match := _TEXT.search(phrase):
        line["text"] = match[1]
        phrase = phrase.replace(match[0], "")
    words = phrase.split()
    while words:
        _word(words, line, resource)
    return line


def _word(words: list[str], line: Json, resource: Json) -> None:
    word = words.pop(0)
    repeat = line.setdefault("timing", {}).setdefault("repeat", {}) if "/" in word else {}
    if match := re.fullmatch(r"(\d+)/(?:(\d+))?(d|h|wk)", word):
        repeat |= {"frequency": int(match[1]), "period": int(match[2] or 1), "periodUnit": match[3]}
        line["timing"]["repeat"] = repeat
    elif match := re.fullmatch(r"([\d.]+)(?:-([\d.]+))?", word):
        line["doseAndRate"] = [_dose(match[1], match[2], words)]
    elif match := re.fullmatch(r"when=([A-Z.,]+)", word):
        _repeat(line)["when"] = match[1].split(",")
    elif match := re.fullmatch(r"offset=(\d+)", word):
        _repeat(line)["offset"] = int(match[1])
    elif match := re.fullmatch(r"code=([A-Z0-9]+)", word):
        line.setdefault("timing", {})["code"] = {"text": match[1]}
    elif word == "half-hour-before-food":
        coding = {"system": "http://snomed.info/sct", "code": "311501008"}
        line["additionalInstruction"] = [{"coding": [coding]}]
    elif match := re.fullmatch(r"most=(\d+)mg", word):
        top, day = _quantity(match[1], "mg"), {"value": 1, "code": "d"}
        line["maxDosePerPeriod"] = {"numerator": top, "denominator": day}
    elif match := re.fullmatch(r"count=(\d+)", word):
        _repeat(line)["count"] = int(match[1])
    elif match := re.fullmatch(r"minutes=([\d.]+)", word):
        _repeat(line).update({"duration": float(match[1]), "durationUnit": "min"})
    elif match := re.fullmatch(r"from=([\d-]+)(?:to([\d-]+))?", word):
        period = {"start": match[1], "end": match[2]}
        _repeat(line)["boundsPeriod"] = {k: v for k, v in period.items() if v}
    elif match := re.fullmatch(r"dates=([\d,-]+)", word):
        line.setdefault("timing", {})["event"] = match[1].split(",")
    elif match := re.fullmatch(r"rate=([\d.]+)(\S+)", word):
        rate = {"value": float(match[1]), "unit": match[2]}
        line["doseAndRate"][0]["rateQuantity"] = rate
    elif word == "then":
        line["text"] = "then"
    elif word == "stu3":
        line |= line.pop("doseAndRate")[0]
    elif word == "object":
        line["doseAndRate"] = line["doseAndRate"][0]
    elif word == "trial-note":
        resource["note"] = [{"text": "Open-label extension"}]
    elif word == "prn":
        line["asNeededBoolean"] = True
    elif word in ("with-food", "after-food", "before-food"):
        when = {"with-food": "C", "after-food": "PC", "before-food": "AC"}[word]
        _repeat(line)["when"] = [when]
    elif match := re.fullmatch(r"route=(\d+)", word):
        line["route"] = {"coding": [{"system": "http://snomed.info/sct", "code": match[1]}]}
    elif word == "via-tube":
        line["route"] = {"text": "via PEG"}
    elif match := re.fullmatch(r"seq=(\d+)", word):
        line["sequence"] = int(match[1])
    elif match := re.fullmatch(r"for=(\d+)d", word):
        bounds = {"value": int(match[1]), "unit": "d", "code": "d"}
        _repeat(line)["boundsDuration"] = bounds
    elif match := re.fullmatch(r"why=(.+)", word):
        resource["reasonCode"] = [{"text": match[1].replace("_", " ")}]
    elif word == "trial":
        resource["reasonCode"] = [{"text": "Clinical trial"}]
    elif match := re.fullmatch(r"id=(.+)", word):
        resource["id"] = match[1]
    elif match := re.fullmatch(r"replaces=(.+)", word):
        resource["priorPrescription"] = {"reference": f"MedicationRequest/{match[1]}"}
    elif match := re.fullmatch(r"status=([a-z-]+)", word):
        resource["status"] = match[1]
    elif match := re.fullmatch(r"intent=([a-z-]+)", word):
        resource["intent"] = match[1]
    elif word == "foreign":
        resource["subject"] = {"reference": "Patient/somebody-else"}
    elif match := re.fullmatch(r"reason=([a-z-]+)", word):
        resource["reasonCode"] = [concept(match[1])]
    elif match := re.fullmatch(r"because=(.+)", word):
        resource["reasonCode"] = [{"text": match[1].replace("_", " ")}]
    elif word == "surgical":
        resource["reasonCode"] = [concept("surgical-airway")]
    elif word == "venting":
        resource["reasonCode"] = [{"text": "Venting of the stomach for comfort"}]
    elif word == "forbidden":
        resource["doNotPerform"] = True
    elif word == "dstu2":
        resource["resourceType"] = "MedicationOrder"
        resource["patient"] = resource.pop("subject")
        resource.pop("intent", None)
    else:
        raise ValueError(f"no such word in a draft: {word!r}")


def _repeat(line: Json) -> Json:
    found: Json = line.setdefault("timing", {}).setdefault("repeat", {})
    return found


def _dose(low: str, high: str | None, words: list[str]) -> Json:
    unit = (
        words.pop(0)
        if words and not re.match(r"\d|[a-z]+[-=]|prn|stu3|object|trial", words[0])
        else None
    )
    if high:
        ends = {"low": low, "high": high}
        return {"doseRange": {key: _quantity(value, unit) for key, value in ends.items()}}
    return {"doseQuantity": _quantity(low, unit)}


def _quantity(value: str, unit: str | None) -> Json:
    return {"value": float(value)} | ({"code": unit} if unit else {})
