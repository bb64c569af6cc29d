"""The checker itself: whatever is broken in a good response, it tells."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.card_rules import faults

Json = dict[str, Any]
ORDER = {
    "resourceType": "ServiceRequest",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/a"},
}
GOOD: Json = {
    "cards": [
        {
            "uuid": "00000000-0000-4000-8000-000000000001",
            "summary": "Do this",
            "detail": "because",
            "indicator": "warning",
            "source": {
                "label": "Guideline",
                "url": "https://guideline.example.org",
                "topic": {"system": "http://x.example.org", "code": "a", "display": "A"},
            },
            "suggestions": [
                {
                    "uuid": "00000000-0000-4000-8000-000000000002",
                    "label": "Order it",
                    "isRecommended": True,
                    "actions": [{"type": "create", "description": "one", "resource": ORDER}],
                }
            ],
            "selectionBehavior": "at-most-one",
            "overrideReasons": [{"system": "http://x.example.org", "code": "b", "display": "B"}],
            "links": [
                {"label": "Why", "url": "https://cds.example.org/rules/a", "type": "absolute"}
            ],
            "extension": {"org.als-cdshooks": {"rules": ["a"]}},
        }
    ]
}


def test_a_good_response_has_no_faults() -> None:
    assert faults(GOOD) == []
    assert faults({"cards": []}) == []


def card(response: Json) -> Any:
    return response["cards"][0]


def suggestion(response: Json) -> Any:
    return card(response)["suggestions"][0]


def action(response: Json) -> Any:
    return suggestion(response)["actions"][0]


BREAKS: dict[str, Callable[[Json], object]] = {
    "no cards": lambda r: r.pop("cards"),
    "unknown member": lambda r: r.update(more=1),
    "null": lambda r: card(r).update(detail=None),
    "blank": lambda r: card(r).update(detail=" "),
    "empty list": lambda r: card(r).update(links=[]),
    "empty object": lambda r: card(r)["extension"].update({"org.als-cdshooks": {}}),
    "foreign extension": lambda r: card(r)["extension"].update({"com.example": {"a": 1}}),
    "no uuid": lambda r: card(r).pop("uuid"),
    "upper-case uuid": lambda r: card(r).update(uuid="A" * 36),
    "uuid twice": lambda r: suggestion(r).update(uuid=card(r)["uuid"]),
    "140 characters": lambda r: card(r).update(summary="a" * 140),
    "two lines": lambda r: card(r).update(summary="a\nb"),
    "hard-stop": lambda r: card(r).update(indicator="hard-stop"),
    "no source": lambda r: card(r).pop("source"),
    "no label of the source": lambda r: card(r)["source"].pop("label"),
    "relative source": lambda r: card(r)["source"].update(url="/guideline"),
    "no topic": lambda r: card(r)["source"].pop("topic"),
    "topic without system": lambda r: card(r)["source"]["topic"].pop("system"),
    "no selection behavior": lambda r: card(r).pop("selectionBehavior"),
    "selection without suggestions": lambda r: card(r).pop("suggestions"),
    "selection of all": lambda r: card(r).update(selectionBehavior="all"),
    "two recommended": lambda r: card(r)["suggestions"].append(
        suggestion(r) | {"uuid": "00000000-0000-4000-8000-000000000003"}
    ),
    "not recommended": lambda r: suggestion(r).update(isRecommended=False),
    "no label": lambda r: suggestion(r).pop("label"),
    "no description": lambda r: action(r).pop("description"),
    "patch": lambda r: action(r).update(type="patch"),
    "resource as text": lambda r: action(r).update(resource="Patient/a"),
    "invalid resource": lambda r: action(r).update(resource=ORDER | {"status": ["draft"]}),
    "create with id": lambda r: action(r).update(resource=ORDER | {"id": "a"}),
    "update without id": lambda r: action(r).update(type="update"),
    "delete with resource": lambda r: action(r).update(type="delete", resourceId="Patient/a"),
    "delete without type": lambda r: suggestion(r).update(
        actions=[{"type": "delete", "description": "one", "resourceId": "a"}]
    ),
    "reason without display": lambda r: card(r)["overrideReasons"][0].pop("display"),
    "reason twice": lambda r: card(r)["overrideReasons"].append(card(r)["overrideReasons"][0]),
    "smart link": lambda r: card(r)["links"][0].update(type="smart"),
    "relative link": lambda r: card(r)["links"][0].update(url="/rules/a"),
    "wrong order": lambda r: r["cards"].insert(
        0,
        {k: v for k, v in card(r).items() if k not in ("suggestions", "selectionBehavior")}
        | {"indicator": "info", "uuid": "00000000-0000-4000-8000-000000000004"},
    ),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_what_is_broken_is_told(broken: str) -> None:
    response = copy.deepcopy(GOOD)
    BREAKS[broken](response)
    assert len(faults(response)) >= 1
