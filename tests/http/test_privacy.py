"""Real calls full of planted names, ids and values: none of them comes out in a log or an error.

The search itself is the watch over the whole suite, see ``tests/conftest.py``.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from cdshooks.errors import CdsHooksError
from tests.support import calls
from tests.support.watch import Watch, leaks

Json = dict[str, Any]
PLANTED = "canary-zq"
TOLD = ("text", "display", "family", "given", "div", "unit")
RECORDED = sorted(path.stem for path in calls.REQUESTS.glob("*.json"))


@pytest.fixture(autouse=True)
def answers() -> None:
    """In this module the services answer for themselves."""


def planted(node: Any) -> Any:
    """A document with the canary in every text, and a number that occurs nowhere else."""
    if isinstance(node, list):
        return [planted(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _told(key, value) for key, value in node.items()}


def _told(key: str, value: Any) -> Any:
    if key in TOLD and isinstance(value, str):
        return f"{value} {PLANTED}"
    if key == "value" and isinstance(value, int | float):
        return 84.0613
    return planted(value)


def post(body: Json) -> tuple[int, str]:
    reply = (
        calls.app()
        .test_client()
        .post(
            calls.path_of(body["hook"]) + f"?patient={PLANTED}",
            json=body,
            headers={"X-Request-Id": f"{PLANTED} {PLANTED}", "Authorization": f"Bearer {PLANTED}"},
        )
    )
    return reply.status_code, reply.get_data(as_text=True)


def spoilt(body: Json) -> Iterator[Json]:
    """The call with a canary where each member and context field stands."""
    for name in ("hookInstance", "context", "prefetch", "fhirServer", "fhirAuthorization"):
        yield body | {name: f"{PLANTED} /"}
    for name in ("patientId", "userId", "encounterId"):
        yield body | {"context": body["context"] | {name: f"{PLANTED} /"}}
    yield body | {"fhirServer": None, "fhirAuthorization": {"access_token": PLANTED}}


@pytest.mark.req("REQ-9", "ERR-4")
@pytest.mark.parametrize("name", RECORDED)
def test_a_call_is_logged_without_its_patient(name: str, watch: Watch) -> None:
    status, _ = post(planted(calls.recorded(name)))
    assert status in (200, 412)
    assert watch.lines != []


@pytest.mark.req("REQ-9", "ERR-4")
def test_a_refusal_repeats_nothing(watch: Watch) -> None:
    for body in spoilt(calls.recorded("patient-view-fvc-46")):
        status, text = post(body)
        assert status == 400
        assert leaks([text]) == []
    assert len(watch.lines) == 9


@pytest.mark.req("PFD-2", "ERR-4")
def test_a_412_repeats_nothing() -> None:
    body = copy.deepcopy(calls.recorded("patient-view-fvc-46"))
    broken = {"resourceType": "OperationOutcome", "issue": [{"severity": "error",
              "code": "exception", "diagnostics": PLANTED}]}  # fmt: skip
    body["prefetch"] = dict.fromkeys(body["prefetch"], broken)
    status, text = post(body)
    assert status == 412
    assert leaks([text]) == []


@pytest.mark.parametrize("failure", [KeyError, ValueError, CdsHooksError, RecursionError])
def test_a_rule_that_fails_is_logged_without_its_message(
    failure: type[Exception], watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_of: Any) -> Any:
        raise failure(PLANTED)

    monkeypatch.setattr("cdshooks.engine.inputs.answered", failing)
    post(calls.recorded("patient-view-fvc-46"))
    said = [json.loads(line) for line in watch.lines]
    assert failure.__name__ in {line.get("error", "").partition(" ")[0] for line in said}
