"""Traces: off unless asked for; then each call with its stages and reads, and no patient."""

import gzip
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from cdshooks.app import create_app
from cdshooks.errors import SettingsInvalid
from cdshooks.http import tracing
from cdshooks.http.metrics import CALL
from cdshooks.settings import DemoSettings
from tests.support import calls, fhir_calls
from tests.support.base_patient import base_patient
from tests.support.fhir_server import FhirServer, running, status
from tests.support.server import serving, wait
from tests.support.watch import leaks

REVIEW = "/cds-services/als-chart-review"
SIGN = "/cds-services/als-order-sign"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "jane=canary-zq"}


@pytest.fixture(autouse=True)
def answers() -> None:
    """In this module the services answer for themselves."""


KEPT = InMemorySpanExporter()


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(KEPT))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "_exporting", lambda: provider.get_tracer("test"))
        patch.setenv("CDSHOOKS_DATABASE_URL", "sqlite://")
        yield create_app(DemoSettings(today=fhir_calls.NOW, tracing=True))


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Where the traces of ``app`` end up."""
    KEPT.clear()
    return KEPT


def named(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_call_is_traced_with_its_stages_and_each_read(
    app: Flask, spans: InMemorySpanExporter
) -> None:
    with running(FhirServer(base_patient().resources())) as server:
        server.faults["Procedure"] = status(500)
        body = fhir_calls.request("patient-view", server.url, [], prefetch={})
        reply = app.test_client().post(REVIEW, json=body, headers=PARENT)
    assert reply.status_code == 200
    found = named(spans)
    root = found[f"POST {CALL}"]
    assert root.parent is not None
    assert f"{root.context.trace_id:032x} {root.parent.span_id:016x}" == f"{TRACE} {SPAN}"
    assert dict(root.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": CALL,
        "http.response.status_code": 200,
        "cdshooks.service": "als-chart-review",
        "cdshooks.hook": "patient-view",
        "cdshooks.outcome": "cards",
        "cdshooks.knowledge": reply.headers["X-Knowledge-Version"],
        "cdshooks.request_id": reply.headers["X-Request-Id"],
    }
    stages = ["parse", "index", "fetch", "rules", "cards", "dump"]
    within = [s.name for s in spans.get_finished_spans() if s.parent == root.context]
    assert within == stages
    begins = [found[name].start_time or 0 for name in stages]
    assert begins == sorted(begins)
    assert (root.start_time or 0) <= begins[0]
    assert (found["dump"].end_time or 0) <= (root.end_time or 0)
    read = found["GET Procedure"]
    assert read.parent == found["fetch"].context
    assert dict(read.attributes or {}) == {
        "cdshooks.fhir.type": "Procedure",
        "cdshooks.outcome": "server_error",
    }
    assert (read.start_time or 0) >= (found["fetch"].start_time or 0)


def test_a_refused_call_is_traced_as_far_as_it_went(
    app: Flask, spans: InMemorySpanExporter
) -> None:
    body = calls.recorded("patient-view-fvc-46") | {"prefetch": {}}
    app.test_client().post(REVIEW, json=body)
    app.test_client().post("/cds-services/jane-doe?patient=canary-zq", json=body)
    app.test_client().get("/cds-services")
    *stages, refused, unknown = spans.get_finished_spans()
    assert [stage.name for stage in stages] == ["parse", "index"]
    assert refused.attributes
    assert refused.attributes["cdshooks.outcome"] == "data_unavailable"
    assert unknown.attributes
    assert "cdshooks.service" not in unknown.attributes


def test_an_error_of_ours_is_marked(
    app: Flask, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("canary-zq")

    monkeypatch.setattr("cdshooks.services.answer.answer", fails)
    app.test_client().post(REVIEW, json=calls.recorded("patient-view-fvc-46"))
    assert named(spans)[f"POST {CALL}"].status.status_code is StatusCode.ERROR


def test_nothing_of_a_patient_is_in_a_trace(app: Flask, spans: InMemorySpanExporter) -> None:
    body = calls.recorded("patient-view-fvc-46")
    app.test_client().post(f"{REVIEW}?patient=canary-zq", json=body, headers=PARENT)
    told = [span.to_json() for span in spans.get_finished_spans()]
    assert len(told) > 4
    assert leaks(told) == []


def test_nor_is_the_id_of_a_draft_though_the_answer_names_it(
    app: Flask, spans: InMemorySpanExporter
) -> None:
    body = calls.recorded("order-sign-riluzole-once-daily")
    text = json.dumps(body).replace(f'"{_draft(body)["id"]}"', '"canary-zq"')
    text = text.replace(f"MedicationRequest/{_draft(body)['id']}", "MedicationRequest/canary-zq")
    reply = app.test_client().post(SIGN, json=json.loads(text))
    told = reply.json["extension"]["org.als-cdshooks"]["trace"]  # type: ignore[index]
    assert "MedicationRequest/canary-zq" in {line.get("order") for line in told}
    assert leaks([span.to_json() for span in spans.get_finished_spans()]) == []


def _draft(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["context"]["draftOrders"]["entry"][0]["resource"]
    return found


def test_a_mistake_in_tracing_costs_no_answer(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("canary-zq")

    monkeypatch.setattr(tracing, "_trace", fails)
    assert app.test_client().post(REVIEW, json={}).status_code == 400
    assert '"event": "tracing failed"' in capsys.readouterr().err


def test_without_the_extra_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(SettingsInvalid, match=r"pip install 'cdshooks\[tracing\]'"):
        tracing.install(Flask("bare"))


def test_traces_are_off_unless_asked_for() -> None:
    hooks = calls.app().after_request_funcs[None]
    assert "cdshooks.http.metrics" in {hook.__module__ for hook in hooks}
    assert "cdshooks.http.tracing" not in {hook.__module__ for hook in hooks}


class Collector(BaseHTTPRequestHandler):
    """Takes what an exporter sends."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.taken.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture
def collector() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Collector)
    server.taken = []  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_serve_sends_traces_to_a_collector(collector: Any) -> None:
    where = f"http://127.0.0.1:{collector.server_port}"
    body = calls.recorded("patient-view-fvc-46")
    sending = {"OTEL_EXPORTER_OTLP_ENDPOINT": where, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with serving(CDSHOOKS_TRACING="true", **sending) as server:
        reply = requests.post(f"{server.url}{REVIEW}", json=body, headers=PARENT, timeout=15)
        assert reply.status_code == 200
        assert wait(lambda: bool(collector.taken))
    [(path, sent)] = collector.taken
    assert path == "/v1/traces"
    [told] = ExportTraceServiceRequest.FromString(sent).resource_spans
    attributes = {one.key: one.value.string_value for one in told.resource.attributes}
    assert attributes["service.name"] == "cdshooks"
    found = {span.name: span for span in told.scope_spans[0].spans}
    assert found[f"POST {CALL}"].parent_span_id.hex() == SPAN
    assert set(found) >= {"parse", "index", "rules", "cards", "dump"}
    assert leaks([json.dumps(str(told))]) == []
