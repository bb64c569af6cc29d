"""A whole, typical chart with one finding changed: what becomes of planning and comfort."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cdshooks import rules
from cdshooks.chart import as_prefetch
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Recommend
from cdshooks.services.answer import Site, answer, searches
from cdshooks.services.service import Service
from tests.support.base_patient import FVC, SITTING, VISIT, Chart, alsfrs, base_patient, measured
from tests.support.resources import THIS

NOW = datetime(2026, 3, 15, 10, tzinfo=UTC)
MODULES = (
    *("end_of_life", "end_of_life_care", "anticipatory", "niv_withdrawal", "palliative"),
    *(
        "planning",
        "acute_goals",
        "going_home",
        "carers",
        "hospice_us",
        "bedside_communication",
        "bereavement",
    ),
)
OWN = {rule.id for rule in rules.load() if rule.function.__module__.rpartition(".")[2] in MODULES}
Change = Callable[[Chart], Chart]
ADMITTED = "encounter inpatient this, today"
HOME = ("encounter inpatient this to=home, 5 days ago", "appointment als-clinic, in 21 days")
HOSPICE = ("encounter hospice in-progress, 10 days ago", "order hospice, 10 days ago")


def _advice(chart: Chart, hook: str, profile: str = "default") -> dict[str, str]:
    """What the rules of these modules advise: level and summary by rule."""
    knowledge = base().profile(profile, "captures-all")
    site = Site(knowledge, UTC, "https://x", full_prefetch=True)
    resources = chart.resources()
    here = next((r["id"] for r in resources if r["id"] == THIS), None)
    prefetch = as_prefetch(searches(hook, site), resources, here)
    context = Context(patient_id="anna", user_id="Practitioner/7", encounter_id=here)
    request = HookRequest(hook, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", context, prefetch=prefetch)
    said = answer(Service("any", hook, "1.0", "", ""), request, site, NOW)
    assert [f.error for f in said.findings if f.error] == []
    return {
        f.rule.id: f"{f.outcome.indicator}: {f.outcome.summary}"
        for f in said.findings
        if f.rule.id in OWN and isinstance(f.outcome, Recommend)
    }


def _say(*phrases: str) -> Change:
    return lambda chart: chart.say(*phrases)


def _capacity(value: float) -> Change:
    return lambda chart: chart.remove("FVC supine").put(
        "FVC", measured(FVC, value, "%", VISIT, position=SITTING)
    )


def _speech(score: int, *phrases: str) -> Change:
    def change(chart: Chart) -> Chart:
        chart.remove("earlier ALSFRS-R")
        scores = (score, 4, 4, 3, 3, 3, 3, 3, 2, 4, 4, 4)
        return chart.put("ALSFRS-R", *alsfrs(VISIT, scores)).say(*phrases)

    return change


def _lost(points: int) -> Change:
    """So many points of the ALSFRS-R lost since the visit before, three months ago."""

    def change(chart: Chart) -> Chart:
        chart.remove("earlier ALSFRS-R")
        before = measured(("loinc", "82953-1"), 41 + points, "{score}", "2025-12-10")
        scores = (4, 4, 4, 3, 3, 3, 3, 3, 2, 4, 4, 4)
        return chart.put("ALSFRS-R", before, *alsfrs(VISIT, scores))

    return change


KIT = "info: Anticipatory medicines missing: opioid, benzodiazepine, drying drug"
GIVEN = "info: Anticipatory medicines missing"

CASES: list[tuple[str, str, Change, dict[str, str]]] = [
    ("a quiet chart", "patient-view", lambda chart: chart, {}),
    ("capacity of 50", "patient-view", _capacity(50), {}),
    (
        "capacity of 49.9",
        "patient-view",
        _capacity(49.9),
        {"goals-recheck": "info: FVC 49.9% on 20 Feb 2026: revisit goals of care"},
    ),
    ("four points lost", "patient-view", _lost(4), {}),
    (
        "six points lost",
        "patient-view",
        _lost(6),
        {"goals-recheck": "info: ALSFRS-R 47 to 41 on 20 Feb 2026: revisit"},
    ),
    (
        "admitted",
        "encounter-start",
        _say(ADMITTED),
        {"acute-care-goals-check": "info: ALS: no code status; NIV no; invasive ventilation wish"},
    ),
    (
        "going home, cough assistance not delivered",
        "encounter-discharge",
        _say(*HOME, "device-order cough-assist, 10 days ago"),
        {"home-support-discharge": "info: Before discharge: MI-E not delivered"},
    ),
    (
        "going home, NIV not delivered",
        "encounter-discharge",
        _say(*HOME, "device-order home-niv #1, 10 days ago"),
        {"home-support-discharge": "warning: Before discharge: NIV not delivered"},
    ),
    (
        "going home, all delivered",
        "encounter-discharge",
        _say(*HOME, "device-order cough-assist completed, 10 days ago", "device cough-assist"),
        {},
    ),
    (
        "hospice, secretions",
        "patient-view",
        _say(*HOSPICE, "condition troublesome-secretions, 3 days ago"),
        {
            "eol-anticipatory-prescribing": KIT,
            "eol-secretions": "info: Troublesome secretions at end of life",
        },
    ),
    (
        "hospice, secretions, glycopyrronium given",
        "patient-view",
        _say(
            *HOSPICE, "condition troublesome-secretions, 3 days ago", "prescription 4955 prn, today"
        ),
        {"eol-anticipatory-prescribing": GIVEN},
    ),
    (
        "hospice, speech of one",
        "patient-view",
        _speech(1, *HOSPICE),
        {
            "eol-anticipatory-prescribing": KIT,
            "eol-communication": "info: No communication method on record",
        },
    ),
    (
        "hospice, speech of one, an aid in use",
        "patient-view",
        _speech(1, *HOSPICE, "device communication-aid"),
        {"eol-anticipatory-prescribing": KIT},
    ),
    (
        "asks to stop ventilation",
        "patient-view",
        _say("device niv-device", "task ventilation-stop-request requested, 3 days ago"),
        {"niv-withdrawal-plan": "warning: Request to stop ventilation recorded 12 Mar 2026"},
    ),
    (
        "took that back",
        "patient-view",
        _say("device niv-device", "task ventilation-stop-request cancelled, 3 days ago"),
        {},
    ),
]


@pytest.mark.parametrize(
    ("hook", "change", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_one_finding_in_a_typical_chart(
    hook: str, change: Change, expected: dict[str, str]
) -> None:
    said = _advice(change(base_patient()), hook)
    assert said.keys() == expected.keys()
    assert all(said[rule].startswith(words) for rule, words in expected.items())


def test_acute_failure_in_hospice_asks_for_relief_of_breathlessness() -> None:
    chart = base_patient().say(*HOSPICE, ADMITTED)
    chart.put("pH", measured(("loinc", "2744-1"), 7.31, "[pH]", "2026-03-15"))
    chart.put("PaCO2", measured(("loinc", "2019-8"), 68, "mm[Hg]", "2026-03-15"))
    said = _advice(chart, "encounter-start")
    assert said["eol-breathlessness"].startswith("warning: Breathlessness at end of life")
