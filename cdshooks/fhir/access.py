"""What one call may read from which FHIR server, and with which token."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from cdshooks.fhir.scopes import Scope, grants, scopes
from cdshooks.protocol import FhirAuthorization, HookRequest
from cdshooks.security.addresses import Refused, is_listed, origin
from cdshooks.security.policy import Policy

_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Access:
    """A server that may be read for one patient.

    scopes: None when nobody said what the token allows: the server decides then.
    expires_in: seconds after the call arrived in which the token may be used.
    notes: what a client left out, for the log.
    """

    base: str
    token: str | None = field(default=None, repr=False)
    scopes: tuple[Scope, ...] | None = None
    own_patient: bool = True
    expires_in: int | None = None
    notes: tuple[str, ...] = ()

    def allows(self, type: str, query: str) -> bool:
        """Whether the token is meant for this read or search."""
        if self.scopes is None:
            return self.own_patient
        return grants(self.scopes, type, query, own_patient=self.own_patient)


def access(request: HookRequest, policy: Policy) -> Access | str:
    """What this call may read, or why it may read nothing.

    A server that is not listed is passed over without being called; a token that
    cannot be used is not replaced by a call without one.
    """
    if request.fhir_server is None:
        return "no fhirServer in the request"
    if not policy.fetch:
        return "nothing is to be fetched for this client"
    if not is_allowed(request.fhir_server, policy.fhir_servers):
        return "the fhirServer is not listed for this client"
    base = request.fhir_server.rstrip("/")
    if request.fhir_authorization is None:
        return Access(base)
    return _with_token(base, request.fhir_authorization, request.context.patient_id)


def _with_token(base: str, given: FhirAuthorization, patient_id: str) -> Access | str:
    if (given.token_type or "bearer").strip().lower() != "bearer":
        return "the token is not of type Bearer"
    if not _TOKEN.fullmatch(given.access_token):
        return "the token cannot be sent"
    if given.expires_in is not None and given.expires_in <= 0:
        return "the token has expired"
    stated = (given.scope or "").strip()
    missing = [
        name
        for name, value in (("scope", stated), ("expires_in", given.expires_in))
        if value in ("", None)
    ]
    # Without scopes only a token that is known to be for somebody else is left unused.
    own = given.patient == patient_id or (not stated and given.patient is None)
    return Access(
        base,
        given.access_token,
        scopes(stated) if stated else None,
        own,
        given.expires_in,
        tuple(f"fhirAuthorization without {name}" for name in missing),
    )


def is_allowed(server: str, listed: Collection[str]) -> bool:
    """Whether a FHIR base URL is listed: the very URL, or ``http://localhost:*`` for any there."""
    try:
        wanted = _normal(server)
        hosts = [one for one in listed if one.endswith(":*")]
        bases = [_normal(one) for one in listed if not one.endswith(":*")]
        return wanted in bases or is_listed(origin(server), hosts)
    except Refused:
        return False


def _normal(base: str) -> str:
    """One spelling of a base URL: the host in lower case, the port named, no slash at the end."""
    if "?" in base or "#" in base or "/../" in f"{base}/" or "/./" in f"{base}/":
        raise Refused("not a base URL")
    where = origin(base)
    path = base.split("://", 1)[-1].partition("/")[2]
    return f"{where}/{path}".rstrip("/")
