"""Draft orders as rules see them, and the medication that a patient already has."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from cdshooks.chart.drugs import Identity, identify
from cdshooks.chart.view import View
from cdshooks.fhir.dates import choice, period, when
from cdshooks.fhir.dosage import read_regimen
from cdshooks.fhir.elements import Json, boolean, number, obj, objects, plain, string, values
from cdshooks.rules.authoring import Entries, Entry, Medication, Order, Origin, Regimen, Step

DRAFTED = ("draft", "active", "on-hold")
"""order-sign also fires for orders that are signed again after a change."""
EARLIER_VERSIONS = {"MedicationOrder": "DSTU2"}
LONGEST_SUPPLY = 3650
"""Days; a larger supply is a typing error, and would not fit a date."""
GIVEN = ("order", "plan", "original-order", "reflex-order", "filler-order", "instance-order")


def drafts(view: View) -> tuple[Order, ...]:
    """Every medication order among the draft orders that this call is to assess.

    At order-select only what is selected is assessed; the rest is context.
    """
    if "drafts" not in view.memory:
        view.memory["drafts"] = tuple(_drafts(view))
    found: tuple[Order, ...] = view.memory["drafts"]
    return found


def _drafts(view: View) -> Iterator[Order]:
    for _, resource in view.context.draft_orders:
        if resource.get("resourceType") in ("MedicationRequest", "MedicationOrder"):
            selected = is_selected(view, resource)
            if selected and _is_live(resource, view, selected):
                yield read_order(resource, view)


def is_selected(view: View, resource: Json) -> bool:
    """Whether a draft is to be assessed: all at order-sign, the selected at order-select."""
    if view.hook != "order-select":
        return True
    id = string(resource.get("id")) or ""
    return any(
        selection in (id, f"{resource.get('resourceType')}/{id}")
        for selection in view.context.selections
    )


def _is_live(resource: Json, view: View, selected: bool) -> bool:
    if boolean(resource.get("doNotPerform")) or not view.index.owns(resource):
        return False
    if string(resource.get("status")) not in (None, *DRAFTED):
        return False
    proposed = string(resource.get("intent")) in ("proposal", "option")
    return not proposed or (selected and view.hook == "order-select")


def read_order(resource: Json, view: View, *, assessed: bool = True) -> Order:
    """An order as rules see it: drug, product, directions, reasons."""
    identity = identify(view, resource)
    product = identity.product if identity else None
    strength = product.strength if product else None
    per = product.strength_per if product else None
    type, id = str(resource.get("resourceType")), string(resource.get("id")) or ""
    label = identity.label if identity else "medication"
    regimen = read_regimen(resource, strength, per, view.zone)
    authored = when(resource.get("authoredOn") or resource.get("dateWritten"), view.zone)
    return Order(
        type=type,
        id=id,
        status=string(resource.get("status")) or "draft",
        intent=string(resource.get("intent")) or "order",
        drug=identity.drug if identity else None,
        label=label,
        by_name=bool(identity and identity.by_name),
        conflict=identity.conflict if identity else None,
        form=product.form if product else None,
        strength=strength,
        strength_per=per,
        regimen=regimen,
        day=authored.day if authored else None,
        reasons=_reasons(resource, view),
        version=EARLIER_VERSIONS.get(type, "R4"),
        assessed=assessed,
        origins=(
            Origin(f"{type}/{id}", f"{label} order", _directions(resource, regimen), "", None),
        ),
    )


def _reasons(resource: Json, view: View) -> frozenset[str]:
    """Whether a reason, note or instruction says that the order belongs to a trial."""
    trial = view.value_set("clinical-trial")
    texts: list[Any] = [note.get("text") for note in objects(resource.get("note"))]
    for concept in values(resource.get("reasonCode")):
        body = obj(concept)
        if trial.holds_any(view.index.concept(body)):
            return frozenset({"clinical-trial"})
        texts += [body.get("text"), *(c.get("display") for c in objects(body.get("coding")))]
    named = any(trial.named_in(plain(text, 300)) for text in texts)
    return frozenset({"clinical-trial"}) if named else frozenset()


def _directions(resource: Json, regimen: Regimen) -> str:
    """The directions for the evidence line: as they were read, and as they were written."""
    read = "; then ".join(_read_as(step) for step in regimen.steps)
    written = next(
        (
            t
            for line in objects(resource.get("dosageInstruction"))
            if (t := plain(line.get("text"), 80))
        ),
        "",
    )
    return f"{read}, written: {written}" if read and written else read or written


def _read_as(step: Step) -> str:
    """One step in words: what could be read of dose and frequency."""
    each = f"{amount(step.per_time)} mg" if step.per_time is not None else "dose not read"
    times = step.times_a_day
    often = f"{amount(times)} times a day" if times is not None else "frequency not read"
    return f"{each}, {often}"


def amount(value: Fraction) -> str:
    """A fraction as a short decimal number."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def medication(view: View, wanted: Medication) -> Entries:
    """What the patient has of a drug: requests, statements and dispenses of the chart."""
    drafted = {(d.get("resourceType"), d.get("id")) for _, d in view.context.draft_orders}
    found = []
    for type in ("MedicationRequest", "MedicationStatement", "MedicationDispense"):
        for record in view.index.of(type):
            if (type, record.id) in drafted and record.id:
                continue
            identity = identify(view, record.resource)
            if identity is None or identity.drug != wanted.drug:
                continue
            entry = _taken(record.resource, record.reference, identity, view)
            if entry is not None and (wanted.ended or entry.end is None):
                found.append(entry)
    covers = [view.coverage(type) for type in ("MedicationRequest",)]
    failed = tuple(key for cover in covers for key in cover.failed)
    whole = all(cover.whole for cover in covers)
    label = view.knowledge.base.products[wanted.drug].label
    return Entries(tuple(found), whole, failed, label)


def _taken(resource: Json, reference: str, identity: Identity, view: View) -> Entry | None:
    """A medication entry with its start and end; None for what was never taken."""
    type, status = str(resource.get("resourceType")), string(resource.get("status"))
    if status in ("entered-in-error", "cancelled", "draft", "not-taken", "unknown", "declined"):
        return None
    if boolean(resource.get("doNotPerform")):
        return None
    if type == "MedicationRequest" and string(resource.get("intent")) not in (None, *GIVEN):
        return None
    start, end = _span(resource, type, view)
    running = status in ("active", "intended") or type == "MedicationDispense"
    if running and end is not None and end >= view.today:
        end = None
    if not running:
        end = end or _updated(resource, view) or start
    if start is not None and start > view.today:
        return None
    return Entry(
        type=type,
        id=reference.partition("/")[2],
        label=identity.label,
        status=status or "unknown",
        start=start,
        end=end,
        certain=not identity.by_name,
        origins=(Origin(reference, identity.label, status or "", "", start),),
    )


def _span(resource: Json, type: str, view: View) -> tuple[date | None, date | None]:
    """First and last day of a request, statement or dispense, as far as recorded."""
    if type == "MedicationStatement":
        start, end = choice(resource, "effective", view.zone)
        return start.day if start else None, end.day if end else None
    if type == "MedicationDispense":
        given = when(resource.get("whenHandedOver") or resource.get("whenPrepared"), view.zone)
        supply = number(obj(resource.get("daysSupply")).get("value"))
        if given is None:
            return None, None
        last = given.day + timedelta(days=min(int(supply), LONGEST_SUPPLY)) if supply else given.day
        return given.day, last
    authored = when(resource.get("authoredOn"), view.zone)
    _, end = period(obj(resource.get("dispenseRequest")).get("validityPeriod"), view.zone)
    ended = string(resource.get("status")) not in ("active", "on-hold")
    return authored.day if authored else None, end.day if end and ended else None


def _updated(resource: Json, view: View) -> date | None:
    """Without a recorded end, a stopped order counts as ended when it was last changed."""
    updated = when(obj(resource.get("meta")).get("lastUpdated"), view.zone)
    return updated.day if updated else None
