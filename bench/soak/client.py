"""An authenticated CDS client: its key, a fresh token for each call, and the calls it makes."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from uuid import uuid4

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from bench.bodies import NOT_ALS, SIGNING, VIEW_50, VIEW_500, request, settings
from bench.calls import Address, post
from cdshooks.app import site_of

ISSUER = "https://ehr.example.org/fhir"
PATIENTS = 40
MIX = (*(VIEW_50,) * 5, VIEW_500, NOT_ALS, SIGNING)
"""Kinds of calls, by turns."""
READING_EVERY = 4
"""Every so many calls name the FHIR server."""
AUTHORIZATION = {
    "access_token": "opaque",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/*.read",
    "subject": "als-cdshooks",
}
FEEDBACK_EVERY = 10
TOKEN_S = 300


@dataclass(frozen=True, slots=True)
class Sent:
    """What is posted where; ``path`` is also its audience."""

    path: str
    body: bytes


class Client:
    """Signs with one key, of which the service knows the public half."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def entry(self, fhir_server: str) -> str:
        """Its entry in the file of trusted clients."""
        key = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        keys = json.dumps({"keys": [{**key, "kid": "soak", "use": "sig"}]})
        lines = [f'iss = "{ISSUER}"', f"jwks = '{keys}'", 'algorithms = ["ES256"]']
        return "\n".join(["[[client]]", *lines, f'fhir_servers = ["{fhir_server}"]', ""])

    def token(self, audience: str) -> str:
        """A token for one call."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + TOKEN_S}
        header = {"kid": "soak"}
        return jwt.encode({**claims, "jti": uuid4().hex}, self._key, "ES256", headers=header)

    def calls(self, address: Address, sent: Iterator[Sent]) -> Iterator[bytes]:
        """Each with its own token."""
        url = f"http://{address[0]}:{address[1]}"
        for one in sent:
            yield post(address, one.path, one.body, self.token(url + one.path))


def mixed(fhir_server: str) -> Iterator[Sent]:
    """Calls of all kinds for many patients, and now and then feedback, without end."""
    site, now = site_of(settings()), datetime.now(UTC)
    made = []
    for number in range(PATIENTS):
        for place, case in enumerate(MIX):
            body = request(case, number * len(MIX) + place, site, now)
            if (number + place) % READING_EVERY == 0:
                body |= {"fhirServer": fhir_server, "fhirAuthorization": AUTHORIZATION}
            made.append(Sent(case.path, orjson.dumps(body)))
    return _with_feedback(made)


def _with_feedback(made: list[Sent]) -> Iterator[Sent]:
    for count, one in enumerate(cycle(made)):
        yield one
        if count % FEEDBACK_EVERY == 0:
            yield Sent(f"{VIEW_50.path}/feedback", _feedback())


def _feedback() -> bytes:
    reason = {"reason": {"code": "will-address-later", "system": "urn:example"}}
    report = {
        "card": str(uuid4()),
        "outcome": "overridden",
        "overrideReason": reason,
        "outcomeTimestamp": datetime.now(UTC).isoformat(),
    }
    return orjson.dumps({"feedback": [report]})
