"""What a client did not send, or sent broken, is never taken for absent."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.support import fhir_calls
from tests.support.base_patient import base_patient
from tests.support.fhir_server import EMPTY, OUTCOME, FhirServer, running

Json = dict[str, Any]
KEYS = [(hook, s.key) for hook in fhir_calls.HOOKS for s in fhir_calls.asked(hook)]
DECIDING = ("patient", "conditions")
READ = [
    pytest.param(hook, key, marks=() if hook == "patient-view" else pytest.mark.slow)
    for hook, key in KEYS
    if hook == "patient-view" or key in (*DECIDING, "laboratory", "medications")
]
"""What is read from a server: by one code for all hooks, so order hooks go to the slow target."""
MAY_ASK = {"data-unavailable"}
"""What may be said only because something was not read: that it was not."""


def missing(prefetch: Json, key: str) -> None:
    del prefetch[key]


def with_error(prefetch: Json, key: str) -> None:
    prefetch[key] = OUTCOME


def with_error_inside(prefetch: Json, key: str) -> None:
    prefetch[key] = EMPTY | {"entry": [{"resource": OUTCOME, "search": {"mode": "outcome"}}]}


def with_next(prefetch: Json, key: str) -> None:
    link = {"relation": "next", "url": "https://elsewhere.example.org/fhir?page=2"}
    prefetch[key] = EMPTY | {"link": [link], "total": 1}


def another_type(prefetch: Json, key: str) -> None:
    prefetch[key] = {"resourceType": "Basic", "id": "b"}


def without_resources(prefetch: Json, key: str) -> None:
    prefetch[key] = EMPTY | {"entry": [{"fullUrl": "urn:uuid:1"}, {"resource": 7}]}


def text(prefetch: Json, key: str) -> None:
    prefetch[key] = "an answer"


FAULTS: list[Callable[[Json, str], None]] = [
    missing,
    with_error,
    with_error_inside,
    with_next,
    another_type,
    without_resources,
    text,
]


@cache
def quiet(hook: str) -> set[str]:
    """What is said about her when everything was read."""
    return fhir_calls.say(fhir_calls.request(hook, None, base_patient().resources())).rules


@pytest.mark.req("PFD-3", "PFD-4", "PFD-5", "PFD-6")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("hook", "key"), KEYS)
def test_a_broken_key_adds_no_advice(
    hook: str, key: str, fault: Callable[[Json, str], None]
) -> None:
    body = fhir_calls.request(hook, None, base_patient().resources())
    fault(body["prefetch"], key)
    said = fhir_calls.say(body)
    assert said.status in ((200, 412) if key in DECIDING else (200,))
    assert said.rules <= quiet(hook) | MAY_ASK


@pytest.mark.req("PFD-1", "PFD-8")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("hook", "key"), READ)
def test_a_broken_key_is_read_from_the_server(
    hook: str, key: str, fault: Callable[[Json, str], None]
) -> None:
    resources = base_patient().resources()
    with running(FhirServer(resources)) as server:
        body = fhir_calls.request(hook, server.url, resources)
        whole = fhir_calls.say(body)
        fault(body["prefetch"], key)
        said = fhir_calls.say(body)
    assert said.status == 200
    assert said.rules == whole.rules
    assert said.unread == ""


@pytest.mark.req("PFD-3")
@pytest.mark.parametrize("empty", [None, EMPTY], ids=["null", "empty"])
@pytest.mark.parametrize("hook", fhir_calls.HOOKS)
def test_what_was_answered_with_nothing_is_not_asked_again(hook: str, empty: Json | None) -> None:
    with running(FhirServer(base_patient().resources())) as server:
        body = fhir_calls.request(hook, server.url, base_patient().resources())
        body["prefetch"] |= {key: empty for key in body["prefetch"] if key not in DECIDING}
        said = fhir_calls.say(body)
        sent = [s.query.replace("{{context.patientId}}", "anna") for s in fhir_calls.asked(hook)]
    assert said.status == 200
    assert not {f"/fhir/{query}" for query in sent} & {one.path for one in server.asked}


@pytest.mark.req("PFD-2", "PFD-3")
def test_a_null_patient_is_read_and_a_null_problem_list_is_believed() -> None:
    with running(FhirServer(base_patient().resources())) as server:
        body = fhir_calls.request("patient-view", server.url, base_patient().resources())
        body["prefetch"] |= {"patient": None, "conditions": None, "medications": None}
        said = fhir_calls.say(body)
    assert (said.status, said.rules) == (200, set())
    assert server.types == ["Patient"]


@pytest.mark.req("PFD-2", "PFD-3", "ERR-1")
def test_without_a_patient_nothing_is_said_although_an_als_drug_is_taken() -> None:
    body = fhir_calls.request("patient-view", None, base_patient().resources())
    body["prefetch"]["patient"] = None
    assert fhir_calls.say(body).status == 412


@pytest.mark.req("PFD-2", "PFD-3")
def test_without_a_patient_a_draft_of_an_als_drug_is_still_checked() -> None:
    body = fhir_calls.request("order-sign", None, base_patient().resources())
    body["prefetch"]["patient"] = None
    said = fhir_calls.say(body)
    assert said.status == 200
    assert "riluzole-dose" in said.rules
