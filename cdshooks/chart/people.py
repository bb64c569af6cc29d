"""Answers about people around the patient: who is on the care team, what runs in the family."""

from collections.abc import Iterator

from cdshooks.chart.care import ordered, visited
from cdshooks.chart.entries import entries, entry, status_of
from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.dates import period, when
from cdshooks.fhir.elements import Json, objects, values
from cdshooks.rules.authoring import Entries, Entry, InFamily, Involved, Ordered, Visited

ACTIVE = (None, "active")
ASKED = ("active", "completed")
"""Statuses of a referral that was made."""
KNOWN = (None, "completed", "partial")
"""Statuses of a relative's history that holds what was told."""


def involved(view: View, wanted: Involved) -> Entries:
    """Members of active care teams whose time has not ended, visits, and referrals."""
    members = [
        _member(record, part, view, wanted)
        for record in view.index.of("CareTeam")
        if status_of(record) in ACTIVE and _goes_on(record.resource, view)
        for part in objects(record.resource.get("participant"))
        if _goes_on(part, view) and _has_role(part, wanted.value_set, view)
    ]
    seen = visited(view, Visited(wanted.value_set, wanted.lookback))
    asked = ordered(view, Ordered(wanted.value_set, statuses=ASKED, lookback=wanted.lookback))
    own = entries(view, wanted.value_set, members, [view.coverage("CareTeam")])
    return Entries(
        items=(*own, *seen, *asked),
        whole=own.whole and seen.whole and asked.whole,
        failed=tuple(dict.fromkeys((*own.failed, *seen.failed, *asked.failed))),
        label=own.label,
    )


def _member(record: Record, part: Json, view: View, wanted: Involved) -> Entry | None:
    start, _ = period(part.get("period"), view.zone)
    return entry(record, view, wanted.value_set, status="active", start=start)


def _goes_on(body: Json, view: View) -> bool:
    _, end = period(body.get("period"), view.zone)
    return end is None or end.until >= view.today


def _has_role(part: Json, value_set: str, view: View) -> bool:
    roles = (view.index.concept(role) for role in values(part.get("role")))
    return any(view.value_set(value_set).holds_any(codes) for codes in roles)


def in_family(view: View, wanted: InFamily) -> Entries:
    """Relatives who had a condition of the value set."""
    cover = view.coverage("FamilyMemberHistory")
    return entries(view, wanted.value_set, _relatives(view, wanted), [cover])


def _relatives(view: View, wanted: InFamily) -> Iterator[Entry | None]:
    value_set = view.value_set(wanted.value_set)
    for record in view.index.of("FamilyMemberHistory"):
        had = (view.index.concept(c.get("code")) for c in objects(record.resource.get("condition")))
        if status_of(record) in KNOWN and any(value_set.holds_any(codes) for codes in had):
            told = when(record.resource.get("date"), view.zone)
            yield entry(record, view, wanted.value_set, status="told", recorded=told)
