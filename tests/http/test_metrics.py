"""What is counted of calls, rules, prefetch, fetches and feedback; and who may see it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cdshooks import rules
from cdshooks.app import build, create_app, site_of
from cdshooks.engine import Finding
from cdshooks.errors import Overloaded, StoreUnavailable
from cdshooks.fhir.client import KINDS
from cdshooks.http.instruments import ACTS, OUTCOMES
from cdshooks.http.tally import ANSWERS, STANDINGS, Sample, Tally, by_rule
from cdshooks.rules.authoring import CannotAssess, NotIndicated, Recommend
from cdshooks.services import services
from cdshooks.settings import DemoSettings, Settings
from tests.support import calls, fhir_calls, metrics
from tests.support.base_patient import base_patient
from tests.support.fhir_server import Fault, FhirServer, half, later, running, status

Json = dict[str, Any]
REVIEW = "als-chart-review"
SIGN = "als-order-sign"
CALLS = "cdshooks_call_duration_seconds_count"
RULES = "cdshooks_rule_outcomes_total"


@pytest.fixture(autouse=True)
def answers() -> None:
    """In this module the services answer for themselves."""


@pytest.fixture(scope="module")
def app() -> Flask:
    settings = calls.settings().model_copy(update={"admin_token": _secret()})
    return create_app(settings)


def _secret() -> Any:
    return DemoSettings(admin_token=metrics.TOKEN).admin_token


@contextmanager
def counted(app: Flask) -> Iterator[Callable[[str], dict[tuple[str, ...], float]]]:
    """What the block adds to a metric, by the values of its labels."""
    before = metrics.page(app)
    yield lambda name: metrics.page(app).since(before, name)


def test_a_call_is_counted_by_service_and_outcome(client: FlaskClient, app: Flask) -> None:
    body = calls.recorded("order-sign-riluzole-once-daily")
    review = calls.recorded("patient-view-fvc-46")
    with counted(app) as since:
        client.post(f"/cds-services/{SIGN}", json=body)
        client.post(f"/cds-services/{REVIEW}", json=review | {"prefetch": {}})
        client.post(f"/cds-services/{REVIEW}", json={})
        client.post("/cds-services/made-up-by-a-client", json=body)
        client.get("/cds-services")
        assert since(CALLS) == {
            ("cards", SIGN): 1,
            ("data_unavailable", REVIEW): 1,
            ("client_error", REVIEW): 1,
            ("client_error", "other"): 1,
        }


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (Overloaded(), "overload"),
        (StoreUnavailable(), "store_down"),
        (ValueError("Jane"), "server_error"),
    ],
)
def test_a_call_that_is_not_answered_tells_why(
    problem: Exception, outcome: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise problem

    monkeypatch.setattr("cdshooks.services.answer.answer", fails)
    with counted(app) as since:
        sent = calls.recorded("patient-view-fvc-46")
        app.test_client().post(f"/cds-services/{REVIEW}", json=sent)
        assert since(CALLS) == {(outcome, REVIEW): 1}


def test_a_caller_without_a_token_is_counted_under_a_service_that_exists() -> None:
    settings = Settings(admin_token=metrics.TOKEN, database_url="sqlite://")
    # Without an authenticator nobody is let in.
    app = build(site_of(settings), settings, lambda: calls.NOW)
    client = app.test_client()
    before = metrics.page(app)
    client.post(f"/cds-services/{REVIEW}", json={})
    client.post("/cds-services/jane-doe", json={})
    assert metrics.page(app).since(before, CALLS) == {
        ("unauthenticated", REVIEW): 1,
        ("unauthenticated", "other"): 1,
    }


def test_every_rule_that_ran_is_counted_once(app: Flask) -> None:
    body = calls.recorded("order-sign-riluzole-once-daily")
    with counted(app) as since:
        reply = app.test_client().post(f"/cds-services/{SIGN}", json=body)
        found = since(RULES)
    spoke = {rule for (outcome, rule), _ in found.items() if outcome == "recommended"}
    cards = reply.get_json()["cards"]
    assert {rule for card in cards for rule in card["extension"][fhir_calls.OURS]["rules"]} <= spoke
    assert set(found.values()) == {1}
    assert {outcome for outcome, _ in found} >= {"recommended", "silent"}


def test_what_came_of_a_rule_is_one_of_five_words() -> None:
    [first, *_] = rules.load()
    recommend = Recommend(summary="a", because="b", indicator="info")
    findings = [
        Finding(first, recommend),
        Finding(first, NotIndicated("no")),
        Finding(first, NotIndicated("no"), snoozed=True),
        Finding(first, CannotAssess("unread")),
        Finding(first, CannotAssess("an error"), error="ValueError"),
    ]
    silent, spoke = by_rule(findings)
    assert silent == [first.id]
    assert {outcome for _, outcome in spoke} | {"silent"} == set(STANDINGS)


def test_what_was_sent_under_a_prefetch_key_is_counted_also_where_the_call_is_refused(
    app: Flask,
) -> None:
    body = calls.recorded("patient-view-fvc-46")
    page = {"resourceType": "Bundle", "type": "searchset", "total": 7}
    sent = {key: body["prefetch"][key] for key in ("patient", "conditions")}
    sent |= {"breathing": page, "laboratory": None, "scores": {"resourceType": "OperationOutcome"}}
    with counted(app) as since:
        app.test_client().post(f"/cds-services/{REVIEW}", json=body | {"prefetch": sent})
        found = since("cdshooks_prefetch_answers_total")
    assert found["given", "patient"] == found["given", "conditions"] == 1
    assert found["part", "breathing"] == found["empty", "laboratory"] == 1
    assert found["failed", "scores"] == found["absent", "medications"] == 1
    with counted(app) as since:
        app.test_client().post(f"/cds-services/{REVIEW}", json=body | {"prefetch": {}})
        assert set(since("cdshooks_prefetch_answers_total")) == {
            ("absent", key) for _, key in found
        }


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (status(404), "client_error"),
        (status(503), "server_error"),
        (half, "unreachable"),
        (later(1.5), "late"),
    ],
)
def test_reads_of_a_fhir_server_are_counted_by_what_came_of_them(fault: Fault, kind: str) -> None:
    deadline = 1000 if kind == "late" else 10_000
    app = fhir_calls.app(deadline)
    with running(FhirServer(base_patient().resources())) as server, counted(app) as since:
        server.faults["Observation"] = fault
        body = fhir_calls.request("patient-view", server.url, [], prefetch={})
        fhir_calls.say(body, deadline)
        found = since("cdshooks_fhir_fetch_duration_seconds_count")
    assert set(found) == {("read",), (kind,)}
    assert found["read",] + found[kind,] >= len(server.types)


def test_feedback_is_counted_by_what_became_of_the_card(app: Flask) -> None:
    one = {"card": "c-1", "outcomeTimestamp": "2026-06-01T09:30:00Z"}
    accepted = one | {"outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]}
    sent = {
        "feedback": [accepted, one | {"outcome": "overridden"}, one | {"outcome": "overridden"}]
    }
    with counted(app) as since:
        app.test_client().post(f"/cds-services/{REVIEW}/feedback", json=sent)
        app.test_client().post(f"/cds-services/{REVIEW}/feedback", json={})
        assert since("cdshooks_feedback_total") == {
            ("accepted", REVIEW): 1,
            ("overridden", REVIEW): 2,
        }


def test_a_store_that_does_not_answer_is_seen() -> None:
    nobody = {"database_url": "postgresql://cds@127.0.0.1:1/cds", "hash_key": "h" * 32}
    app = create_app(DemoSettings(today=calls.NOW, **nobody))
    recorder = app.extensions["memory"].recorder
    assert metrics.page(app).of("cdshooks_store_up") == 0
    recorder.lost, recorder.failures = 3, 5
    app.test_client().post(f"/cds-services/{REVIEW}", json={})
    page = metrics.page(app)
    assert page.of("cdshooks_calls_not_recorded_total") == 3
    assert page.of("cdshooks_store_write_failures_total") == 5


def test_labels_have_closed_lists_of_values(app: Flask) -> None:
    body = calls.recorded("order-sign-riluzole-once-daily")
    odd = body | {"prefetch": body["prefetch"] | {"canary-zq": None}, "hook": "canary-zq"}
    for sent in (body, odd):
        app.test_client().post(f"/cds-services/{SIGN}", json=sent)
    page = metrics.page(app)
    assert page.labels("service") == {service.id for service in services()} | {"other"}
    assert page.labels("rule") == {rule.id for rule in rules.load()}
    assert page.labels("answer") == set(ANSWERS)
    assert page.labels("outcome") == {*OUTCOMES, *STANDINGS, *KINDS, *ACTS}
    assert not [key for key in page.labels("key") if not key.isalpha()]
    names = {name for _, labels in page.samples for name, _ in labels}
    assert names == {
        *("service", "outcome", "rule", "key", "answer", "le", "version", "knowledge"),
    }


def test_the_page_is_for_the_operator_only(
    client: FlaskClient, app_with: Callable[..., Flask]
) -> None:
    assert fhir_calls.app().test_client().get("/metrics").status_code == 200
    assert client.get("/metrics").status_code == 401
    wrong = {"Authorization": "Bearer something else"}
    assert client.get("/metrics", headers=wrong).status_code == 401
    assert app_with().test_client().get("/metrics").status_code == 401


def test_the_form_is_what_the_scraper_accepts(client: FlaskClient) -> None:
    token = {"Authorization": f"Bearer {metrics.TOKEN}"}
    plain = client.get("/metrics", headers=token)
    assert plain.mimetype == "text/plain"
    assert plain.headers["Cache-Control"] == "no-store"
    wanted = token | {"Accept": "application/openmetrics-text; version=1.0.0"}
    assert client.get("/metrics", headers=wanted).text.endswith("# EOF\n")


def test_a_mistake_in_counting_costs_no_answer(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("Jane")

    monkeypatch.setattr("cdshooks.http.metrics._sample", fails)
    assert client.post(f"/cds-services/{REVIEW}", json={}).status_code == 400
    said = capsys.readouterr().err
    assert '"event": "metrics failed"' in said
    assert "Jane" not in said


def test_samples_wait_a_moment_and_go_on_together() -> None:
    written: list[list[Sample]] = []
    tally = Tally(lambda samples: written.append(list(samples)))
    with ThreadPoolExecutor() as pool:
        list(pool.map(tally.add, [Sample(str(number)) for number in range(50)]))
    assert written == []
    end = time.monotonic() + 10
    while not written and time.monotonic() < end:
        time.sleep(0.05)
    tally.flush()
    assert [len(samples) for samples in written] == [50]
