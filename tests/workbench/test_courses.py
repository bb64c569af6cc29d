"""Courses beside their limits: from the knowledge in force, never from the plot."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from cdshooks import examples
from cdshooks.app import site_of
from cdshooks.http.workbench.plots import plot, sentence
from cdshooks.knowledge import base
from cdshooks.protocol import parse_request
from cdshooks.services.answer import searches
from cdshooks.services.asking import patients, request_body
from cdshooks.services.workbench.chart import Chart, chart_of
from cdshooks.services.workbench.courses import COURSES, Course
from cdshooks.settings import DemoSettings

BULBARA = "bulbar-onset-fvc-falling"
HEPATA = "riluzole-alt-six-times-upper-limit"


def chart(name: str, profile: str = "default") -> Chart:
    site = replace(site_of(DemoSettings(auth="off", profile=profile)), full_prefetch=True)
    bundle = examples.load(name)
    day = examples.anchor(bundle)
    assert day is not None
    asked = searches("patient-view", site)
    body = request_body(
        "patient-view", bundle, next(iter(patients(bundle))), "Practitioner/7", (), asked
    )
    return chart_of(parse_request(body), site, datetime.combine(day, time(12), UTC))


def course(name: str, title: str, profile: str = "default") -> Course:
    return next(one for one in chart(name, profile).courses if one.title == title)


def limits(one: Course) -> dict[str, tuple[str, bool]]:
    return {line.limit.name: (f"{line.value:.4g}", line.past) for line in one.lines}


def test_every_limit_is_a_parameter_of_the_knowledge() -> None:
    named = [name for shown in COURSES for name, _ in shown.limits]
    assert [n for n in named if base().parameters[n].operator is None] == []


def test_vital_capacity_is_past_both_limits_of_ventilation() -> None:
    found = course(BULBARA, "Vital capacity")
    assert limits(found) == {"vc_symptomatic_lt": ("80", True), "vc_asymptomatic_lt": ("50", True)}
    assert "Past the limit: NIV, < 50%." in sentence(found)


def test_a_profile_moves_the_line() -> None:
    moved = limits(course(BULBARA, "Vital capacity", "canada-2020"))
    assert moved["vc_asymptomatic_lt"] == ("65", True)


def test_a_loss_of_weight_is_a_line_below_the_weight_of_reference() -> None:
    assert limits(course(BULBARA, "Weight"))["weight_loss_pct_gt"] == ("62.89", True)


@pytest.mark.parametrize(
    ("profile", "name"), [("default", "on_therapy_us_gt"), ("eu", "on_therapy_eu_ge")]
)
def test_alt_is_judged_by_the_upper_limit_of_its_laboratory_and_the_label_of_the_region(
    profile: str, name: str
) -> None:
    found = limits(course(HEPATA, "ALT", profile))
    assert found[name] == ("200", True)
    assert len([one for one in found if one.startswith("on_therapy")]) == 1


def test_the_newest_value_of_a_course_is_one_made_sitting() -> None:
    latest = course(BULBARA, "Vital capacity").latest
    assert latest is not None
    assert latest.position == "sitting"


def test_a_plot_has_no_inline_style_or_script() -> None:
    drawn = str(plot(course(BULBARA, "Vital capacity")))
    assert drawn.startswith("<svg")
    assert "style=" not in drawn
    assert "<script" not in drawn


def test_what_no_rule_would_use_is_counted_and_not_drawn() -> None:
    assert course("fvc-implausible-and-snip-without-unit", "SNIP").rejected == 1


def test_a_chart_shows_problems_and_what_is_taken() -> None:
    found = chart(BULBARA)
    assert found.name == "Bulbara Synthetic Testcase"
    assert "Amyotrophic lateral sclerosis, bulbar onset" in [one.name for one in found.problems]
    assert [one.name for one in found.medications] == ["riluzole 50 MG Oral Tablet"]
