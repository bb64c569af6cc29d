"""Answers about results that are told in words: what was tested, and what was found."""

from collections.abc import Iterator
from dataclasses import replace

from cdshooks.chart.entries import coded, entries, entry, status_of, within
from cdshooks.chart.index import Record
from cdshooks.chart.observed import USABLE, moment_of
from cdshooks.chart.view import View
from cdshooks.fhir.elements import objects, plain, texts
from cdshooks.rules.authoring import Entries, Entry, Found


def found_in(view: View, wanted: Found) -> Entries:
    """Final results of a value set, each once, with what they say among their reasons."""
    value_sets = (view.value_set(wanted.value_set),)
    resources = {id(r.resource): r for r in coded(view, ["Observation"], wanted.value_set)}
    results = [_result(record, view, wanted) for record in resources.values()]
    since = view.since(wanted.lookback)
    inside = [item for item in results if item is not None and within(item, since)]
    cover = view.coverage("Observation", value_sets, since)
    return entries(view, wanted.value_set, inside, [cover])


def _result(record: Record, view: View, wanted: Found) -> Entry | None:
    """One result; None for what is not final, says that it has no value, or is yet to come."""
    if status_of(record) not in USABLE or record.resource.get("dataAbsentReason"):
        return None
    moment, _ = moment_of(record.resource, view)
    if moment is not None and moment.day > view.horizon:
        return None
    made = entry(record, view, wanted.value_set, status="final", recorded=moment)
    if made is None:
        return None
    said = list(_said(record, view, wanted))
    parts = {name for name in wanted.parts if any(_says(c, name, view) for c in said)}
    return replace(made, reasons=made.reasons | parts)


def _said(record: Record, view: View, wanted: Found) -> Iterator[object]:
    """The code and the answer of a result, and the answers of the components that count."""
    resource = record.resource
    yield resource.get("code")
    for body in (resource, *view.parts(record, wanted.components)):
        yield body.get("valueCodeableConcept") or body.get("valueString")
    yield from objects(resource.get("interpretation"))


def _says(concept: object, name: str, view: View) -> bool:
    value_set = view.value_set(name)
    wordings = [plain(concept, 300)] if isinstance(concept, str) else texts(concept)
    codes = view.index.concept(concept) if isinstance(concept, dict) else ()
    return value_set.holds_any(codes) or any(map(value_set.named_in, wordings))
