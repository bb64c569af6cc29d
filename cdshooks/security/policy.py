"""What one caller may do, and how that caller is served."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The terms of one call; the default is a caller of whom nothing is known.

    issuer, tenant: from the client's token; None without authentication.
    profile: names of knowledge profiles; None serves the installation's own.
    fhir_servers: base URLs that may be read for this caller, without slash at the end;
    ``http://localhost:*`` stands for every port and path there.
    fetch: whether anything may be read at all beyond what was prefetched.
    never_sends: prefetch keys that this caller's system cannot fill.
    edit_active_orders: whether orders that are not drafts may be changed by a suggestion.
    trace: whether the response tells why each rule fired or was silent.
    """

    issuer: str | None = None
    tenant: str | None = None
    profile: tuple[str, ...] | None = None
    fhir_servers: tuple[str, ...] = ()
    fetch: bool = True
    never_sends: frozenset[str] = frozenset()
    edit_active_orders: bool = True
    trace: bool = False
