"""What a site can and wants to test decides which breathing tests are asked for."""

from dataclasses import replace
from typing import Any

import pytest

from cdshooks.knowledge import Knowledge, base
from tests.support import vignettes
from tests.support.vignettes import FOLDER, Case, Result

SPIROMETRY = ("pft-panel-incomplete", "spirometry only")


def site(**parameters: bool) -> Knowledge:
    """A site that records everything in coded form, with choices of its own."""
    shipped = base().profile("captures-all")
    changed = {
        name: shipped.parameters[name].overridden(value=value) for name, value in parameters.items()
    }
    return replace(shipped, parameters={**shipped.parameters, **changed})


def said(file: str, title: str, knowledge: Knowledge | None = None, **cells: str) -> Result:
    found = {case.title: case for case in vignettes.load(FOLDER / f"{file}.yaml")}[title]
    case = Case(found.rule, title, found.today, found.hook, {**found.cells, **cells})
    return vignettes.evaluate(case, knowledge)


@pytest.mark.parametrize(
    ("choice", "advice"),
    [
        ({}, "Add SNIP and cough flow: only"),
        ({"snip_available": False}, "Add MIP and cough flow: only"),
        ({"mip_available": False}, "Add SNIP and cough flow: only"),
        ({"snip_available": False, "mip_available": False}, "Add cough flow: only"),
        ({"cough_flow_available": False}, "Add SNIP: only"),
    ],
)
def test_a_test_that_a_site_cannot_make_is_not_asked_for(
    choice: dict[str, bool], advice: str
) -> None:
    assert said(*SPIROMETRY, site(**choice)).text.startswith(advice)


def test_a_site_that_can_make_neither_is_left_alone() -> None:
    none = site(snip_available=False, mip_available=False, cough_flow_available=False)
    assert said(*SPIROMETRY, none).outcome == "not indicated"


def test_mip_is_asked_for_by_default_where_there_is_no_snip() -> None:
    shipped = base().profile("default")
    changed = {"snip_available": shipped.parameters["snip_available"].overridden(value=False)}
    knowledge = replace(shipped, parameters={**shipped.parameters, **changed})
    assert said(*SPIROMETRY, knowledge).text.startswith("Add MIP: only")


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        ("condition als, 400 to 20 days ago", "info"),
        ("condition als, 400 to 183 days ago", "info"),
        ("condition als, 400 to 184 days ago", "not indicated"),
        ("condition als", "not indicated"),
    ],
)
def test_a_site_may_want_night_oximetry_at_diagnosis(record: str, outcome: str) -> None:
    result = said(
        "nocturnal-oximetry-due",
        "newly diagnosed, no weakness",
        site(oximetry_at_diagnosis=True),
        record=record,
    )
    assert result.outcome == outcome
    assert (outcome == "info") == ("in 6 months; ALS diagnosed" in result.text)


def evidence_of(result: Result) -> list[Any]:
    assert result.card is not None
    found: list[Any] = result.card["extension"]["org.als-cdshooks"].get("evidence", [])
    return [line["label"] for line in found]


def test_in_the_chart_the_vital_capacity_is_evidence_and_at_an_order_it_is_not() -> None:
    assert evidence_of(said(*SPIROMETRY)) == ["FVC sitting"]
    order = said("pft-panel-incomplete-order", "spirometry alone is signed", FVC="90 % sitting")
    assert evidence_of(order) == []
