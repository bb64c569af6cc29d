"""How a measurement was made: lying or sitting, with oxygen, reliably or not."""

import re
from decimal import Decimal
from functools import lru_cache

from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, boolean, first, number, obj, objects, plain, string, texts
from cdshooks.knowledge import Base, Measure
from cdshooks.rules.authoring.values import Position

POSITIONS: tuple[Position, ...] = ("supine", "sitting")
"""Positions, each with a value set of its name."""
ROOM_AIR, NOTHING = frozenset({"room-air"}), frozenset[str]()
"""The circumstances of most results."""


def unreliable(record: Record, view: View) -> bool:
    """Whether its interpretation or a note calls a result invalid or unreliable."""
    resource, part = record.resource, record.part
    if not (resource.get("interpretation") or part.get("interpretation") or resource.get("note")):
        return False
    marker = view.value_set("unreliable")
    for body in (resource,) if part is resource else (resource, part):
        for concept in objects(body.get("interpretation")):
            if marker.holds_any(view.index.concept(concept)):
                return True
            if any(map(marker.named_in, texts(concept))):
                return True
    notes = (note.get("text") for note in objects(resource.get("note")))
    return any(marker.named_in(plain(text, 500)) for text in notes)


def position_of(record: Record, measure: Measure, view: View) -> Position | None:
    """Sitting or supine, as far as it was recorded: by a code first, by words last."""
    for value_set, position in measure.file.positions.items():
        if view.value_set(value_set).holds_any(record.codes):
            return position
    stated = _positions_stated(record, view)
    for concept in stated:
        codes = view.index.concept(concept)
        for position in POSITIONS:
            if view.value_set(position).holds_any(codes):
                return position
    return _in_words(record, stated, measure, view)


def _in_words(record: Record, stated: list[Json], measure: Measure, view: View) -> Position | None:
    """What the words say in which a position, or a lung function test, was named."""
    capacity = measure.file.positions or measure.units.quantity == "volume"
    named = [*stated, *objects(record.part.get("code"))] if capacity else stated
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
    if not any(map(resource.get, ("method", "extension", "component"))):
        return []
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
    on_room_air = view.value_set("spo2-room-air").holds_any(record.codes)
    if not record.resource.get("component"):
        return ROOM_AIR if on_room_air else NOTHING
    found = {"room-air"} if on_room_air else set()
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
