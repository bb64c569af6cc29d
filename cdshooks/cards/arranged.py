"""Which drafts ask for what an open order of the last days asks for already?"""

from typing import Any

from cdshooks.chart import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import obj, string
from cdshooks.knowledge import Code

Json = dict[str, Any]
Asked = tuple[str, Code | None, str]
"""The type of a request, one of its codes if it has any, and its words."""

OPEN = {
    "ServiceRequest": ("active",),
    "DeviceRequest": ("active",),
    "NutritionOrder": ("active",),
    "Task": ("requested", "received", "accepted", "ready", "in-progress"),
}
"""The requests that a draft can repeat, and the states in which they are still to be done."""
SINCE = "repeated_offer_days"


def is_arranged(draft: Json, view: View) -> bool:
    """Whether an open order of the last days asks for the same thing; an urgent draft never is."""
    if draft.get("resourceType") not in OPEN or draft.get("priority") == "urgent":
        return False
    return not _asked(draft, view).isdisjoint(view.remembered("asked for", _open))


def _open(view: View) -> frozenset[Asked]:
    found: set[Asked] = set()
    for type in OPEN:
        for record in view.index.of(type):
            if _lately(record.resource, type, view):
                found |= _asked(record.resource, view)
    return frozenset(found)


def _lately(request: Json, type: str, view: View) -> bool:
    since = view.since(SINCE)
    made = when(request.get("authoredOn") or request.get("dateTime"), view.zone)
    is_open = request.get("status") in OPEN[type]
    return bool(is_open and made and since and since <= made.day <= view.today)


def _asked(request: Json, view: View) -> frozenset[Asked]:
    """Both code and words: one code can stand for visits to one profession for several reasons."""
    type = str(request.get("resourceType"))
    concept = obj(request.get("code") or request.get("codeCodeableConcept"))
    words = (string(concept.get("text")) or "").lower()
    codes = view.index.codes(request)
    return frozenset((type, code, words) for code in codes or ((None,) if words else ()))
