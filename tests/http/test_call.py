"""A service call: what reaches the services, and every refusal before that."""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cdshooks.errors import PrefetchUnavailable
from cdshooks.services import answer as answering
from cdshooks.services.answer import Answer

REVIEW = "/cds-services/als-chart-review"
Answers = list[tuple[Any, ...]]


def post(client: FlaskClient, data: bytes, **changed: Any) -> TestResponse:
    return client.post(REVIEW, data=data, **{"content_type": "application/json", **changed})


def issue(answer: TestResponse | requests.Response) -> dict[str, Any]:
    """The one issue of an error, whose form is checked on the way."""
    outcome = answer.json if isinstance(answer, TestResponse) else answer.json()
    assert outcome is not None
    assert outcome["resourceType"] == "OperationOutcome"
    assert answer.headers["Content-Type"] == "application/json"
    (only,) = outcome["issue"]
    assert only["severity"] == "error"
    assert only["code"]
    assert only["diagnostics"]
    assert isinstance(only, dict)
    return only


@pytest.mark.req("REQ-1", "RESP-1")
def test_a_call_is_answered_with_cards(
    url: str, patient_view: dict[str, Any], answers: Answers
) -> None:
    reply = requests.post(url + REVIEW, json=patient_view, timeout=5)
    assert (reply.status_code, reply.json()) == (200, {"cards": [{"summary": "one"}]})
    assert reply.headers["Cache-Control"] == "no-store"
    ((service, request, site, now),) = answers
    assert (service.id, request.context.patient_id) == ("als-chart-review", "amy-17")
    assert reply.headers["X-Knowledge-Version"] == site.knowledge.version
    assert now.isoformat() == "2026-06-01T12:00:00+00:00"


def test_server_timing_names_the_stages_in_order(
    client: FlaskClient, patient_view: dict[str, Any]
) -> None:
    timing = client.post(REVIEW, json=patient_view).headers["Server-Timing"]
    stages = [stage.partition(";")[0] for stage in timing.split(", ")]
    assert stages == ["parse", "index", "rules", "cards", "total"]
    assert "rules;dur=2.00" in timing


@pytest.mark.req("REQ-1")
@pytest.mark.parametrize("path", ["/cds-services//als-chart-review", REVIEW + "/"])
def test_surplus_slashes_reach_the_service(
    url: str, path: str, patient_view: dict[str, Any]
) -> None:
    reply = requests.post(url + path, json=patient_view, allow_redirects=False, timeout=5)
    assert reply.status_code == 200


@pytest.mark.req("ERR-2", "REQ-1")
def test_an_unknown_service_is_not_found(url: str, patient_view: dict[str, Any]) -> None:
    reply = requests.post(f"{url}/cds-services/secret-id", json=patient_view, timeout=5)
    assert reply.status_code == 404
    assert issue(reply)["code"] == "not-found"
    assert "secret-id" not in reply.text


@pytest.mark.req("REQ-2")
def test_a_hook_of_another_service_is_refused(
    client: FlaskClient, patient_view: dict[str, Any]
) -> None:
    reply = client.post(REVIEW, json=patient_view | {"hook": "order-sign"})
    assert reply.status_code == 400
    assert issue(reply)["expression"] == ["hook"]
    assert "patient-view" in issue(reply)["diagnostics"]


@pytest.mark.req("REQ-9")
def test_an_invalid_request_names_its_path(
    client: FlaskClient, patient_view: dict[str, Any], answers: Answers
) -> None:
    patient_view["context"]["patientId"] = "Patient/Jane"
    reply = client.post(REVIEW, json=patient_view)
    assert reply.status_code == 400
    assert issue(reply)["expression"] == ["context.patientId"]
    assert "Jane" not in reply.text
    assert answers == []


@pytest.mark.req("REQ-9", "JSON-1", "JSON-4")
@pytest.mark.parametrize(
    "data",
    [
        b" ",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b"[]",
        b"null",
        b'"text"',
        b"[" * 5000,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_what_is_no_json_object_is_refused(client: FlaskClient, data: bytes) -> None:
    reply = post(client, data)
    assert reply.status_code == 400
    assert "expression" not in issue(reply)


@pytest.mark.req("REQ-9")
@pytest.mark.parametrize(("levels", "status"), [(100, 200), (101, 400)])
def test_nesting_stops_at_a_hundred_levels(
    client: FlaskClient, patient_view: dict[str, Any], levels: int, status: int
) -> None:
    nested = "[" * (levels - 2) + "]" * (levels - 2)
    text = json.dumps(patient_view | {"prefetch": {}}).replace("{}", f'{{"a": {nested}}}')
    assert post(client, text.encode()).status_code == status


@pytest.mark.req("REQ-9")
def test_a_nul_in_a_string_is_carried(client: FlaskClient, patient_view: dict[str, Any]) -> None:
    reply = client.post(REVIEW, json=patient_view | {"prefetch": {"a\x00": "\x00"}})
    assert reply.status_code == 200


@pytest.mark.req("REQ-9")
@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/fhir+json; fhirVersion=4.0",
        "application/cds-hooks+json",
    ],
)
def test_json_media_types_are_taken(
    client: FlaskClient, patient_view: dict[str, Any], media_type: str
) -> None:
    data = json.dumps(patient_view).encode()
    assert post(client, data, content_type=media_type).status_code == 200


@pytest.mark.req("REQ-9", "ERR-2")
@pytest.mark.parametrize(
    "media_type",
    [None, "", "text/plain", "text/json", "application/xml", "application/json; charset=latin-1"],
)
def test_other_media_types_are_refused(client: FlaskClient, media_type: str | None) -> None:
    reply = post(client, b"{}", content_type=media_type)
    assert reply.status_code == 415
    assert issue(reply)["code"] == "not-supported"


def test_compressed_bodies_are_refused(client: FlaskClient, patient_view: dict[str, Any]) -> None:
    data = json.dumps(patient_view).encode()
    assert post(client, data, headers={"Content-Encoding": "gzip"}).status_code == 415
    assert post(client, data, headers={"Content-Encoding": "identity"}).status_code == 200


@pytest.mark.req("ERR-2")
@pytest.mark.parametrize(("spare", "status"), [(0, 200), (-1, 413), (-2, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(
    app_with: Callable[..., Flask],
    patient_view: dict[str, Any],
    spare: int,
    status: int,
    chunked: bool,
) -> None:
    data = json.dumps(patient_view).encode()
    client = app_with(max_body_bytes=len(data) + spare).test_client()
    if not chunked:
        assert post(client, data).status_code == status
        return
    reply = client.post(
        REVIEW,
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": BytesIO(data), "wsgi.input_terminated": True},
    )
    assert reply.status_code == status


@pytest.mark.req("ERR-2")
def test_a_body_of_unknown_length_is_refused(url: str) -> None:
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=5)
    connection.putrequest("POST", REVIEW)
    connection.putheader("Content-Type", "application/json")
    connection.endheaders()
    reply = connection.getresponse()
    assert reply.status == 411
    assert json.loads(reply.read())["resourceType"] == "OperationOutcome"
    connection.close()


def test_chunked_bodies_are_read(url: str, patient_view: dict[str, Any]) -> None:
    data = json.dumps(patient_view).encode()
    parts = iter([data[:10], data[10:]])
    headers = {"Content-Type": "application/json"}
    reply = requests.post(url + REVIEW, data=parts, headers=headers, timeout=5)
    assert reply.status_code == 200


@pytest.mark.req("REQ-1", "ERR-2")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", REVIEW, {"POST", "OPTIONS"}),
        ("DELETE", REVIEW, {"POST", "OPTIONS"}),
        ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/healthz", {"GET", "HEAD", "OPTIONS"}),
        ("TEAPOT", "/readyz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_other_methods_are_told_which_are_allowed(
    client: FlaskClient, method: str, path: str, allowed: set[str]
) -> None:
    reply = client.open(path, method=method)
    assert reply.status_code == 405
    assert issue(reply)["code"] == "not-supported"
    assert set(reply.headers["Allow"].split(", ")) == allowed


@pytest.mark.req("ERR-2", "ERR-4")
@pytest.mark.parametrize("path", ["/", "/jane-doe", "/cds-services/a/b/c", "/%ff%00"])
def test_unknown_addresses_are_not_found(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert issue(reply)["code"] == "not-found"
    assert "jane" not in reply.text


@pytest.mark.req("PFD-2", "ERR-1")
def test_missing_prefetch_is_412_and_names_its_keys(
    client: FlaskClient, patient_view: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_call: Any, **_: Any) -> Answer:
        raise PrefetchUnavailable(("patient", "conditions"))

    monkeypatch.setattr(answering, "answer", unavailable)
    reply = client.post(REVIEW, json=patient_view)
    assert reply.status_code == 412
    assert issue(reply)["expression"] == ["prefetch.patient", "prefetch.conditions"]


@pytest.mark.req("REQ-9", "ERR-2", "ERR-4")
@pytest.mark.parametrize(
    "error", [ValueError("Jane Doe"), RecursionError("Jane"), KeyError("Jane")]
)
def test_an_unexpected_error_tells_the_id_and_nothing_else(
    client: FlaskClient,
    patient_view: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    def failing(*_call: Any, **_: Any) -> Answer:
        raise error

    monkeypatch.setattr(answering, "answer", failing)
    reply = client.post(REVIEW, json=patient_view, headers={"X-Request-Id": "r-1"})
    assert reply.status_code == 500
    assert issue(reply)["code"] == "exception"
    assert "r-1" in issue(reply)["diagnostics"]
    logged = capsys.readouterr().err
    assert "Jane" not in reply.text + logged
    line = json.loads(logged)
    assert (line["error"], line["level"]) == (type(error).__name__, "error")
    assert line["where"].startswith("test_call.py:")
