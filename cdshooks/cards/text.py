"""Text of a card: plain sentences in, GitHub-flavoured Markdown out, nothing injected.

Rules write plain text. Everything they write is escaped here, wholesale, since
a client renders the detail as Markdown with raw HTML and a chart can say anything.
"""

import re
from collections.abc import Iterable, Sequence

SUMMARY_LIMIT = 140
"""The specification wants fewer characters than this."""

_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")
_LONE_STAR = re.compile(r"(?<=.)\\\*")
_BLOCK = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([#+>-])")
_ENTITY = re.compile(r"&(?=[#\w])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_AUTOLINK = re.compile(r"(https?)://|www\.", re.IGNORECASE)
_ANY = re.compile(r"[\\`*_\[\]|~&<]")
"""A character that may have to be escaped wherever it stands."""


def escaped(text: str) -> str:
    """Plain text as Markdown that renders as itself, links and tags included.

    One star alone emphasises nothing, so that a unit stays as it was sent: 10*3/uL.
    """
    line = " ".join(text.split())
    if not _may_mean_more(line):
        return line
    safe = _MARKDOWN.sub(r"\\\1", line)
    if safe.count("*") == 1:
        safe = _LONE_STAR.sub("*", safe)
    safe = _BLOCK.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", safe)
    safe = _TAG.sub("&lt;", _ENTITY.sub("&amp;", safe))
    return _AUTOLINK.sub(lambda m: m[0].replace(":", "&#58;").replace(".", "&#46;"), safe)


def _may_mean_more(line: str) -> bool:
    """Whether any of a line may have to be escaped, told fast: of most there is nothing."""
    return bool(_ANY.search(line) or _BLOCK.match(line) or "://" in line or "www." in line.lower())


def summary(text: str) -> str:
    """One line, cut at a word so that it stays under the specification's limit."""
    line = " ".join(text.split())
    if len(line) < SUMMARY_LIMIT:
        return line
    cut = line[: SUMMARY_LIMIT - 2]
    return cut.rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def bullets(lines: Iterable[str]) -> str:
    """A Markdown list of plain sentences."""
    return "\n".join(f"- {escaped(line)}" for line in lines)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of plain cells."""
    lines = [header, ["---"] * len(header), *rows]
    escaped_rows = [
        cells if i == 1 else [escaped(cell) or " " for cell in cells]
        for i, cells in enumerate(lines)
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in escaped_rows)
