"""The drugs that a text names."""

import re
from functools import lru_cache

from cdshooks.knowledge import Base, ProductSet
from cdshooks.knowledge.interactions import whole_words


@lru_cache(maxsize=4096)
def drugs_named(base: Base, text: str) -> tuple[str, ...]:
    """The known drugs that a text names.

    Kept beyond a call: charts name few drugs, in few ways.
    """
    if not _any_name(base).search(text):
        return ()
    return tuple(products.drug for products in base.products.values() if _name(products, text))


def called(base: Base, drug: str, text: str) -> str:
    """What a text calls a drug of a class, as ``apixaban`` of anticoagulants; else its label."""
    products = base.products[drug]
    if products.label.casefold() in map(str.casefold, products.names):
        return products.label
    return _name(products, text) or products.label


def _name(products: ProductSet, text: str) -> str | None:
    """The first name of a drug in a text."""
    names, excluded = _patterns(products.names, products.not_names)
    found = names.search(excluded.sub(" ", text) if excluded else text)
    return found.group().casefold() if found else None


@lru_cache(maxsize=16)
def _any_name(base: Base) -> re.Pattern[str]:
    """Every name of every drug: most texts of a chart hold none."""
    return whole_words({name for products in base.products.values() for name in products.names})


@lru_cache(maxsize=256)
def _patterns(
    names: tuple[str, ...], excluded: tuple[str, ...]
) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """Whole words only: one drug's name may be the end of another's.

    A maker's name may follow after a hyphen, as in ``Riluzol-Muster``.
    """
    return whole_words(names), whole_words(excluded) if excluded else None
