"""Responses as JSON: keys in the order they were given, never NaN."""

from typing import Any

import orjson
from flask import Response


def json_reply(body: dict[str, Any], status: int = 200) -> Response:
    """``body`` as a response; the order of its keys is kept."""
    return Response(orjson.dumps(body), status, content_type="application/json")
