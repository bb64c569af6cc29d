"""``make soak``: runs, prints, and ends with 1 when something is not as it must be."""

import sys

import click
from rich.console import Console
from rich.markdown import Markdown

from bench.soak.report import PAGE, lines, verdicts
from bench.soak.run import soaked


@click.command()
@click.option("--minutes", default=30.0, show_default=True)
@click.option("--write", is_flag=True, help=f"Write docs/{PAGE.name}.")
def main(minutes: float, write: bool) -> None:
    """Load the service while its FHIR server and its database fail in turns."""
    found = soaked(minutes)
    text = "\n".join(lines(found)) + "\n"
    Console().print(Markdown(text))
    if write:
        PAGE.write_text(text, encoding="utf-8")
    broken = [one.what for one in verdicts(found) if not one.kept]
    for what in broken:
        click.echo(f"not as it must be: {what}", err=True)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
