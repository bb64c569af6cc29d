"""Draft orders by what they ask for: a service, a device, or a medication by its code."""

from collections.abc import Iterator

from cdshooks.chart.entries import reasons_of
from cdshooks.chart.orders import ORDER_HOOKS, is_live, is_selected
from cdshooks.chart.view import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, string
from cdshooks.rules.authoring import Order, Origin

CONCEPTS = {
    "ServiceRequest": "code",
    "DeviceRequest": "codeCodeableConcept",
    "MedicationRequest": "medicationCodeableConcept",
}
"""Types that ask for something, and the element that says for what."""


def asks_for(view: View, value_set: str) -> bool:
    """Whether a draft under assessment asks for something of the value set."""
    return bool(asked(view, value_set))


def asked(view: View, value_set: str) -> tuple[Order, ...]:
    """Every draft under assessment that asks for something of the value set."""
    key = ("asked", value_set)
    if key not in view.memory:
        view.memory[key] = tuple(_asked(view, value_set)) if view.hook in ORDER_HOOKS else ()
    found: tuple[Order, ...] = view.memory[key]
    return found


def _asked(view: View, value_set: str) -> Iterator[Order]:
    wanted = view.value_set(value_set)
    for full_url, draft in view.context.draft_orders:
        element = CONCEPTS.get(str(draft.get("resourceType")))
        # A device request keeps the element of a service request where a client mixes them up.
        concept = draft.get(element or "") or draft.get("code")
        assessed = is_selected(view, draft, full_url) and is_live(draft, view)
        if element and assessed and wanted.holds_any(view.index.concept(concept)):
            yield _order(draft, wanted.meaning, view)


def _order(draft: Json, label: str, view: View) -> Order:
    type, id = str(draft.get("resourceType")), string(draft.get("id")) or ""
    authored = when(draft.get("authoredOn"), view.zone)
    status = string(draft.get("status")) or "draft"
    return Order(
        type=type,
        id=id,
        status=status,
        intent=string(draft.get("intent")) or "order",
        drug=None,
        label=label,
        day=authored.day if authored else None,
        reasons=reasons_of(draft, view),
        origins=(Origin(f"{type}/{id}", f"{label} order", status, "", None),),
    )
