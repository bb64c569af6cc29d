"""A FHIR search as it was asked, read strictly: what is not understood is refused.

FHIR lets a server pass over what it does not know. A client that tries its searches here
learns more from a refusal than from an answer to another question.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from cdshooks.ehr.compare import Test, test
from cdshooks.ehr.parameters import ID, Kind, Parameter, parameters
from cdshooks.errors import CdsHooksError
from cdshooks.fhir.elements import Json

PAGE = 100
"""Entries of a page where nobody says how many: more than there are example patients."""
LARGEST_PAGE = 1000
OFFSET = "_offset"
"""Where a page begins; only the links of this server use it."""
_COMMA = re.compile(r"(?<!\\),")
_JSON = frozenset({"json", "application/json", "application/fhir+json"})


class SearchRefused(CdsHooksError):
    """The search is not understood; says what would be, never what was asked."""

    def __init__(self, expected: str, code: str = "not-supported") -> None:
        """``code`` is one of FHIR's issue types."""
        super().__init__(expected)
        self.code = code


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter: a resource fits when one of its values passes the test."""

    parameter: Parameter
    test: Test

    def fits(self, resource: Json) -> bool:
        """Whether the resource is what this parameter asks for."""
        return any(self.test(held) for held in self.parameter.found(resource))


@dataclass(frozen=True, slots=True)
class Query:
    """A search of one type: every criterion has to fit; then the order, and which page.

    sort: parameters with whether the greatest comes first.
    """

    type: str
    criteria: tuple[Criterion, ...] = ()
    sort: tuple[tuple[Parameter, bool], ...] = ()
    count: int = PAGE
    offset: int = 0


def read_query(type: str, asked: Iterable[tuple[str, str]], zone: tzinfo) -> Query:
    """The search that names and values ask for; ``type`` is one of TYPES.

    Raises SearchRefused for an unknown or modified parameter and for a value that cannot be.
    """
    criteria: list[Criterion] = []
    result: dict[str, str] = {}
    for name, value in asked:
        if name in ("_sort", "_count", OFFSET, "_format"):
            result[name] = value
        else:
            criteria.append(_criterion(type, name, value, zone))
    if result.get("_format", "json") not in _JSON:
        raise SearchRefused("_format: expected json, the only format here")
    return Query(
        type,
        tuple(criteria),
        _sort(type, result.get("_sort", "")),
        min(_number("_count", result.get("_count", str(PAGE))), LARGEST_PAGE),
        _number(OFFSET, result.get(OFFSET, "0")),
    )


def _criterion(type: str, name: str, value: str, zone: tzinfo) -> Criterion:
    parameter = parameters(type).get(name)
    if parameter is None:
        known = ", ".join((*parameters(type), "_sort", "_count"))
        raise SearchRefused(f"expected a search parameter of {type}, without modifiers: {known}")
    says = test(parameter, [_plain(one) for one in _COMMA.split(value)], zone) if value else None
    if says is None:
        raise SearchRefused(f"{name}: expected {_VALUES[parameter.kind]}", "value")
    return Criterion(parameter, says)


_VALUES = {
    Kind.TOKEN: "code or system|code, several separated by commas",
    Kind.REFERENCE: "an id or Type/id, several separated by commas",
    Kind.DATE: "a date, with eq, ne, gt, lt, ge, le, sa or eb before it or nothing",
    Kind.STRING: "how it begins",
}


def _plain(value: str) -> str:
    return re.sub(r"\\([,|$\\])", r"\1", value)


def _sort(type: str, asked: str) -> tuple[tuple[Parameter, bool], ...]:
    """By dates and ids only: other elements have no order that a client could rely on."""
    known = parameters(type)
    able = [name for name, one in known.items() if one.kind is Kind.DATE or one == ID]
    names = [name for name in asked.split(",") if name]
    if any(name.removeprefix("-") not in able for name in names):
        raise SearchRefused(f"_sort: expected, with - before it or not: {', '.join(able)}")
    return tuple((known[name.removeprefix("-")], name.startswith("-")) for name in names)


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise SearchRefused(f"{name}: expected a whole number", "value")
    return int(value)
