"""Request in, exact response out; and every response keeps the rules of the specification.

The responses are files beside this one. ``CDSHOOKS_RECORD=1 pytest tests/contract``
writes them anew; the difference is then read like any other.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdshooks import examples
from cdshooks.services import services
from tests.support import calls
from tests.support.card_rules import faults

Json = dict[str, Any]
RESPONSES = Path(__file__).parent / "responses"
RECORDED = sorted(path.stem for path in calls.REQUESTS.glob("*.json"))
HOOKS = sorted({service.hook for service in services()})
STORIES = [f"{name}.{hook}" for name in examples.names() for hook in HOOKS]
UUID = re.compile(r'"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"')


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDSHOOKS_")]:
        if name != "CDSHOOKS_RECORD":
            monkeypatch.delenv(name)


def request_of(name: str) -> Json:
    if name in RECORDED:
        return calls.recorded(name)
    story, _, hook = name.partition(".")
    orders = (calls.riluzole_draft(),) if hook.startswith("order-") else ()
    return calls.example_request(story, hook, orders)


def response_to(name: str) -> Json:
    body = request_of(name)
    reply = calls.app().test_client().post(calls.path_of(body["hook"]), json=body)
    assert reply.status_code == 200
    response: Json = json.loads(reply.data)
    return response


def without_uuids(response: Json) -> str:
    """The response as text, its random UUIDs numbered in the order of their appearance."""
    numbers: dict[str, str] = {}
    text = json.dumps(response, indent=2, ensure_ascii=False)
    return UUID.sub(lambda m: numbers.setdefault(m[0], f'"uuid-{len(numbers) + 1}"'), text) + "\n"


@pytest.mark.req("RESP-1", "CARD-1", "SUG-2")
@pytest.mark.parametrize("name", RECORDED + STORIES)
def test_the_response_is_exactly_this(name: str) -> None:
    text = without_uuids(response_to(name))
    assert "internal error" not in text
    file = RESPONSES / f"{name}.json"
    if os.environ.get("CDSHOOKS_RECORD"):
        file.write_text(text, encoding="utf-8")
    assert json.loads(text) == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.req(
    *("JSON-2", "JSON-3", "JSON-5", "RESP-1", "RESP-3", "CARD-1", "CARD-2", "CARD-4", "CARD-5"),
    *("CARD-6", "CARD-7", "SRC-1", "SRC-2", "SRC-4", "SUG-1", "SUG-2", "SUG-3", "SUG-4"),
    *("ACT-1", "ACT-2", "ACT-3", "ACT-4", "ACT-5", "OVR-1", "LINK-1", "LINK-2", "LINK-3"),
    *("CODING-1", "EXT-1"),
)
@pytest.mark.parametrize("name", RECORDED + STORIES)
def test_the_response_keeps_the_rules_of_the_specification(name: str) -> None:
    assert faults(response_to(name)) == []


def test_no_response_is_left_over() -> None:
    assert {path.stem for path in RESPONSES.glob("*.json")} == {*RECORDED, *STORIES}


@pytest.mark.req("ACT-4")
@pytest.mark.parametrize("name", RECORDED + STORIES)
def test_an_update_is_of_something_that_was_sent(name: str) -> None:
    """At order hooks one of the drafts; when a chart is opened an order of the chart, too."""
    request = request_of(name)
    sent = request["context"].get("draftOrders", {})
    if request["hook"] == "patient-view":
        sent = request["prefetch"]
    known = set(_identities(sent))
    for card in response_to(name)["cards"]:
        for suggestion in card.get("suggestions", []):
            for action in suggestion["actions"]:
                if action["type"] == "update":
                    assert set(_identities(action["resource"])) <= known


def _identities(node: Any) -> Iterator[tuple[str, str]]:
    """Type and id of every resource in a document."""
    if isinstance(node, dict):
        if "resourceType" in node and "id" in node:
            yield node["resourceType"], node["id"]
        for member in node.values():
            yield from _identities(member)
    elif isinstance(node, list):
        for item in node:
            yield from _identities(item)
