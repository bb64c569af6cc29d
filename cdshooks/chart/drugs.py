"""Which drug an order, statement or dispense is about, by code first and by name last."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from functools import lru_cache

import orjson

from cdshooks.chart.view import View
from cdshooks.fhir.amount import strength_of
from cdshooks.fhir.dosage import read_regimen
from cdshooks.fhir.elements import Json, obj, objects, plain, string
from cdshooks.knowledge import Base, Code, Product, ProductSet
from cdshooks.knowledge.interactions import whole_words
from cdshooks.rules.authoring import Regimen

StrengthPer = tuple[Fraction | None, str | None]
"""mg, and the tablet, film or mL that holds them."""
NO_STRENGTH: StrengthPer = (None, None)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a medication was recognised as.

    product: the row of the code, with form and strength; None by name.
    strength: as the product says, or else the Medication resource.
    by_name: only text said so; exact: it did by the drug's own name. conflict: the drug
    that the text, or another code, names instead. written: the text by which it, or
    the other drug, is named.
    """

    drug: str
    label: str
    product: Product | None
    strength: StrengthPer = NO_STRENGTH
    by_name: bool = False
    conflict: str | None = None
    written: str = ""
    exact: bool = True
    sets: frozenset[str] = frozenset()


def identify(view: View, order: Json) -> Identity | None:
    """The drug of an order; None when it is none that this service knows.

    The codes decide. Text that names another known drug is a conflict, and so
    are codes of two drugs; text alone identifies with less certainty.
    """
    return view.once("identity", order, lambda: _identified(view, order))


def _identified(view: View, order: Json) -> Identity | None:
    medication = referenced(view, order)
    concepts = list(_concepts(order, medication))
    found = _by_code(view, [c for concept in concepts for c in view.index.concept(concept)])
    named = [set(named_in(view, text)) for concept in concepts for text in _texts(concept)]
    all_named = set().union(*named)
    if found:
        drug, product = found[0]
        others = {other for other, _ in found} - {drug}
        for names in named:
            others |= names if drug not in names else set()
        strength = (product.strength, product.strength_per)
        if product.strength is None:
            strength = _strength(medication)
        other = min(others, default=None)
        written = _written(view, concepts, other) if other else ""
        label = _label(view, drug)
        return Identity(drug, label, product, strength, conflict=other, written=written)
    if len(all_named) != 1:
        return None
    drug = all_named.pop()
    written = _written(view, concepts, drug)
    strength = _strength(medication)
    label = _label(view, drug)
    exact = bool(whole_words((label,)).search(" / ".join(t for c in concepts for t in _texts(c))))
    return Identity(drug, label, None, strength, by_name=True, written=written, exact=exact)


def directions(order: Json, strength: StrengthPer, view: View) -> Regimen:
    """The directions of an order, statement or dispense of a drug of this strength."""
    said = {name: order[name] for name in DIRECTIONS if name in order}
    written = orjson.dumps(said)
    if len(written) > LONGEST_DIRECTIONS:
        return read_regimen(said, *strength, view.zone)
    return _directions(written, strength, view.zone)


DIRECTIONS = ("dosageInstruction", "dosage")
"""Elements that hold directions, of an order and of a statement."""
LONGEST_DIRECTIONS = 2000
"""Bytes; longer ones are read each time."""


@lru_cache(maxsize=1024)
def _directions(written: bytes, strength: StrengthPer, zone: tzinfo) -> Regimen:
    """Kept beyond a call: most drugs are taken in one of few ways."""
    return read_regimen(orjson.loads(written), *strength, zone)


def _written(view: View, concepts: Iterable[Json], drug: str) -> str:
    """The first text that names a drug."""
    texts = (text for concept in concepts for text in _texts(concept))
    return next((text for text in texts if drug in named_in(view, text)), "")


def concepts_of(view: View, order: Json) -> Iterator[Json]:
    """Everything that says what an order's medication is, recognised or not."""
    return _concepts(order, referenced(view, order))


def _label(view: View, drug: str) -> str:
    return view.knowledge.base.products[drug].label


def _by_code(view: View, codes: Iterable[Code]) -> list[tuple[str, Product]]:
    """The products among the codes, the most exact first: one with a strength before others."""
    known = view.knowledge.base.products_by_code
    found = [product for code in codes for product in known.get(code, ())]
    return sorted(found, key=lambda pair: pair[1].strength is None)


def _strength(medication: Json) -> StrengthPer:
    """mg in one unit of a Medication with one ingredient, as the resource itself states it."""
    ingredients = list(objects(medication.get("ingredient")))
    stated = [obj(i.get("strength")) or obj(i.get("strengthRatio")) for i in ingredients]
    if len(stated) != 1:
        return NO_STRENGTH
    return strength_of(stated[0])


def _concepts(order: Json, medication: Json) -> Iterator[Json]:
    """Everything that says what the medication is, the referenced Medication included.

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


def referenced(view: View, order: Json) -> Json:
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


def _texts(concept: Json) -> Iterator[str]:
    for text in (concept.get("text"), *(c.get("display") for c in objects(concept.get("coding")))):
        if isinstance(text, str):
            yield plain(text, 300)


def named_in(view: View, text: str) -> tuple[str, ...]:
    """The known drugs that a text names."""
    return _named_in(view.knowledge.base, text)


@lru_cache(maxsize=4096)
def _named_in(base: Base, text: str) -> tuple[str, ...]:
    """Kept beyond a call: charts name few drugs, in few ways."""
    return tuple(products.drug for products in base.products.values() if _is_named(products, text))


def _is_named(products: ProductSet, text: str) -> bool:
    names, excluded = _patterns(products.names, products.not_names)
    remaining = excluded.sub(" ", text) if excluded else text
    return names.search(remaining) is not None


@lru_cache(maxsize=256)
def _patterns(
    names: tuple[str, ...], excluded: tuple[str, ...]
) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """Whole words only: one drug's name may be the end of another's.

    A maker's name may follow after a hyphen, as in ``Riluzol-Muster``.
    """
    return whole_words(names), whole_words(excluded) if excluded else None
