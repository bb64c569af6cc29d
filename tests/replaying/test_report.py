"""The page for a committee: whole in itself, without a person in it, and true to the figures."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cdshooks.population.replaying.report import Asked, report
from cdshooks.population.replaying.rows import Row
from cdshooks.population.replaying.summary import summarise
from cdshooks.population.replaying.visits import Span
from tests.replaying.tables import MAY, fires, first, lacks, many, person, three_patients, view
from tests.replaying.tables import written as write

VISITS = Span(date(2024, 1, 1), date(2024, 12, 31))
VOID = {"meta", "br", "line", "rect", "circle", "polyline"}


def page(rows: tuple[Row, ...], tmp_path: Path, *profiles: str, span: Span = VISITS) -> str:
    summary = summarise(write(rows, tmp_path / "parts"), tmp_path, clinic=span.every is None)
    names = profiles or ("default",)
    return report(Asked(span, dict.fromkeys(names, "0123456789ab"), date(2025, 1, 7)), summary)


def text(html: str) -> str:
    """The page as it is read, in one line."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def twenty() -> tuple[Row, ...]:
    """Twenty patients, of whom eight get advice on ventilation, three of them an order."""
    answers = {
        number: {"answered_by": "order", "days_to_answer": number, "days_followed": 90}
        for number in range(6)
    }
    rows: list[Row] = []
    for number in range(20):
        name, fired = f"patient-{number}", number < 8
        rows += [view(name, MAY, *(5 * (int(fired),))), person(name, 1)]
        if fired:
            became = answers.get(number, {"days_followed": 30})
            rows += [fires(name, MAY, "niv-consider"), first(name, MAY, "niv-consider", **became)]
        if number < 3:
            rows += [fires(name, MAY, "pft-overdue"), first(name, MAY, "pft-overdue")]
        rows.append(lacks(name, MAY, "low-bmi"))
    return tuple(rows)


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page about twenty patients."""
    return page(twenty(), tmp_path_factory.mktemp("out"))


def test_the_page_says_what_was_asked_and_that_nobody_reviewed_it(html: str) -> None:
    said = text(html)
    assert "at each encounter from 1 Jan 2024 to 31 Dec 2024" in said
    assert "Made on 7 Jan 2025" in said
    assert "Not reviewed by a clinician" in said
    assert "profile default (version 0123456789ab)" in said
    assert "What cannot be concluded" in said


def test_the_page_needs_nothing_beside_it_and_is_well_formed(html: str) -> None:
    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    parser = _Balanced()
    parser.feed(html)
    assert parser.open == []
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_no_patient_is_named_and_no_day_of_one(html: str) -> None:
    assert "patient-" not in html.replace("patient-view", "")
    assert str(MAY) not in html
    assert "6 May" not in html


def test_the_load_comes_before_the_rules(html: str) -> None:
    said = text(html)
    assert said.index("Alert load") < said.index("Rule by rule")
    assert "Rules that fire 40 40 8 8 40%" in said


def test_a_rule_is_told_with_its_figures(html: str) -> None:
    said = text(html)
    line = "Consider non-invasive ventilation Breathing: ventilation · niv-consider 8 8 8 May 2024"
    assert line in said
    assert "6 of 8 (75%) 2.5" in said


def test_rules_of_few_patients_are_named_without_a_figure(html: str) -> None:
    said = text(html)
    assert "Fired for fewer than 5 patients: Breathing tests due." in said
    assert "pft-overdue" not in said


def test_rules_that_could_never_be_judged_are_named(html: str) -> None:
    assert re.search(r"could not be judged for missing data .*: [^;]+ \(100\)\.", text(html))


@pytest.mark.parametrize("rows", [(), tuple(three_patients())])
def test_of_too_few_patients_no_figure_is_shown(rows: tuple[Row, ...], tmp_path: Path) -> None:
    said = text(page(rows, tmp_path))
    assert "it shows no figures" in said
    assert "Alert load" not in said


def test_few_answers_are_not_counted_out(tmp_path: Path) -> None:
    """Of eight patients one got an order: too few to be told with its days."""
    rows = (*many(8, "default", 7), fires("patient-7", MAY, "niv-consider"))
    answered = first("patient-7", MAY, "niv-consider", answered_by="order", days_to_answer=77)
    said = text(page((*rows, answered), tmp_path))
    assert "few of 8 – –" in said
    assert "77" not in said


def test_two_profiles_stand_side_by_side(tmp_path: Path) -> None:
    rows = (*many(20, "default", 6), *many(20, "wider", 12))
    html = page(rows, tmp_path, "default", "wider")
    said = text(html)
    assert "compared with profile wider" in said
    assert "Consider non-invasive ventilation niv-consider 6 12 6 12" in said
    assert html.count('class="kind kind-1"') > 0


def test_a_change_from_few_patients_is_told_as_few(tmp_path: Path) -> None:
    rows = (*many(20, "default", 2), *many(20, "wider", 12))
    said = text(page(rows, tmp_path, "default", "wider"))
    assert "niv-consider few 12 few 12" in said


def test_no_plot_tells_what_the_table_calls_few(tmp_path: Path) -> None:
    rows = (*many(20, "default", 12), *many(20, "narrower", 2))
    html = page(rows, tmp_path, "default", "narrower")
    assert "niv-consider 12 few 12 few" in text(html)
    assert "12 and 2" not in html
    assert "The rules that fire most" not in html
    plain = page((*many(20, "default", 12), *many(20, "wider", 14)), tmp_path, "default", "wider")
    assert "Consider non-invasive ventilation: 12 and 14" in plain
    assert "The rules that fire most" in plain


def test_profiles_that_say_the_same_change_nothing(tmp_path: Path) -> None:
    rows = (*many(20, "default", 6), *many(20, "same", 6))
    assert "No rule that fires for 5 patients or more fires more or less often" in text(
        page(rows, tmp_path, "default", "same")
    )


def test_regular_days_are_no_clinic_days(tmp_path: Path) -> None:
    said = text(page(twenty(), tmp_path, span=Span(VISITS.start, VISITS.end, every=28)))
    assert "every 28 days" in said
    assert "Days replayed" in said
    assert "busiest" not in said
    assert "Cards by month, for 100 charts opened" in said


def test_a_plot_is_read_out_as_a_sentence(html: str) -> None:
    assert re.search(r'aria-label="For 100 charts opened: Rules that fire: 40;', html)
    assert "Cards by month for 100 patients whose chart was opened: from 40 to 40." in html
