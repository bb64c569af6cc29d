"""A FHIR server on loopback that answers from a list of resources, and misbehaves on demand."""

import gzip
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]
FHIR = "application/fhir+json"
BOMB = gzip.compress(b"[" + b" " * 30_000_000, 6)
OUTCOME: Json = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "exception"}],
}


@dataclass(frozen=True)
class Asked:
    """One request that arrived: its resource type, path with query, and headers."""

    type: str
    path: str
    headers: dict[str, str]


Fault = Callable[["Handler", "FhirServer", str], None]


@dataclass
class FhirServer:
    """What it holds, which types misbehave, and what it was asked."""

    resources: list[Json] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    page: int = 1000
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def types(self) -> list[str]:
        """The types that were asked for, in order, each once."""
        return list(dict.fromkeys(one.type for one in self.asked))

    def held(self, path: str) -> tuple[int, Json]:
        """Status and body that a well-behaved server answers with."""
        parts = urlsplit(path)
        segments = [unquote(s) for s in parts.path.removeprefix("/fhir/").split("/")]
        kind = [r for r in self.resources if r.get("resourceType") == segments[0]]
        if len(segments) > 1:
            found = next((r for r in kind if r.get("id") == segments[1]), None)
            return (200, found) if found else (404, OUTCOME)
        query = parse_qs(parts.query)
        codes = query.get("code", [""])[0].split(",")
        if codes != [""]:
            kind = [r for r in kind if _codes(r) & set(codes)]
        start = int(query.get("_start", ["0"])[0])
        bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(kind)}
        page = kind[start : start + self.page]
        if page:
            bundle["entry"] = [{"resource": r, "search": {"mode": "match"}} for r in page]
        if start + self.page < len(kind):
            bare = path.partition("&_start=")[0]
            url = f"{self.url.removesuffix('/fhir')}{bare}&_start={start + self.page}"
            bundle["link"] = [{"relation": "next", "url": url}]
        return 200, bundle


def _codes(resource: Json) -> set[str]:
    return {str(coding.get("code")) for coding in resource.get("code", {}).get("coding", [])}


class Handler(BaseHTTPRequestHandler):
    """Answers GET; keeps connections, as real servers do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def log_message(self, *_args: object) -> None:
        """Nothing: what went wrong is what a test is about."""

    def do_GET(self) -> None:
        fhir = self.server.fhir
        type = urlsplit(self.path).path.removeprefix("/fhir/").split("/")[0]
        fhir.asked.append(Asked(type, self.path, dict(self.headers)))
        fault = fhir.faults.get(type) or fhir.faults.get("*")
        try:
            if fault:
                fault(self, fhir, self.path)
            else:
                status, body = fhir.held(self.path)
                self.say(status, body)
        except OSError:
            self.close_connection = True

    def say(self, status: int, body: Json | bytes, **headers: str) -> None:
        """A whole answer; ``headers`` with underscores for hyphens."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.begin(status, **({"Content_Length": str(len(text))} | headers))
        self.wfile.write(text)

    def begin(self, status: int, **headers: str) -> None:
        """Status and headers only."""
        self.send_response(status)
        for name, value in ({"Content_Type": FHIR} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def drip(self, piece: bytes, fhir: FhirServer) -> None:
        """A byte now and then until the other side gives up or the test is over."""
        while not fhir.over.is_set():
            self.wfile.write(piece)
            self.wfile.flush()
            fhir.over.wait(0.05)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fhir: FhirServer

    def handle_error(self, *_args: object) -> None:
        """A client that left early is expected."""


@contextmanager
def running(fhir: FhirServer) -> Iterator[FhirServer]:
    """The server at ``fhir.url`` until the end of the block."""
    server = _Server(("127.0.0.1", 0), Handler)
    fhir.url = f"http://127.0.0.1:{server.server_port}/fhir"
    with _served(server, fhir):
        yield fhir


@contextmanager
def running_tls(fhir: FhirServer, certificate: Path) -> Iterator[FhirServer]:
    """The same over TLS, as localhost, with the certificate and key of one file."""
    server = _Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    fhir.url = f"https://localhost:{server.server_port}/fhir"
    with _served(server, fhir):
        yield fhir


@contextmanager
def _served(server: _Server, fhir: FhirServer) -> Iterator[None]:
    server.fhir = fhir
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        fhir.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def status(code: int) -> Fault:
    """Always this status, with an OperationOutcome."""
    return lambda handler, _fhir, _path: handler.say(code, OUTCOME)


def body(text: bytes | Json, kind: str = FHIR) -> Fault:
    """Always this body."""
    return lambda handler, _fhir, _path: handler.say(200, text, Content_Type=kind)


def hang(handler: Handler, fhir: FhirServer, _path: str) -> None:
    """No answer at all."""
    fhir.over.wait(20)


def half(handler: Handler, fhir: FhirServer, path: str) -> None:
    """The first half of an answer, and the end of the connection."""
    text = json.dumps(fhir.held(path)[1]).encode()
    handler.begin(200, Content_Length=str(len(text)))
    handler.wfile.write(text[: len(text) // 2])
    handler.close_connection = True


def slow_body(handler: Handler, fhir: FhirServer, _path: str) -> None:
    """White space without end."""
    handler.begin(200, Content_Length="100000000")
    handler.drip(b" ", fhir)


def slow_headers(handler: Handler, fhir: FhirServer, _path: str) -> None:
    """A header that never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    handler.drip(b"x", fhir)


def many_headers(handler: Handler, _fhir: FhirServer, _path: str) -> None:
    """More headers than anybody needs."""
    handler.say(200, {}, **{f"X_{n}": "y" * 2000 for n in range(90)})


def huge(handler: Handler, _fhir: FhirServer, _path: str) -> None:
    """Eight megabytes of a Bundle."""
    entry = b'{"resource":{"resourceType":"Basic"}},' * 220_000
    handler.say(200, b'{"resourceType":"Bundle","type":"searchset","entry":[' + entry[:-1] + b"]}")


def bomb(handler: Handler, _fhir: FhirServer, _path: str) -> None:
    """A few kilobytes that unfold into many megabytes."""
    handler.say(200, BOMB, Content_Encoding="gzip")


def redirect(to: str) -> Fault:
    """A redirect to an address."""
    return lambda handler, _fhir, _path: handler.say(302, b"", Location=to)


def later(seconds: float) -> Fault:
    """The right answer, after a while."""

    def answer(handler: Handler, fhir: FhirServer, path: str) -> None:
        time.sleep(seconds)
        handler.say(*fhir.held(path))

    return answer


EMPTY: Json = {"resourceType": "Bundle", "type": "searchset", "total": 0}
FAULTS: dict[str, Fault] = {
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "410": status(410),
    "429": status(429),
    "500": status(500),
    "503": status(503),
    "204": lambda handler, _fhir, _path: handler.say(204, b""),
    "hangs": hang,
    "half an answer": half,
    "slow body": slow_body,
    "slow headers": slow_headers,
    "many headers": many_headers,
    "huge": huge,
    "bomb": bomb,
    "redirect": redirect("/fhir/elsewhere"),
    "HTML": body(b"<html><body>Sign in</body></html>", "text/html"),
    "HTML called FHIR": body(b"<html><body>Sign in</body></html>"),
    "nothing": body(b""),
    "null": body(b"null"),
    "a list": body(b"[]"),
    "a number": body(b"1"),
    "XML": body(b"<Bundle/>", "application/fhir+xml"),
    "NaN": body(b'{"resourceType":"Bundle","type":"searchset","total":NaN}'),
    "deep": body(
        b'{"resourceType":"Bundle","type":"searchset","entry":' + b"[" * 900 + b"]" * 900 + b"}"
    ),
    "bad UTF-8": body(b'{"resourceType":"Bundle","type":"searchset","id":"\xff"}'),
    "OperationOutcome": body(OUTCOME),
    "OperationOutcome in a Bundle": body(EMPTY | {"entry": [{"resource": OUTCOME}]}),
    "another type": body({"resourceType": "Basic", "id": "x"}),
    "a transaction": body({"resourceType": "Bundle", "type": "transaction-response"}),
    "entries without resources": body(EMPTY | {"entry": [{}, {"fullUrl": "x"}]}),
    "entries that are no list": body(EMPTY | {"entry": "x"}),
    "more than it sends": body(EMPTY | {"total": 7}),
}
"""Ways to answer that say nothing about the patient."""
