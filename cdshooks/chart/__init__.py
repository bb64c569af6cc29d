"""One patient's chart, answering what rules declare; every answer knows its origin."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from cdshooks.chart.entries import (
    enrolled,
    in_use,
    listed,
    ordered,
    performed,
    refused,
    reported,
    visited,
)
from cdshooks.chart.index import Index
from cdshooks.chart.measurements import latest, series, together
from cdshooks.chart.orders import drafts, medication
from cdshooks.chart.pairs import pairs
from cdshooks.chart.person import call, person
from cdshooks.chart.searches import MEDICATIONS, Search, as_prefetch, plan
from cdshooks.chart.sources import Answered, Result, read_result
from cdshooks.chart.view import View
from cdshooks.knowledge import Knowledge
from cdshooks.protocol import HookRequest
from cdshooks.rules.authoring import (
    Enrolled,
    Input,
    InUse,
    Latest,
    Listed,
    Medication,
    Ordered,
    Patient,
    Performed,
    Refused,
    Reported,
    Series,
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
    Ordered: ordered,
    Performed: performed,
    Visited: visited,
    InUse: in_use,
    Refused: refused,
    Enrolled: enrolled,
    Medication: medication,
    Patient: lambda view, _: person(view),
    This: lambda view, _: call(view),
}


def answer(view: View, wanted: Input) -> object:
    """What the chart says to a declaration; computed once a view."""
    if wanted not in view.memory:
        view.memory[wanted] = _ANSWERS[type(wanted)](view, wanted)
    return view.memory[wanted]


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
    results = tuple(read_result(search, request.prefetch, zone) for search in searches)
    index = Index(knowledge.base.systems, request.context.patient_id)
    for result in results:
        for resource in result.resources:
            index.add(resource)
    return View(
        index=index,
        results=results,
        knowledge=knowledge,
        hook=request.hook,
        context=request.context,
        now=now,
        today=now.astimezone(zone).date(),
        zone=zone,
    )


__all__ = [
    "MEDICATIONS",
    "Answered",
    "Result",
    "Search",
    "View",
    "answer",
    "as_prefetch",
    "drafts",
    "pairs",
    "plan",
    "read_chart",
]
