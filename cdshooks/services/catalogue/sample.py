"""A card of each rule as it really comes out, about one of the example patients."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from cdshooks import examples
from cdshooks.cards import EXTENSION
from cdshooks.fhir.elements import Json, obj, objects
from cdshooks.protocol import parse_request
from cdshooks.rules.authoring import Rule
from cdshooks.services import answer, services
from cdshooks.services.answer import Site
from cdshooks.services.asking import patients, request_body

USER = "Practitioner/example"


LEVELS = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Sample:
    """A card, and the example patient and hook that brought it."""

    patient: str
    hook: str
    card: Json


def sample(rule: Rule, site: Site) -> Sample | None:
    """The card of an example patient that shows the rule best; None where no example has it.

    That is a card which it leads, alone if there is one, and as severe as possible. The
    stories say where to look, so that one call is enough; another profile may say less.
    """
    places = sorted(_places(rule))
    if not places:
        return None
    _, name, hook = places[0]
    cards = (card for card in _cards(name, hook, site) if rule.id in _rules(card))
    return next((Sample(name, hook, card) for card in cards), None)


def _places(rule: Rule) -> Iterator[tuple[tuple[bool, int, int], str, str]]:
    """Where the stories tell of the rule, to be sorted by how well it is shown there."""
    for name, story in examples.stories().items():
        for hook in rule.hooks:
            for told in story.cards.get(hook, ()):
                level, _, named = told.partition(" ")
                ids = named.split(" + ")
                if rule.id in ids:
                    worth = (ids[0] != rule.id, len(ids), -LEVELS.index(level))
                    yield worth, name, hook


def _rules(card: Json) -> list[str]:
    found: list[str] = obj(obj(card.get("extension")).get(EXTENSION)).get("rules", [])
    return found


def _cards(name: str, hook: str, site: Site) -> tuple[Json, ...]:
    """What is said of an example patient on the day of its story."""
    bundle = examples.load(name)
    day = examples.anchor(bundle)
    patient = next(iter(patients(bundle)))
    service = next(one for one in services() if one.hook == hook)
    if day is None:
        return ()
    draft = examples.order() | {"id": "draft-1", "subject": {"reference": f"Patient/{patient}"}}
    asked = answer.searches(hook, site)
    request = parse_request(request_body(hook, bundle, patient, USER, (draft,), asked))
    now = datetime.combine(day, time(12), UTC)
    return tuple(objects(answer.answer(service, request, site, now).body["cards"]))
