"""Plain words for what the code and the knowledge files abbreviate."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from cdshooks.knowledge import Parameter
from cdshooks.units import shown, written

SWITCHED_OFF = "Always: a profile of this site switches it off"
NOT_REVIEWED = "Not reviewed by a clinician"

HOOKS = {
    "patient-view": "when a chart is opened",
    "order-select": "when an order is selected",
    "order-sign": "when orders are about to be signed",
    "encounter-start": "on admission",
    "encounter-discharge": "on discharge",
    "appointment-book": "when an appointment is booked",
}
TOPICS = {
    "SUICIDE": "Risk of suicide",
    "RIL-LIVER": "Riluzole and the liver",
    "RIL-ALT": "Riluzole and ALT",
    "RIL-START": "Starting riluzole",
    "RIL-BLOOD": "Riluzole and blood counts",
    "RIL-LUNG": "Riluzole and the lungs",
    "RIL-USE": "Taking riluzole",
    "TOFERSEN": "Tofersen",
    "RESP-NIV": "Breathing: ventilation",
    "RESP-TEST": "Breathing: tests",
    "RESP-AIRWAY": "Breathing: cough and airway",
    "NUTR": "Nutrition",
    "DYSPH": "Swallowing",
    "SYMPTOM": "Symptoms",
    "SALIVA": "Saliva",
    "MOOD": "Mood",
    "COG": "Cognition",
    "COMM": "Communication",
    "VTE": "Thrombosis",
    "PALL": "Palliative care",
    "BEREAVED": "After a death",
    "EOL": "End of life",
    "TEAM": "Team and follow-up",
    "GENE": "Genetics",
    "DRUG": "Drugs",
    "DUE": "What is due",
    "DQ": "Data quality",
}
SYSTEMS = {
    "loinc": "LOINC",
    "snomed": "SNOMED CT",
    "icd-10-cm": "ICD-10-CM",
    "consent-category": "category of consent",
    "icd-10": "ICD-10",
    "rxnorm": "RxNorm",
    "atc": "ATC",
    "ndc": "NDC",
    "hcpcs": "HCPCS",
    "act-code": "HL7 ActCode",
    "role-code": "HL7 RoleCode",
    "discharge-disposition": "HL7 discharge disposition",
    "hgnc": "HGNC",
    "nucc": "NUCC",
    "als-cds": "this project",
}
CONFIDENCES = {
    "high": "high",
    "medium": "medium",
    "low": "low, to be confirmed",
    "local": "this project's own code: a site maps to it",
    "site": "this site's own code, from its profile",
}
_OPERATORS = {"<=": "≤", ">=": "≥"}
_UNITS = {
    "d": "days",
    "a": "years",
    "/d": "times a day",
    "mg/d": "mg a day",
    "{words}/min": "words a minute",
    "x ULN": "× the upper limit of normal",
    "yes/no": "",
}


def topic(group: str) -> str:
    """A group of rules in words; one without words is its own name."""
    return TOPICS.get(group, group)


def amount(parameter: Parameter) -> str:
    """The value with comparison and unit: ``< 50%``, ``183 days``, ``yes``, ``UK``, ``off``."""
    value = parameter.value
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    number = shown(Decimal(value), None)
    unit = _UNITS.get(parameter.unit, written(parameter.unit))
    operator = _OPERATORS.get(parameter.operator or "", parameter.operator or "")
    gap = "" if unit == "%" else " "
    return f"{operator} {number}{gap}{unit}".strip()


def paragraphs(described: Callable[..., Any]) -> tuple[str, ...]:
    """The docstring of a function, a paragraph a blank line."""
    text = inspect.getdoc(described) or ""
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def question(function: Callable[..., Any]) -> str:
    """What the module of a function asks: the first sentence of its docstring."""
    module = inspect.getmodule(function)
    first = (inspect.getdoc(module) or "").split("\n\n")[0] if module else ""
    return " ".join(first.split())
