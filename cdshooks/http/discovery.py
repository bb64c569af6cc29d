"""``GET /cds-services``: what is offered, and which data each service asks for."""

from typing import Any

from flask import Blueprint, Response

from cdshooks.http.authentication import site_of_caller
from cdshooks.http.reply import json_reply
from cdshooks.services import Service, answer, services
from cdshooks.services.answer import Site
from cdshooks.services.sites import Sites

SPECIFICATION = "3.0.0"


def blueprint(sites: Sites) -> Blueprint:
    """Discovery of every service, as the caller is offered it."""
    pages = Blueprint("discovery", __name__)

    @pages.get("/cds-services")
    def discovery() -> Response:
        site = site_of_caller(sites)
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
