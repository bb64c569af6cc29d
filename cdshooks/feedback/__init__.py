"""What the service remembers: cards issued, feedback, snoozes, token ids, calls."""

from cdshooks.feedback.keys import Keys
from cdshooks.feedback.store import Store

__all__ = ["Keys", "Store"]
