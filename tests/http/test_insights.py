"""The page of how advice is received."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from cdshooks.feedback.records import write_calls, write_reports
from cdshooks.http.insights import plotted
from cdshooks.settings import DemoSettings
from tests.support.stores import CLIENT, NOW, TERMS, accepted, call, issued, overridden


def test_the_page_shows_counts_rates_and_a_plot(app_with: Callable[..., Flask]) -> None:
    app = app_with(DemoSettings)
    store = app.extensions["memory"].store
    for number in range(12):
        write_calls(store, TERMS, [call(issued(f"card-{number}", patient=f"p-{number}"))])
        act = accepted if number % 2 else overridden
        report = act(f"card-{number}")
        write_reports(store, CLIENT, "als-chart-review", [report], received=NOW, terms=TERMS)
    page = app.test_client().get("/insights")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "<td>niv-consider</td><td>2026-06</td><td>12</td><td>6</td><td>6</td>" in page.text
    assert "under-specialist-review 6" in page.text
    assert "<title>2026-06: 50%</title>" in page.text
    assert "niv-consider</a>: 50%" in page.text
    assert "style=" not in page.text


def test_a_page_of_few_cards_shows_neither_rates_nor_a_plot(app_with: Callable[..., Flask]) -> None:
    app = app_with(DemoSettings)
    write_calls(app.extensions["memory"].store, TERMS, [call(issued("card", patient="p"))])
    page = app.test_client().get("/insights").text
    assert page.count("Too few to show.") == 2
    assert "<td>niv-consider</td>" in page
    assert "<ol>" not in page


def test_a_page_without_cards_says_so(demo: FlaskClient) -> None:
    assert "No card was recorded" in demo.get("/insights").text


def test_outside_the_demo_the_page_is_not_for_everybody(client: FlaskClient) -> None:
    assert client.get("/insights").status_code == 401


def test_a_plot_has_all_at_the_top_and_time_from_left_to_right() -> None:
    assert plotted([("a", 1.0), ("b", 0.0), ("c", 0.5)]) == [
        ("a", 1.0, 0.0, 0.0),
        ("b", 0.0, 300.0, 160.0),
        ("c", 0.5, 600.0, 80.0),
    ]
    assert plotted([("a", 0.25)]) == [("a", 0.25, 0.0, 120.0)]
