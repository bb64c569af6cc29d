"""Draft orders as rules see them, and the medication that a patient already has."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

from cdshooks.chart.drafted import DRAFTED, PROPOSED, drafted, is_medication
from cdshooks.chart.drugs import NO_STRENGTH, Identity, identify
from cdshooks.chart.entries import reasons_of
from cdshooks.chart.index import Record
from cdshooks.chart.ingredients import recognised, recognised_in
from cdshooks.chart.unread import unread
from cdshooks.chart.view import View
from cdshooks.fhir.dates import choice, period, when
from cdshooks.fhir.dosage import read_regimen
from cdshooks.fhir.elements import (
    Json,
    boolean,
    number,
    obj,
    objects,
    plain,
    string,
    texts,
    values,
)
from cdshooks.fhir.manner import as_needed, via_tube
from cdshooks.knowledge import ValueSet
from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Medication,
    Order,
    Origin,
    Regimen,
    read_as,
)

ORDER_HOOKS = ("order-select", "order-sign")
LONGEST_SUPPLY = 3650
"""Days; a larger supply is a typing error, and would not fit a date."""
GIVEN = ("order", "plan", "original-order", "reflex-order", "filler-order", "instance-order")
TRIAL = "clinical-trial"
REASONS = (TRIAL, "breathlessness-reason", "malaria", "saliva-reason")
"""Value sets of the reasons that rules about drugs ask for."""
MEDICATIONS = ("MedicationRequest", "MedicationStatement", "MedicationDispense")
NEVER = ("entered-in-error", "cancelled", "draft", "not-taken", "intended", "unknown", "declined")
"""Statuses of what was never taken, or of which nobody knows."""


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
    for full_url, resource in view.context.draft_orders:
        if not is_medication(resource):
            continue
        if is_selected(view, resource, full_url) and is_live(resource, view):
            yield read_order(resource, view)


def drafts_of(view: View, drug: str) -> tuple[Order, ...]:
    """The drafts to assess that are of a drug or drug set, as such."""
    key = ("drafts", drug)
    if key not in view.memory:
        assessed = view.hook in ORDER_HOOKS
        view.memory[key] = tuple(_drafts_of(view, drug)) if assessed else ()
    found: tuple[Order, ...] = view.memory[key]
    return found


def _drafts_of(view: View, drug: str) -> Iterator[Order]:
    for full_url, resource in view.context.draft_orders:
        if is_medication(resource) and is_selected(view, resource, full_url):
            identity = recognised(view, resource, drug)
            if identity is not None and is_live(resource, view):
                yield as_drug(read_order(resource, view), identity)


def drugs_drafted(view: View) -> frozenset[str]:
    """The known drugs among all drafts, those beside what is assessed included."""
    drafted = [r for _, r in view.context.draft_orders if is_medication(r)]
    found = (identify(view, resource) for resource in drafted)
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

    A selection is ``Type/id``; a bare id and the entry's fullUrl are understood too.
    """
    if view.hook != "order-select":
        return True
    id = string(resource.get("id"))
    names = (full_url, id, f"{resource.get('resourceType')}/{id}")
    return any(selection in names for selection in view.context.selections)


def is_live(resource: Json, view: View) -> bool:
    """Whether an order of this patient may still be carried out.

    A proposal is nobody's order yet; it counts only where somebody selected it.
    """
    proposed = string(resource.get("intent")) in PROPOSED
    return (
        not boolean(resource.get("doNotPerform"))
        and view.index.owns(resource)
        and string(resource.get("status")) in (None, *DRAFTED)
        and (view.hook == "order-select" or not proposed)
    )


def read_order(resource: Json, view: View, *, assessed: bool = True) -> Order:
    """An order as rules see it: drug, product, directions, reasons."""
    identity = identify(view, resource)
    product = identity.product if identity else None
    strength, per = identity.strength if identity else NO_STRENGTH
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
        exact=bool(identity and identity.exact),
        conflict=_conflict(identity, view),
        form=product.form if product else None,
        strength=strength,
        strength_per=per,
        regimen=regimen,
        day=authored.day if authored else None,
        reasons=reasons_for(resource, view),
        version=_version(resource),
        assessed=assessed,
        replaces=_replaced(resource),
        written=identity.written if identity else "",
        origins=(
            Origin(f"{type}/{id}", f"{label} order", _directions(resource, regimen), "", None),
        ),
    )


def _conflict(identity: Identity | None, view: View) -> str | None:
    """The label of the drug that an order names beside the one that it is coded as."""
    other = identity.conflict if identity else None
    return view.knowledge.base.products[other].label if other else None


def _replaced(resource: Json) -> str | None:
    """``Type/id`` of the order that this one renews or takes the place of."""
    reference = string(obj(resource.get("priorPrescription")).get("reference"))
    if reference is None:
        return None
    return "/".join(reference.partition("/_history/")[0].split("/")[-2:])


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


def reasons_for(resource: Json, view: View) -> frozenset[str]:
    """Which of the known reasons an order states, and whether it is for ALS or something else.

    That it is part of a trial its notes may tell too.
    """
    concepts = [*_reason_concepts(resource), *_referenced_reasons(resource, view)]
    said = [text for concept in concepts for text in texts(concept)]
    noted = [plain(obj(note).get("text", note), 300) for note in values(resource.get("note"))]
    known = {
        name
        for name in REASONS
        if any(_is_reason(concept, view.value_set(name), view) for concept in concepts)
        or any(map(view.value_set(name).named_in, said + noted * (name == TRIAL)))
    }
    return frozenset(known | {_purpose(concept, view) for concept in concepts} - {TRIAL})


def _purpose(concept: Json, view: View) -> str:
    """Whether a reason is a trial, ALS, or something else."""
    if _is_reason(concept, view.value_set(TRIAL), view):
        return TRIAL
    return "als" if _is_reason(concept, view.value_set("als-reason"), view) else "other"


def _is_reason(concept: Json, value_set: ValueSet, view: View) -> bool:
    """Whether a reason is of a value set, by a code or by its wording."""
    coded = value_set.holds_any(view.index.concept(concept))
    return coded or any(map(value_set.named_in, texts(concept)))


def _referenced_reasons(resource: Json, view: View) -> Iterator[Json]:
    """What the conditions say that an order gives as its reason."""
    for reference in objects(resource.get("reasonReference")):
        record = view.index.get(string(reference.get("reference")) or "")
        if record and record.type == "Condition":
            yield from objects(record.resource.get("code"))


def _reason_concepts(resource: Json) -> Iterator[Json]:
    """Reasons under the names of R4 and STU3, of DSTU2, and of R5."""
    yield from objects(resource.get("reasonCode"))
    yield from objects(resource.get("reasonCodeableConcept"))
    for reason in objects(resource.get("reason")):
        yield from objects(reason.get("concept"))


def _directions(resource: Json, regimen: Regimen) -> str:
    """The directions for the evidence line: as they were read, and as they were written."""
    read = "; then ".join(map(read_as, regimen.steps))
    lines = (plain(line.get("text"), 80) for line in objects(resource.get("dosageInstruction")))
    written = next(filter(None, lines), "")
    return f"{read}, written: {written}" if read and written else read or written


def medication(view: View, wanted: Medication) -> Entries:
    """What the patient has of a drug: requests, statements and dispenses of the chart.

    The draft itself, if the chart already holds it, is no history. Absence is
    claimed only if every search for medication that was planned was read whole.
    """
    found = []
    for type in MEDICATIONS:
        for record in view.index.of(type):
            if is_draft(record, view):
                continue
            identity = recognised_in(view, record, wanted.drug)
            if identity is None:
                continue
            entry = _taken(record.resource, record.reference, identity, view)
            if wanted.planned and string(record.resource.get("status")) == "draft":
                entry = _planned(record, identity)
            if entry is not None and (wanted.ended or entry.end is None):
                found.append(entry)
    if wanted.drafted:
        found += drafted(view, wanted.drug)
    covers = [view.coverage(type) for type in MEDICATIONS]
    asked = [cover for cover in covers if cover.asked]
    unnamed = _unnamed(view)
    failed = tuple(dict.fromkeys([*(key for cover in asked for key in cover.failed), *unnamed]))
    whole = covers[0].asked and all(cover.whole for cover in asked) and not unnamed
    label = view.knowledge.base.drugs[wanted.drug]
    return Entries(tuple(found), whole, failed, label)


def _unnamed(view: View) -> tuple[str, ...]:
    """Keys of searches that answered with a drug which only an unread Medication names."""
    if "unnamed" not in view.memory:
        view.memory["unnamed"] = tuple(
            result.search.key
            for result in view.results
            if result.search.type in MEDICATIONS
            and any(_is_unnamed(record, view) for record in view.index.of(result.search.type))
        )
    keys: tuple[str, ...] = view.memory["unnamed"]
    return keys


def _is_unnamed(record: Record, view: View) -> bool:
    status = string(record.resource.get("status")) or ""
    return (
        unread(view, record.resource) is not None
        and _was_taken(record.resource, record.type, status, view)
        and not is_draft(record, view)
        and identify(view, record.resource) is None
    )


def is_draft(record: Record, view: View) -> bool:
    """Whether the chart already holds what the call drafts."""
    if "drafted" not in view.memory:
        drafts = [draft for _, draft in view.context.draft_orders]
        named = ((string(d.get("resourceType")), string(d.get("id"))) for d in drafts)
        view.memory["drafted"] = frozenset(named)
    return bool(record.id) and (record.type, record.id) in view.memory["drafted"]


def _planned(record: Record, identity: Identity) -> Entry:
    """A draft, of the chart or of this call."""
    origin = Origin(record.reference, identity.label, "draft", "", None)
    return Entry(record.type, record.id, identity.label, "draft", origins=(origin,))


def goes_on(record: Record, view: View) -> bool:
    """Whether a request, statement or dispense, of whatever drug, is what the patient takes."""
    entry = _taken(record.resource, record.reference, Identity("", "", None), view)
    return entry is not None and entry.end is None


def _taken(resource: Json, reference: str, identity: Identity, view: View) -> Entry | None:
    """A medication entry with its start and end; None for what was never taken.

    Also None for what is over at an unknown time: it says nothing about any day.
    """
    type, status = str(resource.get("resourceType")), string(resource.get("status")) or ""
    if not _was_taken(resource, type, status, view):
        return None
    start, end = _span(resource, type, view)
    if start is not None and start > view.today:
        return None
    running = status == "active" or type == "MedicationDispense"
    if end is not None and end >= view.today:
        end = None
    if not running:
        end = end or _changed(resource, view) or start
        if end is None:
            return None
    return Entry(
        type=type,
        id=reference.partition("/")[2],
        label=identity.label,
        status=status,
        start=start,
        end=end,
        reasons=reasons_of(resource, view) | (AS_NEEDED if _when_needed(resource) else frozenset()),
        certain=not identity.by_name,
        exact=identity.exact,
        sets=identity.sets,
        form=identity.product.form if identity.product else None,
        via_tube=any(map(via_tube, objects(resource.get("dosageInstruction")))),
        mg_a_day=_a_day(resource, identity, view),
        origins=(Origin(reference, identity.label, status, "", start),),
    )


def _a_day(resource: Json, identity: Identity, view: View) -> Fraction | None:
    steps = read_regimen(resource, *identity.strength, view.zone).steps
    return steps[0].a_day if len(steps) == 1 else None


AS_NEEDED = frozenset({"as-needed"})
"""The reason of an entry that is there for when it is needed."""


def _when_needed(resource: Json) -> bool:
    dosages = (*objects(resource.get("dosageInstruction")), *objects(resource.get("dosage")))
    return any(map(as_needed, dosages))


def _was_taken(resource: Json, type: str, status: str, view: View) -> bool:
    """Whether an entry is about a drug that is or was really taken."""
    if status in NEVER or boolean(resource.get("doNotPerform")):
        return False
    if type == "MedicationDispense":
        return status == "completed" and _handed_over(resource, view) is not None
    if type == "MedicationStatement":
        return string(resource.get("taken")) not in ("n", "unk", "na")
    return string(resource.get("intent")) in (None, *GIVEN)


def _handed_over(resource: Json, view: View) -> date | None:
    moment = when(resource.get("whenHandedOver") or resource.get("whenPrepared"), view.zone)
    return moment.day if moment else None


def _span(resource: Json, type: str, view: View) -> tuple[date | None, date | None]:
    """First and last day of a request, statement or dispense, as far as recorded."""
    if type == "MedicationStatement":
        start, end = choice(resource, "effective", view.zone)
        return start.day if start else None, end.day if end else None
    if type == "MedicationDispense":
        return _supplied(resource, view)
    authored = when(resource.get("authoredOn"), view.zone)
    _, end = period(obj(resource.get("dispenseRequest")).get("validityPeriod"), view.zone)
    over = string(resource.get("status")) not in ("active", "on-hold")
    return authored.day if authored else None, end.day if end and over else None


def _supplied(resource: Json, view: View) -> tuple[date | None, date | None]:
    """The day of a dispense and the last day of its supply; of one day if that is unknown."""
    given = _handed_over(resource, view)
    if given is None:
        return None, None
    supply = number(obj(resource.get("daysSupply")).get("value")) or 0
    last = given.toordinal() + max(0, min(int(supply), LONGEST_SUPPLY))
    return given, date.fromordinal(min(last, date.max.toordinal()))


def _changed(resource: Json, view: View) -> date | None:
    """Without a recorded end, a stopped order counts as ended when it was last changed."""
    stamps = (resource.get("statusChanged"), obj(resource.get("meta")).get("lastUpdated"))
    days = (when(stamp, view.zone) for stamp in stamps)
    return next((moment.day for moment in days if moment is not None), None)
