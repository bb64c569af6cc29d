"""``GET /openapi.json``: this interface as an OpenAPI document, with a path for each service."""

from collections.abc import Iterable
from functools import cache, partial
from importlib.resources import files
from typing import Any

import yaml
from flask import Blueprint, Response

from cdshooks import __version__
from cdshooks.http.reply import json_reply
from cdshooks.services import Service, services
from cdshooks.services.answer import Site

Json = dict[str, Any]
CONTEXTS = {
    "order-select": "WithOrders",
    "order-sign": "WithOrders",
    "encounter-start": "WithEncounter",
    "encounter-discharge": "WithEncounter",
    "appointment-book": "WithAppointments",
}
"""The schema of a hook's context; of the others, the user is all that it needs."""


def blueprint(site: Site) -> Blueprint:
    """The document, made when it is first asked for; ``site`` gives the public address."""
    pages = Blueprint("openapi", __name__)
    made = cache(partial(document, services(), site.public_url))

    @pages.get("/openapi.json")
    def openapi() -> Response:
        return json_reply(made())

    return pages


def document(offered: Iterable[Service], public_url: str) -> Json:
    """The OpenAPI document for these services."""
    body: Json = yaml.safe_load((files("cdshooks") / "http" / "openapi.yaml").read_bytes())
    call = body.pop("call")
    by_id: dict[str, list[Service]] = {}
    for service in offered:
        by_id.setdefault(service.id, []).append(service)
    body["info"]["version"] = __version__
    body["servers"] = [{"url": public_url}]
    for id, same in by_id.items():
        body["paths"][f"/cds-services/{id}"] = {"post": _operation(call, same)}
    return body


def _operation(call: Json, same: list[Service]) -> Json:
    """The call of a service, on each of the hooks that it is offered on."""
    requests = [_request(service.hook) for service in same]
    schema = requests[0] if len(requests) == 1 else {"oneOf": requests}
    return {
        **call,
        "operationId": same[0].id,
        "summary": same[0].title,
        "description": same[0].description,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


def _request(hook: str) -> Json:
    context = {"$ref": f"#/components/schemas/{CONTEXTS.get(hook, 'WithUser')}"}
    own = {"type": "object", "properties": {"hook": {"const": hook}, "context": context}}
    return {"allOf": [{"$ref": "#/components/schemas/HookRequest"}, own]}
