"""How a dose is taken: as needed, around meals, by which route, through a tube."""

from collections.abc import Iterator
from itertools import chain

from cdshooks.fhir.amount import exact
from cdshooks.fhir.elements import Json, boolean, objects, plain, string
from cdshooks.fhir.timing import events, meanings, one
from cdshooks.knowledge.dosage import FOODS, Food, Phrase, dosage_tables
from cdshooks.rules.authoring.orders import UNREAD_ROUTE

OTHER_ROUTE = "other"
"""The route of an order whose lines name different ones."""
SWALLOWED = {"oral", "enteral"}
"""Routes that may differ from line to line: a tablet by mouth, the rest by tube."""

_AS_NEEDED = ("asNeededBoolean", "asNeeded", "asNeededCodeableConcept", "asNeededFor")
_INSTRUCTIONS = ("additionalInstruction", "additionalInstructions")
_TEXT_LIMIT = 2000


def as_needed(dosage: Json) -> bool:
    """Whether a dosage is for when it is needed; any stated reason says so."""
    stated = [dosage.get(key) for key in _AS_NEEDED]
    return any(boolean(value) or any(objects(value)) for value in stated) or says(
        dosage_tables().file.texts.as_needed, dosage
    )


def food(dosages: list[Json]) -> Food | None:
    """What is said about meals; the nearest to a meal, if several things are."""
    said = {advice for dosage in dosages for advice in _food(dosage)}
    return next((advice for advice in FOODS if advice in said), None)


def _food(dosage: Json) -> Iterator[Food]:
    texts = dosage_tables().file.texts
    if says(texts.with_food, dosage):
        yield "with-food"
    if says(texts.after_food, dosage):
        yield "after-food"
    yield from _coded_food(dosage)


def _coded_food(dosage: Json) -> Iterator[Food]:
    repeat = one(one(dosage, "timing"), "repeat")
    offset = exact(repeat.get("offset"))
    for event in events(repeat):
        if event and event[1].food and not event[1].clear_of_meal(offset):
            yield event[1].food
    for instruction in _instructions(dosage):
        for row in meanings(instruction, dosage_tables().instructions):
            yield row.food


def moments(dosage: Json) -> Iterator[str]:
    """The known events of the day at which a dosage is taken, folded."""
    yield from (event[0] for event in events(one(one(dosage, "timing"), "repeat")) if event)


def _instructions(dosage: Json) -> Iterator[Json]:
    return chain.from_iterable(objects(dosage.get(key)) for key in _INSTRUCTIONS)


def route(dosages: list[Json]) -> str | None:
    """The short name of the route, if one is stated; UNREAD_ROUTE if none of it is known."""
    names = {name for dosage in dosages if (name := _route_name(one(dosage, "route")))}
    known = names - {UNREAD_ROUTE}
    if known == SWALLOWED:
        return "enteral"
    return OTHER_ROUTE if len(known) > 1 else next(iter(known or names), None)


def _route_name(concept: Json) -> str | None:
    rows = meanings(concept, dosage_tables().routes)
    if rows:
        return rows[0].name
    if _names_tube(concept):
        return "enteral"
    codings = objects(concept.get("coding"))
    stated = any(_concept_texts(concept)) or any(string(coding.get("code")) for coding in codings)
    return UNREAD_ROUTE if stated else None


def via_tube(dosage: Json) -> bool:
    """Whether the route's code, its text or the directions name a feeding tube."""
    named = one(dosage, "route")
    coded = any(row.tube for row in meanings(named, dosage_tables().routes))
    return coded or _names_tube(named) or says(dosage_tables().file.texts.via_tube, dosage)


def _names_tube(route: Json) -> bool:
    return any(map(dosage_tables().file.texts.via_tube.found_in, _concept_texts(route)))


def says(phrase: Phrase, dosage: Json) -> bool:
    """Whether the free text of a dosage holds a phrase."""
    return any(map(phrase.found_in, _texts(dosage)))


def _texts(dosage: Json) -> Iterator[str]:
    yield _searched(dosage.get("text"))
    yield _searched(dosage.get("patientInstruction"))
    for concept in (*_instructions(dosage), one(one(dosage, "timing"), "code")):
        yield from _concept_texts(concept)


def _concept_texts(concept: Json) -> Iterator[str]:
    yield _searched(concept.get("text"))
    for coding in objects(concept.get("coding")):
        yield _searched(coding.get("display"))


def _searched(text: object) -> str:
    """The part of a text that is searched; cut first, so that a huge one costs nothing."""
    return plain(text[:_TEXT_LIMIT], _TEXT_LIMIT) if isinstance(text, str) else ""
