"""The codes by which a site records a concept, laid over the value sets of this project."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge.codes import Code, Coding, Systems, ValueSet
from cdshooks.knowledge.model import ProfileFile

OF_SITE = "site"
"""How sure a code is that a site names for its own records."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/~+-]*", re.ASCII)
"""What may stand in a search by code without being taken for part of its syntax."""
_ADDRESS = re.compile(r"(https?://|urn:)[^\s|,]+", re.ASCII)

ValueSets = Mapping[str, ValueSet]
Measures = Mapping[str, tuple[str, ...]]
"""The names of the value sets of each measure."""
Added = dict[str, tuple[Coding, ...]]
"""New codings by the name of the value set that takes them."""


def site_codes(
    name: str, profile: ProfileFile, systems: Systems, sets: ValueSets, measures: Measures
) -> Added:
    """
    The codes of a profile by value set.

    Raises KnowledgeInvalid, naming file and key, for a concept that no rule knows
    and for a code that is not written ``system|code``.
    """
    found: Added = {}
    for concept, written in profile.codes.items():
        where = (f"{name}.yaml", f"codes.{concept}")
        target = _target(concept, where, sets, measures)
        codings = tuple(_coding(text, where, systems, sets[target]) for text in written)
        found[target] = (*found.get(target, ()), *codings)
    return found


def _target(concept: str, where: tuple[str, str], sets: ValueSets, measures: Measures) -> str:
    """The value set that a concept names: itself, or the only one of a measure."""
    if concept in sets:
        return concept
    of_measure = measures.get(concept)
    if of_measure is None:
        raise KnowledgeInvalid(*where, "no such measure or value set")
    if len(of_measure) > 1:
        raise KnowledgeInvalid(*where, f"say which of its value sets: {', '.join(of_measure)}")
    return of_measure[0]


def _coding(text: str, where: tuple[str, str], systems: Systems, target: ValueSet) -> Coding:
    system, bar, code = text.rpartition("|")
    known = system in systems.uris or system in systems.aliases
    if not bar or not (known or _ADDRESS.fullmatch(system)) or not _CODE.fullmatch(code):
        raise KnowledgeInvalid(*where, f"{text!r} is not system|code, such as loinc|19872-1")
    address = systems.uris.get(system, system)
    return Coding(systems.code(address, code), code, target.meaning, OF_SITE)


def extended(sets: ValueSets, added: Added) -> dict[str, ValueSet]:
    """All value sets, with what was added to them or to one that they include."""
    return {key: _extended(value_set, added) for key, value_set in sets.items()}


def _extended(value_set: ValueSet, added: Added) -> ValueSet:
    new = tuple(_new(value_set, added))
    if not new:
        return value_set
    return replace(
        value_set,
        codings=(*value_set.codings, *new),
        exact=value_set.exact | {coding.code for coding in new},
    )


def _new(value_set: ValueSet, added: Added) -> Iterator[Coding]:
    seen: set[Code] = set(value_set.exact)
    for name in (value_set.id, *value_set.includes):
        for coding in added.get(name, ()):
            if coding.code not in seen:
                seen.add(coding.code)
                yield coding


def codes_of(sets: Iterable[ValueSet]) -> frozenset[Code]:
    """Every code that a site added to these value sets."""
    return frozenset(c.code for s in sets for c in s.codings if c.confidence == OF_SITE)
