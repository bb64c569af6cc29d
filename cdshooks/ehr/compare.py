"""Whether what a resource holds is what a search asks for, as FHIR R4 compares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
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


def test(parameter: Parameter, asked: str, zone: tzinfo) -> Test | None:
    """Says of one value of an element whether it is ``asked`` for; None when that cannot be read.

    zone: in which days begin.
    """
    match parameter.kind:
        case Kind.TOKEN:
            return _token(asked)
        case Kind.REFERENCE:
            return _reference(asked, parameter.target)
        case Kind.DATE:
            return _date(asked, zone)
        case Kind.STRING:
            beginning = asked.casefold()
            return lambda held: isinstance(held, str) and held.casefold().startswith(beginning)


def _token(asked: str) -> Test | None:
    """``code``, ``system|code``, ``|code`` or ``system|``; a bare code has no system to compare."""
    system, bar, code = asked.rpartition("|")
    if not code and not system:
        return None

    def says(held: Any) -> bool:
        for its_system, its_code in _codes(held):
            right_system = not bar or its_system == system or not isinstance(held, dict)
            if right_system and code in ("", its_code):
                return True
        return False

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


def _reference(asked: str, target: str | None) -> Test:
    """An id, ``Type/id`` or an address that ends so."""
    *path, id = asked.split("/")
    type = target if target and not path else path[-1] if path else None

    def says(held: Any) -> bool:
        *its_path, its_id = (string(obj(held).get("reference")) or "").split("/")
        its_type = its_path[-1] if its_path else None
        right_target = target is None or its_type == target
        return its_id == id != "" and right_target and type in (None, its_type)

    return says


def _date(asked: str, zone: tzinfo) -> Test | None:
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
    text, read = string(value), when(value, zone)
    if text is None or read is None:
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
