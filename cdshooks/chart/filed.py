"""Answers about diagnostic reports on file, and about studies that the patient takes part in."""

from cdshooks.chart.entries import coded, entries, entry, status_of, within
from cdshooks.chart.index import Record
from cdshooks.chart.observed import USABLE
from cdshooks.chart.view import View
from cdshooks.fhir.dates import choice, period, when
from cdshooks.fhir.elements import Json, obj, objects, string
from cdshooks.knowledge import ValueSet
from cdshooks.rules.authoring import Entries, Filed, Studied

DONE = (*USABLE, "appended")
"""Statuses of a report that is there to be read."""
TAKES_PART = ("on-study", "on-study-intervention", "on-study-observation")
"""Statuses of somebody who is in a study now."""


def filed(view: View, wanted: Filed) -> Entries:
    """Reports of a value set, by the day of what they report."""
    since = view.since(wanted.lookback)
    found = []
    for record in coded(view, ("DiagnosticReport",), wanted.value_set):
        if status_of(record) not in DONE:
            continue
        start, end = choice(record.resource, "effective", view.zone)
        issued = when(record.resource.get("issued"), view.zone)
        item = entry(
            record,
            view,
            wanted.value_set,
            status=status_of(record) or "",
            start=start,
            end=end,
            recorded=None if start or end else issued,
        )
        if item is not None and within(item, since):
            found.append(item)
    cover = view.coverage("DiagnosticReport", since=since)
    return entries(view, wanted.value_set, found, [cover])


def studied(view: View, wanted: Studied) -> Entries:
    """Studies that the patient is in, but for those that are known to be about something else."""
    value_set = view.value_set(wanted.value_set)
    found = []
    for record in view.index.of("ResearchSubject"):
        if status_of(record) in TAKES_PART and _may_be_about(record, value_set, view):
            start, end = period(record.resource.get("period"), view.zone)
            if end is None or end.until >= view.today:
                status = status_of(record) or ""
                found.append(entry(record, view, wanted.value_set, status=status, start=start))
    return entries(view, wanted.value_set, found, [view.coverage("ResearchSubject")])


def _may_be_about(record: Record, value_set: ValueSet, view: View) -> bool:
    """Whether the focus of the study is of the value set, or cannot be read."""
    focus = view.index.concept(_study(record, view).get("focus"))
    return not focus or value_set.holds_any(focus)


def study_reference(record: Record) -> str:
    """What a participation says of its study; empty when that is nothing."""
    return string(obj(record.resource.get("study")).get("reference")) or ""


def _study(record: Record, view: View) -> Json:
    """The study itself, contained or in the chart; empty when it was not sent."""
    reference = study_reference(record)
    if reference.startswith("#"):
        contained = objects(record.resource.get("contained"))
        return next((inner for inner in contained if inner.get("id") == reference[1:]), {})
    study = view.index.get(reference)
    return study.resource if study else {}
