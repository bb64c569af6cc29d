"""The day that an element of a resource names, as late as it can mean."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, tzinfo

from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, objects, string

_MONTH, _YEAR = len("2026-02"), len("2026")
_SUFFIXES = ("DateTime", "Date", "Instant", "Period")


def day_of(resource: Json, path: str, zone: tzinfo) -> date | None:
    """
    The last day that the elements of a path name; None where nothing can be read.

    A path is a name, or names with dots between them; ``effective[x]`` is a choice
    of types, and a Period counts by its start unless the path asks for its end.
    """
    days = (_latest(value, zone) for value in _values(resource, path.split(".")))
    return max((day for day in days if day is not None), default=None)


def _values(node: object, names: list[str]) -> Iterator[object]:
    """Everything that stands at a path, lists taken apart."""
    if not names:
        yield node
        return
    stem = names[0].removesuffix("[x]")
    keys = [stem + suffix for suffix in _SUFFIXES] if stem != names[0] else [stem]
    for body in objects(node):
        for key in keys:
            if key in body:
                yield from _values(body[key], names[1:])


def _latest(value: object, zone: tzinfo) -> date | None:
    """The last day of a date that says less than a day: nobody knew of it sooner for certain."""
    if isinstance(value, dict):
        return _latest(value.get("start"), zone)
    moment = when(value, zone)
    if moment is None:
        return None
    length = len(string(value) or "")
    if length == _YEAR:
        return moment.day.replace(month=12, day=31)
    if length == _MONTH:
        return moment.day.replace(day=monthrange(moment.day.year, moment.day.month)[1])
    return moment.day
