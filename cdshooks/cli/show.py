"""A response in a terminal: each card a panel, as a clinician would see it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cdshooks.cards import EXTENSION

Json = dict[str, Any]
COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red"}
OUTCOMES = {"recommended": "bold green", "not indicated": "dim", "not assessed": "magenta"}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What could steer a terminal; the card is made of text from a chart."""


@dataclass(frozen=True, slots=True)
class Headline:
    """For whom, as of when and under which profiles the cards are; ``moved``: shift of dates."""

    hook: str
    bundle: str
    today: date
    profile: tuple[str, ...]
    moved: timedelta = timedelta()


def show(console: Console, headline: Headline, body: Json) -> None:
    """Prints every card, then what could not be assessed."""
    console.print(_headline(headline))
    cards = body["cards"]
    if not cards:
        console.print(Text("No cards", "bold"))
    for card in cards:
        console.print(_panel(card))
    for line in _extension(body).get("notAssessed", []):
        console.print(_line("Not assessed", "magenta", f"{line['rule']}: {line['because']}"))


def show_trace(console: Console, body: Json) -> None:
    """Prints what every rule concluded, and why."""
    console.print(Text("\nEvery rule", "bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for line in _extension(body).get("trace", []):
        outcome = line["outcome"]
        rule = Text(line["rule"], "bold")
        if "order" in line:
            rule.append(f" {clean(line['order'])}", "not bold")
        why = Text(clean(line["because"]), "dim")
        grid.add_row(Text(outcome, OUTCOMES[outcome]), Group(rule, why))
    console.print(grid)


def _extension(body: Json) -> Json:
    found: Json = body.get("extension", {}).get(EXTENSION, {})
    return found


def clean(text: str) -> str:
    """Text of a chart without what could steer a terminal."""
    return _CONTROL.sub(" ", text)


def _headline(headline: Headline) -> Text:
    text = Text.assemble(
        (headline.hook, "bold"),
        f" · {headline.bundle}\n",
        f"As of {headline.today} · profile {', '.join(headline.profile)}",
    )
    if headline.moved:
        recorded = headline.today - headline.moved
        text.append(f"\nDates moved by {headline.moved.days:+} days from {recorded}.", "dim")
    return text


def _line(label: str, style: str, text: str) -> Text:
    return Text.assemble((label, style), " ", clean(text))


def _panel(card: Json) -> Panel:
    colour = COLOURS[card["indicator"]]
    return Panel(
        Group(*_parts(card, colour)),
        title=Text(card["indicator"].upper(), f"bold {colour}"),
        title_align="left",
        subtitle=Text(", ".join(card["extension"][EXTENSION]["rules"]), "dim"),
        subtitle_align="right",
        border_style=colour,
        padding=(1, 2),
    )


def _parts(card: Json, colour: str) -> Iterator[RenderableType]:
    """Summary, detail, what can be accepted, and how to say no."""
    yield Text(clean(card["summary"]), f"bold {colour}")
    # Lists and tables bring their own empty line.
    if not card["detail"].startswith(("-", "|")):
        yield Text()
    yield Markdown(clean(card["detail"]), hyperlinks=False)
    suggestions = card.get("suggestions", [])
    if suggestions:
        at_most_one = card["selectionBehavior"] == "at-most-one"
        yield Text("\nAccept one of these" if at_most_one else "\nAccept any of these", "bold")
        yield _listed(suggestions, colour)
    reasons = [reason["display"] for reason in card.get("overrideReasons", [])]
    if reasons:
        yield Text.assemble(("\nOr override: ", "bold"), (" · ".join(reasons), "dim"))


def _listed(suggestions: list[Json], colour: str) -> Table:
    """One line a suggestion, the recommended one marked."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    for suggestion in suggestions:
        recommended = suggestion.get("isRecommended", False)
        label = Text(clean(suggestion["label"]))
        if recommended:
            label.append("  recommended", f"italic {colour}")
        grid.add_row(Text("►" if recommended else "·", colour), label)
    return grid
