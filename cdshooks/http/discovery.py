"""``GET /cds-services``: what is offered, and which data each service asks for."""

from typing import Any

from flask import Blueprint, Response

from cdshooks.http.reply import json_reply
from cdshooks.services import Service, answer, services
from cdshooks.services.answer import Site

SPECIFICATION = "3.0.0"


def blueprint(site: Site) -> Blueprint:
    """Discovery of every service, as ``site`` offers it."""
    pages = Blueprint("discovery", __name__)

    @pages.get("/cds-services")
    def discovery() -> Response:
        return json_reply({"services": [_described(service, site) for service in services()]})

    return pages


def _described(service: Service, site: Site) -> dict[str, Any]:
    described: dict[str, Any] = {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": service.id,
        "prefetch": answer.prefetch_templates(service, site),
        "version": SPECIFICATION,
        "hookVersion": service.hook_version,
    }
    return {key: value for key, value in described.items() if value}
