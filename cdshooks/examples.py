"""The example patients, and the shift that keeps their dates fresh."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import orjson

from cdshooks.errors import CdsHooksError
from cdshooks.knowledge import yaml

Json = dict[str, Any]
ORDER = "riluzole-50-mg-twice-daily.json"

_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?P<time>T\d{2}:\d{2}[0-9:.Z+-]*)?)?)?",
    re.ASCII,
)
_NEVER = frozenset(
    {"birthDate", "id", "value", "code", "text", "display", "version", "versionId", "valueString"}
)
"""Members whose text may look like a date and is none; a year of birth stays, too."""
_MAYBE_A_YEAR = re.compile(r"(date|time|start|end|onset|abatement|occurrence|asserted)", re.I)
"""What the name of a member says when four digits in it are a year."""


class ExampleUnknown(CdsHooksError):
    """No example patient of this name is in the package."""


def names() -> tuple[str, ...]:
    """The names of the example patients, in alphabetical order."""
    found = (Path(file.name) for file in _folder().iterdir())
    return tuple(sorted(file.stem for file in found if file.suffix == ".json"))


def of_patient(id: str) -> str | None:
    """The name of the example whose patient has this id, as in the demo's FHIR server."""
    return next((name for name in names() if id in _patients(load(name))), None)


def _patients(bundle: Json) -> tuple[str, ...]:
    entries = (entry["resource"] for entry in bundle["entry"])
    return tuple(one["id"] for one in entries if one["resourceType"] == "Patient")


def load(name: str) -> Json:
    """
    The Bundle of an example patient, with its dates as recorded.

    Every call makes a new one, which the caller may change. Raises
    ExampleUnknown, which tells the names that there are.
    """
    if name not in names():
        raise ExampleUnknown(f"no such example; there are: {', '.join(names())}")
    bundle: Json = orjson.loads((_folder() / f"{name}.json").read_bytes())
    return bundle


@dataclass(frozen=True, slots=True)
class Story:
    """Who an example patient is, what it shows, and by hook the cards that the service gives.

    Each card as ``indicator rule``, or ``indicator rule + rule`` where advice shares one.
    """

    patient: str
    text: str
    cards: Mapping[str, tuple[str, ...]]


@cache
def stories() -> Mapping[str, Story]:
    """The story of every example patient, by name."""
    return {
        name: Story(
            said["patient"],
            said["story"],
            {hook: tuple(cards) for hook, cards in said.items() if isinstance(cards, list)},
        )
        for name, said in yaml.read(_fixtures() / "stories.yaml").items()
    }


def order() -> Json:
    """The draft of the stories at hooks about orders: riluzole as labelled, for nobody yet."""
    draft: Json = orjson.loads((_fixtures() / "orders" / ORDER).read_bytes())
    return draft


def _folder() -> Traversable:
    return _fixtures() / "fhir"


@cache
def _fixtures() -> Traversable:
    """Inside the wheel, or beside the package in a checkout."""
    packaged = files("cdshooks") / "fixtures"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "fixtures"


def anchor(bundle: Json) -> date | None:
    """The day as of which a Bundle tells its story: that of its timestamp, as written."""
    written = bundle.get("timestamp")
    match = _DATE.fullmatch(written) if isinstance(written, str) else None
    return _first_day(match) if match and match["day"] else None


def shifted(bundle: Json, today: date) -> Json:
    """
    A copy of a Bundle in which its anchor day is ``today``.

    Every date, dateTime and instant moves by the same number of whole days;
    the time of day and its zone stay as written. Birth dates stay, so the
    patient's age changes at most with the calendar.

    A partial date moves as its first day, which is how it is read, and is
    written as partially as before. So it never comes to lie after something
    that it preceded, and can look older by less than its own length.

    A Bundle without timestamp has no anchor and comes back as it is, as does a
    date that is none or would leave the calendar, such as an end of 9999-12-31.
    """
    start = anchor(bundle)
    return bundle if start is None else moved(bundle, today - start)


def moved(document: Json, by: timedelta) -> Json:
    """A copy of any JSON object with its FHIR dates moved, as ``shifted`` does it."""
    copy: Json = _moved("", document, by)
    return copy


def _moved(name: str, node: Any, by: timedelta) -> Any:
    """The node with its dates moved; ``name`` is the member that holds it."""
    if isinstance(node, dict):
        return {key: _moved(key, value, by) for key, value in node.items()}
    if isinstance(node, list):
        return [_moved(name, item, by) for item in node]
    if isinstance(node, str) and name not in _NEVER:
        match = _DATE.fullmatch(node)
        # Four digits alone can be anything, a house number or a code.
        if match and (match["month"] or _MAYBE_A_YEAR.search(name)):
            return _moved_date(match, by)
    return node


def _moved_date(match: re.Match[str], by: timedelta) -> str:
    first = _first_day(match)
    if first is None:
        return match[0]
    try:
        day = (first + by).isoformat()
    except OverflowError:
        return match[0]
    precision = 10 if match["day"] else 7 if match["month"] else 4
    return day[:precision] + (match["time"] or "")


def _first_day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
    except ValueError:
        return None
