"""A whole, typical chart with one finding changed: what becomes of planning and comfort."""

import pytest

from tests.support.advice import Change, advised, rules_of, say, told
from tests.support.base_patient import FVC, SITTING, VISIT, Chart, alsfrs, base_patient, measured

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
OWN = rules_of(*MODULES)
ADMITTED = "encounter inpatient this, today"
HOME = ("encounter inpatient this to=home, 5 days ago", "appointment als-clinic, in 21 days")
HOSPICE = ("encounter hospice in-progress, 10 days ago", "order hospice, 10 days ago")


def _advice(chart: Chart, hook: str) -> dict[str, str]:
    """What the rules of these modules advise: level and summary by rule."""
    return told(advised(chart, hook), OWN)


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
        say(ADMITTED),
        {"acute-care-goals-check": "info: ALS: no code status; NIV no; invasive ventilation wish"},
    ),
    (
        "going home, cough assistance not delivered",
        "encounter-discharge",
        say(*HOME, "device-order cough-assist, 10 days ago"),
        {"home-support-discharge": "info: Before discharge: MI-E not delivered"},
    ),
    (
        "going home, NIV not delivered",
        "encounter-discharge",
        say(*HOME, "device-order home-niv #1, 10 days ago"),
        {"home-support-discharge": "warning: Before discharge: NIV not delivered"},
    ),
    (
        "going home, all delivered",
        "encounter-discharge",
        say(*HOME, "device-order cough-assist completed, 10 days ago", "device cough-assist"),
        {},
    ),
    (
        "hospice, secretions",
        "patient-view",
        say(*HOSPICE, "condition troublesome-secretions, 3 days ago"),
        {
            "eol-anticipatory-prescribing": KIT,
            "eol-secretions": "info: Troublesome secretions at end of life",
        },
    ),
    (
        "hospice, secretions, glycopyrronium given",
        "patient-view",
        say(
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
        say("device niv-device", "task ventilation-stop-request requested, 3 days ago"),
        {"niv-withdrawal-plan": "warning: Request to stop ventilation recorded 12 Mar 2026"},
    ),
    (
        "took that back",
        "patient-view",
        say("device niv-device", "task ventilation-stop-request cancelled, 3 days ago"),
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
