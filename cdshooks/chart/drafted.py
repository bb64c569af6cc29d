"""What the drafts of a call would be of a drug, once they are signed."""

from collections.abc import Iterator

from cdshooks.chart.ingredients import recognised
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, boolean, fhir_code, reference_to, string
from cdshooks.rules.authoring import Entry, Origin

DRAFTED = ("draft", "active", "on-hold")
"""order-sign also fires for orders that are signed again after a change."""
PROPOSED = ("proposal", "option")


def is_medication(resource: Json) -> bool:
    """Whether a draft orders a drug."""
    return resource.get("resourceType") in ("MedicationRequest", "MedicationOrder")


def drafted(view: View, drug: str) -> Iterator[Entry]:
    """Every draft of a drug or drug set, assessed or not, as an entry beside what is taken."""
    for _, resource in view.context.draft_orders:
        identity = recognised(view, resource, drug) if is_medication(resource) else None
        if identity is None or not _goes_out(resource, view):
            continue
        type, id = str(resource.get("resourceType")), string(resource.get("id")) or ""
        yield Entry(
            type,
            id,
            identity.label,
            "draft",
            certain=not identity.by_name,
            exact=identity.exact,
            sets=identity.sets,
            origins=(Origin(reference_to(type, id), identity.label, "draft", "", None),),
        )


def _goes_out(resource: Json, view: View) -> bool:
    """Whether a draft of this patient may still be carried out."""
    return (
        view.index.owns(resource)
        and not boolean(resource.get("doNotPerform"))
        and fhir_code(resource.get("status")) in (None, *DRAFTED)
        and fhir_code(resource.get("intent")) not in PROPOSED
    )
