"""``make bench``: measures, prints, and ends with 1 when a budget is broken."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markdown import Markdown

from bench.budgets import verdicts
from bench.page import PAGE, lines, write
from bench.results import measured
from bench.verdict import Verdict


@click.command()
@click.option("--write", "written", is_flag=True, help=f"Write docs/{PAGE.name} and its picture.")
@click.option("--seconds", default=2.0, show_default=True, help="Of each measurement.")
@click.option("--rounds", default=5, show_default=True, help="Of turns over HTTP.")
@click.option("--calls", default=20_000, show_default=True, help="Before memory is looked at last.")
def main(written: bool, seconds: float, rounds: int, calls: int) -> None:
    """Measure speed, memory and growth, in a few minutes; fail over a budget."""
    results = measured(seconds, rounds, calls)
    judged = verdicts(results)
    Console().print(Markdown("\n".join(lines(results, judged))))
    if written:
        write(results, judged)
    sys.exit(_over(judged))


def _over(judged: Sequence[Verdict]) -> int:
    broken = [one for one in judged if not one.kept]
    for one in broken:
        click.echo(f"over budget: {one.what}", err=True)
    return 1 if broken else 0


if __name__ == "__main__":
    main()
