"""What a call itself stops or replaces is no longer taken beside its drafts; washouts hold."""

from typing import Any

import pytest

from cdshooks.chart import asks_for, meetings
from cdshooks.rules.authoring import Meets
from tests.support import resources
from tests.support.drafts import draft
from tests.support.line import TODAY, view_of

Json = dict[str, Any]


def taken(code: str) -> Json:
    """An active prescription of the chart with the id that the drafts refer to."""
    [found] = resources.record(f"prescription {code} active, 60 days ago", TODAY)
    return {**found, "id": "old"}


def partners(wanted: Meets, chart: Json, *orders: Json) -> list[str]:
    view = view_of([chart], hook="order-sign", orders=orders)
    return [name for meeting in meetings(view, wanted) for name in meeting.names]


INHIBITORS = Meets("tizanidine", ("cyp1a2-strong",))


@pytest.mark.parametrize(
    ("orders", "met"),
    [
        (["313412"], ["fluvoxamine"]),
        (["313412", "42355 id=old status=stopped"], []),
        (["313412", "42355 id=old status=cancelled"], []),
        (["313412", "42355 id=old status=on-hold"], ["fluvoxamine"]),
        (["313412", "36437 id=other status=stopped"], ["fluvoxamine"]),
        (["313412 replaces=old"], []),
        (["313412 replaces=other"], ["fluvoxamine"]),
        (["313412", "36437 replaces=old"], []),
        (["313412", "36437 replaces=old status=cancelled"], ["fluvoxamine"]),
        (["313412", "42355 replaces=old"], ["fluvoxamine"]),
    ],
)
def test_a_draft_does_not_meet_what_the_call_ends(orders: list[str], met: list[str]) -> None:
    assert partners(INHIBITORS, taken("42355"), *map(draft, orders)) == met


def test_what_ended_today_is_met_by_a_rule_that_asks_for_what_has_ended() -> None:
    wanted = Meets("serotonergic", ("maoi",), ended=True)
    stopping = draft("8123 id=old status=stopped")
    assert partners(wanted, taken("8123"), draft("36437"), stopping) == ["phenelzine"]


@pytest.mark.parametrize("type", ["ServiceRequest", "DeviceRequest"])
@pytest.mark.parametrize(
    ("concept", "wanted"),
    [
        ({"coding": [{"system": "http://snomed.info/sct", "code": "57485005"}]}, True),
        ({"text": "Home oxygen"}, True),
        ({"text": "Oxygen saturation"}, False),
    ],
)
def test_an_order_of_r5_says_in_a_wrapped_concept_what_it_asks_for(
    type: str, concept: Json, wanted: bool
) -> None:
    asked = {"resourceType": type, "id": "a", "status": "draft", "intent": "order"}
    order = {**asked, "subject": {"reference": "Patient/anna"}, "code": {"concept": concept}}
    assert asks_for(view_of([], hook="order-sign", orders=[order]), "oxygen") is wanted
