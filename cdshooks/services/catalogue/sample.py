"""A card of each rule as it really comes out, about one of the example patients."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache

from cdshooks import examples
from cdshooks.cards import EXTENSION
from cdshooks.chart import ORDER_HOOKS
from cdshooks.fhir.elements import Json, objects
from cdshooks.protocol import parse_request
from cdshooks.rules.authoring import Rule
from cdshooks.services import answer, services
from cdshooks.services.answer import Site
from cdshooks.services.asking import patients, request_body
from cdshooks.services.workbench.orders import WRONG_DOSE, drafted

USER = "Practitioner/example"


@dataclass(frozen=True, slots=True)
class Sample:
    """A card, and the example patient and hook that brought it."""

    patient: str
    hook: str
    card: Json


def sample(rule: Rule, site: Site) -> Sample | None:
    """The first card that leads with the rule, or else one that it is on; None if no example is.

    At hooks about orders, the order is one of riluzole at half its dose. What an example
    patient is told is worked out once a process.
    """
    found = list(_samples(rule, site))
    leading = (one for one in found if _rules(one.card)[0] == rule.id)
    return next(leading, next(iter(found), None))


def _samples(rule: Rule, site: Site) -> Iterator[Sample]:
    for hook in rule.hooks:
        for name in examples.names():
            for card in _cards(name, hook, site):
                if rule.id in _rules(card):
                    yield Sample(name, hook, card)


def _rules(card: Json) -> list[str]:
    found: list[str] = card["extension"][EXTENSION]["rules"]
    return found


@lru_cache(maxsize=512)
def _cards(name: str, hook: str, site: Site) -> tuple[Json, ...]:
    """What is said of an example patient on the day of its story."""
    bundle = examples.load(name)
    day = examples.anchor(bundle)
    patient = next(iter(patients(bundle)))
    service = next((one for one in services() if one.hook == hook), None)
    if day is None or service is None:
        return ()
    ordered = hook in ORDER_HOOKS
    orders = (drafted(WRONG_DOSE, patient, day, site.knowledge.base),) if ordered else ()
    asked = answer.searches(hook, site)
    request = parse_request(request_body(hook, bundle, patient, USER, orders, asked))
    now = datetime.combine(day, time(12), UTC)
    return tuple(objects(answer.answer(service, request, site, now).body["cards"]))
