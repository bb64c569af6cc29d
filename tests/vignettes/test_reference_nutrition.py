"""A whole, typical chart with one finding changed: what becomes of nutrition and swallowing."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cdshooks.chart import as_prefetch
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Recommend
from cdshooks.services.answer import Site, answer, searches
from cdshooks.services.service import Service
from tests.support.base_patient import (
    CODES,
    FVC,
    ITEM_SCORES,
    LOCAL,
    LOINC,
    SITTING,
    VISIT,
    Chart,
    alsfrs,
    base_patient,
    measured,
)

NOW = datetime(2026, 3, 15, 10, tzinfo=UTC)
Change = Callable[[Chart], Chart]
NUTRITION = {
    "nutrition-assessment-due",
    "weight-loss-significant",
    "low-bmi",
    "body-composition",
    "dysphagia-screen-due",
    "swallow-instrumental-study",
    "texture-modification",
    "chin-tuck",
    "meal-fractionation",
    "oral-nutritional-supplement",
    "gastrostomy-discuss-early",
    "gastrostomy-refer",
    "alternative-feeding-route",
    "gastrostomy-followup",
    "dq-conflict",
}


def _advice(chart: Chart) -> dict[str, Recommend]:
    """What these rules advise, by rule."""
    knowledge = base().profile("default", "captures-all")
    site = Site(knowledge, UTC, "https://cds.example", full_prefetch=True)
    prefetch = as_prefetch(searches("patient-view", site), chart.resources())
    context = Context(patient_id="anna", user_id="Practitioner/7")
    id = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    request = HookRequest("patient-view", id, context, prefetch=prefetch)
    said = answer(Service("any", "patient-view", "1.0", "", ""), request, site, NOW)
    assert [f.error for f in said.findings if f.error] == []
    return {
        f.rule.id: f.outcome
        for f in said.findings
        if f.rule.id in NUTRITION and isinstance(f.outcome, Recommend)
    }


def _weights(*values: tuple[float, str, str]) -> Change:
    found = [measured(CODES["weight"], value, unit, day) for value, unit, day in values]
    return lambda chart: chart.put("weight", *found)


def _eat10(value: int, day: str = VISIT) -> Change:
    return lambda chart: chart.put("EAT-10", measured(CODES["EAT-10"], value, "{score}", day))


def _say(*phrases: str) -> Change:
    return lambda chart: chart.say(*phrases)


def _fvc(value: float) -> Change:
    def change(chart: Chart) -> Chart:
        made = measured(FVC, value, "%", VISIT, position=SITTING)
        return chart.put("FVC", made).remove("FVC supine")

    return change


def _scores(day: str, **items: int) -> Change:
    """ALSFRS-R of a day with some items changed, and no earlier one."""

    def change(chart: Chart) -> Chart:
        scores = list(ITEM_SCORES)
        for name, value in items.items():
            scores[int(name[4:]) - 1] = value
        return chart.put("ALSFRS-R", *alsfrs(day, tuple(scores))).remove("earlier ALSFRS-R")

    return change


def _with_tube(chart: Chart) -> Chart:
    """A tube since December, twelve percent of weight gone, the item of a gastrostomy."""
    for found in chart.facts["ALSFRS-R"]:
        for coding in found["code"]["coding"]:
            if coding["code"] == "82944-0":
                coding["code"] = "82945-7"
    return chart


def _all(*changes: Change) -> Change:
    def change(chart: Chart) -> Chart:
        for one in changes:
            chart = one(chart)
        return chart

    return change


LIGHTER = _weights((68.0, "kg", "2025-07-01"), (64.5, "kg", VISIT))
CASES: list[tuple[str, Change, dict[str, str]]] = [
    ("nothing changed", lambda chart: chart, {}),
    ("vital capacity of 50", _fvc(50), {"gastrostomy-discuss-early": "info"}),
    ("vital capacity of 92", _fvc(92), {}),
    (
        "pounds sent as kilograms",
        _weights(
            (68.0, "kg", "2025-07-01"),
            (67.6, "kg", "2025-10-10"),
            (149.0, "kg", "2026-01-05"),
            (67.3, "kg", VISIT),
        ),
        {"dq-conflict": "info"},
    ),
    (
        "pounds sent as pounds",
        _weights((68.0, "kg", "2025-07-01"), (67.6, "kg", "2025-10-10"), (148.0, "[lb_av]", VISIT)),
        {},
    ),
    (
        "a tube and weight still falling",
        _all(
            _say("procedure gastrostomy, 90 days ago", "encounter dietitian-visit, 90 days ago"),
            _weights((68.0, "kg", "2025-07-01"), (62.0, "kg", "2025-12-15"), (58.0, "kg", VISIT)),
            _with_tube,
        ),
        {"weight-loss-significant": "warning", "gastrostomy-followup": "warning"},
    ),
    (
        "BMI of 18.4",
        _weights((50.0, "kg", VISIT)),
        {"low-bmi": "warning", "oral-nutritional-supplement": "info"},
    ),
    ("BMI of 18.5", _weights((50.4, "kg", VISIT)), {}),
    (
        "last looked at swallowing in November",
        _all(_eat10(1, "2025-12-01"), _scores("2025-12-01")),
        {"dysphagia-screen-due": "info"},
    ),
    (
        "EAT-10 92 days ago",
        _all(_eat10(1, "2025-12-13"), _scores("2025-12-01")),
        {},
    ),
    (
        "unsafe and lighter, PEG contraindicated",
        _all(
            LIGHTER,
            _eat10(8),
            _say("procedure gastrostomy-endoscopic not-done contraindicated, 10 days ago"),
        ),
        {
            "weight-loss-significant": "info",
            "oral-nutritional-supplement": "info",
            "swallow-instrumental-study": "warning",
            "texture-modification": "warning",
            "chin-tuck": "info",
            "alternative-feeding-route": "warning",
        },
    ),
    (
        "unsafe and lighter, nothing against a PEG",
        _all(LIGHTER, _eat10(8), _fvc(60)),
        {
            "weight-loss-significant": "info",
            "oral-nutritional-supplement": "info",
            "swallow-instrumental-study": "warning",
            "texture-modification": "warning",
            "chin-tuck": "info",
            "gastrostomy-refer": "warning",
        },
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_one_finding_in_a_whole_chart(change: Change, expected: dict[str, str]) -> None:
    advice = _advice(change(base_patient()))
    found = {rule: outcome.indicator for rule, outcome in advice.items()}
    assert found == expected


def test_a_tube_and_its_weights_are_told_as_they_were() -> None:
    change = next(case[1] for case in CASES if case[0].startswith("a tube"))
    advice = _advice(change(base_patient()))
    assert advice["weight-loss-significant"].summary.startswith("Weight loss 14.7%")
    assert "Fed by tube: increase the feed." in advice["weight-loss-significant"].because
    assert "Weight loss 6.5% since placement" in advice["gastrostomy-followup"].because[0]


def test_no_order_for_a_venous_catheter_is_offered() -> None:
    change = next(case[1] for case in CASES if "contraindicated" in case[0])
    advice = _advice(change(base_patient()))["alternative-feeding-route"]
    assert advice.summary.startswith("PEG unsuitable (contraindicated)")
    offers = [getattr(offer, "draft", "") for offer in advice.offers]
    assert offers == ["nutrition-support-team", "radiology-referral"]


def test_her_weights_and_scores_are_coded_as_these_rules_read_them() -> None:
    assert CODES["weight"] == (LOINC, "29463-7")
    assert CODES["EAT-10"] == (LOCAL, "eat10")
