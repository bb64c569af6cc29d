"""The engine of one machine: what is read, what is not, and what is taken up again."""

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cdshooks.population.assess import Assessor
from cdshooks.population.engines import Summary, run
from cdshooks.population.engines import duck as engine
from cdshooks.population.engines.running import EngineMissing
from cdshooks.population.lines import LONGEST
from cdshooks.population.manifest import PartsDiffer
from cdshooks.population.source import SourceInvalid
from cdshooks.population.worklist import Worklist
from tests.support import exports

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TASK = Worklist(Assessor(), NOON)
LOUD = "breathing-tests-overdue"
Lines = dict[str, list[bytes]]


def rows(summary: Summary) -> set[tuple[Any, ...]]:
    return set(duckdb.execute(f"FROM read_parquet('{summary.parts}')").fetchall())


def done(source: Path, out: Path, task: Worklist = TASK, workers: int = 1) -> Summary:
    return run(source, task, out, workers=workers)


def loud(patient: str = "a") -> Lines:
    return exports.lines(exports.resources(LOUD, patient))


def merged(*parts: Mapping[str, list[bytes]]) -> Lines:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: [line for part in parts for line in part.get(name, ())] for name in names}


def whole(found: Lines) -> Lines:
    """With an empty file of every type of which there is nothing."""
    from cdshooks.population.lines import types

    return {type: found.get(type, []) for type in types()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[tuple[Any, ...]]]:
    """An export of two patients, and its rows."""
    folder = tmp_path_factory.mktemp("plain")
    source = exports.as_ndjson(folder / "export", whole(merged(loud("a"), loud("b"))))
    return source, rows(done(source, folder / "out"))


def test_an_export_with_an_empty_file_for_every_other_type_says_what_a_bundle_says(
    plain: tuple[Path, set[tuple[Any, ...]]], tmp_path: Path
) -> None:
    _, expected = plain
    bundles = exports.as_bundles(tmp_path / "bundles", [LOUD])
    found = rows(done(bundles, tmp_path / "out"))
    assert {row[1:] for row in found} == {row[1:] for row in expected if row[0] == "a"}


def test_packed_files_many_files_and_two_processes_make_no_difference(
    plain: tuple[Path, set[tuple[Any, ...]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = plain
    monkeypatch.setattr("cdshooks.population.engines.grouping.BUCKET_BYTES", 10_000)
    source = exports.as_ndjson(tmp_path / "export", whole(loud("a")), packed=True)
    more = exports.as_ndjson(tmp_path / "export" / "more", loud("b"))
    for file in more.iterdir():
        file.rename(file.with_name(f"{file.stem}.2.ndjson"))
    summary = done(source, tmp_path / "out", workers=2)
    assert rows(summary) == expected
    assert len(list((tmp_path / "out" / "parts").iterdir())) > 1
    assert (summary.patients, summary.concerned) == (2, 2)


def test_a_type_without_a_file_was_not_asked_for_and_nothing_is_called_absent(
    plain: tuple[Path, set[tuple[Any, ...]]], tmp_path: Path
) -> None:
    _, expected = plain
    fired = {row[2] for row in expected if row[1] == "fires"}
    lines = whole(loud())
    del lines["Observation"]
    found = rows(done(exports.as_ndjson(tmp_path / "export", lines), tmp_path / "out"))
    silent = {row[2] for row in found if row[1] == "not assessed"}
    assert "pft-overdue" in fired
    assert "pft-overdue" not in {row[2] for row in found if row[1] == "fires"}
    assert "pft-overdue" in silent
    assert "data-unavailable" not in {row[2] for row in found}


def test_lines_that_are_no_use_are_named_by_file_and_line_and_never_fatal(
    plain: tuple[Path, set[tuple[Any, ...]]], tmp_path: Path
) -> None:
    _, expected = plain
    lines = whole(merged(loud("a"), loud("b")))
    allergies = [
        b"",
        b'{"resourceType": "AllergyIntolerance", "id": "1", "patient"',
        b"not \xff JSON",
        b"[1, 2]",
        b"   ",
        b'{"resourceType": "AllergyIntolerance", "id": "2"}',
        b'{"resourceType": "AllergyIntolerance", "id": "' + b"x" * LONGEST + b'"}',
        b'{"id": "3"}',
        b'{"resourceType": "AllergyIntolerance", "patient": {}, "x": NaN}',
        b'{"resourceType": "Basic", "id": "4"}',
    ]
    lines["AllergyIntolerance"] = [*allergies, *lines["AllergyIntolerance"]]
    summary = done(exports.as_ndjson(tmp_path / "export", lines), tmp_path / "out")
    with summary.unread.open() as file:
        found = [(row["file"], int(row["line"]), row["problem"]) for row in csv.DictReader(file)]
    name = "AllergyIntolerance.ndjson"
    assert found == [
        (name, 2, "not JSON in UTF-8"),
        (name, 3, "not JSON in UTF-8"),
        (name, 4, "not a FHIR resource"),
        (name, 6, "names no patient"),
        (name, 7, "longer than 4 MB"),
        (name, 8, "not a FHIR resource"),
        (name, 9, "not JSON in UTF-8"),
    ]
    assert sum(summary.problems.values()) == len(found)
    assert rows(summary) == expected


@pytest.mark.parametrize("cut", [b"", b'"x": NaN}'])
def test_a_lost_line_of_a_patient_is_an_answer_that_failed_for_that_patient_alone(
    plain: tuple[Path, set[tuple[Any, ...]]], tmp_path: Path, cut: bytes
) -> None:
    _, expected = plain
    lines = whole(merged(loud("a"), loud("b")))
    broken = b'{"resourceType": "Observation", "subject": {"reference": "Patient/a"}, ' + cut
    lines["Observation"].append(broken)
    summary = done(exports.as_ndjson(tmp_path / "export", lines), tmp_path / "out")
    found = rows(summary)
    assert {r for r in found if r[0] == "b"} == {r for r in expected if r[0] == "b"}
    assert "data-unavailable" in {r[2] for r in found if r[0] == "a"}
    assert summary.problems == {"not JSON in UTF-8": 1}
    number = len(lines["Observation"])
    assert summary.unread.read_text().splitlines()[1:] == [
        f"Observation.ndjson,{number},not JSON in UTF-8"
    ]


def test_a_lost_condition_leaves_open_who_has_als(tmp_path: Path) -> None:
    lines = whole(loud())
    lines["Condition"] = [line[:-9] for line in lines["Condition"]]
    found = rows(done(exports.as_ndjson(tmp_path / "export", lines), tmp_path / "out"))
    assert {row[2] for row in found if row[1] == "fires"} == {"data-unavailable"}
    assert "the problem list could not be read" in {row[8] for row in found}


def test_a_medication_that_an_order_refers_to_is_read_from_its_own_file(tmp_path: Path) -> None:
    resources = [
        *exports.resources(LOUD, "a"),
        {
            "resourceType": "MedicationRequest",
            "id": "by-reference",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/a"},
            "medicationReference": {"reference": "Medication/m1"},
        },
    ]
    medication = {
        "resourceType": "Medication",
        "id": "m1",
        "code": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "35623"}],
            "text": "riluzole",
        },
    }
    kept = [r for r in resources if r["resourceType"] != "Medication"]
    without = exports.as_ndjson(tmp_path / "without", whole(exports.lines(kept)))
    having = exports.as_ndjson(tmp_path / "with", whole(exports.lines([*kept, medication])))
    blind = rows(done(without, tmp_path / "out1"))
    seen = rows(done(having, tmp_path / "out2"))
    assert blind != seen


def test_what_is_finished_is_not_done_again(
    plain: tuple[Path, set[tuple[Any, ...]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, expected = plain
    monkeypatch.setattr("cdshooks.population.engines.grouping.BUCKET_BYTES", 20_000)
    assessed = engine.worker.assess
    jobs: list[int] = []

    def failing(job: Any) -> None:
        if jobs:
            raise KeyboardInterrupt
        jobs.append(job.bucket)
        assessed(job)

    monkeypatch.setattr(engine.worker, "assess", failing)
    with pytest.raises(KeyboardInterrupt):
        done(source, tmp_path / "out")
    [part] = (tmp_path / "out" / "parts").iterdir()
    written = part.stat().st_mtime_ns
    monkeypatch.setattr(engine.worker, "assess", assessed)
    assert rows(done(source, tmp_path / "out")) == expected
    assert part.stat().st_mtime_ns == written
    assert not (tmp_path / "out" / "work").exists()


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (Worklist(Assessor(), NOON.replace(day=2)), "as of was 2026-06-01"),
        (Worklist(Assessor(("nice-uk",)), NOON), "profile was default, is nice-uk"),
        (Worklist(Assessor(), NOON, values=False), "values was yes, is no"),
    ],
)
def test_parts_of_other_settings_are_refused(
    plain: tuple[Path, set[tuple[Any, ...]]], task: Worklist, said: str
) -> None:
    source, _ = plain
    with pytest.raises(PartsDiffer, match=said):
        done(source, source.parent / "out", task)


def test_parts_of_an_input_that_changed_are_refused(tmp_path: Path) -> None:
    source = exports.as_ndjson(tmp_path / "export", whole(exports.lines([])))
    assert done(source, tmp_path / "out").patients == 0
    (source / "Patient.ndjson").write_bytes(b'{"resourceType": "Patient", "id": "new"}\n')
    with pytest.raises(PartsDiffer, match="input was"):
        done(source, tmp_path / "out")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    source = exports.as_ndjson(tmp_path / "export", whole(exports.lines([])))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(PartsDiffer, match="expected an empty folder"):
        done(source, tmp_path / "home")


def test_an_export_without_conditions_is_refused(tmp_path: Path) -> None:
    lines = loud()
    del lines["Condition"]
    with pytest.raises(SourceInvalid, match="no file of Condition"):
        done(exports.as_ndjson(tmp_path / "export", lines), tmp_path / "out")


def test_a_packed_file_that_is_cut_off_is_named(tmp_path: Path) -> None:
    source = exports.as_ndjson(tmp_path / "export", whole(loud()), packed=True)
    file = source / "Observation.ndjson.gz"
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(SourceInvalid, match=r"Observation\.ndjson\.gz: expected a whole gzip"):
        done(source, tmp_path / "out")


@pytest.mark.skipif(bool(find_spec("pyspark")), reason="Spark is installed here")
def test_spark_that_is_not_installed_is_asked_for_in_a_line(tmp_path: Path) -> None:
    source = exports.as_bundles(tmp_path / "bundles", [LOUD])
    with pytest.raises(EngineMissing, match=r"pip install 'cdshooks\[spark\]'"):
        run(source, TASK, tmp_path / "out", engine="spark")


def test_bundles_that_are_none_are_named(tmp_path: Path) -> None:
    source = exports.as_bundles(tmp_path / "bundles", [LOUD])
    (source / "broken.json").write_text('{"resourceType": "Bundle",\n "entry": [')
    (source / "other.json").write_text("{}")
    (source / "odd.json").write_text(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": 1}, {"resource": {}}]})
    )
    summary = done(source, tmp_path / "out")
    assert summary.unread.read_text().splitlines()[1:] == [
        "broken.json,2,not JSON in UTF-8",
        "odd.json,1,not a FHIR resource",
        "odd.json,2,not a FHIR resource",
        "other.json,1,not a Bundle",
    ]
    assert summary.patients == 1
