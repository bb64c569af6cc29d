"""JSON of strangers: bounded before anybody walks it."""

from typing import Any

import orjson

MAX_DEPTH = 100
"""Levels of nesting. FHIR needs about 20."""


def parse(text: bytes) -> Any:
    """JSON in UTF-8 as Python values; raises ValueError for what is none or nests too deep.

    orjson refuses what Python's own reader lets through: NaN, infinite numbers,
    lone surrogates, and nesting over 1024.
    """
    value = orjson.loads(text)
    if is_deeper_than(MAX_DEPTH, value):
        raise ValueError("nested too deep")
    return value


def is_deeper_than(levels: int, value: Any) -> bool:
    """Whether ``value`` nests deeper, looking at one level at a time: nothing recurses."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)
