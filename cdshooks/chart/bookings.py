"""Answers about appointments: what is booked, from today on."""

from collections.abc import Iterator
from datetime import timedelta

from cdshooks.chart.owner import is_patient
from cdshooks.chart.view import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, fhir_code, obj, objects, reference_to, string
from cdshooks.knowledge import ValueSet
from cdshooks.rules.authoring import Booked, Entries, Entry, Origin

STANDING = ("booked", "pending", "arrived", "checked-in")
MAKING = ("proposed", *STANDING)
"""Statuses of an appointment that this very call is about."""


def booked(view: View, wanted: Booked) -> Entries:
    """Appointments of the value set between today and the end of the time ahead."""
    value_set = view.value_set(wanted.value_set)
    last = view.today + timedelta(days=view.knowledge.days(wanted.within))
    chart = (record.resource for record in view.index.coded("Appointment", [value_set]))
    made = (entry for resource in chart if (entry := _entry(resource, STANDING, value_set, view)))
    making = _making(view, value_set)
    found = [e for e in (*making, *made) if e.start and view.today <= e.start <= last]
    cover = view.coverage("Appointment")
    return Entries(tuple(found), cover.whole, cover.failed, value_set.meaning)


def _making(view: View, value_set: ValueSet) -> Iterator[Entry]:
    """The appointments of this call: what they are for is being arranged."""
    for resource in view.context.appointments:
        if value_set.holds_any(view.index.concept(resource.get("serviceType"))):
            entry = _entry(resource, MAKING, value_set, view)
            if entry is not None:
                yield entry


def _entry(
    resource: Json, statuses: tuple[str, ...], value_set: ValueSet, view: View
) -> Entry | None:
    start = when(resource.get("start"), view.zone)
    status = fhir_code(resource.get("status")) or "unknown"
    if start is None or status not in statuses or not _is_for(resource, view):
        return None
    id = string(resource.get("id")) or ""
    reference = reference_to("Appointment", id)
    origin = Origin(reference, value_set.meaning, status, "", start.day)
    return Entry("Appointment", id, value_set.meaning, status, start.day, origins=(origin,))


def _is_for(resource: Json, view: View) -> bool:
    """Whether this patient takes part; an appointment that names no patient is theirs."""
    actors = [obj(part.get("actor")) for part in objects(resource.get("participant"))]
    named = [string(actor.get("reference")) or "" for actor in actors]
    patients = [reference for reference in named if "Patient/" in reference]
    patient_id = view.index.owner.patient_id
    return not patients or any(is_patient(reference, patient_id) for reference in patients)
