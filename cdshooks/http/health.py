"""Whether the process lives, and whether it can serve."""

from typing import Any

from flask import Blueprint, Response

from cdshooks.http.errors import RETRY_AFTER_S
from cdshooks.http.memory import Memory
from cdshooks.http.reply import json_reply
from cdshooks.settings import Settings


def blueprint(memory: Memory, settings: Settings) -> Blueprint:
    """``/healthz`` and ``/readyz``, open to everyone.

    A process that could not load its knowledge does not start, so being alive is
    all that the first says. Without its store a service still answers with cards;
    only where clients must prove who they are it cannot, since it would not notice
    a token that is used twice.
    """
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    def health() -> Response:
        return json_reply({"status": "ok"})

    @pages.get("/readyz")
    def ready() -> Response:
        store = memory.store.answers()
        lost = memory.recorder.lost
        refusing = not store and settings.auth == "required"
        body: dict[str, Any] = {
            "status": "not ready" if refusing else "ok" if store and not lost else "degraded",
            "store": "ok" if store else "unavailable",
        }
        if lost:
            body["callsNotRecorded"] = lost
        reply = json_reply(body, 503 if refusing else 200)
        if refusing:
            reply.headers["Retry-After"] = str(RETRY_AFTER_S)
        return reply

    return pages
