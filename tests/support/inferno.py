"""What the Inferno CRD test kit checks of an answer, as its tests do: an oracle beside our own.

It knows less than ``card_rules`` and asks one thing more: that what an action changes or
removes is a draft order, or, as with an order to stop, was sent along in prefetch.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cdshooks.fhir.repair import is_valid

Json = dict[str, Any]
OPTIONAL = {
    "uuid": str,
    "detail": str,
    "suggestions": list,
    "overrideReasons": list,
    "links": list,
}


def failures(response: Json, request: Json) -> list[str]:
    """Every check that the kit would fail; empty when it would pass."""
    cards = response.get("cards")
    if not isinstance(cards, list):
        return ["cards is no list"]
    return [
        f"card {number}: {what}" for number, card in enumerate(cards) for what in _card(card)
    ] + [what for card in cards for what in _alternates(card, _sent(request))]


def discovery_failures(body: Any) -> list[str]:
    """The same for the answer to discovery."""
    if not isinstance(body.get("services"), list):
        return ["services is no list"]
    return [
        f"service {number}: {name}"
        for number, service in enumerate(body["services"])
        for name in ("hook", "description", "id")
        if not _text(service.get(name))
    ]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _card(card: Json) -> Iterator[str]:
    if not _text(card.get("summary")) or len(card["summary"]) >= 140:
        yield "summary"
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield "indicator"
    source = card.get("source")
    if not isinstance(source, dict) or not _text(source.get("label")):
        yield "source.label"
    elif not all(_text(source.get("topic", {}).get(name)) for name in ("code", "system")):
        yield "source.topic"
    for name, kind in OPTIONAL.items():
        if name in card and (not isinstance(card[name], kind) or not card[name]):
            yield name
    if card.get("suggestions") and card.get("selectionBehavior") not in ("at-most-one", "any"):
        yield "selectionBehavior"
    for reason in card.get("overrideReasons", []):
        if not all(_text(reason.get(name)) for name in ("code", "system", "display")):
            yield "overrideReasons"
    yield from (f"link: {what}" for link in card.get("links", []) for what in _link(link))
    for suggestion in card.get("suggestions", []):
        yield from _suggestion(suggestion)


def _link(link: Json) -> Iterator[str]:
    if not _text(link.get("label")):
        yield "label"
    if link.get("type") not in ("absolute", "smart"):
        yield "type"
    url = urlsplit(link.get("url", ""))
    if url.scheme not in ("http", "https") or not url.hostname:
        yield "url"
    if link.get("type") == "absolute" and "appContext" in link:
        yield "appContext"


def _suggestion(suggestion: Json) -> Iterator[str]:
    if not _text(suggestion.get("label")):
        yield "suggestion.label"
    if "actions" in suggestion and not suggestion["actions"]:
        yield "suggestion.actions"
    for action in suggestion.get("actions", []):
        yield from (f"action: {what}" for what in _action(action))


def _action(action: Json) -> Iterator[str]:
    if not _text(action.get("description")):
        yield "description"
    match action.get("type"):
        case "create" | "update":
            if not is_valid(action.get("resource", {})):
                yield "resource"
        case "delete":
            if not isinstance(action.get("resourceId"), str) or "/" not in action["resourceId"]:
                yield "resourceId"
        case _:
            yield "type"


def _sent(request: Json) -> set[str]:
    """``Type/id`` of every draft order and of every resource in prefetch."""
    bundles = [request["context"].get("draftOrders"), *request.get("prefetch", {}).values()]
    entries = [entry for bundle in bundles if bundle for entry in bundle.get("entry", [])]
    return {f"{e['resource']['resourceType']}/{e['resource'].get('id')}" for e in entries}


def _alternates(card: Json, sent: set[str]) -> Iterator[str]:
    for suggestion in card.get("suggestions", []):
        for action in suggestion.get("actions", []):
            if action.get("type") == "create":
                continue
            resource = action.get("resource", {})
            type, id = resource.get("resourceType"), resource.get("id")
            about = action.get("resourceId") or f"{type}/{id}"
            if about not in sent:
                yield f"{about} was not sent"
