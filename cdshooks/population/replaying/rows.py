"""What leaves of a replayed patient: the columns, and which of them each kind of row has."""

from collections.abc import Mapping

COLUMNS: Mapping[str, str] = {
    "kind": "VARCHAR",
    "patient": "VARCHAR",
    "profile": "VARCHAR",
    "date": "DATE",
    "als": "BOOLEAN",
    "rules": "INTEGER",
    "groups": "INTEGER",
    "cards": "INTEGER",
    "cards_unanswered": "INTEGER",
    "cards_overridden": "INTEGER",
    "rule": "VARCHAR",
    "group": "VARCHAR",
    "class": "VARCHAR",
    "indicator": "VARCHAR",
    "fired": "BOOLEAN",
    "missing": "BOOLEAN",
    "shown": "BOOLEAN",
    "shown_unanswered": "BOOLEAN",
    "shown_overridden": "BOOLEAN",
    "sought": "BOOLEAN",
    "answered_by": "VARCHAR",
    "days_to_answer": "INTEGER",
    "days_to_silence": "INTEGER",
    "days_followed": "INTEGER",
    "views": "INTEGER",
    "undecided": "INTEGER",
    "undated": "INTEGER",
}
"""Column → DuckDB type: the allow-list. No value, text, code or id of a chart but the patient's."""
TABLES: Mapping[str, tuple[str, str]] = {
    "rows": (
        "rule",
        "patient profile date rule group class indicator fired missing shown shown_unanswered "
        "shown_overridden",
    ),
    "views": (
        "view",
        "patient profile date als rules groups cards cards_unanswered cards_overridden",
    ),
    "firsts": (
        "first",
        "patient profile date rule indicator sought answered_by days_to_answer days_to_silence "
        "days_followed",
    ),
    "patients": ("patient", "patient profile date als views undecided undated days_followed"),
}
"""Each table of the output: the kind of its rows, and its columns."""

Row = tuple[object, ...]


def row(**values: object) -> Row:
    """A row as wide as ``COLUMNS``; raises KeyError for a value that is not among them."""
    for name in values:
        COLUMNS[name]
    return tuple(values.get(name) for name in COLUMNS)
