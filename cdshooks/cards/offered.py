"""Which offers of a response stand beside each other, and which give way."""

from collections.abc import Iterator

from cdshooks.cards.clusters import Advice, Cluster
from cdshooks.chart import View
from cdshooks.rules.authoring import Create, Delete, Entry, Offer, Order, Update


def outdone(clusters: list[Cluster], view: View) -> set[tuple[object, ...]]:
    """Offers for a need that another offer meets, and changes to a draft that should go.

    A draft should go where critical advice of the response removes it, and no other in its place;
    a change that critical advice itself offers as another way stays.
    """
    wanted = [(advice, offer) for c in clusters for advice, offer in offers_of(c)]
    created = [offer for _, offer in wanted if isinstance(offer, Create)]
    drafts = {offer.draft for offer in created}
    templates = view.knowledge.base.drafts
    met = {
        identity(offer)
        for offer in created
        if not drafts.isdisjoint(templates[offer.draft].unless_offered)
    }
    removed = {ref for c in clusters for advice in c for ref in _condemned(advice)}
    changes = [(a, o) for a, o in wanted if isinstance(o, Update) and o.order.reference in removed]
    kept = {identity(offer) for advice, offer in changes if _is_critical(advice)}
    return met | {identity(offer) for _, offer in changes} - kept


def _is_critical(advice: Advice) -> bool:
    return advice.outcome.indicator == "critical"


def _condemned(advice: Advice) -> Iterator[str]:
    """The draft that critical advice removes; of several either one may stay."""
    removed = [o.order.reference for o in advice.outcome.offers if isinstance(o, Delete)]
    if _is_critical(advice) and len(removed) == 1:
        yield from removed


def offers_of(cluster: Cluster) -> Iterator[tuple[Advice, Offer]]:
    """The offers of a card, without changes to a draft that graver advice of it removes."""
    removed: set[str] = set()
    for advice in cluster:
        for offer in advice.outcome.offers:
            if not (isinstance(offer, Update) and offer.order.reference in removed):
                yield advice, offer
        removed.update(o.order.reference for o in advice.outcome.offers if isinstance(o, Delete))


def identity(offer: Offer) -> tuple[object, ...]:
    """By what two offers are the same: what they do, from which template, to which resource."""
    about: Order | Entry | None = getattr(offer, "order", None) or getattr(offer, "entry", None)
    place = (about.type, about.id) if about else ()
    return (type(offer).__name__, getattr(offer, "draft", ""), place)
