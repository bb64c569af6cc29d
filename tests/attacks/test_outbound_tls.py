"""Over TLS: the certificate of the name that was asked for, and the same limits."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.soak import ehr
from cdshooks.security.outbound import Outbound, Refused, Unreachable
from tests.support.fhir_server import FAULTS, FhirServer, running_tls

PATIENT = {"resourceType": "Patient", "id": "anna"}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost and its key, signed by itself."""
    file = tmp_path / "site.pem"
    ehr.certificate(file)
    return file


@pytest.fixture
def server(certificate: Path) -> Iterator[FhirServer]:
    with running_tls(FhirServer([PATIENT]), certificate) as started:
        yield started


@pytest.fixture
def outbound(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Outbound:
    """One that trusts the site's own certificate, as the machine's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return Outbound(private=("https://localhost:*", "https://127.0.0.1:*"))


def get(outbound: Outbound, url: str, seconds: float = 2) -> int:
    return outbound.get(f"{url}/Patient/anna", timeout_s=seconds, max_bytes=10_000).status


@pytest.mark.req("TLS-1", "FHIR-6")
def test_a_certificate_that_the_machine_trusts_is_accepted(
    server: FhirServer, outbound: Outbound
) -> None:
    assert [get(outbound, server.url) for _ in range(3)] == [200] * 3


@pytest.mark.req("TLS-1", "FHIR-6")
def test_a_certificate_that_nobody_vouches_for_is_refused(server: FhirServer) -> None:
    with pytest.raises(Unreachable):
        get(Outbound(private=("https://localhost:*",)), server.url)
    assert server.asked == []


@pytest.mark.req("TLS-1", "FHIR-6")
def test_a_certificate_of_another_name_is_refused(server: FhirServer, outbound: Outbound) -> None:
    with pytest.raises(Unreachable):
        get(outbound, server.url.replace("localhost", "127.0.0.1"))
    assert server.asked == []


@pytest.mark.req("FHIR-6")
def test_an_address_is_checked_over_tls_too(server: FhirServer) -> None:
    with pytest.raises(Refused):
        get(Outbound(), server.url)
    assert server.asked == []


@pytest.mark.req("FHIR-6")
@pytest.mark.parametrize("fault", ["hangs", "slow body", "slow headers"])
def test_a_slow_server_is_left_over_tls_too(
    fault: str, server: FhirServer, outbound: Outbound
) -> None:
    get(outbound, server.url)
    server.faults["*"] = FAULTS[fault]
    started = time.perf_counter()
    with pytest.raises(Unreachable):
        get(outbound, server.url, 0.3)
    assert time.perf_counter() - started < 0.6


@pytest.mark.req("FHIR-6")
def test_a_handshake_that_never_comes_is_left(outbound: Outbound) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outbound.prepare()
        started = time.perf_counter()
        with pytest.raises(Unreachable):
            get(outbound, f"https://localhost:{silent.getsockname()[1]}/fhir", 0.3)
        assert time.perf_counter() - started < 0.6
