"""Which drug an order, statement or dispense is about, by code first and by name last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from functools import lru_cache

import orjson

from cdshooks.chart.contradiction import Contradiction, contradiction
from cdshooks.chart.names import called, drugs_named
from cdshooks.chart.naming import Naming, active_ingredients, naming
from cdshooks.chart.view import View
from cdshooks.fhir.amount import strength_of
from cdshooks.fhir.dosage import read_regimen
from cdshooks.fhir.elements import Json, obj
from cdshooks.knowledge import Code, Product
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
    by_name: only text said so; exact: it did by the drug's own name. conflict: what the
    drug is called that the text, or another code, names instead. written: the text by
    which it, or the other drug, is named.
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

    The codes decide. Text that names another known drug or ingredient is a conflict,
    and so are codes of two drugs for the product as a whole; text alone identifies with
    less certainty.
    """
    return view.once("identity", order, lambda: _identified(view, order))


def _identified(view: View, order: Json) -> Identity | None:
    said = naming(view, order)
    other = contradiction(view.knowledge.base, said)
    found = _by_code(view, said.codes)
    if found:
        return _coded(view, said, found, other)
    if other:
        return Identity(other.coded, other.coded, None, conflict=other.named, written=other.written)
    named = [named_in(view, text) for text in said.texts]
    all_named = {name for names in named for name in names}
    if len(all_named) != 1:
        return None
    drug = all_named.pop()
    written = _written(view, said.texts, drug)
    strength = _strength(said.medication)
    label = _label(view, drug)
    exact = bool(whole_words((label,)).search(" / ".join(said.texts)))
    return Identity(drug, label, None, strength, by_name=True, written=written, exact=exact)


def _coded(
    view: View, said: Naming, found: list[tuple[str, Product]], other: Contradiction | None
) -> Identity:
    """A drug of which codes say what it is; codes of the whole may name another beside it."""
    drug, product = found[0]
    strength = (product.strength, product.strength_per)
    if product.strength is None:
        strength = _strength(said.medication)
    if other:
        return Identity(drug, other.coded, product, strength, False, other.named, other.written)
    label = _label(view, drug)
    others = {known: one for known, one in _by_code(view, said.whole[0]) if known != drug}
    if not others:
        return Identity(drug, label, product, strength)
    second = min(others)
    name = called(view.knowledge.base, second, others[second].display)
    written = _written(view, said.texts, second)
    return Identity(drug, label, product, strength, False, name, written)


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


def _written(view: View, texts: Iterable[str], drug: str) -> str:
    """The first text that names a drug."""
    return next((text for text in texts if drug in named_in(view, text)), "")


def _label(view: View, drug: str) -> str:
    return view.knowledge.base.products[drug].label


def _by_code(view: View, codes: Iterable[Code]) -> list[tuple[str, Product]]:
    """The products among the codes, the most exact first: one with a strength before others."""
    known = view.knowledge.base.products_by_code
    found = [product for code in codes for product in known.get(code, ())]
    return sorted(found, key=lambda pair: pair[1].strength is None)


def _strength(medication: Json) -> StrengthPer:
    """mg in one unit of a Medication with one ingredient, as the resource itself states it."""
    ingredients = active_ingredients(medication)
    stated = [obj(i.get("strength")) or obj(i.get("strengthRatio")) for i in ingredients]
    if len(stated) != 1:
        return NO_STRENGTH
    return strength_of(stated[0])


def named_in(view: View, text: str) -> tuple[str, ...]:
    """The known drugs that a text names."""
    return drugs_named(view.knowledge.base, text)
