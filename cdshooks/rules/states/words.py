"""How do findings become sentences of a card?"""

import re
from collections.abc import Sequence

from cdshooks.rules.authoring import Entry, Order, Reading, on

_DAY = re.compile(r" \((\d{1,2} [A-Z][a-z]{2} \d{4})\)")
_DAY_AMID = re.compile(rf"{_DAY.pattern}(?= \w)")


def capital(text: str) -> str:
    """The text with a capital letter; a name such as pH, or within the text, stays as it is."""
    first = text[:1] if text[1:2].isupper() else text[:1].upper()
    return f"{first}{text[1:]}"


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    return f"{capital(text)}."


def inside(text: str) -> str:
    """The text as it stands in the midst of a sentence; a name such as FVC or PaCO2 stays."""
    name = any(not letter.islower() for letter in text.partition(" ")[0][1:] if letter.isalnum())
    return text if name else f"{text[:1].lower()}{text[1:]}"


def undated(text: str) -> str:
    """The text without the days that it has in brackets, for a summary that is short of room."""
    return _DAY.sub("", text)


def bracketed(text: str) -> str:
    """The text in brackets, its own days after a comma: no bracket stands in another."""
    return "(" + _DAY.sub(r", \1", _DAY_AMID.sub(r", \1,", text)) + ")"


def dated(reading: Reading, how: str) -> str:
    """A reading with a word on how it is meant: ``SNIP 39% of predicted (20 Feb 2026)``."""
    return f"{reading.label} {reading.amount} {how} ({on(reading.day)})"


def joined(names: Sequence[str]) -> str:
    """The names as a sentence lists them: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def ended(drug: Entry | Order) -> str:
    """A drug that is over, with its last day, and whether the chart says that day."""
    label, day = capital(drug.label), on(drug.end)
    if drug.end_told:
        return f"{label}, ended {day}"
    return f"{label}, its end not recorded to the day: taken as ended on {day}"


def as_it_stands(order: Order) -> str:
    """A drug with its status, or with the day on which it ended."""
    return ended(order) if order.end else f"{capital(order.label)}, {order.status}"


SHORT = 30
"""Characters that names may take in a summary."""


def shortened(names: Sequence[str]) -> str:
    """The names for a summary: all of them, or the first and how many more there are."""
    full = joined(names)
    if len(full) <= SHORT or len(names) < 2:
        return full
    return f"{names[0]} and {len(names) - 1} more"
