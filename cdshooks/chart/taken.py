"""All that a patient takes, of whatever drug: what of it could be recognised at all."""

from collections.abc import Iterator

from cdshooks.chart.drugs import identify
from cdshooks.chart.index import Record
from cdshooks.chart.ingredients import contents
from cdshooks.chart.medications import goes_on, is_draft
from cdshooks.chart.naming import naming
from cdshooks.chart.searches import MEDICATIONS
from cdshooks.chart.view import View
from cdshooks.rules.authoring import Entries, Entry, Origin, Taken, Takes

RECOGNISED = ("rxnorm", "atc", "snomed")
"""Terminologies by whose codes this service knows drugs."""


def taken(view: View, wanted: Taken) -> Takes:
    """The medication that goes on: how much of it has a drug code, and what nothing identifies.

    A drug that is listed twice under one text is one drug.
    """
    going_on = list(_going_on(view))
    uncoded = [record for record in going_on if not _is_coded(record, view)]
    coded = len(going_on) - len(uncoded)
    unknown: dict[str, Entry] = {}
    for record in uncoded:
        if not _is_named(record, view):
            label = _label(record, view)
            unknown.setdefault(label.casefold() or record.reference, _entry(record, label))
    covers = [cover for type in MEDICATIONS if (cover := view.coverage(type)).asked]
    failed = tuple(key for cover in covers for key in cover.failed)
    whole = bool(covers) and all(cover.whole for cover in covers)
    return Takes(coded, Entries(tuple(unknown.values()), whole, failed, "medication"))


def _going_on(view: View) -> Iterator[Record]:
    """What is taken, without the drafts of the call that the chart may already hold."""
    for type in MEDICATIONS:
        for record in view.index.of(type):
            if goes_on(record, view) and not is_draft(record, view):
                yield record


def _is_coded(record: Record, view: View) -> bool:
    return any(code.system in RECOGNISED for code in naming(view, record.resource).codes)


def _is_named(record: Record, view: View) -> bool:
    """Whether its name is one by which this service knows a drug or an ingredient."""
    known = identify(view, record.resource)
    return known is not None or bool(contents(view, record.resource))


def _label(record: Record, view: View) -> str:
    return next(iter(naming(view, record.resource).texts), "")


def _entry(record: Record, label: str) -> Entry:
    shown = label or "medication without a name"
    origin = Origin(record.reference, "Medication", shown, "", None)
    return Entry(record.type, record.id, shown, "active", origins=(origin,))
