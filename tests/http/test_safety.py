"""Headers of every kind of answer: cards, discovery, pages, files, errors, preflights."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cdshooks.http.assets import assets
from cdshooks.http.safety import DEFAULTS
from cdshooks.services import answer
from cdshooks.settings import DemoSettings
from tests.http.conftest import PATIENT_VIEW
from tests.support import calls

REVIEW = "/cds-services/als-chart-review"
STYLE = f"/static/{assets()['pages.css'].name}"
ASKS = {"Origin": "https://ehr.example.org", "Access-Control-Request-Method": "POST"}
KINDS: dict[str, Callable[[FlaskClient], TestResponse]] = {
    "discovery": lambda client: client.get("/cds-services"),
    "cards": lambda client: client.post(REVIEW, json=PATIENT_VIEW),
    "health": lambda client: client.get("/healthz"),
    "a page": lambda client: client.get("/rules/niv-consider"),
    "a page as JSON": lambda client: client.get("/rules", headers={"Accept": "application/json"}),
    "a file": lambda client: client.get(STYLE),
    "the description": lambda client: client.get("/openapi.json"),
    "a preflight": lambda client: client.options(REVIEW, headers=ASKS),
    "a wrong request": lambda client: client.post(REVIEW, json={}),
    "a wrong method": lambda client: client.delete(REVIEW),
    "nothing there": lambda client: client.get("/nowhere"),
    "no such page": lambda client: client.get("/rules/nothing"),
}


@pytest.fixture
def client() -> FlaskClient:
    return calls.app().test_client()


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_forbids_framing_sniffing_and_telling_where_one_came_from(
    kind: str, client: FlaskClient
) -> None:
    headers = KINDS[kind](client).headers
    assert set(DEFAULTS) <= set(headers.keys())
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert len(headers.getlist("Content-Security-Policy")) == 1
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("cards", "no-store"),
        ("discovery", "no-store"),
        ("nothing there", "no-store"),
        ("a page", "no-cache"),
        ("a file", "public, max-age=31536000, immutable"),
    ],
)
def test_only_what_is_the_same_for_everyone_may_be_kept(
    kind: str, kept: str, client: FlaskClient
) -> None:
    assert KINDS[kind](client).headers["Cache-Control"] == kept


@pytest.mark.req("TLS-1")
@pytest.mark.parametrize("kind", KINDS)
def test_https_is_demanded_where_the_public_address_is_https(
    kind: str, client: FlaskClient
) -> None:
    assert KINDS[kind](client).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_https_is_not_demanded_of_a_demo_on_this_machine(app_with: Callable[..., Flask]) -> None:
    demo: Any = app_with(DemoSettings).test_client()
    assert "Strict-Transport-Security" not in demo.get("/healthz").headers


def test_an_unexpected_error_is_as_guarded(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "prefetch_templates", None)
    reply = client.get("/cds-services")
    assert reply.status_code == 500
    assert set(DEFAULTS) <= set(reply.headers.keys())
