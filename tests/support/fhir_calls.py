"""Calls whose data lie on a FHIR server: the quiet patient, the demo application, a stopwatch."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import Flask

from cdshooks.app import create_app, site_of
from cdshooks.chart import Search, as_prefetch
from cdshooks.services.answer import searches
from cdshooks.settings import DemoSettings
from tests.support import base_patient, calls

Json = dict[str, Any]
NOW = datetime(
    base_patient.TODAY.year, base_patient.TODAY.month, base_patient.TODAY.day, 9, 30, tzinfo=UTC
)
HOOKS = ("patient-view", "order-select", "order-sign")
TOKEN = "a-token-lent-for-this-call"
OURS = "org.als-cdshooks"


@dataclass(frozen=True)
class Said:
    """A response with the seconds that it took."""

    status: int
    body: Json
    seconds: float
    timing: str = ""

    @property
    def fetching_ms(self) -> float:
        """How long fetching took, as the response tells; a refusal tells only the whole."""
        pairs = (one.split(";dur=") for one in self.timing.split(", "))
        stages = {name: float(ms) for name, ms in pairs}
        return stages.get("fetch", stages["total"])

    @property
    def rules(self) -> set[str]:
        """The rules that speak in cards."""
        cards = self.body.get("cards", [])
        return {rule for card in cards for rule in card["extension"][OURS]["rules"]}

    @property
    def unread(self) -> str:
        """What the card about unread data says; nothing without that card."""
        cards = self.body.get("cards", [])
        mine = [c for c in cards if "data-unavailable" in c["extension"][OURS]["rules"]]
        return "\n".join(f"{c['summary']}\n{c.get('detail', '')}" for c in mine)


@cache
def app(deadline_ms: int = 2000) -> Flask:
    """The demo, which reads FHIR servers on this machine over http."""
    return create_app(
        DemoSettings(today=NOW, public_url="http://localhost:5000", deadline_ms=deadline_ms)
    )


def asked(hook: str, *, full: bool = False) -> tuple[Search, ...]:
    """The searches of the service on a hook, or of all its rules."""
    site = site_of(DemoSettings(today=NOW, prefetch="full" if full else "core"))
    return searches(hook, site)


def request(hook: str, server: str | None, resources: list[Json], **changed: Any) -> Json:
    """A call about the quiet patient with everything prefetched; ``prefetch`` replaces that."""
    context: Json = {"userId": "Practitioner/7", "patientId": "anna"}
    if hook != "patient-view":
        draft = calls.riluzole_draft() | {"subject": {"reference": "Patient/anna"}}
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": draft}]}
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/request-123"]
    body: Json = {
        "hook": hook,
        "hookInstance": calls.INSTANCE,
        "context": context,
        "prefetch": as_prefetch(asked(hook), resources),
    }
    if server:
        body["fhirServer"] = server
    return body | changed


def authorization(**changed: Any) -> Json:
    """A token for the quiet patient that may read everything."""
    given: Json = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "cdshooks",
        "patient": "anna",
    }
    return {key: value for key, value in (given | changed).items() if value is not None}


def say(body: Json, deadline_ms: int = 2000) -> Said:
    """The response of the demo to a call."""
    client = app(deadline_ms).test_client()
    started = time.perf_counter()
    reply = client.post(calls.path_of(body["hook"]), json=body)
    taken = time.perf_counter() - started
    return Said(reply.status_code, reply.json or {}, taken, reply.headers["Server-Timing"])
