"""Discovery, health and addresses as people type them."""

from collections.abc import Callable

import orjson
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from cdshooks.services import services


@pytest.mark.req("DISC-1", "DISC-2", "DISC-5", "DISC-7", "DISC-8", "DISC-11", "DISC-12", "DISC-6")
def test_discovery_describes_every_service(url: str) -> None:
    answer = requests.get(f"{url}/cds-services", headers={"Accept": "application/json"}, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert [one["id"] for one in answer.json()["services"]] == [one.id for one in services()]
    for one in answer.json()["services"]:
        assert one["version"] == "3.0.0"
        assert all(one[name] for name in ("hook", "title", "description", "hookVersion"))


@pytest.mark.req("DISC-9", "DISC-16")
def test_prefetch_keeps_its_order_and_is_left_out_when_empty(client: FlaskClient) -> None:
    offered = {
        one["hook"]: one for one in orjson.loads(client.get("/cds-services").data)["services"]
    }
    assert list(offered["patient-view"]["prefetch"]) == ["patient", "conditions"]
    assert "prefetch" not in offered["order-sign"]


@pytest.mark.req("DISC-3")
def test_no_services_are_an_empty_list(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdshooks.http.discovery.services", lambda: ())
    assert app.test_client().get("/cds-services").json == {"services": []}


@pytest.mark.req("DISC-1", "REQ-1")
@pytest.mark.parametrize(
    "path", ["/cds-services/", "//cds-services", "/cds-services///", "//healthz/"]
)
def test_surplus_slashes_change_nothing(url: str, path: str) -> None:
    answer = requests.get(url + path, allow_redirects=False, timeout=5)
    assert answer.status_code == 200


def test_health_is_open(url: str) -> None:
    answer = requests.get(f"{url}/healthz", timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    ready = requests.get(f"{url}/readyz", timeout=5)
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "store": "ok"})


def test_every_answer_carries_its_id_its_time_and_the_knowledge(client: FlaskClient) -> None:
    for path in ("/cds-services", "/healthz", "/nowhere"):
        headers = client.get(path).headers
        assert len(headers["X-Knowledge-Version"]) == 12
        assert len(headers["X-Request-Id"]) == 32
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Server-Timing"].startswith("total;dur=")
        assert "Origin" in headers["Vary"]


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123", True), ("a" * 65, False), ("a b", False), ("", False)]
)
def test_a_clients_request_id_is_kept_when_it_is_harmless(
    client: FlaskClient, given: str, kept: bool
) -> None:
    answered = client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert (answered == given) is kept


def test_the_application_starts_from_settings_alone(app_with: Callable[..., Flask]) -> None:
    assert app_with(max_body_bytes=5).config["MAX_CONTENT_LENGTH"] == 6
