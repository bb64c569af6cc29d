"""``cdshooks call``: one hook call on a file, without a server."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import orjson
from pydantic import ValidationError
from rich.console import Console

from cdshooks import examples
from cdshooks.app import site_of
from cdshooks.chart import ORDER_HOOKS
from cdshooks.cli.bundle import FileInvalid, patient_of, read_bundle, read_orders, request
from cdshooks.cli.show import Headline, show, show_trace
from cdshooks.errors import CdsHooksError, SettingsInvalid
from cdshooks.http.clock import clock_of
from cdshooks.services import Service, services
from cdshooks.services.answer import answer, searches
from cdshooks.settings import DemoSettings


class HookUnknown(CdsHooksError):
    """No service answers this hook; tells those that are answered."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line asks, under which settings."""

    service: Service
    bundle: str
    order_file: Path | None
    settings: DemoSettings
    explain: bool
    as_recorded: bool


@click.command()
@click.argument("hook")
@click.argument("bundle")
@click.option(
    "--order",
    "order_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draft orders: a FHIR resource, a list of them, or a Bundle.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the exact response.")
@click.option("--explain", is_flag=True, help="Say what every rule concluded, and why.")
@click.option("--today", metavar="WHEN", help="Judge as of this date or instant.")
@click.option("--profile", metavar="NAMES", help="Knowledge profiles, comma-separated.")
@click.option("--as-recorded", is_flag=True, help="Leave all dates as they are in the files.")
def call(hook: str, bundle: str, order_file: Path | None, as_json: bool, **options: Any) -> None:
    """
    Answer HOOK for the patient of BUNDLE, a FHIR Bundle in a JSON file.

    BUNDLE can also be the name of an example patient, such as
    bulbar-onset-fvc-falling, or the id of its patient, such as bulbara;
    docs/examples.md tells the story of each, and a name that is none is answered
    with all that there are. No server is needed and nothing is stored.

    The dates of a Bundle that has a timestamp move by whole days, so that the
    day of the timestamp becomes today. --as-recorded turns that off.
    """
    settings = settings_of(options["today"], options["profile"])
    question = Question(
        _service(hook), bundle, order_file, settings, options["explain"], options["as_recorded"]
    )
    try:
        headline, body = _answered(question)
    except RecursionError:
        raise FileInvalid(f"{bundle}: nested too deeply") from None
    _tell_of_orders(question)
    if as_json:
        click.echo(orjson.dumps(body, option=orjson.OPT_INDENT_2))
        return
    console = Console(highlight=False)
    show(console, headline, body)
    if question.explain:
        show_trace(console, body)


def _service(hook: str) -> Service:
    offered = {service.hook: service for service in services()}
    if hook not in offered:
        raise HookUnknown(f"no service answers the hook {hook}; there are: {', '.join(offered)}")
    return offered[hook]


def _tell_of_orders(question: Question) -> None:
    """Says on stderr where orders and hook do not fit: no card would look like no need of one."""
    hook, given = question.service.hook, question.order_file is not None
    if hook in ORDER_HOOKS and not given:
        click.echo(
            f"{hook} judges draft orders, and none is given: name their file with --order", err=True
        )
    if given and hook not in ORDER_HOOKS:
        click.echo(f"--order: not used, since {hook} has no draft orders", err=True)


def settings_of(
    today: str | None, profile: str | None, *, day: str = "--today", profiles: str = "--profile"
) -> DemoSettings:
    """
    The settings of the demo, with those of the command line over them.

    day, profiles: the options by which they were given, for what is said of a mistake.
    """
    environment = DemoSettings.load()
    # Nobody calls over a network here, so a day may be named whatever the environment says.
    given: dict[str, Any] = {"auth": "off"}
    given |= {k: v for k, v in (("today", today), ("profile", profile)) if v is not None}
    try:
        return DemoSettings(**given)
    except ValidationError as problem:
        name = str(problem.errors()[0]["loc"][0])
        accepts = type(environment).model_fields[name].description
        option = {"today": day, "profile": profiles}[name]
        raise SettingsInvalid(f"{option}: expected {accepts}") from None


def _answered(question: Question) -> tuple[Headline, dict[str, Any]]:
    """The response body, and for whom and as of when it is given."""
    settings, hook = question.settings, question.service.hook
    site = replace(site_of(settings), full_prefetch=True, trace=question.explain)
    now = clock_of(settings)()
    today = now.astimezone(settings.zone).date()
    chart = read_bundle(question.bundle)
    start = None if question.as_recorded else examples.anchor(chart)
    if start:
        chart = examples.shifted(chart, today)
    patient = patient_of(chart, question.bundle)
    orders = (
        read_orders(question.order_file, patient, today if start else None)
        if question.order_file
        else ()
    )
    asked = request(hook, chart, patient, orders, searches(hook, site))
    moved = today - start if start else timedelta()
    headline = Headline(hook, question.bundle, today, settings.profile, moved)
    return headline, answer(question.service, asked, site, now).body
