"""Everything by which an order, statement or dispense says what its medication is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, boolean, contained, obj, objects, string, texts
from cdshooks.knowledge import Code

Said = tuple[tuple[Code, ...], tuple[str, ...]]
"""The codes and the texts of something."""
NOTHING_SAID: Said = ((), ())


@dataclass(frozen=True, slots=True)
class Naming:
    """What an order says that its medication is, recognised or not.

    codes and texts: of every concept, the referenced Medication included, in their order.
    whole: the codes and texts of the product as a whole; parts: those of each ingredient
    of the Medication, beside which a product may hold others.
    medication: that Medication; empty if there is none or it is not here.
    """

    codes: tuple[Code, ...]
    texts: tuple[str, ...]
    medication: Json
    whole: Said = NOTHING_SAID
    parts: tuple[Said, ...] = ()


def naming(view: View, order: Json) -> Naming:
    """What an order says that its medication is, read once a chart."""
    return view.once("naming", order, lambda: _naming(view, order))


def _naming(view: View, order: Json) -> Naming:
    medication = _referenced(view, order)
    whole = _said(view, _concepts(order, medication))
    parts = tuple(_said(view, (concept,)) for concept in _parts(view, order, medication))
    display = _said(view, ({"text": reference_of(order).get("display")},))
    said = (whole, *parts, display)
    return Naming(
        codes=tuple(code for codes, _ in said for code in codes),
        texts=tuple(text for _, wording in said for text in wording),
        medication=medication,
        whole=(whole[0], whole[1] + display[1]),
        parts=parts,
    )


def _said(view: View, concepts: Iterable[Json]) -> Said:
    read = tuple(concepts)
    codes = tuple(code for concept in read for code in view.index.concept(concept))
    return codes, tuple(text for concept in read for text in texts(concept))


def _concepts(order: Json, medication: Json) -> Iterator[Json]:
    """Every concept that names the product, the code of the referenced Medication included.

    R4 has ``medicationCodeableConcept`` or ``medicationReference``; R5 wraps both
    in ``medication``.
    """
    yield from objects(order.get("medicationCodeableConcept"))
    yield from objects(obj(order.get("medication")).get("concept"))
    yield from objects(medication.get("code"))


def active_ingredients(medication: Json) -> Iterator[Json]:
    """What a Medication says that it holds, but for what has no effect of its own."""
    for ingredient in objects(medication.get("ingredient")):
        if boolean(ingredient.get("isActive")) is not False:
            yield ingredient


def _parts(view: View, order: Json, medication: Json) -> Iterator[Json]:
    """How a Medication calls what it holds."""
    inner = contained(order, medication)
    for ingredient in active_ingredients(medication):
        yield from objects(ingredient.get("itemCodeableConcept"))
        yield from objects(obj(ingredient.get("item")).get("concept"))
        yield from objects(_substance(view, inner, ingredient).get("code"))


def _substance(view: View, inner: dict[str, Json], ingredient: Json) -> Json:
    """The Substance or Medication that an ingredient refers to: contained, or in the chart."""
    reference = string(obj(ingredient.get("itemReference")).get("reference")) or ""
    if reference.startswith("#"):
        return inner.get(reference[1:], {})
    record = view.index.get(reference)
    return record.resource if record else {}


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
