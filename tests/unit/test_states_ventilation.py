"""The ventilatory state: a table from the evidence in a chart to the state."""

from datetime import date
from typing import Any

import pytest

from cdshooks import engine
from cdshooks.rules.states.ventilation import HOME_ORDERS, Vent, niv_started, vent
from tests.support.vignettes import Case, view_of

TODAY = date(2026, 6, 1)
STATES = {
    "none": [
        "",
        "device cpap",
        "procedure niv, 20 to 10 days ago",
        "procedure niv inpatient, 20 days ago",
        "procedure niv stopped, 20 days ago",
        "procedure niv not-done, 20 days ago",
        "procedure niv not-done declined foreign, 20 days ago",
        "device niv-device inactive",
        "device niv-device entered-in-error",
        "device niv-device foreign",
        "device-use niv-device completed, 90 to 30 days ago",
        "device-use niv-device entered-in-error, 30 days ago",
        "device-use niv-device, 90 days ago + device-use niv-device stopped, 90 to 30 days ago",
        "device niv-device + device-use niv-device completed, 90 to 30 days ago",
        "device-order niv-device completed, 367 days ago",
        "device-order niv-device completed, undated",
        "device-order niv-device completed, 400 days ago + NIV use 0 h, 20 days ago",
        "device-order niv-device completed, 400 days ago + NIV use 6 h, 184 days ago",
        "device-order niv-device completed, 400 days ago + encounter niv-review, 184 days ago",
        "order niv completed, 20 days ago",
        "device-order niv-device on-hold, 20 days ago",
        "device-order niv-device revoked, 20 days ago",
        "device-order niv-device cancelled, 20 days ago",
        "device-order niv-device draft, 20 days ago",
        "device-order cpap, 20 days ago",
        "item 12: 4, 20 days ago",
        "item 12: 3, 184 days ago",
        "item 12: 0, 184 days ago",
        "refusal niv inactive, 20 days ago",
        "refusal tracheostomy, 20 days ago",
        "refusal niv, 60 days ago + permission niv, 20 days ago",
        "permission niv, 20 days ago",
        "condition ventilator-dependence resolved, 20 days ago",
        "condition niv-intolerance resolved, 20 days ago",
        "procedure tracheostomy not-done, 20 days ago",
        "procedure tracheostomy, 90 days ago + procedure tracheostomy-closure, 30 days ago",
        "procedure tracheostomy, 30 days ago + procedure tracheostomy-closure, 30 days ago",
        "procedure tracheostomy, undated + procedure tracheostomy-closure, 30 days ago",
        "procedure tracheostomy, 30 days ago + procedure tracheostomy-closure, undated",
        "condition tracheostomy #4, 90 days ago + procedure tracheostomy-closure, 30 days ago",
        "procedure intubation, 20 to 10 days ago",
    ],
    "niv-active": [
        "device niv-device",
        "device niv-device #1",
        "device-use niv-device, 60 days ago",
        "device-use niv-device #5, undated",
        "condition niv-dependence, 60 days ago",
        "condition ventilator-dependence, 60 days ago",
        "procedure niv in-progress, 60 days ago",
        "item 12: 1, 20 days ago",
        "item 12: 3, 183 days ago",
        "device-order niv-device completed, 366 days ago",
        "device-order niv-device completed, 400 days ago + NIV use 6 h, 183 days ago",
        "device-order niv-device completed, 400 days ago + NIV use 0.5 h, 20 days ago",
        "device-order niv-device completed, 400 days ago + encounter niv-review, 183 days ago",
        "device-order niv-device completed, undated + encounter niv-review, 20 days ago",
        "refusal niv, 60 days ago + device-use niv-device, 20 days ago",
        "refusal niv, 20 days ago + device-use niv-device, 20 days ago",
        "condition niv-intolerance, 60 days ago + device-use niv-device, 20 days ago",
        "device-use niv-device stopped intolerance, 90 to 60 days ago + item 12: 2, 20 days ago",
        "device-use niv-device stopped, 90 to 30 days ago + device-use niv-device, 20 days ago",
        "device-use niv-device, 90 days ago + procedure niv in-progress inpatient, 3 days ago",
        "device-use niv-device, 90 days ago + device-order niv-device, 3 days ago",
        "device niv-device + procedure niv in-progress inpatient, 3 days ago",
    ],
    "niv-inpatient": [
        "procedure niv in-progress inpatient, 3 days ago",
        "procedure niv in-progress, 3 days ago + encounter inpatient in-progress, 4 days ago",
        "procedure niv in-progress, 3 days ago + encounter inpatient #1 in-progress, 4 days ago",
        "refusal niv, 60 days ago + procedure niv in-progress inpatient, 3 days ago",
        "procedure niv in-progress inpatient, 3 days ago + "
        "device-order niv-device on-hold, 2 days ago",
        "device-use niv-device completed, 90 to 30 days ago + "
        "procedure niv in-progress inpatient, 3 days ago",
    ],
    "niv-failed": [
        "condition niv-intolerance, 60 days ago",
        "condition niv-intolerance, undated",
        "procedure niv stopped intolerance, 60 days ago",
        "procedure niv not-done intolerance, 60 days ago",
        "device-use niv-device stopped intolerance, 90 to 30 days ago",
        "device-use niv-device, 120 days ago + "
        "device-use niv-device stopped intolerance, 90 days ago",
        "device-use niv-device completed intolerance, 90 to 30 days ago",
        "device-use niv-device, 60 days ago + condition niv-intolerance, 20 days ago",
        "refusal niv, 60 days ago + condition niv-intolerance, 20 days ago",
        "condition niv-intolerance, 60 days ago + device-order niv-device, 20 days ago",
        "device niv-device + device-use niv-device stopped intolerance, 90 to 30 days ago",
    ],
    "niv-declined": [
        "refusal niv, 60 days ago",
        "refusal niv, 900 days ago",
        "refusal niv, undated",
        "refusal niv nested, 60 days ago",
        "refusal niv-device, 60 days ago",
        "procedure niv not-done declined, 60 days ago",
        "order niv revoked declined, 60 days ago",
        "device-order niv-device revoked declined, 60 days ago",
        "permission niv, 60 days ago + refusal niv, 20 days ago",
        "device-use niv-device, 60 days ago + refusal niv, 20 days ago",
        "condition niv-intolerance, 60 days ago + refusal niv, 20 days ago",
        "procedure niv in-progress inpatient, 30 days ago + refusal niv, 20 days ago",
        "refusal niv, 60 days ago + device-order niv-device, 20 days ago",
    ],
    "niv-ordered": [
        "device-order niv-device, 20 days ago",
        "device-order niv-device, 900 days ago",
        "device-order niv-device, undated",
        "order niv, 20 days ago",
        "device-use niv-device completed, 90 to 30 days ago + device-order niv-device, 20 days ago",
        "procedure niv in-progress inpatient, 3 days ago + device-order niv-device, 2 days ago",
    ],
    "intubated": [
        "procedure intubation in-progress, 1 day ago",
        "procedure intubation in-progress, 1 day ago + device niv-device",
        "procedure intubation in-progress, 1 day ago + refusal niv, 20 days ago",
    ],
    "trach-unventilated": [
        "procedure tracheostomy, 90 days ago",
        "procedure tracheostomy in-progress, 0 days ago",
        "condition tracheostomy #4, 90 days ago",
        "condition tracheostomy #4, undated",
        "procedure tracheostomy-closure, 90 days ago + procedure tracheostomy, 30 days ago",
        "procedure tracheostomy, 90 days ago + "
        "procedure tracheostomy-closure not-done, 30 days ago",
        "procedure tracheostomy, 90 days ago + device niv-device inactive",
    ],
    "invasive": [
        "procedure tracheostomy, 90 days ago + device invasive-ventilator",
        "procedure tracheostomy, 90 days ago + device-use niv-device, 60 days ago",
        "condition tracheostomy #4, 90 days ago + condition ventilator-dependence, 60 days ago",
        "condition tracheostomy #4, 90 days ago + device ventilator + refusal niv, 20 days ago",
        "procedure tracheostomy, 90 days ago + item 12: 0, 20 days ago",
        "item 12: 0, 20 days ago",
        "item 12: 0, 183 days ago",
        "item 12: 0, 20 days ago + device niv-device",
        "item 12: 0, 20 days ago + procedure intubation in-progress, 1 day ago",
    ],
}
ROWS = [(evidence, state) for state, rows in STATES.items() for evidence in rows]
NOTES = [
    ("procedure niv, 20 to 10 days ago", ("hospital NIV ended 2026-05-22, no home device",)),
    (
        "procedure niv, 90 to 80 days ago + procedure niv, 20 to 10 days ago",
        ("hospital NIV ended 2026-05-22, no home device",),
    ),
    ("procedure niv, 10 days ago", ("hospital NIV ended 2026-05-22, no home device",)),
    ("procedure niv stopped, 20 to 10 days ago", ()),
    ("device-order niv-device on-hold, 10 days ago", ("NIV order on hold since 22 May 2026",)),
    ("order niv on-hold, 10 days ago", ("NIV order on hold since 22 May 2026",)),
    ("device cpap", ("CPAP does not count as ventilation",)),
    ("condition ventilator-dependence, 9 days ago", ("interface not recorded",)),
    ("condition niv-dependence, 9 days ago", ()),
    ("device niv-device", ()),
    ("device niv-device + device cpap", ()),
]


def _asked(evidence: str, function: Any) -> Any:
    cells: dict[str, list[str]] = {"record": ["ALS"]}
    for phrase in filter(None, evidence.split(" + ")):
        if phrase.startswith("item 12: "):
            cells["item 12"] = [phrase.removeprefix("item 12: ")]
        elif phrase.startswith("NIV use "):
            cells["NIV use"] = [phrase.removeprefix("NIV use ")]
        else:
            cells["record"].append(phrase)
    written = {column: " + ".join(phrases) for column, phrases in cells.items()}
    case = Case("niv-consider", evidence, TODAY, "patient-view", written)
    return engine.state_of(function, view_of(case))


def _vent(evidence: str) -> Vent:
    state: Vent = _asked(evidence, vent)
    return state


@pytest.mark.parametrize(("evidence", "state"), ROWS, ids=[f"{s}: {e}" for e, s in ROWS])
def test_evidence_gives_the_state(evidence: str, state: str) -> None:
    assert _vent(evidence).state == state


@pytest.mark.parametrize(("evidence", "notes"), NOTES, ids=[e for e, _ in NOTES])
def test_a_card_about_niv_is_told_what_it_must_not_hide(
    evidence: str, notes: tuple[str, ...]
) -> None:
    assert _vent(evidence).notes == notes


@pytest.mark.parametrize(
    ("name", "told"), [("BiPAP", True), ("CPAP", False), ("Power wheelchair", False)]
)
def test_a_device_that_only_a_name_calls_one_for_niv_is_told_and_decides_nothing(
    name: str, told: bool
) -> None:
    view = view_of(Case("niv-consider", "", TODAY, "patient-view", {"record": "ALS"}))
    device = {"resourceType": "Device", "id": "d", "status": "active", "type": {"text": name}}
    view.index.add(device | {"patient": {"reference": f"Patient/{view.context.patient_id}"}})
    state = engine.state_of(vent, view)
    assert state.state == "none"
    note = "a device that may be for NIV is on record: check whether NIV is in use"
    assert state.notes == (note,) * told


def test_the_state_names_its_evidence_and_the_day_since_when_it_holds() -> None:
    state = _vent("refusal niv, 60 days ago + device-use niv-device, 20 days ago")
    assert state.since == date(2026, 5, 12)
    assert state.evidence.type == "DeviceUseStatement"


@pytest.mark.parametrize(
    ("evidence", "since"),
    [
        ("device-order niv-device, 5 days ago", date(2026, 5, 27)),
        ("procedure intubation in-progress, 2 days ago", date(2026, 5, 30)),
        ("procedure tracheostomy, 90 days ago", date(2026, 3, 3)),
        (
            "procedure tracheostomy, 90 days ago + condition tracheostomy #4, 20 days ago",
            date(2026, 5, 12),
        ),
        ("item 12: 0, 20 days ago", date(2026, 5, 12)),
        ("item 12: 2, 20 days ago", date(2026, 5, 12)),
        ("device niv-device", None),
        ("procedure niv in-progress inpatient, 3 days ago", date(2026, 5, 29)),
        ("device-use niv-device stopped intolerance, 90 to 30 days ago", date(2026, 5, 2)),
    ],
)
def test_the_day_is_that_of_the_evidence(evidence: str, since: date | None) -> None:
    state = _vent(evidence)
    assert state.since == since
    assert state.evidence is not None


def test_a_draft_for_a_device_in_the_same_call_counts_as_ordered() -> None:
    assert HOME_ORDERS == ("DeviceRequest", "ServiceRequest")
    cells = {"record": "ALS", "orders": "lab niv"}
    case = Case("niv-consider", "drafted", TODAY, "patient-view", cells)
    assert engine.state_of(vent, view_of(case)).state == "niv-ordered"


@pytest.mark.parametrize(("score", "says_so"), [(0, False), (1, True), (3, True), (4, False)])
def test_only_a_score_between_the_ends_tells_of_niv(score: int, says_so: bool) -> None:
    assert bool(_asked(f"item 12: {score}, 20 days ago", niv_started)) is says_so
