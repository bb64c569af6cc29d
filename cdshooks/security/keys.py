"""Public keys of CDS clients: what a JSON Web Key must be before it may prove anything."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK

from cdshooks.errors import CdsHooksError

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVES: Mapping[str, frozenset[str]] = {
    "P-256": frozenset({"ES256"}),
    "P-384": frozenset({"ES384"}),
    "P-521": frozenset({"ES512"}),
}
ALGORITHMS = _RSA.union(*_CURVES.values())
"""Every algorithm that a client may be configured with: none of them has a shared secret."""

_PUBLIC = ("kty", "crv", "x", "y", "n", "e")
_SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MIN_RSA_BITS = 2048


class KeyUnusable(CdsHooksError):
    """A key that may prove nothing; says what was expected and repeats none of it."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key under its ``kid``, and the algorithms whose signatures it may verify."""

    kid: str
    algorithms: frozenset[str]
    public: RSAPublicKey | EllipticCurvePublicKey


def key_of(jwk: object) -> Key:
    """The key that a JWK describes; raises KeyUnusable, which says what is wrong with it."""
    if not isinstance(jwk, dict):
        raise KeyUnusable("expected a JSON Web Key")
    secret = sorted(_SECRET & jwk.keys())
    if secret:
        raise KeyUnusable(
            f"private key material ({', '.join(secret)}): expected the public key only; "
            "whoever could read it can sign, so the client needs a new key"
        )
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not kid:
        raise KeyUnusable("kid: expected a name that is unique in the set")
    _check_purpose(jwk)
    return Key(kid, _algorithms(jwk), _public(jwk))


def _check_purpose(jwk: Mapping[str, Any]) -> None:
    if jwk.get("use", "sig") != "sig":
        raise KeyUnusable("use: expected sig, or none")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise KeyUnusable("key_ops: expected verify among them, or none")


def _algorithms(jwk: Mapping[str, Any]) -> frozenset[str]:
    """What the type of the key allows, or of that the one that the key names itself."""
    fits = _fitting(jwk.get("kty"), str(jwk.get("crv")))
    if not fits:
        raise KeyUnusable("kty: expected RSA, or EC with crv P-256, P-384 or P-521")
    if "alg" not in jwk:
        return fits
    if str(jwk["alg"]) not in fits:
        raise KeyUnusable(f"alg: expected {' or '.join(sorted(fits))} for this type of key")
    return frozenset({str(jwk["alg"])})


def _fitting(kind: object, curve: str) -> frozenset[str]:
    if kind == "RSA":
        return _RSA
    return _CURVES.get(curve, frozenset()) if kind == "EC" else frozenset()


def _public(jwk: Mapping[str, Any]) -> RSAPublicKey | EllipticCurvePublicKey:
    members = {name: jwk[name] for name in _PUBLIC if name in jwk}
    try:
        public = PyJWK.from_dict(members).key
    except Exception:
        # PyJWT's and cryptography's refusals have no common base, and may quote the key.
        raise KeyUnusable("expected the numbers of a valid key (n and e, or x and y)") from None
    assert isinstance(public, RSAPublicKey | EllipticCurvePublicKey)
    if isinstance(public, RSAPublicKey) and public.key_size < _MIN_RSA_BITS:
        raise KeyUnusable(f"n: expected {_MIN_RSA_BITS} bits or more")
    return public


def keys_of(jwks: object) -> dict[str, Key]:
    """The usable keys of a JWK Set, by ``kid``; one that two keys share names neither.

    Raises KeyUnusable if this is no JWK Set. A key that is unusable is left out: a set
    may hold keys for other purposes.
    """
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list):
        raise KeyUnusable("expected a JWK Set: an object with a list of keys")
    named = Counter(str(jwk.get("kid")) for jwk in listed if isinstance(jwk, dict))
    return {key.kid: key for key in _usable(listed) if named[key.kid] == 1}


def _usable(listed: list[object]) -> Iterator[Key]:
    for jwk in listed:
        try:
            yield key_of(jwk)
        except KeyUnusable:
            continue
