"""One patient's chart, answering what rules declare; every answer knows its origin."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from cdshooks.chart.absent import Blank, blank_of, lay_out, may_hold
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
from cdshooks.chart.owner import Owner
from cdshooks.chart.pairs import meetings, pairs, unmet
from cdshooks.chart.papers import communicated, documented, related, tasked
from cdshooks.chart.parts import by_part
from cdshooks.chart.people import in_family, involved
from cdshooks.chart.person import call, person
from cdshooks.chart.questions import Question, bits, question
from cdshooks.chart.results import found_in
from cdshooks.chart.searches import MEDICATIONS, Search, as_prefetch, keys, plan
from cdshooks.chart.sources import Answered, Result, read_result, read_value
from cdshooks.chart.standing import agreed, enrolled, in_use, refused
from cdshooks.chart.taken import taken
from cdshooks.chart.unread import unread_drafts, unread_medications, unread_studies
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
    return answered(view, question(wanted))


def answered(view: View, asked: Question) -> object:
    """What the chart says to a question; computed once a view."""
    number, memory = asked.number, view.memory
    if number in memory:
        return memory[number]
    blank = blank_of(view)
    if blank is None:
        found = _own(view, asked)
    else:
        found = _of_blank(blank, asked)
        own = _own(view, asked) if may_hold(view, asked) else found
        if own == found:
            view.plain.add(number)
        else:
            found = own
    if getattr(found, "failed", ()) or disagrees(found):
        view.doubtful.add(number, found)
    memory[number] = found
    return found


def _of_blank(blank: Blank, asked: Question) -> object:
    """What the empty chart says, which is kept beyond the call."""
    if asked.number not in blank.answers:
        blank.answers[asked.number] = answered(blank.view, asked)
    return blank.answers[asked.number]


def _own(view: View, asked: Question) -> object:
    return _ANSWERS[type(asked.wanted)](view, asked.wanted)


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
    index = Index(knowledge.base.systems, Owner(context.patient_id))
    for result in results:
        for resource in result.resources:
            index.add(resource)
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
    "Blank",
    "Question",
    "Result",
    "Search",
    "View",
    "answer",
    "answered",
    "as_prefetch",
    "asked",
    "asks_for",
    "bits",
    "blank_of",
    "disagrees",
    "drafts",
    "drafts_of",
    "keys",
    "lay_out",
    "meetings",
    "pairs",
    "plan",
    "question",
    "read_chart",
    "read_value",
    "unmet",
    "unread_drafts",
    "unread_medications",
    "unread_studies",
]
