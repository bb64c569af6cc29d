"""A token is believed when everything about it is right, and refused in one way otherwise."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from cdshooks.errors import NotAuthenticated, StoreUnavailable
from cdshooks.security.clients import Client
from cdshooks.security.keys import key_of
from cdshooks.security.policy import Policy
from cdshooks.security.replays import ReplaysHere
from cdshooks.security.tokens import LEEWAY_S, MAX_TOKEN, Authenticator, Reason
from tests.support.tokens import (
    ISSUER,
    JKU,
    NOW,
    URL,
    KeyServer,
    client,
    fresh,
    raw,
    signer,
)

OTHER = "https://other.example.org"
Refused = Callable[..., str]


@pytest.fixture
def server() -> KeyServer:
    made = KeyServer()
    made.publish(JKU, signer().jwk(), signer("RS384", "rsa").jwk(), signer("ES256", "p256").jwk())
    return made


def door(server: KeyServer, *clients: Client) -> Authenticator:
    return Authenticator.of(clients or (client(),), ReplaysHere(), server)  # type: ignore[arg-type]


def policy(at: Authenticator, token: str, **changed: Any) -> Policy:
    return at.policy(f"Bearer {token}", changed.get("address", URL), NOW)


@pytest.fixture
def refused(server: KeyServer) -> Refused:
    """Why a token is refused."""

    def reason(token: str, *clients: Client, **changed: Any) -> str:
        with pytest.raises(NotAuthenticated) as refusal:
            policy(door(server, *clients), token, **changed)
        assert str(refusal.value) == "authentication required"
        assert isinstance(refusal.value.reason, Reason)
        return refusal.value.reason

    return reason


def now_with(seconds: float) -> int:
    return int(NOW.timestamp() + seconds)


@pytest.mark.req("SEC-3", "SEC-5", "SEC-7")
@pytest.mark.parametrize("key", [signer(), signer("RS384", "rsa")], ids=["elliptic curve", "RSA"])
def test_a_right_token_is_believed(server: KeyServer, key: Any) -> None:
    found = policy(door(server), key.token(fresh(tenant="north", sub="x", nbf=now_with(-300))))
    assert found == Policy(issuer=ISSUER, tenant="north")


@pytest.mark.req("SEC-8", "SEC-9")
@pytest.mark.parametrize("jku", [None, JKU])
def test_a_token_may_name_its_key_server_or_leave_it_out(
    server: KeyServer, jku: str | None
) -> None:
    assert policy(door(server), signer().token(jku=jku)).issuer == ISSUER
    assert server.asked == [JKU]


@pytest.mark.req("SEC-9")
def test_pinned_keys_serve_without_any_key_server(server: KeyServer) -> None:
    pinned = client(jku=None, keys={"one": key_of(signer().jwk())})
    token = signer().token(jku="https://evil.example.org/jwks.json")
    assert policy(door(server, pinned), token).issuer == ISSUER
    assert server.asked == []


@pytest.mark.req("SEC-3")
@pytest.mark.parametrize("typ", ["JWT", "jwt", "Jwt"])
def test_the_type_is_written_in_any_case(server: KeyServer, typ: str) -> None:
    assert policy(door(server), signer().token(typ=typ)).issuer == ISSUER


@pytest.mark.req("SEC-3")
@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "at+jwt"},
        {"typ": ["JWT"]},
        {"kid": None},
        {"jku": 7},
        {"jku": ["https://ehr.example.org"]},
    ],
)
def test_a_header_that_is_not_as_it_must_be_is_refused(
    refused: Refused, header: dict[str, Any]
) -> None:
    assert refused(signer().token(**header)) == Reason.HEADER


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"b64": True},
        {"crit": []},
        {"crit": "exp"},
        {"kid": 7},
    ],
)
def test_an_extension_that_must_be_understood_is_refused(
    refused: Refused, header: dict[str, Any]
) -> None:
    token = raw({"typ": "JWT", "alg": "ES384", "kid": "one", **header}, fresh(), b"x" * 96)
    assert refused(token) in (Reason.HEADER, Reason.NOT_A_TOKEN)


def hmac_token(algorithm: str, secret: bytes) -> str:
    unsigned = raw({"typ": "JWT", "alg": algorithm, "kid": "one"}, fresh()).rstrip(".")
    digest = hmac.new(secret, unsigned.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()
    return f"{unsigned}.{base64url_encode(digest).decode()}"


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize(
    "form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.UncompressedPoint]
)
def test_a_public_key_is_no_shared_secret(
    refused: Refused, algorithm: str, form: PublicFormat
) -> None:
    encoding = Encoding.X962 if form is PublicFormat.UncompressedPoint else Encoding.PEM
    secret = signer().private.public_key().public_bytes(encoding, form)
    assert refused(hmac_token(algorithm, secret)) == Reason.ALGORITHM
    # Even for a client that were configured so, which its file cannot.
    lax = client(algorithms=frozenset({algorithm, "ES384"}))
    assert refused(hmac_token(algorithm, secret), lax) == Reason.ALGORITHM


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "ES384 ", "es384"])
@pytest.mark.parametrize("signature", [b"", b"x" * 96])
def test_no_algorithm_is_no_proof(refused: Refused, algorithm: str, signature: bytes) -> None:
    token = raw({"typ": "JWT", "alg": algorithm, "kid": "one"}, fresh(), signature)
    assert refused(token) in (Reason.ALGORITHM, Reason.NOT_A_TOKEN)
    if signature:
        lax = client(algorithms=frozenset({algorithm}))
        assert refused(token, lax) == Reason.ALGORITHM


@pytest.mark.req("SEC-4")
def test_an_algorithm_must_be_the_clients_and_the_keys(refused: Refused, server: KeyServer) -> None:
    assert refused(signer("ES256", "p256").token()) == Reason.ALGORITHM
    assert refused(signer("RS384", "rsa").token(alg="RS512")) == Reason.ALGORITHM
    # RS384 is the client's, but not of a key on a curve.
    assert refused(signer("RS384", "rsa").token(kid="one")) == Reason.ALGORITHM
    server.publish(JKU, signer("RS384", "rsa").jwk(alg="RS256"))
    assert refused(signer("RS384", "rsa").token()) == Reason.ALGORITHM


@pytest.mark.req("SEC-7", "SEC-9")
def test_the_name_of_the_key_decides_which_one_verifies(refused: Refused) -> None:
    assert refused(signer().token(kid="nobody")) == Reason.KEY
    assert refused(signer(kid="mine").token(kid="one")) == Reason.SIGNATURE
    assert refused(signer().token(kid="")) == Reason.KEY


@pytest.mark.req("SEC-8")
@pytest.mark.parametrize(
    "jku",
    [
        "https://evil.example.org/jwks.json",
        "http://127.0.0.1/jwks.json",
        JKU + "?x",
        JKU + "/",
        JKU.upper(),
        JKU.replace("https://", "https://user@"),
        f"https://evil.example.org/#{JKU}",
        "",
    ],
)
def test_another_key_server_is_refused_before_it_is_asked(
    refused: Refused, server: KeyServer, jku: str
) -> None:
    assert refused(signer(kid="mine").token(jku=jku)) == Reason.JKU
    assert server.asked == []


@pytest.mark.req("SEC-8")
def test_the_key_server_of_another_client_is_refused(refused: Refused, server: KeyServer) -> None:
    theirs = client(issuer=OTHER, jku=f"{OTHER}/jwks")
    server.publish(f"{OTHER}/jwks", signer(kid="theirs").jwk())
    token = signer(kid="theirs").token(jku=f"{OTHER}/jwks")
    assert refused(token, client(), theirs) == Reason.JKU
    assert refused(signer(kid="theirs").token(), client(), theirs) == Reason.KEY


def test_a_key_server_that_is_down_lets_nobody_in(refused: Refused, server: KeyServer) -> None:
    server.fail(JKU)
    assert refused(signer().token()) == Reason.KEYS_UNAVAILABLE


@pytest.mark.req("SEC-7")
@pytest.mark.parametrize("issuer", [OTHER, ISSUER + "/", ISSUER.upper(), " " + ISSUER, ""])
def test_an_unknown_issuer_is_refused_before_any_key_is_asked_for(
    refused: Refused, server: KeyServer, issuer: str
) -> None:
    assert refused(signer().token(fresh(iss=issuer))) == Reason.ISSUER
    assert server.asked == []


@pytest.mark.req("SEC-5")
@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti"])
def test_a_token_without_a_required_claim_is_refused(refused: Refused, claim: str) -> None:
    assert refused(signer().token(fresh(**{claim: None}))) == Reason.CLAIMS


@pytest.mark.req("SEC-5")
@pytest.mark.parametrize(
    "wrong",
    [
        {"jti": ""},
        {"jti": 7},
        {"jti": "a\x00b"},
        {"jti": "a\nb"},
        {"jti": "a\n"},
        {"jti": "x" * 256},
        {"tenant": ""},
        {"tenant": 7},
        {"tenant": "a\x1bb"},
        {"exp": str(now_with(300))},
        {"exp": True},
        {"exp": [now_with(300)]},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"iat": float("-inf")},
        {"iat": "now"},
        {"nbf": "now"},
        {"aud": 7},
        {"aud": [7]},
        {"aud": {"a": URL}},
        {"iss": [ISSUER]},
        {"iss": {}},
    ],
)
def test_a_claim_of_another_form_is_refused(refused: Refused, wrong: dict[str, Any]) -> None:
    assert refused(raw(HEADER, fresh(**wrong), b"x" * 96)) == Reason.CLAIMS


HEADER = {"typ": "JWT", "alg": "ES384", "kid": "one"}


@pytest.mark.req("SEC-5", "SEC-6")
@pytest.mark.parametrize(
    "audience",
    [
        URL,
        URL + "/",
        URL + "//",
        URL.replace("org/", "org//"),
        [URL],
        ["https://elsewhere.example.org", URL],
        [URL, URL],
    ],
)
def test_the_address_that_was_called_is_the_audience(server: KeyServer, audience: Any) -> None:
    assert policy(door(server), signer().token(fresh(aud=audience))).issuer == ISSUER


@pytest.mark.req("SEC-6")
@pytest.mark.parametrize(
    "audience",
    [
        "https://cds.example.org",
        URL[:-1],
        URL + "x",
        URL + "/als-chart-review",
        URL + "?a=b",
        URL.upper(),
        URL.replace("https", "http"),
        "cds.example.org/cds-services",
        "",
        [],
        [URL + "/als-order-sign"],
        " " + URL,
    ],
)
def test_any_other_audience_is_refused(refused: Refused, audience: Any) -> None:
    assert refused(signer().token(fresh(aud=audience))) == Reason.AUDIENCE


@pytest.mark.req("SEC-6")
def test_a_configured_audience_is_taken_from_its_client_only(
    refused: Refused, server: KeyServer
) -> None:
    named = client(audiences=("sand_man",))
    token = signer().token(fresh(aud="sand_man"))
    assert policy(door(server, named), token).issuer == ISSUER
    assert refused(token) == Reason.AUDIENCE
    assert refused(signer().token(fresh(aud="sand")), named) == Reason.AUDIENCE


@pytest.mark.req("SEC-5", "SEC-7", "SEC-11")
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": now_with(0)}, Reason.EXPIRED),
        ({"exp": now_with(1)}, None),
        ({"exp": now_with(-3600)}, Reason.EXPIRED),
        ({"exp": -1e300, "iat": -1e300}, Reason.EXPIRED),
        ({"iat": now_with(LEEWAY_S)}, None),
        ({"iat": now_with(LEEWAY_S + 1)}, Reason.NOT_YET_VALID),
        ({"iat": now_with(86400 * 365)}, Reason.NOT_YET_VALID),
        ({"nbf": now_with(LEEWAY_S)}, None),
        ({"nbf": now_with(LEEWAY_S + 1)}, Reason.NOT_YET_VALID),
        ({"nbf": now_with(-86400)}, None),
        ({"nbf": 1e300}, Reason.NOT_YET_VALID),
        ({"exp": now_with(900)}, None),
        ({"exp": now_with(901)}, Reason.LIFETIME),
        ({"exp": now_with(300), "iat": now_with(-600)}, None),
        ({"exp": now_with(300), "iat": now_with(-601)}, Reason.LIFETIME),
        ({"exp": 1e300}, Reason.LIFETIME),
        ({"exp": now_with(10), "iat": now_with(20)}, Reason.LIFETIME),
        ({"exp": now_with(10), "iat": now_with(10)}, Reason.LIFETIME),
        ({"exp": now_with(10), "iat": 0}, Reason.LIFETIME),
        ({"exp": NOW.timestamp() + 0.5, "iat": NOW.timestamp() - 0.25}, None),
    ],
)
def test_a_token_is_valid_for_a_short_time(
    refused: Refused, server: KeyServer, claims: dict[str, Any], reason: Reason | None
) -> None:
    token = signer().token(fresh(**claims))
    if reason is None:
        assert policy(door(server), token).issuer == ISSUER
    else:
        assert refused(token) == reason


@pytest.mark.req("SEC-11")
def test_the_longest_life_of_a_token_is_the_clients(refused: Refused, server: KeyServer) -> None:
    short = client(max_lifetime_s=60)
    assert refused(signer().token(), short) == Reason.LIFETIME
    token = signer().token(fresh(exp=now_with(60)))
    assert policy(door(server, short), token).issuer == ISSUER


@pytest.mark.req("SEC-7")
def test_a_token_is_used_once(server: KeyServer) -> None:
    at = door(server)
    token = signer().token()
    policy(at, token)
    with pytest.raises(NotAuthenticated) as refusal:
        policy(at, token)
    assert (refusal.value.reason, refusal.value.issuer) == (Reason.REPLAY, ISSUER)


@pytest.mark.req("SEC-7")
def test_two_clients_may_use_the_same_jti(server: KeyServer) -> None:
    server.publish(f"{OTHER}/jwks", signer().jwk())
    at = door(server, client(), client(issuer=OTHER, jku=f"{OTHER}/jwks"))
    assert policy(at, signer().token(fresh(jti="1"))).issuer == ISSUER
    assert policy(at, signer().token(fresh(jti="1", iss=OTHER))).issuer == OTHER


@pytest.mark.req("SEC-7")
@pytest.mark.parametrize(
    "refusal",
    [
        {"aud": "https://elsewhere.example.org"},
        {"iat": now_with(600), "exp": now_with(700)},
        {"tenant": "south"},
    ],
)
def test_a_token_that_is_refused_is_not_used_up(server: KeyServer, refusal: dict[str, Any]) -> None:
    at = door(server, client(tenants={"north": ()}))
    for key, claims in ((signer(), refusal), (signer(kid="mine"), {})):
        forged = key.token(fresh(jti="1", **{"tenant": "north", **claims}), kid="one")
        with pytest.raises(NotAuthenticated):
            policy(at, forged)
    assert policy(at, signer().token(fresh(jti="1", tenant="north"))).tenant == "north"


def test_the_memory_of_used_tokens_is_told_who_and_until_when(server: KeyServer) -> None:
    class Told:
        def first_use(self, *told: Any) -> bool:
            assert told == (ISSUER, "1", datetime.fromtimestamp(now_with(300), UTC))
            return True

    at = Authenticator.of((client(),), Told(), server)  # type: ignore[arg-type]
    policy(at, signer().token(fresh(jti="1")))


def test_a_memory_that_does_not_answer_lets_nobody_in(server: KeyServer) -> None:
    class Down:
        def first_use(self, *_told: Any) -> bool:
            raise StoreUnavailable

    at = Authenticator.of((client(),), Down(), server)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        policy(at, signer().token())
    with pytest.raises(NotAuthenticated):
        policy(at, signer(kid="mine").token(kid="one"))


@pytest.mark.req("SEC-7")
def test_a_tenant_is_served_when_it_is_listed_or_none_is(
    refused: Refused, server: KeyServer
) -> None:
    assert policy(door(server), signer().token(fresh(tenant="any"))).tenant == "any"
    listing = client(tenants={"north": ("eu",), "south": ()}, terms=Policy(profile=("ch",)))
    assert policy(door(server, listing), signer().token(fresh(tenant="north"))).profile == ("eu",)
    assert policy(door(server, listing), signer().token(fresh(tenant="south"))).profile == ("ch",)
    for tenant in ("west", "North", None):
        assert refused(signer().token(fresh(tenant=tenant)), listing) == Reason.TENANT
    assert refused(signer().token(fresh(tenant="any")), client(tenants={})) == Reason.TENANT


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (None, Reason.NO_TOKEN),
        ("", Reason.NO_TOKEN),
        ("Bearer", Reason.NOT_A_TOKEN),
        ("Bearer ", Reason.NOT_A_TOKEN),
        ("Bearer a.b", Reason.NOT_A_TOKEN),
        ("Bearer a.b.c.d", Reason.NOT_A_TOKEN),
        ("Bearer a.b.c", Reason.NOT_A_TOKEN),
        ("Bearer {token}, Bearer {token}", Reason.NOT_A_TOKEN),
        ("Bearer {token},{token}", Reason.NOT_A_TOKEN),
        ("Bearer {token} ", Reason.NOT_A_TOKEN),
        ("Bearer {token}\n", Reason.NOT_A_TOKEN),
        ("Bearer {token}=", Reason.NOT_A_TOKEN),
        ("Bearer\t{token}", Reason.NOT_A_TOKEN),
        (" Bearer {token}", Reason.NOT_A_TOKEN),
        ("{token}", Reason.NOT_A_TOKEN),
        ("Basic {token}", Reason.NOT_A_TOKEN),
        ("DPoP {token}", Reason.NOT_A_TOKEN),
        ("Bearer \u00e9.b.c", Reason.NOT_A_TOKEN),
        ("Bearer W10.W10.c2ln", Reason.NOT_A_TOKEN),
        ("Bearer e30.e30.c2ln", Reason.HEADER),
    ],
)
@pytest.mark.req("SEC-2")
def test_only_one_bearer_token_is_read(server: KeyServer, sent: str | None, reason: Reason) -> None:
    header = sent.format(token=signer().token()) if sent else sent
    with pytest.raises(NotAuthenticated) as refusal:
        door(server).policy(header, URL, NOW)
    assert (refusal.value.reason, refusal.value.issuer) == (reason, None)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_is_written_in_any_case(server: KeyServer, scheme: str) -> None:
    assert door(server).policy(scheme + signer().token(), URL, NOW).issuer == ISSUER


def test_the_limits_are_those_that_operators_are_told(server: KeyServer) -> None:
    assert (LEEWAY_S, MAX_TOKEN) == (30, 8192)
    for scheme, believed in (("Bearer", True), ("Bearer ", False)):
        token = signer().token(fresh())
        header = f"{scheme}{token:>{MAX_TOKEN - len('Bearer')}}"
        if believed:
            assert door(server).policy(header, URL, NOW).issuer == ISSUER
        else:
            with pytest.raises(NotAuthenticated):
                door(server).policy(header, URL, NOW)


def test_a_long_token_is_not_even_decoded(refused: Refused, server: KeyServer) -> None:
    assert refused(signer().token(fresh(more="x" * MAX_TOKEN))) == Reason.NOT_A_TOKEN
    assert refused("a" * 1_000_000) == Reason.NOT_A_TOKEN
    assert policy(door(server), signer().token(fresh(more="x" * 4096))).issuer == ISSUER


@pytest.mark.req("SEC-10")
def test_a_refusal_names_the_issuer_once_it_is_one_of_ours(server: KeyServer) -> None:
    for claims, issuer in (({"iss": OTHER}, None), ({"aud": "x"}, ISSUER)):
        with pytest.raises(NotAuthenticated) as refusal:
            policy(door(server), signer().token(fresh(**claims)))
        assert refusal.value.issuer == issuer
        assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_used_tokens_are_forgotten_only_after_they_expired() -> None:
    memory = ReplaysHere(_room=10)
    late = NOW + timedelta(hours=3)
    assert all(memory.first_use(ISSUER, f"old {n}", NOW) for n in range(8))
    assert memory.first_use(ISSUER, "young", late - timedelta(hours=1))
    assert memory.first_use(ISSUER, "now", late)
    assert memory.first_use(ISSUER, "old 0", late)
    assert not memory.first_use(ISSUER, "young", late)
    assert not memory.first_use(ISSUER, "now", late)
