"""``cdshooks audit``: who asked what, and what was answered."""

from contextlib import closing
from datetime import UTC, datetime

import click
import orjson

from cdshooks.cli.insights import since_option
from cdshooks.feedback import Store
from cdshooks.feedback.audit import entries
from cdshooks.feedback.migrate import check as check_store
from cdshooks.services.audit_event import audit_event
from cdshooks.settings import Settings


@click.group("audit")
def audit_command() -> None:
    """Account for the calls that were answered."""


@audit_command.command()
@since_option
def export(since: datetime | None) -> None:
    """Print one FHIR R4 AuditEvent a call, as lines of JSON."""
    with closing(Store(Settings.load().store_url)) as store:
        check_store(store)
        for number, entry in entries(store, since and since.replace(tzinfo=UTC)):
            click.echo(orjson.dumps(audit_event(number, entry)))
