"""A caller names the server: what it must not be able to make this service do."""

import gc
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from cdshooks.errors import CdsHooksError
from cdshooks.fhir.access import Access
from cdshooks.fhir.client import Client, Query
from cdshooks.security.outbound import Outbound, Refused, Reply, Unreachable
from tests.support import fhir_calls
from tests.support.base_patient import base_patient
from tests.support.fhir_server import EMPTY, FAULTS, FhirServer, body, redirect, running

Json = dict[str, Any]
GRACE_S = 0.3
"""For a busy machine; the faults would go on for much longer."""


STRANGERS = Outbound(allow_http=True)
LISTED = Outbound(allow_http=True, private=("*",))
LOCAL = Outbound(allow_http=True, private=("http://127.0.0.1:*",))
for made in (STRANGERS, LISTED, LOCAL):
    made.prepare()


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with running(FhirServer(base_patient().resources())) as started:
        yield started


def get(url: str, outbound: Outbound = STRANGERS, *, seconds: float = 5) -> Reply:
    return outbound.get(url, timeout_s=seconds, max_bytes=1_000_000)


def resolves_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names resolve to these addresses, another answer at each question; returns the questions."""
    asked: list[str] = []
    turns = iter(answers)

    def looked_up(host: str, port: int, *_args: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in next(turns)]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return asked


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_this_machine_is_not_read_however_it_is_written(host: str, server: FhirServer) -> None:
    port = server.url.split(":")[2]
    with pytest.raises(CdsHooksError):
        get(f"http://{host}:{port}")
    assert server.asked == []


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "fd00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:db8::1",
    ],
)
def test_a_name_that_resolves_to_an_internal_address_is_not_read(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves_to(monkeypatch, [address])
    with pytest.raises(Refused) as refusal:
        get("http://ehr.example.org/fhir")
    assert "ehr.example.org" not in str(refusal.value)


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0"])
def test_a_listed_name_never_leads_to_metadata(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves_to(monkeypatch, [address])
    with pytest.raises(Refused):
        get("http://ehr.example.org/", LISTED)


@pytest.mark.req("FHIR-6")
def test_a_listed_name_does_not_turn_into_this_machine(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.url.split(":")[2].partition("/")[0]
    resolves_to(monkeypatch, ["127.0.0.1"])
    with pytest.raises(Refused):
        get(f"http://ehr.example.org:{port}/", LISTED)
    assert server.asked == []


@pytest.mark.req("FHIR-6")
def test_a_name_is_resolved_once_and_the_checked_address_is_called(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.url.split(":")[2].partition("/")[0]
    asked = resolves_to(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    with pytest.raises(Unreachable):
        get(f"http://rebinding.example.org:{port}/", seconds=0.2)
    assert asked == ["rebinding.example.org"]
    assert server.asked == []


@pytest.mark.req("FHIR-6")
def test_internal_addresses_among_public_ones_are_passed_over(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.url.split(":")[2].partition("/")[0]
    resolves_to(monkeypatch, ["127.0.0.1", "93.184.215.14"])
    with pytest.raises(Unreachable):
        get(f"http://mixed.example.org:{port}/", seconds=0.2)
    assert server.asked == []


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "//example.org/",
        "example.org",
        "http://",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org\\@localhost/",
        "http://example.org /",
        "http://example.org\r\nX-Injected: 1/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://exämple.org/",
        "http://example.org:99999/",
        "http://example.org:port/",
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        get(url)


@pytest.mark.req("FHIR-6")
def test_plain_http_is_refused_outside_the_demo(server: FhirServer) -> None:
    with pytest.raises(Refused):
        get(server.url, Outbound(private=("http://127.0.0.1:*",)))
    assert server.asked == []


@pytest.mark.req("FHIR-6")
def test_only_the_listed_port_of_this_machine_is_read(server: FhirServer) -> None:
    with running(FhirServer()) as other:
        outbound = Outbound(allow_http=True, private=(server.url.removesuffix("/fhir"),))
        assert get(f"{server.url}/Patient/anna", outbound).status == 200
        with pytest.raises(Refused):
            get(f"{other.url}/Patient/anna", outbound)
    assert other.asked == []


@pytest.mark.req("FHIR-6")
def test_the_environment_names_no_proxy(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(FhirServer()) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert get(f"{server.url}/Patient/anna", LOCAL).status == 200
    assert proxy.asked == []


@pytest.mark.req("FHIR-6")
def test_a_password_file_adds_no_credentials(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(netrc))
    get(f"{server.url}/Patient/anna", LOCAL)
    assert "Authorization" not in server.asked[0].headers


@pytest.mark.req("FHIR-6")
def test_a_redirect_is_an_answer_and_not_followed(server: FhirServer) -> None:
    with running(FhirServer()) as other:
        server.faults["Patient"] = redirect(f"{other.url}/Patient/anna")
        assert get(f"{server.url}/Patient/anna", LOCAL).status == 302
    assert other.asked == []
    assert len(server.asked) == 1


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize("fault", ["hangs", "slow body", "slow headers"])
def test_a_slow_server_is_left_after_the_time_given(fault: str, server: FhirServer) -> None:
    server.faults["*"] = FAULTS[fault]
    started = time.perf_counter()
    with pytest.raises(Unreachable):
        get(f"{server.url}/Patient/anna", LOCAL, seconds=0.3)
    assert time.perf_counter() - started < 0.3 + GRACE_S


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize("fault", ["huge", "bomb", "many headers", "half an answer"])
def test_an_answer_without_measure_is_not_read(fault: str, server: FhirServer) -> None:
    server.faults["*"] = FAULTS[fault]
    with pytest.raises(Unreachable):
        get(f"{server.url}/Patient/anna", LOCAL, seconds=5)


@pytest.mark.req("FHIR-6")
def test_a_name_that_does_not_resolve_in_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: time.sleep(1) or [])
    started = time.perf_counter()
    with pytest.raises(Unreachable):
        get("http://slow.example.org/", LOCAL, seconds=0.2)
    assert time.perf_counter() - started < 0.7


@pytest.mark.req("FHIR-4")
def test_no_error_and_no_representation_holds_a_token(server: FhirServer) -> None:
    token = "secret-token"
    with pytest.raises(Unreachable) as problem:
        LOCAL.get(
            "http://127.0.0.1:1/Patient/anna",
            headers={"Authorization": f"Bearer {token}"},
            timeout_s=1,
            max_bytes=10,
        )
    assert problem.value.__cause__ is None
    assert problem.value.__suppress_context__
    shown = f"{problem.value!r} {Access(server.url, token)!r} {Query('Patient', 'Patient/anna')!r}"
    assert token not in shown
    assert "anna" not in shown


@pytest.mark.req("FHIR-4")
@pytest.mark.parametrize("fault", ["hangs", "slow headers", "half an answer"])
def test_a_failed_read_leaves_nothing_of_its_request_in_memory(
    fault: str, server: FhirServer
) -> None:
    server.faults["*"] = FAULTS[fault]
    gc.collect()
    gc.disable()
    try:
        with suppress(Unreachable):
            get(f"{server.url}/Patient/anna", LOCAL, seconds=0.2)
        left = [one for one in gc.get_objects() if type(one) is requests.PreparedRequest]
    finally:
        gc.enable()
    assert left == []


@pytest.mark.req("FHIR-4")
def test_connections_are_kept_and_shared(server: FhirServer) -> None:
    outbound = Outbound(allow_http=True, private=("http://127.0.0.1:*",))
    for _ in range(5):
        get(f"{server.url}/Patient/anna", outbound)
    assert len(server.asked) == 5
    [pool] = outbound._adapter.poolmanager.pools._container.values()
    assert pool.num_connections == 1


def read(server: FhirServer, *queries: Query, token: str = fhir_calls.TOKEN) -> list[Json | None]:
    with Client(LOCAL, Access(server.url, token), 2) as client:
        return [fetched.value for fetched in client.read(queries)]


CONDITIONS = Query("Condition", "Condition?patient=anna")


@pytest.mark.req("FHIR-6", "PFD-5")
@pytest.mark.parametrize(
    "where",
    ["{other}/Condition?page=2", "//127.0.0.1:{port}/fhir", "http://u@127.0.0.1:{mine}/x", "\\\\x"],
)
def test_a_further_page_elsewhere_is_not_read(where: str, server: FhirServer) -> None:
    with running(FhirServer()) as other:
        ports = {"port": other.url.split(":")[2][:-5], "mine": server.url.split(":")[2][:-5]}
        url = where.format(other=other.url, **ports)
        link = {"relation": "next", "url": url}
        server.faults["Condition"] = body(EMPTY | {"link": [link]})
        [found] = read(server, CONDITIONS)
    assert found is not None
    assert found["link"] == [link]
    assert other.asked == []
    assert len(server.asked) == 1


@pytest.mark.req("PFD-5")
def test_pages_that_lead_in_a_circle_end(server: FhirServer) -> None:
    link = {"relation": "next", "url": f"{server.url}/Condition?page=2"}
    server.faults["Condition"] = body(EMPTY | {"link": [link]})
    [found] = read(server, CONDITIONS)
    assert found is not None
    assert found["link"] == [link]
    assert len(server.asked) == 2


@pytest.mark.req("FHIR-6")
def test_the_token_goes_to_the_listed_server_only() -> None:
    resources = base_patient().resources()
    with running(FhirServer(resources)) as listed, running(FhirServer()) as other:
        link = {"relation": "next", "url": f"{other.url}/Condition?page=2"}
        listed.faults["Condition"] = body(EMPTY | {"link": [link]})
        listed.faults["Observation"] = redirect(f"{other.url}/Observation")
        request = fhir_calls.request("patient-view", listed.url, resources)
        request |= {"prefetch": {}, "fhirAuthorization": fhir_calls.authorization()}
        fhir_calls.say(request)
    assert other.asked == []
    assert {one.headers["Authorization"] for one in listed.asked} == {f"Bearer {fhir_calls.TOKEN}"}


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize(
    "named", ["http://127.0.0.1@{rest}", "http://127.0.0.1:1#@{rest}", "http://{rest}/../x?y"]
)
def test_a_server_dressed_as_a_listed_one_is_not_called(named: str, server: FhirServer) -> None:
    request = fhir_calls.request("patient-view", None, base_patient().resources())
    request["fhirServer"] = named.format(rest=server.url.removeprefix("http://"))
    request["prefetch"].pop("allergies")
    assert fhir_calls.say(request).status == 200
    assert server.asked == []


@pytest.mark.req("PFD-6")
def test_an_answer_about_somebody_else_says_nothing() -> None:
    theirs = [r | {"id": f"x-{i}"} for i, r in enumerate(base_patient().resources())]
    for resource in theirs:
        for element in ("subject", "patient"):
            if element in resource:
                resource[element] = {"reference": "Patient/eve"}
    with running(FhirServer(theirs)) as server:
        request = fhir_calls.request("patient-view", server.url, base_patient().resources())
        del request["prefetch"]["conditions"]
        said = fhir_calls.say(request)
    assert said.rules == set()


@pytest.mark.req("PFD-6")
def test_another_patient_than_asked_for_is_no_patient() -> None:
    eve = {"resourceType": "Patient", "id": "eve", "gender": "female"}
    with running(FhirServer(faults={"Patient": body(eve)})) as server:
        assert read(server, Query("Patient", "Patient/anna")) == [None]


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize("id", ["1&_id=2", "..", "1?_id=2", "1#x", "1%2F..%2F2", "*", "a,b"])
def test_an_id_cannot_change_the_query(id: str, server: FhirServer) -> None:
    request = fhir_calls.request("patient-view", server.url, [], prefetch={})
    request["context"]["patientId"] = id
    assert fhir_calls.say(request).status == 412
    paths = [one.path for one in server.asked]
    assert all("_id=" not in path and "#" not in path for path in paths)
    assert all(path.count("/") == 3 for path in paths if path.startswith("/fhir/Patient"))
    assert all(
        path.startswith(("/fhir/Patient/", "/fhir/Condition?", "/fhir/Medication"))
        for path in paths
    )
