"""Answers about appointments: what is booked, from today on."""

from datetime import timedelta

from cdshooks.chart.index import is_patient
from cdshooks.chart.view import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, obj, objects, string
from cdshooks.rules.authoring import Booked, Entries, Entry, Origin

STANDING = ("booked", "pending", "arrived", "checked-in")


def booked(view: View, wanted: Booked) -> Entries:
    """Appointments of the value set between today and the end of the time ahead."""
    value_set = view.value_set(wanted.value_set)
    last = view.today + timedelta(days=view.knowledge.days(wanted.within))
    found = []
    for record in view.index.coded("Appointment", [value_set]):
        start = when(record.resource.get("start"), view.zone)
        status = string(record.resource.get("status")) or "unknown"
        if start is None or status not in STANDING or not _is_for(record.resource, view):
            continue
        if not view.today <= start.day <= last:
            continue
        found.append(
            Entry(
                type="Appointment",
                id=record.id,
                label=value_set.meaning,
                status=status,
                start=start.day,
                origins=(Origin(record.reference, value_set.meaning, status, "", start.day),),
            )
        )
    cover = view.coverage("Appointment")
    return Entries(tuple(found), cover.whole, cover.failed, value_set.meaning)


def _is_for(resource: Json, view: View) -> bool:
    """Whether this patient takes part; an appointment that names no patient is theirs."""
    actors = [obj(part.get("actor")) for part in objects(resource.get("participant"))]
    named = [string(actor.get("reference")) or "" for actor in actors]
    patients = [reference for reference in named if "Patient/" in reference]
    patient_id = view.index.patient_id
    return not patients or any(is_patient(reference, patient_id) for reference in patients)
