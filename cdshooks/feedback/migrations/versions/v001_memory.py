"""Token ids, cards issued, feedback and snoozes."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from cdshooks.errors import StoreInvalid
from cdshooks.feedback.migrate import NO_WAY_BACK

revision = "001"
down_revision = None


def _text(name: str, length: int = 255, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=null, primary_key=key)


def _instant(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _json(name: str) -> sa.Column[sa.JSON]:
    return sa.Column(name, sa.JSON, nullable=False)


def upgrade() -> None:
    """Makes every table of the first form."""
    op.create_table("meta", _text("name", key=True), sa.Column("value", sa.Text, nullable=False))
    op.create_table("replay", _text("token", 64, key=True), _instant("until"))
    op.create_index("replay_until", "replay", ["until"])
    _cards()
    _feedback()
    _snoozes()


def _cards() -> None:
    op.create_table(
        "card",
        _text("uuid", key=True),
        *(_text(name) for name in ("client", "tenant", "service", "hook", "indicator")),
        _text("patient", 64),
        _text("user", 64, null=True),
        _text("order", 16, null=True),
        _text("goals", 16),
        _json("reasons"),
        _json("suggestions"),
        _text("knowledge"),
        sa.Column("day", sa.Date, nullable=False),
        _instant("at"),
    )
    op.create_index("card_at", "card", ["at"])
    op.create_table(
        "card_rule",
        sa.Column(
            "card", sa.String(255), sa.ForeignKey("card.uuid", ondelete="CASCADE"), primary_key=True
        ),
        _text("rule", key=True),
        _text("indicator"),
        _json("criteria"),
        _json("evidence"),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        _text("id", 64, key=True),
        *(_text(name) for name in ("card", "client", "tenant", "service", "outcome")),
        _text("reason", null=True),
        _text("reason_system", null=True),
        sa.Column("comment", sa.LargeBinary),
        _json("suggestions"),
        sa.Column("known", sa.Boolean, nullable=False),
        _instant("at"),
        _instant("received"),
    )
    op.create_index("feedback_card", "feedback", ["card"])
    op.create_index("feedback_received", "feedback", ["received"])


def _snoozes() -> None:
    op.create_table(
        "snooze",
        _text("card", key=True),
        _text("rule", key=True),
        _text("patient", 64),
        _text("outcome"),
        _text("reason", null=True),
        _text("ends_with", null=True),
        _text("indicator"),
        _json("criteria"),
        _json("evidence"),
        _text("goals", 16),
        _text("order", 16, null=True),
        _json("orders"),
        sa.Column("day", sa.Date, nullable=False),
        *(_instant(name) for name in ("at", "until", "reported")),
    )
    op.create_index("snooze_patient", "snooze", ["patient", "until"])
    op.create_index("snooze_until", "snooze", ["until"])


def downgrade() -> None:
    """Refuses."""
    raise StoreInvalid(NO_WAY_BACK)
