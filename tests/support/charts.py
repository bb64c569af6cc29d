"""A chart to ask, built from real resources."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from cdshooks.chart import Search, View, as_prefetch, plan, read_chart
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Input

Json = dict[str, Any]
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
TODAY = NOW.date()
PATIENT = "Patient/anna"
KNOWLEDGE = base().profile("default")


def chart(
    resources: list[Json],
    *wanted: Input,
    drafts: tuple[Json, ...] = (),
    now: datetime = NOW,
    zone: tzinfo = UTC,
    changed: Json | None = None,
    without: tuple[str, ...] = (),
) -> View:
    """The view of a client that answers every search; ``changed`` replaces prefetch values."""
    searches: tuple[Search, ...] = plan(wanted, KNOWLEDGE, full=True)
    prefetch = as_prefetch(searches, resources) | (changed or {})
    for key in without:
        del prefetch[key]
    context = Context("anna", draft_orders=tuple((None, draft) for draft in drafts))
    request = HookRequest("patient-view", "one", context, prefetch=prefetch)
    return read_chart(request, searches, KNOWLEDGE, now, zone)


def observation(loinc: str, quantity: Json | None = None, /, **members: Any) -> Json:
    """A final Observation of a LOINC code, made on 20 May 2026."""
    made: Json = {
        "resourceType": "Observation",
        "id": f"o-{loinc}",
        "status": "final",
        "subject": {"reference": PATIENT},
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": "2026-05-20T09:00:00Z",
    }
    if quantity is not None:
        made["valueQuantity"] = quantity
    return {k: v for k, v in (made | members).items() if v is not None}


def local(code: str) -> Json:
    """A code of this project's own system."""
    return {"coding": [{"system": "http://als-cdshooks.org/CodeSystem/als-cds", "code": code}]}


def snomed(code: str) -> Json:
    """A SNOMED CT code."""
    return {"coding": [{"system": "http://snomed.info/sct", "code": code}]}
