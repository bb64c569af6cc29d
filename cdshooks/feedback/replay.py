"""Which token ids were used: a token proves its sender once."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from sqlalchemy import delete

from cdshooks.feedback.store import Store, insert_new
from cdshooks.feedback.tables import replay

PRUNE_EVERY_S = 60.0


class Replays:
    """The memory of token ids, shared by all processes that use the same store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._pruned = 0.0

    def first_use(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether this id of this issuer was never seen; it is remembered until ``until``.

        Raises StoreUnavailable.
        """
        token = hashlib.sha256(json.dumps([issuer, jti]).encode()).hexdigest()
        with self._store.transaction() as connection:
            if monotonic() - self._pruned > PRUNE_EVERY_S:
                self._pruned = monotonic()
                connection.execute(delete(replay).where(replay.c.until < self._clock()))
            insert = insert_new(connection, replay).returning(replay.c.token)
            return connection.scalar(insert, {"token": token, "until": until}) is not None
