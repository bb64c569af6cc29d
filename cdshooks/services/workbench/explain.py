"""A response explained: which rules spoke, which were silent and why, and on what it rests."""

from collections.abc import Iterator
from dataclasses import dataclass

from cdshooks import rules
from cdshooks.cards import EXTENSION
from cdshooks.fhir.elements import Json, obj, objects
from cdshooks.knowledge import MARKS, Knowledge
from cdshooks.services.catalogue import amount

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
    told: set[int] = set()
    for line in _sorted(response, cards):
        id, outcome = str(line["rule"]), str(line["outcome"])
        spoke = outcome == "recommended"
        place = next((n for n, card in enumerate(cards) if spoke and id in _rules(card)), None)
        card = cards[place] if place is not None and place not in told else {}
        shared = place is not None and place in told
        told |= {place} if place is not None else set()
        yield Verdict(
            id,
            titles.get(id, id),
            outcome,
            str(line["because"]),
            str(line.get("order", "")),
            tuple(_evidence(card)),
            tuple(_bases(card, knowledge)),
            titles.get(_rules(cards[place or 0])[0], "") if shared else "",
        )


def _sorted(response: Json, cards: list[Json]) -> list[Json]:
    """The lines of the trace: what is on cards first, in the order of the cards and on them."""
    shown = list(dict.fromkeys(rule for card in cards for rule in _rules(card)))
    lines = list(objects(_own(response).get("trace")))
    places = {rule: place for place, rule in enumerate(shown)}
    return sorted(lines, key=lambda line: places.get(line["rule"], len(places)))


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
            amount(parameter),
            source.label,
            source.url if parameter.source not in ("product", "site") else "",
            parameter.locator,
            MARKS[parameter.mark],
        )
