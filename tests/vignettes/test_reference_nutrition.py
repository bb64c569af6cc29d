"""A whole, typical chart with one finding changed: what becomes of nutrition and swallowing."""

import pytest

from cdshooks.rules.authoring import Recommend
from tests.support.advice import Change, advised, say, then
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
    return {rule: said for rule, said in advised(chart).items() if rule in NUTRITION}


def _weights(*values: tuple[float, str, str]) -> Change:
    found = [measured(CODES["weight"], value, unit, day) for value, unit, day in values]
    return lambda chart: chart.put("weight", *found)


def _eat10(value: int, day: str = VISIT) -> Change:
    return lambda chart: chart.put("EAT-10", measured(CODES["EAT-10"], value, "{score}", day))


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
        then(
            say("procedure gastrostomy, 90 days ago", "encounter dietitian-visit, 90 days ago"),
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
        then(_eat10(1, "2025-12-01"), _scores("2025-12-01")),
        {"dysphagia-screen-due": "info"},
    ),
    (
        "EAT-10 92 days ago",
        then(_eat10(1, "2025-12-13"), _scores("2025-12-01")),
        {},
    ),
    (
        "unsafe and lighter, PEG contraindicated",
        then(
            LIGHTER,
            _eat10(8),
            say("procedure gastrostomy-endoscopic not-done contraindicated, 10 days ago"),
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
        then(LIGHTER, _eat10(8), _fvc(60)),
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
