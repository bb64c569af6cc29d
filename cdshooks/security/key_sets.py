"""Where the keys of a client come from: the operator's file, or the client's key server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Protocol

import orjson
import structlog

from cdshooks.errors import CdsHooksError
from cdshooks.security.keys import Key, KeyUnusable, keys_of
from cdshooks.security.outbound import Outbound

FRESH_S = 600.0
"""How long an answer of a key server is used before it is asked again."""
KEPT_S = 3600.0
"""How long an answer is used at most, while the key server does not give another."""
BETWEEN_S = 10.0
"""The shortest time between two questions to one key server, whoever causes them."""
TIMEOUT_S = 2.0
MAX_BYTES = 256 * 1024


class KeysUnavailable(CdsHooksError):
    """The key server gave no usable answer, and no earlier one is recent enough."""


class KeySet(Protocol):
    """The keys of one client."""

    def find(self, kid: str) -> Key | None:
        """The key of this name; raises KeysUnavailable where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """Keys that the operator wrote down."""

    keys: Mapping[str, Key]

    def find(self, kid: str) -> Key | None:
        """The key of this name."""
        return self.keys.get(kid)


@dataclass(frozen=True, slots=True)
class _Answer:
    keys: Mapping[str, Key]
    asked_at: float


@dataclass(slots=True)
class Remote:
    """Keys that a client publishes at ``url``; remembered, and safe to share by threads.

    issuer: whose keys they are, for the log.
    timer: seconds on a clock that never goes back.
    """

    issuer: str
    url: str
    outbound: Outbound
    timer: Callable[[], float] = monotonic
    _lock: Lock = field(default_factory=Lock)
    _held: _Answer | None = None
    _asked_at: float | None = None

    def find(self, kid: str) -> Key | None:
        """The key of this name, asking the key server if need be and not just asked."""
        held = self._usable()
        if held is None or kid not in held.keys:
            self._refresh(wait=True)
        elif self.timer() - held.asked_at >= FRESH_S:
            # The key serves on while one thread asks whether it still does.
            self._refresh(wait=False)
        held = self._usable()
        if held is None:
            raise KeysUnavailable("the key server gives no usable answer")
        return held.keys.get(kid)

    def _usable(self) -> _Answer | None:
        held = self._held
        return held if held and self.timer() - held.asked_at < KEPT_S else None

    def _refresh(self, *, wait: bool) -> None:
        """Asks, unless somebody just did; who waited for another's question uses its answer."""
        if not self._lock.acquire(timeout=2 * TIMEOUT_S if wait else 0):
            return
        try:
            now = self.timer()
            if self._asked_at is None or now - self._asked_at >= BETWEEN_S:
                self._asked_at = now
                self._ask(now)
        finally:
            self._lock.release()

    def _ask(self, now: float) -> None:
        try:
            self._held = _Answer(self._fetched(), now)
        except (CdsHooksError, ValueError) as problem:
            structlog.get_logger().warning(
                "keys not read", issuer=self.issuer, error=type(problem).__name__
            )

    def _fetched(self) -> dict[str, Key]:
        reply = self.outbound.get(
            self.url,
            headers={"Accept": "application/json"},
            timeout_s=TIMEOUT_S,
            max_bytes=MAX_BYTES,
        )
        if reply.status != 200:
            # A redirect too: it would lead to an address that nobody configured.
            raise KeyUnusable("expected status 200")
        return keys_of(orjson.loads(reply.body))
