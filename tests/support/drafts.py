"""Draft orders from phrases: ``199206 1 {pill} 2/d prn with-food``."""

import re
from collections.abc import Callable
from typing import Any

from cdshooks.knowledge import base
from tests.support.resources import PATIENT, concept, new_id

Json = dict[str, Any]


def draft(phrase: str) -> Json:
    """``<code> <amount> <unit> <n>/<d|h|wk> [words]``; further lines of directions by `` and ``.

    The drug is a code of RxNorm or as ``_medication`` says; ``text="…"`` writes free directions.
    ``lab <value set>`` orders a test, ``device <value set>`` a device, by the first code of the
    set or that of ``#2``; ``service some_words`` orders by text alone.
    """
    kind, _, rest = phrase.partition(" ")
    if kind in ("service", "lab", "device"):
        return _request(kind, rest.split())
    resource = _ordered("MedicationRequest", "draft")
    drug, *lines = phrase.split(" and ")
    drug, _, first = drug.partition(" ")
    resource |= _medication(drug)
    written = [_line(text, resource) for text in (first, *lines)]
    if any(written):
        resource["dosageInstruction"] = [line for line in written if line]
    return resource


def _ordered(type: str, kind: str) -> Json:
    return {
        "resourceType": type,
        "id": new_id(kind),
        "status": "draft",
        "intent": "order",
        "subject": {"reference": PATIENT},
    }


def _request(kind: str, said: list[str]) -> Json:
    name, *words = said
    index = next((int(word[1:]) for word in words if re.fullmatch(r"#\d+", word)), 0)
    code = {"text": _spaced(name)} if kind == "service" else concept(name, index)
    if kind == "device":
        resource = _ordered("DeviceRequest", kind) | {"codeCodeableConcept": code}
    else:
        resource = _ordered("ServiceRequest", kind) | {"code": code}
    left = [word for word in words if not word.startswith("#")]
    while left:
        _word(left, {}, resource)
    return resource


def _spaced(text: str) -> str:
    return text.replace("_", " ")


def _medication(drug: str) -> Json:
    """``code``, ``code:text``, ``system/code``, ``name:text``, ``elsewhere:text`` (a reference
    that leads nowhere) or ``r5:code``.
    """
    kind, _, text = drug.partition(":")
    if kind == "name":
        return {"medicationCodeableConcept": {"text": _spaced(text)}}
    if kind == "elsewhere":
        reference = {"reference": "Medication/zz", "display": _spaced(text)}
        return {"medicationReference": reference}
    if kind == "r5":
        return {"medication": {"concept": {"coding": [_coding(text)]}}}
    body: Json = {"coding": [_coding(kind)]} | ({"text": _spaced(text)} if text else {})
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


def _because(text: str) -> Json:
    return {"reasonCode": [{"text": _spaced(text)}]}


def _snomed(code: str) -> Json:
    return {"coding": [{"system": "http://snomed.info/sct", "code": code}]}


OF_ORDER: dict[str, Callable[[str], Json]] = {
    "why=": _because,
    "because=": _because,
    "reason=": lambda name: {"reasonCode": [concept(name)]},
    "trial": lambda _: _because("Clinical trial"),
    "surgical": lambda _: {"reasonCode": [concept("surgical-airway")]},
    "venting": lambda _: _because("Venting of the stomach for comfort"),
    "trial-note": lambda _: {"note": [{"text": "Open-label extension"}]},
    "id=": lambda name: {"id": name},
    "replaces=": lambda name: {"priorPrescription": {"reference": f"MedicationRequest/{name}"}},
    "status=": lambda status: {"status": status},
    "intent=": lambda intent: {"intent": intent},
    "foreign": lambda _: {"subject": {"reference": "Patient/somebody-else"}},
    "forbidden": lambda _: {"doNotPerform": True},
}
"""What a word says of the whole order; one that ends in ``=`` is followed by a value."""

OF_LINE: dict[str, Callable[[str], Json]] = {
    "then": lambda _: {"text": "then"},
    "prn": lambda _: {"asNeededBoolean": True},
    "seq=": lambda number: {"sequence": int(number)},
    "route=": lambda code: {"route": _snomed(code)},
    "via-tube": lambda _: {"route": {"text": "via PEG"}},
    "half-hour-before-food": lambda _: {"additionalInstruction": [_snomed("311501008")]},
    "most=": lambda amount: {
        "maxDosePerPeriod": {
            "numerator": _quantity(amount.removesuffix("mg"), "mg"),
            "denominator": {"value": 1, "code": "d"},
        }
    },
}
"""What it says of one line of the directions."""

OF_TIMING: dict[str, Callable[[str], Json]] = {
    "code=": lambda text: {"code": {"text": text}},
    "dates=": lambda days: {"event": days.split(",")},
}

OF_REPEAT: dict[str, Callable[[str], Json]] = {
    "when=": lambda times: {"when": times.split(",")},
    "on=": lambda days: {"dayOfWeek": days.split(",")},
    "with-food": lambda _: {"when": ["C"]},
    "after-food": lambda _: {"when": ["PC"]},
    "before-food": lambda _: {"when": ["AC"]},
    "offset=": lambda minutes: {"offset": int(minutes)},
    "count=": lambda times: {"count": int(times)},
    "minutes=": lambda number: {"duration": float(number), "durationUnit": "min"},
    "from=": lambda days: {"boundsPeriod": _period(*days.partition("to"))},
    "for=": lambda days: {
        "boundsDuration": {"value": int(days.removesuffix("d")), "unit": "d", "code": "d"}
    },
}
"""What it says of when it is given."""


def _word(words: list[str], line: Json, resource: Json) -> None:
    """Applies the first word that is left, and with an amount its unit."""
    word = words.pop(0)
    name, equals, value = word.partition("=")
    name += equals
    if name in OF_ORDER:
        resource |= OF_ORDER[name](value)
    elif name in OF_LINE:
        line |= OF_LINE[name](value)
    elif name in OF_TIMING:
        line.setdefault("timing", {}).update(OF_TIMING[name](value))
    elif name in OF_REPEAT:
        _repeat(line).update(OF_REPEAT[name](value))
    elif match := re.fullmatch(r"(\d+)/(?:(\d+))?(d|h|wk)", word):
        often = {"frequency": int(match[1]), "period": int(match[2] or 1), "periodUnit": match[3]}
        _repeat(line).update(often)
    elif match := re.fullmatch(r"([\d.]+)(?:-([\d.]+))?", word):
        line["doseAndRate"] = [_dose(match[1], match[2], words)]
    else:
        _reshape(word, line, resource)


def _reshape(word: str, line: Json, resource: Json) -> None:
    """What changes the form of what was said before it."""
    if match := re.fullmatch(r"rate=([\d.]+)(\S+)", word):
        line["doseAndRate"][0]["rateQuantity"] = {"value": float(match[1]), "unit": match[2]}
    elif word == "stu3":
        line |= line.pop("doseAndRate")[0]
    elif word == "object":
        line["doseAndRate"] = line["doseAndRate"][0]
    elif word == "dstu2":
        resource["resourceType"] = "MedicationOrder"
        resource["patient"] = resource.pop("subject")
        resource.pop("intent", None)
    else:
        raise ValueError(f"no such word in a draft: {word!r}")


def _period(start: str, _to: str, end: str) -> Json:
    return {"start": start} | ({"end": end} if end else {})


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
