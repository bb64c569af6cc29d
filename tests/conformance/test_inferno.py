"""The second oracle itself: it fails what the kit fails."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.inferno import discovery_failures, failures

Json = dict[str, Any]
ORDER: Json = {
    "resourceType": "ServiceRequest",
    "id": "1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/a"},
}
REQUEST: Json = {"context": {"draftOrders": {"entry": [{"resource": ORDER}]}}}
GOOD: Json = {
    "summary": "Do this",
    "indicator": "info",
    "source": {"label": "Guideline", "topic": {"code": "a", "system": "http://a.example.org"}},
    "suggestions": [
        {
            "label": "Correct it",
            "actions": [{"type": "update", "description": "one", "resource": ORDER}],
        }
    ],
    "selectionBehavior": "any",
    "overrideReasons": [{"code": "a", "system": "http://a.example.org", "display": "A"}],
    "links": [{"label": "Why", "type": "absolute", "url": "https://a.example.org/why"}],
}


def action(card: Json) -> Any:
    return card["suggestions"][0]["actions"][0]


BREAKS: dict[str, Callable[[Json], object]] = {
    "140 characters": lambda card: card.update(summary="a" * 140),
    "no indicator": lambda card: card.pop("indicator"),
    "no source": lambda card: card.pop("source"),
    "no topic": lambda card: card["source"].pop("topic"),
    "blank detail": lambda card: card.update(detail=""),
    "no selection behaviour": lambda card: card.pop("selectionBehavior"),
    "reason without display": lambda card: card["overrideReasons"][0].pop("display"),
    "relative link": lambda card: card["links"][0].update(url="/why"),
    "unknown link": lambda card: card["links"][0].update(type="page"),
    "link without label": lambda card: card["links"][0].pop("label"),
    "context on a page": lambda card: card["links"][0].update(appContext="a"),
    "suggestion without label": lambda card: card["suggestions"][0].pop("label"),
    "no action in the list": lambda card: card["suggestions"][0].update(actions=[]),
    "action without description": lambda card: action(card).pop("description"),
    "unknown action": lambda card: action(card).update(type="replace"),
    "broken resource": lambda card: action(card).update(resource={"resourceType": "Nothing"}),
    "another order": lambda card: action(card).update(resource=ORDER | {"id": "2"}),
    "delete without id": lambda card: action(card).update(type="delete"),
}


def test_a_good_answer_passes() -> None:
    assert failures({"cards": [GOOD]}, REQUEST) == []
    assert failures({"cards": []}, REQUEST) == []
    assert discovery_failures({"services": [{"hook": "a-b", "description": "a", "id": "a"}]}) == []


@pytest.mark.parametrize("name", BREAKS)
def test_what_the_kit_refuses_fails(name: str) -> None:
    card = copy.deepcopy(GOOD)
    BREAKS[name](card)
    assert failures({"cards": [card]}, REQUEST) != []


@pytest.mark.parametrize("body", [{}, {"services": {}}, {"services": [{"id": "a", "hook": 4}]}])
def test_broken_discovery_fails(body: Json) -> None:
    assert discovery_failures(body) != []
