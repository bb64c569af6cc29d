"""What an engine is given, and what it gives back."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cdshooks.population.record import Record

_SPECIAL = re.compile(r"[*?[]")
_ESCAPED = r"[\g<0>]"
Progress = Callable[[str, float, float], None]
"""Told of a stage by its name, how much of it is done, and how much there is to do."""


def pattern(folder: Path, names: str) -> str:
    """The files of these names in a folder, for DuckDB; a * in the folder's own name is none."""
    return f"{_SPECIAL.sub(_ESCAPED, str(folder))}/{names}"


def silent(_stage: str, _done: float, _all: float) -> None:
    """Progress that nobody looks at."""


class PerPatient(Protocol):
    """A function of one patient; picklable, since it runs in other processes."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Column → DuckDB type, in order: the allow-list of what leaves."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What the rows depend on besides the input.

        Parts of an interrupted run are taken up again only under the same.
        """
        ...

    def concerns(self, record: Record) -> bool:
        """Whether the patient may give rows; asked with the ``DECIDING`` types only."""
        ...

    def __call__(self, record: Record) -> Iterable[tuple[object, ...]]:
        """The rows of one patient, each as wide as ``columns``."""
        ...


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run may use. memory: MB that DuckDB keeps in memory; the rest goes to disk.

    workers: processes. master: of a Spark cluster, such as spark://host:7077.
    """

    workers: int = 2
    memory: int = 1000
    engine: str = "duckdb"
    master: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run.

    patients: in the input, as against those who concern the rules. problems: lines
    that were not used, by what is wrong with them; ``unread`` is the CSV of all.
    parts: the Parquet files with the rows.
    """

    patients: int
    concerned: int
    problems: Mapping[str, int]
    folder: Path

    @property
    def parts(self) -> str:
        """A pattern for all files with rows."""
        return pattern(self.folder / "parts", "*.parquet")

    @property
    def unread(self) -> Path:
        """Every line that was not used, with file and number."""
        return self.folder / "unread.csv"
