"""What cards on ventilation show as their evidence, and why their drafts are asked for."""

from datetime import date
from typing import Any

from tests.support.vignettes import Case, evaluate

Json = dict[str, Any]
TODAY = date(2026, 6, 1)
WEAK = {"FVC": "46 % sitting, 12 days ago", "SNIP": "38 cmH2O, 10 days ago"}
"""Two criteria for NIV of one level: C2 goes before C4."""


def _card(rule: str, hook: str, cells: dict[str, str]) -> Json:
    given = {"record": "ALS", "profile": "default, captures-all"}
    card = evaluate(Case(rule, "", TODAY, hook, given | cells)).card
    assert card is not None
    return card


def _shown(rule: str, hook: str = "patient-view", **cells: str) -> list[str]:
    """Label and value of each piece of evidence."""
    found = _card(rule, hook, cells)["extension"]["org.als-cdshooks"]["evidence"]
    return [f"{e['label']} {e['value']}" for e in found]


def _reasons(rule: str, hook: str = "patient-view", **cells: str) -> set[str]:
    """Why the drafts of a card are asked for, in words."""
    actions = [a for s in _card(rule, hook, cells)["suggestions"] for a in s["actions"]]
    drafts = [a["resource"] for a in actions if a["type"] == "create"]
    return {reason["text"] for draft in drafts for reason in draft.get("reasonCode", [])}


def test_the_first_criterion_is_the_reason_of_what_goes_before_pacing_and_cpap() -> None:
    first = {"FVC 46% sitting (20 May 2026)"}
    pacing = {"orders": "lab diaphragm-pacing"} | WEAK
    assert _reasons("diaphragm-pacing-harm", "order-sign", **pacing) == first
    assert _reasons("cpap-not-niv", "order-sign", orders="device cpap #1", **WEAK) == first


def test_a_capacity_that_meets_no_criterion_is_shown_at_cpap_where_nothing_else_is_met() -> None:
    reduced = {"orders": "device cpap #1", "FVC": "79 % sitting, 12 days ago"}
    night = "ALS + condition sleep-hypoventilation, 10 days ago"
    alone = _shown("cpap-not-niv", "order-sign", **reduced)
    beside = _shown("cpap-not-niv", "order-sign", record=night, **reduced)
    assert [text for text in alone if "FVC" in text] == ["FVC sitting 79"]
    assert not [text for text in beside if "FVC" in text]
    normal = _shown("cpap-not-niv", "order-sign", record=night, **reduced | {"FVC": "90 % sitting"})
    assert not [text for text in normal if "FVC" in text]
