"""Reads the knowledge that stands in CSV files: products and units."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from importlib.resources.abc import Traversable

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge.base import Product, ProductSet
from cdshooks.knowledge.codes import Code, Systems, canonical
from cdshooks.knowledge.sheets import sheet
from cdshooks.units import UnitRow, UnitTable, table


def products(files: Iterable[Traversable], systems: Systems) -> dict[str, ProductSet]:
    """The products of each drug, one file a drug."""
    return {found.drug: found for found in (_product_set(file, systems) for file in files)}


PRODUCT = ("system", "code", "display", "kind", "form", "route", "strength", "strength_per")
"""Columns of a product file."""
UNIT = ("quantity", "raw", "ucum", "factor", "at_most")
"""Columns of the unit table."""


def _product_set(file: Traversable, systems: Systems) -> ProductSet:
    head, rows = sheet(file, PRODUCT)
    missing = {"drug", "label", "meaning", "release", "names", "checked"} - head.keys()
    if missing:
        raise KnowledgeInvalid(file.name, "(header)", f"missing {', '.join(sorted(missing))}")
    found: dict[Code, Product] = {}
    for name, row in rows:
        if row["system"] not in systems.uris:
            raise KnowledgeInvalid(file.name, name, "code system not in systems.yaml")
        code = canonical(row["system"], row["code"])
        if code in found:
            raise KnowledgeInvalid(file.name, name, "code said twice")
        found[code] = Product(
            code=code,
            display=row["display"],
            kind=row["kind"],
            form=row["form"] or None,
            route=row["route"] or None,
            strength=_strength(row["strength"], file.name, name),
            strength_per=row["strength_per"] or None,
        )
    names = head["names"]
    excluded = head.get("not_names", [])
    if not isinstance(names, list) or not isinstance(excluded, list):
        raise KnowledgeInvalid(file.name, "names", "expected a list")
    return ProductSet(
        drug=str(head["drug"]),
        label=str(head["label"]),
        release=str(head["release"]),
        products=found,
        names=tuple(map(str, names)),
        not_names=tuple(map(str, excluded)),
    )


def _strength(text: str, file: str, row: str) -> Fraction | None:
    try:
        strength = Fraction(text) if text else None
    except (ValueError, ArithmeticError) as error:
        raise KnowledgeInvalid(file, row, "strength is not a number") from error
    if strength is not None and strength <= 0:
        raise KnowledgeInvalid(file, row, "strength is not above 0")
    return strength


def units(file: Traversable) -> dict[str, UnitTable]:
    """Every unit table, by quantity; its canonical unit is always one of its rows."""
    head, rows = sheet(file, UNIT)
    canonicals = head.get("canonical")
    if not isinstance(canonicals, dict):
        raise KnowledgeInvalid("units.csv", "canonical", "expected quantity: unit")
    by_quantity: dict[str, dict[str, UnitRow]] = {str(quantity): {} for quantity in canonicals}
    for name, row in rows:
        if row["quantity"] not in by_quantity:
            raise KnowledgeInvalid("units.csv", name, "quantity without canonical unit")
        if row["raw"] in by_quantity[row["quantity"]]:
            raise KnowledgeInvalid("units.csv", name, "unit said twice")
        by_quantity[row["quantity"]][row["raw"]] = _unit_row(row, name)
    for quantity, unit in canonicals.items():
        own = by_quantity[quantity].get(str(unit))
        if own is None or own.factor != 1:
            raise KnowledgeInvalid("units.csv", f"canonical.{quantity}", "needs a row of factor 1")
    return {q: table(q, str(canonicals[q]), found.values()) for q, found in by_quantity.items()}


LESS_LOG = "-log10"
"""What a factor ends with that is none: the number from which the logarithm is taken away."""


def _unit_row(row: Mapping[str, str], name: str) -> UnitRow:
    text = row["factor"]
    try:
        less_log = Decimal(text.removesuffix(LESS_LOG)) if text.endswith(LESS_LOG) else None
        upper, _, lower = ("1" if less_log is not None else text).partition("/")
        factor = Fraction(upper) / (Fraction(lower) if lower else 1)
        limit = Decimal(row["at_most"]) if row["at_most"] else None
    except (ValueError, ArithmeticError) as error:
        raise KnowledgeInvalid("units.csv", name, "factor is not a number") from error
    if factor <= 0 or (limit is not None and not limit.is_finite()):
        raise KnowledgeInvalid("units.csv", name, "factor is not above 0, or at_most not finite")
    if less_log is not None and not less_log.is_finite():
        raise KnowledgeInvalid("units.csv", name, "no finite number before -log10")
    return UnitRow(row["raw"], row["ucum"], factor, limit, less_log)
