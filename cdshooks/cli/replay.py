"""``cdshooks replay``: how often the rules would have spoken, on the charts of the past."""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cdshooks.cli.call import settings_of
from cdshooks.cli.population import (
    Bars,
    engine_options,
    key_of,
    told_of_interrupt,
    told_problems,
)
from cdshooks.http.clock import clock_of
from cdshooks.population.engines import Summary as Done
from cdshooks.population.engines import run
from cdshooks.population.replaying.report import Asked, report
from cdshooks.population.replaying.summary import STAGES, Summary, summarise
from cdshooks.population.replaying.task import Replay, known, label
from cdshooks.population.replaying.visits import Span
from cdshooks.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--from", "start", required=True, type=_DAY, help="The first day that is replayed.")
@click.option("--to", "end", type=_DAY, help="The last one; without it today.")
@click.option("--encounters", is_flag=True, help="On each day of an encounter; the usual way.")
@click.option("--every", type=click.IntRange(1, 3660), metavar="DAYS", help="Every so many days.")
@click.option("--profile", metavar="NAMES", help="Knowledge profiles, comma-separated.")
@click.option("--compare", metavar="NAMES", help="The same again under other profiles.")
@click.option(
    "--out",
    default="replay",
    show_default=True,
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where report.html and the tables go.",
)
@click.option("--hash-ids", is_flag=True, help="Hash patient ids under CDSHOOKS_HASH_KEY.")
@engine_options
def replay(source: Path, out: Path, **options: Any) -> None:
    """
    Ask what would have been said when the charts of SOURCE were opened in the past.

    SOURCE is a folder with a FHIR bulk export (NDJSON, also gzip) or with Bundles.
    Each chart is opened again on each day of an encounter, or every so many days,
    and shows what had been recorded by then. Nothing leaves this machine.

    report.html is for a committee and names no patient. docs/replay.md says what
    a replay can tell and what not.

    What is done of an interrupted run is kept in FOLDER/unfinished, or in the
    folder of --parts, and the same command goes on from there.
    """
    settings = settings_of(None, options["profile"])
    today = clock_of(settings)().astimezone(settings.zone).date()
    task = _task(settings, _span(options, today), options)
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = options["parts"] or out / "unfinished"
    console = Console(stderr=True, highlight=False)
    done = _done(source, task, folder, console, options)
    clinic = task.span.every is None
    summary = summarise(done.parts, out, clinic=clinic, memory=options["memory"])
    page = out / "report.html"
    page.write_text(report(_asked(task, today), summary), encoding="utf-8")
    _show(Console(highlight=False), task, summary, page)
    shutil.copyfile(done.unread, out / "unread.csv")
    told_problems(console, done, f"{out / 'unread.csv'} has them all")
    if options["parts"] is None:
        shutil.rmtree(folder)


def _done(
    source: Path, task: Replay, folder: Path, console: Console, options: dict[str, Any]
) -> Done:
    """The run over all patients, with its progress."""
    with Bars(console) as bars, told_of_interrupt(folder):
        return run(
            source,
            task,
            folder,
            engine=options["engine"],
            workers=options["workers"],
            master=options["master"],
            memory=options["memory"],
            progress=bars,
        )


def _task(settings: Settings, span: Span, options: dict[str, Any]) -> Replay:
    profiles = [settings.profile]
    if options["compare"]:
        profiles.append(settings_of(None, options["compare"], profiles="--compare").profile)
    # Two files of one name would be one and the same in every table.
    for told in (label, _version):
        if len(set(map(told, profiles))) < len(profiles):
            said = "expected other profiles than those of --profile, by other names"
            raise click.BadParameter(said, param_hint="--compare")
    key = key_of(settings) if options["hash_ids"] else None
    return Replay(span, tuple(profiles), settings.timezone, key)


def _version(names: tuple[str, ...]) -> str:
    return known(names).version


def _span(options: dict[str, Any], today: date) -> Span:
    start: datetime = options["start"]
    end = options["end"].date() if options["end"] else today
    if start.date() > end:
        raise click.BadParameter(f"expected a day that is not after {end}", param_hint="--from")
    if options["encounters"] and options["every"]:
        raise click.BadParameter("expected without --encounters", param_hint="--every")
    return Span(start.date(), end, options["every"])


def _asked(task: Replay, today: date) -> Asked:
    versions = {label(names): _version(names) for names in task.profiles}
    return Asked(task.span, versions, today)


def _show(console: Console, task: Replay, summary: Summary, page: Path) -> None:
    """The load in a few lines; the page has the rest."""
    console.print(Text.assemble(("Replay", "bold"), f" · {task.span.words}"))
    if not summary.people:
        console.print("No chart was opened of a patient of whom the rules speak.")
        return
    people = summary.people[0]
    console.print(f"{people['patients']:,} patients, {people['views']:,} charts opened")
    names = [line["profile"] for line in summary.people]
    grid = Table("for 100 charts opened", box=None, header_style="bold", pad_edge=False)
    for name in names:
        grid.add_column(name, justify="right")
    for stage, words in STAGES.items():
        found = [line["per_100_views"] for line in summary.load if line["stage"] == stage]
        grid.add_row(words, *(f"{number:,.0f}" for number in found))
    console.print(grid)
    console.print(f"Read {page}; the tables lie beside it.")
