"""The audit: one record a call."""

import sqlalchemy as sa
from alembic import op

from cdshooks.errors import StoreInvalid
from cdshooks.feedback.migrate import NO_WAY_BACK

revision = "002"
down_revision = "001"


def upgrade() -> None:
    """Makes the table and its index."""
    texts = ("client", "tenant", "service", "hook", "outcome", "knowledge")
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(255), nullable=False) for name in texts),
        sa.Column("patient", sa.String(64), nullable=False),
        sa.Column("user", sa.String(64)),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("ms", sa.Float, nullable=False),
    )
    op.create_index("audit_at", "audit", ["at"])


def downgrade() -> None:
    """Refuses."""
    raise StoreInvalid(NO_WAY_BACK)
