"""The command line: ``cdshooks``, also ``python -m cdshooks``."""

import errno
import gc
from functools import partial
from importlib import import_module
from typing import Any

import click
from rich.console import Console
from rich.panel import Panel

from cdshooks import __version__
from cdshooks.app import create_app
from cdshooks.cli.failure import in_a_line, of_a_file
from cdshooks.errors import CdsHooksError
from cdshooks.http.places import threads_for
from cdshooks.settings import DemoSettings, Settings

_OPEN = (
    "WARNING: CDSHOOKS_AUTH=off. Whoever reaches this address can call the service, "
    "over plain http. Keep it behind a network that you trust."
)


_ELSEWHERE = {
    "audit": "audit:audit_command",
    "call": "call:call",
    "check": "check:check",
    "cohort": "cohort:cohort",
    "db": "db:db_command",
    "insights": "insights:insights",
    "replay": "replay:replay",
    "rules": "rules:rules_command",
    "worklist": "worklist:worklist",
}
"""Commands by name, with the module of this package that holds each: the server starts
without what only they need.
"""


class _Commands(click.Group):
    """Commands whose errors are one line on stderr and exit code 1, never a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted((*super().list_commands(ctx), *_ELSEWHERE))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = _ELSEWHERE[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), name)
        gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CdsHooksError as error:
            raise click.ClickException(in_a_line(error)) from error
        except OSError as error:
            # A reader that has gone, such as `| head`, is no error; click ends quietly.
            if error.errno == errno.EPIPE:
                raise
            raise click.ClickException(of_a_file(error)) from error


@click.group(cls=_Commands)
@click.version_option(__version__)
def main() -> None:
    """CDS Hooks decision support for people with ALS."""


_port = click.option(
    "--port",
    default=5000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0: a free one.",
)
_host = click.option("--host", default="127.0.0.1", show_default=True)


@main.command()
@_host
@_port
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Serve in production form: several processes, settings from CDSHOOKS_*."""
    # gunicorn exists on Unix only; the other commands need not.
    from cdshooks.serve import address, listen, run

    settings = Settings.load()
    with listen(host, port) as listener:
        url = address(host, listener)
        app = create_app(settings.at(url))
        announce = partial(_announce, url, is_open=settings.auth == "off")
        threads = threads_for(settings.max_calls)
        run(
            app,
            listener,
            workers=workers,
            threads=threads,
            announce=announce,
            again=lambda: create_app(Settings.load().at(url)),
        )


@main.command()
@_host
@_port
def demo(host: str, port: int) -> None:
    """Try it: one process, nothing to set up, no authentication unless asked for."""
    from cdshooks.serve import address, listen, run

    settings = DemoSettings.load()
    with listen(host, port) as listener:
        settings = settings.at(address(host, listener))
        app = create_app(settings)
        show = partial(_show_start_page, settings.public_url)
        threads = threads_for(settings.max_calls)
        run(app, listener, workers=1, threads=threads, announce=show)


def _announce(url: str, *, is_open: bool) -> None:
    if is_open:
        click.echo(_OPEN, err=True)
    click.echo(f"cdshooks {__version__} listens on {url}", err=True)


def _show_start_page(url: str) -> None:
    console = Console()
    console.print(
        Panel.fit(
            f"Workbench  {url}/\n"
            f"Discovery  {url}/cds-services\n"
            f"FHIR       {url}/fhir\n"
            f"Health     {url}/healthz\n\n"
            "To see cards, give both addresses to https://sandbox.cds-hooks.org;\n"
            "docs/sandbox.md shows how.\n\n"
            "Example patients and their cards: docs/examples.md\n\n"
            "For synthetic patients only. Ctrl-C ends it.",
            title=f"cdshooks {__version__} demo",
        )
    )
    click.echo(f"curl -s {url}/cds-services")
