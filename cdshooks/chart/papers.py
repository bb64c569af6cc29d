"""Answers about tasks, documents and messages, and about the people around the patient."""

from cdshooks.chart.entries import (
    ENDED,
    coded,
    entries,
    entry,
    status_of,
    status_then,
    within,
    worded,
)
from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.dates import period, when
from cdshooks.fhir.elements import boolean, fhir_code, objects, plain
from cdshooks.rules.authoring import (
    Communicated,
    Documented,
    Entries,
    Entry,
    Origin,
    Related,
    Tasked,
)

OVER = (*ENDED, "cancelled", "entered-in-error")
"""Statuses of a task on which nobody works any more."""
SENT = ("preparation", "in-progress", "on-hold", "completed")
"""Statuses of a communication that took place or is to."""
NOBODY = "next of kin"
"""What somebody is called whose relationship was not written down."""


def tasked(view: View, wanted: Tasked) -> Entries:
    """Tasks by the day of their writing; those that are over, by the day of their last change."""
    since = view.since(wanted.lookback)
    found = []
    for record in worded(view, ("Task",), wanted.value_set):
        changed = when(record.resource.get("lastModified"), view.zone)
        over = changed if status_of(record) in OVER else None
        status = status_then(status_of(record), over, "in-progress", view)
        if status is None or status not in wanted.statuses:
            continue
        written = when(record.resource.get("authoredOn"), view.zone)
        item = entry(
            record, view, wanted.value_set, status=status, end=over, recorded=written or changed
        )
        if item is not None and within(item, since):
            found.append(item)
    return entries(view, wanted.value_set, found, [view.coverage("Task")])


def documented(view: View, wanted: Documented) -> Entries:
    """Documents that were not superseded, by their date; a consent in force by its category."""
    since = view.since(wanted.lookback)
    found = []
    for record in coded(view, ("DocumentReference",), wanted.value_set):
        drafted = fhir_code(record.resource.get("docStatus")) in ("preliminary", "entered-in-error")
        if status_of(record) != "current" or drafted:
            continue
        written = when(record.resource.get("date"), view.zone)
        item = entry(record, view, wanted.value_set, status="current", recorded=written)
        if item is not None and within(item, since):
            found.append(item)
    found += _consents(view, wanted)
    covers = [view.coverage("DocumentReference"), view.coverage("Consent")]
    return entries(view, wanted.value_set, found, covers)


def _consents(view: View, wanted: Documented) -> list[Entry]:
    """Consents that are a document of the value set, whatever they decide."""
    value_set, since = view.value_set(wanted.value_set), view.since(wanted.lookback)
    found = []
    for record in view.index.of("Consent"):
        category = view.index.concept(record.resource.get("category"))
        if status_of(record) == "active" and value_set.holds_any(category):
            written = when(record.resource.get("dateTime"), view.zone)
            item = entry(record, view, wanted.value_set, status="active", recorded=written)
            if item is not None and within(item, since):
                found.append(item)
    return found


def communicated(view: View, wanted: Communicated) -> Entries:
    """Messages and talks that took place or are on their way."""
    since = view.since(wanted.lookback)
    found = []
    for record in coded(view, ("Communication",), wanted.value_set):
        status = status_of(record)
        if status is None or status not in SENT:
            continue
        sent = when(record.resource.get("sent") or record.resource.get("received"), view.zone)
        item = entry(record, view, wanted.value_set, status=status, recorded=sent)
        if item is not None and within(item, since):
            found.append(item)
    return entries(view, wanted.value_set, found, [view.coverage("Communication")])


def related(view: View, wanted: Related) -> Entries:
    """People on record who are not marked as former, each by their relationship."""
    name = wanted.value_set
    value_set = view.value_set(name) if name else None
    found = [
        _person(record, value_set.meaning.lower() if value_set else NOBODY)
        for record in view.index.of("RelatedPerson")
        if (value_set is None or value_set.holds_any(record.codes)) and _is_current(record, view)
    ]
    cover = view.coverage("RelatedPerson")
    label = value_set.meaning if value_set else "people around the patient"
    return Entries(tuple(found), cover.whole, cover.failed, label)


def _is_current(record: Record, view: View) -> bool:
    _, end = period(record.resource.get("period"), view.zone)
    over = end is not None and end.until < view.today
    return boolean(record.resource.get("active")) is not False and not over


def _person(record: Record, otherwise: str) -> Entry:
    label = _relationship(record) or otherwise
    origin = Origin(record.reference, label, "on record", "", None)
    return Entry("RelatedPerson", record.id, label, "active", origins=(origin,))


def _relationship(record: Record) -> str | None:
    """The relationship as it was written down; no name is read."""
    for concept in objects(record.resource.get("relationship")):
        said = (concept.get("text"), *(c.get("display") for c in objects(concept.get("coding"))))
        for text in said:
            if isinstance(text, str) and text.strip():
                return plain(text, 40)
    return None
