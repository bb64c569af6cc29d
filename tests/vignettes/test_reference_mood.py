"""A whole, typical chart with one finding changed: what becomes of mood, thinking, function."""

from typing import Any

import pytest

from cdshooks import rules
from cdshooks.knowledge import base
from tests.support.advice import Change, advised, rules_of, say, told
from tests.support.base_patient import VISIT, Chart, alsfrs, base_patient, measured

MODULES = ("mood", "suicide_risk", "behavior", "cognition", "fatigue", "function_scores")
OWN = rules_of(*MODULES)


def _advice(chart: Chart, hook: str = "patient-view", *drafts: str) -> dict[str, str]:
    """What the rules of these modules advise: level and summary by rule."""
    return told(advised(chart, hook, *drafts), OWN)


def _put(name: str, *values: tuple[Any, ...]) -> Change:
    return lambda chart: chart.put(name, *(measured(*value) for value in values))


def _scores(*days: tuple[str, tuple[int, ...]]) -> Change:
    def change(chart: Chart) -> Chart:
        chart.remove("earlier ALSFRS-R")
        return chart.put("ALSFRS-R", *(r for day, items in days for r in alsfrs(day, items)))

    return change


PHQ, ECAS, FSS, LOCAL = (
    ("loinc", "44261-6"),
    ("als-cds", "ecas-total"),
    ("als-cds", "fss"),
    "als-cds",
)
FULL = (4, 4, 4, 3, 3, 3, 3, 3, 2, 4, 4, 4)
LOSS = (4, 4, 4, 3, 3, 3, 2, 2, 1, 4, 4, 4)
BEFORE = (4, 4, 4, 3, 3, 3, 3, 3, 3, 4, 4, 4)

CASES: list[tuple[str, Change, dict[str, str]]] = [
    ("a quiet chart", lambda chart: chart, {}),
    (
        "last mood screen half a year ago",
        _put("PHQ-9", (PHQ, 3, "{score}", "2025-09-01")),
        {"depression-screen-due": "info: Mood screen due: last PHQ-9 1 Sep 2025"},
    ),
    (
        "last mood screen a little later",
        _put("PHQ-9", (PHQ, 3, "{score}", "2025-09-20")),
        {},
    ),
    (
        "agitation, never a gas",
        say("condition restlessness, 5 days ago"),
        {"restlessness-antipsychotic": "info: Restlessness: exclude hypoxia"},
    ),
    (
        "agitation, quetiapine taken",
        say("condition restlessness, 5 days ago", "prescription 51272 active, 60 days ago"),
        {},
    ),
    (
        "a low cognitive screen",
        _put("ECAS", (ECAS, 101, "{score}", "2026-03-01")),
        {"cognitive-screen-abnormal": "info: ECAS 101/136 below cut-off"},
    ),
    (
        "tired, and never a thyroid test",
        _put("FSS", (FSS, 45, "{score}", VISIT)),
        {"fatigue-assess": "info: Fatigue (FSS 45)"},
    ),
    ("a little tired", _put("FSS", (FSS, 35, "{score}", VISIT)), {}),
    (
        "suicidal thoughts on the problem list",
        say("condition suicidal-ideation, 5 days ago"),
        {"suicide-risk": "critical: Suicidal ideation recorded 10 Mar 2026"},
    ),
    (
        "four points lost in three months",
        _scores(("2025-11-21", BEFORE), (VISIT, LOSS)),
        {"alsfrs-fast-progression": "info: Fast decline: ALSFRS-R 42 to 38 in 3.0 months"},
    ),
    (
        "four points gained",
        _scores(("2025-11-21", (4, 4, 4, 3, 3, 3, 3, 3, 1, 4, 4, 3)), (VISIT, (4,) * 9 + (3,) * 3)),
        {"alsfrs-data-quality": "info: ALSFRS-R rose from 39 to 45"},
    ),
    (
        "item 12 of two without ventilation",
        _scores((VISIT, (*FULL[:11], 2))),
        {"alsfrs-data-quality": "info: ALSFRS-R item 12 = 2, but no ventilation is recorded"},
    ),
]


@pytest.mark.parametrize(("change", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_one_finding_in_a_typical_chart(change: Change, expected: dict[str, str]) -> None:
    said = _advice(change(base_patient()))
    assert said.keys() == expected.keys()
    assert all(said[rule].startswith(words) for rule, words in expected.items())


def test_a_total_that_is_not_the_sum_is_not_used() -> None:
    def change(chart: Chart) -> Chart:
        items = [r for r in alsfrs(VISIT, FULL) if "82953-1" not in str(r.get("code"))]
        before = alsfrs("2025-11-21", BEFORE)
        wrong = measured(("loinc", "82953-1"), 38, "{score}", VISIT)
        return chart.put("ALSFRS-R", *before, *items, wrong)

    said = _advice(change(base_patient()))
    assert said == {
        "alsfrs-data-quality": "info: ALSFRS-R 38 does not match items (41); check entry"
    }


def test_the_original_scale_is_not_taken_for_the_revised_one() -> None:
    def change(chart: Chart) -> Chart:
        original = measured((LOCAL, "alsfrs-original-total"), 36, "{score}", VISIT)
        return chart.put("ALSFRS-R", *alsfrs("2025-11-21", BEFORE), original)

    said = _advice(change(base_patient()))
    assert said.keys() == {"alsfrs-data-quality", "alsfrs-due"}
    assert said["alsfrs-due"] == "info: ALSFRS-R due: last 42/48 on 21 Nov 2025"


def test_a_drug_against_dementia_is_selected() -> None:
    said = _advice(base_patient(), "order-select", "135447")
    assert said.keys() == {"cognitive-drug-no-benefit"}


def test_magnetic_stimulation_is_selected_outside_and_inside_a_study() -> None:
    assert _advice(base_patient(), "order-select", "lab rtms").keys() == {"rtms-research-only"}
    inside = base_patient().say("study rtms")
    assert _advice(inside, "order-select", "lab rtms") == {}


def test_the_risk_of_suicide_is_never_put_off_and_shares_no_card() -> None:
    [rule] = [rule for rule in rules.load() if rule.id == "suicide-risk"]
    assert not rule.snoozed
    assert [r.id for r in rules.load() if r.group == rule.group] == ["suicide-risk"]
    assert [r.id for r in rules.load() if not r.snoozed] == ["suicide-risk"]
    assert base().overrides["already-assessed"].snooze_days == 0
