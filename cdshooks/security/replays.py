"""Which tokens were used already: each serves for one call."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol


class Replays(Protocol):
    """A memory of used tokens that every process and machine of an installation shares."""

    def first_use(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether this token is used for the first time; it is used from now on.

        until: when the token expires, and with it the need to remember it.
        Raises StoreUnavailable when the memory does not answer.
        """


LONGEST = timedelta(hours=2)
"""Longer than any token may live, see ``clients.MAX_LIFETIME_S``."""
_ROOM = 10_000


@dataclass(slots=True)
class ReplaysHere:
    """The memory of one process: whole where one process serves alone."""

    _until: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _room: int = _ROOM
    _lock: Lock = field(default_factory=Lock)

    def first_use(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether this token is used for the first time; it is used from now on."""
        with self._lock:
            if (issuer, jti) in self._until:
                return False
            self._until[issuer, jti] = until
            if len(self._until) >= self._room:
                self._forget(until - LONGEST)
            return True

    def _forget(self, before: datetime) -> None:
        """Drops what expired: a token that is valid now shows how late it is at least."""
        self._until = {used: until for used, until in self._until.items() if until >= before}
        self._room = 2 * len(self._until) + _ROOM
