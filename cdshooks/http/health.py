"""Whether the process lives, and whether it can serve."""

from flask import Blueprint, Response

from cdshooks.http.reply import json_reply


def blueprint() -> Blueprint:
    """``/healthz`` and ``/readyz``, open to everyone.

    They say the same: a process that could not load its knowledge does not start.
    """
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    @pages.get("/readyz")
    def health() -> Response:
        return json_reply({"status": "ok"})

    return pages
