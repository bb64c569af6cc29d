"""Why a drug was ordered, as far as its order says."""

from collections.abc import Iterator

from cdshooks.chart.view import View
from cdshooks.fhir.elements import (
    Json,
    contained,
    obj,
    objects,
    plain,
    referred,
    string,
    texts,
    values,
)
from cdshooks.knowledge import ValueSet

TRIAL = "clinical-trial"
STUDY = "ResearchStudy"
REASONS = (TRIAL, "breathlessness-reason", "malaria", "saliva-reason", "salivary-disturbance")
"""Value sets of the reasons that rules about drugs ask for."""


def reasons_for(resource: Json, view: View) -> frozenset[str]:
    """Which of the known reasons an order states, and whether it is for ALS or something else.

    That it is part of a trial its notes may tell too.
    """
    concepts = [*_reason_concepts(resource), *_referenced_reasons(resource, view)]
    said = [text for concept in concepts for text in texts(concept)]
    noted = [plain(obj(note).get("text", note), 300) for note in values(resource.get("note"))]
    known = {
        name
        for name in REASONS
        if any(_is_reason(concept, view.value_set(name), view) for concept in concepts)
        or any(map(view.value_set(name).named_in, said + noted * (name == TRIAL)))
    }
    known |= {TRIAL} if _is_in_study(resource) else set()
    return frozenset(known | {_purpose(concept, view) for concept in concepts} - {TRIAL})


def _purpose(concept: Json, view: View) -> str:
    """Whether a reason is a trial, ALS, or something else."""
    if _is_reason(concept, view.value_set(TRIAL), view):
        return TRIAL
    return "als" if _is_reason(concept, view.value_set("als-reason"), view) else "other"


def _is_reason(concept: Json, value_set: ValueSet, view: View) -> bool:
    """Whether a reason is of a value set, by a code or by its wording."""
    coded = value_set.holds_any(view.index.concept(concept))
    return coded or any(map(value_set.named_in, texts(concept)))


def _referenced_reasons(resource: Json, view: View) -> Iterator[Json]:
    """What the conditions say that an order refers to; of one that is not here, its display."""
    inner = contained(resource)
    for reference in _reason_references(resource):
        target = string(reference.get("reference")) or ""
        if target.startswith("#"):
            found = inner.get(target[1:], {})
        else:
            record = view.index.get(target)
            found = record.resource if record else {}
        if found.get("resourceType") == "Condition":
            yield from objects(found.get("code"))
        elif not found and _type_of(reference) in ("", "Condition") and reference.get("display"):
            yield {"text": reference["display"]}


def _is_in_study(resource: Json) -> bool:
    """Whether an order gives a study as its reason: FHIR has no such reference, clients do."""
    return any(_type_of(reference) == STUDY for reference in _reason_references(resource))


def _type_of(reference: Json) -> str:
    """The type that a reference leads to, as far as it says one."""
    target = string(reference.get("reference")) or ""
    type, slash, _ = referred(target).partition("/")
    return type if slash else string(reference.get("type")) or ""


def _reason_references(resource: Json) -> Iterator[Json]:
    """References to reasons under the names of R4 and of R5."""
    yield from objects(resource.get("reasonReference"))
    for reason in objects(resource.get("reason")):
        yield from objects(reason.get("reference"))


def _reason_concepts(resource: Json) -> Iterator[Json]:
    """Reasons under the names of R4 and STU3, of DSTU2, and of R5."""
    yield from objects(resource.get("reasonCode"))
    yield from objects(resource.get("reasonCodeableConcept"))
    for reason in objects(resource.get("reason")):
        yield from objects(reason.get("concept"))
