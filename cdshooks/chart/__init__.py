"""One patient's chart, answering what rules declare; every answer knows its origin."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from cdshooks.chart.absent import is_absent, shared_answers
from cdshooks.chart.allergies import allergic
from cdshooks.chart.asked import asked, asks_for
from cdshooks.chart.bookings import booked
from cdshooks.chart.care import ordered, performed, visited
from cdshooks.chart.conditions import listed, reported
from cdshooks.chart.declined import declined
from cdshooks.chart.filed import filed, studied
from cdshooks.chart.index import Index
from cdshooks.chart.measurements import latest, series, together
from cdshooks.chart.medications import medication
from cdshooks.chart.orders import ORDER_HOOKS, drafts, drafts_of
from cdshooks.chart.pairs import meetings, pairs, unmet
from cdshooks.chart.papers import communicated, documented, related, tasked
from cdshooks.chart.parts import by_part
from cdshooks.chart.people import in_family, involved
from cdshooks.chart.person import call, person
from cdshooks.chart.results import found_in
from cdshooks.chart.searches import MEDICATIONS, Search, as_prefetch, keys, plan
from cdshooks.chart.sources import Answered, Result, read_result, read_value
from cdshooks.chart.standing import agreed, enrolled, in_use, refused
from cdshooks.chart.taken import taken
from cdshooks.chart.unread import unread_medications
from cdshooks.chart.view import View
from cdshooks.knowledge import Knowledge
from cdshooks.protocol import HookRequest
from cdshooks.rules.authoring import (
    Agreed,
    Allergic,
    Booked,
    Captured,
    Communicated,
    Declined,
    Documented,
    Enrolled,
    Filed,
    Found,
    InFamily,
    Input,
    InUse,
    Involved,
    Latest,
    Listed,
    Medication,
    Ordered,
    Patient,
    Performed,
    Reading,
    Refused,
    Related,
    Reported,
    Series,
    Studied,
    Taken,
    Tasked,
    This,
    Together,
    Visited,
)

_ANSWERS: dict[type[Input], Callable[[View, Any], object]] = {
    Latest: latest,
    Series: series,
    Together: together,
    Listed: listed,
    Reported: reported,
    Ordered: by_part(ordered),
    Performed: performed,
    Visited: visited,
    InUse: by_part(in_use),
    Refused: by_part(refused),
    Agreed: agreed,
    Involved: involved,
    InFamily: in_family,
    Enrolled: enrolled,
    Filed: filed,
    Found: found_in,
    Studied: studied,
    Medication: medication,
    Allergic: allergic,
    Declined: declined,
    Taken: taken,
    Booked: booked,
    Tasked: tasked,
    Documented: documented,
    Communicated: communicated,
    Related: related,
    Captured: lambda view, wanted: view.knowledge.captured(wanted.concept),
    Patient: lambda view, _: person(view),
    This: lambda view, _: call(view),
}


def answer(view: View, wanted: Input) -> object:
    """What the chart says to a declaration; computed once a view."""
    memory = view.memory
    if wanted in memory:
        return memory[wanted]
    found = memory[wanted] = _answered(view, wanted)
    if getattr(found, "failed", ()) or disagrees(found):
        view.doubtful[wanted] = found
    return found


def _answered(view: View, wanted: Input) -> object:
    shared = view.remembered("shared answers", shared_answers)
    if shared is None or not is_absent(view, wanted):
        return _ANSWERS[type(wanted)](view, wanted)
    if wanted not in shared:
        shared[wanted] = _ANSWERS[type(wanted)](view, wanted)
    return shared[wanted]


def disagrees(answered: object) -> bool:
    """Whether an answer holds a value with which another of the same day disagrees."""
    if isinstance(answered, Reading):
        return answered.rival is not None
    return isinstance(answered, tuple) and any(
        isinstance(r, Reading) and r.rival is not None for r in answered
    )


def read_chart(
    request: HookRequest,
    searches: tuple[Search, ...],
    knowledge: Knowledge,
    now: datetime,
    zone: tzinfo,
) -> View:
    """The chart of one call: every answered search indexed, the drafts beside it.

    ``now`` is an aware instant; days are calendar days in ``zone``.
    """
    context = request.context
    results = tuple(read_result(s, request.prefetch, context.patient_id, zone) for s in searches)
    index = Index(knowledge.base.systems, context.patient_id)
    for result in results:
        for resource in result.resources:
            index.add(resource)
    index.count_foreign(sum(not index.owns(draft) for _, draft in context.draft_orders))
    return View(
        index=index,
        results=results,
        knowledge=knowledge,
        hook=request.hook,
        context=context,
        now=now,
        today=now.astimezone(zone).date(),
        zone=zone,
    )


__all__ = [
    "MEDICATIONS",
    "ORDER_HOOKS",
    "Answered",
    "Result",
    "Search",
    "View",
    "answer",
    "as_prefetch",
    "asked",
    "asks_for",
    "disagrees",
    "drafts",
    "drafts_of",
    "keys",
    "meetings",
    "pairs",
    "plan",
    "read_chart",
    "read_value",
    "unmet",
    "unread_medications",
]
