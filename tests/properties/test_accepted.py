"""What a card offers is done once it is accepted: no example patient is offered it again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cdshooks import examples
from cdshooks.fhir.validate import faults
from tests.support import calls

Json = dict[str, Any]
HOOKS = ("patient-view", "encounter-start", "encounter-discharge")
SIGNED = {"Task": "requested", "Appointment": "booked"}
"""Statuses of what is accepted; every other request becomes active."""


def suggestions(body: Json) -> list[Json]:
    reply = calls.app().test_client().post(calls.path_of(body["hook"]), json=body)
    return [s for card in json.loads(reply.data)["cards"] for s in card.get("suggestions", [])]


def created(found: list[Json]) -> Iterator[Json]:
    """What accepting every suggestion would make, valid and of this patient."""
    made = [a["resource"] for s in found for a in s["actions"] if a["type"] == "create"]
    for number, resource in enumerate(made):
        assert faults(resource) == ()
        assert resource["status"] in ("draft", "requested", "proposed")
        yield {**resource, "id": f"accepted-{number}"}


def ids_of(found: list[Json]) -> Iterator[set[str]]:
    """The ids that the resources of each suggestion get."""
    number = 0
    for suggestion in found:
        count = sum(action["type"] == "create" for action in suggestion["actions"])
        yield {f"accepted-{n}" for n in range(number, number + count)}
        number += count


def signed(resource: Json) -> Json:
    return {**resource, "status": SIGNED.get(resource["resourceType"], "active")}


def known_to(body: Json, resource: Json) -> bool:
    """Files it under the search of its type; False if this hook asks for none."""
    key = KEYS.get(resource["resourceType"], "")
    if key in body["prefetch"]:
        body["prefetch"][key].setdefault("entry", []).append({"resource": resource})
    return key in body["prefetch"]


KEYS = {
    "ServiceRequest": "serviceRequests",
    "DeviceRequest": "deviceRequests",
    "MedicationRequest": "medications",
    "NutritionOrder": "nutritionOrders",
    "Appointment": "appointments",
    "Task": "tasks",
}


@pytest.mark.parametrize("hook", HOOKS)
def test_what_was_accepted_and_signed_is_not_offered_again(hook: str) -> None:
    for name in examples.names():
        body = calls.example_request(name, hook)
        found = suggestions(body)
        heard = {r["id"] for r in created(found) if known_to(body, signed(r))}
        pairs = zip(found, ids_of(found), strict=True)
        done = {s["label"] for s, ids in pairs if ids and ids <= heard}
        assert not done.intersection(s["label"] for s in suggestions(body))


def test_what_is_drafted_from_a_card_is_not_offered_at_signing() -> None:
    for name in examples.names():
        drafts = tuple(created(suggestions(calls.example_request(name, "patient-view"))))
        codes = {json.dumps(draft["code"]) for draft in drafts if "code" in draft}
        body = calls.example_request(name, "order-sign", drafts)
        for resource in created(suggestions(body)):
            assert json.dumps(resource.get("code")) not in codes
