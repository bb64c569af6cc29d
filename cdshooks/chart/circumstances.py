"""How a measurement was made: lying or sitting, with oxygen, reliably or not."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, boolean, first, number, obj, objects, plain, string, texts
from cdshooks.knowledge import Base, Measure
from cdshooks.rules.authoring.values import Position

T = TypeVar("T")
POSITIONS: tuple[Position, ...] = ("supine", "sitting")
"""Positions, each with a value set of its name."""
ROOM_AIR, NOTHING = frozenset({"room-air"}), frozenset[str]()
"""The circumstances of most results."""


def _of_whole(what: str, record: Record, view: View, make: Callable[[], T]) -> T:
    """What a whole observation says for all its parts: kept, for there may be thousands."""
    if record.part is record.resource:
        return make()
    return view.once(what, record.resource, make)


def unreliable(record: Record, view: View) -> bool:
    """Whether its interpretation or a note calls a result invalid or unreliable."""
    resource, part = record.resource, record.part
    if not (resource.get("interpretation") or part.get("interpretation") or resource.get("note")):
        return False
    if _of_whole("unreliable", record, view, lambda: _is_doubted(resource, view)):
        return True
    return part is not resource and _is_marked(part, view)


def _is_doubted(resource: Json, view: View) -> bool:
    """Whether the interpretation or a note of a whole observation does."""
    marker = view.value_set("unreliable")
    notes = (note.get("text") for note in objects(resource.get("note")))
    return _is_marked(resource, view) or any(marker.named_in(plain(text, 500)) for text in notes)


def _is_marked(body: Json, view: View) -> bool:
    marker = view.value_set("unreliable")
    return any(
        marker.holds_any(view.index.concept(concept)) or any(map(marker.named_in, texts(concept)))
        for concept in objects(body.get("interpretation"))
    )


def position_of(record: Record, measure: Measure, view: View) -> Position | None:
    """Sitting or supine, as far as it was recorded: by a code first, by words last."""
    for value_set, position in measure.file.positions.items():
        if view.value_set(value_set).holds_any(record.codes):
            return position
    if any(map(record.resource.get, ("method", "extension", "component"))):
        stated = _of_whole("position", record, view, lambda: _position_stated(record, view))
        if stated:
            return stated
    if measure.file.positions or measure.units.quantity == "volume":
        return _in_words(objects(record.part.get("code")), view)
    return None


def _position_stated(record: Record, view: View) -> Position | None:
    """What the method, an extension or a component says of the position: a code before words."""
    stated = _positions_stated(record, view)
    for concept in stated:
        codes = view.index.concept(concept)
        for position in POSITIONS:
            if view.value_set(position).holds_any(codes):
                return position
    return _in_words(stated, view)


def _in_words(named: Iterable[Json], view: View) -> Position | None:
    """The position that words name, those of a lung function test among them."""
    said = (text for concept in named for text in texts(concept))
    found = (_position_named(view.knowledge.base, text) for text in said)
    return next(filter(None, found), None)


@lru_cache(maxsize=1024)
def _position_named(base: Base, text: str) -> Position | None:
    """Kept beyond a call: tests go by few names."""
    found = (position for position in POSITIONS if base.value_sets[position].named_in(text))
    return next(found, None)


def _positions_stated(record: Record, view: View) -> list[Json]:
    """Where a position may stand: method, extension, component."""
    resource = record.resource
    stated = list(objects(resource.get("method")))
    for extension in objects(resource.get("extension")):
        if str(extension.get("url", "")).endswith("observation-bodyPosition"):
            stated.append(obj(extension.get("valueCodeableConcept")))
    for part in view.parts(record, "body-position"):
        stated.append(obj(part.get("valueCodeableConcept")) or {"text": part.get("valueString")})
    return stated


_LEADING = re.compile(r"\s{0,9}(\d{1,4}(?:\.\d{1,4})?)\s?(?:%|l\b|$)", re.ASCII | re.IGNORECASE)


def _amount(part: Json) -> Decimal | None:
    """The number of a component, also where it came as text with its unit."""
    quantity = first(part.get("valueQuantity"))
    for value in (quantity.get("value"), part.get("valueInteger"), part.get("valueDecimal")):
        if (read := number(value)) is not None:
            return read
    written = _LEADING.match(string(part.get("valueString")) or "")
    return number(written[1]) if written else None


def context_of(record: Record, view: View) -> frozenset[str]:
    """``oxygen``, ``room-air`` and ``support``, as far as the code and components say."""
    on_room_air = ROOM_AIR if view.value_set("spo2-room-air").holds_any(record.codes) else NOTHING
    if not record.resource.get("component"):
        return on_room_air
    return on_room_air | _of_whole("context", record, view, lambda: _by_components(record, view))


def _by_components(record: Record, view: View) -> frozenset[str]:
    found = set()
    room_air = view.threshold("room_air_le_pct")
    for part in view.parts(record, "oxygen-concentration"):
        value = _amount(part)
        if value is not None:
            percent = value * 100 if value <= 1 else value
            found.add("room-air" if room_air.met_by(percent) else "oxygen")
    for part in view.parts(record, "oxygen-flow"):
        value = _amount(part)
        if value is not None:
            found.add("oxygen" if value > 0 else "room-air")
    support = view.parts(record, "respiratory-support")
    if any(boolean(part.get("valueBoolean")) is not False for part in support):
        found.add("support")
    return frozenset(found)
