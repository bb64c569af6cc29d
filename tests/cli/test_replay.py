"""``cdshooks replay`` as it is called: a folder in, a report and tables out."""

import re
from datetime import date
from pathlib import Path

import duckdb
import orjson
import pytest
from click.testing import CliRunner, Result

from cdshooks import examples
from cdshooks.cli import main
from cdshooks.knowledge import base, of_site

NAMES = ("bulbar-onset-fvc-falling", "quiet-stable-limb-onset", "niv-declined")
GUIDE = Path(__file__).parents[2] / "docs" / "replay.md"


def replay(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile of one number that the guide shows."""
    [text] = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    file = tmp_path_factory.mktemp("profile") / "vc-65.yaml"
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two copies each of three example patients, under ids of their own, all of one day."""
    folder = tmp_path_factory.mktemp("charts")
    for name in NAMES:
        bundle = examples.shifted(examples.load(name), date(2026, 6, 1))
        [person] = [
            e["resource"]["id"]
            for e in bundle["entry"]
            if e["resource"]["resourceType"] == "Patient"
        ]
        for number in range(2):
            text = orjson.dumps(bundle).decode().replace(person, f"private-{number}-{person}")
            (folder / f"{name}-{number}.json").write_text(text)
    return folder


@pytest.fixture(scope="module")
def out(charts: Path, question: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "out"
    options = ("--from", "2026-02-01", "--to", "2026-06-01", "--compare", question, "--hash-ids")
    said = replay(charts, *options, "--out", folder, "--workers", 1)
    assert said.exit_code == 0, said.output
    assert "6 patients" in said.output
    assert "rules that fire" in said.output
    assert "CDSHOOKS_HASH_KEY=" in said.output
    return folder


def test_the_folder_holds_the_report_and_the_tables(out: Path) -> None:
    figures = {
        f"{name}.{kind}"
        for name in ("summary", "load", "months", "people")
        for kind in ("csv", "parquet")
    }
    tables = {f"{name}.parquet" for name in ("rows", "views", "firsts", "patients")}
    assert {file.name for file in out.iterdir()} == {
        "report.html",
        "unread.csv",
        *figures,
        *tables,
    }


def test_the_report_names_no_patient(out: Path) -> None:
    html = (out / "report.html").read_text()
    assert "private-" not in html
    assert "vc-65" in html
    assert "Alert load" in html


def test_the_tables_tell_patients_apart_by_hashes_and_name_both_profiles(out: Path) -> None:
    views = duckdb.read_parquet(str(out / "views.parquet"))
    people = views.aggregate("count(DISTINCT patient), count(DISTINCT profile)").fetchone()
    assert people == (6, 2)
    assert views.filter("patient LIKE '%private%'").fetchall() == []


def test_copies_of_a_chart_are_replayed_alike(out: Path) -> None:
    rows = duckdb.read_parquet(str(out / "rows.parquet"))
    told = [line[1:] for line in rows.fetchall()]
    assert told
    assert all(told.count(line) % 2 == 0 for line in told)


def test_only_the_owner_can_look_into_a_folder_that_was_made(out: Path) -> None:
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_of_a_time_of_which_nothing_is_known_no_figure_is_told(
    charts: Path, tmp_path: Path
) -> None:
    days = ("--from", "2019-01-01", "--to", "2019-06-01", "--every", 28)
    said = replay(charts, *days, "--out", tmp_path / "out", "--workers", 1)
    assert said.exit_code == 0, said.output
    assert "No chart was opened" in said.output
    assert "shows no figures" in (tmp_path / "out" / "report.html").read_text()


def test_the_question_of_the_guide_changes_one_number(question: Path) -> None:
    asked = of_site(base(), ("default", str(question)))
    usual = base().profile("default")
    changed = {n for n, p in asked.parameters.items() if p.value != usual.parameters[n].value}
    assert changed == {"vc_asymptomatic_lt"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--from", "2026-01-02", "--to", "2026-01-01"),
            "--from: expected a day that is not after",
        ),
        (("--from", "1 May"), "'1 May' does not match the format"),
        (("--from", "2025-01-01", "--every", "0"), "0 is not in the range"),
        (("--from", "2025-01-01", "--every", "7", "--encounters"), "without --encounters"),
        (("--from", "2025-01-01", "--compare", "default"), "expected other profiles"),
        (("--to", "2025-01-01"), "Missing option '--from'"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_a_line(
    charts: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = replay(charts, *arguments, "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert said in refused.output
    assert not (tmp_path / "out").exists()


def test_two_files_of_one_name_are_refused(charts: Path, question: Path, tmp_path: Path) -> None:
    other = tmp_path / question.name
    other.write_text(question.read_text().replace("65", "60"))
    days = ("--from", "2026-01-01", "--out", tmp_path / "out")
    refused = replay(charts, *days, "--profile", question, "--compare", other)
    assert refused.exit_code == 2
    assert "by other names" in refused.output


def test_what_stands_beside_profile_is_named_by_its_own_option(
    charts: Path, tmp_path: Path
) -> None:
    refused = replay(charts, "--from", "2025-01-01", "--compare", ",", "--out", tmp_path / "out")
    assert refused.exit_code == 1
    assert "--compare: expected one or more names of profiles" in refused.output


def test_a_folder_that_cannot_be_made_is_told_in_a_line(charts: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = replay(charts, "--from", "2025-01-01", "--out", tmp_path / "file" / "out")
    assert refused.exit_code == 1
    assert refused.output == f"Error: {tmp_path}/file/out: not a directory\n"


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    refused = replay(tmp_path / "nothing", "--from", "2025-01-01", "--out", tmp_path / "out")
    assert refused.exit_code == 1
    assert "nothing" in refused.output
    assert "Traceback" not in refused.output
