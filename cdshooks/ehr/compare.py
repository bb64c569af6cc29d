"""Whether what a resource holds is what a search asks for, as FHIR R4 compares."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from cdshooks.ehr.parameters import Kind, Parameter
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, obj, objects, string

Test = Callable[[Any], bool]
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
"""The ends of all time."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a date covers: from its first instant up to the first that is after it."""

    low: datetime
    high: datetime

    def holds(self, other: "Span") -> bool:
        """Whether the other lies inside."""
        return self.low <= other.low and other.high <= self.high


_DATES: dict[str, Callable[[Span, Span], bool]] = {
    "eq": lambda asked, there: asked.holds(there),
    "ne": lambda asked, there: not asked.holds(there),
    "gt": lambda asked, there: there.high > asked.high,
    "lt": lambda asked, there: there.low < asked.low,
    "ge": lambda asked, there: there.high > asked.high or asked.holds(there),
    "le": lambda asked, there: there.low < asked.low or asked.holds(there),
    "sa": lambda asked, there: there.low >= asked.high,
    "eb": lambda asked, there: there.high <= asked.low,
}
"""FHIR's prefixes of dates. ``ap``, about, is not among them: it has no exact meaning."""


def test(parameter: Parameter, asked: Sequence[str], zone: tzinfo) -> Test | None:
    """Says of one value of an element whether it is any of those asked for.

    None when one of them cannot be read. zone: in which days begin.
    """
    match parameter.kind:
        case Kind.TOKEN:
            return _token(asked)
        case Kind.REFERENCE:
            return _reference(asked, parameter.target)
        case Kind.DATE:
            return _date(asked, zone)
        case Kind.STRING:
            beginnings = tuple(one.casefold() for one in asked)
            return lambda held: isinstance(held, str) and held.casefold().startswith(beginnings)


def _token(asked: Sequence[str]) -> Test | None:
    """``code``, ``system|code``, ``|code`` or ``system|``.

    A code that is no coding has a system that nobody wrote down, so any is right.
    """
    if not all(one.strip("|") for one in asked):
        return None
    parts = [one.rpartition("|") for one in asked]
    whole = frozenset((system, code) for system, bar, code in parts if bar and code)
    systems = frozenset(system for system, bar, code in parts if not code)
    bare = frozenset(code for _, bar, code in parts if code and not bar)
    any_system = frozenset(code for _, _, code in parts if code)

    def says(held: Any) -> bool:
        if not isinstance(held, dict):
            return any(code in any_system for _, code in _codes(held))
        return any(
            code in bare or system in systems or (system, code) in whole
            for system, code in _codes(held)
        )

    return says


def _codes(held: Any) -> Iterator[tuple[str, str]]:
    """System and code of a concept, coding, identifier, code or boolean; no system is empty."""
    if isinstance(held, bool):
        yield "", str(held).lower()
    elif isinstance(held, str):
        yield "", held
    elif isinstance(held, dict):
        for one in objects(held["coding"]) if "coding" in held else (held,):
            code = string(one.get("code")) or string(one.get("value"))
            if code:
                yield string(one.get("system")) or "", code


def _reference(asked: Sequence[str], target: str | None) -> Test | None:
    """Ids, ``Type/id`` or addresses that end so; a target is the only type that counts."""
    wanted = frozenset(_target(one) for one in asked)
    if any(not id for _, id in wanted):
        return None

    def says(held: Any) -> bool:
        type, id = _target(string(obj(held).get("reference")) or "")
        if target and type != target:
            return False
        return (type, id) in wanted or (None, id) in wanted

    return says


def _target(reference: str) -> tuple[str | None, str]:
    """Type and id at the end of a reference; no type where only an id is written."""
    *path, id = reference.split("/")
    return path[-1] if path else None, id


def _date(asked: Sequence[str], zone: tzinfo) -> Test | None:
    tests = [_one_date(one, zone) for one in asked]
    known = [one for one in tests if one]
    return (lambda held: any(one(held) for one in known)) if known == tests else None


def _one_date(asked: str, zone: tzinfo) -> Test | None:
    prefix, rest = (asked[:2], asked[2:]) if asked[:2].isalpha() else ("eq", asked)
    wanted, compares = span(rest, zone), _DATES.get(prefix)
    if wanted is None or compares is None:
        return None
    return lambda held: (there := span(held, zone)) is not None and compares(wanted, there)


def span(value: object, zone: tzinfo) -> Span | None:
    """What a date or Period covers; an end that is open covers all time."""
    if isinstance(value, dict):
        start, end = span(value.get("start"), zone), span(value.get("end"), zone)
        if start is None and end is None:
            return None
        return Span(start.low if start else FIRST, end.high if end else LAST)
    text = string(value)
    return _span(text, zone) if text else None


@lru_cache(maxsize=4096)
def _span(text: str, zone: tzinfo) -> Span | None:
    read = when(text, zone)
    if read is None:
        return None
    low = read.start(zone)
    try:
        return Span(low, _after(text, low))
    except (OverflowError, ValueError):
        return Span(low, LAST)


def _after(text: str, low: datetime) -> datetime:
    """The first instant after a date, by how exactly it is written."""
    if len(text) == 4:
        return low.replace(year=low.year + 1)
    if len(text) == 7:
        years, month = divmod(low.month, 12)
        return low.replace(year=low.year + years, month=month + 1)
    if len(text) == 10:
        return low + timedelta(days=1)
    return low + timedelta(seconds=1 if text.count(":") > 1 and text[16:17] == ":" else 60)


def first_instant(parameter: Parameter, resource: Json, zone: tzinfo) -> datetime | None:
    """The earliest instant of a date parameter in a resource, by which it is sorted."""
    spans = (span(held, zone) for held in parameter.found(resource))
    return min((one.low for one in spans if one), default=None)
