"""Flaws of a text that no card may have, whatever a chart holds."""

import re
from collections.abc import Iterator
from typing import Any

FLAWS = {
    "a Python value": r"\b(None|True|False|nan)\b",
    "two spaces": r"\S {2,}\S",
    "one of many": r"(?<![\d.,])1 (days|points|episodes|hours|months)\b(?!/)",
    "empty brackets": r"\(\s*\)",
    "two stops": r"(?<!\.)\.\.(?!\.)",
    "a slot, or a unit of UCUM": r"\{\w|\w\}|\[[A-Za-z_]+\]",
    "a space before a stop": r"\w [,;:.](?=\s|$)",
    "a word twice": r"\b([a-z]{2,}) \1\b",
    "brackets in brackets": r"\([^()]*\([^()]*\)\)",
}


def flaws(card: dict[str, Any]) -> list[str]:
    """What is wrong with the words of a card: the flaw and the text around it."""
    return [
        f"{flaw}: {found[0]!r} in {text!r}"
        for text in _texts(card)
        for flaw, pattern in FLAWS.items()
        if (found := re.search(pattern, text))
    ]


def _texts(card: dict[str, Any]) -> Iterator[str]:
    """Summary, lines of the detail without its table, and the labels of what is offered."""
    yield card["summary"]
    lines = card.get("detail", "").replace("\\", "").splitlines()
    yield from (line for line in lines if not line.startswith("|"))
    for suggestion in card.get("suggestions", []):
        yield suggestion["label"]
        yield from (action["description"] for action in suggestion["actions"])
    yield from (reason["display"] for reason in card.get("overrideReasons", []))
