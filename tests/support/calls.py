"""Whole calls: example patients and recorded requests, moved to a day, through the app."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask

from cdshooks import examples
from cdshooks.app import create_app, site_of
from cdshooks.chart import as_prefetch
from cdshooks.protocol import NEED_ENCOUNTER
from cdshooks.services import Service, services
from cdshooks.services.answer import prefetch_templates, searches
from cdshooks.settings import Settings

Json = dict[str, Any]
TODAY = date(2026, 8, 30)
NOW = datetime(2026, 8, 30, 9, 30, tzinfo=UTC)
REQUESTS = Path(__file__).parents[2] / "fixtures" / "requests"
URL = "https://cds.example.org"
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
EMPTY = {"resourceType": "Bundle", "type": "searchset"}


def settings() -> Settings:
    """Those of production, but open, and standing still at NOW."""
    return Settings(auth="off", public_url=URL, today=NOW, database_url="sqlite://")


@cache
def app() -> Flask:
    return create_app(settings())


def service_of(hook: str) -> Service:
    return next(service for service in services() if service.hook == hook)


def path_of(hook: str) -> str:
    return f"/cds-services/{service_of(hook).id}"


def recorded(name: str) -> Json:
    """A request of fixtures/requests with its dates moved to the day of the tests.

    Keys that a service asks for and the file does not hold are answered empty,
    as a client would that has nothing there; a request without any prefetch
    stays without.
    """
    body: Json = json.loads((REQUESTS / f"{name}.json").read_bytes())
    start = date.fromisoformat(body["extension"]["org.als-cdshooks"]["recorded"][:10])
    body = examples.moved(body, TODAY - start)
    if "prefetch" in body:
        asked = prefetch_templates(service_of(body["hook"]), site_of(settings()))
        body["prefetch"] = {key: dict(EMPTY) for key in asked if key != "patient"} | body[
            "prefetch"
        ]
    return body


def example_request(
    name: str, hook: str, orders: tuple[Json, ...] = (), *, full: bool = False
) -> Json:
    """What a client sends whose only patient is an example, moved to the day of the tests.

    full: whether the service asks for everything that some rule reads.
    """
    bundle = examples.shifted(examples.load(name), TODAY)
    resources = [entry["resource"] for entry in bundle["entry"]]
    patient = next(r["id"] for r in resources if r["resourceType"] == "Patient")
    context: Json = {"userId": "Practitioner/neurologist", "patientId": patient}
    if hook in ("order-select", "order-sign"):
        drafts = [{"resource": order} for order in _of_patient(orders, patient)]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": drafts}
    if hook == "order-select":
        context["selections"] = [f"{o['resourceType']}/{o['id']}" for o in orders]
    encounter = next((r["id"] for r in resources[::-1] if r["resourceType"] == "Encounter"), "none")
    if hook in NEED_ENCOUNTER:
        context["encounterId"] = encounter
    asked = searches(hook, replace(site_of(settings()), full_prefetch=full))
    prefetch = as_prefetch(asked, resources, context.get("encounterId"))
    return {
        "hook": hook,
        "hookInstance": INSTANCE,
        "context": context,
        "prefetch": prefetch,
    }


def _of_patient(orders: tuple[Json, ...], patient: str) -> Iterator[Json]:
    for order in orders:
        yield order | {"subject": {"reference": f"Patient/{patient}"}}


def riluzole_draft() -> Json:
    """The sandbox's draft: one tablet once a day, in the sandbox's own shape."""
    entries = recorded("order-sign-riluzole-once-daily")["context"]["draftOrders"]["entry"]
    draft: Json = entries[0]["resource"]
    return draft


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document, the root left out."""
    members = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in members:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))
