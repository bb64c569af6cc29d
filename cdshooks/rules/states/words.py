"""How do findings become sentences of a card?"""

from collections.abc import Sequence


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop; a name such as pH stays as it is."""
    first = text[:1] if text[1:2].isupper() else text[:1].upper()
    return f"{first}{text[1:]}."


def joined(names: Sequence[str]) -> str:
    """The names as a sentence lists them: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


SHORT = 30
"""Characters that names may take in a summary."""


def shortened(names: Sequence[str]) -> str:
    """The names for a summary: all of them, or the first and how many more there are."""
    full = joined(names)
    if len(full) <= SHORT or len(names) < 2:
        return full
    return f"{names[0]} and {len(names) - 1} more"
