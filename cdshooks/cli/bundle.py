"""From files to the hook request that a client with this chart would send."""

from datetime import date
from pathlib import Path
from typing import Any

import orjson

from cdshooks import examples
from cdshooks.chart import Search
from cdshooks.errors import CdsHooksError
from cdshooks.fhir.elements import Json, objects, string
from cdshooks.protocol import HookRequest, parse_request
from cdshooks.services.asking import patients, request_body, resources

USER = "Practitioner/command-line"


class FileInvalid(CdsHooksError):
    """A file given on the command line cannot be used: names it and says what was expected."""


def read_bundle(name: str) -> Json:
    """A Bundle from a file, or the example patient of this name or of this patient id."""
    example = name if name in examples.names() else examples.of_patient(name)
    if example is not None:
        return examples.load(example)
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


def patient_of(bundle: Json, name: str) -> str:
    """The id of the one Patient that a Bundle is about."""
    found = patients(bundle)
    if len(found) != 1:
        count = "none" if not found else "more than one"
        raise FileInvalid(f"{name}: expected one Patient with an id; there is {count}")
    return next(iter(found))


def request(
    hook: str, bundle: Json, patient: str, orders: tuple[Json, ...], searches: tuple[Search, ...]
) -> HookRequest:
    """The request of a client that honours every search and has these drafts open."""
    return parse_request(request_body(hook, bundle, patient, USER, orders, searches))
