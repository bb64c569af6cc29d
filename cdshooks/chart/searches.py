"""What a service asks for: few, simple FHIR searches, derived from what its rules read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cdshooks.chart.forms import FORMS
from cdshooks.fhir.elements import objects
from cdshooks.knowledge import Code, Knowledge, Measure, codes_of
from cdshooks.rules.authoring import (
    Agreed,
    Allergic,
    Booked,
    Communicated,
    Declined,
    Documented,
    Enrolled,
    Filed,
    Found,
    InFamily,
    Input,
    InUse,
    Involved,
    Latest,
    Listed,
    Medication,
    Meets,
    OneOf,
    Ordered,
    Patient,
    Performed,
    Refused,
    Related,
    Reported,
    Series,
    Studied,
    Taken,
    Tasked,
    This,
    Together,
    Visited,
)

CORE = 14
"""The most searches that a service asks for unless a site wants everything."""

ASKED = ("loinc", "snomed", "als-cds")
"""Systems whose codes are asked for; and whatever a site names for its own records."""

Need = tuple[str, str | None]
"""A FHIR type and, for observations, the group of codes that is asked for together."""

MEDICATIONS = ("MedicationRequest", "MedicationStatement", "MedicationDispense")
ADMINISTRATION = "MedicationAdministration"
"""A dose that was given: read where a client sends it, and never searched for, since a week
in hospital holds hundreds. That there is none proves nothing.
"""
Coded = tuple[dict[str, Any], frozenset[str]]
"""A resource, with the bare codes that it goes by."""
THIS_ENCOUNTER = "encounter"
"""The key under which the encounter of the context is asked for."""


@dataclass(frozen=True, slots=True)
class Search:
    """One prefetch search: its key, its query, and the promise that it makes.

    codes: the observation codes asked for; None asks for the type whole.
    sorted: newest first, so a page is complete down to its last entry's date.
    covers: what it reads, in words for a card that could not read it.
    by_id: one resource of the context by its id, which proves nothing about others.
    core: whether it is asked for at all where a site wants the core only.
    """

    key: str
    type: str
    query: str
    covers: str
    rank: int
    codes: frozenset[Code] | None = None
    sorted: bool = False
    by_id: bool = False
    core: bool = True

    def holds(self, type: str, codes: Iterable[Code]) -> bool:
        """Whether a resource of this type with these codes would be in the answer."""
        return type == self.type and (
            self.codes is None or any(code in self.codes for code in codes)
        )


def plan(
    inputs: Iterable[Input],
    knowledge: Knowledge,
    *,
    full: bool,
    rest: Iterable[Input] = (),
    encounter: bool = False,
) -> tuple[Search, ...]:
    """The searches that serve ``inputs``, in the order of rank; core ones only unless full.

    What only ``rest`` reads takes the room that the core has left. encounter:
    whether the hook's context always names one, which is then read by its id.
    """
    codes: dict[str, set[Code]] = {}
    types: set[str] = set()
    first = set(inputs)
    before = keys(first, knowledge)
    for declaration in first.union(rest):
        for type, group in needs(declaration, knowledge):
            if group is None:
                types.add(type)
            else:
                codes.setdefault(group, set()).update(_codes(declaration, knowledge))
    found = [_observations(g, frozenset(c), knowledge) for g, c in codes.items()]
    found += [_resources(type, knowledge) for type in types]
    if encounter:
        before |= {THIS_ENCOUNTER}
        found.append(_this_encounter(knowledge))
    found.sort(key=lambda search: (search.key not in before, search.rank, search.key))
    kept = found if full else [search for search in found if search.core][:CORE]
    return tuple(sorted(kept, key=lambda search: (search.rank, search.key)))


def keys(declarations: Iterable[Input], knowledge: Knowledge) -> frozenset[str]:
    """The keys of the searches that serve declarations."""
    return frozenset(_key(need, knowledge) for d in declarations for need in needs(d, knowledge))


def _key(need: Need, knowledge: Knowledge) -> str:
    type, group = need
    base = knowledge.base
    return base.searches[type].key if group is None else base.observation_groups[group].key


READ_FROM: Mapping[type[Input], tuple[str, ...]] = {
    Agreed: ("Consent",),
    Allergic: ("AllergyIntolerance",),
    Booked: ("Appointment",),
    Communicated: ("Communication",),
    Declined: ("Consent", *MEDICATIONS),
    Documented: ("DocumentReference", "Consent"),
    Enrolled: ("EpisodeOfCare", "CarePlan", "ServiceRequest", "Encounter", "Procedure"),
    Filed: ("DiagnosticReport",),
    InFamily: ("FamilyMemberHistory",),
    InUse: ("Device", "DeviceUseStatement"),
    Involved: ("CareTeam", "Encounter", "ServiceRequest"),
    Listed: ("Condition",),
    Medication: MEDICATIONS,
    Meets: MEDICATIONS,
    OneOf: MEDICATIONS,
    Patient: ("Patient",),
    Performed: ("Procedure", "Encounter"),
    Refused: ("Consent", "Procedure", "ServiceRequest", "DeviceRequest"),
    Related: ("RelatedPerson",),
    Studied: ("ResearchSubject",),
    Taken: MEDICATIONS,
    Tasked: ("Task",),
    This: ("Encounter",),
    Visited: ("Encounter",),
}
"""The types that a declaration reads whole. The others read results, which are asked for by
code, what the declaration itself names, or nothing of the chart.
"""


def needs(declaration: Input, knowledge: Knowledge) -> frozenset[Need]:
    """Which resources a declaration reads."""
    measures = knowledge.base.measures
    match declaration:
        case Latest(measure=name) | Series(measure=name):
            return frozenset(_measured(measures[name]))
        case Together(measures=names):
            return frozenset(need for name in names for need in _measured(measures[name]))
        case Reported():
            return frozenset({("Observation", "scores")})
        case Found():
            return frozenset({("Observation", "genetics")})
        case Ordered(types=types):
            return frozenset((type, None) for type in types)
    return frozenset((type, None) for type in READ_FROM.get(type(declaration), ()))


def _measured(measure: Measure) -> Iterator[Need]:
    """Observations by code, and questionnaires whole where an item may hold the answer."""
    yield ("Observation", measure.file.prefetch)
    if measure.in_forms:
        yield (FORMS, None)


def _codes(declaration: Input, knowledge: Knowledge) -> frozenset[Code]:
    """The observation codes of a declaration, those that it may be computed from included."""
    base = knowledge.base
    match declaration:
        case Latest(measure=name) | Series(measure=name):
            names: tuple[str, ...] = (name,)
        case Together(measures=names):
            pass
        case Reported(value_set=name) | Found(value_set=name):
            return base.value_sets[name].exact
        case _:
            return frozenset()
    found: set[Code] = set()
    for measure in names:
        for one in (measure, *base.measures[measure].file.computed_from):
            for value_set in base.measures[one].value_sets:
                found |= value_set.exact
    return frozenset(found)


def _observations(group: str, codes: frozenset[Code], knowledge: Knowledge) -> Search:
    file = knowledge.base.observation_groups[group]
    codes = codes.union(*(knowledge.base.value_sets[name].exact for name in file.panels))
    sites = codes_of(knowledge.base.value_sets.values())
    wanted = sorted({c.code for c in codes if c.system in ASKED or c in sites})
    query = (
        "Observation?patient={{context.patientId}}"
        f"&code={','.join(wanted)}&_sort=-date&_count={file.count}"
    )
    return Search(file.key, "Observation", query, file.covers, file.rank, codes, sorted=True)


def _resources(type: str, knowledge: Knowledge) -> Search:
    file = knowledge.base.searches[type]
    if type == "Patient":
        return Search(file.key, type, "Patient/{{context.patientId}}", file.covers, file.rank)
    sort = f"&_sort={file.sort}" if file.sort else ""
    query = f"{type}?patient={{{{context.patientId}}}}{sort}&_count={file.count}"
    return Search(
        file.key, type, query, file.covers, file.rank, sorted=bool(file.sort), core=file.core
    )


def _this_encounter(knowledge: Knowledge) -> Search:
    """The encounter that the call is about: a page of encounters may end before it."""
    rank = knowledge.base.searches["Condition"].rank
    query = "Encounter/{{context.encounterId}}"
    return Search(THIS_ENCOUNTER, "Encounter", query, "this encounter", rank, by_id=True)


def as_prefetch(
    searches: Iterable[Search],
    resources: Iterable[dict[str, Any]],
    encounter_id: str | None = None,
) -> dict[str, Any]:
    """What a client that honours ``searches`` would send of ``resources``: for tools and tests."""
    prefetch: dict[str, Any] = {}
    pool: dict[str, list[Coded]] = {}
    for resource in resources:
        type = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(type, str):
            codes = frozenset(coding["code"] for coding in _codings(resource.get("code")))
            pool.setdefault(type, []).append((resource, codes))
    for search in searches:
        hits = [r for r, codes in pool.get(search.type, ()) if _asked(search, codes)]
        if search.type == "Patient":
            prefetch[search.key] = hits[0] if hits else None
        elif search.by_id:
            named = (r for r in hits if r.get("id") == encounter_id)
            prefetch[search.key] = next(named, None)
        else:
            entries = [{"resource": r} for r in hits]
            prefetch[search.key] = {"resourceType": "Bundle", "type": "searchset"} | (
                {"entry": entries} if entries else {}
            )
    return prefetch


def _asked(search: Search, codes: frozenset[str]) -> bool:
    """Whether a server would return a resource: it compares bare codes, as we ask."""
    return search.codes is None or not _bare(search.codes).isdisjoint(codes)


@lru_cache(maxsize=256)
def _bare(codes: frozenset[Code]) -> frozenset[str]:
    return frozenset(code.code for code in codes)


def _codings(concept: object) -> Iterator[dict[str, Any]]:
    for body in objects(concept):
        yield from (c for c in objects(body.get("coding")) if isinstance(c.get("code"), str))
