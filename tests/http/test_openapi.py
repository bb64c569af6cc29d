"""The OpenAPI document: valid, complete, and true of what the service answers."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from schemathesis.specs.openapi.definitions import OPENAPI_31

from cdshooks.http.openapi import CONTEXTS
from cdshooks.services import services
from tests.support import calls
from tests.support.description import as_template, conforms, described, differences

Json = dict[str, Any]
METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH"}
RECORDED = sorted(path.stem for path in calls.REQUESTS.glob("*.json"))


@pytest.fixture
def client() -> FlaskClient:
    return calls.app().test_client()


@pytest.fixture(autouse=True)
def answers() -> None:
    """In this module the services answer for themselves."""


def test_it_is_served_as_it_was_made(client: FlaskClient) -> None:
    assert json.loads(client.get("/openapi.json").data) == described()


def test_it_is_valid_openapi() -> None:
    validator = jsonschema_rs.Draft202012Validator(OPENAPI_31)
    assert [str(error) for error in validator.iter_errors(described())] == []


def test_every_schema_is_valid_json_schema() -> None:
    for schema in described()["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from references(item)


def test_every_reference_leads_somewhere_and_everything_is_referred_to() -> None:
    kinds = described()["components"]
    there = {f"#/components/{kind}/{name}" for kind, named in kinds.items() for name in named}
    # Text is written out where it is used; a context may be of a hook that no service answers.
    spare = {f"#/components/schemas/{name}" for name in ("Text", *CONTEXTS.values())}
    used = set(references(described()))
    assert used <= there
    assert there - used <= spare


def test_it_describes_every_route_and_nothing_else() -> None:
    served = {
        (as_template(rule.rule), method)
        for rule in calls.app().url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
    }
    written = {
        (path, method.upper())
        for path, operations in described()["paths"].items()
        for method in operations
    }
    calls_of_services = {(f"/cds-services/{service.id}", "POST") for service in services()}
    assert written == served - {("/cds-services/{service_id}", "POST")} | calls_of_services


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/cds-services", {}),
        ("GET", "/rules", {"headers": {"Accept": "application/json"}}),
        ("GET", "/rules", {}),
        ("GET", "/rules/niv-consider", {"headers": {"Accept": "application/json"}}),
        ("GET", "/rules/nothing", {"headers": {"Accept": "application/json"}}),
        ("GET", "/rules/nothing", {}),
        ("GET", "/static/nothing", {}),
        ("GET", "/healthz", {}),
        ("GET", "/readyz", {}),
        ("GET", "/openapi.json", {}),
        ("GET", "/metrics", {}),
        ("POST", "/cds-services/als-chart-review", {"json": {}}),
        ("POST", "/cds-services/als-chart-review", {}),
        ("POST", "/cds-services/als-chart-review", {"data": "a"}),
        ("POST", "/cds-services/als-chart-review", {"json": [[]] * 100_001}),
    ],
)
def test_an_answer_is_as_described(
    method: str, path: str, sent: dict[str, Any], client: FlaskClient
) -> None:
    assert differences(method, path, client.open(path, method=method, **sent)) == []


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_requests_and_their_answers_are_as_described(
    name: str, client: FlaskClient
) -> None:
    body = calls.recorded(name)
    assert conforms("HookRequest", body) == []
    assert conforms("WithUser", body["context"]) == []
    path = calls.path_of(body["hook"])
    assert differences("POST", path, client.post(path, json=body)) == []


def test_a_412_is_as_described(client: FlaskClient) -> None:
    body = calls.recorded("patient-view-fvc-46") | {"prefetch": {}}
    path = calls.path_of("patient-view")
    reply = client.post(path, json=body)
    assert (reply.status_code, differences("POST", path, reply)) == (412, [])


FEEDBACK: Json = {"card": "c", "outcomeTimestamp": "2026-06-01T09:30:00Z"}


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({"outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]}, True),
        ({"outcome": "accepted", "acceptedSuggestions": []}, False),
        ({"outcome": "accepted"}, False),
        ({"outcome": "overridden"}, True),
        ({"outcome": "overridden", "acceptedSuggestions": []}, True),
    ],
)
def test_feedback_is_described_as_it_is_read(said: Json, right: bool, client: FlaskClient) -> None:
    body = {"feedback": [FEEDBACK | said]}
    reply = client.post("/cds-services/als-chart-review/feedback", json=body)
    assert (conforms("Feedback", body) == [], reply.status_code == 200) == (right, right)


def test_the_oracle_notices_what_is_not_described(client: FlaskClient) -> None:
    assert differences("POST", "/cds-services", client.post("/cds-services")) == []
    assert differences("POST", "/cds-services", client.get("/cds-services")) != []
    assert differences("GET", "/cds-services", client.get("/nowhere")) != []
    assert conforms("Cards", {"cards": [{}]}) != []
