"""The draft orders of the workbench: drafted from a form, changed by suggestions as CDS Hooks says.

What an action does: ``create`` adds a draft, ``update`` puts a resource in the place of
the one with its type and id, ``delete`` takes one away.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import orjson

from cdshooks.fhir.elements import Json, first, number, obj, objects, string, texts
from cdshooks.knowledge import Base, Product

OWN = "order-1"
"""The id of the order that is drafted by the form."""
CONTEXT_LINES = 2
TIMES_AT_MOST = 24


@dataclass(frozen=True, slots=True)
class Form:
    """What is typed into the order form.

    product: the name of a product that is offered, or any other words for a drug.
    times: a day; zero leaves the timing out.
    """

    product: str
    dose: str
    unit: str
    times: int
    directions: str


WRONG_DOSE = Form("riluzole 50 MG Oral Tablet", "50", "mg", 1, "50 mg once a day")
"""The preset: riluzole at half the dose of its label."""


@dataclass(frozen=True, slots=True)
class Change:
    """What accepting a suggestion did to one resource.

    before, after: its directions, where it has any.
    lines: of the difference, each after ``+``, ``-`` or a blank.
    """

    did: Literal["added", "changed", "removed"]
    name: str
    before: str
    after: str
    lines: tuple[tuple[str, str], ...]


@cache
def choices(base: Base) -> Mapping[str, Product]:
    """The products that can be ordered, by name; branded ones are left out."""
    found = (p for drug in base.products.values() for p in drug.products.values())
    offered = (p for p in found if p.kind == "SCD" and p.code.system == "rxnorm")
    return {p.display: p for p in sorted(offered, key=lambda p: p.display.casefold())}


def drafted(form: Form, patient: str, today: date, base: Base) -> Json:
    """The medication order that a form describes."""
    product = choices(base).get(form.product)
    order: Json = {
        "resourceType": "MedicationRequest",
        "id": OWN,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _medication(product, form, base),
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": today.isoformat(),
    }
    line = _line(form)
    return {**order, "dosageInstruction": [line]} if line else order


def _medication(product: Product | None, form: Form, base: Base) -> Json:
    if product is None:
        return {"text": form.product}
    coding = {
        "system": base.systems.uri(product.code.system),
        "code": product.code.code,
        "display": product.display,
    }
    return {"coding": [coding], "text": product.display}


def _line(form: Form) -> Json:
    line: Json = {"text": form.directions} if form.directions else {}
    if 0 < form.times <= TIMES_AT_MOST:
        line["timing"] = {"repeat": {"frequency": form.times, "period": 1, "periodUnit": "d"}}
    value = number(form.dose)
    if value is None:
        return line
    dose: Json = {"value": int(value) if value == int(value) else float(value), "unit": form.unit}
    dose |= {"system": "http://unitsofmeasure.org", "code": form.unit}
    return {**line, "doseAndRate": [{"doseQuantity": dose}]}


def placed(drafts: Iterable[Json], order: Json) -> tuple[Json, ...]:
    """The drafts with an order in the place of the one of its name, or behind them."""
    kept = list(drafts)
    for place, draft in enumerate(kept):
        if name_of(draft) == name_of(order):
            kept[place] = order
            return tuple(kept)
    return (*kept, order)


def applied(
    drafts: tuple[Json, ...], actions: Iterable[Json], chart: Iterable[Json]
) -> tuple[tuple[Json, ...], tuple[Change, ...]]:
    """The drafts after a suggestion was accepted, and what that changed.

    chart: where a resource is found that is corrected although it is no draft.
    """
    changes = []
    on_file = {name_of(resource): resource for resource in chart}
    for action in actions:
        drafts, change = _applied(drafts, action, on_file)
        if change is not None:
            changes.append(change)
    return drafts, tuple(changes)


def _applied(
    drafts: tuple[Json, ...], action: Json, on_file: dict[str, Json]
) -> tuple[tuple[Json, ...], Change | None]:
    resource = obj(action.get("resource"))
    match action.get("type"):
        case "create":
            made = {**resource, "id": string(resource.get("id")) or _free_id(drafts)}
            ordered = {"resourceType": made.pop("resourceType", ""), "id": made.pop("id"), **made}
            return (*drafts, ordered), _change("added", {}, ordered)
        case "update":
            known = {**on_file, **{name_of(draft): draft for draft in drafts}}
            before = known.get(name_of(resource), {})
            change = _change("changed", before, resource)
            return placed(drafts, resource), change
        case "delete":
            gone = string(action.get("resourceId")) or name_of(resource)
            return _without(drafts, gone)
    return drafts, None


def _without(drafts: tuple[Json, ...], gone: str) -> tuple[tuple[Json, ...], Change | None]:
    """``gone``: Type/id, or a bare id as CDS Hooks 1.0 has it."""
    kept = tuple(d for d in drafts if gone not in (name_of(d), d.get("id")))
    removed = next((d for d in drafts if d not in kept), None)
    if removed is None:
        return drafts, None
    return kept, _change("removed", removed, {})


def _free_id(drafts: Iterable[Json]) -> str:
    taken = {draft.get("id") for draft in drafts}
    return next(id for n in range(1, len(taken) + 2) if (id := f"accepted-{n}") not in taken)


def name_of(resource: Json) -> str:
    """``Type/id``."""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def label(resource: Json) -> str:
    """What an order is for, in its own words."""
    for member in ("medicationCodeableConcept", "code", "codeCodeableConcept", "category"):
        found = next(texts(first(resource.get(member))), "")
        if found:
            return found
    return string(resource.get("description")) or str(resource.get("resourceType", "Order"))


def directions(order: Json) -> str:
    """The directions as written, of the first line that has any."""
    lines = objects(order.get("dosageInstruction"))
    return next((text for line in lines if (text := string(line.get("text")))), "")


def is_among(action: Json, drafts: Iterable[Json]) -> bool:
    """Whether what an action creates, or makes of an order, is drafted already."""
    wanted = _bare(obj(action.get("resource")))
    return bool(wanted) and any(_bare(draft) == wanted for draft in drafts)


def _bare(resource: Json) -> Json:
    return {key: value for key, value in resource.items() if key != "id"}


def _change(did: Literal["added", "changed", "removed"], before: Json, after: Json) -> Change:
    told = directions(before), directions(after)
    return Change(did, label(after or before), *told, tuple(_lines(before, after)))


def _lines(before: Json, after: Json) -> Iterator[tuple[str, str]]:
    old, new = _pretty(before), _pretty(after)
    diff = difflib.unified_diff(old, new, n=CONTEXT_LINES, lineterm="")
    for place, line in enumerate(diff):
        if place > 1 and not line.startswith("@@"):
            yield line[:1], line[1:]
        elif place > 2:
            yield " ", "…"


def _pretty(resource: Json) -> list[str]:
    if not resource:
        return []
    option = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    return orjson.dumps(resource, option=option).decode().splitlines()
