"""Forged, stolen and misused tokens against the whole service behind a real socket.

Each must end in the same 401, with its reason in the log and nothing of the token
anywhere. The keys of the client are at a key server that remembers who asked it.
"""

import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_decode, base64url_encode

from cdshooks.app import create_app
from cdshooks.security.replays import ReplaysHere
from cdshooks.security.tokens import Reason
from cdshooks.settings import Settings
from tests.support import tokens
from tests.support.tokens import ISSUER, JKU, KeyServer, entry, raw, serving, signer, toml, web

HOME = "https://cds.example.org/als"
DISCOVERY = "/cds-services"
SIGN = "/cds-services/als-order-sign"
FEEDBACK = SIGN + "/feedback"
NEIGHBOUR = "https://neighbour.example.org"
THEIRS = signer("ES256", "theirs")
MINE = signer("ES384", "mine")
RSA = signer("RS384", "rsa")
Json = dict[str, Any]


@dataclass
class Service:
    """Two processes of one installation, each at an address of its own."""

    url: str
    twin: str
    keys: KeyServer


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    file = tmp_path_factory.mktemp("clients") / "clients.toml"
    file.write_text(
        toml(
            entry(tenants={"north": ""}),
            entry(iss=NEIGHBOUR, jku=None, jwks=[THEIRS.jwk()], algorithms=["ES256"]),
        )
    )
    keys, shared = KeyServer(), ReplaysHere()
    settings = Settings(auth="required", trusted_clients=file, public_url=HOME)
    one, two = (
        create_app(settings, replays=shared, outbound=keys)  # type: ignore[arg-type]
        for _ in range(2)
    )
    with serving(one) as url, serving(two) as twin:
        yield Service(url, twin, keys)


@pytest.fixture(autouse=True)
def _published(service: Service) -> None:
    service.keys.publish(JKU, signer().jwk(), RSA.jwk())


def said(now: float = 0, **changed: Any) -> Json:
    """Claims that hold for discovery now, but for what is changed."""
    return tokens.fresh(
        datetime.fromtimestamp(datetime.now(UTC).timestamp() + now, UTC),
        **{"aud": HOME + DISCOVERY, "tenant": "north", **changed},
    )


def later(seconds: int) -> int:
    return int(datetime.now(UTC).timestamp()) + seconds


@dataclass(frozen=True)
class Attack:
    """A token that must not be believed, where it is sent, and what the log says of it."""

    name: str
    token: Callable[[], str]
    reason: str
    headers: dict[str, str] = field(default_factory=dict)
    address: str = DISCOVERY


def signed(header: Json | None = None, key: Any = None, **claims: Any) -> Callable[[], str]:
    now = claims.pop("now", 0)
    return lambda: (key or signer()).token(said(now, **claims), **(header or {}))


def unsigned(algorithm: Any, signature: bytes = b"x") -> Callable[[], str]:
    return lambda: raw({"typ": "JWT", "alg": algorithm, "kid": "one"}, said(), signature)


def shared_secret(key: Any, form: tuple[Encoding, PublicFormat]) -> Callable[[], str]:
    """HS256 with the public key as its secret."""

    def made() -> str:
        start = raw({"typ": "JWT", "alg": "HS256", "kid": key.kid}, said()).rstrip(".")
        secret = key.private.public_key().public_bytes(*form)
        digest = hmac.new(secret, start.encode(), hashlib.sha256).digest()
        return f"{start}.{base64url_encode(digest).decode()}"

    return made


def tampered(part: int, changed: Json) -> Callable[[], str]:
    """A right token of which one part says something else than what was signed."""

    def made() -> str:
        parts = signer().token(said()).split(".")
        text = json.loads(base64url_decode(parts[part]))
        parts[part] = base64url_encode(json.dumps({**text, **changed}).encode()).decode()
        return ".".join(parts)

    return made


def cut() -> str:
    start, _, _ = signer().token(said()).rpartition(".")
    return f"{start}."


PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
B64 = {"typ": "JWT", "alg": "ES384", "kid": "one", "crit": ["b64"], "b64": True}
OWN_KEY = {"jwk": MINE.jwk()}
EVIL = "https://evil.example.org/jwks.json"

ATTACKS = [
    # No proof, or the wrong kind.
    *(Attack(f"alg {name!r}", unsigned(name), Reason.ALGORITHM)
      for name in ("none", "None", "NONE", "nOnE", "", " none", "none\u0000")),
    Attack("alg none without signature", unsigned("none", b""), Reason.NOT_A_TOKEN),
    Attack("alg as a list", unsigned(["ES384"]), Reason.HEADER),
    Attack("alg null", unsigned(None), Reason.HEADER),
    Attack("HS256 with the RSA key as PEM", shared_secret(RSA, PEM), Reason.ALGORITHM),
    Attack("HS256 with the RSA key as DER", shared_secret(RSA, DER), Reason.ALGORITHM),
    Attack("HS256 with the EC key as PEM", shared_secret(signer(), PEM), Reason.ALGORITHM),
    Attack("an algorithm of another client", signed(key=THEIRS), Reason.ALGORITHM),
    Attack("RSA under the name of an EC key", signed({"kid": "one"}, RSA), Reason.ALGORITHM),
    Attack("RS512, which is not listed", signed({"alg": "RS512"}, RSA), Reason.ALGORITHM),
    Attack("the signature cut off", cut, Reason.NOT_A_TOKEN),
    Attack("an ECDSA signature of zeros", unsigned("ES384", bytes(96)), Reason.SIGNATURE),
    Attack("an ECDSA signature of the wrong length", unsigned("ES384", bytes(7)), Reason.SIGNATURE),
    Attack("claims changed after signing", tampered(1, {"tenant": "south"}), Reason.SIGNATURE),
    Attack("a header changed after signing", tampered(0, {"extra": 1}), Reason.SIGNATURE),
    # Keys that the token brings along.
    Attack("a key of mine under the client's kid", signed({"kid": "one"}, MINE), Reason.SIGNATURE),
    Attack("an unknown kid", signed({"kid": "2"}), Reason.KEY),
    Attack("a kid that is a path", signed({"kid": "../../etc/passwd"}), Reason.KEY),
    Attack("a kid that is SQL", signed({"kid": "' OR 1=1 --"}), Reason.KEY),
    Attack("no kid", signed({"kid": None}), Reason.HEADER),
    Attack("an embedded jwk", signed({**OWN_KEY, "kid": "one"}, MINE), Reason.SIGNATURE),
    Attack("an embedded jwk without kid", signed({**OWN_KEY, "kid": None}, MINE), Reason.HEADER),
    Attack("an x5u", signed({"x5u": EVIL, "kid": "one"}, MINE), Reason.SIGNATURE),
    Attack("an x5c", signed({"x5c": ["MIIB"], "kid": "one"}, MINE), Reason.SIGNATURE),
    Attack("a foreign jku", signed({"jku": EVIL}, MINE), Reason.JKU),
    Attack("a jku with the client's host as user",
           signed({"jku": JKU.replace(".org/", ".org@evil.example.org/")}, MINE), Reason.JKU),
    Attack("a jku with a user", signed({"jku": JKU.replace("//", "//a:b@")}, MINE), Reason.JKU),
    Attack("a jku beside the client's", signed({"jku": JKU + "/../mine.json"}, MINE), Reason.JKU),
    Attack("a jku with a query", signed({"jku": JKU + "?url=" + EVIL}, MINE), Reason.JKU),
    Attack("a jku with a fragment", signed({"jku": f"{EVIL}#{JKU}"}, MINE), Reason.JKU),
    Attack("a jku in another case", signed({"jku": JKU.upper()}, MINE), Reason.JKU),
    Attack("a jku of a cloud's metadata",
           signed({"jku": "http://169.254.169.254/latest/meta-data"}, MINE), Reason.JKU),
    Attack("a jku that is a file", signed({"jku": "file:///etc/passwd"}, MINE), Reason.JKU),
    Attack("the jku of another client", signed({"jku": NEIGHBOUR}, THEIRS), Reason.ALGORITHM),
    Attack("a key of another client", signed({"alg": "ES256", "kid": "theirs"}, THEIRS),
           Reason.ALGORITHM),
    Attack("another client's name with my key",
           signed({"kid": "theirs"}, signer("ES256", "x"), iss=NEIGHBOUR), Reason.SIGNATURE),
    Attack("an issuer of nobody", signed(iss="https://evil.example.org"), Reason.ISSUER),
    Attack("an issuer with a slash more", signed(iss=ISSUER + "/"), Reason.ISSUER),
    Attack("crit", signed({"crit": ["exp"], "exp": 1}), Reason.NOT_A_TOKEN),
    Attack("crit b64", lambda: raw(B64, said(), b"x"), Reason.HEADER),
    Attack("another type of token", signed({"typ": "at+jwt"}), Reason.HEADER),
    Attack("no type", signed({"typ": None}), Reason.HEADER),
    # Right signatures over claims that do not hold.
    Attack("expired", signed(now=-600), Reason.EXPIRED),
    Attack("expired a second ago", signed(exp=later(-1)), Reason.EXPIRED),
    Attack("nbf in the future", signed(nbf=later(86400)), Reason.NOT_YET_VALID),
    Attack("iat in the far future", signed(now=86400 * 365), Reason.NOT_YET_VALID),
    Attack("valid for a day", signed(exp=later(86400)), Reason.LIFETIME),
    Attack("valid for ever", signed(exp=10**15), Reason.LIFETIME),
    Attack("iat long ago", signed(iat=0), Reason.LIFETIME),
    Attack("exp as text", signed(exp="9999999999"), Reason.CLAIMS),
    Attack("exp as infinity", signed(exp=float("inf")), Reason.CLAIMS),
    Attack("no exp", signed(exp=None), Reason.CLAIMS),
    Attack("no iat", signed(iat=None), Reason.CLAIMS),
    Attack("no jti", signed(jti=None), Reason.CLAIMS),
    Attack("an empty jti", signed(jti=""), Reason.CLAIMS),
    Attack("a jti with a NUL", signed(jti="a\u0000b"), Reason.CLAIMS),
    Attack("a jti with half a character", signed(jti="\ud800"), Reason.CLAIMS),
    Attack("no aud", signed(aud=None), Reason.CLAIMS),
    Attack("aud of discovery at a service", signed(), Reason.AUDIENCE, address=SIGN),
    Attack("aud of a service at discovery", signed(aud=HOME + SIGN), Reason.AUDIENCE),
    Attack("aud of a service at another one", signed(aud=HOME + SIGN), Reason.AUDIENCE,
           address="/cds-services/als-chart-review"),
    Attack("aud of feedback at its service", signed(aud=HOME + FEEDBACK), Reason.AUDIENCE,
           address=SIGN),
    Attack("aud list without us", signed(aud=["https://a.org", HOME]), Reason.AUDIENCE),
    Attack("aud that ours begins with", signed(aud=HOME), Reason.AUDIENCE, address=SIGN),
    Attack("aud that begins with ours", signed(aud=HOME + DISCOVERY + ".evil"), Reason.AUDIENCE),
    Attack("aud without the path of the public URL",
           signed(aud="https://cds.example.org/cds-services"), Reason.AUDIENCE),
    Attack("aud over http", signed(aud="http" + (HOME + DISCOVERY)[5:]), Reason.AUDIENCE),
    Attack("aud of a host that Host names", signed(aud="https://evil.example.org/cds-services"),
           Reason.AUDIENCE, {"Host": "evil.example.org"}),
    Attack("aud of a host that a proxy's headers name",
           signed(aud="https://evil.example.org/cds-services"), Reason.AUDIENCE,
           {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "https",
            "Forwarded": "host=evil.example.org", "X-Original-Host": "evil.example.org"}),
    Attack("aud of a path that a header names", signed(aud=HOME + SIGN), Reason.AUDIENCE,
           {"X-Original-URL": SIGN, "X-Rewrite-URL": SIGN, "X-Forwarded-Prefix": "/als"}),
    Attack("a tenant that is not served", signed(tenant="south"), Reason.TENANT),
    Attack("no tenant", signed(tenant=None), Reason.TENANT),
    Attack("a tenant as a list", signed(tenant=["north"]), Reason.CLAIMS),
]  # fmt: skip


def send(url: str, attack: Attack, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", **attack.headers}
    method = "GET" if attack.address == DISCOVERY else "POST"
    return requests.request(method, url + attack.address, headers=headers, timeout=10)


def assert_refused(reply: requests.Response) -> None:
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.json() == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "login", "diagnostics": "authentication required"}],
    }


def reasons(text: str) -> list[str]:
    lines = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return [line["reason"] for line in lines if "reason" in line]


def assert_nowhere(token: str, *texts: str) -> None:
    """Neither the token nor a telling part of it is in any of the texts."""
    for part in re.findall(r"[\w-]{12,}", token):
        assert not [text for text in texts if part in text]


@pytest.mark.req("SEC-2", "SEC-3", "SEC-4", "SEC-5", "SEC-6", "SEC-7", "SEC-8", "SEC-9", "SEC-10")
@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_an_attack_is_refused_without_a_word(
    service: Service, attack: Attack, capsys: pytest.CaptureFixture[str]
) -> None:
    token = attack.token()
    reply = send(service.url, attack, token)
    assert_refused(reply)
    logged = "".join(capsys.readouterr())
    assert reasons(logged) == [attack.reason]
    assert_nowhere(token, logged, reply.text, str(reply.headers))
    assert set(service.keys.asked) <= {JKU}


def get(url: str, *tokens: str, scheme: str = "Bearer", **more: Any) -> requests.Response:
    sent = ", ".join(f"{scheme} {token}" for token in tokens)
    headers = {"Authorization": sent} if sent else {}
    return requests.get(url + DISCOVERY, headers=headers, timeout=10, **more)


@pytest.mark.req("SEC-5", "SEC-6")
@pytest.mark.parametrize(
    "token",
    [
        signed(),
        signed(key=RSA),
        signed({"jku": JKU}),
        signed(aud=["https://a.org", HOME + DISCOVERY]),
        signed(aud=HOME + DISCOVERY + "/"),
        signed({"kid": "theirs"}, THEIRS, iss=NEIGHBOUR, tenant=None),
    ],
)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_what_is_right_is_let_in(service: Service, token: Callable[[], str], scheme: str) -> None:
    reply = get(service.url, token(), scheme=scheme)
    assert reply.status_code == 200
    assert reply.json()["services"]


def test_a_trusted_call_is_answered(service: Service) -> None:
    body = {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/7",
            "patientId": "amy-17",
            "draftOrders": {"resourceType": "Bundle", "entry": []},
        },
        "prefetch": {"patient": {"resourceType": "Patient", "id": "amy-17"}, "conditions": None},
    }
    sent = {"Authorization": f"Bearer {signer().token(said(aud=HOME + SIGN))}"}
    reply = requests.post(service.url + SIGN, json=body, headers=sent, timeout=10)
    assert (reply.status_code, reply.json()) == (200, {"cards": []})


@pytest.mark.req("SEC-7")
@pytest.mark.parametrize("again", ["url", "twin"])
def test_a_stolen_token_is_worth_nothing_once_it_was_used(service: Service, again: str) -> None:
    token = signer().token(said())
    assert get(service.url, token).status_code == 200
    for _ in range(2):
        assert_refused(get(getattr(service, again), token))


@pytest.mark.req("SEC-7")
def test_a_jti_is_used_up_under_another_key_too(service: Service) -> None:
    assert get(service.url, signer().token(said(jti="x"))).status_code == 200
    assert_refused(get(service.url, RSA.token(said(jti="x"))))


@pytest.mark.req("SEC-7")
def test_a_forged_token_does_not_use_up_the_real_one(service: Service) -> None:
    real = signer().token(said(jti="real"))
    assert_refused(get(service.url, MINE.token(said(jti="real"), kid="one")))
    assert_refused(get(service.url, signer().token(said(jti="real", aud="https://a.org"))))
    assert get(service.url, real).status_code == 200


@pytest.mark.req("SEC-2")
def test_a_token_elsewhere_than_in_its_header_is_not_looked_for(service: Service) -> None:
    token = signer().token(said())
    for more in (
        {"params": {"access_token": token}},
        {"params": {"jwt": token}},
        {"cookies": {"Authorization": f"Bearer {token}"}},
        {"data": {"access_token": token}},
    ):
        assert_refused(get(service.url, **more))
    assert get(service.url, token).status_code == 200


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("first", [0, 1])
def test_two_authorization_headers_are_refused(
    service: Service, production: tuple[str, Path], first: int
) -> None:
    pair = [signer().token(said()), MINE.token(said(), kid="one")]
    ordered = [f"Authorization: Bearer {pair[first - one]}\r\n".encode() for one in (0, 1)]
    for url in (service.url, production[0]):
        assert b" 401 " in spoken(url, b"".join(ordered))
    assert_refused(get(service.url, *pair))


def spoken(url: str, headers: bytes) -> bytes:
    """What is answered to bytes that no HTTP library would send."""
    to = (str(urlsplit(url).hostname), int(urlsplit(url).port or 0))
    with socket.create_connection(to, timeout=10) as connection:
        start = f"GET {DISCOVERY} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".encode()
        connection.sendall(start + headers + b"\r\n")
        return connection.makefile("rb").readline()


@pytest.mark.parametrize(
    "headers",
    [
        b"Authorization: Bearer \xff\xfe.\xff.\xff\r\n",
        b"Authorization: Bearer a.b.c\r\n continued\r\n",
        b"Authorization:\r\n",
        b"Authorization: Basic dXNlcjpwYXNz\r\n",
        b"Authorization: Bearer\r\n",
        b"Authorization: " + b"Bearer " * 1000 + b"\r\n",
        b"authorization: bearer e30.e30.e30\r\n",
        b"Proxy-Authorization: Bearer e30.e30.e30\r\n",
    ],
)
def test_rubbish_in_the_header_is_refused(service: Service, headers: bytes) -> None:
    assert b" 401 " in spoken(service.url, headers)


@pytest.mark.req("SEC-8")
def test_a_jku_on_this_machine_is_not_asked(service: Service) -> None:
    body = json.dumps({"keys": [MINE.jwk()]}).encode()
    with web({"/jwks.json": (200, {}, body)}) as (url, asked):
        for address in (url, url.replace("127.0.0.1", "localhost")):
            assert_refused(get(service.url, MINE.token(said(), jku=f"{address}/jwks.json")))
    assert asked == []


@pytest.mark.req("SEC-8")
def test_unknown_keys_do_not_make_us_flood_the_key_server(service: Service) -> None:
    before = len(service.keys.asked)
    for number in range(20):
        assert_refused(get(service.url, MINE.token(said(), kid=f"unknown {number}")))
    assert len(service.keys.asked) - before <= 4


@pytest.mark.req("SEC-2")
def test_calls_ask_who_is_there_and_public_pages_do_not(service: Service) -> None:
    assert_refused(requests.get(service.url + DISCOVERY, timeout=10))
    assert_refused(requests.post(service.url + SIGN, data=b"{", timeout=10))
    for address in ("/healthz", "/readyz", "/rules", "/rules/niv-consider"):
        assert requests.get(service.url + address, timeout=10).status_code == 200


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """``cdshooks serve`` as a process, with a client whose keys are pinned; and its output."""
    folder = tmp_path_factory.mktemp("production")
    file, log = folder / "clients.toml", folder / "log"
    file.write_text(
        toml(entry(jku=None, jwks=json.dumps({"keys": [signer().jwk()]}), tenants={"north": ""}))
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("CDSHOOKS_")}
    settings = {"CDSHOOKS_TRUSTED_CLIENTS": str(file), "CDSHOOKS_PUBLIC_URL": HOME}
    command = [sys.executable, "-m", "cdshooks", "serve", "--port", "0", "--workers", "1"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environ | settings, stdout=subprocess.PIPE, stderr=output, text=True
        )
    try:
        yield listening(process, log), log
    finally:
        process.terminate()
        process.communicate(timeout=15)


def listening(process: subprocess.Popen[str], log: Path) -> str:
    """The address that a starting process tells; it ends or tells it."""
    for _ in range(600):
        told = re.search(r"listens on (http://\S+)", log.read_text())
        if told:
            return told[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError("the service did not start")


def test_production_lets_a_trusted_client_in_once(production: tuple[str, Path]) -> None:
    url, _ = production
    token = signer().token(said())
    assert get(url, token).status_code == 200
    assert_refused(get(url, token))


@pytest.mark.req("SEC-10")
def test_production_tells_nothing_about_a_token(production: tuple[str, Path]) -> None:
    url, log = production
    sent = [attack.token() for attack in ATTACKS]
    replies = [send(url, *pair) for pair in zip(ATTACKS, sent, strict=True)]
    assert {reply.status_code for reply in replies} == {401}
    assert len({reply.text for reply in replies}) == 1
    logged = log.read_text()
    assert len(reasons(logged)) >= len(sent)
    for token in sent:
        assert_nowhere(token, logged)


@pytest.mark.parametrize("size", [8_000, 10_000, 1_000_000])
def test_a_token_of_any_size_is_no_trouble(production: tuple[str, Path], size: int) -> None:
    url, log = production
    token = "a" * size
    answered = spoken(url, f"Authorization: Bearer {token}\r\n".encode())
    assert re.match(rb"HTTP/1.1 4(01|31) ", answered)
    assert get(url, signer().token(said())).status_code == 200
    assert "aaaaaaaaaaaa" not in log.read_text()


def test_a_body_is_not_waited_for_before_the_token_is_refused(
    production: tuple[str, Path],
) -> None:
    url, _ = production
    head = b"Content-Length: 5000000\r\nContent-Type: application/json\r\n"
    assert b" 401 " in spoken(url, head)
