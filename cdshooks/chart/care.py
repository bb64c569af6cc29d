"""Answers about what was asked for and what was done: requests, procedures, encounters."""

from bisect import bisect
from collections.abc import Iterator
from datetime import date, timedelta
from heapq import heappop, heappush

from cdshooks.chart.entries import (
    ENDED,
    RUNNING,
    coded,
    entries,
    entry,
    status_of,
    status_then,
    within,
    worded,
)
from cdshooks.chart.index import Record
from cdshooks.chart.naming import naming
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, choice, period, when
from cdshooks.fhir.elements import Json, boolean, fhir_code, obj, string
from cdshooks.knowledge import Code
from cdshooks.rules.authoring import Entries, Entry, Ordered, Performed, Visited

DRUGS = "MedicationRequest"
DEAD = ("entered-in-error", "revoked", "cancelled", "stopped")
"""Statuses of a draft that nobody is about to sign."""
NOT_HELD = ("cancelled", "planned", "entered-in-error")
"""Statuses of an encounter in which nobody was."""
Going = tuple[bool, int, date]
"""A hospital stay: whether it is over by today, its place in the chart, its last day."""


def ordered(view: View, wanted: Ordered) -> Entries:
    """Requests that stand, and the drafts of this very call."""
    since = view.since(wanted.lookback)
    found = [
        item
        for record in _requests(view, wanted)
        if status_of(record) in wanted.statuses and is_asked_for(record.resource)
        if (item := _request(record, view, wanted.value_set)) is not None and within(item, since)
    ]
    if wanted.drafts and not view.past:
        found.extend(_drafted(view, wanted))
    return entries(view, wanted.value_set, found, [view.coverage(type) for type in wanted.types])


def _requests(view: View, wanted: Ordered) -> Iterator[Record]:
    """Requests for something of the value set; of a drug also by the Medication referred to."""
    read = worded if wanted.named else coded
    yield from read(view, [type for type in wanted.types if type != DRUGS], wanted.value_set)
    value_set = view.value_set(wanted.value_set)
    for record in view.index.of(DRUGS) if DRUGS in wanted.types else ():
        named = naming(view, record.resource)
        if value_set.holds_any(named.codes) or any(map(value_set.named_in, named.texts)):
            yield record


def is_asked_for(resource: Json) -> bool:
    """Whether a request really asks for something: no proposal, and not for it not to be done."""
    proposed = fhir_code(resource.get("intent")) in ("proposal", "option")
    return not proposed and not boolean(resource.get("doNotPerform"))


def _request(record: Record, view: View, value_set: str) -> Entry | None:
    """A request by the day of its writing, or else of what it asks for, once that has come."""
    written = record.resource.get("authoredOn") or record.resource.get("dateTime")
    authored = when(written, view.zone)
    start, end = choice(record.resource, "occurrence", view.zone)
    planned = authored is not None or start is None or start.day > view.horizon
    return entry(
        record,
        view,
        value_set,
        status=status_of(record) or "unknown",
        start=None if planned else start,
        end=None if planned else end,
        recorded=authored,
    )


def _drafted(view: View, wanted: Ordered) -> Iterator[Entry]:
    """Drafts of this patient that ask for something of the value set."""
    value_set = view.value_set(wanted.value_set)
    for _, resource in view.context.draft_orders:
        type, id = str(resource.get("resourceType")), string(resource.get("id")) or ""
        record = Record(resource, type, id, (), resource)
        ours = type in wanted.types and view.index.owns(resource)
        if not ours or status_of(record) in DEAD or not is_asked_for(resource):
            continue
        concept = resource.get("code") or resource.get("codeCodeableConcept")
        codes = view.index.concept(concept) or view.index.codes(resource)
        if value_set.holds_any(codes):
            item = entry(record, view, wanted.value_set, status="draft")
            if item is not None:
                yield item


def performed(view: View, wanted: Performed) -> Entries:
    """Procedures of a value set, with their dates and whether they were in hospital."""
    since = view.since(wanted.lookback)
    found = []
    sought = worded if wanted.named else coded
    for record in sought(view, ("Procedure",), wanted.value_set):
        start, end = choice(record.resource, "performed", view.zone)
        status = status_then(status_of(record), end, "in-progress", view)
        stay = _stay(record.resource, start, view)
        if status == "in-progress" and _is_over(end, stay, view):
            status, end = "completed", end or (_end_of(stay, view) if stay else None)
        if status is None or status not in wanted.statuses:
            continue
        item = entry(
            record,
            view,
            wanted.value_set,
            status=status,
            start=start,
            end=end,
            in_hospital=stay is not None,
        )
        if item is not None and within(item, since):
            found.append(item)
    return entries(view, wanted.value_set, found, [view.coverage("Procedure", since=since)])


def _stay(resource: Json, start: When | None, view: View) -> Record | None:
    """The inpatient or emergency encounter that a procedure belongs to.

    By its own reference, or else by falling inside such an encounter's period, rather
    of one that goes on.
    """
    inpatient = view.value_set("inpatient")
    named = view.index.get(string(obj(resource.get("encounter")).get("reference")))
    if named is not None:
        return named if inpatient.holds_any(named.codes) else None
    if start is None:
        return None
    return _stay_on(start.day, view)


def _stay_on(day: date, view: View) -> Record | None:
    """The inpatient or emergency encounter of a day, rather one that goes on."""
    days, stays = view.remembered("stays", _stays)
    place = bisect(days, day)
    return stays[place - 1] if place else None


def _stays(view: View) -> tuple[list[date], list[Record | None]]:
    """Days on which an inpatient encounter began or was over, and which one lasted from then.

    Found in one go through all of them: a chart may hold thousands beside as many procedures.
    """
    found = view.index.coded("Encounter", [view.value_set("inpatient")])
    lasted = [(stay, span) for stay in found if (span := _span(stay, view))]
    begun: dict[date, list[Going]] = {}
    for place, (stay, (first, last)) in enumerate(lasted):
        begun.setdefault(first, []).append((_ended(stay, view), place, last))
    over = {last + timedelta(days=1) for _, (_, last) in lasted if last < date.max}
    days = sorted({*begun, *over})
    return days, [lasted[n][0] if n is not None else None for n in _preferred(days, begun)]


def _preferred(days: list[date], begun: dict[date, list[Going]]) -> Iterator[int | None]:
    """Of what goes on from each of these days, the place of the first that has not ended."""
    going_on: list[Going] = []
    for day in days:
        for one in begun.get(day, ()):
            heappush(going_on, one)
        while going_on and going_on[0][2] < day:
            heappop(going_on)
        yield going_on[0][1] if going_on else None


def _is_over(end: When | None, stay: Record | None, view: View) -> bool:
    """Whether a procedure that is said to go on ended before today: it, or its hospital stay.

    A status is often left as it was. The encounter of the call goes on.
    """
    if end is not None and end.until < view.today:
        return True
    here = view.context.encounter_id
    return stay is not None and stay.id != here and _ended(stay, view)


def _ended(stay: Record, view: View) -> bool:
    """Whether an encounter ended before today; a finished one without an end did."""
    last = _end_of(stay, view)
    return last.until < view.today if last else status_of(stay) in ENDED


def _end_of(stay: Record, view: View) -> When | None:
    return period(stay.resource.get("period"), view.zone)[1]


def _span(stay: Record, view: View) -> tuple[date, date] | None:
    """The days on which an encounter went on; a finished one without an end lasted its first."""
    status = status_of(stay)
    first, last = period(stay.resource.get("period"), view.zone)
    if first is None or status in NOT_HELD or (last and last.until < first.day):
        return None
    if last is not None:
        return first.day, last.until
    return first.day, date.max if status in RUNNING else first.day


def _visits(view: View, wanted: Visited) -> Iterator[Record]:
    """The encounters of a value set by what they were, or by what they were for."""
    value_set = view.value_set(wanted.value_set)
    for record, codes in encounters(view):
        if value_set.holds_any(codes):
            yield record


def encounters(view: View) -> list[tuple[Record, tuple[Code, ...]]]:
    """Every encounter with the codes of what it was and of what it was for."""
    return view.remembered("encounters", _with_reasons)


def _with_reasons(view: View) -> list[tuple[Record, tuple[Code, ...]]]:
    return [
        (record, (*record.codes, *view.index.concept(record.resource.get("reasonCode"))))
        for record in view.index.of("Encounter")
    ]


def visited(view: View, wanted: Visited) -> Entries:
    """Encounters of a kind, by type or reason, that took place or are in progress."""
    since = view.since(wanted.lookback)
    found = []
    for record in _visits(view, wanted):
        start, end = period(record.resource.get("period"), view.zone)
        status = status_then(status_of(record), end, "in-progress", view)
        if status is None or status not in ("finished", *RUNNING):
            continue
        item = entry(record, view, wanted.value_set, status=status, start=start, end=end)
        if item is not None and within(item, since):
            found.append(item)
    return entries(view, wanted.value_set, found, [view.coverage("Encounter", since=since)])
