"""``cdshooks cohort``: made-up patients as an export, to try the worklist and the replay on."""

import os
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cdshooks.cohort import Cohort, FolderInvalid, Part, write

UNTIL = "2026-06-30"
"""The last day of a cohort of which nothing else was said: fixed, so that it stays the same."""
SHARE = click.FloatRange(0, 1)


@click.command()
@click.option("--patients", required=True, type=click.IntRange(1, 10_000_000), help="How many.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option(
    "--not-als",
    default=0.1,
    show_default=True,
    type=SHARE,
    help="Share of the patients who do not have ALS.",
)
@click.option(
    "--until",
    default=UNTIL,
    show_default=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day on which anything is recorded.",
)
@click.option(
    "--dirt",
    default=0.01,
    show_default=True,
    type=SHARE,
    help="Share of the lines that are damaged in some way.",
)
@click.option("--gzip", "zipped", is_flag=True, help="Write .ndjson.gz.")
@click.option(
    "--processes",
    type=click.IntRange(1, 256),
    help="Processes at work, by default one a core; the files do not depend on it.",
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def cohort(
    patients: int,
    seed: int,
    not_als: float,
    until: datetime,
    dirt: float,
    zipped: bool,
    processes: int | None,
    folder: Path,
) -> None:
    """Write a synthetic cohort to FOLDER as a Bulk FHIR export: NDJSON, a file a resource type.

    The same options make the same files, byte by byte, and a smaller cohort is the
    beginning of a larger one. docs/cohort.md says what it is drawn from.
    """
    chosen = Cohort(seed, _possible(until.date()), not_als, dirt)
    lines = _written(chosen, patients, folder, zipped, processes or os.cpu_count() or 1)
    click.echo(f"{patients:,} patients, {lines:,} resources in {folder}")
    click.echo(f"Their last day is {chosen.until}: look at them with --today {chosen.until}")


def _written(chosen: Cohort, patients: int, folder: Path, zipped: bool, processes: int) -> int:
    """Writes it under a progress bar; returns the number of resources."""
    lines = 0
    with _progress() as progress:
        task = progress.add_task("patients", total=patients)

        def tell(part: Part) -> None:
            nonlocal lines
            lines += part.lines
            progress.advance(task, part.patients)

        try:
            write(chosen, patients, folder, zipped=zipped, processes=processes, progress=tell)
        except FolderInvalid as problem:
            raise click.UsageError(str(problem)) from None
        except OSError as problem:
            reason = (problem.strerror or "cannot be written to").lower()
            raise click.ClickException(f"{folder}: {reason}") from None
    return lines


class _Rate(ProgressColumn):
    """Patients a second."""

    def render(self, task: Task) -> Text:
        """Empty until there is something to tell."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def _possible(until: date) -> date:
    if not date(1990, 1, 1) <= until <= date(2200, 1, 1):
        raise click.BadParameter("expected a day from 1990-01-01 to 2200-01-01", param_hint="until")
    return until


def _progress() -> Progress:
    """A bar with rate and time left, on the terminal only."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
