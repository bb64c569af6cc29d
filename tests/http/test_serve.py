"""The commands ``serve`` and ``demo`` as processes of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from cdshooks.cli import main
from cdshooks.feedback import Store
from cdshooks.feedback.audit import entries

SENT = {"patient": {"resourceType": "Patient", "id": "amy-17"}, "conditions": None}
"""Enough to know that the patient does not have ALS."""
Started = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts a command on a free port and gives its process and address."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **variables: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cdshooks", *arguments, "--port", "0"],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        return process, address_told_by(process)

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=15)


def address_told_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        # The last line of both start pages; the box of the demo comes before.
        told = re.search(r"(?:listens on |curl -s )(http://[^/\s]+)", line)
        if told:
            return told[1]
    raise AssertionError("the command ended without telling its address")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_command_serves_until_it_is_told_to_end(
    started: Started, patient_view: dict[str, Any], command: str, stop: signal.Signals
) -> None:
    process, url = started(command, CDSHOOKS_AUTH="off")
    path = f"{url}/cds-services//als-chart-review"
    with requests.Session() as session:
        assert session.get(f"{url}/healthz", timeout=10).json() == {"status": "ok"}
        assert session.get(f"{url}/cds-services/", timeout=10).status_code == 200
        answered = session.post(path, json=patient_view | {"prefetch": SENT}, timeout=10)
        assert answered.json()["cards"] == []
        process.send_signal(stop)
        output, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Traceback" not in output


def test_what_waits_to_be_written_is_written_when_the_service_ends(
    started: Started, patient_view: dict[str, Any], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    process, address = started("serve", CDSHOOKS_AUTH="off", CDSHOOKS_DATABASE_URL=url)
    path = f"{address}/cds-services/als-chart-review"
    for _ in range(20):
        requests.post(path, json=patient_view | {"prefetch": SENT}, timeout=10)
    process.terminate()
    process.communicate(timeout=15)
    with closing(Store(url)) as store:
        assert len(list(entries(store))) == 20


def test_gunicorn_reads_chunks_and_refuses_what_is_too_long(
    started: Started, patient_view: dict[str, Any]
) -> None:
    _, url = started("demo", CDSHOOKS_MAX_BODY_BYTES="1000")
    path = f"{url}/cds-services/als-chart-review"
    headers = {"Content-Type": "application/json"}
    small = requests.Request("POST", path, json=patient_view | {"prefetch": SENT}).prepare().body
    assert isinstance(small, bytes)
    answered = requests.post(path, data=iter([small]), headers=headers, timeout=10)
    assert answered.status_code == 200
    for data in (b" " * 3_000_000, iter([b" " * 900] * 3000)):
        refused = requests.post(path, data=data, headers=headers, timeout=10)
        assert refused.status_code == 413
        assert refused.json()["resourceType"] == "OperationOutcome"
    with closing(raw(url)) as connection:
        connection.sendall(b"POST /cds-services/als-chart-review HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 411 ")


@pytest.mark.req("ERR-2", "REQ-9")
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /jane doe HTTP/9.x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nJane Doe: 1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nA: " + b"jane" * 9000 + b"\r\n\r\n", b"431"),
    ],
)
def test_what_gunicorn_cannot_read_is_refused_in_the_same_form(
    started: Started, sent: bytes, status: bytes
) -> None:
    process, url = started("demo")
    with closing(raw(url)) as connection:
        connection.sendall(sent)
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"OperationOutcome" in body
    process.terminate()
    output, _ = process.communicate(timeout=15)
    assert "jane" not in (output + body.decode()).lower()


def raw(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_nothing_starts_that_requires_authentication_and_trusts_nobody(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDSHOOKS_AUTH", "required")
    result = CliRunner().invoke(main, [command, "--port", "0"])
    assert result.exit_code == 1
    assert "CDSHOOKS_TRUSTED_CLIENTS: expected a TOML file" in result.output
    assert "CDSHOOKS_AUTH=off" in result.output


def test_serve_warns_when_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_AUTH", "off")
    monkeypatch.setattr("cdshooks.cli.create_app", lambda _settings: None)

    def announced(_app: Any, listener: socket.socket, **options: Any) -> None:
        listener.close()
        options["announce"]()

    monkeypatch.setattr("cdshooks.serve.run", announced)
    result = CliRunner().invoke(main, ["serve", "--port", "0"])
    assert result.exit_code == 0
    assert result.stderr.startswith("WARNING: CDSHOOKS_AUTH=off")
    assert result.stdout == ""


def test_an_address_of_another_machine_is_one_line() -> None:
    # An address of TEST-NET-1, which no machine has.
    result = CliRunner().invoke(main, ["demo", "--host", "192.0.2.1", "--port", "5000"])
    assert result.exit_code == 1
    assert result.output == (
        "Error: cannot listen on 192.0.2.1 port 5000: cannot assign requested address; "
        "choose another with --host or --port\n"
    )


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use_is_one_line(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_AUTH", "off")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, [command, "--port", port])
    assert result.exit_code == 1
    assert result.output == (
        f"Error: cannot listen on 127.0.0.1 port {port}: the port is in use; "
        "choose another with --host or --port\n"
    )


def test_a_wrong_setting_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSHOOKS_PREFETCH", "everything")
    result = CliRunner().invoke(main, ["demo", "--port", "0"])
    assert (result.exit_code, result.output) == (
        1,
        "Error: CDSHOOKS_PREFETCH: expected core or full\n",
    )


def test_the_module_is_the_command() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cdshooks", "--help"], capture_output=True, text=True, check=True
    )
    assert "Usage: python -m cdshooks" in told.stdout
    assert "serve" in told.stdout
    assert "demo" in told.stdout
