"""Draft orders by what they ask for: a service, a device, or a medication by its code."""

from collections.abc import Iterator

from cdshooks.chart.entries import reasons_of
from cdshooks.chart.orders import ORDER_HOOKS, is_live, is_selected
from cdshooks.chart.reasons import reasons_for
from cdshooks.chart.view import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, string, texts
from cdshooks.knowledge import ValueSet
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


def asked(view: View, value_set: str, parts: tuple[str, ...] = ()) -> tuple[Order, ...]:
    """Every draft under assessment that asks for something of the value set, or of its parts."""
    key = ("asked", value_set, parts)
    if key not in view.memory:
        asking = _asked(view, value_set, parts) if view.hook in ORDER_HOOKS else ()
        view.memory[key] = tuple(asking)
    found: tuple[Order, ...] = view.memory[key]
    return found


def _asked(view: View, value_set: str, parts: tuple[str, ...]) -> Iterator[Order]:
    wanted = view.value_set(value_set)
    for full_url, draft in view.context.draft_orders:
        element = CONCEPTS.get(str(draft.get("resourceType")))
        # A device request keeps the element of a service request where a client mixes them up.
        concept = draft.get(element or "") or draft.get("code")
        assessed = is_selected(view, draft, full_url) and is_live(draft, view)
        if element and assessed and _means(wanted, concept, view):
            told = {name for name in parts if _means(view.value_set(name), concept, view)}
            yield _order(draft, wanted.meaning, view, told)


def _means(wanted: ValueSet, concept: object, view: View) -> bool:
    """By a code, or by wording where the value set has any."""
    return wanted.holds_any(view.index.concept(concept)) or any(
        map(wanted.named_in, texts(concept))
    )


def _order(draft: Json, label: str, view: View, told: set[str]) -> Order:
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
        reasons=reasons_of(draft, view) | reasons_for(draft, view) | told,
        origins=(Origin(f"{type}/{id}", f"{label} order", status, "", None),),
    )
