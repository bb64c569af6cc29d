"""Bringing a store to the form that this version expects: forward only, one process at a time."""

import secrets

from sqlalchemy import Connection, inspect, select, text

from cdshooks.errors import StoreInvalid
from cdshooks.feedback.store import Store, insert_new
from cdshooks.feedback.tables import HEAD, meta

NO_WAY_BACK = (
    "the store is never taken back to an earlier form, since data would be lost: "
    "restore the backup that was made before the upgrade"
)
_LOCK = 0x63647368
"""The advisory lock of PostgreSQL that a migration holds: any number, always the same."""
_HASH_KEY = "hash-key"


def upgrade(store: Store) -> bool:
    """Brings the store to the newest form; whether anything was to be done.

    One in memory is made in that form. Two processes may try at once: the second
    waits and finds nothing to do.
    Raises StoreInvalid for a store of a newer version than this.
    """
    if store.in_memory:
        return False
    with store.transaction() as connection:
        # With SQLite the transaction itself is the lock: it begins by asking to write.
        if not store.embedded:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(select(text(f"pg_advisory_xact_lock({_LOCK})")))
        if is_current(connection):
            return False
        _run(connection)
        return True


def check(store: Store) -> None:
    """Raises StoreInvalid unless the store has the form that this version expects."""
    with store.transaction() as connection:
        if not is_current(connection):
            raise StoreInvalid(
                "the store has not the form that this version expects: run cdshooks db upgrade"
            )


def is_current(connection: Connection) -> bool:
    """Whether nothing is to be done; raises StoreInvalid for the store of a newer version."""
    found = revision(connection)
    # Revisions are numbers of a fixed width, so text can be compared.
    if found is not None and found > HEAD:
        raise StoreInvalid(
            f"the store is of a newer version of cdshooks (form {found}, this one knows "
            f"{HEAD}): use that version, or restore a backup from before its upgrade"
        )
    return found == HEAD


def revision(connection: Connection) -> str | None:
    """The migration that a store has got to; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def stored_secret(store: Store) -> bytes:
    """The hash key inside an embedded store, made the first time that it is asked for."""
    with store.transaction() as connection:
        fresh = {"name": _HASH_KEY, "value": secrets.token_hex(32)}
        connection.execute(insert_new(connection, meta), fresh)
        kept = connection.scalar(select(meta.c.value).where(meta.c.name == _HASH_KEY))
    return str(kept).encode()


def _run(connection: Connection, target: str = "head") -> None:
    # Only where there is something to do: reading alembic takes longer than a small start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cdshooks.feedback:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, target)
