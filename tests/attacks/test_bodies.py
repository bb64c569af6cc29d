"""Attacks in the body of a call, over a real socket, on a patient for whom every rule runs.

Each row is refused with a clear 4xx, or answered because it is harmless; never 5xx. A
refusal repeats nothing of what was sent, the next client is served, and the process does
not grow.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import calls
from tests.support.server import Server, serving
from tests.support.watch import leaks

Json = dict[str, Any]
PLANTED = "canary-zq"
VIEW, SIGN = "patient-view-fvc-46", "order-sign-riluzole-once-daily"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(CDSHOOKS_TODAY=calls.NOW.isoformat()) as running:
        yield running


def body(name: str = VIEW) -> Json:
    return copy.deepcopy(calls.recorded(name))


def text(document: Json) -> bytes:
    return json.dumps(document).encode()


def written(spelling: str, name: str = VIEW) -> bytes:
    """The call with every number of a quantity spelt as given, which JSON libraries would not."""
    document = json.dumps(_marked(body(name)))
    return document.replace('"@number"', spelling).encode()


def _marked(node: Any) -> Any:
    if isinstance(node, list):
        return [_marked(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: "@number" if isinstance(value, int | float) else _marked(value)
        for key, value in node.items()
    }


def observations(count: int, **members: Any) -> Json:
    """The call with many results of one kind."""
    document = body()
    [entry] = document["prefetch"]["breathing"]["entry"][:1]
    document["prefetch"]["breathing"]["entry"] = [
        {"resource": {**entry["resource"], "id": f"o{number}", **members}}
        for number in range(count)
    ]
    return document


def told(key: str, type: str, element: str, count: int) -> Json:
    """The call with many resources of one kind, each in words of its own, most of them signs."""
    document = body()
    document["prefetch"][key] = {
        "resourceType": "Bundle",
        "entry": [
            {
                "resource": {
                    "resourceType": type,
                    "id": f"{type}{number}",
                    "patient" if type == "AllergyIntolerance" else "subject": {
                        "reference": f"Patient/{document['context']['patientId']}"
                    },
                    element: {"text": f"{number} " + ("( " if number % 2 else "s ") * 145},
                }
            }
            for number in range(count)
        ],
    }
    return document


def drafts(count: int) -> Json:
    document = body(SIGN)
    orders = document["context"]["draftOrders"]
    [entry] = orders["entry"]
    orders["entry"] = [{"resource": {**entry["resource"], "id": f"r{n}"}} for n in range(count)]
    return document


def draft(**members: Any) -> Json:
    document = body(SIGN)
    document["context"]["draftOrders"]["entry"][0]["resource"] |= members
    return document


def context(name: str = VIEW, **fields: Any) -> Json:
    document = body(name)
    document["context"] |= fields
    return document


def nested(levels: int) -> bytes:
    inner = "[" * levels + "]" * levels
    return text(body() | {"deep": 0}).replace(b'"deep": 0', b'"deep": ' + inner.encode())


ROWS: dict[str, tuple[Callable[[], bytes | Json], int]] = {
    # Not JSON, or not a request.
    "nothing": (lambda: b"", 400),
    "half of it": (lambda: text(body())[:-100], 400),
    "two documents": (lambda: text(body()) * 2, 400),
    "a comment": (lambda: text(body()) + b"// canary-zq", 400),
    "byte order mark": (lambda: b"\xef\xbb\xbf" + text(body()), 400),
    "UTF-16": (lambda: text(body()).decode().encode("utf-16"), 400),
    "UTF-32": (lambda: text(body()).decode().encode("utf-32"), 400),
    "bad UTF-8": (lambda: text(body() | {"x": PLANTED}).replace(b"zq", b"\xff\xfe"), 400),
    "overlong UTF-8": (lambda: text(body() | {"x": PLANTED}).replace(b"zq", b"\xc0\xaf"), 400),
    "lone surrogate": (lambda: text(body() | {"x": "\ud800canary-zq"}), 400),
    "control character in a string": (lambda: b'{"hook": "canary-zq\x01"}', 400),
    "unclosed string": (lambda: b'{"hook": "canary-zq', 400),
    "XML with an entity": (lambda: b"<!DOCTYPE a [<!ENTITY b 'canary-zq'>]><a>&b;</a>", 400),
    "a pickle": (lambda: b"\x80\x04\x95canary-zq.", 400),
    "compressed": (lambda: b"\x1f\x8b\x08\x00canary-zq", 400),
    # Numbers.
    "infinite": (lambda: written("1e999"), 400),
    "minus infinite": (lambda: written("-1e999"), 400),
    "NaN": (lambda: written("NaN"), 400),
    "Infinity": (lambda: written("Infinity"), 400),
    "400 digits": (lambda: written("9" * 400), 400),
    "leading zero": (lambda: written("012"), 400),
    "hexadecimal": (lambda: written("0x10"), 400),
    "300 digits": (lambda: written("9" * 300), 200),
    "the largest": (lambda: written("1.7976931348623157e308"), 200),
    "the smallest": (lambda: written("5e-324"), 200),
    "vanishing": (lambda: written("1e-999999999"), 200),
    "minus nothing": (lambda: written("-0"), 200),
    "minus nothing, with a point": (lambda: written("-0.0"), 200),
    "5,000 decimals": (lambda: written("46." + "3" * 5000), 200),
    "beyond 64 bits": (lambda: written("18446744073709551617"), 200),
    "the largest in an order": (lambda: written("1.7976931348623157e308", SIGN), 200),
    "300 digits in an order": (lambda: written("9" * 300, SIGN), 200),
    "the smallest in an order": (lambda: written("5e-324", SIGN), 200),
    "numerals": (lambda: written('"1e99999999"', SIGN), 200),
    "100,000 digits as text": (lambda: written('"' + "9" * 100_000 + '"', SIGN), 200),
    "exponents as text": (lambda: written('"1E+400000000"'), 200),
    # Size and shape.
    "a hundred levels": (lambda: nested(99), 200),
    "over a hundred levels": (lambda: nested(100), 400),
    "100,000 levels": (lambda: nested(100_000), 400),
    "over 250,000 lists": (lambda: body() | {"x": [[]] * 250_001}, 413),
    "100 draft orders": (lambda: drafts(100), 200),
    "over 100 draft orders": (lambda: drafts(101), 413),
    "over 100 selections": (lambda: context(selections=[PLANTED] * 101), 413),
    "over 100 appointments": (lambda: context(appointments={"entry": [{}] * 101}), 413),
    "over 100 prefetch keys": (
        lambda: body() | {"prefetch": {f"{PLANTED}{n}": None for n in range(101)}},
        413,
    ),
    "10,000 entries": (lambda: observations(10_000), 200),
    "over 10,000 entries": (lambda: observations(10_001), 413),
    "over 10 MiB": (lambda: body() | {"x": "a" * 10 * 1024 * 1024}, 413),
    "20,000 codings": (
        lambda: observations(1, code={"coding": [{"code": "19872-1"}] * 20_000}),
        200,
    ),
    "20,000 components": (lambda: observations(1, component=[{"code": {}}] * 20_000), 200),
    "2,000 allergies in words of their own": (
        lambda: told("allergies", "AllergyIntolerance", "code", 2000),
        200,
    ),
    "5,000 drugs in words of their own": (
        lambda: told("medications", "MedicationRequest", "medicationCodeableConcept", 5000),
        200,
    ),
    "four million letters": (lambda: observations(1, code={"text": "a " * 2_000_000}), 200),
    "a long text of directions": (
        lambda: draft(dosageInstruction=[{"text": "1 tablet " * 200_000}]),
        200,
    ),
    "1,000 lines of directions": (
        lambda: draft(dosageInstruction=[{"text": "50 mg", "asNeededBoolean": 1}] * 1000),
        200,
    ),
    "10,000 invalid elements": (lambda: draft(category=[{"coding": 5}] * 10_000), 200),
    # Names, ids and keys.
    "a hook of a million letters": (lambda: body() | {"hook": PLANTED * 100_000}, 400),
    "an id of a million letters": (lambda: context(patientId="a" * 1_000_000), 400),
    "an id with a NUL": (lambda: context(patientId="canary-zq\x00"), 400),
    "an id with a path": (lambda: context(patientId="../../canary-zq"), 400),
    "an id of a query": (lambda: context(encounterId="1\n&_count=canary-zq"), 400),
    "a user of a million letters": (lambda: context(userId="A/" + "a" * 1_000_000), 400),
    "a server of a million letters": (
        lambda: body() | {"fhirServer": "https://a.example.org/" + "a" * 1_000_000},
        400,
    ),
    "a server that is a file": (lambda: body() | {"fhirServer": "file:///etc/passwd"}, 400),
    "an expiry beyond time": (
        lambda: (
            body()
            | {
                "fhirServer": "https://a.example.org",
                "fhirAuthorization": {"access_token": PLANTED, "expires_in": 1e300},
            }
        ),
        200,
    ),
    "NUL in texts": (lambda: observations(1, note=[{"text": "\x00"}], status="\x00"), 200),
    "NUL in a key": (lambda: body() | {"\x00": {"\x00": "\x00"}}, 200),
    "the same key twice": (lambda: b'{"hook": "x", ' + text(body())[1:], 200),
    "the same key twice, the last one wrong": (
        lambda: text(body())[:-1] + b', "hook": "canary-zq"}',
        400,
    ),
    "keys of Python": (lambda: body() | {"__class__": {"__init__": 1}, "__proto__": {"a": 1}}, 200),
    "a template": (lambda: context(userId="Practitioner/{{7*7}}${7*7}"), 200),
    "markup in a name": (
        lambda: draft(medicationCodeableConcept={"text": "<script>riluzole</script>"}),
        200,
    ),
    "an order around a resource of no known type": (
        lambda: draft(id="1", contained=[{"resourceType": "VendorThing"}]),
        200,
    ),
    "a text where extensions stand": (lambda: draft(id="1", _status="1.0"), 200),
    "directional characters": (
        lambda: draft(medicationCodeableConcept={"text": "riluzole\u202e\u2066\ufeff"}),
        200,
    ),
    # Dates.
    "the last day of all": (lambda: observations(1, effectiveDateTime="9999-12-31"), 200),
    "the first day of all": (lambda: observations(1, effectiveDateTime="0001-01-01"), 200),
    "the last instant of all, further west": (
        lambda: observations(1, effectiveDateTime="9999-12-31T23:59:59-14:00"),
        200,
    ),
    "no day at all": (lambda: observations(1, effectiveDateTime="2026-99-99"), 200),
    "a supply for a million years": (
        lambda: draft(dispenseRequest={"expectedSupplyDuration": {"value": 1e9, "unit": "a"}}),
        200,
    ),
}


def sent(server: Server, name: str) -> requests.Response:
    made = ROWS[name][0]()
    data = made if isinstance(made, bytes) else text(made)
    # Which service is called does not count before the body is read.
    service = "als-order-sign" if b'"order-sign"' in data else "als-chart-review"
    return requests.post(
        f"{server.url}/cds-services/{service}",
        data=data,
        headers={"Content-Type": "application/json"},
        timeout=30,
    )


@pytest.mark.req("REQ-9", "ERR-2", "ERR-4", "JSON-1", "PFD-6")
@pytest.mark.parametrize("name", ROWS)
def test_a_hostile_body_is_refused_or_harmless(name: str, server: Server) -> None:
    reply = sent(server, name)
    assert reply.status_code == ROWS[name][1]
    if reply.status_code >= 400:
        assert reply.json()["resourceType"] == "OperationOutcome"
        assert leaks([reply.text]) == []
    # A summary is plain text; the detail is Markdown, where this would be markup.
    details = [card["detail"] for card in reply.json().get("cards", [])]
    assert not [detail for detail in details if "<script" in detail]
    assert server.is_well()


def memory(server: Server) -> int:
    """Resident memory of the worker in bytes."""
    pid = server.process.pid
    [worker] = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    status = Path(f"/proc/{worker}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


LIGHT = [name for name, (made, _) in ROWS.items() if len(repr(made())) < 20_000]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads memory from /proc")
def test_two_hundred_hostile_bodies_leave_the_process_as_large_as_it_was(server: Server) -> None:
    chosen = random.Random(7)
    for name in LIGHT:
        sent(server, name)
    before = memory(server)
    for name in chosen.choices(LIGHT, k=200):
        assert sent(server, name).status_code == ROWS[name][1]
    assert memory(server) - before < 20 * 1024 * 1024
