"""What holds for the shape of any JSON, whatever its strings hold."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdshooks.errors import RequestInvalid, RequestTooLarge
from cdshooks.protocol import bounds, check_shape

# Brackets, quotes and backslashes above all: what the shape must not be mistaken by.
strings = st.text(alphabet='[]{}"\\n\u00e9', max_size=8)
json = st.recursive(
    st.none() | st.integers(0, 9) | strings,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(strings, inner, max_size=4),
    max_leaves=25,
)


def depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)


def containers(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + sum(map(containers, value.values() if isinstance(value, dict) else value))


def accepted(text: bytes, *, levels: int, count: int) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "MAX_DEPTH", levels)
        patch.setattr(bounds, "MAX_CONTAINERS", count)
        try:
            check_shape(text)
        except (RequestInvalid, RequestTooLarge):
            return False
    return True


@given(value=json)
def test_shape_is_that_of_the_values(value: Any) -> None:
    levels, count = depth(value), containers(value)
    text = orjson.dumps(value)
    assert accepted(text, levels=levels, count=count)
    assert levels == 0 or not accepted(text, levels=levels - 1, count=count)
    assert count == 0 or not accepted(text, levels=levels, count=count - 1)


@pytest.mark.parametrize("text", [rb'["\\\"[", "\u005b", {"a": "]"}]', rb'{"\\": "\\\\", "[": []}'])
def test_an_escaped_quote_ends_no_string(text: bytes) -> None:
    value = orjson.loads(text)
    assert accepted(text, levels=depth(value), count=containers(value))
    assert not accepted(text, levels=depth(value) - 1, count=99)
