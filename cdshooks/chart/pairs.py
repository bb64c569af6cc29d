"""What a draft meets: another draft, what is taken, or what has ended."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cdshooks.chart.drafted import DRAFTED, PROPOSED, is_medication
from cdshooks.chart.ingredients import recognised
from cdshooks.chart.medications import medication
from cdshooks.chart.orders import (
    ORDER_HOOKS,
    as_drug,
    drafts_of,
    read_order,
    replaced,
    to_assess,
)
from cdshooks.chart.view import View
from cdshooks.fhir.elements import Json, boolean, fhir_code, string
from cdshooks.rules.authoring import Entry, Medication, Meeting, Meets, Order

STOPPED = ("stopped", "cancelled", "completed")
"""Statuses with which a call signs that an order is over."""


def pairs(view: View, one: str, other: str) -> Iterator[tuple[Order, Order]]:
    """Each unordered pair of different orders of two drugs with a draft to assess, once."""
    seen: set[frozenset[str]] = set()
    partners = orders(view, other)
    assessed = tuple(order for order in partners if order.assessed)
    for first in orders(view, one):
        # Not all with all: a chart may hold thousands of orders beside a few drafts.
        for second in partners if first.assessed else assessed:
            both = frozenset({first.reference, second.reference})
            if len(both) == 2 and both not in seen:
                seen.add(both)
                yield first, second


def meetings(view: View, wanted: Meets) -> Iterator[Meeting]:
    """One meeting for each draft to assess that meets something, the first draft first."""
    found: dict[str, list[tuple[Order, Order]]] = {}
    for one, other in _met(view, wanted):
        assessed = [order for order in (one, other) if order.assessed]
        head = min(assessed, key=lambda order: _place(view, order))
        found.setdefault(head.reference, []).append((one, other))
    for reference in sorted(found, key=lambda reference: _placed(view, reference)):
        drugs = _each(one for one, _ in found[reference])
        partners = _each(other for _, other in found[reference])
        head = next(o for o in (*drugs, *partners) if o.reference == reference)
        yield Meeting(head, drugs, partners)


def unmet(view: View, wanted: Meets) -> Meeting | None:
    """The first draft of a drug or partner, when medication that it may meet was not read."""
    cover = medication(view, Medication(wanted.drug))
    concerned = [o for name in (wanted.drug, *wanted.partners) for o in drafts_of(view, name)]
    if cover.whole or not concerned:
        return None
    return Meeting(min(concerned, key=lambda order: _place(view, order)), unread=cover.failed)


def _met(view: View, wanted: Meets) -> Iterator[tuple[Order, Order]]:
    """Each pair of a drug's order and a partner's of which one is to be assessed."""
    drugs = _counted(orders(view, wanted.drug), ended=wanted.ended)
    for name in wanted.partners:
        partners = _counted(orders(view, name), ended=wanted.ended)
        assessed = tuple(order for order in partners if order.assessed)
        for one in drugs:
            for other in partners if one.assessed else assessed:
                if one.reference != other.reference or not one.id:
                    yield one, other


def _counted(found: Iterable[Order], *, ended: bool) -> tuple[Order, ...]:
    """What is taken or about to be; what has ended only if it is wanted."""
    return tuple(o for o in found if (ended or o.end is None) and (o.assessed or _lives(o)))


def _lives(order: Order) -> bool:
    """Whether a draft beside what is assessed may still be carried out."""
    return not order.drafted or (order.status in DRAFTED and order.intent not in PROPOSED)


def _each(found: Iterable[Order]) -> tuple[Order, ...]:
    return tuple(dict.fromkeys(found))


def _place(view: View, order: Order) -> int:
    return _placed(view, order.reference)


def _placed(view: View, reference: str) -> int:
    """Where a draft stands: as it was selected, else as it was drafted."""
    places = view.remembered("places of drafts", _places)
    id = reference.partition("/")[2]
    return min(places.get(reference, len(places)), places.get(id, len(places)))


def _places(view: View) -> dict[str, int]:
    """The first place of each selection, and of each draft after them."""
    named = (f"{d.get('resourceType')}/{d.get('id')}" for _, d in view.context.draft_orders)
    return {place: n for n, place in enumerate(dict.fromkeys((*view.context.selections, *named)))}


def orders(view: View, drug: str) -> tuple[Order, ...]:
    """Every order of a drug or drug set: drafts to assess, drafts beside them, and the chart's."""
    key = ("orders", drug)
    if key not in view.memory:
        judged = drafts_of(view, drug)
        known = {order.reference for order in judged}
        beside = [o for o in _beside(view, drug) if o.reference not in known]
        taken = medication(view, Medication(drug, ended=True))
        over = view.remembered("over by a draft", _over_by_draft)
        chart = (_ended_by(_of_chart(e, drug, view), over, view) for e in taken)
        view.memory[key] = (*judged, *beside, *chart)
    found: tuple[Order, ...] = view.memory[key]
    return found


def _over_by_draft(view: View) -> frozenset[str]:
    """Orders of the chart that this very call stops, or that a draft takes the place of."""
    drafts = [r for _, r in view.context.draft_orders if is_medication(r) and view.index.owns(r)]
    stopped = (r for r in drafts if fhir_code(r.get("status")) in STOPPED)
    live = (r for r in drafts if fhir_code(r.get("status")) in DRAFTED)
    found = [f"{r.get('resourceType')}/{string(r.get('id'))}" for r in stopped]
    return frozenset([*found, *filter(None, map(replaced, live))])


def _ended_by(order: Order, over: frozenset[str], view: View) -> Order:
    """The order, ending today if a draft of the call ends it."""
    ends = order.end is None and order.reference in over
    return replace(order, end=view.today) if ends else order


def _beside(view: View, drug: str) -> Iterator[Order]:
    """Drafts that are context only: not selected, but about to be signed too."""
    for resource in view.remembered("beside", _not_assessed):
        identity = recognised(view, resource, drug)
        if identity is not None and _counts(view, resource):
            yield as_drug(read_order(resource, view, assessed=False), identity)


def _not_assessed(view: View) -> tuple[Json, ...]:
    known = {id(resource) for resource in to_assess(view)} if view.hook in ORDER_HOOKS else ()
    drafts = (resource for _, resource in view.context.draft_orders if is_medication(resource))
    return tuple(resource for resource in drafts if id(resource) not in known)


def _counts(view: View, resource: Json) -> bool:
    return view.index.owns(resource) and not boolean(resource.get("doNotPerform"))


def _of_chart(entry: Entry, drug: str, view: View) -> Order:
    """What is or was taken, with its form and directions as far as the chart says them."""
    record = view.index.get(f"{entry.type}/{entry.id}") if entry.id else None
    resource = record.resource if record else {}
    if "dosage" in resource and not resource.get("dosageInstruction"):
        resource = {**resource, "dosageInstruction": resource["dosage"]}
    read = read_order(resource, view, assessed=False)
    return replace(
        read,
        type=entry.type,
        id=entry.id,
        status=entry.status,
        drug=drug,
        label=entry.label,
        by_name=not entry.certain,
        exact=entry.exact,
        sets=entry.sets,
        day=entry.start,
        drafted=False,
        end=entry.end,
        end_told=entry.end_told,
        sure=entry.sure,
        origins=entry.origins,
    )
