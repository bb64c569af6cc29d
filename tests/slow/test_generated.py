"""Twenty thousand generated requests: no server error, every answer as the document describes it.

One half from the OpenAPI document, by schemathesis; the other from recorded requests in
which something was broken. Run by ``make test-slow``.
"""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cdshooks import examples
from cdshooks.app import create_app
from cdshooks.services import services
from tests.support import calls
from tests.support.card_rules import faults
from tests.support.description import differences

pytestmark = pytest.mark.slow
Json = dict[str, Any]
TOTAL = 20_000
HOOKS = sorted({service.hook for service in services()})
QUIET = calls.settings().model_copy(update={"log_level": "ERROR"})
APP = create_app(QUIET)
SCHEMA = schemathesis.openapi.from_wsgi("/openapi.json", APP)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PLAIN, PATHS = 50, 500
"""Requests to an operation that takes nothing, and to one that takes a path: little to vary."""
VARIED = [label for label, operation in OPERATIONS.items() if operation.body]
MADE = {
    label: PATHS if len(operation.path_parameters) else PLAIN
    for label, operation in OPERATIONS.items()
    if not operation.body
}
MADE |= dict.fromkeys(VARIED, (TOTAL // 2 - sum(MADE.values())) // len(VARIED) + 1)
BROKEN = TOTAL // 2 // len(HOOKS) + 1


def many(number: int) -> settings:
    return settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.req("REQ-9", "ERR-2")
@pytest.mark.parametrize("label", OPERATIONS)
def test_what_the_document_allows_is_answered_as_it_says(label: str) -> None:
    seen: Counter[int] = Counter()
    number = MADE[label]

    @many(number)
    @given(case=OPERATIONS[label].as_strategy())
    def generated(case: schemathesis.Case) -> None:
        response = case.call()
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    while sum(seen.values()) < number:
        generated()
    told(label, seen)


def told(name: str, seen: Counter[int]) -> None:
    print(f"\n{sum(seen.values()):6} {name}: {dict(sorted(seen.items()))}")


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(["", " ", "2026-08-18", "9999-12-31T23:59:59-14:00", "0001-01-01", "-0"])
    | st.sampled_from(["Patient/sandbox-amy", "#", "1e9999", "mg", "%", "d", "Bundle"])
)
KEYS = TEXT | st.sampled_from(["resourceType", "entry", "resource", "coding", "code", "value"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def requests_of(hook: str) -> Iterator[Json]:
    """Recorded requests of a hook, and example patients at it."""
    for path in sorted(calls.REQUESTS.glob("*.json")):
        body = calls.recorded(path.stem)
        if body["hook"] == hook:
            yield body
    for name, wanted in product(examples.names(), [hook]):
        orders = (calls.riluzole_draft(),) if wanted.startswith("order-") else ()
        yield calls.example_request(name, wanted, orders)


def changed(document: Any, path: tuple[str | int, ...], value: Any, how: str) -> None:
    """Replaces, removes or doubles what is at a path, if an earlier change left it there."""
    for key in path[:-1]:
        document = document[key]
    if how == "remove":
        del document[path[-1]]
    elif how == "double":
        document[path[-1]] = [copy.deepcopy(document[path[-1]])] * 2
    else:
        document[path[-1]] = value


@pytest.mark.req("REQ-8", "REQ-9", "PFD-6", "PFD-7", "JSON-2")
@pytest.mark.parametrize("hook", HOOKS)
def test_what_was_broken_is_answered_as_the_document_says(hook: str) -> None:
    known = [(json.dumps(body), list(calls.places(body))) for body in requests_of(hook)]
    client, path, seen = APP.test_client(), calls.path_of(hook), Counter[int]()
    changes = st.tuples(st.integers(0, 10**6), VALUES, st.sampled_from(["set", "remove", "double"]))

    @many(BROKEN)
    @given(number=st.integers(0, len(known) - 1), breaks=st.lists(changes, min_size=1, max_size=6))
    def generated(number: int, breaks: list[tuple[int, Any, str]]) -> None:
        text, where = known[number]
        body = json.loads(text)
        for place, value, how in breaks:
            try:
                changed(body, where[place % len(where)], value, how)
            except (KeyError, IndexError, TypeError):  # an earlier change took the place away
                continue
        reply = client.post(path, json=body)
        seen[reply.status_code] += 1
        assert reply.status_code in (200, 400, 412, 413)
        assert differences("POST", path, reply) == []
        if reply.status_code == 200:
            assert faults(json.loads(reply.data)) == []

    while sum(seen.values()) < BROKEN:
        generated()
    told(f"broken at {hook}", seen)


def test_together_they_are_twenty_thousand() -> None:
    assert sum(MADE.values()) + BROKEN * len(HOOKS) >= TOTAL
