"""What fixtures/stories.yaml says of each example patient, and the page made of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cdshooks import examples
from cdshooks.services import services

Json = dict[str, Any]
INTRODUCTION = """\
Made-up people, inside the package and in `fixtures/fhir/`: one FHIR Bundle each, named for its
story. None of them exists. Their dates move with the calendar: each Bundle says in
`Bundle.timestamp` as of when it was written, and is shown as if that were today.

Choose one by its name:

    .venv/bin/cdshooks call patient-view snip-low-with-orthopnea-fvc-normal --explain
    .venv/bin/cdshooks call order-sign riluzole-brand-and-generic \\
      --order fixtures/orders/riluzole-50-mg-twice-daily.json

`cdshooks call` reads all that a Bundle holds. A server reads what it is sent and may fetch: with
the core prefetch alone, and no FHIR server to read from, it may say less, for instance nothing of a
living will that stands in a DocumentReference. The cards below are those of `cdshooks call`.
"""
EXPECTED = """\
In the default profile. The order that is selected or signed is riluzole 50 mg twice daily, as in
`fixtures/orders/riluzole-50-mg-twice-daily.json`. Cards stand in their order; rules joined by +
share a card. A test compares this table with what the service answers.
"""


@dataclass(frozen=True, slots=True)
class Story:
    """One example patient: who it is, what it shows, and the cards by hook."""

    name: str
    patient: str
    story: str
    cards: dict[str, tuple[str, ...]]


def stories() -> tuple[Story, ...]:
    """Every story, in the order of the file."""
    found = examples.stories().items()
    return tuple(Story(name, one.patient, one.text, dict(one.cards)) for name, one in found)


def order() -> Json:
    """The draft that a clinician signs for every example patient."""
    return examples.order() | {"id": "draft-1"}


def told(card: Json) -> str:
    """A card as a story lists it: its indicator and the rules that speak in it."""
    rules = card["extension"]["org.als-cdshooks"]["rules"]
    return f"{card['indicator']} {' + '.join(rules)}"


def page() -> Iterator[str]:
    """The lines of ``docs/examples.md``: every story with the cards to expect."""
    yield INTRODUCTION
    yield "| example | patient | what it shows |"
    yield "| --- | --- | --- |"
    for one in stories():
        yield f"| `{one.name}` | {one.patient} | {one.story} |"
    yield "\n## The cards to expect\n"
    yield EXPECTED
    yield f"| example | {' | '.join(f'`{hook}`' for hook in _hooks())} |"
    yield f"| --- |{' --- |' * len(_hooks())}"
    for one in stories():
        cells = ("<br>".join(map(_cell, one.cards.get(hook, ()))) or "–" for hook in _hooks())
        yield f"| `{one.name}` | {' | '.join(cells)} |"


def _hooks() -> tuple[str, ...]:
    return tuple(service.hook for service in services())


def _cell(card: str) -> str:
    """A card with a link from each rule to its section of the catalogue."""
    indicator, _, rules = card.partition(" ")
    links = (f"[{rule}](rules.md#{rule})" for rule in rules.split(" + "))
    return f"{indicator}: {' + '.join(links)}"
