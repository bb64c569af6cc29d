"""Keyed hashes: who a record is about can be compared, and not be read."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field

from cdshooks.feedback.tables import PRINT


@dataclass(frozen=True, slots=True)
class Keys:
    """Hashes of patients, users and evidence under the secret of this installation."""

    secret: bytes = field(repr=False)

    def patient(self, client: str, tenant: str, patient_id: str) -> str:
        """A patient of one client and tenant; the FHIR server's address has no part in it."""
        return self._hash("patient", client, tenant, patient_id)

    def user(self, client: str, tenant: str, user_id: str) -> str:
        """A user of one client and tenant."""
        return self._hash("user", client, tenant, user_id)

    def fingerprint(self, *parts: str) -> str:
        """What tells whether something is still the same, and nothing more."""
        return self._hash("fingerprint", *parts)[:PRINT]

    def _hash(self, *parts: str) -> str:
        # A list in JSON keeps ("a", "bc") and ("ab", "c") apart.
        return hmac.new(self.secret, json.dumps(parts).encode(), hashlib.sha256).hexdigest()
