"""The whole service behind a real socket, as ``cdshooks demo`` runs it."""

import re
from collections.abc import Iterator
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from werkzeug.serving import make_server

from cdshooks.app import create_app
from cdshooks.fhir.repair import is_valid
from cdshooks.settings import DemoSettings
from tests.support import calls
from tests.support.card_rules import faults

Json = dict[str, Any]
PARAMETERS = {"patient", "code", "category", "status", "clinical-status", "_id", "_sort", "_count"}
LONGEST_ID = "a" * 64


@pytest.fixture(autouse=True)
def answers() -> None:
    """In this module the services answer for themselves."""


@pytest.fixture
def url() -> Iterator[str]:
    app = create_app(DemoSettings(today=calls.NOW, public_url="http://localhost:5000"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def post(url: str, name: str) -> requests.Response:
    body = calls.recorded(name)
    return requests.post(url + calls.path_of(body["hook"]), json=body, timeout=10)


def answered(url: str, name: str) -> Json:
    reply = post(url, name)
    assert reply.status_code == 200
    body: Json = reply.json()
    assert faults(body) == []
    return body


def card(body: Json, topic: str) -> Json:
    [found] = [c for c in body["cards"] if c["source"]["topic"]["code"] == topic]
    assert isinstance(found, dict)
    return found


def resources(card: Json) -> list[Json]:
    return [a["resource"] for s in card["suggestions"] for a in s["actions"] if "resource" in a]


def not_assessed(body: Json) -> list[str]:
    extension = body.get("extension", {}).get("org.als-cdshooks", {})
    return [line["rule"] for line in extension.get("notAssessed", [])]


@pytest.mark.req("DISC-1", "DISC-2", "DISC-5", "DISC-7", "DISC-8", "DISC-9", "DISC-11", "DISC-12")
def test_discovery_offers_the_services(url: str) -> None:
    offered = requests.get(f"{url}/cds-services", timeout=10).json()["services"]
    hooks = {service["id"]: service["hook"] for service in offered}
    assert hooks.items() >= {
        ("als-chart-review", "patient-view"),
        ("als-order-select", "order-select"),
        ("als-order-sign", "order-sign"),
    }
    for service in offered:
        assert service["version"] == "3.0.0"
        assert service["title"]
        assert service["description"]
        assert service["hookVersion"]


@pytest.mark.req("PFT-1", "PFT-2", "PFT-3", "PFT-10", "PFT-11")
def test_prefetch_is_few_short_and_simple(url: str) -> None:
    for service in requests.get(f"{url}/cds-services", timeout=10).json()["services"]:
        templates = service["prefetch"]
        assert 0 < len(templates) <= 14
        for key, template in templates.items():
            assert re.fullmatch(r"[A-Za-z]\w*", key)
            [token] = re.findall(r"{{(.*?)}}", template)
            expected = "context.encounterId" if key == "encounter" else "context.patientId"
            assert token == expected
            query = template.replace(f"{{{{{expected}}}}}", LONGEST_ID)
            assert len(f"https://fhir.hospital.example.org/r4/{query}") < 2000
            assert re.fullmatch(r"[A-Za-z0-9/?&=,._-]+", query)
            type, _, search = query.partition("?")
            names = [name for name, _ in parse_qsl(search, strict_parsing=bool(search))]
            assert type.endswith(f"/{LONGEST_ID}") or "patient" in names
            assert set(names) <= PARAMETERS
            assert len(set(names)) == len(names)


@pytest.mark.req("RESP-1", "CARD-2", "SRC-4", "EXT-1")
def test_a_low_fvc_is_named_with_value_unit_position_and_date(url: str) -> None:
    niv = card(answered(url, "patient-view-fvc-46"), "niv-consider")
    assert niv["indicator"] == "warning"
    assert "FVC 46% sitting (18 Aug 2026)" in niv["summary"]
    [fact] = niv["extension"]["org.als-cdshooks"]["evidence"]
    assert fact["resource"] == "Observation/obs-fvc"
    assert (fact["value"], fact["unit"], fact["date"]) == ("46", "%", "2026-08-18")
    [referral] = [s for s in niv["suggestions"] if s.get("isRecommended")]
    order = referral["actions"][0]["resource"]
    assert is_valid(order)
    assert order["status"] == "draft"
    assert order["subject"] == {"reference": "Patient/sandbox-amy"}
    assert order["reasonReference"] == [{"reference": "Observation/obs-fvc"}]
    assert order["authoredOn"] == "2026-08-30"
    [link] = niv["links"]
    assert link["url"] == "http://localhost:5000/rules/niv-consider"


@pytest.mark.req("ACT-3", "ACT-4")
def test_the_first_riluzole_without_alt_and_once_a_day_gets_two_cards(url: str) -> None:
    body = answered(url, "order-sign-riluzole-once-daily")
    baseline, dose = card(body, "riluzole-baseline-lft-missing"), card(body, "riluzole-dose")
    assert baseline["indicator"] == dose["indicator"] == "warning"
    assert baseline["summary"].startswith("No ALT result in the last 90 days")
    assert "24325-3" in [
        coding["code"]
        for r in resources(baseline)
        for coding in r.get("code", {}).get("coding", [])
    ]
    [corrected] = resources(dose)
    assert is_valid(corrected)
    assert corrected["id"] == "request-123"
    assert corrected["medicationCodeableConcept"]["text"] == "riluzole 50 MG Oral Tablet"
    [line] = corrected["dosageInstruction"]
    repeat = line["timing"]["repeat"]
    assert (repeat["frequency"], repeat["period"], repeat["periodUnit"]) == (1, 12, "h")
    assert line["doseAndRate"][0]["doseQuantity"]["value"] == 50
    assert isinstance(corrected["category"], list)
    assert isinstance(corrected["reasonCode"], list)


@pytest.mark.req("PFD-2", "PFD-3")
def test_what_was_not_sent_is_not_called_absent(url: str) -> None:
    body = answered(url, "order-sign-riluzole-prefetch-failed")
    unread = card(body, "data-unavailable")
    assert unread["indicator"] == "info"
    assert "laboratory results" in unread["summary"]
    assert card(body, "riluzole-dose")["indicator"] == "warning"
    assert "riluzole-baseline-lft-missing" in not_assessed(body)
    said = post(url, "order-sign-riluzole-prefetch-failed").text
    for claim in ("No ALT", "never recorded", "none recorded", "not on file"):
        assert claim not in said


def test_an_order_of_dstu2_is_read_and_not_corrected(url: str) -> None:
    dose = card(answered(url, "order-sign-dstu2-medication-order"), "riluzole-dose")
    assert dose["summary"].startswith("Riluzole 50 mg/day ordered")
    assert "suggestions" not in dose


@pytest.mark.req("RESP-2", "HOOK-1")
def test_an_order_without_a_drug_is_no_mistake(url: str) -> None:
    body = answered(url, "order-select-without-drug")
    assert body["cards"] == []
    assert not_assessed(body) == []


@pytest.mark.req("RESP-2", "PERF-1")
def test_who_has_no_als_is_done_with_at_once(url: str) -> None:
    totals = []
    for _ in range(7):
        reply = post(url, "patient-view-not-als")
        assert reply.json()["cards"] == []
        assert not_assessed(reply.json()) == []
        timing = re.search(r"total;dur=([\d.]+)", reply.headers["Server-Timing"])
        assert timing
        totals.append(float(timing[1]))
    assert min(totals) < 5
