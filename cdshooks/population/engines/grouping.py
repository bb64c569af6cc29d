"""The lines of an export brought together by patient, out of core, with DuckDB.

Lines go to as many buckets as keep one in the memory of a worker; a patient's are
all in one. What a patient's lines say is looked at here only as far as needed to
tell whose they are. Lines that cannot be used go to a bucket of their own, as marks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cdshooks.chart import MEDICATIONS
from cdshooks.chart.owner import ABOUT
from cdshooks.population.assess import DECIDING
from cdshooks.population.engines.model import pattern
from cdshooks.population.lines import APPOINTMENT, LONGEST, MEDICATION, PATIENT, types
from cdshooks.population.source import File

BAD = -1
"""The bucket of marks: file in the place of the patient, bytes and MD5 in that of the line."""
BUCKET_BYTES = 24 * 1024 * 1024
MOST_BUCKETS = 512
FEW_BUCKETS, SMALL_BYTES = 16, 1024 * 1024
"""A smaller export is spread as well, so that no process waits for another."""
FLUSH_ROWS = 50_000
"""Rows that a thread gathers before it writes them to the buckets."""
SETTINGS = f"""
    SET preserve_insertion_order = false;
    SET partitioned_write_flush_threshold = {FLUSH_ROWS};
    SET partitioned_write_max_open_files = {MOST_BUCKETS + 1};
"""


def buckets_for(size: int) -> int:
    """How many buckets hold this many bytes; packed ones count as they are stored."""
    by_size = -(-size // BUCKET_BYTES)
    spread = min(FEW_BUCKETS, -(-size // SMALL_BYTES))
    return max(1, min(MOST_BUCKETS, max(by_size, spread)))


def quoted(text: str | Path) -> str:
    """A string of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def listed(items: Iterable[str | Path]) -> str:
    """A list of strings in SQL."""
    return f"[{', '.join(map(quoted, items))}]"


@dataclass(frozen=True, slots=True)
class Grouping:
    """SQL that writes lines to ``folder`` by bucket."""

    folder: Path
    buckets: int

    def deciding(self, source: str) -> str:
        """The lines that tell whom the rules speak of."""
        return self._copy(source, "deciding", f"type IN {listed(sorted(DECIDING))}")

    def rest(self, source: str) -> str:
        """Every other line that some rule reads, of the patients of whom rules speak."""
        wanted = sorted(types() - DECIDING)
        gated = quoted(pattern(self.folder / "gated", "*.parquet"))
        mine = f"patient IN (SELECT patient FROM read_parquet({gated}) WHERE concerned)"
        return self._copy(source, "rest", f"type IN {listed(wanted)} AND {mine}")

    def medications(self, source: str) -> str:
        """The Medications that somebody's orders refer to, once for each such patient."""
        lines = quoted(pattern(self.folder / "deciding", "*/*.parquet"))
        source = f"""
            WITH wanted AS (
                SELECT DISTINCT patient, regexp_extract(
                    json_extract_string(line, '$.medicationReference.reference'),
                    {quoted(MEDICATION)}, 1) AS id
                FROM read_parquet({lines}) WHERE type IN {listed(MEDICATIONS)}
            ), held AS MATERIALIZED ({source})
            SELECT held.file, held.line, held.id, wanted.patient, held.type
            FROM wanted JOIN held ON held.id = wanted.id
            WHERE wanted.id <> ''
            UNION ALL BY NAME
            SELECT * FROM held WHERE type IS NULL
        """
        return self._copy(source, "medications", "type = 'Medication'")

    def _copy(self, source: str, name: str, wanted: str) -> str:
        """Lines that are wanted by the hash of their patient; those that are bad by their mark."""
        return f"""
            COPY (
                SELECT * FROM (
                    SELECT
                        CASE WHEN type IS NULL THEN file ELSE patient END AS patient,
                        coalesce(type, '') AS type,
                        CASE WHEN type IS NULL THEN strlen(line) || ' ' || md5(line)
                             ELSE line END AS line,
                        CASE WHEN type IS NULL THEN {BAD}
                             ELSE (hash(patient) % {self.buckets})::INTEGER END AS bucket
                    FROM ({source})
                    WHERE type IS NULL OR ({wanted})
                )
            ) TO {quoted(self.folder / (name + ".new"))}
            (FORMAT parquet, PARTITION_BY (bucket), COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1)
        """


def keyed(files: Iterable[File]) -> str:
    """Lines with file, id, type and patient; the type of one that cannot be used is NULL."""
    paths = listed(file.path for file in files)
    elements = ["$.resourceType", "$.id", *(f"$.{name}.reference" for name in ABOUT)]
    about = ", ".join(f"parts[{place}]" for place in range(3, len(elements) + 1))
    actors = "array_to_string(json_extract_string(line, '$.participant[*].actor.reference'), ' ')"
    return f"""
        SELECT file, line, id, patient,
            CASE WHEN patient <> '' OR written = 'Medication'
                   OR NOT list_contains({listed(sorted(types()))}, written)
                 THEN written END AS type
        FROM (
            SELECT file, line, parts[1] AS written, parts[2] AS id,
                CASE parts[1]
                    WHEN 'Patient' THEN coalesce(parts[2], '')
                    WHEN '{APPOINTMENT}' THEN {_patient(f"concat_ws(' ', {about}, {actors})")}
                    ELSE {_patient(f"concat_ws(' ', {about})")} END AS patient
            FROM (
                SELECT filename AS file, line,
                    CASE WHEN json_valid(line)
                         THEN json_extract_string(line, {listed(elements)}) END AS parts
                FROM read_csv({paths}, delim='', quote='', escape='', header=false,
                    columns={{'line': 'VARCHAR'}}, auto_detect=false, strict_mode=false,
                    max_line_size={LONGEST}, buffer_size={2 * LONGEST},
                    filename=true, store_rejects=true)
                WHERE line <> ''
            )
        )
    """


def _patient(references: str) -> str:
    return f"regexp_extract({references}, {quoted(PATIENT)}, 1)"


def flat(files: Iterable[Path]) -> str:
    """The same columns from Bundles that were taken apart."""
    return f"""
        SELECT '' AS file, line, '' AS id, patient, type
        FROM read_csv({listed(files)}, delim='\\t', quote='', escape='', header=false,
            columns={{'patient': 'VARCHAR', 'type': 'VARCHAR', 'line': 'VARCHAR'}},
            auto_detect=false, strict_mode=false,
            max_line_size={2 * LONGEST}, buffer_size={4 * LONGEST})
    """
