"""Everything by which an order, statement or dispense says what its medication is."""

from collections.abc import Iterator
from dataclasses import dataclass

from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, obj, objects, string, texts
from cdshooks.knowledge import Code


@dataclass(frozen=True, slots=True)
class Naming:
    """What an order says that its medication is, recognised or not.

    codes and texts: of every concept, the referenced Medication included, in their order.
    medication: that Medication; empty if there is none or it is not here.
    """

    codes: tuple[Code, ...]
    texts: tuple[str, ...]
    medication: Json


def naming(view: View, order: Json) -> Naming:
    """What an order says that its medication is, read once a chart."""
    return view.once("naming", order, lambda: _naming(view, order))


def _naming(view: View, order: Json) -> Naming:
    medication = _referenced(view, order)
    concepts = tuple(_concepts(order, medication))
    codes = tuple(code for concept in concepts for code in view.index.concept(concept))
    said = tuple(text for concept in concepts for text in texts(concept))
    return Naming(codes, said, medication)


def _concepts(order: Json, medication: Json) -> Iterator[Json]:
    """Every concept that names it, the referenced Medication included.

    R4 has ``medicationCodeableConcept`` or ``medicationReference``; R5 wraps both
    in ``medication``.
    """
    yield from objects(order.get("medicationCodeableConcept"))
    yield from objects(obj(order.get("medication")).get("concept"))
    yield from objects(medication.get("code"))
    for ingredient in objects(medication.get("ingredient")):
        yield from objects(ingredient.get("itemCodeableConcept"))
        yield from objects(obj(ingredient.get("item")).get("concept"))
    yield {"text": reference_of(order).get("display")}


def reference_of(order: Json) -> Json:
    """The element that refers to a Medication, as R4 or R5 name it."""
    return obj(order.get("medicationReference")) or obj(
        obj(order.get("medication")).get("reference")
    )


def _referenced(view: View, order: Json) -> Json:
    """The Medication that an order refers to; empty if there is none or it is not here."""
    reference = string(reference_of(order).get("reference"))
    return _resolve(view, order, reference) if reference else {}


def _resolve(view: View, order: Json, reference: str) -> Json:
    """The Medication of a reference: contained, among the drafts, or in the chart."""
    if reference.startswith("#"):
        inner = objects(order.get("contained"))
        return next((m for m in inner if m.get("id") == reference[1:]), {})
    for full_url, draft in view.context.draft_orders:
        id = string(draft.get("id"))
        known = (full_url, f"Medication/{id}" if id else None)
        if draft.get("resourceType") == "Medication" and reference in known:
            return draft
    record = view.index.get(reference)
    return record.resource if record and record.type == "Medication" else {}
