"""A whole, typical chart with one finding changed: which rules on breathing tests then speak."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cdshooks.chart import as_prefetch
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.services import services
from cdshooks.services.answer import Site, answer, searches
from tests.support.base_patient import (
    CODES,
    FVC,
    SITTING,
    SNIP,
    VISIT,
    Chart,
    base_patient,
    measured,
    night,
)

NOW = datetime(2026, 3, 15, 10, tzinfo=UTC)
Change = Callable[[Chart], Chart]
RESPIRATORY = ("FVC", "FVC supine", "SNIP", "MIP", "MIP %", "MEP", "PCF", "SpO2", "oximetry")


def spoken(chart: Chart, profile: str = "default") -> dict[str, str]:
    """Each rule that speaks when the chart is opened, with the indicator of its card."""
    site = Site(
        base().profile(*profile.split(","), "captures-all"),
        UTC,
        "https://cds.example",
        full_prefetch=True,
    )
    [service] = [s for s in services() if s.hook == "patient-view"]
    prefetch = as_prefetch(searches("patient-view", site), chart.resources())
    context = Context(patient_id="anna", user_id="Practitioner/7")
    call = HookRequest(
        "patient-view", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", context, prefetch=prefetch
    )
    said = answer(service, call, site, NOW).body["cards"]
    return {
        rule: card["indicator"]
        for card in said
        for rule in card["extension"]["org.als-cdshooks"]["rules"]
    }


def sitting(*values: float) -> Change:
    """Vital capacity of the last visit instead of all that is on file, lying down too."""
    efforts = [measured(FVC, value, "%", VISIT, position=SITTING) for value in values]
    return lambda chart: chart.put("FVC", *efforts).remove("FVC supine")


def sniff(value: float, code: tuple[str, str] = SNIP, unit: str = "cm[H2O]") -> Change:
    return lambda chart: chart.put("SNIP", measured(code, value, unit, VISIT))


def last_tested(day: str, value: float = 90, *more: str) -> Change:
    """One panel of tests on a day, and no other."""

    def change(chart: Chart) -> Chart:
        chart.remove(*RESPIRATORY)
        chart.put("FVC", measured(FVC, value, "%", day, position=SITTING))
        chart.put("SNIP", measured(SNIP, 78, "cm[H2O]", day))
        chart.put("PCF", measured(CODES["PCF"], 420, "L/min", day))
        return chart.say(*more)

    return change


def only_vital_capacity(day: str, value: float) -> Change:
    return lambda chart: chart.remove(*RESPIRATORY).put(
        "FVC", measured(FVC, value, "%", day, position=SITTING)
    )


def without_cough_flow(chart: Chart) -> Chart:
    return chart.remove("PCF")


def watched(**values: float) -> Change:
    return lambda chart: chart.put("oximetry", *night("2026-03-05", **{"minutes": 0, **values}))


@pytest.mark.parametrize("profile", ["default", "seed-literal", "chest-2023", "canada-2020"])
def test_nothing_is_said_of_her(profile: str) -> None:
    assert spoken(base_patient(), profile) == {}


SPEAKS: list[tuple[str, Change, str, dict[str, str]]] = [
    ("half of predicted", sitting(50), "default", {"resp-watch": "info"}),
    ("rounding to half", sitting(49.95), "default", {"resp-watch": "info"}),
    ("two efforts, the better at half", sitting(47, 50), "default", {"resp-watch": "info"}),
    ("an impossible value", sitting(800), "default", {"dq-implausible-value": "info"}),
    ("SNIP of exactly 40", sniff(40), "default", {"resp-watch": "info"}),
    ("two efforts far apart", sitting(47, 58), "default", {"dq-conflict": "info"}),
    ("stale, 45 percent", only_vital_capacity("2025-07-15", 45), "default",
     {"pft-overdue": "warning"}),
    ("tested 93 days ago", last_tested("2025-12-12"), "default", {"pft-overdue": "info"}),
    ("tested 183 days ago", last_tested("2025-09-13"), "default", {"pft-overdue": "info"}),
    ("tested 184 days ago", last_tested("2025-09-12"), "default", {"pft-overdue": "warning"}),
    ("the same, with tests booked",
     last_tested("2025-09-12", 90, "appointment pft-panel, in 18 days"), "default",
     {"pft-overdue": "info"}),
    ("cough flow not measured", without_cough_flow, "default", {"pft-panel-incomplete": "info"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "profile", "expected"), SPEAKS)
def test_one_finding_makes_these_rules_speak(
    name: str, change: Change, profile: str, expected: dict[str, str]
) -> None:
    assert expected.items() <= spoken(change(base_patient()), profile).items(), name


SILENT: list[tuple[str, Change, str, set[str]]] = [
    ("just under half", sitting(49.9), "default", {"resp-watch"}),
    ("an impossible value", sitting(800), "default", {"niv-consider", "resp-watch"}),
    ("a negative pressure", sniff(-38), "default", {"dq-implausible-value"}),
    ("stale, 45 percent", only_vital_capacity("2025-07-15", 45), "default", {"niv-consider"}),
    ("tested 92 days ago", last_tested("2025-12-13"), "default", {"pft-overdue"}),
    ("93 days ago, by CHEST alone", last_tested("2025-12-12"), "seed-literal", {"pft-overdue"}),
    ("T90 of exactly 5 percent", watched(t90=5.0, recording=430), "default",
     {"niv-consider", "nocturnal-oximetry-due"}),
    ("a night on oxygen", watched(t90=12, recording=430, flow=2), "default", {"niv-consider"}),
    ("a night too short", watched(t90=12, minutes=6, recording=90), "default", {"niv-consider"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "profile", "forbidden"), SILENT)
def test_one_finding_leaves_these_rules_silent(
    name: str, change: Change, profile: str, forbidden: set[str]
) -> None:
    assert not forbidden & spoken(change(base_patient()), profile).keys(), name
