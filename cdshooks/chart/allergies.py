"""Answers about allergies: what stands, and how severe it was."""

from collections.abc import Iterator

from cdshooks.chart.conditions import words
from cdshooks.chart.drugs import identify
from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.dates import choice, when
from cdshooks.fhir.elements import Json, objects, plain, string
from cdshooks.rules.authoring import Allergic, Allergy, Origin


def allergic(view: View, wanted: Allergic) -> tuple[Allergy, ...]:
    """Allergies to the drug that are active and not refuted, newest in the chart last."""
    return tuple(
        _allergy(record, view, wanted)
        for record in view.index.of("AllergyIntolerance")
        if _stands(record.resource) and _is_to(record, view, wanted.drug)
    )


def _stands(resource: Json) -> bool:
    clinical = words(resource.get("clinicalStatus"))
    refuted = words(resource.get("verificationStatus")) & {"refuted", "entered-in-error"}
    return not refuted and clinical <= {"active"}


def _is_to(record: Record, view: View, drug: str) -> bool:
    """By the allergy's code or the substance of any reaction, by code first and by name."""
    concepts = list(objects(record.resource.get("code")))
    for reaction in objects(record.resource.get("reaction")):
        concepts.extend(objects(reaction.get("substance")))
    found = (identify(view, {"medicationCodeableConcept": concept}) for concept in concepts)
    return any(identity is not None and identity.drug == drug for identity in found)


def _allergy(record: Record, view: View, wanted: Allergic) -> Allergy:
    resource = record.resource
    reactions = list(objects(resource.get("reaction")))
    severities = {string(r.get("severity")) for r in reactions}
    critical = string(resource.get("criticality"))
    grave = any(_is_grave(r, view) for r in reactions)
    severe = critical == "high" or "severe" in severities or grave
    mild_only = bool(severities) and severities <= {"mild"}
    label = view.knowledge.base.products[wanted.drug].label
    reaction = next((text for r in reactions if (text := _named(r))), "")
    start, _ = choice(resource, "onset", view.zone)
    noted = when(resource.get("recordedDate"), view.zone) or start
    return Allergy(
        label=label,
        severe=severe,
        mild=not severe and (mild_only or string(resource.get("type")) == "intolerance"),
        reaction=reaction,
        origins=(
            Origin(
                record.reference,
                f"{label} allergy",
                reaction or "reaction not stated",
                "",
                noted.day if noted else None,
            ),
        ),
    )


def _is_grave(reaction: Json, view: View) -> bool:
    marker = view.value_set("grave-reaction")
    for concept in objects(reaction.get("manifestation")):
        texts = [concept.get("text"), *(c.get("display") for c in objects(concept.get("coding")))]
        if marker.holds_any(view.index.concept(concept)) or any(
            marker.named_in(plain(text, 200)) for text in texts
        ):
            return True
    return False


def _named(reaction: Json) -> str:
    return next(_texts(reaction), "")


def _texts(reaction: Json) -> Iterator[str]:
    for concept in objects(reaction.get("manifestation")):
        codings = objects(concept.get("coding"))
        for text in (concept.get("text"), *(c.get("display") for c in codings)):
            shown = plain(text, 30)
            if shown:
                yield shown
