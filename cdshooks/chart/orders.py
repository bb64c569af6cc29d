"""Draft orders as rules see them."""

from collections.abc import Iterator
from dataclasses import replace

from cdshooks.chart.drafted import DRAFTED, PROPOSED, is_medication
from cdshooks.chart.drugs import NO_STRENGTH, Identity, directions, identify
from cdshooks.chart.ingredients import recognised
from cdshooks.chart.reasons import reasons_for
from cdshooks.chart.view import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import (
    Json,
    boolean,
    fhir_code,
    obj,
    objects,
    plain,
    reference_to,
    referred,
    string,
)
from cdshooks.rules.authoring import (
    Order,
    Origin,
    Regimen,
    read_as,
)

ORDER_HOOKS = ("order-select", "order-sign")


def drafts(view: View) -> tuple[Order, ...]:
    """Every medication order among the draft orders that this call is to assess.

    None at hooks that are not about orders, whatever their context holds. At
    order-select only what is selected is assessed; the rest is context.
    """
    if "drafts" not in view.memory:
        view.memory["drafts"] = tuple(_drafts(view)) if view.hook in ORDER_HOOKS else ()
    found: tuple[Order, ...] = view.memory["drafts"]
    return found


def _drafts(view: View) -> Iterator[Order]:
    for resource in to_assess(view):
        if is_medication(resource):
            yield read_order(resource, view)


def to_assess(view: View) -> tuple[Json, ...]:
    """The draft orders, of whatever kind, that this call is to assess."""
    return view.remembered("to assess", _to_assess)


def _to_assess(view: View) -> tuple[Json, ...]:
    return tuple(
        resource
        for full_url, resource in view.context.draft_orders
        if is_selected(view, resource, full_url) and is_live(resource, view)
    )


def drafts_of(view: View, drug: str) -> tuple[Order, ...]:
    """The drafts to assess that are of a drug or drug set, as such."""
    key = ("drafts", drug)
    if key not in view.memory:
        view.memory[key] = tuple(_drafts_of(view, drug)) if view.hook in ORDER_HOOKS else ()
    found: tuple[Order, ...] = view.memory[key]
    return found


def _drafts_of(view: View, drug: str) -> Iterator[Order]:
    for resource in to_assess(view):
        identity = recognised(view, resource, drug) if is_medication(resource) else None
        if identity is not None:
            yield as_drug(read_order(resource, view), identity)


def drugs_drafted(view: View) -> frozenset[str]:
    """The known drugs among all drafts, those beside what is assessed included."""
    drafted = [r for _, r in view.context.draft_orders if is_medication(r)]
    own = (r for r in drafted if view.index.owns(r) and not boolean(r.get("doNotPerform")))
    found = (identify(view, resource) for resource in own)
    return frozenset(identity.drug for identity in found if identity is not None)


def as_drug(order: Order, identity: Identity) -> Order:
    """An order seen as what it is of a drug or drug set."""
    return replace(
        order,
        drug=identity.drug,
        label=identity.label,
        by_name=identity.by_name,
        exact=identity.exact,
        sets=identity.sets,
        origins=tuple(replace(o, label=f"{identity.label} order") for o in order.origins),
    )


def is_selected(view: View, resource: Json, full_url: str | None = None) -> bool:
    """Whether a draft is to be assessed: all at order-sign, the selected at order-select.

    A selection is ``Type/id``; a bare id, the entry's fullUrl and an absolute or versioned
    reference are understood too.
    """
    if view.hook != "order-select":
        return True
    id = string(resource.get("id"))
    names = (id, f"{resource.get('resourceType')}/{id}")
    return any(s == full_url or referred(s) in names for s in view.context.selections)


def is_live(resource: Json, view: View) -> bool:
    """Whether an order of this patient may still be carried out.

    A proposal is nobody's order yet; it counts only where somebody selected it.
    """
    proposed = fhir_code(resource.get("intent")) in PROPOSED
    return (
        not boolean(resource.get("doNotPerform"))
        and view.index.owns(resource)
        and fhir_code(resource.get("status")) in (None, *DRAFTED)
        and (view.hook == "order-select" or not proposed)
    )


def read_order(resource: Json, view: View, *, assessed: bool = True) -> Order:
    """An order as rules see it: drug, product, directions, reasons."""
    return view.once(("order", assessed), resource, lambda: _order(resource, view, assessed))


def _order(resource: Json, view: View, assessed: bool) -> Order:
    identity = identify(view, resource)
    product = identity.product if identity else None
    strength, per = identity.strength if identity else NO_STRENGTH
    type, id = str(resource.get("resourceType")), string(resource.get("id")) or ""
    label = identity.label if identity else "medication"
    regimen = directions(resource, (strength, per), view)
    authored = when(resource.get("authoredOn") or resource.get("dateWritten"), view.zone)
    return Order(
        type=type,
        id=id,
        status=fhir_code(resource.get("status")) or "draft",
        intent=fhir_code(resource.get("intent")) or "order",
        drug=identity.drug if identity else None,
        label=label,
        by_name=bool(identity and identity.by_name),
        exact=bool(identity and identity.exact),
        conflict=identity.conflict if identity else None,
        form=product.form if product else None,
        strength=strength,
        strength_per=per,
        regimen=regimen,
        day=authored.day if authored else None,
        reasons=reasons_for(resource, view),
        version=_version(resource),
        assessed=assessed,
        replaces=replaced(resource),
        written=identity.written if identity else "",
        origins=(
            Origin(
                reference_to(type, id), f"{label} order", _directions(resource, regimen), "", None
            ),
        ),
    )


def replaced(resource: Json) -> str | None:
    """``Type/id`` of the order that this one renews or takes the place of."""
    reference = string(obj(resource.get("priorPrescription")).get("reference"))
    return None if reference is None else referred(reference)


def _version(resource: Json) -> str:
    """The FHIR version that an order is written in, as far as its elements tell."""
    if resource.get("resourceType") == "MedicationOrder":
        return "DSTU2"
    if "medication" in resource:
        return "R5"
    lines = list(objects(resource.get("dosageInstruction")))
    on_line = any("doseQuantity" in line or "doseRange" in line for line in lines)
    renamed = "context" in resource or "agent" in obj(resource.get("requester"))
    return "STU3" if on_line or renamed else "R4"


def _directions(resource: Json, regimen: Regimen) -> str:
    """The directions for the evidence line: as they were read, and as they were written."""
    read = "; then ".join(map(read_as, regimen.steps))
    lines = (plain(line.get("text"), 80) for line in objects(resource.get("dosageInstruction")))
    written = next(filter(None, lines), "")
    return f"{read}, written: {written}" if read and written else read or written
