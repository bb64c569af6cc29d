"""The body of a call, read once: bounded in bytes and depth, strict JSON only."""

from typing import Any

import orjson
from flask import Request
from werkzeug.exceptions import (
    ClientDisconnected,
    LengthRequired,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from cdshooks.errors import RequestInvalid
from cdshooks.protocol import check_shape


def read_json(request: Request, max_bytes: int) -> Any:
    """The JSON value of the request's body.

    Raises LengthRequired, UnsupportedMediaType, RequestEntityTooLarge or RequestTooLarge,
    ClientDisconnected for a body that does not arrive whole, and RequestInvalid for what is
    not JSON. orjson refuses what Python's own reader lets through: NaN, infinite numbers,
    lone surrogates, and nesting over 1024. Of a key that occurs twice, the last value counts.
    """
    _check_headers(request)
    text = request.get_data(cache=False)
    # The application lets one byte more through than allowed, so that a chunked
    # body over the limit is told from one that ends there.
    if len(text) > max_bytes:
        raise RequestEntityTooLarge
    # gunicorn hands over what came, also where the client went away before its end.
    if len(text) < (request.content_length or 0):
        raise ClientDisconnected
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        # Without its cause: the decoder's message quotes the document.
        raise RequestInvalid("body", "JSON in UTF-8 without byte order mark", "structure") from None
    check_shape(text)
    return value


def _check_headers(request: Request) -> None:
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if request.content_length is None and not chunked:
        raise LengthRequired
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType
    if not _is_json(request.mimetype):
        raise UnsupportedMediaType
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
