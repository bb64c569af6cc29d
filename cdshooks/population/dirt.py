"""Lines that could not be used: how many, where, and what was wrong with each."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

from cdshooks.population.lines import LONGEST, hint, problem_of
from cdshooks.population.source import SourceInvalid, opened

HEADER = ("file", "line", "problem")
Mark = tuple[int, str]
"""The bytes and the MD5 of a line, by which it is found again without keeping it."""


@dataclass(frozen=True, slots=True, order=True)
class Dirt:
    """A line, or an entry of a Bundle, that was left out.

    file: as seen from the folder of the input. line: from 1; of a Bundle its entry.
    patient, type: what it seems to be about, or nothing. Never its text.
    """

    file: str
    line: int
    problem: str
    patient: str = ""
    type: str = ""


def mark(text: bytes) -> Mark:
    """The mark of a line."""
    return len(text), md5(text, usedforsecurity=False).hexdigest()


def located(path: Path, name: str, type: str, marks: Iterable[Mark]) -> Iterator[Dirt]:
    """
    The lines of a file that could not be used, from one look through it.

    marks: those that are known already; a line that is not in UTF-8 or too long is
    found by itself. type: that of the file.
    """
    wanted = set(marks)
    lengths = {length for length, _ in wanted}
    for number, text in enumerate(_read(path, name), 1):
        known = len(text) in lengths and mark(text) in wanted
        if text.strip() and (known or not _is_text(text)):
            patient, typed = hint(text)
            problem = problem_of(text) or "not read"
            yield Dirt(name, number, problem, patient, typed or type)


def _read(path: Path, name: str) -> Iterator[bytes]:
    """The lines of a file. DuckDB reads one that is cut off as if it were whole."""
    try:
        with opened(path) as file:
            for line in file:
                yield line.rstrip(b"\r\n")
    except (OSError, EOFError):
        raise SourceInvalid(f"{name}: expected a whole gzip file; fetch it again") from None


def _is_text(text: bytes) -> bool:
    if text.isascii():
        return len(text) <= LONGEST
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return len(text) <= LONGEST


def write(found: Iterable[Dirt], path: Path) -> None:
    """A CSV with file, line and problem of each."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows((one.file, one.line, one.problem) for one in found)


def summed(found: Iterable[Dirt]) -> dict[str, int]:
    """How many there are of each problem."""
    return dict(Counter(one.problem for one in found))
