"""A whole, typical chart with one finding changed: what becomes of rehabilitation, team, genes."""

from typing import Any

import pytest

from tests.support.advice import Change, advised, rules_of, say, told
from tests.support.base_patient import TODAY, Chart, base_patient
from tests.support.resources import record

MODULES = ("rehabilitation", "team", "genetics")
OWN = rules_of(*MODULES)


def _advice(chart: Chart, hook: str, profile: str, *drafts: str) -> dict[str, str]:
    """What the rules of these modules advise: level and summary by rule."""
    return told(advised(chart, hook, *drafts, profile=f"default {profile}"), OWN)


def _care(*wanted: str, without: tuple[str, ...] = ()) -> Change:
    """Her care with further facts, and without what carries one of these codes."""

    def change(chart: Chart) -> Chart:
        kept = []
        for resource in chart.facts["care"]:
            members = resource.get("participant", [])
            if resource["resourceType"] == "CareTeam":
                resource["participant"] = [m for m in members if not _codes(m) & set(without)]
            if not _codes(resource.get("type")) & set(without):
                kept.append(resource)
        chart.facts["care"] = kept
        return chart.say(*wanted)

    return change


def _codes(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["code"]} if isinstance(value.get("code"), str) else set()
        return own.union(*(_codes(inner) for inner in value.values()))
    return set().union(*(_codes(inner) for inner in value)) if isinstance(value, list) else set()


def _genes(*phrases: str) -> Change:
    return lambda chart: chart.put("genes", *(r for p in phrases for r in record(p, TODAY)))


def _uncounselled(chart: Chart) -> Chart:
    chart.facts["planning"] = [r for r in chart.facts["planning"] if "79841006" not in _codes(r)]
    return chart


CASES: list[tuple[str, Change, dict[str, str]]] = [
    ("a quiet chart", lambda chart: chart, {}),
    (
        "last physiotherapy half a year ago",
        _care("encounter physiotherapy, 195 days ago", without=("91251008",)),
        {"physio-exercise": "info: No physiotherapy/exercise plan in 6 months"},
    ),
    (
        "no occupational therapist",
        _care(without=("80546007",)),
        {"mdt-team-gaps": "info: ALS team gaps: occupational therapy"},
    ),
    (
        "SOD1 pathogenic, not talked about since",
        _genes("gene c9orf72 absent, 212 days ago", "gene sod1 present pathogenic, 14 days ago"),
        {
            "genetic-result-action": (
                "warning: SOD1 pathogenic variant (1 Mar 2026): post-test counselling and a "
                "decision on tofersen"
            )
        },
    ),
    (
        "SOD1 of uncertain significance",
        _genes("gene c9orf72 absent, 212 days ago", "gene sod1 present uncertain, 14 days ago"),
        {},
    ),
    (
        "never counselled, never tested",
        lambda chart: _uncounselled(_genes()(chart)),
        {
            "genetic-counselling-offer": (
                "info: Genetic counselling and testing not offered (C9orf72, SOD1, FUS, TARDBP)"
            )
        },
    ),
    # Delivery of NIV is followed by its own rule.
    ("NIV on order for a month", say("device-order home-niv, 33 days ago"), {}),
    (
        "a wheelchair on order for two months",
        say("device-order wheelchair, 60 days ago"),
        {"equipment-delay": "warning: Wheelchair ordered 14 Jan 2026, not delivered after 60 days"},
    ),
    (
        "foot drop",
        say("condition foot-drop, 20 days ago"),
        {"orthosis-need": "info: Foot drop without orthosis or aid: refer to orthotics now"},
    ),
]


@pytest.mark.parametrize(("title", "change", "expected"), CASES, ids=[case[0] for case in CASES])
def test_one_changed_finding_gives_the_advice(
    title: str, change: Change, expected: dict[str, str]
) -> None:
    assert _advice(change(base_patient()), "patient-view", "captures-all") == expected


def test_where_visits_and_teams_are_recorded_in_a_site_s_own_way_nothing_is_missed() -> None:
    chart = _care(without=("als-mdt", "91251008", "80546007", "36682004"))(base_patient())
    assert _advice(chart, "patient-view", "") == {}


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_a_gene_test_is_counselled_first(hook: str) -> None:
    told = "info: Record pre-test counselling and consent before ALS gene test"
    chart = _uncounselled(base_patient())
    assert _advice(chart, hook, "captures-all", "lab sequencing") == {
        "genetic-test-without-counselling": told
    }
    assert _advice(base_patient(), hook, "captures-all", "lab sequencing") == {}
