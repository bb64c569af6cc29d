"""One record a call, never changed afterwards: who asked what, and what was answered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select

from cdshooks.feedback.model import Caller
from cdshooks.feedback.store import Store
from cdshooks.feedback.tables import audit

Outcome = Literal["answered", "refused"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A call. patient, user: keyed hashes.

    outcome: ``refused`` where the data that came could not be judged.
    rules: ids of those whose advice went out. ms: how long the answer took.
    """

    at: datetime
    caller: Caller
    service: str
    hook: str
    patient: str
    user: str | None
    outcome: Outcome
    rules: tuple[str, ...]
    knowledge: str
    ms: float


def write(connection: Connection, entries: list[Entry]) -> None:
    """Adds entries."""
    rows = [
        {
            "at": entry.at,
            "client": entry.caller.client,
            "tenant": entry.caller.tenant,
            "service": entry.service,
            "hook": entry.hook,
            "patient": entry.patient,
            "user": entry.user,
            "outcome": entry.outcome,
            "rules": list(entry.rules),
            "knowledge": entry.knowledge,
            "ms": entry.ms,
        }
        for entry in entries
    ]
    connection.execute(insert(audit), rows)


def entries(store: Store, since: datetime | None = None) -> Iterator[tuple[int, Entry]]:
    """Every entry from an instant on with its number, in the order written."""
    query = select(audit).order_by(audit.c.id)
    if since is not None:
        query = query.where(audit.c.at >= since)
    with store.counting() as connection:
        for row in connection.execution_options(yield_per=500).execute(query):
            yield row.id, _entry(row)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        at=row.at,
        caller=Caller(row.client, row.tenant),
        service=row.service,
        hook=row.hook,
        patient=row.patient,
        user=row.user,
        outcome=row.outcome,
        rules=tuple(row.rules),
        knowledge=row.knowledge,
        ms=row.ms,
    )
