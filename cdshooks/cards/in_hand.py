"""What need not be offered: an open request of the chart, or a draft of this call, asks for it.

The same is asked for by the same words, or by a code that stands for one draft template only:
a referral to physiotherapy for cramps is none for coughing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from cdshooks.chart import View
from cdshooks.chart.coded import codes_of
from cdshooks.fhir.dates import choice, when
from cdshooks.fhir.elements import Json, boolean, fhir_code, first, obj, objects, plain, string
from cdshooks.knowledge import Base, DraftFile, Systems
from cdshooks.rules.authoring import Create, Delete, Offer, on

OPEN = (
    *("draft", "active", "requested", "received", "accepted", "ready", "in-progress"),
    *("proposed", "pending", "booked", "waitlist"),
)
"""Statuses of a request, a task or an appointment that stands. One on hold does not."""
URGENT = ("urgent", "asap", "stat")
URGENT_OPEN = "open_gas_order_days"
"""What is urgent is not waited for longer than a blood gas."""
CONCEPTS = ("code", "codeCodeableConcept", "medicationCodeableConcept")
Mark = tuple[str, str, object]
"""A FHIR type, a kind of sameness, and the code or words by which two requests are the same."""


@dataclass(frozen=True, slots=True)
class InHand:
    """An open request. day: when it was written; None for a draft of this very call."""

    day: date | None
    urgent: bool = True


def open_offer(offer: Create, view: View) -> Create | Delete | None:
    """What is left of an offer: without what is asked for already; None if that is all of it."""
    beside = tuple(name for name in offer.beside if not _of(offer, name, view))
    if _of(offer, offer.draft, view):
        return Delete(offer.instead_of) if offer.instead_of else None
    return offer if beside == offer.beside else replace(offer, beside=beside)


def waited_for(offer: Offer, view: View) -> str | None:
    """What an offer would create and since when that is asked for; None if it is not."""
    if not isinstance(offer, Create):
        return None
    found = _of(offer, offer.draft, view)
    if found is None:
        return None
    since = f"open request of {on(found.day)}" if found.day else "among the drafts"
    return f"{view.knowledge.base.drafts[offer.draft].label}: {since}"


def _of(offer: Create, name: str, view: View) -> InHand | None:
    return in_hand(view, name, urgent=offer.urgent, reason=offer.reason)


def in_hand(view: View, name: str, *, urgent: bool, reason: str) -> InHand | None:
    """The open request for what a draft template asks for; an urgent one needs an urgent one."""
    file = view.knowledge.base.drafts[name]
    marks = _marks_of(view.knowledge.base, name, reason if file.for_each_reason else "")
    drafts = view.remembered("drafts in hand", _drafts)
    if not drafts.isdisjoint(marks):
        return InHand(None)
    # Of what has no priority, a request cannot say that it is urgent.
    urgent = urgent and "priority" in file.resource
    since = _since(view, file, urgent)
    charted = _charted(view, str(file.resource["resourceType"]))
    for one in (one for mark in marks for one in charted.get(mark, ())):
        if one.day and one.day >= since and (one.urgent or not urgent):
            return one
    return None


def _since(view: View, file: DraftFile, urgent: bool) -> date:
    """The first day of a request that is still waited for."""
    days = [view.since(name) for name in (file.open, URGENT_OPEN if urgent else file.open)]
    return view.today if file.open is None else max(day or view.today for day in days)


@lru_cache(maxsize=1024)
def _marks_of(base: Base, name: str, reason: str) -> frozenset[Mark]:
    """By what a request for the same as a template is known."""
    template = base.drafts[name].resource
    if base.drafts[name].for_each_reason:
        template = {**template, "reasonCode": {"text": reason}}
        return frozenset(m for m in _marks(template, base.systems) if m[1] == "words and reason")
    found = [m for m in _marks(template, base.systems) if m[1] != "words and reason"]
    return frozenset(m for m in found if m[1] == "words" or m in _own_codes(base))


@lru_cache(maxsize=4)
def _own_codes(base: Base) -> frozenset[Mark]:
    """The marks that stand for one wording only among the draft templates."""
    said: dict[Mark, set[frozenset[str]]] = {}
    for file in base.drafts.values():
        words = frozenset(_wording(file.resource))
        for mark in _marks(file.resource, base.systems):
            said.setdefault(mark, set()).add(words)
    return frozenset(mark for mark, wordings in said.items() if len(wordings) == 1)


def _marks(resource: Json, systems: Systems) -> Iterator[Mark]:
    """By its words, by its words with its reason, and by its codes."""
    type = str(resource.get("resourceType"))
    reason = plain(first(resource.get("reasonCode")).get("text"), 300).casefold()
    for words in _wording(resource):
        yield type, "words", words
        yield type, "words and reason", (words, reason)
    for code in codes_of(list(_concepts(resource)), systems):
        yield type, "code", code


def _concepts(resource: Json) -> Iterator[Json]:
    """The concepts that say what is asked for."""
    for element in CONCEPTS:
        yield from objects(resource.get(element))
    yield from objects(obj(resource.get("oralDiet")).get("type"))
    for supplement in objects(resource.get("supplement")):
        yield from objects(supplement.get("type"))


def _wording(resource: Json) -> Iterator[str]:
    """What is asked for in words: by a concept, by what is to be told, or of an appointment."""
    told = [concept.get("text") for concept in _concepts(resource)]
    told += [payload.get("contentString") for payload in objects(resource.get("payload"))]
    if resource.get("resourceType") == "Appointment":
        told.append(resource.get("description"))
    for one in told:
        if words := plain(one, 300).casefold():
            yield words


def _drafts(view: View) -> frozenset[Mark]:
    """What the drafts of this call ask for, and the appointments that it makes."""
    made = [resource for _, resource in view.context.draft_orders]
    open = [r for r in (*made, *view.context.appointments) if _stands(r) and view.index.owns(r)]
    return frozenset(mark for one in open for mark in _marks(one, view.knowledge.base.systems))


def _charted(view: View, type: str) -> dict[Mark, list[InHand]]:
    """The open requests of a type, by everything that they are known by."""

    def made(view: View) -> dict[Mark, list[InHand]]:
        found: dict[Mark, list[InHand]] = {}
        for record in view.index.of(type):
            if _stands(record.resource) and not _is_past(record.resource, view):
                one = InHand(_day(record.resource, view), _is_urgent(record.resource))
                for mark in _marks(record.resource, view.knowledge.base.systems):
                    found.setdefault(mark, []).append(one)
        return found

    return view.remembered(f"in hand {type}", made)


def _stands(resource: Json) -> bool:
    return fhir_code(resource.get("status")) in OPEN and not boolean(resource.get("doNotPerform"))


def _is_past(resource: Json, view: View) -> bool:
    """Whether it is an appointment that has been."""
    start = when(resource.get("start"), view.zone)
    return start is not None and start.day < view.today


def _day(resource: Json, view: View) -> date | None:
    written = [resource.get(element) for element in ("authoredOn", "dateTime", "created")]
    moment = when(next(filter(None, written), None), view.zone)
    moment = moment or choice(resource, "occurrence", view.zone)[0]
    return moment.day if moment else None


def _is_urgent(resource: Json) -> bool:
    return string(resource.get("priority")) in URGENT
