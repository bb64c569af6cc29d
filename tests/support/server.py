"""The service as ``cdshooks serve`` runs it: gunicorn, a process of its own, a real socket."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import environ
from threading import Thread
from typing import Any

import requests

from tests.support.watch import leaks


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back on a socket: status, header lines in lower case, body."""

    status: int
    head: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """A running service; ``said`` grows with every line that it writes."""

    process: subprocess.Popen[str]
    url: str
    said: list[str] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(self.address, timeout=15)

    def send(self, sent: bytes) -> list[Reply]:
        """Every answer to what is sent on one connection, until the service closes it."""
        with self.connect() as connection, connection.makefile("rb") as stream:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return list(_replies(stream))

    def is_well(self) -> bool:
        """Whether the next client is served as ever."""
        return requests.get(f"{self.url}/cds-services", timeout=15).status_code == 200


def _replies(stream: Any) -> Iterator[Reply]:
    while line := stream.readline():
        status = int(line.split()[1])
        head = b"".join(iter(stream.readline, b"\r\n")).decode("latin-1").lower()
        length = re.search(r"^content-length: (\d+)", head, re.MULTILINE)
        yield Reply(status, head, stream.read(int(length[1]) if length else 0))


def wait(holds: Callable[[], bool]) -> bool:
    """Whether it holds before long."""
    end = time.monotonic() + 30
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@contextmanager
def serving(workers: str = "1", **variables: str) -> Iterator[Server]:
    """A service on a free port; at its end, nothing of a patient may be in what it wrote."""
    command = [sys.executable, "-m", "cdshooks", "serve", "--port", "0", "--workers", workers]
    process = subprocess.Popen(
        command,
        env=environ | {"CDSHOOKS_AUTH": "off"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    # Leaving the block of the process waits for its end and closes its pipe.
    with process:
        try:
            server = Server(process, _address(process), said)
            reader = Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
            reader.start()
            yield server
        finally:
            process.terminate()
        reader.join(timeout=15)
    assert leaks(said) == []
    assert not [line for line in said if "Traceback" in line]


def _address(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        told = re.search(r"listens on (http://\S+)", line)
        if told:
            return told[1]
    raise AssertionError("the service ended without telling its address")
