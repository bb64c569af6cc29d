"""Ingredients of drugs and the sets that interactions speak of, read from their files."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources.abc import Traversable

from pydantic import Field

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge.checking import checked
from cdshooks.knowledge.codes import Code, Systems, canonical
from cdshooks.knowledge.model import Strict, Text
from cdshooks.knowledge.sheets import sheet

INGREDIENT = ("system", "code", "display", "kind", "ingredient", "route")
"""Columns of an ingredient file."""


class IngredientNames(Strict):
    """How an ingredient is called in text.

    inn: its own names, under which a text is exact; brands: what products with it
    are sold as; not_names: wording that holds one of these and means something else.
    not_with: words anywhere in a text by which the names mean another product of it;
    only_with: words of which one must stand beside its own names; both as whole words.
    """

    inn: tuple[Text, ...] = Field(min_length=1)
    brands: tuple[Text, ...] = ()
    not_names: tuple[Text, ...] = ()
    not_with: tuple[Text, ...] = ()
    only_with: tuple[Text, ...] = ()


class IngredientFile(Strict):
    """The header of an ingredient file."""

    meaning: Text
    release: Text
    checked: date
    ingredients: dict[str, IngredientNames]


class DrugSetFile(Strict):
    """A set of ingredients that a rule speaks of as one.

    routes: the routes by which a member counts; a product of unknown route counts.
    only: narrower routes of single members.
    """

    label: Text
    meaning: Text
    checked: date
    ingredients: tuple[Text, ...] = Field(min_length=1)
    routes: tuple[Text, ...] = ()
    only: dict[str, tuple[Text, ...]] = Field(default_factory=dict)


class RouteFile(Strict):
    """A group of routes.

    routes: the short names of directions; words: by which a product's text tells it;
    directions: by which the text of directions does.
    """

    routes: tuple[Text, ...] = ()
    words: tuple[Text, ...] = ()
    directions: tuple[Text, ...] = ()
    systemic: bool


@dataclass(frozen=True, slots=True)
class Contains:
    """That a code stands for a product with an ingredient; route: None if it does not say."""

    ingredient: str
    route: str | None
    display: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """That a name stands for an ingredient; exact: by its own name, not by a brand.

    without: what must not stand in the text; beside: what must.
    """

    ingredient: str
    exact: bool
    without: re.Pattern[str] | None = None
    beside: re.Pattern[str] | None = None

    def holds(self, text: str) -> bool:
        """Whether the rest of a text leaves the name its meaning."""
        if self.without and self.without.search(text):
            return False
        return self.beside is None or self.beside.search(text) is not None


@dataclass(frozen=True, slots=True)
class DrugSet:
    """Ingredients that a rule speaks of as one, each with the routes by which it counts."""

    id: str
    label: str
    meaning: str
    ingredients: Mapping[str, frozenset[str]] = field(hash=False)

    def holds(self, ingredient: str, route: str | None) -> bool:
        """Whether a product with the ingredient belongs, given by a route that may be unknown."""
        routes = self.ingredients.get(ingredient)
        return routes is not None and (route is None or route in routes)


@dataclass(frozen=True, eq=False)
class Ingredients:
    """Every ingredient that interactions are looked for, by code and by name."""

    names: frozenset[str]
    codes: Mapping[Code, tuple[Contains, ...]]
    named: Mapping[str, tuple[Named, ...]]
    releases: Mapping[str, str]
    sets: Mapping[str, DrugSet]
    groups: Mapping[str, str]
    _names: re.Pattern[str]
    _words: "Words"
    _directions: "Words"

    def in_text(self, text: str) -> tuple[Named, ...]:
        """The ingredients that a text names, whole words only."""
        return _in_text(self, text)

    def route_of(self, text: str) -> str | None:
        """The group of routes of which a product's text speaks; None if of none."""
        return next((name for name, words in self._words if words.search(text)), None)

    def route_directed(self, text: str) -> str | None:
        """The group of routes of which the text of directions speaks; None if of none."""
        return next((name for name, words in self._directions if words.search(text)), None)


@lru_cache(maxsize=4096)
def _in_text(known: Ingredients, text: str) -> tuple[Named, ...]:
    """Kept beyond a call: charts name few drugs, in few ways."""
    found = (known.named.get(match.casefold(), ()) for match in known._names.findall(text))
    return tuple(dict.fromkeys(o for several in found for o in several if o.holds(text)))


Words = tuple[tuple[str, re.Pattern[str]], ...]
"""Groups of routes with what names them."""


def ingredients(
    files: Iterable[Traversable],
    sets: Mapping[str, DrugSetFile],
    routes: Mapping[str, RouteFile],
    systems: Systems,
) -> Ingredients:
    """All ingredients with the sets of them; each stands in one file only."""
    codes: dict[Code, list[Contains]] = {}
    named: dict[str, list[Named]] = {}
    releases: dict[str, str] = {}
    for file in files:
        header, rows = sheet(file, INGREDIENT)
        head = checked(IngredientFile, header, file.name)
        for ingredient, names in head.ingredients.items():
            if ingredient in releases:
                raise KnowledgeInvalid(file.name, ingredient, "stands in another file too")
            releases[ingredient] = head.release
            _name(ingredient, names, named)
        for place, row in rows:
            if row["system"] not in systems.uris:
                raise KnowledgeInvalid(file.name, place, "code system not in systems.yaml")
            if row["ingredient"] not in head.ingredients:
                raise KnowledgeInvalid(file.name, place, "ingredient not in the header")
            if row["route"] and row["route"] not in routes:
                raise KnowledgeInvalid(file.name, place, "route not in routes.yaml")
            code = canonical(row["system"], row["code"])
            contains = Contains(
                row["ingredient"], row["route"] or None, row["display"], row["kind"]
            )
            if any(c.ingredient == contains.ingredient for c in codes.get(code, ())):
                raise KnowledgeInvalid(file.name, place, "code said twice")
            codes.setdefault(code, []).append(contains)
    return Ingredients(
        names=frozenset(releases),
        codes={code: tuple(found) for code, found in codes.items()},
        named={name: tuple(found) for name, found in named.items()},
        releases=releases,
        sets={key: _drug_set(key, file, releases, routes) for key, file in sets.items()},
        groups={route: group for group, file in routes.items() for route in file.routes},
        _names=whole_words(named),
        _words=_worded({key: file.words for key, file in routes.items()}),
        _directions=_worded({key: file.directions for key, file in routes.items()}),
    )


def _name(ingredient: str, names: IngredientNames, named: dict[str, list[Named]]) -> None:
    without = whole_words(names.not_with) if names.not_with else None
    beside = whole_words(names.only_with) if names.only_with else None
    for inn in names.inn:
        own = Named(ingredient, exact=True, without=without, beside=beside)
        named.setdefault(inn.casefold(), []).append(own)
    for brand in names.brands:
        sold = Named(ingredient, exact=False, without=without)
        named.setdefault(brand.casefold(), []).append(sold)
    for other in names.not_names:
        named.setdefault(other.casefold(), [])


def _drug_set(
    key: str, file: DrugSetFile, known: Iterable[str], routes: Mapping[str, RouteFile]
) -> DrugSet:
    strangers = sorted({*file.ingredients, *file.only} - set(known))
    if strangers:
        raise KnowledgeInvalid("drug_sets", key, f"no ingredient {', '.join(strangers)}")
    systemic = frozenset(name for name, route in routes.items() if route.systemic)
    usual = frozenset(file.routes) or systemic
    members = {one: frozenset(file.only.get(one, usual)) for one in file.ingredients}
    unknown = sorted(frozenset[str]().union(*members.values()) - routes.keys())
    if unknown:
        raise KnowledgeInvalid("drug_sets", key, f"no route {', '.join(unknown)}")
    return DrugSet(key, file.label, file.meaning, members)


def _worded(words: Mapping[str, tuple[str, ...]]) -> Words:
    return tuple((key, whole_words(said)) for key, said in words.items() if said)


def whole_words(names: Iterable[str]) -> re.Pattern[str]:
    """Any of the names as whole words, the longest first; a maker may follow after a hyphen.

    Before a hyphen may stand another drug, as in ``acetaminophen-codeine``, but no prefix.
    Names are sorted under their first letter, so that at most places of a text none of
    hundreds is tried.
    """
    rests: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        rests.setdefault(re.escape(name[0].lower()), []).append(re.escape(name[1:]))
    if not rests:
        return re.compile("(?!)")
    joined = "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in rests.items())
    begins = rf"(?=[{''.join(rests)}])(?:(?<![\w-])|(?<=[^\W\d_]{{6}}-))"
    return re.compile(rf"{begins}(?:{joined})(?!\w)", re.IGNORECASE)
