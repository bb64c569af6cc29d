"""What CDS Hooks wants of a response, checked member by member.

Unknown members are faults, too: what a client does not know it drops in
silence. Faults are told as JSON path and sentence, all of them at once.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cdshooks.fhir.repair import is_valid, model_of

Json = dict[str, Any]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RESPONSE = {"cards": True, "systemActions": False, "extension": False}
CARD = {
    "uuid": True,
    "summary": True,
    "detail": False,
    "indicator": True,
    "source": True,
    "suggestions": False,
    "selectionBehavior": False,
    "overrideReasons": False,
    "links": False,
    "extension": False,
}
SOURCE = {"label": True, "url": False, "icon": False, "topic": True}
SUGGESTION = {"label": True, "uuid": True, "isRecommended": False, "actions": False}
ACTION = {"type": True, "description": True, "resource": False, "resourceId": False}
LINK = {"label": True, "url": True, "type": True}
CODING = {"code": True, "system": True, "display": True}


def faults(body: Any) -> list[str]:
    """Everything in a response body that breaks a rule; empty when it is right."""
    return [*nothing_empty(body, "$"), *_response(body)]


def nothing_empty(node: Any, path: str) -> Iterator[str]:
    """JSON-2: nothing null or empty, except an empty list of cards or services."""
    if node is None or (isinstance(node, str) and not node.strip()) or node in ({}, []):
        if path not in ("$.cards", "$.services"):
            yield f"{path}: {node!r} is empty"
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from nothing_empty(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from nothing_empty(item, f"{path}[{number}]")


def _response(body: Any) -> Iterator[str]:
    if wrong := list(_members(body, "$", RESPONSE)):
        yield from wrong
        return
    yield from _extension(body, "$")
    wrong = [f for n, card in enumerate(body["cards"]) for f in _card(card, f"$.cards[{n}]")]
    yield from wrong
    if not wrong:
        yield from _across_cards(body["cards"])


def _across_cards(cards: list[Json]) -> Iterator[str]:
    """What only the whole list shows: unique uuids, the most severe card first."""
    uuids = [one.get("uuid") for card in cards for one in (card, *card.get("suggestions", []))]
    if len(set(uuids)) < len(uuids):
        yield "$: a uuid occurs twice"
    ranks = [["critical", "warning", "info"].index(card["indicator"]) for card in cards]
    if ranks != sorted(ranks):
        yield "$.cards: not in the order of severity"


def _members(node: Any, path: str, known: dict[str, bool]) -> Iterator[str]:
    """The members of an object: known ones only, and all that are required."""
    if not isinstance(node, dict):
        yield f"{path}: not an object"
        return
    for name in node:
        if name not in known:
            yield f"{path}.{name}: not a member"
    for name, required in known.items():
        if required and name not in node:
            yield f"{path}.{name}: required"


def _extension(node: Json, path: str) -> Iterator[str]:
    """EXT-1: one object, keys in reverse domain order; nothing else is used by us."""
    extension = node.get("extension", {})
    if not isinstance(extension, dict):
        yield f"{path}.extension: not an object"
    elif set(extension) - {"org.als-cdshooks"}:
        yield f"{path}.extension: a key that is not ours"


def _strings(node: Json, path: str, *names: str) -> Iterator[str]:
    for name in names:
        if name in node and not isinstance(node[name], str):
            yield f"{path}.{name}: not a string"


def _card(card: Any, path: str) -> Iterator[str]:
    if wrong := list(_members(card, path, CARD)):
        yield from wrong
        return
    yield from _strings(card, path, "uuid", "summary", "detail", "indicator")
    yield from _extension(card, path)
    yield from _uuid(card, path)
    if len(card["summary"]) >= 140 or "\n" in card["summary"]:
        yield f"{path}.summary: not one line of fewer than 140 characters"
    if card["indicator"] not in ("info", "warning", "critical"):
        yield f"{path}.indicator: {card['indicator']!r}"
    yield from _source(card["source"], f"{path}.source")
    yield from _suggestions(card, path)
    for part, check in (("overrideReasons", _reason), ("links", _link)):
        for number, item in enumerate(card.get(part, [])):
            yield from check(item, f"{path}.{part}[{number}]")
    codes = [(r["system"], r["code"]) for r in card.get("overrideReasons", [])]
    if len(set(codes)) < len(codes):
        yield f"{path}.overrideReasons: a code occurs twice"


def _uuid(node: Json, path: str) -> Iterator[str]:
    if not UUID.fullmatch(str(node.get("uuid"))):
        yield f"{path}.uuid: not a lower-case UUID"


def _absolute(url: Any, path: str) -> Iterator[str]:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        yield f"{path}: not an absolute http(s) URL"


def _source(source: Any, path: str) -> Iterator[str]:
    if wrong := list(_members(source, path, SOURCE)):
        yield from wrong
        return
    yield from _strings(source, path, "label")
    if "url" in source:
        yield from _absolute(source["url"], f"{path}.url")
    yield from _reason(source["topic"], f"{path}.topic")


def _reason(coding: Any, path: str) -> Iterator[str]:
    """CODING-1 and OVR-1; we give a display everywhere."""
    yield from _members(coding, path, CODING)
    yield from _strings(coding, path, *CODING)


def _link(link: Any, path: str) -> Iterator[str]:
    if wrong := list(_members(link, path, LINK)):
        yield from wrong
        return
    yield from _strings(link, path, "label")
    if link["type"] != "absolute":
        yield f"{path}.type: {link['type']!r}"
    yield from _absolute(link["url"], f"{path}.url")


def _suggestions(card: Json, path: str) -> Iterator[str]:
    """CARD-6, CARD-7 and SUG-3: how many may be taken, and how many are marked."""
    suggestions, behavior = card.get("suggestions", []), card.get("selectionBehavior")
    if bool(suggestions) is not (behavior is not None):
        yield f"{path}.selectionBehavior: together with suggestions, or not at all"
    if behavior not in (None, "any", "at-most-one"):
        yield f"{path}.selectionBehavior: {behavior!r}"
    marked = [s for s in suggestions if s.get("isRecommended")]
    if behavior == "at-most-one" and len(marked) > 1:
        yield f"{path}.suggestions: more than one is recommended"
    for number, suggestion in enumerate(suggestions):
        yield from _suggestion(suggestion, f"{path}.suggestions[{number}]")


def _suggestion(suggestion: Any, path: str) -> Iterator[str]:
    if wrong := list(_members(suggestion, path, SUGGESTION)):
        yield from wrong
        return
    yield from _strings(suggestion, path, "label")
    yield from _uuid(suggestion, path)
    if suggestion.get("isRecommended", True) is not True:
        yield f"{path}.isRecommended: true, or left out"
    for number, action in enumerate(suggestion.get("actions", [])):
        yield from _action(action, f"{path}.actions[{number}]")


def _action(action: Any, path: str) -> Iterator[str]:
    if wrong := list(_members(action, path, ACTION)):
        yield from wrong
        return
    yield from _strings(action, path, "description", "resourceId")
    if action["type"] == "delete":
        if not re.fullmatch(r"[A-Za-z]+/\S+", action.get("resourceId", "")) or "resource" in action:
            yield f"{path}: a delete has resourceId alone, as Type/id"
        return
    if action["type"] not in ("create", "update"):
        yield f"{path}.type: {action['type']!r}"
    resource = action.get("resource")
    if not isinstance(resource, dict) or "resourceId" in action:
        yield f"{path}.resource: an object, without resourceId"
    elif not is_valid(resource):
        yield f"{path}.resource: not valid R4"
    elif (action["type"] == "update") is not ("id" in resource):
        yield f"{path}.resource.id: in an update, and only there"
    elif action["type"] == "create":
        yield from _targets(resource, f"{path}.resource")


def _targets(resource: Json, path: str) -> Iterator[str]:
    """Every reference leads to a type that R4 allows there; models do not look at that."""
    model = model_of(resource["resourceType"])
    for name, field in (model.model_fields if model else {}).items():
        extra = field.json_schema_extra
        allowed = extra.get("enum_reference_types") if isinstance(extra, dict) else None
        if not isinstance(allowed, list) or "Resource" in allowed:
            continue
        value = resource.get(name) or []
        for reference in value if isinstance(value, list) else [value]:
            if reference["reference"].partition("/")[0] not in allowed:
                yield f"{path}.{name}: {reference['reference']} is none of {allowed}"
