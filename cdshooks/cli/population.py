"""What the commands over many patients share: options, progress, and lines that were not used."""

import csv
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cdshooks.errors import CdsHooksError
from cdshooks.population.engines import Summary
from cdshooks.population.engines.running import ENGINES
from cdshooks.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

NAMED = 10
"""Lines that were not used and are named in the terminal; --unread writes all."""


def _of_spark(context: click.Context, option: click.Parameter, master: str | None) -> str | None:
    if master and context.params["engine"] != "spark":
        raise click.BadParameter("expected with --engine spark", param=option)
    return master


_OPTIONS = (
    click.option(
        "--parts",
        metavar="FOLDER",
        type=click.Path(path_type=Path),
        help="Keep what is finished here, to go on from or to look at again with other filters.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=lambda: os.cpu_count() or 1,
        show_default="one a core",
        help="Processes.",
    ),
    click.option(
        "--memory",
        type=click.IntRange(250),
        default=1000,
        show_default=True,
        metavar="MB",
        help="What DuckDB keeps in memory while it groups; the rest goes to disk.",
    ),
    click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="duckdb",
        show_default=True,
        # What other options go with hangs on it.
        is_eager=True,
    ),
    click.option(
        "--master",
        metavar="URL",
        help="Of a Spark cluster, such as spark://host:7077; with --engine spark.",
        callback=_of_spark,
    ),
)


def engine_options(command: F) -> F:
    """Adds the options of every command that runs over all patients of an export."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class Interrupted(CdsHooksError):
    """Somebody ended a run before its end."""


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """The rate of a stage; nothing before it is known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", "dim")


class Bars:
    """A bar a stage, with rate and time left; nothing where nobody looks."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, stage: str, done: float, of: float) -> None:
        """Shows how much of a stage is done."""
        if stage not in self._stages:
            self._stages[stage] = self._progress.add_task(stage, total=of)
        self._progress.update(self._stages[stage], completed=done, total=of)


def key_of(settings: Settings) -> str:
    """The key under which ids are hashed: that of the installation, or a random one, told once."""
    if settings.hash_key is not None:
        return settings.hash_key.get_secret_value()
    key = secrets.token_hex(16)
    click.echo(
        f"Ids are hashed under a random key. To get the same again: CDSHOOKS_HASH_KEY={key}",
        err=True,
    )
    return key


@contextmanager
def told_of_interrupt(folder: Path) -> Iterator[None]:
    """Says of a run that was interrupted how it goes on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted; what is done is in {folder}, and the same command goes on from there"
        ) from None


def told_problems(
    console: Console, summary: Summary, elsewhere: str = "--unread FILE writes them all"
) -> None:
    """Names the first lines that were not used, and counts all; elsewhere: where the rest is."""
    count = sum(summary.problems.values())
    if not count:
        return
    console.print(Text(f"{count:,} lines were not used:", "yellow"))
    with summary.unread.open(encoding="utf-8", newline="") as file:
        for line in islice(csv.DictReader(file), NAMED):
            console.print(Text(f"  {line['file']}:{line['line']}: {line['problem']}"))
    if count > NAMED:
        console.print(Text(f"  and {count - NAMED:,} more; {elsewhere}"))
