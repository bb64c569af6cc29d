"""From files to the hook request that a client with this chart would send."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from cdshooks import examples
from cdshooks.chart import Search, as_prefetch
from cdshooks.errors import CdsHooksError
from cdshooks.fhir.elements import Json, objects, string
from cdshooks.protocol import HookRequest, parse_request

USER = "Practitioner/command-line"
WITH_DRAFTS = ("order-select", "order-sign")
OPEN = ("arrived", "triaged", "in-progress")
"""Statuses of an encounter that is under way."""


class FileInvalid(CdsHooksError):
    """A file given on the command line cannot be used: names it and says what was expected."""


def read_bundle(name: str) -> Json:
    """A Bundle from a file, or the example patient of this name."""
    if name in examples.names():
        return examples.load(name)
    if not Path(name).exists():
        known = ", ".join(examples.names())
        raise FileInvalid(f"{name}: no such file, and no such example; there are: {known}")
    bundle = _json(Path(name))
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise FileInvalid(f"{name}: expected a FHIR Bundle")
    return bundle


def read_orders(path: Path, patient: str, today: date | None) -> tuple[Json, ...]:
    """The draft orders of a file: a resource, a list of them, or a Bundle.

    An order without id or subject gets one, so that a hand-written one will do.
    The dates of a Bundle with a timestamp move to ``today``, unless that is None.
    """
    if not path.exists():
        raise FileInvalid(f"{path}: no such file")
    content = _json(path)
    if isinstance(content, dict) and content.get("resourceType") == "Bundle":
        content = list(resources(examples.shifted(content, today) if today else content))
    orders = tuple(order for order in objects(content) if string(order.get("resourceType")))
    if not orders:
        raise FileInvalid(f"{path}: expected a FHIR resource, a list of them, or a Bundle")
    return tuple(_draft(order, number, patient, path) for number, order in enumerate(orders, 1))


def _json(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except OSError as problem:
        raise FileInvalid(f"{path}: {(problem.strerror or 'cannot be read').lower()}") from None
    except orjson.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise FileInvalid(f"{path}: not JSON in UTF-8, at {where}") from None


def _draft(order: Json, number: int, patient: str, path: Path) -> Json:
    # Until FHIR R3 the subject of an order was its patient.
    member = "patient" if order["resourceType"] == "MedicationOrder" else "subject"
    whose = order.get(member)
    subject = string(whose.get("reference")) if isinstance(whose, dict) else None
    if subject and subject.rpartition("/")[2] != patient:
        raise FileInvalid(f"{path}: order {number} is for another patient than the Bundle's")
    id = string(order.get("id")) or f"draft-{number}"
    return order | {"id": id, member: {"reference": f"Patient/{patient}"}}


def resources(bundle: Json) -> Iterator[Json]:
    """The resources of a Bundle, in order."""
    for entry in objects(bundle.get("entry")):
        if isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def patient_of(bundle: Json, name: str) -> str:
    """The id of the one Patient that a Bundle is about."""
    found = {
        id
        for resource in resources(bundle)
        if resource.get("resourceType") == "Patient" and (id := string(resource.get("id")))
    }
    if len(found) != 1:
        count = "no" if not found else "more than one"
        raise FileInvalid(f"{name}: expected one Patient with an id; there is {count}")
    return found.pop()


def request(
    hook: str, bundle: Json, patient: str, orders: tuple[Json, ...], searches: tuple[Search, ...]
) -> HookRequest:
    """The request of a client that honours every search and has these drafts open.

    At order-select all drafts are selected. The encounter is the one under way;
    at the hooks of encounters that need one, else the last of the Bundle.
    """
    context: Json = {"userId": USER, "patientId": patient}
    encounter = _encounter(bundle, any_will_do=hook.startswith("encounter-"))
    if encounter:
        context["encounterId"] = encounter
    if hook in WITH_DRAFTS:
        entries = [{"resource": order} for order in orders]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        context["selections"] = [f"{order['resourceType']}/{order['id']}" for order in orders]
    return parse_request(
        {
            "hook": hook,
            "hookInstance": str(uuid4()),
            "context": context,
            "prefetch": as_prefetch(searches, resources(bundle), encounter),
        }
    )


def _encounter(bundle: Json, *, any_will_do: bool) -> str | None:
    found = [r for r in resources(bundle) if r.get("resourceType") == "Encounter"]
    under_way = [r for r in found if r.get("status") in OPEN]
    chosen = under_way or (found if any_will_do else [])
    return string(chosen[-1].get("id")) if chosen else None
