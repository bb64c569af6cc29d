"""A whole, typical chart with one finding changed: what becomes of the advice on ventilation."""

import pytest

from cdshooks.rules.authoring import Recommend
from tests.support.advice import Change, advised, gas, say, then
from tests.support.base_patient import FVC, SITTING, VISIT, Chart, base_patient, measured

CARE = (
    *("resp-decline-fast", "psg-consider", "niv-consider", "niv-declined-revisit"),
    *("niv-coverage-check-us", "cpap-not-niv", "niv-start-followup", "niv-optimise"),
    *("niv-intolerance", "mpv-consider", "tracheostomy-discuss", "invasive-vent-preference"),
    *("tracheostomy-order-check", "tracheostomy-unventilated", "diaphragm-pacing-harm"),
    *("airway-clearance", "oxygen-without-niv", "resp-acute-decompensation"),
)


def _advice(
    chart: Chart, hook: str = "patient-view", *drafts: str, profile: str = "default"
) -> dict[str, Recommend]:
    """What the rules on ventilation advise, by rule."""
    found = advised(chart, hook, *drafts, profile=f"{profile} captures-all")
    return {rule: said for rule, said in found.items() if rule in CARE}


def levels(chart: Chart, hook: str = "patient-view", *drafts: str) -> dict[str, str]:
    found = _advice(chart, hook, *drafts)
    return {rule: outcome.indicator for rule, outcome in found.items()}


def _fvc(value: float, before: float | None = None) -> Change:
    """Vital capacity of the last visit, and of a day before a refusal."""

    def change(chart: Chart) -> Chart:
        chart.put("FVC", measured(FVC, value, "%", VISIT, position=SITTING)).remove("FVC supine")
        if before is not None:
            chart.add("FVC", measured(FVC, before, "%", "2025-12-20", position=SITTING))
        return chart

    return change


def _pcf(value: float, unit: str) -> Change:
    code = ("als-cds", "peak-cough-flow")
    return lambda chart: chart.put("PCF", measured(code, value, unit, VISIT))


def _no_wish(chart: Chart) -> Chart:
    """Her wish about invasive ventilation taken out; the talk about her goals stays."""
    kept = [r for r in chart.facts["planning"] if r["resourceType"] != "Observation"]
    return chart.put("planning", *kept)


CASES: list[tuple[str, Change, dict[str, str]]] = [
    ("a quiet chart", lambda chart: chart, {}),
    ("NIV ordered ten days ago", then(_fvc(44), say("device-order niv-device, 10 days ago")), {}),
    (
        "NIV ordered 33 days ago, not delivered",
        then(_fvc(44), say("device-order niv-device, 33 days ago")),
        {"niv-start-followup": "warning"},
    ),
    ("declined 64 days ago", then(_fvc(46, 47), say("refusal niv, 64 days ago")), {}),
    (
        "declined 207 days ago",
        then(_fvc(46), say("refusal niv, 207 days ago")),
        {"niv-declined-revisit": "info"},
    ),
    (
        "declined, carbon dioxide rises",
        then(_fvc(46, 47), gas(48, "2026-03-10"), say("refusal niv, 64 days ago")),
        {"niv-declined-revisit": "info"},
    ),
    (
        "declined, capacity falls by eleven",
        then(_fvc(36, 47), say("refusal niv, 64 days ago")),
        {"niv-declined-revisit": "info", "resp-decline-fast": "info"},
    ),
    ("cough flow of 269", _pcf(269, "L/min"), {"airway-clearance": "warning"}),
    ("cough flow of 270", _pcf(270, "L/min"), {}),
    ("cough flow in litres a second", _pcf(4.4, "L/s"), {"airway-clearance": "warning"}),
    ("cough flow in the wrong unit", _pcf(4.4, "L/min"), {}),
    ("cough flow of 155", _pcf(155, "L/min"), {"airway-clearance": "warning"}),
    (
        "no wish recorded, weak",
        then(_no_wish, _fvc(48)),
        {"niv-consider": "warning", "invasive-vent-preference": "warning"},
    ),
    ("no wish recorded", _no_wish, {"invasive-vent-preference": "info"}),
]


@pytest.mark.parametrize(("change", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_one_finding_in_a_whole_chart(change: Change, expected: dict[str, str]) -> None:
    assert levels(change(base_patient())) == expected


def test_a_draft_of_the_call_is_neither_late_nor_followed_up() -> None:
    assert levels(_fvc(44)(base_patient()), "patient-view", "device niv-device") == {}


def test_acidosis_on_admission_is_critical_and_asks_for_niv() -> None:
    chart = gas(68, "2026-03-15", 7.31)(base_patient())
    both = {"resp-acute-decompensation": "critical", "niv-consider": "critical"}
    assert levels(chart, "encounter-start") == both


def test_where_niv_was_declined_it_points_to_the_comfort_pathway() -> None:
    chart = gas(68, "2026-03-15", 7.31)(base_patient()).say("refusal niv, 64 days ago")
    found = _advice(chart, "encounter-start")
    assert list(found) == ["resp-acute-decompensation"]
    assert found["resp-acute-decompensation"].indicator == "critical"
    assert "comfort pathway" in found["resp-acute-decompensation"].summary


def test_oxygen_with_high_carbon_dioxide_stays_a_warning_beside_pneumonia() -> None:
    chart = gas(54, "2026-03-01")(base_patient())
    assert levels(chart, "order-select", "lab oxygen #1") == {"oxygen-without-niv": "warning"}
    chart.say("condition acute-lung-illness, 3 days ago")
    assert levels(chart, "order-select", "lab oxygen #1") == {"oxygen-without-niv": "warning"}


def test_orders_of_devices_are_judged_in_a_quiet_chart() -> None:
    assert levels(base_patient(), "order-sign", "device cpap") == {}
    assert levels(base_patient(), "order-sign", "lab tracheostomy #1") == {
        "tracheostomy-order-check": "warning"
    }
    assert levels(base_patient(), "order-select", "lab diaphragm-pacing") == {
        "diaphragm-pacing-harm": "warning"
    }


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("default", []),
        ("nice-uk", []),
        ("canada-2020", []),
        ("seed-literal", []),
        ("chest-2023", []),
        ("us-medicare-overlay", ["niv-coverage-check-us"]),
    ],
)
def test_only_in_the_united_states_is_coverage_told(profile: str, expected: list[str]) -> None:
    found = _advice(base_patient(), "order-sign", "device niv-device #3", profile=profile)
    assert list(found) == expected


@pytest.mark.parametrize(
    ("profile", "vc", "level"),
    [
        ("default", 62, None),
        ("canada-2020", 62, "warning"),
        ("canada-2020", 65, None),
        ("seed-literal", 79, "info"),
        ("seed-literal", 80, None),
        ("chest-2023", 62, None),
        ("nice-uk", 62, None),
        ("us-medicare-overlay", 49, "warning"),
    ],
)
def test_a_profile_moves_the_limit_for_niv(profile: str, vc: float, level: str | None) -> None:
    found = _advice(_fvc(vc)(base_patient()), profile=profile).get("niv-consider")
    assert (found.indicator if found else None) == level
