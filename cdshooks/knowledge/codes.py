"""Codes: canonical systems, value sets, and the one way to compare two codes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

DOTLESS = ("icd-10-cm", "icd-10")
"""Systems whose codes travel with and without dots: G12.21 and G1221 are one code."""
_EDITION = re.compile(r"(?<=/sct)/\d{6,18}(?:/version/\d{8})?$", re.ASCII)
"""What a URI of SNOMED CT ends with that names an edition of it."""
LONGEST = 300
"""Characters of a code with its system. What is longer is no code, and is read each time: a
client could fill the memory with what is kept.
"""


class Code(NamedTuple):
    """A code in its canonical system; ``system`` is a short name such as ``loinc``."""

    system: str
    code: str


@dataclass(frozen=True, slots=True, eq=False)
class Systems:
    """The canonical URI of each code system, and the aliases that clients send."""

    uris: Mapping[str, str]
    aliases: Mapping[str, str]

    def code(self, system: str, code: str) -> Code:
        """The comparable form of what a client sent.

        A ``|version``, a trailing slash, ``https`` and OIDs are tolerated. An
        unknown system can equal only itself, so a number is never matched without
        its system; and our own short names are no systems when a client sends them.
        """
        read = _code if len(system) + len(code) <= LONGEST else _code.__wrapped__
        return read(self, system, code)

    def uri(self, short: str) -> str:
        """The URI to send for a short system name."""
        return self.uris[short]


@lru_cache(maxsize=8192)
def _code(systems: Systems, system: str, code: str) -> Code:
    """Kept beyond a call: charts use few codes, and use them over and over."""
    short = systems.aliases.get(system)
    if short is None:
        bare = _EDITION.sub("", system.partition("|")[0].strip().rstrip("/"))
        known = systems.aliases.get(bare.replace("https://", "http://", 1).lower())
        short = known or (f"?{bare}" if bare in systems.uris else bare)
    return canonical(short, code)


def canonical(system: str, code: str) -> Code:
    """``code`` as compared: trimmed, and for ICD without dots and in capitals."""
    text = code.strip()
    if system in DOTLESS:
        text = text.replace(".", "").upper()
    return Code(system, text)


@dataclass(frozen=True, slots=True)
class Coding:
    """One member of a value set, with what is known about how sure the code is."""

    code: Code
    written: str
    display: str
    confidence: str


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A meaning and the codes that carry it.

    ``prefixes`` hold for classifications that have no other subsumption (ICD);
    ``text`` patterns are a last resort, used only where a rule allows it.
    includes: the value sets whose members it takes in.
    captured: whether sites can be taken to record it, where it has a standard code.
    """

    id: str
    meaning: str
    codings: tuple[Coding, ...]
    exact: frozenset[Code] = field(repr=False)
    prefixes: tuple[Code, ...] = field(repr=False)
    text: re.Pattern[str] | None = field(default=None, repr=False)
    includes: tuple[str, ...] = ()
    captured: bool = True

    def __contains__(self, code: object) -> bool:
        if code in self.exact:
            return True
        return (
            bool(self.prefixes)
            and isinstance(code, Code)
            and any(
                code.system == prefix.system and code.code.startswith(prefix.code)
                for prefix in self.prefixes
            )
        )

    def holds_any(self, codes: Iterable[Code]) -> bool:
        """Whether any of ``codes`` is a member."""
        found = tuple(codes)
        if not self.exact.isdisjoint(found):
            return True
        return bool(self.prefixes) and any(code in self for code in found)

    def named_in(self, text: str) -> bool:
        """Whether ``text`` matches this value set's last-resort pattern."""
        return self.text is not None and self.text.search(text) is not None
