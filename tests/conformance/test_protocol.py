"""Discovery, contexts, errors and answers of the whole service, requirement by requirement."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cdshooks import examples
from cdshooks.fhir.repair import is_valid
from cdshooks.services import services
from tests.support import calls
from tests.support.card_rules import faults
from tests.support.inferno import discovery_failures, failures

Json = dict[str, Any]
HOOKS = sorted({service.hook for service in services()})
PUBLISHED = {
    "patient-view": {"1.0"},
    "order-select": {"1.0", "1.0.2"},
    "order-sign": {"1.0", "1.1.0"},
    "encounter-start": {"1.0"},
    "encounter-discharge": {"1.0"},
    "appointment-book": {"1.0"},
}
"""Versions of the hooks that HL7 has published, as metadata and change logs have them."""


@pytest.fixture
def client() -> FlaskClient:
    return calls.app().test_client()


@pytest.fixture
def offered(client: FlaskClient) -> list[Json]:
    found: list[Json] = json.loads(client.get("/cds-services").data)["services"]
    return found


def call(hook: str, /, **context: Any) -> Json:
    """A small call; a context field of None is left out."""
    fields = {"userId": "Practitioner/7", "patientId": "amy-17", "encounterId": "e1"} | context
    return {
        "hook": hook,
        "hookInstance": calls.INSTANCE,
        "context": {name: value for name, value in fields.items() if value is not None},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "amy-17"}, "conditions": None},
    }


def post(client: FlaskClient, body: Json) -> TestResponse:
    return client.post(calls.path_of(body["hook"]), json=body)


@pytest.mark.req("INFERNO-DISCOVERY", "DISC-2")
def test_inferno_accepts_discovery(client: FlaskClient) -> None:
    reply = client.get("/cds-services", headers={"Accept": "application/json"})
    assert reply.status_code == 200
    assert reply.mimetype == "application/json"
    assert discovery_failures(json.loads(reply.data)) == []


@pytest.mark.req("DISC-5", "DISC-8", "DISC-9")
def test_names_and_ids_are_as_the_specification_writes_them(offered: list[Json]) -> None:
    for service in offered:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", service["hook"])
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", service["id"])
        assert all(isinstance(query, str) for query in service["prefetch"].values())


@pytest.mark.req("DISC-13")
def test_an_id_is_offered_once_a_hook(offered: list[Json]) -> None:
    pairs = [(service["id"], service["hook"]) for service in offered]
    assert len(set(pairs)) == len(pairs)


@pytest.mark.req("DISC-13", "REQ-2")
def test_an_id_on_two_hooks_is_dispatched_by_the_hook(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = calls.service_of("patient-view")
    both = (one, replace(calls.service_of("order-sign"), id=one.id))
    monkeypatch.setattr("cdshooks.http.call.services", lambda: both)
    for service in both:
        reply = client.post(f"/cds-services/{one.id}", json=call(service.hook))
        assert reply.get_json() == {"cards": []}
    reply = client.post(f"/cds-services/{one.id}", json=call("order-select"))
    assert (reply.status_code, reply.get_json()["issue"][0]["expression"]) == (400, ["hook"])


@pytest.mark.req("DISC-14")
def test_discovery_holds_what_the_specification_names_and_no_extension(
    offered: list[Json],
) -> None:
    known = {"hook", "title", "description", "id", "prefetch", "version", "hookVersion"}
    assert all(set(service) <= known for service in offered)


@pytest.mark.req("HOOK-3", "DISC-12")
def test_every_hook_version_is_a_published_one(offered: list[Json]) -> None:
    for service in offered:
        assert service["hookVersion"] in PUBLISHED[service["hook"]]


@pytest.mark.req("DISC-4", "ERR-3")
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_discovery_refuses_other_methods_with_their_reason(
    client: FlaskClient, method: str
) -> None:
    reply = client.open("/cds-services", method=method)
    assert reply.status_code == 405
    assert is_valid(reply.get_json())


def required() -> Iterator[tuple[str, str]]:
    needs = {
        "encounter-start": ("userId", "patientId", "encounterId"),
        "encounter-discharge": ("userId", "patientId", "encounterId"),
    }
    for hook in HOOKS:
        yield from ((hook, name) for name in needs.get(hook, ("userId", "patientId")))


@pytest.mark.req("REQ-6", "CTX-PATIENT-VIEW", "CTX-ORDER-SELECT", "CTX-ORDER-SIGN")
@pytest.mark.parametrize(("hook", "name"), list(required()))
def test_a_call_without_a_required_context_field_is_refused(
    client: FlaskClient, hook: str, name: str
) -> None:
    reply = post(client, call(hook, **{name: None}))
    assert reply.status_code == 400
    assert reply.get_json()["issue"][0]["expression"] == [f"context.{name}"]


@pytest.mark.req("CTX-PATIENT-VIEW", "RESP-2")
def test_patient_view_needs_no_encounter(client: FlaskClient) -> None:
    assert post(client, call("patient-view", encounterId=None)).get_json() == {"cards": []}


@pytest.mark.req("REQ-8", "HOOK-1")
@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_later_version_may_add_changes_nothing(client: FlaskClient, hook: str) -> None:
    body = call(hook, fulfillmentTasks=[{"resourceType": "Task"}], later={"a": 1})
    body |= {"extension": {"org.example": {"a": 1}}, "later": 1}
    body["prefetch"]["unasked"] = {"resourceType": "Bundle"}
    reply = post(client, body)
    assert (reply.status_code, reply.get_json()) == (200, {"cards": []})


@pytest.mark.req("REQ-10")
def test_ids_of_the_specifications_own_length_are_taken(client: FlaskClient) -> None:
    long = "a" * 190
    body = call("patient-view", patientId=long, userId=f"PractitionerRole/{long}")
    body["prefetch"]["patient"]["id"] = long
    assert post(client, body).status_code == 200


@pytest.mark.req("INFERNO-CALL", "REQ-3", "PFD-5")
@pytest.mark.parametrize("nibble", "167")
@pytest.mark.parametrize("hook", HOOKS)
def test_inferno_presets_are_answered(client: FlaskClient, hook: str, nibble: str) -> None:
    """Its presets have UUIDs of unusual versions, and Bundles with total and links."""
    body = call(hook)
    body["hookInstance"] = f"94e83ba4-3ee6-{nibble}b22-bb7e-37f09ddf1bb4"
    body["fhirServer"] = "https://inferno.example.org/reference-server/r4"
    if hook.startswith("order-"):
        body["context"]["draftOrders"] = {
            "resourceType": "Bundle",
            "type": "collection",
            "total": 1,
            "link": [{"relation": "self", "url": "https://inferno.example.org/r4/x"}],
            "entry": [{"fullUrl": "https://inferno.example.org/r4/x/1", "resource": {
                "resourceType": "ServiceRequest", "id": "1", "status": "draft", "intent": "order",
                "subject": {"reference": "Patient/amy-17"}}}],
        }  # fmt: skip
    reply = post(client, body)
    assert reply.status_code == 200
    assert failures(reply.get_json(), body) == []


RECORDED = [(path.stem, "") for path in sorted(calls.REQUESTS.glob("*.json"))]


def sent(name: str, hook: str) -> Json:
    """A recorded request, or that of an example patient at a hook."""
    if not hook:
        return calls.recorded(name)
    orders = (calls.riluzole_draft(),) if hook.startswith("order-") else ()
    return calls.example_request(name, hook, orders)


@pytest.mark.req(
    *("INFERNO-CARD", "INFERNO-LINKS", "INFERNO-ACTIONS", "INFERNO-ALTERNATE", "DISC-15"),
    *("SYS-1", "SUG-5", "LINK-4"),
)
@pytest.mark.parametrize(("name", "hook"), [*RECORDED, *product(examples.names(), HOOKS)])
def test_inferno_accepts_every_answer(client: FlaskClient, name: str, hook: str) -> None:
    body = sent(name, hook)
    reply = post(client, body)
    assert reply.status_code == 200
    response = json.loads(reply.data)
    assert failures(response, body) == []
    assert faults(response) == []
    text = reply.get_data(as_text=True)
    for unused in ("actionSelectionBehavior", "systemActions", "appContext", '"smart"'):
        assert unused not in text


@pytest.mark.req("ERR-2", "ERR-3", "ERR-4")
@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("GET", "/rules/nothing", {"headers": {"Accept": "application/json"}}, 404),
        ("PUT", "/cds-services", {}, 405),
        ("POST", "/cds-services/als-chart-review", {"json": {}}, 400),
        ("POST", "/cds-services/nobody", {"json": {}}, 404),
        ("POST", "/cds-services/als-chart-review", {"data": "a=1"}, 415),
        ("POST", "/cds-services/als-chart-review", {}, 411),
    ],
)
def test_every_error_is_a_valid_operation_outcome(
    client: FlaskClient, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    reply = client.open(path, method=method, **sent)
    assert reply.status_code == status
    assert is_valid(reply.get_json())


@pytest.mark.req("ERR-1", "PFD-2", "ERR-4")
def test_what_cannot_be_decided_is_412_and_a_refusal_is_not(client: FlaskClient) -> None:
    blind = {**call("patient-view"), "prefetch": {}}
    reply = post(client, blind)
    assert reply.status_code == 412
    assert is_valid(reply.get_json())
    assert post(client, call("patient-view") | {"hookInstance": "x"}).status_code == 400


@pytest.mark.req("PERF-1")
@pytest.mark.parametrize("hook", HOOKS)
def test_the_largest_example_is_answered_in_half_a_second(client: FlaskClient, hook: str) -> None:
    orders = (calls.riluzole_draft(),) if hook.startswith("order-") else ()
    body = calls.example_request("new-diagnosis-among-300-observations", hook, orders)
    timings = [post(client, body).headers["Server-Timing"] for _ in range(3)]
    totals = [float(timing.rpartition("total;dur=")[2]) for timing in timings]
    assert min(totals) < 500
