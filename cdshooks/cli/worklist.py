"""``cdshooks worklist``: who is due for what today, over all patients of an export."""

import shutil
from datetime import datetime, time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from cdshooks import rules
from cdshooks.cli.call import settings_of
from cdshooks.cli.failure import check_writable
from cdshooks.cli.population import (
    Bars,
    engine_options,
    key_of,
    told_of_interrupt,
    told_problems,
)
from cdshooks.cli.show import COLOURS, clean
from cdshooks.http.clock import clock_of
from cdshooks.population.assess import Assessor
from cdshooks.population.engines import Summary, run
from cdshooks.population.exports import Filters, Heading, Row, Table, check
from cdshooks.population.worklist import FIRES, Worklist
from cdshooks.rules.authoring import LEVELS
from cdshooks.settings import Settings

PARTS = "worklist.parts"
"""Where a run keeps what it has finished, unless told otherwise."""


def _groups(_: click.Context, option: click.Parameter, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The groups that are meant: by a whole name, or by the part before its hyphen."""
    known = sorted({rule.group for rule in rules.load()})
    found: list[str] = []
    for name in asked:
        meant = [group for group in known if group == name or group.startswith(f"{name}-")]
        if not meant:
            raise click.BadParameter(
                f"no group {name}; there are: {', '.join(known)}", param=option
            )
        found += meant
    return tuple(dict.fromkeys(found))


def _rules(_: click.Context, option: click.Parameter, asked: tuple[str, ...]) -> tuple[str, ...]:
    known = {rule.id for rule in rules.load()}
    for name in asked:
        if name not in known:
            said = f"no rule {name}; cdshooks rules names them all"
            raise click.BadParameter(said, param=option)
    return asked


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--out",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write the worklist: .csv, .parquet or .html. May be given several times.",
)
@click.option(
    "--as-of", "--today", "today", metavar="WHEN", help="Judge as of this date or instant."
)
@click.option("--profile", metavar="NAMES", help="Knowledge profiles, comma-separated.")
@click.option(
    "--group",
    "groups",
    metavar="NAME",
    multiple=True,
    help="Only rules of these groups: RESP-NIV, or RESP for all RESP-….",
    callback=_groups,
)
@click.option(
    "--rule", "rules", metavar="ID", multiple=True, help="Only this rule.", callback=_rules
)
@click.option("--indicator", "indicators", multiple=True, type=click.Choice(LEVELS))
@click.option(
    "--top",
    default=20,
    show_default=True,
    type=click.IntRange(0),
    help="Patients to show in the terminal.",
)
@click.option("--no-values", is_flag=True, help="Leave out what holds values of the chart.")
@click.option("--hash-ids", is_flag=True, help="Hash patient ids under CDSHOOKS_HASH_KEY.")
@click.option(
    "--unread",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a CSV of every line that was not used.",
)
@engine_options
def worklist(source: Path, files: tuple[Path, ...], **options: Any) -> None:
    """
    List what is due for every patient with ALS in SOURCE.

    SOURCE is a folder with a FHIR bulk export (NDJSON, also gzip) or with Bundles.
    Nothing leaves this machine. The rules are those of a chart that is opened
    (patient-view); what they find stands here before cards are grouped and capped,
    and the column "shown" says what a card would have told.

    What is done of an interrupted run is kept in worklist.parts, or in the folder
    of --parts, and the same command goes on from there.
    """
    for file in files:
        check(file)
    for file in (*files, *filter(None, [options["unread"]])):
        check_writable(file)
    filters = Filters(options["groups"], options["rules"], options["indicators"])
    settings = settings_of(options["today"], options["profile"], day="--as-of, --today")
    task = _task(settings, values=not options["no_values"], hashed=options["hash_ids"])
    folder = options["parts"] or Path(PARTS)
    console = Console(stderr=True, highlight=False)
    with Bars(console) as bars, told_of_interrupt(folder):
        summary = run(
            source,
            task,
            folder,
            engine=options["engine"],
            workers=options["workers"],
            master=options["master"],
            memory=options["memory"],
            progress=bars,
        )
    table = Table.of(summary, filters)
    heading = _heading(task, summary, filters)
    for file in files:
        table.save(file, heading)
    _show(Console(highlight=False), table, heading, options["top"])
    told_problems(console, summary)
    if options["unread"]:
        shutil.copyfile(summary.unread, options["unread"])
    if options["parts"] is None:
        shutil.rmtree(folder)


def _task(settings: Settings, *, values: bool, hashed: bool) -> Worklist:
    """The worklist of the settings, as of noon where they name a day or none at all."""
    now = clock_of(settings)()
    if not isinstance(settings.today, datetime):
        now = datetime.combine(now.astimezone(settings.zone).date(), time(12), settings.zone)
    key = key_of(settings) if hashed else None
    return Worklist(Assessor(settings.profile, settings.timezone), now, values=values, key=key)


def _heading(task: Worklist, summary: Summary, filters: Filters) -> Heading:
    said = (*filters.groups, *filters.rules, *filters.indicators)
    return Heading(
        as_of=task.now.date().isoformat(),
        profile=task.settings["profile"],
        knowledge=task.settings["knowledge"],
        patients=summary.patients,
        problems=summary.problems,
        filtered=", ".join(said),
    )


def _show(console: Console, table: Table, heading: Heading, top: int) -> None:
    """The first patients, then what it all comes to."""
    title = f" · as of {heading.as_of} · profile {heading.profile}"
    only = f" · only {heading.filtered}" if heading.filtered else ""
    console.print(Text.assemble(("Worklist", "bold"), title, only))
    console.print(_grid(table.rows(top)))
    totals = table.totals()
    console.print(
        f"{heading.patients:,} patients in the input. Rules fire for {totals.firing:,}; "
        f"something could not be assessed for {totals.not_assessed:,}; "
        f"nothing is due for {totals.quiet:,}.\n"
        "What is dim is on no card: it shares the card of something else, or is one too many."
    )
    if totals.patients > top:
        console.print(f"The first {top} of {totals.patients:,} patients; --top N or --out FILE.")


def _grid(rows: list[Row]) -> Grid:
    grid = Grid(box=None, padding=(0, 1), header_style="bold")
    grid.add_column("", style="dim", justify="right")
    grid.add_column("patient", overflow="fold", max_width=24)
    for name in ("", "rule"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("what it says", overflow="fold")
    before = 0
    for row in rows:
        first = row.place != before
        before = row.place
        told = row.shown or row.standing != FIRES
        level = Text(row.indicator or row.standing, COLOURS.get(row.indicator, "magenta"))
        grid.add_row(
            str(row.place) if first else "",
            clean(row.patient) if first else "",
            level,
            row.rule,
            Text(clean(row.says), "" if told else "dim"),
        )
    return grid
