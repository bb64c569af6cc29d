"""Whether a call comes from a CDS client that is trusted: its JSON Web Token, verified.

What a refusal says to the caller is always the same; only the log tells why, in a
word of a closed list.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from jwt import PyJWS, PyJWTError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cdshooks.errors import NotAuthenticated
from cdshooks.security.clients import Client
from cdshooks.security.key_sets import KeySet, KeysUnavailable, Pinned, Remote
from cdshooks.security.keys import ALGORITHMS, Key
from cdshooks.security.outbound import Outbound
from cdshooks.security.policy import Policy
from cdshooks.security.replays import Replays

MAX_TOKEN = 8 * 1024
"""Characters of an Authorization header; gunicorn refuses longer ones itself."""
LEEWAY_S = 30
"""How far a client's clock may be ahead of ours. Expiry has no leeway: it is minutes away."""

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([\w-]+\.[\w-]+\.[\w-]+)", re.ASCII)
_SLASHES = re.compile("/{2,}")
_JWS = PyJWS(algorithms=sorted(ALGORITHMS))

Seconds = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, StringConstraints(pattern=r"\A[^\x00-\x1f\x7f-\x9f]{1,255}\z")]


class Reason(StrEnum):
    """Why a call was not let in; the whole vocabulary of the log."""

    NO_TOKEN = "no token"  # noqa: S105 - no secret
    NOT_A_TOKEN = "not a token"  # noqa: S105
    HEADER = "header"
    CLAIMS = "claims"
    ISSUER = "issuer"
    ALGORITHM = "algorithm"
    JKU = "jku"
    KEY = "key"
    KEYS_UNAVAILABLE = "keys unavailable"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    LIFETIME = "lifetime"
    TENANT = "tenant"
    REPLAY = "replay"
    ADMIN = "admin"


class Header(BaseModel):
    """The header of a token. What it says beyond this, keys among it, is not looked at."""

    model_config = ConfigDict(strict=True, frozen=True)

    typ: str
    alg: str
    kid: str
    jku: str | None = None


class Claims(BaseModel):
    """The claims of a token that count here; others may be there."""

    model_config = ConfigDict(strict=True, frozen=True)

    iss: str
    aud: str | list[str]
    exp: Seconds
    iat: Seconds
    nbf: Seconds | None = None
    jti: Text
    tenant: Text | None = None


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Knows the trusted clients, their keys and the tokens that they used already."""

    clients: Mapping[str, Client]
    keys: Mapping[str, KeySet]
    replays: Replays

    @classmethod
    def of(
        cls, clients: Collection[Client], replays: Replays, outbound: Outbound
    ) -> "Authenticator":
        """For these clients; ``outbound`` asks their key servers."""
        return cls(
            {client.issuer: client for client in clients},
            {client.issuer: _keys(client, outbound) for client in clients},
            replays,
        )

    def policy(self, authorization: str | None, address: str, now: datetime) -> Policy:
        """What the caller may do.

        authorization: the header of that name. address: the public URL of what is
        called. Raises NotAuthenticated, whatever was sent, and
        StoreUnavailable when nobody knows whether the token was used before.
        """
        token = _token(authorization)
        header, claims = _read(token)
        client = self.clients.get(claims.iss)
        if client is None:
            raise NotAuthenticated(Reason.ISSUER)
        try:
            self._check_signature(token, header, client)
            _check_claims(claims, client, address, now)
            self._check_first_use(claims)
        except NotAuthenticated as refused:
            refused.issuer = client.issuer
            raise
        return client.policy(claims.tenant)

    def _check_signature(self, token: str, header: Header, client: Client) -> None:
        """Nothing that the token says chooses a key server, or an algorithm for a key."""
        if header.alg not in client.algorithms:
            raise NotAuthenticated(Reason.ALGORITHM)
        if client.jku is not None and header.jku not in (None, client.jku):
            raise NotAuthenticated(Reason.JKU)
        key = self._key(header.kid, client)
        if header.alg not in key.algorithms:
            raise NotAuthenticated(Reason.ALGORITHM)
        try:
            _JWS.decode(token, key.public, algorithms=[header.alg])
        except PyJWTError:
            raise NotAuthenticated(Reason.SIGNATURE) from None

    def _key(self, kid: str, client: Client) -> Key:
        try:
            key = self.keys[client.issuer].find(kid)
        except KeysUnavailable:
            raise NotAuthenticated(Reason.KEYS_UNAVAILABLE) from None
        if key is None:
            raise NotAuthenticated(Reason.KEY)
        return key

    def _check_first_use(self, claims: Claims) -> None:
        until = datetime.fromtimestamp(claims.exp, UTC)
        if not self.replays.first_use(claims.iss, claims.jti, until):
            raise NotAuthenticated(Reason.REPLAY)


def _keys(client: Client, outbound: Outbound) -> KeySet:
    if client.jku is None:
        return Pinned(client.keys)
    return Remote(client.issuer, client.jku, outbound)


def _token(authorization: str | None) -> str:
    if not authorization:
        raise NotAuthenticated(Reason.NO_TOKEN)
    found = _BEARER.fullmatch(authorization) if len(authorization) <= MAX_TOKEN else None
    if found is None:
        raise NotAuthenticated(Reason.NOT_A_TOKEN)
    return found[1]


def _read(token: str) -> tuple[Header, Claims]:
    """Header and claims, of which nothing is proven yet."""
    try:
        read = _JWS.decode_complete(token, options={"verify_signature": False})
    except PyJWTError:
        raise NotAuthenticated(Reason.NOT_A_TOKEN) from None
    return _header(read["header"]), _claims(read["payload"])


def _header(sent: dict[str, Any]) -> Header:
    try:
        header = Header.model_validate(sent)
    except ValidationError:
        raise NotAuthenticated(Reason.HEADER) from None
    # No extension is understood here, so one that must be understood ends the matter.
    if header.typ.lower() != "jwt" or "crit" in sent or "b64" in sent:
        raise NotAuthenticated(Reason.HEADER)
    return header


def _claims(sent: bytes) -> Claims:
    try:
        return Claims.model_validate_json(sent)
    except ValidationError:
        raise NotAuthenticated(Reason.CLAIMS) from None


def _check_claims(claims: Claims, client: Client, address: str, now: datetime) -> None:
    _check_times(claims, client, now.timestamp())
    named = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if not any(aud in client.audiences or _plain(aud) == _plain(address) for aud in named):
        raise NotAuthenticated(Reason.AUDIENCE)
    if client.tenants is not None and claims.tenant not in client.tenants:
        raise NotAuthenticated(Reason.TENANT)


def _plain(url: str) -> str:
    """Without surplus slashes: a discovery URL typed with one at its end leads to ``//id``."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + _SLASHES.sub("/", rest).rstrip("/")


def _check_times(claims: Claims, client: Client, now: float) -> None:
    if claims.exp <= now:
        raise NotAuthenticated(Reason.EXPIRED)
    if max(claims.iat, claims.nbf or claims.iat) > now + LEEWAY_S:
        raise NotAuthenticated(Reason.NOT_YET_VALID)
    if not 0 < claims.exp - claims.iat <= client.max_lifetime_s:
        raise NotAuthenticated(Reason.LIFETIME)
