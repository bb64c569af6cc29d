"""``/fhir`` of the demo: statuses, headers, pages, and that only the demo has it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cdshooks import examples
from cdshooks.app import create_app
from cdshooks.settings import DemoSettings

Json = dict[str, Any]
SANDBOX = "https://sandbox.cds-hooks.org"


def got(client: FlaskClient, path: str, status: int = 200, **more: Any) -> Json:
    reply = client.get(path, **more)
    assert reply.status_code == status
    assert reply.mimetype == "application/fhir+json"
    body: Json = reply.get_json(force=True)
    return body


def link(bundle: Json, relation: str) -> str | None:
    found = [one["url"] for one in bundle["link"] if one["relation"] == relation]
    return found[0] if found else None


@pytest.mark.parametrize("auth", ["off", "required"])
def test_serve_has_no_example_patients(app_with: Callable[..., Flask], auth: str) -> None:
    client = app_with(auth=auth).test_client()
    for path in ("/fhir/metadata", "/fhir/Patient", "/fhir/Patient/bulbara"):
        assert client.get(path).status_code == 404
    assert client.post("/fhir/Patient/_search").status_code == 404


def test_metadata_says_r4_and_where(demo: FlaskClient) -> None:
    said = got(demo, "/fhir/metadata", headers={"Accept": "application/json+fhir"})
    assert said["resourceType"] == "CapabilityStatement"
    assert said["fhirVersion"] == "4.0.1"
    assert said["date"] == "2026-06-01"
    assert said["implementation"]["url"] == "http://localhost/fhir"


@pytest.mark.parametrize("path", ["/fhir/Patient", "/fhir/Patient?_count=50", "/fhir//Patient/"])
def test_all_patients_are_on_one_page(demo: FlaskClient, path: str) -> None:
    bundle = got(demo, path)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    assert bundle["total"] == len(bundle["entry"]) == len(examples.names())
    assert link(bundle, "next") is None
    for entry in bundle["entry"]:
        patient = entry["resource"]
        assert entry["fullUrl"] == f"http://localhost/fhir/Patient/{patient['id']}"
        assert entry["search"] == {"mode": "match"}
        assert patient["name"][0]["given"][0]


def test_a_search_without_hits_has_no_entry(demo: FlaskClient) -> None:
    bundle = got(demo, "/fhir/Appointment?patient=bulbara&_count=50")
    assert "entry" not in bundle
    assert bundle["total"] == 0


def test_a_form_finds_what_the_address_finds(demo: FlaskClient) -> None:
    asked = {"patient": "bulbara", "_sort": "-date", "_count": "20"}
    by_address = got(demo, "/fhir/Observation?patient=bulbara&_sort=-date&_count=20")
    for sent in (
        {"data": asked},
        {"data": {"_sort": "-date", "_count": "20"}, "query_string": {"patient": "bulbara"}},
        {"query_string": asked},
    ):
        reply = demo.post("/fhir/Observation/_search", **sent)
        assert reply.status_code == 200
        body = reply.get_json(force=True)
        assert body["entry"] == by_address["entry"]
        assert body["total"] == by_address["total"]


def test_links_lead_through_every_page_in_order(demo: FlaskClient) -> None:
    path = "/fhir/Observation?patient=bulbara&_sort=-date&_count=30"
    whole = got(demo, path.replace("_count=30", "_count=500"))
    pages, url = [], f"http://localhost{path}"
    while url:
        parts = urlsplit(url)
        pages.append(got(demo, f"{parts.path}?{parts.query}"))
        assert link(pages[-1], "self") == url
        url = link(pages[-1], "next") or ""
    assert len(pages) > 2
    assert [entry for page in pages for entry in page["entry"]] == whole["entry"]
    assert {page["total"] for page in pages} == {whole["total"]}
    times = [entry["resource"]["effectiveDateTime"] for entry in whole["entry"]]
    assert times == sorted(times, reverse=True)


def test_pages_of_a_form_are_led_to_by_an_address(demo: FlaskClient) -> None:
    sent = {"patient": "bulbara", "code": "http://loinc.org|1742-6", "_count": "1"}
    body = demo.post("/fhir/Observation/_search", data=sent).get_json(force=True)
    parts = urlsplit(link(body, "next"))
    following = got(demo, f"{parts.path}?{parts.query}")  # type: ignore[str-bytes-safe]
    assert following["total"] == body["total"]
    assert following["entry"] != body["entry"]


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("localhost:5000", "http://localhost:5000/fhir"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000/fhir"),
        ("evil.example.org", "http://cds.example.org:81/fhir"),
        ("localhost.evil.example.org", "http://cds.example.org:81/fhir"),
    ],
)
def test_addresses_follow_the_name_of_this_machine_and_no_other(
    app_with: Callable[..., Flask], host: str, base: str
) -> None:
    client = app_with(DemoSettings, public_url="http://cds.example.org:81").test_client()
    bundle = got(client, "/fhir/Patient?_count=1", headers={"Host": host})
    assert bundle["entry"][0]["fullUrl"].startswith(f"{base}/Patient/")
    assert str(link(bundle, "next")).startswith(f"{base}/Patient?")


def test_behind_https_the_public_address_counts(app_with: Callable[..., Flask]) -> None:
    client = app_with(DemoSettings, public_url="https://demo.example.org").test_client()
    bundle = got(client, "/fhir/Patient?_count=1", headers={"Host": "localhost:5000"})
    assert str(link(bundle, "self")).startswith("https://demo.example.org/fhir/Patient?")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fhir/Patient/nobody", 404),
        ("/fhir/Canary", 404),
        ("/fhir/Canary/1", 404),
        ("/fhir/Patient?canary=1", 400),
        ("/fhir/Patient?_count=canary", 400),
        ("/fhir/Observation?code:in=canary", 400),
    ],
)
def test_what_is_not_there_or_not_understood_is_an_outcome(
    demo: FlaskClient, path: str, status: int
) -> None:
    outcome = got(demo, path, status)
    assert outcome["resourceType"] == "OperationOutcome"
    assert "canary" not in str(outcome).lower()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/fhir/Patient", 405),
        ("PUT", "/fhir/Patient/bulbara", 405),
        ("PATCH", "/fhir/Patient/bulbara", 405),
        ("DELETE", "/fhir/Patient/bulbara", 405),
        ("POST", "/fhir", 404),
        ("GET", "/fhir", 404),
        ("GET", "/fhir/Patient/bulbara/_history/1", 404),
        ("GET", "/fhir/.well-known/smart-configuration", 404),
    ],
)
def test_nothing_can_be_written(demo: FlaskClient, method: str, path: str, status: int) -> None:
    reply = demo.open(path, method=method, json={} if method != "GET" else None)
    assert reply.status_code == status
    assert reply.get_json(force=True)["resourceType"] == "OperationOutcome"


def test_a_search_is_a_form_and_nothing_else(demo: FlaskClient) -> None:
    reply = demo.post("/fhir/Patient/_search", json={"_count": 1})
    assert reply.status_code == 415
    assert reply.get_json(force=True)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("path", ["/fhir/metadata", "/fhir/Patient", "/fhir/Observation/_search"])
@pytest.mark.parametrize("origin", [SANDBOX, "http://localhost:8080"])
def test_a_browser_client_may_read_with_a_token(demo: FlaskClient, path: str, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST" if "_search" in path else "GET",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    preflight = demo.options(path, headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == origin
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert preflight.headers["Access-Control-Allow-Private-Network"] == "true"
    sent = {"Origin": origin, "Authorization": "Bearer whatever-it-is"}
    method = demo.post if "_search" in path else demo.get
    reply = method(path, headers=sent)
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] == origin


def test_another_page_may_not_read(demo: FlaskClient) -> None:
    reply = demo.get("/fhir/Patient", headers={"Origin": "https://evil.example.org"})
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_it_stays_open_where_the_demo_asks_its_clients_who_they_are(
    app_with: Callable[..., Flask],
) -> None:
    client = app_with(DemoSettings, auth="required").test_client()
    assert client.get("/fhir/Patient/bulbara").status_code == 200
    assert client.get("/cds-services").status_code == 401


def test_the_examples_are_told_as_of_the_day_of_the_installation() -> None:
    at = "2026-06-30T23:30:00+00:00"
    for zone, day in (("UTC", "2026-06-30"), ("Europe/Zurich", "2026-07-01")):
        app = create_app(DemoSettings(today=at, timezone=zone, database_url="sqlite://"))
        latest = got(app.test_client(), "/fhir/Observation?patient=arno&_sort=-date&_count=1")
        assert latest["entry"][0]["resource"]["effectiveDateTime"].startswith(day)


def test_only_what_went_wrong_is_logged(
    demo: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    got(demo, "/fhir/Patient/bulbara")
    assert capsys.readouterr().err == ""
    got(demo, "/fhir/Patient/nobody", 404)
    assert '"route": "/fhir/<type>/<id>"' in capsys.readouterr().err
