"""How a patient is called in an output: by the id of the input, or by a keyed hash of it."""

import hmac
from hashlib import sha256

LENGTH = 32
"""Characters of a hash that are kept."""


def named(patient: str, key: str | None) -> str:
    """The id, or its hash under a key: the same in every output that is made with this key."""
    return hashed(patient, key) if key else patient


def told(key: str | None) -> str:
    """Under which key ids are hashed, without saying the key."""
    return f"hashed under key {hashed('key', key)[:8]}" if key else "as they are"


def hashed(text: str, key: str) -> str:
    """A hash that nobody can make without the key."""
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()[:LENGTH]
