"""JSON of strangers: bounded before anybody walks it."""

from typing import Any

import orjson

from cdshooks.errors import CdsHooksError
from cdshooks.protocol import check_shape


def parse(text: bytes) -> Any:
    """JSON in UTF-8 as Python values; raises ValueError for what is none, or beyond the bounds.

    orjson refuses what Python's own reader lets through: NaN, infinite numbers,
    lone surrogates, and nesting over 1024. The bounds are those of a request.
    """
    value = orjson.loads(text)
    try:
        check_shape(text)
    except CdsHooksError:
        raise ValueError("beyond the bounds of JSON that is read here") from None
    return value
