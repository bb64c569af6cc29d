"""One line a call, and nothing of a patient in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from cdshooks.app import create_app
from cdshooks.http import logs
from cdshooks.settings import Settings
from tests.support import calls

REVIEW = "/cds-services/als-chart-review"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_call_is_one_line_from_the_list(
    client: FlaskClient, patient_view: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client.post(REVIEW + "?patient=amy-17", json=patient_view, headers={"X-Request-Id": "r-1"})
    (line,) = lines(capsys)
    assert set(line) <= logs.ALLOWED
    assert line["request_id"] == "r-1"
    assert (line["method"], line["route"]) == ("POST", "/cds-services/<service_id>")
    assert (line["service"], line["hook"], line["status"]) == (
        "als-chart-review",
        "patient-view",
        200,
    )
    assert "amy-17" not in json.dumps(line)


@pytest.mark.req("REQ-9")
def test_what_a_client_made_up_is_not_logged(
    client: FlaskClient, patient_view: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client.post(REVIEW, json=patient_view | {"hook": "jane-doe"})
    client.post("/cds-services/jane-doe", json=patient_view)
    client.get("/jane-doe")
    client.open("/", method="JANE", headers={"X-Request-Id": "jane doe"})
    logged = lines(capsys)
    assert [line["status"] for line in logged] == [400, 404, 404, 404]
    assert "jane" not in json.dumps(logged).lower()


def test_keys_that_are_not_listed_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    structlog.get_logger().info("rule failed", rule="niv-consider", patient="Jane", value=46)
    (line,) = lines(capsys)
    assert line["rule"] == "niv-consider"
    assert not {"patient", "value"} & set(line)


def test_a_request_id_does_not_outlive_its_call(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/cds-services", headers={"X-Request-Id": "first"})
    client.get("/cds-services")
    first, second = lines(capsys)
    assert first["request_id"] == "first"
    assert second["request_id"] != "first"


def test_probes_are_quiet_unless_debugging(
    app_with: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    app_with().test_client().get("/healthz")
    assert lines(capsys) == []
    app_with(log_level="debug").test_client().get("/healthz")
    assert lines(capsys)[0]["route"] == "/healthz"


def test_what_is_said_while_the_service_starts_is_a_line_of_the_same_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.reset_defaults()
    create_app(
        Settings(
            auth="off",
            public_url=calls.URL,
            database_url="postgresql://u:a-password@127.0.0.1:1/none",
            hash_key=SecretStr("k" * 32),
        )
    )
    [line] = lines(capsys)
    assert line["event"] == "store unavailable"
    assert line["level"] == "error"
    assert "a-password" not in str(line)
