"""What a drug contains, and so to which drug sets it belongs: by code first, by name last."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from cdshooks.chart.drugs import Identity, identify
from cdshooks.chart.naming import naming
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, objects, plain
from cdshooks.fhir.manner import route as route_of
from cdshooks.knowledge import Code
from cdshooks.knowledge.interactions import Ingredients

Contents = tuple["Content", ...]


@dataclass(frozen=True, slots=True)
class Content:
    """An ingredient of a product and the group of routes by which it is given, if known.

    by_name: only text said so; exact: it did by the ingredient's own name.
    """

    ingredient: str
    route: str | None
    by_name: bool = False
    exact: bool = True


def recognised(view: View, order: Json, drug: str) -> Identity | None:
    """What an order is as a drug or drug set of this name; None if it is none of it."""
    return _known_as(view, order).get(drug)


def recognised_as(view: View, order: Json) -> Iterable[Identity]:
    """What an order is, as each drug and drug set to which it belongs."""
    return _known_as(view, order).values()


def _known_as(view: View, order: Json) -> dict[str, Identity]:
    return view.once("identities", order, lambda: _identities(view, order))


def _identities(view: View, order: Json) -> dict[str, Identity]:
    """What an order is, by the name of each drug and drug set to which it belongs."""
    identity = identify(view, order)
    belongs = _members(view.knowledge.base.ingredients, contents(view, order))
    return belongs if identity is None else {identity.drug: identity, **belongs}


@lru_cache(maxsize=2048)
def _members(known: Ingredients, found: Contents) -> dict[str, Identity]:
    """What contents are as each drug set to which they belong; kept beyond a call.

    A member of a drug set goes by the names of those of its ingredients that belong.
    """
    belonging = {
        drug: belong
        for drug, drug_set in known.sets.items()
        if (belong := [one for one in found if drug_set.holds(one.ingredient, one.route)])
    }
    return {
        drug: Identity(
            drug=drug,
            label=" and ".join(dict.fromkeys(one.ingredient for one in belong)),
            product=None,
            by_name=all(one.by_name for one in belong),
            exact=any(one.exact for one in belong),
            sets=frozenset(belonging),
        )
        for drug, belong in belonging.items()
    }


def contents(view: View, order: Json) -> Contents:
    """The ingredients of an order, by its codes, or by its wording if no code is known."""
    return view.once("contents", order, lambda: _contents(view, order))


def _contents(view: View, order: Json) -> Contents:
    known = view.knowledge.base.ingredients
    said = naming(view, order)
    found = tuple(_by_code(view, said.codes)) or tuple(_by_name(view, said.texts))
    if not found:
        return ()
    told = next((route for text in said.texts if (route := known.route_of(text))), None)
    route = told or _directed(view, order)
    return tuple(one if one.route else replace(one, route=route) for one in found)


def _by_code(view: View, codes: Iterable[Code]) -> Iterable[Content]:
    known = view.knowledge.base.ingredients.codes
    found: dict[str, Content] = {}
    for contains in chain.from_iterable(known.get(code, ()) for code in codes):
        said = found.get(contains.ingredient)
        if said is None or said.route is None:
            found[contains.ingredient] = Content(contains.ingredient, contains.route)
    return found.values()


def _by_name(view: View, wording: Iterable[str]) -> Iterator[Content]:
    exact: dict[str, bool] = {}
    for text in wording:
        for named in view.knowledge.base.ingredients.in_text(text):
            exact[named.ingredient] = exact.get(named.ingredient, False) or named.exact
    for ingredient, sure in exact.items():
        yield Content(ingredient, None, by_name=True, exact=sure)


def _directed(view: View, order: Json) -> str | None:
    """The group of routes that the directions state."""
    known = view.knowledge.base.ingredients
    lines = [line for name in ("dosageInstruction", "dosage") for line in objects(order.get(name))]
    stated = known.groups.get(route_of(lines) or "")
    said = (known.route_directed(plain(line.get("text"), 300)) for line in lines)
    return stated or next(filter(None, said), None)
