"""``cdshooks check``: is this installation fit to be started?"""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cdshooks import knowledge, rules
from cdshooks.app import site_of
from cdshooks.cli.failure import in_a_line
from cdshooks.errors import CdsHooksError
from cdshooks.feedback import Store
from cdshooks.feedback.migrate import check as check_store
from cdshooks.http.clock import clock_of
from cdshooks.http.memory import HASH_KEY_NEEDED
from cdshooks.security.client_file import ClientFile
from cdshooks.services.answer import Site
from cdshooks.services.catalogue import not_captured
from cdshooks.services.checks import said, unchecked, wrong
from cdshooks.services.trust import client_file, unsafe
from cdshooks.settings import Settings, slips


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: errors, which end in exit code 1, warnings and remarks."""

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    not_captured: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    counted: str = ""


@click.command()
@click.pass_context
def check(context: click.Context) -> None:
    """
    Check knowledge, profiles, configuration and the store.

    Says what is wrong and where, and exits 1 if anything is. Warns of numbers whose
    source nobody looked at for a year; lists what has no standard code, and the rules
    that a profile of the site switches off.
    """
    report = inspected()
    console = Console(highlight=False)
    # The long list first: what has to be mended stands where a terminal ends.
    _show(console, "Not taken to be recorded in coded form here", "cyan", report.not_captured)
    _show(console, "Switched off here", "cyan", report.off)
    _show(console, "Look again", "yellow", report.warnings)
    _show(console, "Wrong", "bold red", report.errors)
    console.print(_verdict(report))
    context.exit(1 if report.errors else 0)


def inspected() -> Report:
    """Everything that can be said of this installation; an error that blinds us is the last."""
    try:
        settings = Settings.load()
        base = knowledge.base()
        _every_profile(base)
        site = site_of(settings)
    except Exception as problem:  # also what the loader did not foresee
        return Report(errors=(said(problem),))
    trust = _trust(settings, site)
    today = clock_of(settings)().astimezone(settings.zone).date()
    return Report(
        errors=(*map(str, wrong(site)), *trust.mistakes, *_store(settings)),
        warnings=(
            *slips(os.environ),
            *trust.warnings,
            *map(str, unchecked(site.knowledge, today)),
        ),
        not_captured=not_captured(site.knowledge),
        off=tuple(f"{r.title} ({r.id})" for r in rules.load() if r.id in site.knowledge.off),
        counted=_counted(site),
    )


def _trust(settings: Settings, site: Site) -> ClientFile:
    """What is wrong with whom this installation trusts.

    Where no clients are named yet, that serve will not start is worth a warning only.
    """
    found = client_file(settings, site)
    if settings.auth == "off":
        return found
    said = tuple(unsafe(settings, found.clients))
    if settings.trusted_clients is None:
        return replace(found, warnings=said)
    return replace(found, mistakes=(*found.mistakes, *said))


def _store(settings: Settings) -> Iterator[str]:
    """What is wrong with a database server; a store in a file is made and upgraded at start."""
    with closing(Store(settings.store_url)) as store:
        if store.embedded:
            return
        if settings.hash_key is None:
            yield HASH_KEY_NEEDED
        try:
            check_store(store)
        except CdsHooksError as problem:
            yield in_a_line(problem)


def _every_profile(base: knowledge.Base) -> None:
    """Lays each profile over the default: another one may be configured tomorrow."""
    for name in base.profiles:
        base.profile(name)


def _counted(site: Site) -> str:
    base = site.knowledge.base
    counts = {
        "rules": rules.load(),
        "parameters": base.parameters,
        "value sets": base.value_sets,
        "drafts": base.drafts,
        "profiles": base.profiles,
    }
    counted = ", ".join(f"{len(found)} {name}" for name, found in counts.items())
    return f"{counted}; profile {', '.join(site.knowledge.profiles)}"


def _show(console: Console, title: str, style: str, lines: Iterable[str]) -> None:
    found = tuple(lines)
    if not found:
        return
    console.print(Text(f"{title} ({len(found)})", style))
    for line in found:
        console.print(Padding(Text(line), (0, 0, 0, 2)))
    console.print()


def _verdict(report: Report) -> Text:
    count = len(report.errors)
    if count:
        return Text(f"Not fit: {count} error{'' if count == 1 else 's'}.", "bold red")
    more = f", {len(report.warnings)} to look at again" if report.warnings else ""
    return Text(f"Fit{more}: {report.counted}.", "bold green")
