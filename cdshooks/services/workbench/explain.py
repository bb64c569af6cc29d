"""A response explained: which rules spoke, which were silent and why, and on what it rests."""

from collections.abc import Iterator
from dataclasses import dataclass

from cdshooks import rules
from cdshooks.cards import EXTENSION
from cdshooks.fhir.elements import Json, obj, objects
from cdshooks.knowledge import MARKS, Knowledge

ORDER = ("recommended", "not assessed", "snoozed", "not indicated")
"""How rules stand, the most telling first."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A limit that decided, in words, with its source and how surely it was read there."""

    meaning: str
    limit: str
    source: str
    url: str
    locator: str
    mark: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule concluded of one call.

    order: the draft that it looked at, if any. beside: the title of the rule that leads the
    card that this one shares, where the evidence and the limits of both are told.
    """

    rule: str
    title: str
    outcome: str
    because: str
    order: str = ""
    evidence: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()
    beside: str = ""


def verdicts(response: Json, knowledge: Knowledge) -> dict[str, tuple[Verdict, ...]]:
    """Every rule of the trace, by how it stands; outcomes that no rule has are left out."""
    found = tuple(_verdicts(response, knowledge))
    grouped = {name: tuple(v for v in found if v.outcome == name) for name in ORDER}
    return {name: some for name, some in grouped.items() if some}


def _verdicts(response: Json, knowledge: Knowledge) -> Iterator[Verdict]:
    titles = {rule.id: rule.title for rule in rules.load()}
    cards = list(objects(response.get("cards")))
    places = {rule: n for n, card in reversed(list(enumerate(cards))) for rule in _rules(card)}
    lines = list(objects(_own(response).get("trace")))
    # What is on cards comes first, in their order.
    lines.sort(key=lambda line: places.get(line["rule"], len(cards)))
    told: set[int] = set()
    for line in lines:
        id, outcome = str(line["rule"]), str(line["outcome"])
        place = places.get(id) if outcome == "recommended" else None
        card = cards[place] if place is not None and place not in told else {}
        beside = (
            titles.get(_rules(cards[place])[0], "") if place in told and place is not None else ""
        )
        told |= {place} if place is not None else set()
        yield Verdict(
            id,
            titles.get(id, id),
            outcome,
            str(line["because"]),
            str(line.get("order", "")),
            tuple(_evidence(card)),
            tuple(_bases(card, knowledge)),
            beside,
        )


def _own(body: Json) -> Json:
    return obj(obj(body.get("extension")).get(EXTENSION))


def _rules(card: Json) -> list[str]:
    found: list[str] = _own(card).get("rules", [])
    return found


def _evidence(card: Json) -> Iterator[str]:
    for one in objects(_own(card).get("evidence")):
        value = f"{one.get('value', '')} {one.get('unit', '')}".strip()
        parts = (one.get("label"), value, one.get("date"), one.get("resource"))
        yield ", ".join(str(part) for part in parts if part)


def _bases(card: Json, knowledge: Knowledge) -> Iterator[Basis]:
    for one in objects(_own(card).get("parameters")):
        parameter = knowledge.parameters[str(one["name"])]
        source = knowledge.base.sources[parameter.source]
        yield Basis(
            parameter.meaning,
            str(parameter.threshold()) if parameter.operator else str(parameter),
            source.label,
            source.url if parameter.source != "product" else "",
            parameter.locator,
            MARKS[parameter.mark],
        )
