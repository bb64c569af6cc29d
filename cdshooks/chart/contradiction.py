"""Do the code and the text of an order name different drugs?

Compared is the drug, not its class: fluoxetine and fluvoxamine contradict each
other. A text that names one of several coded ingredients does not, nor does one
that names a brand or salt of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from cdshooks.chart.names import called, drugs_named
from cdshooks.chart.naming import Naming, Said
from cdshooks.knowledge import Base, Code

COMBINATION = "combination"
"""In the display of a code: it stands for products with more than it names."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The drug that the code stands for, the one that the text names, and that text."""

    coded: str
    named: str
    written: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What codes or a text stand for: ingredients, and products by drug, by how each is called.

    partly: of a code that stands for products with more than it names.
    """

    ingredients: tuple[str, ...] = ()
    products: tuple[tuple[str, str], ...] = ()
    beside: frozenset[str] = frozenset()
    partly: bool = False

    @property
    def any(self) -> frozenset[str]:
        """The names of everything that it stands for."""
        return frozenset((*self.ingredients, *self.beside, *(drug for drug, _ in self.products)))

    @property
    def called(self) -> str:
        """The name to tell: of its ingredients, else of its product."""
        return " and ".join(self.ingredients) or next((name for _, name in self.products), "")


def contradiction(base: Base, said: Naming) -> Contradiction | None:
    """The first text that names another drug than the codes beside it; None if none does.

    What an ingredient of a Medication is called is compared with its own code only.
    """
    codes = said.whole[0] if coded(base, said.whole[0]).any else said.codes
    found = (_between(base, part) for part in ((codes, said.whole[1]), *said.parts))
    return next(filter(None, found), None)


def _between(base: Base, said: Said) -> Contradiction | None:
    meant = coded(base, said[0])
    if not meant.any or meant.partly:
        return None
    for text in said[1]:
        other = _in_text(base, text)
        if _differ(meant, other):
            return Contradiction(meant.called, other.called, text)
    return None


def _differ(one: Meant, other: Meant) -> bool:
    """Ingredients decide where both sides name any; else any name in common will do."""
    if one.ingredients and other.ingredients:
        return frozenset((*one.ingredients, *one.beside)).isdisjoint(other.ingredients)
    return bool(other.any) and one.any.isdisjoint(other.any)


def coded(base: Base, codes: tuple[Code, ...]) -> Meant:
    """What known codes stand for, with the ingredients that only their displays name."""
    known = (c for c in codes if c in base.ingredients.codes or c in base.products_by_code)
    return _coded(base, tuple(known))


@lru_cache(maxsize=2048)
def _coded(base: Base, codes: tuple[Code, ...]) -> Meant:
    """The same of known codes alone: what is kept beyond a call is not the client's to choose."""
    contains = [one for code in codes for one in base.ingredients.codes.get(code, ())]
    products = [one for code in codes for one in base.products_by_code.get(code, ())]
    displays = [*(one.display for one in contains), *(one.display for _, one in products)]
    return Meant(
        ingredients=tuple(dict.fromkeys(one.ingredient for one in contains)),
        products=tuple((drug, called(base, drug, one.display)) for drug, one in products),
        beside=frozenset(_ingredients(base, displays)),
        partly=any(COMBINATION in display.casefold() for display in displays),
    )


@lru_cache(maxsize=4096)
def _in_text(base: Base, text: str) -> Meant:
    drugs = ((drug, called(base, drug, text)) for drug in drugs_named(base, text))
    return Meant(tuple(_ingredients(base, (text,))), tuple(drugs))


def _ingredients(base: Base, texts: Iterable[str]) -> Iterator[str]:
    found = (named.ingredient for text in texts for named in base.ingredients.in_text(text))
    return iter(dict.fromkeys(found))
