"""How a measurement was made: lying or sitting, with oxygen, reliably or not."""

from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, boolean, first, number, obj, objects, plain, texts
from cdshooks.knowledge import Measure
from cdshooks.rules.authoring.values import Position

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
    """Sitting or supine, as far as it was recorded."""
    for value_set, position in measure.file.positions.items():
        if view.value_set(value_set).holds_any(record.codes):
            return position
    for concept in _positions_stated(record, view):
        codes = view.index.concept(concept)
        if view.value_set("supine").holds_any(codes):
            return "supine"
        if view.value_set("sitting").holds_any(codes):
            return "sitting"
    return None


def _positions_stated(record: Record, view: View) -> list[Json]:
    """Where a position may stand: method, extension, component."""
    resource = record.resource
    if not any(map(resource.get, ("method", "extension", "component"))):
        return []
    stated = list(objects(resource.get("method")))
    for extension in objects(resource.get("extension")):
        if str(extension.get("url", "")).endswith("observation-bodyPosition"):
            stated.append(obj(extension.get("valueCodeableConcept")))
    parts = view.parts(record, "body-position")
    return stated + [obj(part.get("valueCodeableConcept")) for part in parts]


def context_of(record: Record, view: View) -> frozenset[str]:
    """``oxygen``, ``room-air`` and ``support``, as far as the code and components say."""
    on_room_air = view.value_set("spo2-room-air").holds_any(record.codes)
    if not record.resource.get("component"):
        return ROOM_AIR if on_room_air else NOTHING
    found = {"room-air"} if on_room_air else set()
    room_air = view.threshold("room_air_le_pct")
    for part in view.parts(record, "oxygen-concentration"):
        value = number(first(part.get("valueQuantity")).get("value"))
        if value is not None:
            percent = value * 100 if value <= 1 else value
            found.add("room-air" if room_air.met_by(percent) else "oxygen")
    for part in view.parts(record, "oxygen-flow"):
        value = number(first(part.get("valueQuantity")).get("value"))
        if value is not None:
            found.add("oxygen" if value > 0 else "room-air")
    support = view.parts(record, "respiratory-support")
    if any(boolean(part.get("valueBoolean")) is not False for part in support):
        found.add("support")
    return frozenset(found)
