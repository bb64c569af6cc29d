"""``cdshooks rules``: what each rule says and which numbers decide, in a terminal."""

from collections.abc import Iterable

import click
import orjson
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cdshooks import rules
from cdshooks.errors import CdsHooksError
from cdshooks.knowledge import Knowledge
from cdshooks.services.catalogue import (
    NOT_REVIEWED,
    SWITCHED_OFF,
    Described,
    Number,
    as_json,
    describe,
    index,
    index_as_json,
)
from cdshooks.services.profiles import under
from cdshooks.settings import DemoSettings

LEVELS = {"critical": "bold red", "warning": "yellow", "info": "cyan", "none": "dim"}
_json = click.option("--json", "json", is_flag=True, help="Print what GET /rules answers.")


class RuleUnknown(CdsHooksError):
    """No rule has this id; names the command that lists them."""


@click.group("rules", invoke_without_command=True)
@click.pass_context
def rules_command(context: click.Context) -> None:
    """Show the rules and the numbers that decide."""
    if context.invoked_subcommand is None:
        context.invoke(list_rules)


@rules_command.command("list")
@_json
def list_rules(json: bool = False) -> None:
    """List every rule by topic."""
    found = index(_knowledge())
    if json:
        click.echo(orjson.dumps(index_as_json(found), option=orjson.OPT_INDENT_2))
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for topic in found.topics:
        table.add_row(Text(topic.title, "bold"))
        for one in topic.rules:
            said = Text(one.rule.title)
            said.append(f"\n{', '.join(words for _, words in one.hooks)}", "dim")
            if one.off:
                said.append("\nswitched off here", "bold red")
            table.add_row(one.rule.id, said)
    console = Console(highlight=False)
    console.print(table)
    console.print(Text(f"\n{NOT_REVIEWED}. Profile {', '.join(n for n, _ in found.profiles)}."))


@rules_command.command("show")
@click.argument("id")
@_json
def show_rule(id: str, json: bool) -> None:
    """Show the rule ID: when it speaks, which numbers decide, what it reads."""
    rule = next((rule for rule in rules.load() if rule.id == id), None)
    if rule is None:
        raise RuleUnknown(f"no rule {id}; cdshooks rules list names them all")
    described = describe(rule, _knowledge())
    if json:
        click.echo(orjson.dumps(as_json(described), option=orjson.OPT_INDENT_2))
        return
    _show(Console(highlight=False), described)


def _knowledge() -> Knowledge:
    return under(DemoSettings.load().profile)


def _show(console: Console, rule: Described) -> None:
    console.print(Text(rule.rule.title, "bold"))
    console.print(Text(f"{rule.rule.id} · {rule.topic} ({rule.kind})", "dim"))
    console.print(Text(f"Speaks {', '.join(words for _, words in rule.hooks)}"))
    console.print(Text(f"{NOT_REVIEWED}.", "bold yellow"))
    if rule.off:
        console.print(Text(f"{SWITCHED_OFF}.", "bold red"))
    for text in rule.says:
        console.print(Text(f"\n{text}"))
    _heading(console, "When a card appears")
    console.print(_decisions(rule))
    _heading(console, "When it stays silent")
    _list(console, (*(d.when for d in rule.decisions if d.level == "none"), *rule.silent))
    if rule.rule.leaves_out:
        console.print(Text(f"Left out on purpose: {rule.rule.leaves_out}"))
    if rule.offers:
        _heading(console, "What the card offers")
        _list(console, rule.offers)
    if rule.numbers:
        _heading(console, "The numbers")
        console.print(_numbers(rule.numbers))
    for title, lines in rule.sections:
        _heading(console, f"Reads: {title.lower()}")
        _list(console, (f"{line.what}: {'; '.join(line.how)}" for line in lines))
    _heading(console, "Sources")
    _list(console, (f"{file.label}. {file.status} {file.url}" for _, file in rule.sources))
    profiles = ", ".join(rule.profiles)
    console.print(Text(f"\nKnowledge version {rule.version}, profile {profiles}.", "dim"))


def _heading(console: Console, title: str) -> None:
    console.print(Text(f"\n{title}", "bold underline"))


def _list(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        grid = Table.grid(padding=(0, 1))
        grid.add_column()
        grid.add_column(overflow="fold")
        grid.add_row("·", Text(line))
        console.print(grid)


def _decisions(rule: Described) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    for row in rule.decisions:
        if row.level != "none" and not row.off:
            table.add_row(Text(row.level, LEVELS[row.level]), row.id, Text(row.when))
    return table


def _numbers(numbers: Iterable[Number]) -> Padding:
    """Value first: it is short, and what it means wraps beside it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=11, style="bold")
    table.add_column(overflow="fold")
    for number in numbers:
        parameter = number.parameter
        said = Text(parameter.meaning)
        said.append(f"\n{number.source.label}, {parameter.locator}; {number.mark}", "dim")
        for profile, value in number.elsewhere:
            said.append(f"\nunder {profile}: {value}", "dim")
        table.add_row(Text(number.value), said)
    return Padding(table, 0)
