"""Knowledge as the rest of the program sees it: frozen, checked, one a profile."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge.codes import Code, Systems, ValueSet
from cdshooks.knowledge.interactions import Ingredients
from cdshooks.knowledge.model import (
    CardOrderFile,
    DraftFile,
    MeasureFile,
    ObservationGroupFile,
    OverrideReasonFile,
    ProfileFile,
    SearchFile,
    SourceFile,
)
from cdshooks.knowledge.parameters import Parameter
from cdshooks.knowledge.site_codes import OF_SITE, Added, extended, site_codes
from cdshooks.units import UnitTable, written


@dataclass(frozen=True, slots=True)
class Product:
    """A drug product: strength is mg per tablet, film or mL, or None if the code has none."""

    code: Code
    display: str
    kind: str
    form: str | None
    route: str | None
    strength: Fraction | None
    strength_per: str | None


@dataclass(frozen=True, slots=True)
class ProductSet:
    """Every code and name by which a drug is ordered."""

    drug: str
    label: str
    release: str
    products: Mapping[Code, Product]
    names: tuple[str, ...]
    not_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A numeric observation: its codes, unit table, plausible range and habits."""

    id: str
    file: MeasureFile
    units: UnitTable
    value_sets: tuple[ValueSet, ...]

    @property
    def unit(self) -> str:
        """The unit as cards write it."""
        return written(self.units.canonical)

    @property
    def in_forms(self) -> bool:
        """Whether a questionnaire's item may answer it: a score with a LOINC code.

        An item names what it asks by a LOINC code only; other scores come as
        observations alone.
        """
        return self.units.quantity == "score" and any(
            code.system == "loinc" for value_set in self.value_sets for code in value_set.exact
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The FHIR types in which a reading may stand."""
        return ("Observation", "QuestionnaireResponse") if self.in_forms else ("Observation",)

    def plausible(self, value: Decimal) -> bool:
        """Whether a value in the canonical unit can be a person's."""
        low, high = self.file.plausible
        return low <= value <= high


@dataclass(frozen=True, eq=False)
class Base:
    """Everything in the knowledge files, before a profile is laid over it."""

    systems: Systems
    value_sets: Mapping[str, ValueSet]
    products: Mapping[str, ProductSet]
    ingredients: Ingredients
    units: Mapping[str, UnitTable]
    measures: Mapping[str, Measure]
    parameters: Mapping[str, Parameter]
    sources: Mapping[str, SourceFile]
    profiles: Mapping[str, ProfileFile]
    drafts: Mapping[str, DraftFile]
    overrides: Mapping[str, OverrideReasonFile]
    searches: Mapping[str, SearchFile]
    observation_groups: Mapping[str, ObservationGroupFile]
    card_order: Mapping[str, CardOrderFile]

    digests: Mapping[str, str]
    """A hash of each knowledge file, by its path: whatever it says, a card may depend on it."""

    @cached_property
    def drugs(self) -> Mapping[str, str]:
        """Label of every drug and drug set that a declaration may name."""
        sets = {key: drug_set.label for key, drug_set in self.ingredients.sets.items()}
        return {key: drug.label for key, drug in self.products.items()} | sets

    @cached_property
    def products_by_code(self) -> Mapping[Code, tuple[tuple[str, Product], ...]]:
        """Every product of a code, with its drug."""
        found: dict[Code, list[tuple[str, Product]]] = {}
        for drug in self.products.values():
            for code, product in drug.products.items():
                found.setdefault(code, []).append((drug.drug, product))
        return {code: tuple(products) for code, products in found.items()}

    def profile(self, *names: str) -> "Knowledge":
        """The knowledge of the named profiles, later ones over earlier ones; made once."""
        return _profiled(self, names)

    def _profile(self, names: tuple[str, ...]) -> "Knowledge":
        parameters = dict(self.parameters)
        captures: set[str] = set()
        everything = False
        added: Added = {}
        off: set[str] = set()
        for name in names:
            if name not in self.profiles:
                known = ", ".join(sorted(self.profiles))
                raise KnowledgeInvalid("profile", name, f"unknown; there are: {known}")
            profile = self.profiles[name]
            parameters.update(
                {key: _overlaid(parameters[key], profile, key) for key in profile.parameters}
            )
            for target, codings in self._codes_of(name).items():
                added[target] = (*added.get(target, ()), *codings)
            off.update(profile.switched_off)
            if profile.captures == "all":
                everything = True
            else:
                captures.update(profile.captures)
        used, kept = self._with(added), frozenset(captures)
        return Knowledge(used, names, parameters, kept, everything, frozenset(off))

    def _codes_of(self, profile: str) -> Added:
        """The codes that a profile names for its site, by value set."""
        measures = {key: measure.file.value_sets for key, measure in self.measures.items()}
        file = self.profiles[profile]
        return site_codes(profile, file, self.systems, self.value_sets, measures)

    def _with(self, added: Added) -> "Base":
        """This, with further codes in its value sets and in the measures that use them."""
        if not added:
            return self
        sets = extended(self.value_sets, added)
        measures = {
            key: replace(measure, value_sets=tuple(sets[s.id] for s in measure.value_sets))
            for key, measure in self.measures.items()
        }
        return replace(self, value_sets=sets, measures=measures)


@cache
def _profiled(base: Base, names: tuple[str, ...]) -> "Knowledge":
    """Shared by all who ask, because much is remembered for each knowledge in use."""
    return base._profile(names)


def _overlaid(parameter: Parameter, profile: ProfileFile, key: str) -> Parameter:
    over = profile.parameters[key]
    return parameter.overridden(
        value=over.value,
        operator=over.operator or parameter.operator,
        meaning=over.meaning or parameter.meaning,
        mark=over.mark,
        source=over.source.guideline,
        locator=over.source.locator,
        checked=over.source.checked,
    )


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Knowledge under a profile: what rules, chart and cards are given.

    off: the ids of rules that the profile switches off.
    """

    base: Base
    profiles: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    captures: frozenset[str] = frozenset()
    captures_all: bool = False
    off: frozenset[str] = frozenset()
    version: str = field(init=False)

    def __post_init__(self) -> None:
        captures = (sorted(self.captures), self.captures_all)
        contents = (sorted(self.parameters.items()), captures, _contents(self.base))
        text = repr((self.profiles, contents))
        digest = hashlib.sha256(text.encode()).hexdigest()
        object.__setattr__(self, "version", digest[:12])

    def captured(self, concept: str) -> bool:
        """Whether the site records a measure or value set in coded form.

        Without a word from the site: what it has codes of its own for, and whatever has
        a standard code and is written down alike everywhere.
        """
        if self.captures_all or concept in self.captures:
            return True
        measure = self.base.measures.get(concept)
        sets = measure.value_sets if measure else (self.base.value_sets[concept],)
        usual = (c.confidence for s in sets if s.captured for c in s.codings)
        of_site = any(c.confidence == OF_SITE for s in sets for c in s.codings)
        return of_site or any(confidence != "local" for confidence in usual)

    def days(self, name: str) -> int:
        """A lookback in days by its parameter's name."""
        value = self.parameters[name].value
        if not isinstance(value, Decimal | int) or isinstance(value, bool):
            raise KnowledgeInvalid("parameters", name, "expected a number of days")
        return int(value)


def _contents(base: Base) -> tuple[object, ...]:
    """What a card can depend on, in an order that does not change between runs."""
    return (
        sorted((k, v.codings, v.prefixes) for k, v in base.value_sets.items()),
        sorted((k, sorted(v.products.items())) for k, v in base.products.items()),
        sorted((k, v.file.model_dump_json()) for k, v in base.measures.items()),
        sorted((k, v.model_dump_json()) for k, v in base.drafts.items()),
        sorted((k, sorted(v.rows.items())) for k, v in base.units.items()),
        sorted(base.digests.items()),
    )
