"""Which addresses ask who is calling, when they ask, and how they refuse."""

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cdshooks.app import build
from cdshooks.errors import NotAuthenticated, StoreUnavailable
from cdshooks.http import logs
from cdshooks.http.authentication import check_operator, policy
from cdshooks.security.clients import Client
from cdshooks.security.policy import Policy
from cdshooks.security.replays import ReplaysHere
from cdshooks.security.tokens import Authenticator, Reason
from cdshooks.services import answer
from cdshooks.services.answer import Answer, Site
from cdshooks.settings import DemoSettings, Settings
from tests.support.tokens import ISSUER, JKU, NOW, KeyServer, client, fresh, serving, signer

HOME = "https://cds.example.org/als"
DISCOVERY = "/cds-services"
REVIEW = "/cds-services/als-chart-review"
FEEDBACK = REVIEW + "/feedback"
ADMIN = "an operator's long token"
Made = Callable[..., Flask]
Answers = list[tuple[Any, ...]]


@pytest.fixture
def made(site: Site) -> Made:
    """Builds an application that serves these clients under ``HOME``."""

    def building(*clients: Client, replays: Any = None, **changed: Any) -> Flask:
        server = KeyServer()
        server.publish(JKU, signer().jwk())
        given = clients or (client(),)
        at = Authenticator.of(given, replays or ReplaysHere(), server)  # type: ignore[arg-type]
        settings = Settings(public_url=HOME, **{"auth": "required", **changed})
        others = {names: replace(site) for one in given for names in one.profiles}
        app = build(site, settings, lambda: NOW, authenticator=at, others=others)

        @app.post("/cds-services/<service_id>/feedback")
        def feedback(service_id: str) -> Response:
            return Response(status=200)

        return app

    return building


@pytest.fixture
def caller(made: Made) -> FlaskClient:
    return made().test_client()


def bearer(address: str, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {signer().token(fresh(**{'aud': HOME + address, **claims}))}"}


def assert_refused(reply: TestResponse) -> None:
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.json == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "login", "diagnostics": "authentication required"}],
    }


@pytest.mark.req("SEC-2", "SEC-6", "FB-10")
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", DISCOVERY),
        ("HEAD", DISCOVERY),
        ("POST", REVIEW),
        ("POST", REVIEW.replace("chart-review", "order-sign")),
        ("POST", FEEDBACK),
    ],
)
def test_discovery_calls_and_feedback_are_for_trusted_clients(
    caller: FlaskClient, patient_view: dict[str, Any], method: str, address: str
) -> None:
    if "order-sign" in address:
        patient_view["hook"] = "order-sign"
        patient_view["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": []}
    body = patient_view if method == "POST" else None
    if address == FEEDBACK:
        body = {"feedback": []}
    refused = caller.open(address, method=method, json=body)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    if method != "HEAD":
        assert_refused(refused)
    reply = caller.open(address, method=method, json=body, headers=bearer(address))
    assert reply.status_code == 200
    for other in {DISCOVERY, REVIEW, FEEDBACK} - {address}:
        again = caller.open(address, method=method, json=body, headers=bearer(other))
        assert again.status_code == 401


@pytest.mark.req("SEC-2", "SEC-6")
@pytest.mark.parametrize("called", ["/cds-services", "/cds-services/", "/cds-services//"])
@pytest.mark.parametrize("meant", ["/cds-services", "/cds-services/"])
def test_a_slash_at_the_end_of_discovery_changes_nothing(
    caller: FlaskClient, called: str, meant: str
) -> None:
    assert caller.get(called, headers=bearer(meant)).status_code == 200


@pytest.mark.req("SEC-6")
@pytest.mark.parametrize("meant", [REVIEW, "/cds-services//als-chart-review", REVIEW + "/"])
def test_a_doubled_slash_before_the_service_changes_nothing(
    caller: FlaskClient, patient_view: dict[str, Any], meant: str
) -> None:
    reply = caller.post(meant, json=patient_view, headers=bearer(meant))
    assert reply.status_code == 200
    address = meant + "/feedback"
    reply = caller.post(address, json={"feedback": []}, headers=bearer(address))
    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/rules/none-such", 404),
        ("GET", "/static/none.css", 404),
        ("GET", "/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/cds-services-too", 404),
        ("GET", "/cds-services/als-chart-review/more/of/it", 404),
        ("GET", REVIEW, 405),
        ("DELETE", DISCOVERY, 405),
    ],
)
def test_the_rest_is_open(caller: FlaskClient, method: str, address: str, status: int) -> None:
    assert caller.open(address, method=method).status_code == status


@pytest.mark.req("SEC-2", "CORS-1")
@pytest.mark.parametrize("address", [DISCOVERY, REVIEW, FEEDBACK])
def test_a_preflight_needs_no_token_and_a_refusal_carries_the_origin(
    made: Made, address: str
) -> None:
    origin = {"Origin": "https://ehr.example.org"}
    caller = made(allowed_origins=["https://ehr.example.org"]).test_client()
    asks = {**origin, "Access-Control-Request-Method": "POST"}
    assert caller.options(address, headers=asks).status_code == 204
    refused = (
        caller.post(address, headers=origin)
        if address != DISCOVERY
        else caller.get(address, headers=origin)
    )
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == origin["Origin"]


def test_an_unknown_service_is_unknown_to_trusted_clients_only(caller: FlaskClient) -> None:
    address = "/cds-services/none-such"
    assert_refused(caller.post(address, json={}))
    assert caller.post(address, json={}, headers=bearer(address)).status_code == 404


def test_a_body_that_nobody_may_send_is_not_read(made: Made) -> None:
    app = made(max_body_bytes=1000)
    for body in (b"{", b" " * 5000):
        assert_refused(app.test_client().post(REVIEW, data=body))
    with serving(app) as url:
        host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 0)
        with socket.create_connection((host, port), timeout=10) as connection:
            head = f"POST {REVIEW} HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n"
            # Not a byte of the body follows: an answer shows that none is waited for.
            connection.sendall(head.encode())
            assert b" 401 " in connection.recv(4096)


def test_tokens_are_ignored_while_authentication_is_off(
    made: Made, patient_view: dict[str, Any]
) -> None:
    caller = made(auth="off").test_client()
    for sent in ({}, {"Authorization": "Bearer rubbish"}, bearer("/elsewhere")):
        assert caller.post(REVIEW, json=patient_view, headers=sent).status_code == 200


def test_an_application_without_authenticator_lets_nobody_in(site: Site) -> None:
    app = build(site, Settings(auth="required", public_url=HOME), lambda: NOW)
    assert_refused(app.test_client().get(DISCOVERY, headers=bearer(DISCOVERY)))


@pytest.mark.req("SEC-7")
def test_the_store_being_down_is_told_to_come_back(made: Made) -> None:
    class Down:
        def first_use(self, *_told: Any) -> bool:
            raise StoreUnavailable

    caller = made(replays=Down()).test_client()
    reply = caller.get(DISCOVERY, headers=bearer(DISCOVERY))
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert reply.json is not None
    assert reply.json["issue"][0]["code"] == "transient"
    assert_refused(caller.get(DISCOVERY))
    assert caller.get("/healthz").status_code == 200


def test_a_client_is_served_under_its_tenants_profile(
    made: Made, site: Site, answers: Answers, patient_view: dict[str, Any]
) -> None:
    caller = made(client(tenants={"north": ("eu",), "south": ()})).test_client()
    for tenant in ("north", "south"):
        caller.post(REVIEW, json=patient_view, headers=bearer(REVIEW, tenant=tenant))
    north, south = (call[2] for call in answers)
    assert south is site
    assert north is not site


def test_the_answer_names_the_knowledge_of_the_profile(
    site: Site, patient_view: dict[str, Any]
) -> None:
    other = replace(site, knowledge=replace(site.knowledge, profiles=("eu",)))
    server = KeyServer()
    server.publish(JKU, signer().jwk())
    clients = (client(tenants={"north": ("eu",), "south": ()}),)
    at = Authenticator.of(clients, ReplaysHere(), server)  # type: ignore[arg-type]
    settings = Settings(auth="required", public_url=HOME)
    others = {("eu",): other}
    caller = build(site, settings, lambda: NOW, authenticator=at, others=others).test_client()
    assert other.knowledge.version != site.knowledge.version
    for tenant, version in (
        ("north", other.knowledge.version),
        ("south", site.knowledge.version),
    ):
        sent = bearer(REVIEW, tenant=tenant)
        reply = caller.post(REVIEW, json=patient_view, headers=sent)
        assert reply.headers["X-Knowledge-Version"] == version
        reply = caller.get(DISCOVERY, headers=bearer(DISCOVERY, tenant=tenant))
        assert reply.headers["X-Knowledge-Version"] == version


def test_a_call_is_answered_on_the_terms_of_the_caller(
    made: Made, patient_view: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    terms: list[Policy] = []

    def answered(*_call: Any, policy: Policy, **_more: Any) -> Answer:
        terms.append(policy)
        return Answer({"cards": []})

    monkeypatch.setattr(answer, "answer", answered)
    caller = made(client(terms=Policy(trace=True))).test_client()
    caller.post(REVIEW, json=patient_view, headers=bearer(REVIEW, tenant="north"))
    opened = made(auth="off", fhir_allowed="https://ehr.example.org/fhir").test_client()
    opened.post(REVIEW, json=patient_view)
    assert terms == [
        Policy(issuer=ISSUER, tenant="north", trace=True),
        Policy(fhir_servers=("https://ehr.example.org/fhir",)),
    ]


def test_the_terms_of_the_caller_are_there_for_the_call(made: Made) -> None:
    terms = Policy(fetch=False, fhir_servers=("https://ehr.example.org/fhir",))
    app = made(client(terms=terms))
    seen: list[Policy] = []
    app.before_request(lambda: seen.append(policy()))
    app.test_client().get(DISCOVERY, headers=bearer(DISCOVERY, tenant="north"))
    app.test_client().get("/healthz")
    assert seen == [replace(terms, issuer=ISSUER, tenant="north"), Policy()]


@pytest.mark.req("SEC-10")
def test_the_log_tells_why_and_repeats_nothing(
    caller: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "jane-doe-4711"
    sent = [
        bearer(DISCOVERY, iss=f"https://{secret}.org"),
        bearer(DISCOVERY, aud=secret, tenant=secret, jti=secret, sub=secret),
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": f"Bearer {signer().token(kid=secret)}"},
    ]
    for headers in sent:
        assert_refused(caller.get(DISCOVERY, headers=headers))
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    told = [(one["reason"], one.get("issuer")) for one in lines if "reason" in one]
    assert told == [
        (Reason.ISSUER, None),
        (Reason.AUDIENCE, ISSUER),
        (Reason.NOT_A_TOKEN, None),
        (Reason.KEY, ISSUER),
    ]
    assert all(set(line) <= logs.ALLOWED for line in lines)
    assert secret not in text
    assert not [one for one in sent if one["Authorization"].split(".")[-1] in text]


@pytest.mark.req("SEC-12")
def test_the_log_of_a_call_names_who_was_let_in(
    caller: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    caller.get(DISCOVERY, headers=bearer(DISCOVERY, tenant="north"))
    caller.get("/rules/none-such")
    called, other = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (called["issuer"], called["tenant"]) == (ISSUER, "north")
    assert not {"issuer", "tenant"} & set(other)


@pytest.mark.parametrize(
    ("settings", "sent", "let_in"),
    [
        (DemoSettings(), None, True),
        (DemoSettings(admin_token=ADMIN), None, False),
        (DemoSettings(admin_token=ADMIN), f"Bearer {ADMIN}", True),
        (Settings(auth="off"), None, False),
        (Settings(auth="off"), "Bearer ", False),
        (Settings(), "Bearer None", False),
        (Settings(admin_token=ADMIN), None, False),
        (Settings(admin_token=ADMIN), "", False),
        (Settings(admin_token=ADMIN), ADMIN, False),
        (Settings(admin_token=ADMIN), f"Basic {ADMIN}", False),
        (Settings(admin_token=ADMIN), f"Bearer {ADMIN[:-1]}", False),
        (Settings(admin_token=ADMIN), f"Bearer {ADMIN}x", False),
        (Settings(admin_token=ADMIN), f"Bearer {ADMIN}\u00e9", False),
        (Settings(admin_token=ADMIN), f"Bearer {ADMIN}", True),
        (Settings(admin_token=ADMIN), f"bearer {ADMIN}", True),
    ],
)
def test_the_operator_has_a_token(settings: Settings, sent: str | None, let_in: bool) -> None:
    headers = {} if sent is None else {"Authorization": sent}
    with Flask("x").test_request_context("/metrics", headers=headers):
        assert request.path == "/metrics"
        if let_in:
            check_operator(settings)
        else:
            with pytest.raises(NotAuthenticated) as refused:
                check_operator(settings)
            assert refused.value.reason == Reason.ADMIN


def test_the_operators_token_is_in_no_representation() -> None:
    assert ADMIN not in repr(Settings(admin_token=ADMIN))
