"""The FHIR server of an EHR that fails on command, as a process of its own, over TLS.

A line on its standard input says how it is from now on, see ``WAYS``.
"""

import json
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

EMPTY = json.dumps({"resourceType": "Bundle", "type": "searchset", "total": 0}).encode()
WAYS = ("well", "slow", "error 500", "reset", "garbage")
SLOW_S = 4.0
"""Longer than any call waits."""


class Handler(BaseHTTPRequestHandler):
    """Answers every search with nothing found, or worse; keeps connections."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    way = WAYS[0]

    def log_message(self, *_args: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        """One search."""
        if self.way == "reset":
            # Closing with data unsent and no time to linger: the peer sees a reset.
            now = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            self.close_connection = True
            return
        if self.way == "slow":
            time.sleep(SLOW_S)
        body = b'{"resourceType": "Bundle", "entry": [\\u0000' if self.way == "garbage" else EMPTY
        self.send_response(500 if self.way == "error 500" else 200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_args: object) -> None:
        """Whoever calls gives up early."""


def certificate(file: Path) -> None:
    """Writes a key and its certificate for localhost, signed by itself, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, form, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(pem) + secret)


@dataclass(frozen=True, slots=True)
class Ehr:
    """The process of the FHIR server, its address, and the file by which it is trusted."""

    process: "subprocess.Popen[str]"
    url: str
    certificate: Path

    def become(self, way: str) -> None:
        """Lets it be in one of ``WAYS`` from now on."""
        print(way, file=self.process.stdin, flush=True)


@contextmanager
def running(folder: Path) -> Iterator[Ehr]:
    """The server as a process, until the end of the block."""
    file, pipe = folder / "ehr.pem", subprocess.PIPE
    certificate(file)
    command = [sys.executable, "-m", "bench.soak.ehr", str(file)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield Ehr(process, f"https://localhost:{port}/fhir", file)
        finally:
            process.terminate()


def main(file: str) -> None:
    """Serves on a free port, which it prints, until its standard input ends."""
    server = _Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    for line in sys.stdin:
        Handler.way = line.strip()


if __name__ == "__main__":
    main(sys.argv[1])
