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


def test_a_talk_about_tracheostomy_shows_everything_that_fails() -> None:
    record = (
        "ALS + device-use niv-device, 200 days ago + condition thick-secretions, 12 days ago"
        " + condition aspiration-pneumonia, 20 days ago"
        " + condition aspiration-pneumonia, 40 days ago"
    )
    cells = {"record": record, "NIV use": "20 h, 12 days ago", "item 3": "1, 12 days ago"}
    shown = _shown("tracheostomy-discuss", **cells)
    assert shown[0] == "NIV use 20"
    assert [text.split()[0] for text in shown[1:]] == ["Aspiration", "Aspiration", "Thick"]


def test_the_wish_is_asked_for_with_the_capacity_that_makes_it_urgent() -> None:
    weak = {"FVC": "46 % sitting, 12 days ago"}
    assert _shown("invasive-vent-preference", **weak) == ["FVC sitting 46"]
    since = "ALS + reported tiv-preference answer=pref-undecided, 500 days ago"
    on_niv = f"{since} + device-use niv-device, 50 days ago"
    assert len(_shown("invasive-vent-preference", record=on_niv)) == 2


def test_a_stoma_without_a_ventilator_is_shown_with_every_criterion() -> None:
    stoma = "ALS + procedure tracheostomy, 90 days ago"
    shown = _shown("tracheostomy-unventilated", record=stoma, **WEAK)
    assert [text.split()[0] for text in shown] == ["Tracheostomy", "FVC", "SNIP"]
    assert _reasons("tracheostomy-unventilated", record=stoma, **WEAK) == {
        "FVC 46% sitting (20 May 2026)"
    }


def test_a_mouthpiece_is_offered_for_everything_that_was_found() -> None:
    scores = {f"item {n}": "3, 12 days ago" for n in (1, 2, 3)}
    found = {"FVC": "29 % sitting, 12 days ago", "NIV use": "12 h, 12 days ago"}
    cells = {"record": "ALS + device-use niv-device, 200 days ago"} | scores | found
    assert _shown("mpv-consider", **cells) == ["FVC sitting 29", "NIV use 12"]
    assert _reasons("mpv-consider", **cells) == {"FVC 29% sitting (20 May 2026)"}


def test_everything_that_niv_leaves_unsolved_is_shown() -> None:
    record = (
        "ALS + device-use niv-device, 200 days ago + reported niv-large-leak, 12 days ago"
        " + condition morning-headache, 12 days ago"
    )
    night = {"T90": "12 % support, 12 days ago", "PaCO2": "50 mmHg, 12 days ago"}
    cells = {"record": record, "NIV use": "3 h, 12 days ago", "AHI": "12 /h, 12 days ago"}
    shown = [text.split()[0] for text in _shown("niv-optimise", **cells, **night)]
    assert shown == ["T90", "PaCO2", "NIV", "Large", "Residual", "Headache"]


def test_both_results_of_a_fall_are_shown() -> None:
    fall = {"SNIP": "90 cmH2O, 97 days ago + 79 cmH2O, 5 days ago"}
    assert _shown("resp-decline-fast", **fall) == ["SNIP 79", "SNIP 90"]
