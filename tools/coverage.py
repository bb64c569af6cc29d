"""``docs/coverage.md``: what the founding texts say, and the rules that act on it.

The statements stand in ``tests/structure/coverage.yaml``; a test holds them against
the rules and their vignettes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cdshooks.knowledge import yaml

FILE = Path(__file__).parents[1] / "tests" / "structure" / "coverage.yaml"
INTRODUCTION = """\
The project began with two texts on the care of people with ALS: a chapter on treatment (1), and
questions and answers (2). Each of their statements stands here in our own words, with the rules
that act on it. Where a guideline is newer, or says otherwise, the rule follows the guideline and
its page says so. A test fails when a statement has no rule, a rule has no patients to prove it, or
a rule has no place here.
"""
BESIDE = """\
Rules that act on no statement, and are needed all the same.
"""
BACKGROUND = """\
Statements on which no rule can act.
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a text says, or why rules stand beside the texts; and those rules.

    texts: the numbers of the texts that say it; none where no text does.
    """

    says: str
    rules: tuple[str, ...]
    texts: tuple[int, ...] = ()


@cache
def _file() -> dict[str, Any]:
    return dict(yaml.read(FILE))


def statements() -> tuple[Statement, ...]:
    """Every statement of the texts on which a rule can act, in the order of the file."""
    return tuple(
        Statement(one["says"], tuple(one["rules"]), tuple(one["text"]))
        for one in _file()["statements"]
    )


def beside() -> tuple[Statement, ...]:
    """The rules that no statement asks for, with the reason for them."""
    return tuple(Statement(one["why"], tuple(one["rules"])) for one in _file()["beside"])


def background() -> tuple[str, ...]:
    """The statements on which no rule can act."""
    return tuple(_file()["background"])


def page() -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    yield "| statement | text | rules |"
    yield "| --- | --- | --- |"
    for one in statements():
        yield f"| {one.says} | {', '.join(map(str, one.texts))} | {_links(one)} |"
    yield "\n## Beside the texts\n"
    yield BESIDE
    yield "| why | rules |"
    yield "| --- | --- |"
    for one in beside():
        yield f"| {one.says} | {_links(one)} |"
    yield "\n## Without a rule\n"
    yield BACKGROUND
    for line in background():
        yield f"- {line}."


def _links(one: Statement) -> str:
    return ", ".join(f"[{rule}](rules.md#{rule})" for rule in one.rules)
