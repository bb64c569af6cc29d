"""The workbench over HTTP: the demo has it and ``serve`` has not; what is refused."""

import re
from html import unescape
from pathlib import Path

import orjson
import pytest
from flask.testing import FlaskClient

from cdshooks.app import create_app
from cdshooks.services import services
from cdshooks.settings import DemoSettings, Settings

BUNDLE = Path(__file__).parents[2] / "fixtures/fhir/niv-declined.json"


@pytest.fixture(autouse=True)
def _store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_DATABASE_URL", "sqlite://")


@pytest.fixture
def demo() -> FlaskClient:
    return create_app(DemoSettings(auth="off")).test_client()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("POST", "/workbench/call"), ("GET", "/workbench/sent/1/request")],
)
def test_serve_has_no_workbench(method: str, path: str) -> None:
    served = create_app(Settings(auth="off")).test_client()
    assert served.open(path, method=method).status_code == 404


def test_the_demo_shows_the_card_of_a_patient_at_once(demo: FlaskClient) -> None:
    page = demo.get("/")
    assert page.status_code == 200
    assert "Consider NIV: FVC 46% sitting" in page.text
    assert "NIV &lt; 50%" in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text


@pytest.mark.parametrize("hook", [service.hook for service in services()])
def test_every_hook_can_be_chosen(demo: FlaskClient, hook: str) -> None:
    page = demo.post("/workbench/draft", data={"hook": hook})
    assert page.status_code == 200
    assert f'value="{hook}" aria-current="true"' in page.text


def test_an_order_is_mended_by_its_suggestion(demo: FlaskClient) -> None:
    signed = demo.post("/workbench/draft", data={"hook": "order-sign"}).text
    form = dict(
        re.findall(r'name="(\w+)" value=["\'](.*?)["\']>', signed.split("/workbench/accept")[1])
    )
    page = demo.post("/workbench/accept", data={k: unescape(v) for k, v in form.items()})
    assert ("2 cards" in signed, "1 card<" in page.text) == (True, True)
    assert "Feedback was sent and kept" in page.text


def test_the_answers_of_a_patient_can_be_forgotten(demo: FlaskClient) -> None:
    assert "Forgotten" in demo.post("/workbench/forget", data={}).text


def test_an_order_can_be_removed(demo: FlaskClient) -> None:
    drafts = '[{"resourceType": "MedicationRequest", "id": "a"}]'
    sent = {"hook": "order-sign", "drafts": drafts, "order": "MedicationRequest/a"}
    assert "No order yet" in demo.post("/workbench/remove", data=sent).text


def test_what_was_sent_can_be_read_for_a_while(demo: FlaskClient) -> None:
    page = demo.get("/").text
    address = re.search(r'"(/workbench/sent/\w+)/request"', page)
    assert address is not None
    sent = orjson.loads(demo.get(f"{address[1]}/request").data)
    assert sent["hook"] == "patient-view"
    assert orjson.loads(demo.get(f"{address[1]}/response").data)["cards"]
    assert demo.get(f"{address[1]}/secrets").status_code == 404
    assert demo.get("/workbench/sent/unknown/request").status_code == 404


def test_a_pasted_bundle_is_opened(demo: FlaskClient) -> None:
    page = demo.post("/workbench/chart", data={"bundle": BUNDLE.read_text()}, follow_redirects=True)
    assert "Declan" in page.text
    assert "Pasted:" in page.text


@pytest.mark.parametrize("text", ["", "{", "[]", '{"resourceType": "Bundle"}', '"Bundle"'])
def test_what_is_no_bundle_of_one_patient_is_refused_in_words(demo: FlaskClient, text: str) -> None:
    page = demo.post("/workbench/chart", data={"bundle": text})
    assert page.status_code == 400
    assert "This cannot be used" in page.text


@pytest.mark.parametrize(
    "field",
    [
        {"hook": "no-hook"},
        {"patient": "nobody"},
        {"drafts": "{"},
        {"drafts": "[1]"},
        {"drafts": '[{"id": "x"}]'},
        {"hook": "order-sign", "drafts": "[]" * 2},
    ],
)
def test_what_no_page_sends_is_refused(demo: FlaskClient, field: dict[str, str]) -> None:
    assert demo.post("/workbench/call", data=field).status_code == 400


def test_another_site_cannot_press_its_buttons(demo: FlaskClient) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert demo.post("/workbench/call", headers=foreign).status_code == 403


def test_text_of_a_chart_is_text(demo: FlaskClient) -> None:
    bundle = orjson.loads(BUNDLE.read_bytes())
    patient = next(
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"
    )
    patient["name"] = [{"text": "<script>alert(1)</script>"}]
    page = demo.post(
        "/workbench/chart", data={"bundle": orjson.dumps(bundle).decode()}, follow_redirects=True
    )
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


def test_an_evidence_page_shows_an_example_card(demo: FlaskClient) -> None:
    page = demo.get("/rules/niv-consider")
    assert 'id="sample"' in page.text
    assert "Consider NIV" in page.text
