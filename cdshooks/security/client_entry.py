"""One client of the trusted-clients file, as it is written there."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from cdshooks.security.addresses import Refused, origin
from cdshooks.security.clients import MAX_LIFETIME_S, Client
from cdshooks.security.keys import ALGORITHMS, Key
from cdshooks.security.policy import Policy
from cdshooks.settings import listed

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ACCEPTED = ", ".join(sorted(ALGORITHMS))


def _issuer(value: str) -> str:
    if not urlsplit(value).scheme or value != "".join(value.split()):
        raise ValueError("no URI")
    return value


def _https(value: str) -> str:
    if not _origin(value).startswith("https:") or urlsplit(value).fragment:
        raise ValueError("no https URL")
    return value


def _fhir_server(value: str) -> str:
    host = urlsplit(value).hostname
    if not (_origin(value).startswith("https:") or host in _LOOPBACK):
        raise ValueError("no https URL")
    if urlsplit(value).query or urlsplit(value).fragment:
        raise ValueError("more than a base URL")
    return value.rstrip("/")


def _origin(value: str) -> str:
    try:
        return origin(value)
    except Refused:
        raise ValueError("no address") from None


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("empty")
    return value


def _algorithm(value: str) -> str:
    if value not in ALGORITHMS:
        raise ValueError("not accepted")
    return value


def key_list(value: object) -> object:
    """The keys of a JWK Set: as JSON, as a table with ``keys``, or listed."""
    if isinstance(value, str):
        value = orjson.loads(value)
    return value.get("keys") if isinstance(value, dict) else value


Names = Annotated[list[str], BeforeValidator(listed)]
Keys = Annotated[list[dict[str, Any]], Field(min_length=1), BeforeValidator(key_list)]
Text = Annotated[str, AfterValidator(_text)]


class Entry(BaseModel):
    """One ``[[client]]``; a field's description is what a mistake says was expected."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    iss: Annotated[str, AfterValidator(_issuer)] = Field(
        description="the iss of the client's tokens, a URI"
    )
    jku: Annotated[str, AfterValidator(_https)] | None = Field(
        default=None, description="an https URL without user and fragment"
    )
    jwks: Keys | None = Field(
        default=None,
        description="the client's public keys: a JWK Set, as JSON text or as a table",
    )
    algorithms: list[Annotated[str, AfterValidator(_algorithm)]] = Field(
        min_length=1,
        description=f"one or more of {_ACCEPTED}; none and shared secrets (HS…) prove nothing",
    )
    audiences: list[Text] = Field(default=[], description="a list of texts")
    fhir_servers: list[Annotated[str, AfterValidator(_fhir_server)]] = Field(
        default=[], description="a list of FHIR base URLs with https (http on this machine only)"
    )
    fetch: Literal["allowed", "never"] = Field(default="allowed", description="allowed or never")
    max_lifetime_s: int = Field(
        default=900, ge=1, le=MAX_LIFETIME_S, description=f"seconds, 1 to {MAX_LIFETIME_S}"
    )
    profile: Names = Field(default=[], description="names of profiles, comma-separated")
    tenants: dict[Text, Names] | None = Field(
        default=None, description='a table of tenant = profile; profile "" is the client\'s own'
    )
    never_sends: list[Text] = Field(default=[], description="a list of prefetch keys")
    edit_active_orders: bool = Field(default=True, description="true or false")
    trace: bool = Field(default=False, description="true or false")

    def client(self, keys: Mapping[str, Key]) -> Client:
        """The client that is described, with the keys that ``jwks`` holds."""
        return Client(
            issuer=self.iss,
            algorithms=frozenset(self.algorithms),
            terms=self._terms(),
            jku=self.jku,
            keys=keys,
            audiences=tuple(self.audiences),
            max_lifetime_s=self.max_lifetime_s,
            tenants=None
            if self.tenants is None
            else {tenant: tuple(profile) for tenant, profile in self.tenants.items()},
        )

    def _terms(self) -> Policy:
        return Policy(
            issuer=self.iss,
            profile=tuple(self.profile) or None,
            fhir_servers=tuple(self.fhir_servers),
            fetch=self.fetch == "allowed",
            never_sends=frozenset(self.never_sends),
            edit_active_orders=self.edit_active_orders,
            trace=self.trace,
        )
