"""``cdshooks insights``: how advice is received."""

import csv
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from cdshooks import rules
from cdshooks.feedback import Store
from cdshooks.feedback.insights import lines, masked, ranked
from cdshooks.feedback.migrate import check as check_store
from cdshooks.settings import Settings

COLUMNS = ("rule", "month", "shown", "accepted", "overridden", "ignored", "reasons", "seconds")
since_option = click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only from this day on (UTC).",
)


@click.command()
@since_option
@click.option("--rule", help="Only this rule.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
def insights(since: datetime | None, rule: str | None, form: str) -> None:
    """Count what was shown, accepted, overridden and ignored, by rule and month.

    Counts under 5 are masked. A showing counts once in 24 hours.
    """
    with closing(Store(Settings.load().store_url)) as store:
        check_store(store)
        found = lines(store, since and since.replace(tzinfo=UTC), rule)
    # A rule of an earlier version may still have its counts.
    if rule and not found and rule not in {one.id for one in rules.load()}:
        raise click.ClickException(f"no rule {rule}; cdshooks rules list names them all")
    rows = [masked(line) for line in found]
    if form == "json":
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(row[name]) for name in COLUMNS] for row in rows)
    else:
        _show(rows, ranked(found))


def _show(rows: list[dict[str, Any]], rates: list[tuple[str, float]]) -> None:
    console = Console(highlight=False)
    if not rows:
        console.print("No card was recorded.")
        return
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in COLUMNS))
    console.print(table)
    for rule, rate in rates:
        console.print(f"{rate:4.0%} overridden  {rule}")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{reason} {count}" for reason, count in value.items())
    if isinstance(value, float):
        return f"{value:.0f}"
    return "" if value is None else str(value)
