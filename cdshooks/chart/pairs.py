"""Pairs of orders: a draft with another draft, with what is taken, or with what has ended."""

from collections.abc import Iterator
from dataclasses import replace

from cdshooks.chart.drugs import identify
from cdshooks.chart.orders import drafts, medication, read_order
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, boolean
from cdshooks.rules.authoring import Entry, Medication, Order

MEDICATION = ("MedicationRequest", "MedicationOrder")


def pairs(view: View, one: str, other: str) -> Iterator[tuple[Order, Order]]:
    """Each unordered pair of different orders of two drugs with a draft to assess, once."""
    seen: set[frozenset[str]] = set()
    partners = orders(view, other)
    assessed = tuple(order for order in partners if order.assessed)
    for first in orders(view, one):
        # Not all with all: a chart may hold thousands of orders beside a few drafts.
        for second in partners if first.assessed else assessed:
            both = frozenset({first.reference, second.reference})
            if len(both) == 2 and both not in seen:
                seen.add(both)
                yield first, second


def orders(view: View, drug: str) -> tuple[Order, ...]:
    """Every order of a drug: drafts to assess, drafts beside them, and the chart's."""
    key = ("orders", drug)
    if key not in view.memory:
        assessed = [order for order in drafts(view) if order.drug == drug]
        known = {order.reference for order in assessed}
        beside = [o for o in _beside(view, drug) if o.reference not in known]
        taken = medication(view, Medication(drug, ended=True))
        view.memory[key] = (*assessed, *beside, *(_of_chart(e, drug, view) for e in taken))
    found: tuple[Order, ...] = view.memory[key]
    return found


def _beside(view: View, drug: str) -> Iterator[Order]:
    """Drafts that are context only: not selected, but about to be signed too."""
    for _, resource in view.context.draft_orders:
        if resource.get("resourceType") in MEDICATION and _counts(view, resource):
            identity = identify(view, resource)
            if identity is not None and identity.drug == drug:
                yield read_order(resource, view, assessed=False)


def _counts(view: View, resource: Json) -> bool:
    return view.index.owns(resource) and not boolean(resource.get("doNotPerform"))


def _of_chart(entry: Entry, drug: str, view: View) -> Order:
    """What is or was taken, with its form and directions as far as the chart says them."""
    record = view.index.get(f"{entry.type}/{entry.id}") if entry.id else None
    resource = record.resource if record else {}
    lines = resource.get("dosageInstruction") or resource.get("dosage")
    read = read_order({**resource, "dosageInstruction": lines}, view, assessed=False)
    return replace(
        read,
        type=entry.type,
        id=entry.id,
        status=entry.status,
        drug=drug,
        label=entry.label,
        by_name=not entry.certain,
        day=entry.start,
        drafted=False,
        end=entry.end,
        origins=entry.origins,
    )
