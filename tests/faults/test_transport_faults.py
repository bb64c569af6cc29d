"""Faults of the way to a FHIR server that no test server makes on demand, played by responses."""

from collections.abc import Iterator

import orjson
import pytest
import requests
import responses

from cdshooks.fhir.access import Access
from cdshooks.fhir.client import Client, Fetched, Query
from cdshooks.security.outbound import Outbound

BASE = "https://fhir.example/r4"
SEARCH = "Observation?patient=anna-1&code=1742-6"
TOKEN = "token-of-the-caller"
EMPTY = orjson.dumps({"resourceType": "Bundle", "type": "searchset", "total": 0})
FHIR = "application/fhir+json"
BROKEN = [
    requests.exceptions.ConnectionError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ReadTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.TooManyRedirects,
    requests.exceptions.InvalidHeader,
    OSError,
]
STATUSES = [
    (201, "unusable"),
    (302, "unusable"),
    (401, "client_error"),
    (403, "client_error"),
    (404, "client_error"),
    (410, "client_error"),
    (429, "client_error"),
    (500, "server_error"),
    (502, "server_error"),
    (503, "server_error"),
]


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def read() -> tuple[Fetched, list[str]]:
    with Client(Outbound(), Access(BASE, TOKEN), 2) as client:
        [found] = client.read([Query("Observation", SEARCH)])
        return found, client.notes


@pytest.mark.parametrize("problem", BROKEN)
def test_a_connection_that_breaks_is_no_answer_and_its_note_names_nobody(
    server: responses.RequestsMock, problem: type[Exception]
) -> None:
    server.get(f"{BASE}/{SEARCH}", body=problem(f"{BASE}/{SEARCH} with {TOKEN}"))
    found, notes = read()
    assert (found.value, found.kind) == (None, "unreachable")
    assert notes == [f"Observation: no usable answer ({problem.__name__})"]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_only_status_200_is_an_answer(
    server: responses.RequestsMock, status: int, kind: str
) -> None:
    elsewhere = {"Location": f"{BASE}/other", "Retry-After": "0"}
    server.get(f"{BASE}/{SEARCH}", status=status, body=EMPTY, content_type=FHIR, headers=elsewhere)
    found, notes = read()
    assert (found.value, found.kind) == (None, kind)
    assert notes == [f"Observation: status {status}"]
    assert len(server.calls) == 1


@pytest.mark.parametrize("kind", [FHIR, f"{FHIR}; charset=UTF-8", "application/json"])
def test_the_token_goes_along_and_an_empty_searchset_is_an_answer(
    server: responses.RequestsMock, kind: str
) -> None:
    sent = responses.matchers.header_matcher({"Authorization": f"Bearer {TOKEN}"})
    server.get(f"{BASE}/{SEARCH}", body=EMPTY, content_type=kind, match=[sent])
    found, notes = read()
    assert (found.value, found.kind) == (orjson.loads(EMPTY), "read")
    assert notes == []
