"""The tables of the store, as the newest migration leaves them.

Patient and user appear only as keyed hashes. A free-text comment is there only
where a site keeps comments, and then encrypted.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

HEAD = "002"
"""The migration that these tables follow from."""

HASH = 64
"""Characters of a keyed hash of a patient, a user or a token id."""
PRINT = 16
"""Characters of a fingerprint: enough to notice a change, too few to search for values."""
NAME = 255
"""Characters of whatever a client or a rule names."""


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC: SQLite has no zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC, and without its zone where the database would write it down as text."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", String(NAME), primary_key=True),
    Column("value", Text, nullable=False),
)

replay = Table(
    "replay",
    metadata,
    Column("token", String(HASH), primary_key=True),
    Column("until", Instant, nullable=False),
    Index("replay_until", "until"),
)

card = Table(
    "card",
    metadata,
    Column("uuid", String(NAME), primary_key=True),
    Column("client", String(NAME), nullable=False),
    Column("tenant", String(NAME), nullable=False),
    Column("service", String(NAME), nullable=False),
    Column("hook", String(NAME), nullable=False),
    Column("indicator", String(NAME), nullable=False),
    Column("patient", String(HASH), nullable=False),
    Column("user", String(HASH)),
    Column("order", String(PRINT)),
    Column("goals", String(PRINT), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("suggestions", JSON, nullable=False),
    Column("knowledge", String(NAME), nullable=False),
    Column("day", Date, nullable=False),
    Column("at", Instant, nullable=False),
    Index("card_at", "at"),
)

card_rule = Table(
    "card_rule",
    metadata,
    Column("card", String(NAME), ForeignKey("card.uuid", ondelete="CASCADE"), primary_key=True),
    Column("rule", String(NAME), primary_key=True),
    Column("indicator", String(NAME), nullable=False),
    Column("criteria", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", String(HASH), primary_key=True),
    Column("card", String(NAME), nullable=False),
    Column("client", String(NAME), nullable=False),
    Column("tenant", String(NAME), nullable=False),
    Column("service", String(NAME), nullable=False),
    Column("outcome", String(NAME), nullable=False),
    Column("reason", String(NAME)),
    Column("reason_system", String(NAME)),
    Column("comment", LargeBinary),
    Column("suggestions", JSON, nullable=False),
    Column("known", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("received", Instant, nullable=False),
    Index("feedback_card", "card"),
    Index("feedback_received", "received"),
)

snooze = Table(
    "snooze",
    metadata,
    Column("card", String(NAME), primary_key=True),
    Column("rule", String(NAME), primary_key=True),
    Column("patient", String(HASH), nullable=False),
    Column("outcome", String(NAME), nullable=False),
    Column("reason", String(NAME)),
    Column("ends_with", String(NAME)),
    Column("indicator", String(NAME), nullable=False),
    Column("criteria", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("goals", String(PRINT), nullable=False),
    Column("order", String(PRINT)),
    Column("orders", JSON, nullable=False),
    Column("day", Date, nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("reported", Instant, nullable=False),
    Index("snooze_patient", "patient", "until"),
    Index("snooze_until", "until"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("client", String(NAME), nullable=False),
    Column("tenant", String(NAME), nullable=False),
    Column("service", String(NAME), nullable=False),
    Column("hook", String(NAME), nullable=False),
    Column("outcome", String(NAME), nullable=False),
    Column("knowledge", String(NAME), nullable=False),
    Column("patient", String(HASH), nullable=False),
    Column("user", String(HASH)),
    Column("rules", JSON, nullable=False),
    Column("ms", Float, nullable=False),
    Index("audit_at", "at"),
)
