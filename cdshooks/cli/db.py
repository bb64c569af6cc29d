"""``cdshooks db``: the store of what is remembered, brought up to date and kept small."""

from contextlib import closing

import click

from cdshooks.errors import StoreInvalid
from cdshooks.feedback import Store
from cdshooks.feedback.migrate import NO_WAY_BACK
from cdshooks.feedback.migrate import check as check_store
from cdshooks.feedback.migrate import upgrade as upgrade_store
from cdshooks.feedback.prune import Keep
from cdshooks.feedback.prune import prune as prune_store
from cdshooks.http.clock import clock_of
from cdshooks.settings import Settings


@click.group("db")
def db_command() -> None:
    """Look after the store of cards, feedback, snoozes and audit."""


@db_command.command()
def upgrade() -> None:
    """Bring the store to the form that this version expects. Make a backup first."""
    with closing(Store(Settings.load().store_url)) as store:
        done = upgrade_store(store)
    click.echo("The store is up to date." if done else "There was nothing to do.")


@db_command.command()
def prune() -> None:
    """Delete what is older than CDSHOOKS_KEEP_CARDS_DAYS and CDSHOOKS_KEEP_AUDIT_DAYS."""
    settings = Settings.load()
    keep = Keep(settings.keep_cards_days, settings.keep_audit_days)
    with closing(Store(settings.store_url)) as store:
        check_store(store)
        gone = prune_store(store, keep, clock_of(settings)())
    for table, rows in gone.items():
        click.echo(f"{table}: {rows} deleted")


@db_command.command(hidden=True)
def downgrade() -> None:
    """Refuses: there is no way back to an earlier form."""
    raise StoreInvalid(NO_WAY_BACK)
