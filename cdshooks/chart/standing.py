"""Answers about what stands until it ends: devices in use, refusals, enrolments."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from cdshooks.chart.care import is_asked_for
from cdshooks.chart.entries import (
    RUNNING,
    coded,
    entries,
    entry,
    states,
    status_of,
    status_then,
    within,
)
from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, choice, period, when
from cdshooks.fhir.elements import (
    Json,
    boolean,
    fhir_code,
    obj,
    objects,
    plain,
    referred,
    string,
    texts,
)
from cdshooks.knowledge import Code, ValueSet
from cdshooks.rules.authoring import Agreed, Enrolled, Entries, Entry, InUse, Refused

DECLINABLE = ("Procedure", "ServiceRequest", "DeviceRequest")


def in_use(view: View, wanted: InUse) -> Entries:
    """Devices that name the patient, and statements that a device is used.

    A device counts by a status that is stated: one that merely exists is in
    nobody's use.
    """
    found = []
    value_set = view.value_set(wanted.value_set)
    for record in _devices(view, wanted):
        status = status_of(record)
        if status in wanted.statuses and record.resource.get("patient"):
            found.append(entry(record, view, wanted.value_set, status=status or ""))
    for record in view.index.of("DeviceUseStatement"):
        device, codes = _device(record, view)
        if value_set.holds_any(codes) or (wanted.named and _is_named(device, value_set)):
            found.append(_use(record, view, wanted))
    cover = [view.coverage("Device"), view.coverage("DeviceUseStatement")]
    return entries(view, wanted.value_set, found, cover)


def _devices(view: View, wanted: InUse) -> Iterator[Record]:
    """The devices of the value set, by code or, where that will do, by name."""
    if not wanted.named:
        return coded(view, ("Device",), wanted.value_set)
    value_set, devices = view.value_set(wanted.value_set), view.index.of("Device")
    return (d for d in devices if value_set.holds_any(d.codes) or _is_named(d.resource, value_set))


def _is_named(device: Json, value_set: ValueSet) -> bool:
    """Whether a device goes by the wording of a value set: its type, its names, or a reference."""
    names = (name.get("name") for name in objects(device.get("deviceName")))
    said = (*texts(device.get("type")), *map(plain, names), plain(device.get("display")))
    return any(map(value_set.named_in, said))


def _device(record: Record, view: View) -> tuple[Json, tuple[Code, ...]]:
    """The device that a statement is about, with its codes: contained, or in the chart.

    Of one that is neither, the reference itself.
    """
    named = obj(record.resource.get("device"))
    reference = string(named.get("reference")) or ""
    if reference.startswith("#"):
        for inner in objects(record.resource.get("contained")):
            if inner.get("id") == reference[1:] and view.index.owns(inner):
                return inner, view.index.concept(inner.get("type"))
    device = view.index.get(reference)
    return (device.resource, device.codes) if device else (named, ())


def _use(record: Record, view: View, wanted: InUse) -> Entry | None:
    """A statement of use; one whose time is over is completed, whatever it says."""
    start, end = choice(record.resource, "timing", view.zone)
    status = status_then(status_of(record), end, "active", view)
    if status == "active" and end is not None and end.until < view.today:
        status = "completed"
    if status is None or status not in wanted.statuses:
        return None
    recorded = when(record.resource.get("recordedOn"), view.zone)
    return entry(
        record, view, wanted.value_set, status=status, start=start, end=end, recorded=recorded
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """A refusal or a consent, with the moment at which it was said."""

    entry: Entry
    at: When | None


def refused(view: View, wanted: Refused) -> Entries:
    """Standing refusals: newer than any consent to the same, and not expired."""
    value_set = view.value_set(wanted.value_set)
    consents = view.index.of("Consent")
    denied = [said for r in consents for said in _decided(r, value_set, view, "deny")]
    denied += _declined(view, wanted.value_set)
    permits = [said for r in consents for said in _decided(r, value_set, view, "permit")]
    lifted = max((said.at.start(view.zone) for said in permits if said.at), default=None)
    standing = [
        said.entry
        for said in denied
        if lifted is None or (said.at is not None and said.at.start(view.zone) > lifted)
    ]
    cover = [view.coverage(type) for type in ("Consent", *DECLINABLE)]
    return entries(view, wanted.value_set, standing, cover)


def agreed(view: View, wanted: Agreed) -> Entries:
    """Consents in force that permit something of the value set."""
    value_set, since = view.value_set(wanted.value_set), view.since(wanted.lookback)
    consents = view.index.of("Consent")
    permits = [said.entry for r in consents for said in _decided(r, value_set, view, "permit")]
    found = [permit for permit in permits if within(permit, since)]
    return entries(view, wanted.value_set, found, [view.coverage("Consent")])


def _declined(view: View, value_set: str) -> Iterator[_Said]:
    """What was to be done and was not, since the patient refused."""
    for record in coded(view, DECLINABLE, value_set):
        if not _was_dropped(record):
            continue
        start, end = choice(record.resource, "performed", view.zone)
        authored = when(record.resource.get("authoredOn"), view.zone)
        status = status_of(record) or "unknown"
        item = entry(
            record, view, value_set, status=status, start=start, end=end, recorded=authored
        )
        if item is not None and "refusal" in item.reasons:
            yield _Said(item, authored or start)


def _was_dropped(record: Record) -> bool:
    """Whether a request or procedure says that something was not, or is not to be, done.

    An order not to do it says so only while it stands.
    """
    status = status_of(record)
    if boolean(record.resource.get("doNotPerform")):
        return status in (None, "active", "on-hold", "completed", "unknown")
    return status in ("not-done", "revoked")


def _decided(record: Record, value_set: ValueSet, view: View, kind: str) -> Iterator[_Said]:
    """A consent, if what it decides on the value set is ``kind``: ``deny`` or ``permit``."""
    if status_of(record) == "active" and _decision(record.resource, value_set, view) == kind:
        said = when(record.resource.get("dateTime"), view.zone)
        item = entry(record, view, value_set.id, status=kind, recorded=said)
        if item is not None:
            yield _Said(item, said)


def _decision(resource: Json, value_set: ValueSet, view: View) -> str | None:
    """What the provisions in force say; the innermost is the exception, and so decides."""
    level = list(objects(resource.get("provision")))
    decision: str | None = None
    while level:
        valid = [p for p in level if _in_force(p, view.today, view)]
        kinds = {
            kind
            for p in valid
            if (kind := fhir_code(p.get("type"))) in ("deny", "permit")
            and any(states(code, value_set.id, view) for code in objects(p.get("code")))
        }
        decision = ("deny" if "deny" in kinds else "permit") if kinds else decision
        level = [inner for p in valid for inner in objects(p.get("provision"))]
    return decision


def _in_force(provision: Json, day: date, view: View) -> bool:
    starts, expires = period(provision.get("period"), view.zone)
    return (starts is None or starts.day <= day) and (expires is None or expires.until >= day)


ENROLMENT: dict[str, tuple[str, ...]] = {
    "EpisodeOfCare": ("active",),
    "CarePlan": ("active",),
    "ServiceRequest": ("active",),
    "Encounter": RUNNING,
    "Procedure": ("in-progress", "completed"),
}
"""Which types can enrol, and the statuses in which they do."""
UNDER_WAY = (None, "in-progress", "on-hold")
"""Statuses of a care plan's activity that was begun and not ended."""
PLANNED = (*UNDER_WAY, "not-started", "scheduled")
"""The same with one that is still to begin."""


def enrolled(view: View, wanted: Enrolled) -> Entries:
    """Open enrolments; a completed procedure is left to the state that asks."""
    value_set = view.value_set(wanted.value_set)
    records = {r.place: r for r in coded(view, ENROLMENT, wanted.value_set)}
    plans = view.index.of("CarePlan")
    records |= {r.place: r for r in plans if _plans(r, value_set, wanted.planned, view)}
    found = [_enrolment(record, view, wanted.value_set) for record in records.values()]
    return entries(view, wanted.value_set, found, [view.coverage(type) for type in ENROLMENT])


def _plans(record: Record, value_set: ValueSet, planned: bool, view: View) -> bool:
    """Whether a care plan has an activity of the value set; what is planned also in its words."""
    states = PLANNED if planned else UNDER_WAY
    details = [obj(activity.get("detail")) for activity in objects(record.resource.get("activity"))]
    codes = [
        detail.get("code")
        for detail in details
        if fhir_code(detail.get("status")) in states and not boolean(detail.get("doNotPerform"))
    ]
    return any(value_set.holds_any(view.index.concept(code)) for code in codes) or (
        planned and any(value_set.named_in(text) for code in codes for text in texts(code))
    )


def _enrolment(record: Record, view: View, value_set: str) -> Entry | None:
    """An enrolment that is open; its last day belongs to it."""
    start, end = period(record.resource.get("period"), view.zone)
    done, over = choice(record.resource, "performed", view.zone)
    end = end or over
    open_status = ENROLMENT[record.type][0]
    status = status_then(status_of(record), end, open_status, view)
    if status is None or status not in ENROLMENT[record.type] or not is_asked_for(record.resource):
        return None
    still = end is not None and end.until >= view.today and status != "completed"
    found = entry(
        record,
        view,
        value_set,
        status=status,
        start=start or done,
        end=None if still else end,
        recorded=_written(record.resource, view),
    )
    here = found is not None and _is_here(record, view)
    return replace(found, reasons=found.reasons | {HERE}) if found and here else found


def _written(resource: Json, view: View) -> When | None:
    """When a request was written, or a care plan made."""
    return when(resource.get("authoredOn") or resource.get("created"), view.zone)


HERE = "this-encounter"
"""The reason of an enrolment that belongs to the encounter of the call."""


def _is_here(record: Record, view: View) -> bool:
    encounter = view.context.encounter_id
    named = string(obj(record.resource.get("encounter")).get("reference")) or ""
    return encounter is not None and referred(named).rpartition("/")[2] == encounter
