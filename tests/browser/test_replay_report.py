"""The report of a replay in a real browser: both widths and themes, on paper, accessibility."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cdshooks.population.replaying.report import Asked, report
from cdshooks.population.replaying.summary import summarise
from cdshooks.population.replaying.visits import Span
from tests.browser.conftest import WIDTHS, violations
from tests.replaying.tables import JUNE, MAY, fires, first, lacks, person, view, written

pytestmark = pytest.mark.browser
YEAR = Span(date(2024, 1, 1), date(2024, 12, 31))
RULES = ("niv-consider", "pft-overdue", "riluzole-consider", "weight-loss-significant")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report about thirty patients who are seen twice, under two profiles."""
    out = tmp_path_factory.mktemp("replay")
    rows = []
    for profile, every in (("default", 2), ("wider", 1)):
        for number in range(30):
            name = f"p{number}"
            rows.append(person(name, 2, profile))
            for day in (MAY, JUNE):
                rows.append(view(name, day, 4, 3, 3, 3, 1, profile=profile))
                rows.append(lacks(name, day, "low-bmi", profile))
                rows += [
                    fires(name, day, rule, profile=profile) for rule in RULES[number % every :]
                ]
            rows += [
                first(name, MAY, rule, profile, answered_by="order", days_to_answer=number)
                for rule in RULES[number % every :]
            ]
    summary = summarise(written(rows, out / "parts"), out, clinic=True)
    asked = Asked(YEAR, {"default": "0123456789ab", "wider": "ba9876543210"}, date(2025, 1, 7))
    file = out / "report.html"
    file.write_text(report(asked, summary), encoding="utf-8")
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
def test_the_report_is_accessible_and_fits_at_each_width_and_in_both_themes(
    chromium: Any, shot: Callable[..., None], page_file: Path, size: str, scheme: str
) -> None:
    page = chromium.new_page(
        viewport={"width": WIDTHS[size], "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(page_file.as_uri())
    shot(page, f"replay-{size}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size]
    assert page.locator("svg.plot").count() == 3
    assert complaints == []
    assert violations(page) == []
    page.close()


def test_on_paper_the_report_is_black_on_white_and_no_table_is_cut(
    chromium: Any, page_file: Path
) -> None:
    """The width is that of A4 without margins."""
    page = chromium.new_page(viewport={"width": 680, "height": 900}, color_scheme="dark")
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    widest = "Math.max(...[...document.querySelectorAll('table')].map(t => t.scrollWidth))"
    assert page.evaluate(widest) <= 680
    page.close()
