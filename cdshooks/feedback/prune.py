"""Forgetting: what is kept for how long, table by table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from cdshooks.feedback.store import Store
from cdshooks.feedback.tables import audit, card, feedback, replay, snooze


@dataclass(frozen=True, slots=True)
class Keep:
    """Days for which cards with their feedback, and the audit, are kept."""

    cards_days: int
    audit_days: int


def prune(store: Store, keep: Keep, now: datetime) -> Mapping[str, int]:
    """Deletes what is older than it should be; rows gone, by table.

    Snoozes and token ids go as soon as they have no effect any more.
    """
    cards = now - timedelta(days=keep.cards_days)
    old = {
        audit: audit.c.at < now - timedelta(days=keep.audit_days),
        card: card.c.at < cards,
        feedback: feedback.c.received < cards,
        snooze: snooze.c.until < now,
        replay: replay.c.until < now,
    }
    gone = {}
    for table, condition in old.items():
        # One transaction a table: a long one would hold up those that write.
        with store.transaction() as connection:
            gone[table.name] = connection.execute(delete(table).where(condition)).rowcount
    return gone


def forget(store: Store, patient: str) -> int:
    """Ends every snooze of a patient, given as keyed hash; how many there were."""
    with store.transaction() as connection:
        return connection.execute(delete(snooze).where(snooze.c.patient == patient)).rowcount
