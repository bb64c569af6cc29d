"""Which drug an order, statement or dispense is about, by code first and by name last."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cdshooks.chart.index import codes_of
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, obj, objects, plain, string
from cdshooks.knowledge import Code, Product


@dataclass(frozen=True, slots=True)
class Identity:
    """What a medication was recognised as.

    product: the row of the code, with form and strength; None by name.
    by_name: only text said so; conflict: the drug that the text names instead.
    """

    drug: str
    label: str
    product: Product | None
    by_name: bool = False
    conflict: str | None = None


def identify(view: View, order: Json) -> Identity | None:
    """The drug of an order; None when it is none that this service knows.

    The codes decide. Text that names another known drug is a conflict; text
    alone identifies with less certainty.
    """
    concepts = list(_concepts(view, order))
    by_code = _by_code(
        view, [c for concept in concepts for c in codes_of(concept, view.index.systems)]
    )
    texts = [text for concept in concepts for text in _texts(concept)]
    named = {drug for text in texts for drug in _named(view, text)}
    if by_code is None:
        if len(named) != 1:
            return None
        products = view.knowledge.base.products[named.pop()]
        return Identity(products.drug, products.label, None, by_name=True)
    drug, product = by_code
    label = view.knowledge.base.products[drug].label
    other = next((d for d in sorted(named) if d != drug), None) if drug not in named else None
    return Identity(drug, label, product, conflict=other)


def _by_code(view: View, codes: list[Code]) -> tuple[str, Product] | None:
    """The most exact product among the codes: one with a strength before one without."""
    found = [
        (products.drug, products.products[code])
        for products in view.knowledge.base.products.values()
        for code in codes
        if code in products.products
    ]
    found.sort(key=lambda pair: pair[1].strength is None)
    return found[0] if found else None


def _concepts(view: View, order: Json) -> Iterator[Json]:
    """Everything that says what the medication is, the referenced Medication included.

    R4 has ``medicationCodeableConcept`` or ``medicationReference``; R5 wraps both
    in ``medication``.
    """
    r5 = obj(order.get("medication"))
    for concept in (order.get("medicationCodeableConcept"), r5.get("concept")):
        yield from objects(concept)
    reference = obj(order.get("medicationReference")) or obj(r5.get("reference"))
    if reference:
        medication = _resolve(view, order, string(reference.get("reference")) or "")
        yield from objects(medication.get("code"))
        for ingredient in objects(medication.get("ingredient")):
            yield from objects(ingredient.get("itemCodeableConcept"))
            yield from objects(obj(ingredient.get("item")).get("concept"))
        yield {"text": reference.get("display")}


def _resolve(view: View, order: Json, reference: str) -> Json:
    """The Medication of a reference: contained, among the drafts, or in the chart."""
    if reference.startswith("#"):
        inner = objects(order.get("contained"))
        return next((m for m in inner if m.get("id") == reference[1:]), {})
    for full_url, draft in view.context.draft_orders:
        named = f"{draft.get('resourceType')}/{draft.get('id')}"
        if draft.get("resourceType") == "Medication" and reference in (full_url, named):
            return draft
    record = view.index.get(reference)
    return record.resource if record else {}


def _texts(concept: Json) -> Iterator[str]:
    for text in (concept.get("text"), *(c.get("display") for c in objects(concept.get("coding")))):
        if isinstance(text, str):
            yield plain(text, 300)


def _named(view: View, text: str) -> Iterator[str]:
    for products in view.knowledge.base.products.values():
        names, excluded = _patterns(products.names, products.not_names)
        remaining = excluded.sub(" ", text) if excluded else text
        if names.search(remaining):
            yield products.drug


@lru_cache(maxsize=256)
def _patterns(
    names: tuple[str, ...], excluded: tuple[str, ...]
) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """Whole words only: one drug's name may be the end of another's."""
    return _words(names), _words(excluded) if excluded else None


def _words(names: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.IGNORECASE)
