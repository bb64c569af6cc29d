"""The folder of a synthetic cohort: the same bytes for the same options, dirty where asked."""

import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from cdshooks.cli import main
from cdshooks.cohort import Cohort, FolderInvalid, export, patient, write
from cdshooks.cohort.chance import Chance
from cdshooks.cohort.dirt import WAYS, line
from cdshooks.knowledge import base

UNTIL = date(2026, 6, 30)
CLEAN = Cohort(seed=7, until=UNTIL, not_als=0.3, dirt=0)
DIRTY = Cohort(seed=7, until=UNTIL, not_als=0.3, dirt=0.2)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def made(cohort: Cohort, patients: int, folder: Path, processes: int = 1, **more: bool) -> Path:
    write(cohort, patients, folder, zipped=more.get("zipped", False), processes=processes)
    return folder


def test_the_number_of_processes_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PART", 4)
    one = made(DIRTY, 10, tmp_path / "one", zipped=True)
    two = made(DIRTY, 10, tmp_path / "two", processes=2, zipped=True)
    assert files(one) == files(two)
    assert "Observation.ndjson.gz" in files(one)


def test_a_small_cohort_is_the_beginning_of_a_large_one(tmp_path: Path) -> None:
    small, large = files(made(DIRTY, 6, tmp_path / "6")), files(made(DIRTY, 20, tmp_path / "20"))
    assert small.keys() <= large.keys()
    for name, content in small.items():
        assert large[name].startswith(content)


def test_zipped_files_hold_what_plain_ones_hold(tmp_path: Path) -> None:
    plain = files(made(CLEAN, 8, tmp_path / "plain"))
    zipped = files(made(CLEAN, 8, tmp_path / "zipped", zipped=True))
    assert {n: gzip.decompress(c) for n, c in zipped.items()} == {
        f"{name}.gz": content for name, content in plain.items()
    }


def test_each_file_holds_one_type_and_one_resource_a_line(tmp_path: Path) -> None:
    for name, content in files(made(CLEAN, 8, tmp_path / "cohort")).items():
        types = {orjson.loads(row)["resourceType"] for row in content.splitlines()}
        assert {f"{type}.ndjson" for type in types} <= {name}


def test_every_type_that_rules_read_has_a_file_even_if_nobody_has_one(tmp_path: Path) -> None:
    found = files(made(CLEAN, 1, tmp_path / "cohort"))
    assert {f"{type}.ndjson" for type in (*base().searches, "Observation")} <= found.keys()
    assert found["Task.ndjson"] == b""


def test_orders_of_one_clinic_refer_to_medications_of_a_file_of_their_own(tmp_path: Path) -> None:
    found = files(made(CLEAN, 30, tmp_path / "cohort"))
    listed = {
        f"Medication/{orjson.loads(r)['id']}" for r in found["Medication.ndjson"].splitlines()
    }
    orders = map(orjson.loads, found["MedicationRequest.ndjson"].splitlines())
    named = {o["medicationReference"]["reference"] for o in orders if "medicationReference" in o}
    assert named and named <= listed


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderInvalid, match="expected a folder that is empty"):
        made(CLEAN, 1, tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FolderInvalid, match="file"):
        made(CLEAN, 1, tmp_path / "file" / "cohort")


def test_an_interrupted_run_leaves_no_file_that_looks_whole(tmp_path: Path) -> None:
    def stop(part: export.Part) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(CLEAN, 5, tmp_path / "cohort", zipped=False, processes=1, progress=stop)
    assert all(name.endswith(".part") for name in files(tmp_path / "cohort"))
    again = files(made(CLEAN, 5, tmp_path / "cohort", zipped=True))
    assert all(name.endswith(".ndjson.gz") for name in again)


def test_dirt_changes_its_share_of_the_lines_and_nothing_else() -> None:
    resources = [r for n in range(30) for r in patient(CLEAN, n)]
    chance = Chance(7, 0, "dirt")
    same = [line(r, chance, 0.2) == orjson.dumps(r) for r in resources]
    # A few of the ways leave a resource as it is, which has nothing that they could damage.
    assert 0.10 < 1 - sum(same) / len(same) < 0.21
    assert all(line(r, chance, 0) == orjson.dumps(r) for r in resources[:20])


def test_every_kind_of_damage_comes_about() -> None:
    resources = [r for n in range(6) for r in patient(CLEAN, n)]
    for way in WAYS:
        chance = Chance(1, 1, "dirt")
        damaged = [way(orjson.loads(orjson.dumps(r)), chance) != orjson.dumps(r) for r in resources]
        assert any(damaged), way


def test_a_dirty_export_has_broken_lines_strangers_and_impossible_dates(tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    content = files(made(DIRTY, 12, tmp_path / "cohort"))["Observation.ndjson"]
    for row in content.split(b"\n")[:-1]:
        try:
            resource = orjson.loads(row)
        except orjson.JSONDecodeError:
            found["broken"] += 1
            continue
        subject = resource.get("subject") or {}
        found["stranger"] += subject.get("reference") == "Patient/somebody-else"
        found["nobody"] += not subject
        found["error"] += resource.get("status") == "entered-in-error"
    assert min(found.values()) > 0 and len(found) == 4


def test_the_command_writes_a_cohort_and_says_its_last_day(tmp_path: Path) -> None:
    folder = str(tmp_path / "cohort")
    done = CliRunner().invoke(main, ["cohort", "--patients", "3", "--processes", "1", folder])
    assert done.exit_code == 0, done.output
    assert "3 patients" in done.stdout and "--today 2026-06-30" in done.stdout
    assert len(files(Path(folder))["Patient.ndjson"].splitlines()) == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--patients", "0"], "--patients"),
        (["--patients", "3", "--not-als", "1.5"], "--not-als"),
        (["--patients", "3", "--dirt", "-1"], "--dirt"),
        (["--patients", "3", "--until", "soon"], "--until"),
        (["--patients", "3", "--until", "1066-01-01"], "until"),
        ([], "--patients"),
    ],
)
def test_an_option_that_cannot_be_is_named(tmp_path: Path, options: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["cohort", *options, str(tmp_path / "cohort")])
    assert done.exit_code == 2
    assert said in done.output


def test_the_command_refuses_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(main, ["cohort", "--patients", "3", str(tmp_path)])
    assert done.exit_code == 2
    assert "expected a folder that is empty" in done.output


def test_a_full_disk_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(content: bytes) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_zipped", full)
    options = ["--patients", "3", "--gzip", "--processes", "1", str(tmp_path / "cohort")]
    done = CliRunner().invoke(main, ["cohort", *options])
    assert done.exit_code == 1
    assert done.output.endswith("cohort: no space left on device\n")
