"""A whole, typical chart with one finding changed: what becomes of the advice on NIV."""

import pytest

from cdshooks.rules.authoring import Recommend
from tests.support.advice import Change, advised, gas, say, then
from tests.support.base_patient import (
    FVC,
    NIGHT,
    SITTING,
    SNIP,
    VISIT,
    Chart,
    base_patient,
    measured,
    night,
)


def _advice(
    chart: Chart, hook: str = "patient-view", *drafts: str, profile: str = "default"
) -> Recommend | None:
    """What ``niv-consider`` advises, if anything."""
    return advised(chart, hook, *drafts, profile=f"{profile} captures-all").get("niv-consider")


def _fvc(*values: float) -> Change:
    """Vital capacity of the last visit, sitting, instead of every older one, supine too."""

    def change(chart: Chart) -> Chart:
        efforts = [measured(FVC, value, "%", VISIT, position=SITTING) for value in values]
        return chart.put("FVC", *efforts).remove("FVC supine")

    return change


def _night(**values: float) -> Change:
    return lambda chart: chart.put("oximetry", *night("2026-03-05", **{"minutes": 0, **values}))


def _snip(value: float, unit: str) -> Change:
    return lambda chart: chart.put("SNIP", measured(SNIP, value, unit, VISIT))


def _snip_percent(chart: Chart) -> Chart:
    return chart.put("SNIP", measured(("als-cds", "snip-pct"), 38, "%", VISIT))


def _nothing(chart: Chart) -> Chart:
    return chart


CASES: list[tuple[str, Change, str, str, str]] = [
    # what is changed, the change, profile, level or nothing, what the card says
    ("a quiet chart", _nothing, "default", "", ""),
    ("vital capacity of 50", _fvc(50.0), "default", "", ""),
    ("vital capacity of 49.9", _fvc(49.9), "default", "warning", "C2: FVC 49.9% sitting"),
    ("vital capacity of 49.95", _fvc(49.95), "default", "", ""),
    ("78, overviews to the letter", _fvc(78), "seed-literal", "info", "C10: FVC 78%"),
    ("62 in Canada", _fvc(62), "canada-2020", "warning", "C2: FVC 62%"),
    ("a nonsense vital capacity", _fvc(800), "default", "", ""),
    ("SNIP of -38", _snip(-38, "cm[H2O]"), "default", "warning", "C4: SNIP 38 cmH2O"),
    ("SNIP of 3.7 kPa", _snip(3.7, "kPa"), "default", "warning", "C4: SNIP 37.7 cmH2O"),
    ("SNIP of 40", _snip(40, "cm[H2O]"), "default", "", ""),
    ("SNIP of 38 % only", _snip_percent, "default", "info", "C4b: SNIP 38%"),
    ("T90 of 5.0 %", _night(t90=5.0, recording=430), "default", "", ""),
    ("T90 of 5.1 %", _night(t90=5.1, recording=430), "default", "warning", "C6: T90 5.1%"),
    (
        "5 minutes at 88 %",
        _night(t90=1.5, minutes=5, recording=430),
        "default",
        "warning",
        "C6: Time at or below 88% 5 min",
    ),
    ("a night too short", _night(t90=12, minutes=6, recording=90), "default", "", ""),
    ("a night on oxygen", _night(t90=12, recording=430, flow=2), "default", "", ""),
    ("47 and 58 of one day", _fvc(47, 58), "default", "info", "Conflicting values"),
    ("47 and 50 of one day", _fvc(47, 50), "default", "", ""),
    ("41 and 48 of one day", _fvc(41, 48), "default", "warning", "FVC 48%"),
    (
        "a low value that is too old",
        lambda chart: chart.put(
            "FVC", measured(FVC, 45, "%", "2025-07-15", position=SITTING)
        ).remove("FVC supine", "SNIP", "MIP", "MIP %", "oximetry"),
        "default",
        "",
        "",
    ),
    (
        "a request entered in error",
        then(_fvc(44), say("device-order niv-device entered-in-error, 10 days ago")),
        "default",
        "warning",
        "C2",
    ),
    (
        "a request revoked",
        then(_fvc(44), say("device-order niv-device revoked, 10 days ago")),
        "default",
        "warning",
        "C2",
    ),
    (
        "a request ten days old",
        then(_fvc(44), say("device-order niv-device, 10 days ago")),
        "default",
        "",
        "",
    ),
    (
        "a request not delivered",
        then(_fvc(44), say("device-order niv-device, 33 days ago")),
        "default",
        "",
        "",
    ),
    (
        "hospital NIV that is over",
        then(say("procedure niv, 25 to 19 days ago"), gas(49, "2026-02-23")),
        "default",
        "warning",
        "Hospital NIV ended 2026-02-24, no home device",
    ),
    (
        "declined lately",
        then(_fvc(46), say("refusal niv, 64 days ago")),
        "default",
        "",
        "",
    ),
    (
        "declined long ago",
        then(_fvc(46), say("refusal niv, 207 days ago")),
        "default",
        "",
        "",
    ),
    (
        "declined, and carbon dioxide rises",
        then(gas(48, "2026-03-10"), say("refusal niv, 64 days ago")),
        "default",
        "",
        "",
    ),
    (
        "declined, and capacity falls",
        then(_fvc(36), say("refusal niv, 64 days ago")),
        "default",
        "",
        "",
    ),
]


@pytest.mark.parametrize(
    ("change", "profile", "level", "says"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_one_finding_in_a_whole_chart(change: Change, profile: str, level: str, says: str) -> None:
    advice = _advice(change(base_patient()), profile=profile)
    if not level:
        assert advice is None
        return
    assert advice is not None
    assert advice.indicator == level
    assert says in "\n".join((advice.summary, *advice.because))


def test_a_draft_of_the_call_itself_counts_as_ordered() -> None:
    chart = _fvc(44)(base_patient())
    assert _advice(chart) is not None
    assert _advice(chart, "patient-view", "lab niv") is None


def test_acidosis_on_admission_is_critical_unless_niv_was_declined() -> None:
    chart = gas(68, "2026-03-15", 7.31)(base_patient())
    advice = _advice(chart, "encounter-start")
    assert advice is not None
    assert advice.indicator == "critical"
    assert _advice(chart.say("refusal niv, 64 days ago"), "encounter-start") is None


def test_her_chart_is_whole() -> None:
    chart = base_patient()
    kinds = {resource["resourceType"] for resource in chart.resources()}
    assert {"CareTeam", "Appointment", "DocumentReference", "RelatedPerson"} <= kinds
    assert len(chart.facts["ALSFRS-R"]) == 14
    total = chart.facts["ALSFRS-R"][12]["valueQuantity"]["value"]
    assert total == 41
    assert NIGHT in chart.facts["oximetry"][0]["effectiveDateTime"]
