"""Answers about allergies: what stands, and how severe it was."""

from collections.abc import Iterator

from cdshooks.chart.conditions import words
from cdshooks.chart.drugs import Identity
from cdshooks.chart.index import Record
from cdshooks.chart.ingredients import recognised
from cdshooks.chart.view import View
from cdshooks.fhir.dates import choice, when
from cdshooks.fhir.elements import Json, fhir_code, objects, plain, texts
from cdshooks.knowledge import ValueSet
from cdshooks.rules.authoring import Allergic, Allergies, Allergy, Origin

OVER = {"inactive", "resolved", "refuted", "entered-in-error"}
"""Statuses of an allergy that does not hold, clinical or of its verification."""
UNKNOWN = (None, "unable-to-assess")
"""Criticality that says nothing."""


def allergic(view: View, wanted: Allergic) -> Allergies:
    """Allergies to the drug that are active and not refuted, as the chart lists them."""
    found = tuple(
        _allergy(record, view, substance.label)
        for record in view.index.of("AllergyIntolerance")
        if (substance := _substance(record, view, wanted.drug))
    )
    cover = view.coverage("AllergyIntolerance")
    return Allergies(found, cover.whole, cover.failed)


def _stands(resource: Json) -> bool:
    """Whether an allergy holds; one that names no status does."""
    stated = [resource.get(name) for name in ("clinicalStatus", "verificationStatus", "status")]
    return not any(words(one) & OVER for one in stated)


def _substance(record: Record, view: View, drug: str) -> Identity | None:
    """The drug, if the allergy stands and is to it, by code first and by name."""
    orders = view.once("allergens", record.resource, lambda: _allergens(record, view))
    found = (recognised(view, order, drug) for order in orders)
    return next(filter(None, found), None)


def _allergens(record: Record, view: View) -> tuple[Json, ...]:
    """The code and the substances of reactions, each as an order of it; none if it is over.

    They are kept for all drugs that are asked about, and with them what each of them is.
    """
    if not _stands(record.resource):
        return ()
    denied = view.value_set("no-known-allergy")
    concepts = [*objects(record.resource.get("code")), *_substances(record.resource)]
    if any(_means(denied, concept, view) for concept in concepts):
        return ()
    return tuple({"medicationCodeableConcept": concept} for concept in concepts)


def _substances(resource: Json) -> Iterator[Json]:
    for reaction in objects(resource.get("reaction")):
        yield from objects(reaction.get("substance"))


def _means(value_set: ValueSet, concept: Json, view: View) -> bool:
    """Whether a concept is of a value set, by a code or by its wording."""
    coded = value_set.holds_any(view.index.concept(concept))
    return coded or any(map(value_set.named_in, texts(concept)))


def _allergy(record: Record, view: View, label: str) -> Allergy:
    resource = record.resource
    reactions = list(objects(resource.get("reaction")))
    severities = {fhir_code(r.get("severity")) for r in reactions}
    critical = fhir_code(resource.get("criticality"))
    grave = any(_is_grave(r, view) for r in reactions)
    severe = critical == "high" or "severe" in severities or grave
    noted = bool(reactions) or critical not in UNKNOWN
    intolerance = fhir_code(resource.get("type")) == "intolerance"
    less = noted or intolerance
    reaction = next((text for r in reactions if (text := _named(r))), "")
    start, _ = choice(resource, "onset", view.zone)
    recorded = when(resource.get("recordedDate"), view.zone) or start
    return Allergy(
        label=label,
        severe=severe,
        mild=not severe and less,
        reaction=reaction,
        slight=not severe and (intolerance or (severities == {"mild"} and critical == "low")),
        origins=(
            Origin(
                record.reference,
                f"{label} allergy",
                reaction or "reaction not stated",
                "",
                recorded.day if recorded else None,
            ),
        ),
    )


def _is_grave(reaction: Json, view: View) -> bool:
    marker = view.value_set("grave-reaction")
    if marker.named_in(plain(reaction.get("description"), 300)):
        return True
    return any(_means(marker, concept, view) for concept in objects(reaction.get("manifestation")))


def _named(reaction: Json) -> str:
    """How the chart calls a reaction, short enough for a summary."""
    manifestations = objects(reaction.get("manifestation"))
    said = (text for concept in manifestations for text in texts(concept))
    return plain(next(said, reaction.get("description")), 30)
