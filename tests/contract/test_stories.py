"""What is written of an example patient is what the service answers."""

import json

import pytest

from cdshooks import examples
from cdshooks.fhir.repair import is_valid
from cdshooks.services import services
from tests.support import calls
from tests.support.card_rules import faults
from tools.stories import Story, order, stories, told

HOOKS = tuple(service.hook for service in services())


def test_every_example_patient_has_a_story_and_every_story_a_patient() -> None:
    assert tuple(story.name for story in stories()) == examples.names()


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.name)
def test_a_story_tells_of_its_patient_and_of_hooks_that_exist(story: Story) -> None:
    [patient] = [
        entry["resource"]
        for entry in examples.load(story.name)["entry"]
        if entry["resource"]["resourceType"] == "Patient"
    ]
    assert patient["name"][0]["given"][0] == story.patient
    assert set(story.cards) <= set(HOOKS)
    assert len(story.story) > 40


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("story", stories(), ids=lambda story: story.name)
def test_the_cards_of_a_story_are_those_that_are_listed(story: Story, hook: str) -> None:
    orders = (order(),) if hook.startswith("order-") else ()
    body = calls.example_request(story.name, hook, orders)
    reply = calls.app().test_client().post(calls.path_of(hook), json=body)
    response = json.loads(reply.data)
    assert reply.status_code == 200
    assert faults(response) == []
    assert tuple(map(told, response["cards"])) == story.cards.get(hook, ())


def test_the_order_of_the_stories_is_valid_fhir() -> None:
    assert is_valid(order() | {"subject": {"reference": "Patient/x"}})
