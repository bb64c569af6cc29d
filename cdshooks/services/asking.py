"""The hook request that a client with a chart at hand would send: for tools that play the EHR."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from cdshooks.chart import ORDER_HOOKS, Search, as_prefetch
from cdshooks.fhir.elements import Json, objects, string

OPEN = ("arrived", "triaged", "in-progress")
"""Statuses of an encounter that is under way."""


def resources(bundle: Json) -> Iterator[Json]:
    """The resources of a Bundle, in order."""
    for entry in objects(bundle.get("entry")):
        if isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def patients(bundle: Json) -> frozenset[str]:
    """The ids of the Patients in a Bundle."""
    return frozenset(
        id
        for resource in resources(bundle)
        if resource.get("resourceType") == "Patient" and (id := string(resource.get("id")))
    )


def request_body(
    hook: str,
    bundle: Json,
    patient: str,
    user: str,
    orders: tuple[Json, ...],
    searches: tuple[Search, ...],
) -> Json:
    """The request of a client that honours every search and has these drafts open.

    At order-select all drafts are selected. The encounter is the one under way;
    at the hooks of encounters that need one, else the last of the Bundle.
    """
    context: Json = {"userId": user, "patientId": patient}
    encounter = encounter_of(resources(bundle), any_will_do=hook.startswith("encounter-"))
    if encounter:
        context["encounterId"] = encounter
    if hook in ORDER_HOOKS:
        entries: list[Any] = [{"resource": order} for order in orders]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        context["selections"] = [f"{order['resourceType']}/{order['id']}" for order in orders]
    return {
        "hook": hook,
        "hookInstance": str(uuid4()),
        "context": context,
        "prefetch": as_prefetch(searches, resources(bundle), encounter),
    }


def encounter_of(found: Iterable[Json], *, any_will_do: bool = False) -> str | None:
    """The id of the last encounter that is under way; of any, where one will do."""
    encounters = [r for r in found if r.get("resourceType") == "Encounter"]
    under_way = [r for r in encounters if r.get("status") in OPEN]
    chosen = under_way or (encounters if any_will_do else [])
    return string(chosen[-1].get("id")) if chosen else None
