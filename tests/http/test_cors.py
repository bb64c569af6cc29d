"""Which web pages may call, and what their browsers are told."""

from collections.abc import Callable

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

EHR = "https://ehr.example.org"
SANDBOX = "https://sandbox.cds-hooks.org"
PATHS = [
    "/cds-services",
    "/cds-services/",
    "/cds-services/als-chart-review",
    "/cds-services//als-chart-review",
    "/cds-services/als-chart-review/feedback",
]


def preflight(client: FlaskClient, path: str, origin: str, **more: str) -> dict[str, str]:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
        **more,
    }
    reply = client.options(path, headers=headers)
    assert reply.status_code == 204
    return dict(reply.headers)


@pytest.fixture
def ehr(app_with: Callable[..., Flask]) -> FlaskClient:
    return app_with(allowed_origins=[EHR]).test_client()


@pytest.mark.req("CORS-1", "CORS-2", "CORS-4", "SEC-2")
@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_of_an_allowed_origin_is_answered_without_authentication(
    app_with: Callable[..., Flask], path: str
) -> None:
    client = app_with(auth="required", allowed_origins=[EHR]).test_client()
    headers = preflight(client, path, EHR)
    assert headers["Access-Control-Allow-Origin"] == EHR
    assert headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert {"Authorization", "Content-Type"} <= set(
        headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert int(headers["Access-Control-Max-Age"]) >= 600
    assert "Origin" in headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in headers


def test_a_preflight_over_a_real_socket_is_answered(url: str) -> None:
    headers = {"Origin": EHR, "Access-Control-Request-Method": "POST"}
    reply = requests.options(url + PATHS[1], headers=headers, allow_redirects=False, timeout=5)
    assert reply.status_code == 204
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.req("CORS-4")
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.org",
        "http://ehr.example.org",
        EHR + ".evil.org",
        EHR + ":444",
        "null",
        "",
        SANDBOX,
        "http://localhost:8080",
    ],
)
def test_other_origins_get_no_permission(ehr: FlaskClient, origin: str) -> None:
    headers = preflight(ehr, PATHS[0], origin)
    assert not [name for name in headers if name.startswith("Access-Control")]
    assert "Origin" in headers["Vary"]


@pytest.mark.req("CORS-3")
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATHS[0]), ("GET", "/nowhere"), ("GET", PATHS[2]), ("POST", PATHS[2])],
)
def test_answers_and_errors_alike_carry_the_origin(
    ehr: FlaskClient, method: str, path: str
) -> None:
    headers = ehr.open(path, method=method, headers={"Origin": EHR}).headers
    assert headers["Access-Control-Allow-Origin"] == EHR
    assert "Server-Timing" in headers["Access-Control-Expose-Headers"]
    assert "X-Knowledge-Version" in headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.req("CORS-3")
def test_an_unexpected_error_carries_the_origin_too(
    ehr: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdshooks.services.answer.prefetch_templates", None)
    reply = ehr.get(PATHS[0], headers={"Origin": EHR})
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (500, EHR)


@pytest.mark.parametrize(
    "origin", [SANDBOX, "http://localhost", "http://localhost:8080", "http://127.0.0.1:3000"]
)
def test_a_demo_lets_the_sandbox_and_this_machine_in(demo: FlaskClient, origin: str) -> None:
    assert preflight(demo, PATHS[0], origin)["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.org:80",
        "http://localhost:80.evil.org",
        "https://sandbox.cds-hooks.org.evil.org",
        "http://127.0.0.1:",
    ],
)
def test_a_demo_lets_no_lookalike_in(demo: FlaskClient, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in preflight(demo, PATHS[0], origin)


def test_private_network_access_is_granted_only_by_a_demo_that_is_asked(
    demo: FlaskClient, ehr: FlaskClient
) -> None:
    name = "Access-Control-Allow-Private-Network"
    asking = {"Access-Control-Request-Private-Network": "true"}
    assert preflight(demo, PATHS[0], SANDBOX, **asking)[name] == "true"
    assert name not in preflight(demo, PATHS[0], SANDBOX)
    assert name not in preflight(demo, PATHS[0], EHR, **asking)
    assert name not in preflight(ehr, PATHS[0], EHR, **asking)


def test_options_without_a_browser_tells_the_methods(client: FlaskClient) -> None:
    reply = client.options(PATHS[2])
    assert reply.status_code == 200
    assert "POST" in reply.headers["Allow"]
