"""Whatever a FHIR server does, the call ends in time and claims nothing that was not read."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from cdshooks.app import create_app
from cdshooks.settings import DemoSettings
from tests.support import calls, fhir_calls
from tests.support.base_patient import base_patient
from tests.support.fhir_server import FAULTS, FhirServer, hang, running

SLOW = ("hangs", "slow body", "slow headers")
QUICK = [name for name in FAULTS if name not in SLOW]
FEW = ("404", "half an answer", "OperationOutcome in a Bundle", "more than it sends")
"""Enough at the order hooks: what an answer proves is decided in one place for all hooks."""
DEADLINE_MS = 1000
GRACE_MS = 200
TYPES = [
    (hook, type)
    for hook in fhir_calls.HOOKS
    for type in dict.fromkeys(s.type for s in fhir_calls.asked(hook, full=True))
]
TELLING = ("Patient", "Condition", "Observation", "MedicationRequest")
"""Types that decide most. The others are read by the same code, so with them every fault but one
is tried on the slow target."""
FIRST = "404"


def _tried(hook: str, type: str, fault: str) -> object:
    always = type in TELLING or (hook == "patient-view" and fault == FIRST)
    return pytest.param(hook, type, fault, marks=() if always else pytest.mark.slow)


MATRIX = [_tried(h, t, f) for h, t in TYPES for f in (QUICK if h == "patient-view" else FEW)]
HANGING = [
    pytest.param(hook, type, marks=() if type in TELLING else pytest.mark.slow)
    for hook, type in TYPES
    if hook == "patient-view" or type in ("Patient", "Observation")
]
MAY_ASK = {"data-unavailable"}


@cache
def quiet(hook: str) -> set[str]:
    """What is said about her when everything was read."""
    return fhir_calls.say(fhir_calls.request(hook, None, base_patient().resources())).rules


def call(hook: str, broken: str, fault: str) -> fhir_calls.Said:
    """A call that brings nothing, to a server that is broken for one type."""
    resources = base_patient().resources()
    with running(FhirServer(resources, faults={broken: FAULTS[fault]})) as server:
        body = fhir_calls.request(hook, server.url, resources)
        body["prefetch"] = {}
        body["fhirAuthorization"] = fhir_calls.authorization()
        return fhir_calls.say(body, DEADLINE_MS)


def check(said: fhir_calls.Said, hook: str) -> None:
    assert said.status in (200, 412)
    assert said.rules <= quiet(hook) | MAY_ASK
    assert fhir_calls.TOKEN not in str(said.body)


@pytest.mark.req("PFD-3", "FHIR-7")
@pytest.mark.parametrize(("hook", "type", "fault"), MATRIX)
def test_a_broken_search_adds_no_advice(hook: str, type: str, fault: str) -> None:
    check(call(hook, type, fault), hook)


@pytest.mark.req("FHIR-7", "PERF-1")
@pytest.mark.parametrize(("hook", "type"), HANGING)
def test_a_search_that_hangs_ends_with_the_deadline(hook: str, type: str) -> None:
    said = call(hook, type, "hangs")
    check(said, hook)
    assert said.fetching_ms < DEADLINE_MS + GRACE_MS


@pytest.mark.req("FHIR-7", "PFD-2", "ERR-1")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_answers_nothing_is_412_in_time(fault: str) -> None:
    said = call("patient-view", "*", fault)
    check(said, "patient-view")
    assert said.status == 412
    assert said.body["resourceType"] == "OperationOutcome"
    assert said.seconds < (DEADLINE_MS + GRACE_MS) / 1000


@pytest.mark.req("FHIR-7")
@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_prefetched_is_answered_although_the_server_is_broken(fault: str) -> None:
    resources = base_patient().put("FVC").put("FVC supine").resources()
    alone = fhir_calls.say(fhir_calls.request("patient-view", None, resources))
    with running(FhirServer(resources, faults={"*": FAULTS[fault]})) as server:
        body = fhir_calls.request("patient-view", server.url, resources)
        said = fhir_calls.say(body, DEADLINE_MS)
    assert said.status == 200
    assert alone.rules <= said.rules <= alone.rules | MAY_ASK
    assert said.fetching_ms < DEADLINE_MS + GRACE_MS


@pytest.mark.req("FHIR-7", "ERR-2")
def test_calls_that_wait_for_a_slow_server_keep_nobody_else_from_an_answer() -> None:
    """Every place is taken by calls that wait; one more reads nothing, and all are answered."""
    settings = DemoSettings(today=fhir_calls.NOW, max_calls=1, deadline_ms=DEADLINE_MS)
    app = create_app(settings)
    resources = base_patient().resources()
    whole = fhir_calls.request("patient-view", None, resources)

    def post(body: dict[str, Any]) -> int:
        path = calls.path_of("patient-view")
        return app.test_client().post(path, json=body).status_code

    with running(FhirServer(resources, faults={"Condition": hang})) as server:
        body = fhir_calls.request("patient-view", server.url, resources)
        body["fhirAuthorization"] = fhir_calls.authorization()
        body["prefetch"] = {"patient": body["prefetch"]["patient"]}
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(post, body)
            while "Condition" not in server.types:
                assert not waiting.done()
            assert [post(whole) for _ in range(3)] == [200] * 3
            assert post(body) == 412
            assert not waiting.done()
        assert waiting.result() == 200


@pytest.mark.req("PFD-3")
def test_a_search_that_failed_is_named_on_a_card() -> None:
    assert "allergies" in call("patient-view", "AllergyIntolerance", "500").unread
    assert "prescriptions" in call("patient-view", "MedicationRequest", "500").unread
