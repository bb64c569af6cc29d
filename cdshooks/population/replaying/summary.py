"""How often, for whom and how many: the figures of a replay, counted by DuckDB."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from cdshooks.population.engines.grouping import quoted
from cdshooks.population.replaying.rows import TABLES

STAGES: Mapping[str, str] = {
    "rules": "rules that fire",
    "groups": "grouped: one card a topic",
    "cards": "capped: the cards of a call",
    "cards_unanswered": "with snoozing, if nobody answers a card",
    "cards_overridden": "with snoozing, if every card is overridden",
}
"""From the rules that fire to the cards that are left, each by its column."""
FIGURES: Mapping[str, str] = {
    "load": """
        WITH counted AS (
            UNPIVOT views ON rules, groups, cards, cards_unanswered, cards_overridden
            INTO NAME stage VALUE number
        ), days AS (
            SELECT profile, stage, date, sum(number) AS number FROM counted GROUP BY ALL
        ), busiest AS (
            SELECT profile, stage, max(number) AS number FROM days GROUP BY ALL
        )
        SELECT
            counted.profile,
            counted.stage,
            sum(counted.number)::BIGINT AS total,
            100 * sum(counted.number) / count(DISTINCT patient) AS per_100_patients,
            100 * sum(counted.number) / count(*) AS per_100_views,
            100 * count(*) FILTER (counted.number > 0) / count(*) AS views_with_any_percent,
            CASE WHEN $clinic THEN sum(counted.number) / count(DISTINCT date) END
                AS per_clinic_day,
            CASE WHEN $clinic THEN any_value(busiest.number)::BIGINT END AS busiest_clinic_day
        FROM counted JOIN busiest USING (profile, stage)
        GROUP BY counted.profile, counted.stage
        ORDER BY counted.profile, list_position(
            ['rules', 'groups', 'cards', 'cards_unanswered', 'cards_overridden'], counted.stage
        )
    """,
    "rules": """
        WITH opened AS (
            SELECT profile, count(*) AS views FROM views GROUP BY ALL
        ), spoke AS (
            SELECT
                profile,
                rule,
                any_value("group") AS "group",
                any_value(class) AS class,
                count(DISTINCT patient) FILTER (fired) AS patients,
                count(*) FILTER (fired) AS times,
                count(*) FILTER (shown) AS shown,
                count(*) FILTER (shown_unanswered) AS shown_unanswered,
                count(*) FILTER (shown_overridden) AS shown_overridden,
                count(*) FILTER (missing) AS missing
            FROM rows GROUP BY profile, rule
        ), became AS (
            SELECT
                profile,
                rule,
                min(date) AS first_earliest,
                quantile_disc(date, 0.25) AS first_quarter,
                quantile_disc(date, 0.5) AS first_half,
                quantile_disc(date, 0.75) AS first_three_quarters,
                max(date) AS first_latest,
                count(*) FILTER (sought) AS answerable,
                count(answered_by) AS answered,
                count(*) FILTER (answered_by = 'order') AS answered_by_order,
                median(days_to_answer) AS days_to_answer,
                count(days_to_silence) AS fell_silent,
                median(days_to_silence) AS days_to_silence,
                median(days_followed) AS days_followed
            FROM firsts GROUP BY profile, rule
        )
        SELECT
            spoke.*,
            100 * missing / views AS missing_percent,
            became.* EXCLUDE (profile, rule),
            100 * answered / nullif(answerable, 0) AS answered_percent
        FROM spoke JOIN opened USING (profile) LEFT JOIN became USING (profile, rule)
        ORDER BY profile, times DESC, missing DESC, rule
    """,
    "months": """
        SELECT
            profile,
            date_trunc('month', date)::DATE AS month,
            count(DISTINCT patient) AS patients,
            count(*) AS views,
            100 * sum(rules) / count(DISTINCT patient) AS rules_per_100_patients,
            100 * sum(cards) / count(DISTINCT patient) AS cards_per_100_patients,
            100 * sum(cards) / count(*) AS cards_per_100_views
        FROM views GROUP BY ALL ORDER BY ALL
    """,
    "people": """
        SELECT
            profile,
            count(*) AS patients,
            count(*) FILTER (als) AS with_als,
            sum(views)::BIGINT AS views,
            (SELECT count(DISTINCT date) FROM views AS v WHERE v.profile = patients.profile)
                AS days,
            sum(days_followed) / 365.25 AS years_followed,
            sum(undecided)::BIGINT AS undecided,
            sum(undated)::BIGINT AS undated
        FROM patients GROUP BY profile ORDER BY profile
    """,
}
"""Each figure with the query over the tables of the output that counts it."""

FILES: Mapping[str, str] = {
    "load": "load",
    "rules": "summary",
    "months": "months",
    "people": "people",
}
"""Each figure with the name of its files."""

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """The lines of each figure, with the columns that its query in ``FIGURES`` names."""

    load: tuple[Line, ...]
    rules: tuple[Line, ...]
    months: tuple[Line, ...]
    people: tuple[Line, ...]


def summarise(parts: str, out: Path, *, clinic: bool, memory: int = 1000) -> Summary:
    """
    Writes the tables and figures of a replay into a folder, and gives the figures.

    parts: a path or pattern of the Parquet files that hold its rows.
    clinic: whether the days are those of encounters, so that there is a busiest one.
    memory: MB that are kept in memory; what is more goes to the same folder for a while.
    """
    with TemporaryDirectory(dir=out) as spill, duckdb.connect() as database:
        database.execute(f"SET memory_limit = '{memory}MB'")
        database.execute(f"SET temp_directory = {quoted(spill)}")
        for name, (kind, columns) in TABLES.items():
            _table(database, name, f"kind = '{kind}'", columns.split(), parts, out)
        return Summary(**{name: _figure(database, name, out, clinic) for name in FIGURES})


def _table(
    database: duckdb.DuckDBPyConnection,
    name: str,
    which: str,
    columns: list[str],
    parts: str,
    out: Path,
) -> None:
    """The rows of one kind with the columns that it has, in an order that no engine changes."""
    rows = database.read_parquet(parts).filter(which)
    named = rows.project(", ".join(f'"{column}"' for column in columns)).order("ALL")
    target = str(out / f"{name}.parquet")
    named.write_parquet(target)
    database.read_parquet(target).create_view(name)


def _figure(
    database: duckdb.DuckDBPyConnection, name: str, out: Path, clinic: bool
) -> tuple[Line, ...]:
    """The lines of one figure, which are also written as CSV and as Parquet."""
    query = FIGURES[name]
    given = {"clinic": clinic} if "$clinic" in query else {}
    figure = database.sql(query, params=given)
    lines = tuple(dict(zip(figure.columns, line, strict=True)) for line in figure.fetchall())
    figure.write_csv(str(out / f"{FILES[name]}.csv"))
    figure.write_parquet(str(out / f"{FILES[name]}.parquet"))
    return lines
