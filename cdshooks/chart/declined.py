"""Answers about a drug that the patient or a clinician decided against."""

from collections.abc import Iterator

from cdshooks.chart.drugs import identify
from cdshooks.chart.index import Record
from cdshooks.chart.searches import MEDICATIONS
from cdshooks.chart.view import View
from cdshooks.fhir.dates import period, when
from cdshooks.fhir.elements import Json, boolean, fhir_code, objects, plain, texts, values
from cdshooks.rules.authoring import Declined, Entries, Entry, Origin

ENDED = ("stopped", "cancelled", "on-hold", "not-taken", "declined")
"""Statuses beside which a reason says why the drug is not given."""
DECIDED = (None, "active")
"""Statuses of a consent that stands."""


def declined(view: View, wanted: Declined) -> Entries:
    """Consents that deny the drug, orders that forbid it, and ends with a reason."""
    found = [_entry(r, view, "refused") for r in _denials(view, wanted.drug)]
    for type in MEDICATIONS:
        for record in view.index.of(type):
            if _is_declined(record.resource) and _is_drug(view, record.resource, wanted.drug):
                found.append(_entry(record, view, _reason(record.resource)))
    covers = [cover for t in ("Consent", *MEDICATIONS) if (cover := view.coverage(t)).asked]
    failed = tuple(key for cover in covers for key in cover.failed)
    label = f"{view.knowledge.base.products[wanted.drug].label} declined or stopped"
    return Entries(tuple(found), all(cover.whole for cover in covers), failed, label)


def _denials(view: View, drug: str) -> Iterator[Record]:
    for record in view.index.of("Consent"):
        decided = fhir_code(record.resource.get("status")) in DECIDED
        if decided and any(
            _is_drug(view, {"medicationCodeableConcept": concept}, drug)
            for provision in _provisions(record.resource)
            if fhir_code(provision.get("type")) == "deny" and _in_force(provision, view)
            for concept in objects(provision.get("code"))
        ):
            yield record


def _provisions(consent: Json) -> Iterator[Json]:
    """The provision of a consent and those inside it."""
    pending = list(objects(consent.get("provision")))
    while pending:
        provision = pending.pop()
        yield provision
        pending += objects(provision.get("provision"))


def _in_force(provision: Json, view: View) -> bool:
    _, expires = period(provision.get("period"), view.zone)
    return expires is None or expires.until >= view.today


def _is_drug(view: View, order: Json, drug: str) -> bool:
    identity = identify(view, order)
    return identity is not None and identity.drug == drug


def _is_declined(resource: Json) -> bool:
    status = fhir_code(resource.get("status"))
    if status == "entered-in-error":
        return False
    return boolean(resource.get("doNotPerform")) or (status in ENDED and bool(_reason(resource)))


def _reason(resource: Json) -> str:
    """Why an order or statement is not active any more, as far as it was written down."""
    for reason in values(resource.get("statusReason")):
        codes = (coding.get("code") for c in objects(reason) for coding in objects(c.get("coding")))
        said = [plain(reason), *texts(reason), *(plain(code) for code in codes)]
        if any(said):
            return next(filter(None, said))
    return ""


def _entry(record: Record, view: View, reason: str) -> Entry:
    resource = record.resource
    said = when(resource.get("dateTime") or resource.get("authoredOn"), view.zone)
    day = said.day if said else None
    label = reason or "not to be given"
    return Entry(
        type=record.type,
        id=record.id,
        label=label,
        status=fhir_code(resource.get("status")) or "",
        recorded=day,
        origins=(Origin(record.reference, "Decided against", label, "", day),),
    )
