"""The figures of a replay, each counted by hand from a few rows."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cdshooks.population.replaying.rows import TABLES
from cdshooks.population.replaying.summary import FILES, STAGES, Summary, summarise
from tests.replaying.tables import JUNE, MAY, many, three_patients, written


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def summary(out: Path) -> Summary:
    return summarise(written(three_patients(), out / "parts"), out, clinic=True)


def stage(summary: Summary, name: str) -> dict[str, Any]:
    [line] = [line for line in summary.load if line["stage"] == name]
    return dict(line)


def rule(summary: Summary, name: str) -> dict[str, Any]:
    [line] = [line for line in summary.rules if line["rule"] == name]
    return dict(line)


def test_stages_are_told_from_the_rules_to_the_cards_that_are_left(summary: Summary) -> None:
    assert [line["stage"] for line in summary.load] == list(STAGES)


def test_the_load_before_grouping_is_that_of_all_rules(summary: Summary) -> None:
    """4, 6, 1 and 0 rules: 11 in 4 charts of 3 patients on 2 days, 5 in May and 6 in June."""
    assert stage(summary, "rules") == {
        "profile": "default",
        "stage": "rules",
        "total": 11,
        "per_100_patients": pytest.approx(1100 / 3),
        "per_100_views": 275,
        "views_with_any_percent": 75,
        "per_clinic_day": 5.5,
        "busiest_clinic_day": 6,
    }


@pytest.mark.parametrize(
    ("name", "total", "with_any"),
    [("groups", 8, 75), ("cards", 6, 75), ("cards_unanswered", 5, 75), ("cards_overridden", 3, 50)],
)
def test_each_stage_is_counted_alike(
    summary: Summary, name: str, total: int, with_any: int
) -> None:
    line = stage(summary, name)
    assert (line["total"], line["views_with_any_percent"]) == (total, with_any)
    assert line["per_100_views"] == 100 * total / 4
    assert line["per_clinic_day"] == total / 2


def test_without_encounters_there_are_no_clinic_days(tmp_path: Path) -> None:
    found = summarise(written(three_patients(), tmp_path / "parts"), tmp_path, clinic=False)
    assert {line["per_clinic_day"] for line in found.load} == {None}
    assert {line["busiest_clinic_day"] for line in found.load} == {None}


def test_a_rule_is_told_with_patients_times_and_what_was_shown(summary: Summary) -> None:
    line = rule(summary, "niv-consider")
    counted = ("patients", "times", "shown", "shown_unanswered", "shown_overridden", "missing")
    assert [line[name] for name in counted] == [2, 3, 2, 2, 1, 0]
    assert (line["group"], line["class"]) == ("RESP-NIV", "T")


def test_a_rule_is_told_with_the_days_on_which_it_first_fired(summary: Summary) -> None:
    line = rule(summary, "niv-consider")
    named = ("earliest", "quarter", "half", "three_quarters", "latest")
    assert [line[f"first_{name}"] for name in named] == [MAY, MAY, MAY, JUNE, JUNE]


def test_a_rule_is_told_with_what_answered_it(summary: Summary) -> None:
    """After 10 and 20 days, by an order and by a result; one fell silent, after 30 days."""
    line = rule(summary, "niv-consider")
    counted = ("answerable", "answered", "answered_by_order", "answered_percent")
    assert [line[name] for name in counted] == [2, 2, 1, 100]
    assert (line["days_to_answer"], line["days_followed"]) == (15, 75)
    assert (line["fell_silent"], line["days_to_silence"]) == (1, 30)


def test_of_advice_that_cannot_be_followed_no_share_is_told(summary: Summary) -> None:
    line = rule(summary, "pft-overdue")
    assert (line["answerable"], line["answered"], line["answered_percent"]) == (0, 0, None)
    assert line["days_to_answer"] is None


def test_silence_for_missing_data_is_a_share_of_all_charts(summary: Summary) -> None:
    line = rule(summary, "pft-overdue")
    assert (line["patients"], line["missing"], line["missing_percent"]) == (1, 1, 25)
    never = rule(summary, "low-bmi")
    assert (never["patients"], never["times"], never["missing_percent"]) == (0, 0, 25)
    assert never["first_half"] is None


def test_rules_stand_by_how_often_they_fire(summary: Summary) -> None:
    assert [line["rule"] for line in summary.rules] == ["niv-consider", "pft-overdue", "low-bmi"]


def test_months_count_patients_that_were_seen_in_them(summary: Summary) -> None:
    """In May 5 rules and 3 cards for two patients and charts; in June 6 and 3 for two."""
    assert [dict(line) for line in summary.months] == [
        {
            "profile": "default",
            "month": date(2024, 5, 1),
            "patients": 2,
            "views": 2,
            "rules_per_100_patients": 250,
            "cards_per_100_patients": 150,
            "cards_per_100_views": 150,
        },
        {
            "profile": "default",
            "month": date(2024, 6, 1),
            "patients": 2,
            "views": 2,
            "rules_per_100_patients": 300,
            "cards_per_100_patients": 150,
            "cards_per_100_views": 150,
        },
    ]


def test_people_are_counted_with_how_long_they_were_followed(summary: Summary) -> None:
    """Three times 487 days are four years."""
    assert [dict(line) for line in summary.people] == [
        {
            "profile": "default",
            "patients": 3,
            "with_als": 2,
            "views": 4,
            "days": 2,
            "years_followed": 4,
            "undecided": 2,
            "undated": 3,
        }
    ]


def test_two_profiles_are_counted_apart(tmp_path: Path) -> None:
    rows = (*many(10, "default", 2), *many(10, "wider", 6))
    found = summarise(written(rows, tmp_path / "parts"), tmp_path, clinic=True)
    assert [(line["profile"], line["times"]) for line in found.rules] == [
        ("default", 2),
        ("wider", 6),
    ]
    totals = {line["profile"]: line["total"] for line in found.load if line["stage"] == "cards"}
    assert totals == {"default": 2, "wider": 6}


def test_tables_and_figures_are_written_as_files(out: Path, summary: Summary) -> None:
    for name, (_, columns) in TABLES.items():
        assert duckdb.read_parquet(str(out / f"{name}.parquet")).columns == columns.split()
    for name, file in FILES.items():
        lines = getattr(summary, name)
        assert duckdb.read_parquet(str(out / f"{file}.parquet")).columns == list(lines[0])
        text = (out / f"{file}.csv").read_text().splitlines()
        assert len(text) == 1 + len(lines)


def test_tables_are_in_the_same_order_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    rows = list(three_patients())
    for name, order in (("one", rows), ("other", rows[::-1])):
        (tmp_path / name).mkdir()
        parts = written(order, tmp_path / name / "parts")
        summarise(parts, tmp_path / name, clinic=True)
    for table in TABLES:
        one, other = (
            duckdb.read_parquet(str(tmp_path / name / f"{table}.parquet")).fetchall()
            for name in ("one", "other")
        )
        assert one == other


def test_a_folder_may_have_a_quote_in_its_name(tmp_path: Path) -> None:
    out = tmp_path / "anna's"
    out.mkdir()
    assert summarise(written(three_patients(), out / "parts"), out, clinic=True).load


def test_of_nobody_there_are_no_figures(tmp_path: Path) -> None:
    found = summarise(written((), tmp_path / "parts"), tmp_path, clinic=True)
    assert found == Summary((), (), (), ())
