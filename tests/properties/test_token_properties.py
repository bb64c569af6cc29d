"""Whatever is sent as a token: it is believed or refused, and nothing else happens."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from cdshooks.errors import NotAuthenticated
from cdshooks.security.replays import ReplaysHere
from cdshooks.security.tokens import Authenticator, Reason
from tests.support.tokens import ISSUER, JKU, NOW, URL, KeyServer, client, fresh, signer

SERVER = KeyServer()
SERVER.publish(JKU, signer().jwk())
HEADER = {"typ": "JWT", "alg": "ES384", "kid": "one", "jku": JKU}

PATIENT = settings(deadline=None)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def refusal(authorization: str) -> Reason | None:
    at = Authenticator.of((client(),), ReplaysHere(), SERVER)  # type: ignore[arg-type]
    try:
        assert at.policy(authorization, URL, NOW).issuer == ISSUER
    except NotAuthenticated as refused:
        assert isinstance(refused.reason, Reason)
        assert refused.issuer in (None, ISSUER)
        return refused.reason
    return None


def token(header: Any, claims: Any, signature: bytes) -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return "Bearer " + ".".join(base64url_encode(part).decode() for part in parts)


@PATIENT
@given(st.text() | st.text().map("Bearer {}".format))
def test_text_is_refused(sent: str) -> None:
    assert refusal(sent) is not None


@PATIENT
@given(anything, anything, st.binary(min_size=1, max_size=200))
def test_any_json_is_refused(header: Any, claims: Any, signature: bytes) -> None:
    assert refusal(token(header, claims, signature)) is not None


@PATIENT
@given(
    st.dictionaries(st.sampled_from([*HEADER, "crit", "b64", "jwk", "x5u", "zip"]), anything),
    st.dictionaries(st.sampled_from([*fresh(), "nbf", "tenant"]), anything),
    st.binary(min_size=1, max_size=200),
)
def test_a_forged_token_is_refused_whatever_it_says(
    header: dict[str, Any], claims: dict[str, Any], signature: bytes
) -> None:
    forged = token({**HEADER, **header}, {**fresh(), **claims}, signature)
    assert refusal(forged) is not None


@PATIENT
@given(st.dictionaries(st.sampled_from([*fresh(), "nbf", "tenant"]), anything))
def test_any_claims_under_a_right_signature_end_in_a_decision(claims: dict[str, Any]) -> None:
    refusal(f"Bearer {signer().token({**fresh(), **claims})}")


@PATIENT
@given(st.data())
def test_a_right_token_with_one_character_changed_is_refused(data: st.DataObject) -> None:
    whole = signer().token()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_.=, \n\u00e9"))
    if other != whole[at]:
        assert refusal(f"Bearer {whole[:at]}{other}{whole[at + 1 :]}") is not None
