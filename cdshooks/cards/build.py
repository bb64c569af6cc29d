"""From findings to cards: clustered, worded, with their evidence, offers and links."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from cdshooks.cards.clusters import (
    DUE,
    Advice,
    Cluster,
    capped,
    clustered,
    group_of,
    ordered,
    without_stops,
)
from cdshooks.cards.detail import EVIDENCE_AT_MOST, detail
from cdshooks.cards.drafts import action, companions, label, product
from cdshooks.cards.in_hand import open_offer, waited_for
from cdshooks.cards.offered import identity, offers_of, outdone
from cdshooks.cards.text import summary
from cdshooks.chart import ORDER_HOOKS, View
from cdshooks.engine import Finding
from cdshooks.knowledge import OWN_CHOICE, Parameter
from cdshooks.rules.authoring import (
    Delete,
    Offer,
    Origin,
    Stop,
    Update,
    origins,
)

Json = dict[str, Any]
EXTENSION = "org.als-cdshooks"


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it goes out, and the findings that it tells."""

    body: Json
    findings: tuple[Finding, ...]


def cards(
    findings: Iterable[Finding], view: View, public_url: str, *, edit_active: bool = True
) -> tuple[Card, ...]:
    """The cards of a call, the most severe first, capped as its hook wants.

    edit_active: whether a suggestion may change an order that is signed already.
    """
    order = view.knowledge.base.card_order["cards"].order
    offering = findings if edit_active else map(without_stops, findings)
    clusters = ordered(clustered(offering, view.hook, order), order)
    kept = capped(clusters, view.hook)
    offered = outdone(kept, view)
    made = [_card(c, view, public_url, offered) for c in kept]
    if made and len(kept) < len(clusters):
        _tell_of_more(made[-1], len(clusters) - len(kept))
    return tuple(Card(body, _findings(c)) for body, c in zip(made, kept, strict=True))


def _findings(cluster: Cluster) -> tuple[Finding, ...]:
    return tuple(advice.finding for advice in cluster)


def _tell_of_more(card: Json, count: int) -> None:
    """The last card says how many were left out, so that silence is not taken for none."""
    card["summary"] = summary(f"{card['summary']} ({count} more)")
    card["detail"] += f"\n\n{count} more of lower priority not shown."


def _card(cluster: Cluster, view: View, public_url: str, offered: set[tuple[object, ...]]) -> Json:
    lead = cluster[0]
    rule = lead.finding.rule
    source = view.knowledge.base.sources[rule.sources[0]]
    suggested = list(_suggestions(cluster, view, offered))
    suggestions = [suggestion for _, _, suggestion in suggested]
    _tell_apart([(offer, suggestion) for _, offer, suggestion in suggested])
    card: Json = {
        "uuid": str(uuid4()),
        "summary": summary(_summary(cluster, view.hook)),
        "detail": detail([a.finding for a in cluster], view.knowledge, _in_hand(cluster, view)),
        "indicator": lead.outcome.indicator,
        "source": {
            "label": source.label,
            "url": f"{public_url}/rules/{rule.id}" if rule.sources[0] == OWN_CHOICE else source.url,
            "topic": {
                "system": view.knowledge.base.systems.uri("als-rule"),
                "code": rule.id,
                "display": rule.title,
            },
        },
    }
    if suggestions:
        card["suggestions"] = suggestions
        card["selectionBehavior"] = _selection(suggested)
    if reasons := list(_override_reasons(cluster, view)):
        card["overrideReasons"] = reasons
    card["links"] = [
        {
            "label": f"Why this card: {a.finding.rule.title}",
            "url": f"{public_url}/rules/{a.finding.rule.id}",
            "type": "absolute",
        }
        for a in _each_rule(cluster)
    ]
    card["extension"] = {EXTENSION: _extension(cluster, view)}
    return card


def _tell_apart(suggested: list[tuple[Offer, Json]]) -> None:
    """Tells buttons apart that say the same, as of two drafts of one drug.

    By what each is of; of one product by number, in the order of the call.
    """
    for alike in _alike(suggested):
        names = [product(offer) for offer, _ in alike]
        for name, (_, suggestion) in zip(names, alike, strict=True):
            if name and len(set(names)) > 1:
                suggestion["label"] += f" ({name})"
    for alike in _alike(suggested):
        for number, (_, suggestion) in enumerate(alike, start=1):
            suggestion["label"] += f" ({number} of {len(alike)})"


def _alike(suggested: list[tuple[Offer, Json]]) -> list[list[tuple[Offer, Json]]]:
    """Those of which another one has the same label, together."""
    same: dict[str, list[tuple[Offer, Json]]] = {}
    for offer, suggestion in suggested:
        same.setdefault(suggestion["label"], []).append((offer, suggestion))
    return [alike for alike in same.values() if len(alike) > 1]


def _summary(cluster: Cluster, hook: str) -> str:
    """The lead's own words, or the list of everything that is due."""
    if hook in ORDER_HOOKS or group_of(cluster[0].finding) != DUE:
        return cluster[0].outcome.summary
    return f"Due today: {', '.join(a.outcome.due for a in cluster if a.outcome.due)}"


def _each_rule(cluster: Cluster) -> Iterator[Advice]:
    """One advice a rule: two orders can bring the same rule into a group."""
    seen: set[str] = set()
    for advice in cluster:
        if advice.finding.rule.id not in seen:
            seen.add(advice.finding.rule.id)
            yield advice


def _suggestions(
    cluster: Cluster, view: View, offered: set[tuple[object, ...]]
) -> Iterator[tuple[Advice, Offer, Json]]:
    """Each offer once a response, on its most severe card, with the advice that makes it."""
    evidence = _origins(cluster)
    for advice, wanted in offers_of(cluster):
        offer = wanted if isinstance(wanted, Update | Delete | Stop) else open_offer(wanted, view)
        if offer is None or identity(offer) in offered:
            continue
        made = action(offer, view, evidence)
        if made is None:
            continue
        offered.add(identity(offer))
        suggestion: Json = {"label": label(offer, view.knowledge), "uuid": str(uuid4())}
        if offer.recommended:
            suggestion["isRecommended"] = True
        actions = [made, *companions(offer, view, evidence)]
        yield advice, offer, {**suggestion, "actions": actions}


def _in_hand(cluster: Cluster, view: View) -> tuple[str, ...]:
    """What the card would offer if it were not asked for already."""
    told = (waited_for(offer, view) for _, offer in offers_of(cluster))
    return tuple(dict.fromkeys(line for line in told if line))


def _selection(suggested: list[tuple[Advice, Offer, Json]]) -> str:
    """``any`` unless every advice that suggests something wants one choice only."""
    single = all(advice.outcome.choose == "at-most-one" for advice, _, _ in suggested)
    if single:
        marked = [s for _, _, s in suggested if s.pop("isRecommended", False)]
        for suggestion in marked[:1]:
            suggestion["isRecommended"] = True
    return "at-most-one" if single else "any"


def _override_reasons(cluster: Cluster, view: View) -> Iterator[Json]:
    base = view.knowledge.base
    codes = [code for a in cluster for code in (*a.outcome.overrides, *a.finding.rule.overrides)]
    for code in dict.fromkeys(codes):
        reason = base.overrides[code]
        yield {"code": code, "system": base.systems.uri(reason.system), "display": reason.display}


def _origins(cluster: Cluster) -> tuple[Origin, ...]:
    found = [o for a in cluster for fact in a.outcome.evidence for o in origins(fact)]
    return tuple(dict.fromkeys(found))


def _extension(cluster: Cluster, view: View) -> Json:
    """What a program needs: rules, evidence, what was missing, and the numbers that decided."""
    limits = dict.fromkeys(limit.name for a in cluster for limit in a.outcome.by)
    body = {
        "rules": list(dict.fromkeys(a.finding.rule.id for a in cluster)),
        "evidence": [_evidence(o) for o in _origins(cluster)[:EVIDENCE_AT_MOST]],
        "missing": list(dict.fromkeys(m for a in cluster for m in a.outcome.missing)),
        "parameters": [_parameter(view.knowledge.parameters[name]) for name in limits],
    }
    return {key: value for key, value in body.items() if value}


def _evidence(origin: Origin) -> Json:
    day = origin.day.isoformat() if origin.day else ""
    body = {
        "resource": origin.resource,
        "label": origin.label,
        "value": origin.value,
        "unit": origin.unit,
        "date": day,
    }
    return {key: value for key, value in body.items() if value}


def _parameter(parameter: Parameter) -> Json:
    body = {
        "name": parameter.name,
        "value": str(parameter.value),
        "operator": parameter.operator or "",
        "unit": parameter.unit,
        "source": parameter.source,
        "mark": parameter.mark,
    }
    return {key: value for key, value in body.items() if value}
