"""A worklist as it is read: ranked, filtered, and written as CSV, Parquet or HTML."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined

from cdshooks.errors import CdsHooksError
from cdshooks.population.engines import Summary
from cdshooks.population.engines.grouping import listed, quoted
from cdshooks.population.worklist import COLUMNS, FIRES, NOT_ASSESSED, QUIET
from cdshooks.rules.authoring import LEVELS

FORMULA = r"^\s*[=+\-@\t\r]"
"""What a spreadsheet would take for a formula."""


class FormatUnknown(CdsHooksError):
    """A worklist is not written in the format of this suffix."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows are wanted; empty is all."""

    groups: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.rules or self.indicators)

    @property
    def condition(self) -> str:
        """SQL; what could not be assessed has no indicator and is then not wanted."""
        wanted = (("group", self.groups), ("rule", self.rules), ("indicator", self.indicators))
        said = [f'"{column}" IN {listed(values)}' for column, values in wanted if values]
        return " AND ".join(said) or "true"


@dataclass(frozen=True, slots=True)
class Totals:
    """Patients by how they stand, and rules by how often they fire."""

    patients: int
    firing: int
    not_assessed: int
    quiet: int
    rules: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a worklist: what it is of, and how it was made."""

    as_of: str
    profile: str
    knowledge: str
    patients: int
    problems: Mapping[str, int]
    filtered: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the worklist; ``place`` is that of the patient, the others are its columns."""

    place: int
    patient: str
    standing: str
    rule: str
    title: str
    group: str
    indicator: str
    summary: str
    shown: bool
    because: str

    @property
    def says(self) -> str:
        """What a reader is told: the reason, the advice, or at least what it is about."""
        return self.because or self.summary or self.title


@dataclass(frozen=True, slots=True)
class Table:
    """A ranked worklist in the memory of a database."""

    database: duckdb.DuckDBPyConnection

    @classmethod
    def of(cls, summary: Summary, filters: Filters) -> "Table":
        """
        The rows of a run that are wanted, each patient with a place from 1.

        By the most urgent thing that fires, then by how many things fire at that
        level, then by how many fire at all; patients alike in that by id.
        """
        database = duckdb.connect(config={"temp_directory": str(summary.folder / "tmp")})
        database.execute(_ranked(summary.parts, filters))
        return cls(database)

    def rows(self, patients: int | None = None) -> list[Row]:
        """The lines in their order, of the first patients or of all."""
        where = "" if patients is None else f"WHERE place <= {patients}"
        query = f"SELECT place, {_columns()} FROM worklist {where} {_ORDER}"
        return [Row(*found) for found in self.database.execute(query).fetchall()]

    def totals(self) -> Totals:
        """What the worklist comes to."""
        by_rule = self.database.execute(
            f'SELECT rule, title, "group", count(DISTINCT patient) AS n FROM worklist '
            f"WHERE standing = {quoted(FIRES)} GROUP BY ALL ORDER BY n DESC, rule"
        ).fetchall()
        return Totals(
            patients=self._patients("true"),
            firing=self._patients(f"standing = {quoted(FIRES)}"),
            not_assessed=self._patients(f"standing = {quoted(NOT_ASSESSED)}"),
            quiet=self._patients(f"standing = {quoted(QUIET)}"),
            rules=tuple(by_rule),
        )

    def _patients(self, condition: str) -> int:
        counted = f"SELECT count(DISTINCT patient) FROM worklist WHERE {condition}"
        [(found,)] = self.database.execute(counted).fetchall()
        return int(found)

    def save(self, path: Path, heading: Heading) -> None:
        """Writes it in the format of the suffix; raises FormatUnknown for any other."""
        check(path)
        _WRITERS[path.suffix](self, path, heading)


def check(path: Path) -> None:
    """Raises FormatUnknown for a suffix in which a worklist is not written."""
    if path.suffix not in _WRITERS:
        raise FormatUnknown(f"{path}: expected a name that ends in {', '.join(_WRITERS)}")


_ORDER = "ORDER BY place, standing = 'not assessed', level DESC, shown DESC, rule, because, summary"


def _columns() -> str:
    return ", ".join(f'"{name}"' for name in COLUMNS)


def _ranked(parts: str, filters: Filters) -> str:
    levels = listed(LEVELS)
    return f"""
        CREATE TABLE worklist AS
        WITH wanted AS (
            SELECT *, list_position({levels}, indicator) AS level
            FROM read_parquet({quoted(parts)}) WHERE {filters.condition}
        ), patients AS (
            SELECT patient, row_number() OVER (ORDER BY
                    max(worst) DESC NULLS LAST,
                    count(*) FILTER (level = worst) DESC,
                    count(level) DESC, patient) AS place
            FROM (SELECT *, max(level) OVER (PARTITION BY patient) AS worst FROM wanted)
            GROUP BY patient
        )
        SELECT wanted.*, patients.place FROM wanted JOIN patients USING (patient)
    """


def _csv(table: Table, path: Path, _: Heading) -> None:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    texts = (name for name, type in COLUMNS.items() if type == "VARCHAR")
    safe = ", ".join(
        f"CASE WHEN regexp_matches(\"{name}\", {quoted(FORMULA)}) THEN '''' || \"{name}\" "
        f'ELSE "{name}" END AS "{name}"'
        for name in texts
    )
    query = f"SELECT place, {_columns()} FROM (SELECT * REPLACE ({safe}) FROM worklist) {_ORDER}"
    table.database.execute(f"COPY ({query}) TO {quoted(path)} (FORMAT csv, HEADER)")


def _parquet(table: Table, path: Path, _: Heading) -> None:
    query = f"SELECT place, {_columns()} FROM worklist {_ORDER}"
    table.database.execute(f"COPY ({query}) TO {quoted(path)} (FORMAT parquet)")


def _html(table: Table, path: Path, heading: Heading) -> None:
    patients: dict[str, list[Row]] = {}
    for row in table.rows():
        patients.setdefault(row.patient, []).append(row)
    page = _templates().get_template("worklist.html.j2")
    text = page.render(heading=heading, totals=table.totals(), patients=patients)
    path.write_text(text, encoding="utf-8")


_WRITERS: Mapping[str, Callable[[Table, Path, Heading], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".html": _html,
}


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("cdshooks", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
