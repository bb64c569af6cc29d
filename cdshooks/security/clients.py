"""The CDS clients that an installation trusts, and the terms on which it serves each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from cdshooks.security.keys import Key
from cdshooks.security.policy import Policy

MAX_LIFETIME_S = 3600
"""The longest life of a token that a client can be configured with."""

_SANDBOX = "sandbox.cds-hooks.org"
_SANDBOX_KID = "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f"


@dataclass(frozen=True, slots=True)
class Client:
    """A CDS client: how it proves who it is, and what it may do then.

    jku: the address of its key server; None where the operator wrote the ``keys`` down.
    audiences: values of ``aud`` that are taken beside the address that was called.
    tenants: the profile of each tenant that is served, or None to serve any.
    terms: the policy of a call, before its tenant is known.
    """

    issuer: str
    algorithms: frozenset[str]
    terms: Policy
    jku: str | None = None
    keys: Mapping[str, Key] = field(default_factory=dict)
    audiences: tuple[str, ...] = ()
    max_lifetime_s: int = 900
    tenants: Mapping[str, tuple[str, ...]] | None = None

    def policy(self, tenant: str | None) -> Policy:
        """The policy of a call by a tenant that is served, or by none."""
        own = self.tenants.get(tenant, ()) if self.tenants and tenant else ()
        return replace(
            self.terms, issuer=self.issuer, tenant=tenant, profile=own or self.terms.profile
        )

    @property
    def profiles(self) -> frozenset[tuple[str, ...]]:
        """The names of profiles under which this client's calls can be answered."""
        named = {self.terms.profile or (), *(self.tenants or {}).values()}
        return frozenset(named - {()})


def public_sandboxes(clients: Iterable[Client]) -> tuple[str, ...]:
    """The issuers among ``clients`` that anybody can pretend to be.

    The public CDS Hooks Sandbox publishes its private key with its source. Whoever is
    believed on the strength of that key, under whatever name, is not authenticated.
    """
    return tuple(
        client.issuer
        for client in clients
        if _SANDBOX in (_host(client.issuer), _host(client.jku)) or _SANDBOX_KID in client.keys
    )


def _host(address: str | None) -> str:
    return (urlsplit(address).hostname or "").rstrip(".") if address else ""
