"""``cdshooks worklist``: the same as a call on every patient, ranked, and safe to pass on."""

import csv
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from cdshooks import examples
from cdshooks.cli import main
from cdshooks.services.asking import patients
from tests.support import exports

Json = dict[str, Any]
FEW = ("breathing-tests-overdue", "quiet-stable-limb-onset", "hospice-comfort-care")
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)


def worklist(*arguments: object) -> Result:
    fixed = ("--as-of", exports.DAY.isoformat(), "--workers", "1")
    return CliRunner().invoke(main, ["worklist", *fixed, *map(str, arguments)])


def listed(source: Path, *arguments: object) -> list[Json]:
    result = worklist(source, "--out", "list.parquet", *arguments)
    assert result.exit_code == 0, result.output
    found = duckdb.execute("FROM read_parquet('list.parquet')")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def by_patient(rows: Iterable[Json], standing: str) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        if row["standing"] == standing:
            found[row["patient"]].append(row)
    return found


def called(file: Path) -> Json:
    fixed = ("--json", "--explain", "--as-recorded", "--today", exports.DAY.isoformat())
    result = CliRunner().invoke(main, ["call", "patient-view", str(file), *fixed])
    assert result.exit_code == 0, result.output
    body: Json = json.loads(result.stdout)
    return body


@pytest.fixture(scope="module")
def all_examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exports.as_bundles(tmp_path_factory.mktemp("all") / "bundles", examples.names())


def test_for_every_example_it_says_what_call_explain_says_and_shows_what_its_cards_tell(
    all_examples: Path,
) -> None:
    source, rows = all_examples, listed(all_examples)
    _is_ranked(rows)
    fires, stopped = by_patient(rows, "fires"), by_patient(rows, "not assessed")
    for name in examples.names():
        [patient] = patients(exports.bundle(name))
        body = called(source / f"{name}.json")
        own = body.get("extension", {}).get("org.als-cdshooks", {})
        trace = own.get("trace", [])
        spoke = {(t["rule"], t["because"]) for t in trace if t["outcome"] == "recommended"}
        assert {(r["rule"], r["summary"]) for r in fires[patient]} == spoke, name
        silent = {(t["rule"], t["because"]) for t in own.get("notAssessed", [])}
        assert {(r["rule"], r["because"]) for r in stopped[patient]} == silent, name
        on_cards = {r for c in body["cards"] for r in c["extension"]["org.als-cdshooks"]["rules"]}
        assert {r["rule"] for r in fires[patient] if r["shown"]} == on_cards, name


def _is_ranked(rows: list[Json]) -> None:
    """The most urgent patient comes first."""
    places = [row["place"] for row in rows]
    assert places == sorted(places)
    assert set(places) == set(range(1, max(places) + 1))
    levels = {"critical": 0, "warning": 1, "info": 2, "": 3}
    firsts: dict[int, str] = {}
    for row in rows:
        firsts.setdefault(row["place"], row["indicator"])
    worst = [levels[indicator] for indicator in firsts.values()]
    assert worst == sorted(worst)


def test_filters_leave_only_what_was_asked_for(tmp_path: Path) -> None:
    source = exports.as_bundles(tmp_path / "bundles", FEW)
    kept = (source, "--parts", "kept")
    assert {r["indicator"] for r in listed(*kept, "--indicator", "warning")} == {"warning"}
    everything = listed(*kept)
    group = next(r["group"] for r in everything if r["standing"] == "fires")
    assert {r["group"] for r in listed(*kept, "--group", group)} == {group}
    family = {r["group"] for r in everything if r["group"] and r["group"].startswith("RESP-")}
    assert len(family) > 1
    assert {r["group"] for r in listed(*kept, "--group", "RESP")} == family
    rule = next(r["rule"] for r in everything if r["standing"] == "fires")
    assert {r["rule"] for r in listed(*kept, "--rule", rule)} == {rule}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--group", "RESPI"), "no group RESPI; there are: "),
        (("--group", "resp"), "no group resp; there are: "),
        (("--rule", "niv"), "no rule niv; cdshooks rules names them all"),
        (("--top", "-1"), "-1 is not in the range"),
        (("--master", "spark://host:7077"), "'--master': expected with --engine spark"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_refused(arguments: tuple[str, str], said: str) -> None:
    result = worklist(".", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "nowhere/list.csv"), "nowhere/list.csv: no such file or directory"),
        (("--unread", "nowhere/lines.csv"), "nowhere/lines.csv: no such file or directory"),
        (("--out", "folder.csv"), "folder.csv: is a directory"),
        (("--parts", "file/parts"), "file/parts: not a directory"),
        (("--as-of", "tomorrow"), "--as-of, --today: expected a date"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_line_before_anything_is_done(
    tmp_path: Path, arguments: tuple[str, str], said: str
) -> None:
    source = exports.as_bundles(tmp_path / "bundles", FEW[:1])
    Path("folder.csv").mkdir()
    Path("file").touch()
    result = worklist(source, *arguments)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {said}\n" or result.stderr.startswith(f"Error: {said} ")
    assert not Path("worklist.parts").exists()


def test_a_file_that_could_be_written_is_not_there_until_it_is(tmp_path: Path) -> None:
    assert worklist(tmp_path / "no export", "--out", "list.csv").exit_code == 1
    assert not Path("list.csv").exists()


def test_an_engine_that_is_not_installed_leaves_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delitem(sys.modules, "cdshooks.population.engines.spark", raising=False)
    source = exports.as_bundles(tmp_path / "bundles", FEW[:1])
    refused = worklist(source, "--engine", "spark")
    assert refused.exit_code == 1
    assert "Spark is not installed" in refused.stderr
    assert worklist(source).exit_code == 0


def test_a_csv_holds_no_formula(tmp_path: Path) -> None:
    source = exports.as_ndjson(
        tmp_path / "export", exports.lines(exports.resources(FEW[0], "=cmd|'calc'!A0"))
    )
    assert worklist(source, "--out", "list.csv").exit_code == 0
    with (tmp_path / "list.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["patient"] for row in rows} == {"'=cmd|'calc'!A0"}
    assert not [cell for row in rows for cell in row.values() if re.match(r"\s*[=+\-@]", cell)]


def test_a_page_is_whole_in_itself_and_escapes_what_stands_in_a_chart(tmp_path: Path) -> None:
    resources = exports.resources(FEW[0], "<script>alert(1)<script>")
    source = exports.as_ndjson(tmp_path / "export", exports.lines(resources))
    assert worklist(source, "--out", "list.html").exit_code == 0
    page = (tmp_path / "list.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;script&gt;" in page
    assert not re.search(r"(src|href)=", page)


def test_hashed_ids_are_the_same_under_the_same_key_and_hold_no_id(tmp_path: Path) -> None:
    source = exports.as_bundles(tmp_path / "bundles", FEW)
    ids = {patient for name in FEW for patient in patients(exports.bundle(name))}
    os.environ["CDSHOOKS_HASH_KEY"] = KEY
    once, again = (listed(source, "--hash-ids") for _ in range(2))
    assert once == again
    assert ids.isdisjoint(row["patient"] for row in once)
    assert len({row["patient"] for row in once}) == len(FEW)
    del os.environ["CDSHOOKS_HASH_KEY"]
    random = worklist(source, "--hash-ids")
    assert "CDSHOOKS_HASH_KEY=" in random.stderr


def test_without_values_neither_a_summary_nor_a_reason_is_left(tmp_path: Path) -> None:
    source = exports.as_bundles(tmp_path / "bundles", ("dirty-data", *FEW))
    rows = listed(source, "--no-values")
    assert {row["summary"] for row in rows} == {""}
    assert len({row["because"] for row in rows}) <= 3
    assert any(row["standing"] == "not assessed" for row in rows)


def test_the_terminal_shows_the_first_patients_and_what_it_comes_to(tmp_path: Path) -> None:
    source = exports.as_bundles(tmp_path / "bundles [1] of *", FEW)
    result = worklist(source, "--parts", "parts [1] *", "--top", "1")
    assert result.exit_code == 0
    assert "Worklist · as of 2026-06-01 · profile default" in result.stdout
    assert "pft-overdue" in result.stdout
    assert "3 patients in the input" in result.stdout
    assert "The first 1 of" in result.stdout


def test_what_was_finished_goes_unless_it_is_to_be_kept(tmp_path: Path) -> None:
    source = exports.as_bundles(tmp_path / "bundles", FEW[1:2])
    assert worklist(source).exit_code == 0
    assert not (tmp_path / "worklist.parts").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "expected a folder with NDJSON files or Bundles"),
        (("empty",), "expected *.ndjson, *.ndjson.gz or Bundles in *.json"),
        ((".", "--out", "list.xlsx"), "expected a name that ends in .csv, .parquet, .html"),
        ((".", "--as-of", "yesterday"), "--today: expected a date"),
        (("bundles", "--profile", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    Path("empty").mkdir()
    exports.as_bundles(Path("bundles"), ())
    Path("bundles/one.json").write_text("{}")
    result = worklist(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
