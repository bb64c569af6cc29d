"""CSV files with a YAML header: thousands of rows that load in milliseconds."""

import csv
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from io import StringIO

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import yaml


def sheet(
    file: Traversable, columns: Iterable[str]
) -> tuple[dict[str, object], list[tuple[str, dict[str, str]]]]:
    """A CSV file under a YAML header whose lines begin with ``#``: header, and rows by name.

    Every row has every one of ``columns``, and nothing beyond them.
    """
    lines = yaml.text_of(file).splitlines()
    header = yaml.parse("\n".join(x[1:] for x in lines if x.startswith("#")), file.name)
    reader = csv.DictReader(StringIO("\n".join(x for x in lines if x and not x.startswith("#"))))
    if set(reader.fieldnames or ()) != set(columns):
        raise KnowledgeInvalid(file.name, "(columns)", f"expected {', '.join(columns)}")
    rows = [(f"row {number}", row) for number, row in enumerate(reader, start=2)]
    for name, row in rows:
        if None in row or None in row.values():
            raise KnowledgeInvalid(file.name, name, "too few or too many columns")
    return header, rows
