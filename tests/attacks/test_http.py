"""Attacks below the application: request lines, headers, framing, slow and rude clients.

The service runs under gunicorn, as in production. Every attack gets a clear refusal, or
a harmless answer; what was sent is not repeated; the next client is served.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.server import Reply, Server, serving

PLANTED = b"canary-zq"
HOST = b"Host: cds.example.org\r\n"
REVIEW = b"/cds-services/als-chart-review"
CLOSE = b"Connection: close\r\n"
JSON = b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def get(path: bytes, headers: bytes = b"", version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + path + b" " + version + b"\r\n" + HOST + CLOSE + headers + b"\r\n"


def post(headers: bytes, body: bytes = b"", path: bytes = REVIEW) -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + CLOSE + JSON + headers + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked\r\n", body)


ATTACKS: dict[str, tuple[bytes, int]] = {
    # Request lines.
    "no version": (b"GET /cds-services\r\n\r\n", 400),
    "unknown version": (get(b"/cds-services", version=b"HTTP/9.9"), 400),
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + PLANTED + b"\r\n\r\n", 400),
    "space in the path": (get(b"/rules/" + PLANTED + b" x"), 400),
    "NUL in the path": (get(b"/rules/\x00" + PLANTED), 404),
    "lower-case method": (b"get /cds-services HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 400),
    "made-up method": (b"CANARY-ZQ /cds-services HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 405),
    "TRACE": (b"TRACE /cds-services HTTP/1.1\r\n" + HOST + CLOSE + b"X: canary-zq\r\n\r\n", 405),
    "CONNECT": (b"CONNECT evil.example.org:443 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    "a line of 10,000 characters": (get(b"/rules/" + PLANTED + b"a" * 10_000), 414),
    "a path of 4,000 characters": (get(b"/rules/" + PLANTED + b"a" * 3_900), 404),
    "absolute form of another host": (get(b"http://evil.example.org/cds-services"), 200),
    "absolute form of a file": (get(b"file:///etc/passwd"), 404),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    # Paths.
    "dots": (get(b"/static/../../../etc/passwd"), 404),
    "encoded dots": (get(b"/static/%2e%2e/%2e%2e/etc/passwd"), 404),
    "encoded slash": (get(b"/rules%2Fniv-consider"), 200),
    "doubly encoded": (get(b"/static/%252e%252e%252fpages.css"), 404),
    "backslashes": (get(b"/static/..\\..\\" + PLANTED), 404),
    "semicolon": (get(b"/cds-services;a=b"), 404),
    "encoded NUL": (get(b"/rules/niv-consider%00.html"), 404),
    "bad percent": (get(b"/rules/%zz" + PLANTED), 404),
    "not UTF-8": (get(b"/rules/%ff%fe" + PLANTED), 404),
    "markup": (get(b"/rules/%3Cscript%3Ecanary-zq%3C/script%3E"), 404),
    "line break": (get(b"/rules/%0d%0aSet-Cookie:%20canary-zq=1"), 404),
    "a thousand slashes": (get(b"/" * 1000 + b"cds-services"), 200),
    "a long query": (get(b"/cds-services?" + PLANTED + b"=a" * 1000), 200),
    # Headers.
    "200 headers": (get(b"/healthz", b"".join(b"A%d: b\r\n" % n for n in range(200))), 431),
    "a header of 20,000 characters": (get(b"/healthz", b"A: " + b"a" * 20_000 + b"\r\n"), 431),
    "space before the colon": (get(b"/healthz", b"Canary-Zq : 1\r\n"), 400),
    "folded header": (get(b"/healthz", b"A: b\r\n canary-zq\r\n"), 400),
    "NUL in a header": (get(b"/healthz", b"A: \x00canary-zq\r\n"), 400),
    "method override": (get(REVIEW, b"X-HTTP-Method-Override: POST\r\n"), 405),
    "path override": (get(b"/healthz", b"X-Original-URL: /canary-zq\r\n"), 200),
    "script name": (get(b"/healthz", b"SCRIPT_NAME: /canary-zq\r\n"), 200),
    "forwarded for another host": (get(b"/healthz", b"X-Forwarded-Host: canary-zq\r\n"), 200),
    "conflicting schemes": (
        get(b"/healthz", b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\n"),
        200,
    ),
    "a host of another name": (get(b"/healthz", b"Host: canary-zq.example.org\r\n"), 200),
    "an unknown expectation": (post(b"Expect: canary-zq\r\nContent-Length: 2\r\n", b"{}"), 417),
    # Framing.
    "length and chunks": (
        post(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\nGET /canary-zq"),
        400,
    ),
    "two lengths": (post(b"Content-Length: 2\r\nContent-Length: 9\r\n", b"{}canary-z"), 400),
    "two lengths in one": (post(b"Content-Length: 2, 9\r\n", b"{}canary-z"), 400),
    "negative length": (post(b"Content-Length: -1\r\n", b"{}"), 400),
    "signed length": (post(b"Content-Length: +2\r\n", b"{}"), 400),
    "length that is no number": (post(b"Content-Length: canary-zq\r\n", b"{}"), 400),
    "length of a billion digits": (post(b"Content-Length: 9" + b"9" * 5000 + b"\r\n"), 400),
    "length beyond the limit": (post(b"Content-Length: 99999999999\r\n"), 413),
    "length that never comes": (post(b"Content-Length: 5000\r\n", b'{"a": "canary-zq"'), 400),
    "JSON that ends before its length": (
        post(b"Content-Length: 99\r\n", b'{"feedback": []}', REVIEW + b"/feedback"),
        400,
    ),
    "unknown transfer coding": (post(b"Transfer-Encoding: canary-zq\r\n", b"{}"), 501),
    "chunked twice": (post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 400),
    "chunked with a tab": (post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"), 400),
    "chunk size that is none": (chunked(b"canary-zq\r\n{}\r\n0\r\n\r\n"), 400),
    "chunk of huge size": (chunked(b"f" * 30 + b"\r\n{}"), 400),
    "chunk without end": (chunked(b"2\r\n{}canary-zq"), 400),
    "chunks in HTTP/1.0": (
        b"POST " + REVIEW + b" HTTP/1.0\r\n" + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\n0",
        400,
    ),
}
TELLING = (b"traceback", b"python", b"werkzeug", b"gunicorn")


def only(replies: list[Reply]) -> Reply:
    [reply] = replies
    return reply


@pytest.mark.req("REQ-9", "ERR-2", "ERR-4")
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_or_harmless(name: str, server: Server) -> None:
    sent, status = ATTACKS[name]
    reply = only(server.send(sent))
    assert reply.status == status
    assert "x-content-type-options: nosniff" in reply.head
    if status >= 400:
        # Evidence pages say in HTML that there is no such page.
        assert b"OperationOutcome" in reply.body or b" /rules/" in sent
    assert PLANTED not in reply.head.encode() + reply.body.lower()
    assert not [word for word in TELLING if word in reply.body.lower()]
    assert server.is_well()


@pytest.mark.req("REQ-9")
def test_a_smuggled_request_is_not_answered(server: Server) -> None:
    inner = b"GET /rules/niv-consider HTTP/1.1\r\n" + HOST + b"\r\n"
    framings = (
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (5 + len(inner)),
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n",
        b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n",
    )
    for framing in framings:
        head = b"POST " + REVIEW + b" HTTP/1.1\r\n" + HOST + JSON + framing + b"\r\n"
        for reply in server.send(head + b"0\r\n\r\n" + inner)[:1]:
            assert reply.status == 400
        assert server.is_well()


def test_two_requests_in_a_row_get_two_answers_in_order(server: Server) -> None:
    first = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    replies = server.send(first + get(b"/nowhere"))
    assert [reply.status for reply in replies] == [200, 404]


def test_requests_sent_at_once_are_answered_while_the_client_listens(server: Server) -> None:
    call = post(b"Content-Length: 2\r\n", b"{}").replace(CLOSE, b"")
    with server.connect() as connection, connection.makefile("rb") as stream:
        connection.settimeout(10)
        connection.sendall(call * 5 + get(b"/healthz"))
        assert stream.read().count(b"HTTP/1.1 400 ") == 5


def test_silent_clients_keep_the_others_waiting_for_seconds_at_most(server: Server) -> None:
    """More of them than the process has threads; they stop in the line, a header, the body."""
    body = post(b"Content-Length: 9\r\n", b"{")
    openings = (b"", b"GET /hea", b"GET /healthz HTTP/1.1\r\nA:", body)
    with ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(60)]
        for number, connection in enumerate(connections):
            connection.sendall(openings[number % len(openings)])
        started = time.monotonic()
        assert server.is_well()
        assert time.monotonic() - started < 12
        told = stack.enter_context(connections[3].makefile("rb")).read()
        assert told.startswith(b"HTTP/1.1 400 ")
        assert b"OperationOutcome" in told
    assert server.is_well()


def test_clients_that_go_away_leave_nothing_behind(server: Server) -> None:
    for sent in (b"G", get(b"/rules"), post(b"Content-Length: 100\r\n", b"{")):
        for _ in range(20):
            with server.connect() as connection:
                connection.sendall(sent)
    assert server.is_well()
