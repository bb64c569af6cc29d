"""Elements of FHIR, coded with the codes of the knowledge."""

from datetime import date, datetime
from functools import cache
from typing import Any

from cdshooks.cohort.content import content
from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import base

Json = dict[str, Any]
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


@cache
def coding(value_set: str, index: int = 0) -> Json:
    """A member of a value set as a Coding. Shared: whoever changes it makes a copy."""
    members = base().value_sets[value_set].codings
    member = members[index % len(members)]
    system = base().systems.uri(member.code.system)
    return {"system": system, "code": member.written, "display": member.display}


@cache
def codings(value_set: str, systems: tuple[str, ...]) -> tuple[Json, ...]:
    """The first member of each of these systems; of none, the first of all."""
    found: dict[str, int] = {}
    for index, member in enumerate(base().value_sets[value_set].codings):
        found.setdefault(member.code.system, index)
    chosen = tuple(coding(value_set, found[s]) for s in systems if s in found)
    return chosen or (coding(value_set),)


def concept(value_set: str, systems: tuple[str, ...] = (), text: str = "") -> Json:
    """A CodeableConcept of a value set, in the systems that a site uses."""
    found = list(codings(value_set, systems))
    return {"coding": found, "text": text or found[0]["display"]}


def own(system: str, code: str, text: str) -> Json:
    """A CodeableConcept by a code of the content, with the short name of its system."""
    uri = base().systems.uri(system)
    return {"coding": [{"system": uri, "code": code, "display": text}], "text": text}


def standard(system: str, *codes: str) -> Json:
    """A CodeableConcept of HL7's own terminology, such as a clinical status."""
    uri = f"{TERMINOLOGY}/{system}"
    return {"coding": [{"system": uri, "code": code} for code in codes]}


@cache
def product(regimen: str, system: str = "rxnorm") -> Json:
    """The CodeableConcept of a regimen's product; the product set says its code."""
    wanted = content().regimens[regimen]
    for entry in base().products[wanted.drug].products.values():
        if entry.display == wanted.product and entry.code.system == system:
            return own(system, entry.code.code, entry.display)
    raise KnowledgeInvalid("content.yaml", f"regimens.{regimen}", "no such product")


def reference(type: str, id: str) -> Json:
    """A literal reference."""
    return {"reference": f"{type}/{id}"}


@cache
def _unit(ucum: str, index: int) -> Json:
    written = content().units[ucum].written if ucum in content().units else (ucum,)
    uri = base().systems.uri("ucum")
    return {"unit": written[index % len(written)], "system": uri, "code": ucum}


def quantity(value: float, ucum: str, decimals: int, habit: int = 0) -> Json:
    """A Quantity; ``habit`` picks the way in which the unit is written."""
    rounded = round(value, decimals)
    return {"value": int(rounded) if decimals == 0 else rounded, **_unit(ucum, habit)}


def factor(ucum: str) -> float:
    """Canonical units in one of this unit."""
    return content().units[ucum].factor


def instant(when: datetime) -> str:
    """A dateTime or instant in UTC."""
    return f"{when.isoformat(timespec='seconds')}Z"


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A time of day, in UTC."""
    return datetime(day.year, day.month, day.day, hour % 24, minute % 60)  # noqa: DTZ001 - UTC, written as such


def period(start: date, end: date | None = None) -> Json:
    """A Period of whole days."""
    found = {"start": start.isoformat()}
    return found | {"end": end.isoformat()} if end else found
