"""Draft resources: templates whose slots are filled, and a client's own order corrected."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from cdshooks.chart import View
from cdshooks.fhir.elements import told_id
from cdshooks.fhir.repair import repaired
from cdshooks.knowledge import Knowledge
from cdshooks.rules.authoring import (
    Create,
    Delete,
    Entry,
    Offer,
    Order,
    Origin,
    Stop,
    Update,
    milligrams,
)
from cdshooks.rules.states.words import inside

Json = dict[str, Any]
NEEDED = ("id", "status", "intent", "subject")
"""What an order sent back must still have; without it no update is offered."""
REASONS_AT_MOST = 5
_FINDINGS = frozenset({"Condition", "Observation"})
_DOCUMENTED = _FINDINGS | {"DiagnosticReport", "DocumentReference"}
REASON_TYPES = {
    "Appointment": _FINDINGS | {"Procedure", "ImmunizationRecommendation"},
    "CommunicationRequest": _DOCUMENTED,
    "DeviceRequest": _DOCUMENTED,
    "MedicationRequest": _FINDINGS,
    "ServiceRequest": _DOCUMENTED,
}
"""What a draft of each type may refer to as its reason; a strict server refuses others."""
_LATER = re.compile(r"\{today\+(\d{1,3})\}")
"""A slot for a day that is so many days after that of the call."""


def action(offer: Offer, view: View, evidence: Iterable[Origin]) -> Json | None:
    """The action of a suggestion; None when the client's order cannot be sent back whole.

    Nor can a draft be removed that has no name to be removed by.
    """
    match offer:
        case Create():
            file = view.knowledge.base.drafts[offer.draft]
            resource = filled(offer, view, evidence)
            return {"type": "create", "description": file.description, "resource": resource}
        case Stop() | Update():
            file = view.knowledge.base.drafts[offer.draft]
            corrected = _corrected(offer, file.resource, view)
            if corrected is None:
                return None
            return {"type": "update", "description": file.description, "resource": corrected}
        case Delete():
            # An order that is signed already is a record: it may be ended, and never deleted.
            if not told_id(offer.order.id) or offer.order.status != "draft":
                return None
            # What is no drug goes by a description that is no name for an order.
            name = f" {inside(offer.order.label)}" if offer.order.drug else ""
            return {
                "type": "delete",
                "description": f"Remove the draft{name} order",
                "resourceId": offer.order.reference,
            }


def companions(offer: Offer, view: View, evidence: Iterable[Origin]) -> list[Json]:
    """The further actions of a suggestion that creates several things at once."""
    if not isinstance(offer, Create):
        return []
    found = tuple(evidence)
    others: list[Offer] = [
        replace(offer, draft=draft, beside=(), instead_of=None) for draft in offer.beside
    ]
    others += [Delete(offer.instead_of)] if offer.instead_of else []
    return [made for other in others if (made := action(other, view, found)) is not None]


def label(offer: Offer, knowledge: Knowledge) -> str:
    """The words on the button of a suggestion."""
    if isinstance(offer, Delete):
        name = f"{inside(offer.order.label)} " if offer.order.drug else ""
        return f"Remove the {name}draft"
    return knowledge.base.drafts[offer.draft].label


def product(offer: Offer) -> str:
    """What tells an order from another one of the same drug: ``tablet, 50 mg``, or nothing."""
    if isinstance(offer, Stop):
        return offer.entry.form or ""
    if not isinstance(offer, Delete | Update):
        return ""
    order = offer.order
    per = f"/{order.strength_per}" if order.strength_per not in (None, order.form) else ""
    strength = f"{milligrams(order.strength)} mg{per}" if order.strength else ""
    return ", ".join(filter(None, (order.form, strength)))


def filled(offer: Create, view: View, evidence: Iterable[Origin]) -> Json:
    """A draft template with this call's patient, encounter, day, reason and evidence."""
    template = view.knowledge.base.drafts[offer.draft].resource
    encounter = view.context.encounter_id
    references = list(dict.fromkeys(_reasons(template["resourceType"], evidence)))
    slots: dict[str, Any] = {
        "{patient}": f"Patient/{view.context.patient_id}",
        "{encounter}": f"Encounter/{encounter}" if encounter else None,
        "{today}": view.today.isoformat(),
        "{priority}": "urgent" if offer.urgent else "routine",
        "{reason}": offer.reason or None,
        "{evidence}": [{"reference": r} for r in references[:REASONS_AT_MOST]] or None,
    }
    body = fill(template, slots)
    return body if isinstance(body, dict) else {}


def _reasons(type: str, evidence: Iterable[Origin]) -> Iterator[str]:
    """What a draft of a type may give as its reason; the card lists the rest of the evidence."""
    allowed = REASON_TYPES.get(type, frozenset())
    for origin in evidence:
        named, slash, _ = origin.resource.partition("/")
        if slash and named in allowed:
            yield origin.resource


def fill(node: Any, slots: Json) -> Any:
    """The node with its slots filled; an element left empty is dropped."""
    if isinstance(node, str):
        return _in_slot(node, slots) if node.startswith("{") else node
    if isinstance(node, dict):
        pairs = {key: fill(value, slots) for key, value in node.items()}
        return {key: value for key, value in pairs.items() if value is not None} or None
    if isinstance(node, list):
        return [v for v in (fill(item, slots) for item in node) if v is not None] or None
    return node


def _in_slot(slot: str, slots: Json) -> Any:
    """What a slot holds; of one like ``{today+14}`` it is that day."""
    ahead = _LATER.fullmatch(slot)
    if ahead is None:
        return slots.get(slot, slot)
    return (date.fromisoformat(slots["{today}"]) + timedelta(days=int(ahead[1]))).isoformat()


def _corrected(offer: Stop | Update, template: Json, view: View) -> Json | None:
    """The whole order, repaired, with the template's fields in place of its own."""
    original = _signed(offer.entry, view) if isinstance(offer, Stop) else _draft(offer.order, view)
    if original is None:
        return None
    resource = repaired({**original, **template})
    if resource is None or any(element not in resource for element in NEEDED):
        return None
    return _with_text(resource)


def _signed(entry: Entry, view: View) -> Json | None:
    """The prescription of the chart that an entry was read from."""
    record = view.index.get(f"{entry.type}/{entry.id}") if entry.id else None
    return record.resource if record and record.type == "MedicationRequest" else None


def _draft(order: Order, view: View) -> Json | None:
    """The client's own resource of a draft order."""
    for _, resource in view.context.draft_orders:
        if (resource.get("resourceType"), resource.get("id")) == (order.type, order.id):
            return resource
    return None


def _with_text(resource: Json) -> Json | None:
    """The medication with a text beside its code: some clients show only the text."""
    if not resource["resourceType"].startswith("Medication"):
        return resource
    concept = resource.get("medicationCodeableConcept")
    if concept is None:
        return resource if "medicationReference" in resource else None
    if "text" not in concept:
        displays = [c.get("display") for c in concept.get("coding", []) if c.get("display")]
        if displays:
            concept = {**concept, "text": displays[0]}
    return {**resource, "medicationCodeableConcept": concept}
