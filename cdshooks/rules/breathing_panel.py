"""Is spirometry all that was made, or is being ordered, to judge breathing?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    State,
    This,
    rule,
)
from cdshooks.rules.states.breathing_tests import UNTESTABLE
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.panel import (
    COUGH_FLOW,
    PRESSURE,
    Recorded,
    SiteTests,
    bulbar_score,
    recorded_tests,
    site_tests,
    tests_on_order,
)
from cdshooks.rules.states.ventilation import Vent, vent

BOTH = frozenset({PRESSURE, COUGH_FLOW})


@rule(
    "pft-panel-incomplete",
    title="Breathing tests beside spirometry",
    hooks=("patient-view", "order-select", "order-sign"),
    kind="M",
    group="RESP-TEST",
    sources=("chest-2023", "aan-2009a"),
    overrides=("resource-unavailable", "test-not-feasible", "done-elsewhere"),
    when_drafted="spirometry",
    leaves_out="Tests that a site does not make or does not record in coded form.",
)
def pft_panel_incomplete(
    call: Annotated[Call, This()],
    vent: Annotated[Vent, State(vent)],
    recorded: Annotated[Recorded, State(recorded_tests)],
    site: Annotated[SiteTests, State(site_tests)],
    on_order: Annotated[frozenset[str], State(tests_on_order)],
    bulbar: Annotated[int | None, State(bulbar_score)],
    clinic: Annotated[bool, State(clinic_near)],
) -> Outcome:
    """
    Ask for a pressure and for cough flow where spirometry stands alone.

    In the chart: beside a vital capacity of the last months. At an order: beside
    spirometry that is being ordered. What is on order already is not asked for.
    """
    if vent.state in UNTESTABLE:
        return NotIndicated(f"ventilation: {vent.state}")
    ordering = call.hook != "patient-view"
    if not ordering and isinstance(recorded.vc, Missing):
        return _without_vital_capacity(recorded.vc)
    lacking = (BOTH if ordering else recorded.absent) - on_order
    names = tuple(_names(lacking, site))
    if not names:
        return _nothing_to_add(recorded, ordering)
    if clinic and not ordering:
        return NotIndicated(NEAR)
    return _incomplete(names, recorded, bulbar, ordering)


def _names(lacking: frozenset[str], site: SiteTests) -> Iterator[str]:
    """What to add, of what the site makes and records."""
    if PRESSURE in lacking and site.pressure:
        yield site.pressure
    if COUGH_FLOW in lacking and site.cough_flow:
        yield COUGH_FLOW


def _without_vital_capacity(vc: Missing) -> Outcome:
    if vc.proven and not vc.failed:
        return NotIndicated("no vital capacity in the last months")
    return CannotAssess(vc.text, vc.failed)


def _nothing_to_add(recorded: Recorded, ordering: bool) -> Outcome:
    if recorded.failed and not ordering:
        return CannotAssess("; ".join(recorded.texts), recorded.failed)
    return NotIndicated("nothing to add, of what this site makes and records")


def _incomplete(
    names: tuple[str, ...], recorded: Recorded, bulbar: int | None, ordering: bool
) -> Recommend:
    what = " and ".join(names)
    told = isinstance(recorded.vc, Reading) and not ordering
    return Recommend(
        summary=f"Add {what}: {_since(recorded, ordering)}",
        indicator="info",
        because=tuple(_why(bulbar)),
        evidence=(recorded.vc,) if told else (),
        missing=() if ordering else recorded.texts,
        offers=tuple(Create(draft, reason="Only spirometry") for draft in _drafts(names, recorded)),
        due=what,
    )


def _since(recorded: Recorded, ordering: bool) -> str:
    if ordering:
        return "only spirometry ordered"
    alone = "only spirometry recorded" if recorded.only_vc else "none recorded"
    return f"{alone} in last 6 months"


def _why(bulbar: int | None) -> Iterator[str]:
    score = "not scored in full" if bulbar is None else f"{bulbar}/12"
    yield (
        "CHEST accepts any one test; vital capacity alone misses early weakness, "
        f"especially with bulbar disease (bulbar score {score})."
    )


def _drafts(names: tuple[str, ...], recorded: Recorded) -> Iterator[str]:
    """One order a test: those to add, and what else was not measured."""
    if "SNIP" in names:
        yield "snip-test"
    if COUGH_FLOW in names:
        yield "cough-flow-test"
    if "MIP" in names or recorded.mouth:
        yield "mouth-pressure-test"
    if recorded.supine:
        yield "supine-vital-capacity"
