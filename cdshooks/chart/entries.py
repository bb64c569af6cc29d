"""Answers about coded facts: problems, requests, procedures, devices, refusals, enrolments."""

from collections.abc import Iterable, Iterator
from datetime import date

from cdshooks.chart.index import Record
from cdshooks.chart.sources import Coverage
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, choice, period, when
from cdshooks.fhir.elements import Json, boolean, obj, objects, plain, string, values
from cdshooks.knowledge import Code, ValueSet
from cdshooks.rules.authoring import (
    Enrolled,
    Entries,
    Entry,
    InUse,
    Listed,
    Ordered,
    Origin,
    Performed,
    Refused,
    Reported,
    Visited,
)

ACTIVE = (None, "active", "recurrence", "relapse")
DOUBTFUL = ("provisional", "differential", "unconfirmed")
REASONS = ("refusal", "niv-intolerance", "contraindication")
"""Value sets that a stop or status reason is compared with."""


def listed(view: View, wanted: Listed) -> Entries:
    """Conditions of a value set that hold now and were not refuted."""
    since = view.since(wanted.lookback)
    found = [
        entry
        for record in view.index.coded("Condition", [view.value_set(wanted.value_set)])
        if (entry := _condition(record, view, wanted)) is not None
        if since is None or (entry.day is not None and entry.day >= since)
    ]
    return _entries(view, wanted.value_set, found, [view.coverage("Condition")])


def _condition(record: Record, view: View, wanted: Listed) -> Entry | None:
    resource = record.resource
    clinical = _first_code(resource.get("clinicalStatus"))
    verified = _first_code(resource.get("verificationStatus"))
    if verified in ("refuted", "entered-in-error"):
        return None
    if clinical not in ACTIVE and not wanted.history:
        return None
    start, _ = choice(resource, "onset", view.zone)
    ended, over = choice(resource, "abatement", view.zone)
    recorded = when(resource.get("recordedDate"), view.zone)
    return _entry(
        record,
        view,
        wanted.value_set,
        status=clinical or "active",
        start=start,
        end=over or ended,
        recorded=recorded,
        certain=verified not in DOUBTFUL,
    )


def _first_code(value: object) -> str | None:
    """The code of a CodeableConcept, also when a client sent a bare string."""
    if isinstance(value, str):
        return string(value)
    for concept in objects(value):
        for coding in objects(concept.get("coding")):
            code = string(coding.get("code"))
            if code:
                return code
    return None


def reported(view: View, wanted: Reported) -> Entries:
    """Observations whose answer to the question is yes."""
    value_set = view.value_set(wanted.value_set)
    since = view.since(wanted.lookback)
    found = []
    for record in view.index.coded("Observation", [value_set]):
        if string(record.resource.get("status")) not in ("final", "amended", "corrected"):
            continue
        if not _says_yes(record.part, view):
            continue
        start, end = choice(record.resource, "effective", view.zone)
        moment = end or start or when(record.resource.get("issued"), view.zone)
        if moment and (since is None or moment.day >= since):
            found.append(_entry(record, view, wanted.value_set, status="reported", recorded=moment))
    return _entries(
        view, wanted.value_set, found, [view.coverage("Observation", (value_set,), since)]
    )


def _says_yes(part: Json, view: View) -> bool:
    if boolean(part.get("valueBoolean")):
        return True
    answer = view.index.concept(part.get("valueCodeableConcept"))
    return view.value_set("present").holds_any(answer)


def ordered(view: View, wanted: Ordered) -> Entries:
    """Requests that stand, and the drafts of this very call."""
    value_set = view.value_set(wanted.value_set)
    since = view.since(wanted.lookback)
    found = []
    for record in _coded(view, wanted.types, value_set):
        if _counts(record.resource, wanted.statuses):
            entry = _request(record, view, wanted.value_set)
            if since is None or (entry.day is not None and entry.day >= since):
                found.append(entry)
    if wanted.drafts:
        found.extend(_drafted(view, wanted, value_set))
    cover = [view.coverage(type, since=None) for type in wanted.types]
    return _entries(view, wanted.value_set, found, cover)


def _counts(resource: Json, statuses: tuple[str, ...]) -> bool:
    return (
        string(resource.get("status")) in statuses
        and not boolean(resource.get("doNotPerform"))
        and string(resource.get("intent")) not in ("proposal", "option")
    )


def _request(record: Record, view: View, value_set: str) -> Entry:
    resource = record.resource
    authored = when(resource.get("authoredOn"), view.zone)
    start, end = choice(resource, "occurrence", view.zone)
    return _entry(
        record,
        view,
        value_set,
        status=string(resource.get("status")) or "unknown",
        start=None if authored else start,
        end=None if authored else end,
        recorded=authored,
    )


def _drafted(view: View, wanted: Ordered, value_set: ValueSet) -> Iterator[Entry]:
    for _, resource in view.context.draft_orders:
        if resource.get("resourceType") not in wanted.types:
            continue
        concept = resource.get("code") or resource.get("codeCodeableConcept")
        if value_set.holds_any(view.index.concept(concept)):
            record = Record(resource, (), resource)
            yield _entry(record, view, wanted.value_set, status="draft")


def performed(view: View, wanted: Performed) -> Entries:
    """Procedures of a value set, with their dates and whether they were in hospital."""
    since = view.since(wanted.lookback)
    found = []
    for record in _coded(view, ("Procedure",), view.value_set(wanted.value_set)):
        if string(record.resource.get("status")) not in wanted.statuses:
            continue
        start, end = choice(record.resource, "performed", view.zone)
        entry = _entry(
            record,
            view,
            wanted.value_set,
            status=string(record.resource.get("status")) or "unknown",
            start=start,
            end=end,
            in_hospital=_in_hospital(record.resource, start, view),
        )
        if since is None or (entry.day is not None and entry.day >= since):
            found.append(entry)
    return _entries(view, wanted.value_set, found, [view.coverage("Procedure")])


def _in_hospital(resource: Json, start: When | None, view: View) -> bool:
    """Whether a procedure belongs to an inpatient or emergency encounter.

    By its own reference, or else by falling inside such an encounter's period.
    """
    inpatient = view.value_set("inpatient")
    named = view.index.get(string(obj(resource.get("encounter")).get("reference")))
    if named is not None:
        return inpatient.holds_any(named.codes)
    if start is None:
        return False
    return any(
        first is not None and first.day <= start.day and (last is None or start.day <= last.day)
        for record in view.index.coded("Encounter", [inpatient])
        for first, last in [period(record.resource.get("period"), view.zone)]
        if string(record.resource.get("status")) not in ("cancelled", "planned", "entered-in-error")
    )


def visited(view: View, wanted: Visited) -> Entries:
    """Encounters of a kind that took place or are in progress."""
    since = view.since(wanted.lookback)
    found = []
    for record in _coded(view, ("Encounter",), view.value_set(wanted.value_set)):
        status = string(record.resource.get("status"))
        if status not in ("finished", "in-progress"):
            continue
        start, end = period(record.resource.get("period"), view.zone)
        entry = _entry(record, view, wanted.value_set, status=status, start=start, end=end)
        if since is None or (entry.day is not None and entry.day >= since):
            found.append(entry)
    return _entries(view, wanted.value_set, found, [view.coverage("Encounter")])


def in_use(view: View, wanted: InUse) -> Entries:
    """Devices linked to the patient and statements that they are used."""
    value_set = view.value_set(wanted.value_set)
    found = []
    for record in _coded(view, ("Device",), value_set):
        status = string(record.resource.get("status")) or "active"
        if status in wanted.statuses:
            found.append(_entry(record, view, wanted.value_set, status=status))
    for record in view.index.of("DeviceUseStatement"):
        stated = string(record.resource.get("status")) or "unknown"
        if stated in wanted.statuses and value_set.holds_any(_device_codes(record, view)):
            found.append(_use(record, view, wanted.value_set, stated))
    cover = [view.coverage("Device"), view.coverage("DeviceUseStatement")]
    return _entries(view, wanted.value_set, found, cover)


def _device_codes(record: Record, view: View) -> tuple[Code, ...]:
    reference = string(obj(record.resource.get("device")).get("reference")) or ""
    if reference.startswith("#"):
        for inner in objects(record.resource.get("contained")):
            if inner.get("id") == reference[1:]:
                return view.index.concept(inner.get("type"))
    device = view.index.get(reference)
    return device.codes if device else ()


def _use(record: Record, view: View, value_set: str, status: str) -> Entry:
    start, end = choice(record.resource, "timing", view.zone)
    recorded = when(record.resource.get("recordedOn"), view.zone)
    return _entry(record, view, value_set, status=status, start=start, end=end, recorded=recorded)


def refused(view: View, wanted: Refused) -> Entries:
    """Standing refusals: newer than any consent to the same, and not expired."""
    value_set = view.value_set(wanted.value_set)
    found = [e for r in view.index.of("Consent") for e in _denial(r, value_set, view, "deny")]
    for record in _coded(view, ("Procedure", "ServiceRequest", "DeviceRequest"), value_set):
        status = string(record.resource.get("status"))
        declined = status in ("not-done", "revoked") or boolean(record.resource.get("doNotPerform"))
        entry = _request_or_procedure(record, view, wanted.value_set)
        if declined and "refusal" in entry.reasons:
            found.append(entry)
    permits = [e for r in view.index.of("Consent") for e in _denial(r, value_set, view, "permit")]
    lifted = max((e.day for e in permits if e.day), default=None)
    standing = [e for e in found if lifted is None or (e.day is not None and e.day > lifted)]
    return _entries(view, wanted.value_set, standing, [view.coverage("Consent")])


def _request_or_procedure(record: Record, view: View, value_set: str) -> Entry:
    start, end = choice(record.resource, "performed", view.zone)
    authored = when(record.resource.get("authoredOn"), view.zone)
    status = string(record.resource.get("status")) or "unknown"
    return _entry(record, view, value_set, status=status, start=start, end=end, recorded=authored)


def _denial(record: Record, value_set: ValueSet, view: View, kind: str) -> Iterator[Entry]:
    """A consent that denies (or permits) an intervention, at any depth of provisions."""
    resource = record.resource
    if string(resource.get("status")) != "active":
        return
    pending = list(objects(resource.get("provision")))
    while pending:
        provision = pending.pop()
        pending.extend(objects(provision.get("provision")))
        _, expires = period(provision.get("period"), view.zone)
        if expires and expires.day < view.today:
            continue
        codes = view.index.concept(provision.get("code"))
        if provision.get("type") == kind and value_set.holds_any(codes):
            said = when(resource.get("dateTime"), view.zone)
            yield _entry(record, view, value_set.id, status=kind, recorded=said)
            return


ENROLMENT: dict[str, tuple[str, ...]] = {
    "EpisodeOfCare": ("active",),
    "CarePlan": ("active",),
    "ServiceRequest": ("active",),
    "Encounter": ("in-progress", "arrived", "triaged"),
    "Procedure": ("in-progress", "completed"),
}
"""Which types can enrol, and the statuses in which they do."""


def enrolled(view: View, wanted: Enrolled) -> Entries:
    """Open enrolments; a completed procedure is left to the state that asks."""
    value_set = view.value_set(wanted.value_set)
    found = []
    for type, statuses in ENROLMENT.items():
        for record in _coded(view, (type,), value_set):
            status = string(record.resource.get("status"))
            if status in statuses:
                found.append(_enrolment(record, view, wanted.value_set, status or ""))
    for record in view.index.of("CarePlan"):
        if string(record.resource.get("status")) == "active" and _plans(record, value_set, view):
            found.append(_enrolment(record, view, wanted.value_set, "active"))
    return _entries(view, wanted.value_set, found, [view.coverage(type) for type in ENROLMENT])


def _plans(record: Record, value_set: ValueSet, view: View) -> bool:
    details = (obj(a.get("detail")) for a in objects(record.resource.get("activity")))
    return any(value_set.holds_any(view.index.concept(d.get("code"))) for d in details)


def _enrolment(record: Record, view: View, value_set: str, status: str) -> Entry:
    start, end = period(record.resource.get("period"), view.zone)
    done, over = choice(record.resource, "performed", view.zone)
    authored = when(record.resource.get("authoredOn"), view.zone)
    return _entry(
        record,
        view,
        value_set,
        status=status,
        start=start or done,
        end=end or over,
        recorded=authored,
    )


def _coded(view: View, types: Iterable[str], value_set: ValueSet) -> Iterator[Record]:
    for type in types:
        yield from view.index.coded(type, [value_set])


def _entry(
    record: Record,
    view: View,
    value_set: str,
    *,
    status: str,
    start: When | None = None,
    end: When | None = None,
    recorded: When | None = None,
    in_hospital: bool = False,
    certain: bool = True,
) -> Entry:
    label = view.value_set(value_set).meaning
    days = [m.day for m in (recorded, start, end) if m]
    shown_day = max(days) if days else None
    return Entry(
        type=record.type,
        id=record.id,
        label=label,
        status=status,
        start=start.day if start else None,
        end=end.day if end else None,
        recorded=recorded.day if recorded else None,
        reasons=_reasons(record.resource, view),
        in_hospital=in_hospital,
        certain=certain,
        origins=(Origin(record.reference, label, status, "", shown_day),),
    )


def _reasons(resource: Json, view: View) -> frozenset[str]:
    """Which of the known reasons a status reason, reason or stop reason states."""
    stated = [
        concept
        for element in ("statusReason", "reasonCode", "reasonNotPerformed")
        for concept in values(resource.get(element))
    ]
    found = set()
    for name in REASONS:
        value_set = view.value_set(name)
        for concept in stated:
            body = obj(concept)
            texts = [body.get("text"), *(c.get("display") for c in objects(body.get("coding")))]
            if value_set.holds_any(view.index.concept(body)) or any(
                value_set.named_in(plain(text, 200)) for text in texts
            ):
                found.add(name)
    return frozenset(found)


def _entries(
    view: View, value_set: str, found: Iterable[Entry], covers: Iterable[Coverage]
) -> Entries:
    """What was found up to the day of the view, and whether more could exist."""
    asked = tuple(covers)
    failed = tuple(dict.fromkeys(key for c in asked for key in c.failed))
    known = tuple(e for e in found if _began(e) is None or (_began(e) or date.min) <= view.today)
    return Entries(
        items=known,
        whole=all(c.whole for c in asked),
        failed=failed,
        label=view.value_set(value_set).meaning,
    )


def _began(entry: Entry) -> date | None:
    days = [d for d in (entry.start, entry.recorded) if d]
    return min(days) if days else None
