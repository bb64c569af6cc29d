"""CDS clients for tests: keys, tokens as they should be and as they should not, key servers."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode
from werkzeug.serving import make_server

from cdshooks.security.clients import Client
from cdshooks.security.key_sets import KeySet
from cdshooks.security.outbound import Reply, Unreachable
from cdshooks.security.policy import Policy

Json = dict[str, Any]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ISSUER = "https://ehr.example.org/fhir"
JKU = "https://ehr.example.org/keys/jwks.json"
URL = "https://cds.example.org/cds-services"
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


@dataclass(frozen=True)
class Signer:
    """A client's private key, under the name by which its public half is known."""

    kid: str
    algorithm: str
    private: Any

    def jwk(self, **changed: Any) -> Json:
        """The public half; a member that is changed to None is left out."""
        kind = ECAlgorithm if self.algorithm.startswith("E") else RSAAlgorithm
        made = kind.to_jwk(self.private.public_key(), as_dict=True)
        made = {**made, "kid": self.kid, "use": "sig", **changed}
        return {name: value for name, value in made.items() if value is not None}

    def private_jwk(self) -> Json:
        kind = ECAlgorithm if self.algorithm.startswith("E") else RSAAlgorithm
        return {**kind.to_jwk(self.private, as_dict=True), "kid": self.kid}

    def token(self, claims: Json | None = None, **header: Any) -> str:
        """A signed token; what of the header is given as None is left out."""
        said = {"kid": self.kid, "typ": "JWT", **header}
        kept = {name: value for name, value in said.items() if value is not None}
        if said["typ"] is None:
            kept["typ"] = ""  # how PyJWT is told to leave it out
        # As bytes: PyJWT would not sign claims of a wrong form.
        return jwt.PyJWS().encode(
            json.dumps(claims if claims is not None else fresh()).encode(),
            self.private,
            algorithm=said.get("alg", self.algorithm),
            headers=kept,
        )


@cache
def signer(algorithm: str = "ES384", kid: str = "one") -> Signer:
    """A key of this name; made once, since RSA keys take long."""
    if algorithm in CURVES:
        return Signer(kid, algorithm, ec.generate_private_key(CURVES[algorithm]()))
    return Signer(kid, algorithm, rsa.generate_private_key(65537, 2048))


def fresh(now: datetime = NOW, **changed: Any) -> Json:
    """Claims that hold for discovery; one that is changed to None is left out."""
    issued = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": URL,
        "iat": issued,
        "exp": issued + 300,
        "jti": str(uuid4()),
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def raw(header: Any, claims: Any, signature: bytes = b"") -> str:
    """A token put together by hand, signed or not."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64url_encode(part).decode() for part in parts)


def client(**changed: Any) -> Client:
    """The trusted client of most tests, with a key server."""
    given: Json = {
        "issuer": ISSUER,
        "algorithms": frozenset({"ES384", "RS384"}),
        "terms": Policy(issuer=ISSUER),
        "jku": JKU,
    }
    return Client(**{**given, **changed})


@dataclass
class KeyServer:
    """Stands where ``Outbound`` stands: answers by address, and remembers who asked."""

    answers: dict[str, Reply | Exception | Callable[[], Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def publish(self, url: str, *keys: Json) -> None:
        self.answers[url] = reply({"keys": list(keys)})

    def fail(self, url: str, how: Reply | Exception | None = None) -> None:
        self.answers[url] = how or Unreachable("no usable answer")

    def get(self, url: str, **_options: Any) -> Reply:
        self.asked.append(url)
        answer = self.answers.get(url) or Unreachable("no usable answer")
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


def reply(body: Any, status: int = 200) -> Reply:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, "application/json", {}, text)


def key_sets(**sets: KeySet) -> Mapping[str, KeySet]:
    return sets


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a real socket, and its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def web(
    pages: Mapping[str, tuple[int, Mapping[str, str], bytes]],
) -> Iterator[tuple[str, list[str]]]:
    """A web server of this machine: its address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Says nothing: what was asked is in the list."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def toml(*tables: Json) -> str:
    """A trusted-clients file with these clients."""
    return "\n".join("[[client]]\n" + _members(table) for table in tables)


def _members(table: Json) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def entry(**changed: Any) -> Json:
    """A sound ``[[client]]``; a key that is changed to None is left out."""
    table = {"iss": ISSUER, "jku": JKU, "algorithms": ["ES384", "RS384"], **changed}
    return {name: value for name, value in table.items() if value is not None}


def one_of(found: Iterable[str]) -> str:
    [only] = found
    return only
