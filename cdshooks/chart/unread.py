"""Medications and studies that the chart only refers to, and that were not read."""

from cdshooks.chart.drugs import named_in
from cdshooks.chart.entries import status_of
from cdshooks.chart.filed import TAKES_PART, study_reference
from cdshooks.chart.naming import naming, reference_of
from cdshooks.chart.searches import MEDICATIONS
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, obj, plain, string


def unread(view: View, order: Json) -> str | None:
    """The reference to a Medication that is not here and may be a drug that rules know.

    None where the order itself says what the drug is, or the reference's display
    names one that no rule knows.
    """
    reference = string(reference_of(order).get("reference"))
    if reference is None or reference.startswith("#") or naming(view, order).medication:
        return None
    if order.get("medicationCodeableConcept") or obj(order.get("medication")).get("concept"):
        return None
    display = string(reference_of(order).get("display"))
    known = display is None or any(named_in(view, plain(display, 300)))
    return reference if known else None


def unread_drafts(view: View) -> tuple[str, ...]:
    """Each such reference of a draft once."""
    found = (unread(view, draft) for _, draft in view.context.draft_orders)
    return tuple(dict.fromkeys(reference for reference in found if reference))


def unread_medications(view: View) -> tuple[str, ...]:
    """Each such reference once: of drafts first, then of the chart."""
    entries = [record.resource for type in MEDICATIONS for record in view.index.of(type)]
    found = (unread(view, order) for order in entries)
    taken = (reference for reference in found if reference)
    return tuple(dict.fromkeys((*unread_drafts(view), *taken)))


def unread_studies(view: View) -> tuple[str, ...]:
    """Each reference to a study that the patient takes part in now, once."""
    now = [r for r in view.index.of("ResearchSubject") if status_of(r) in TAKES_PART]
    found = dict.fromkeys(study_reference(record) for record in now)
    return tuple(r for r in found if r and not r.startswith("#") and view.index.get(r) is None)
