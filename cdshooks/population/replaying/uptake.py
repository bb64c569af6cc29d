"""What was done after advice first appeared: the order that it drafts, or the result of one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from cdshooks.chart import MEDICATIONS, View
from cdshooks.chart.care import is_asked_for
from cdshooks.chart.coded import code_elements, codes_of
from cdshooks.chart.observed import USABLE
from cdshooks.fhir.elements import Json, obj, string
from cdshooks.knowledge import Base, Code
from cdshooks.population.replaying.seen import Entered, Timeline
from cdshooks.rules.authoring import (
    Booked,
    Create,
    Found,
    InUse,
    Involved,
    Ordered,
    Performed,
    Reading,
    Recommend,
    Rule,
    Visited,
)

WIDENING = (Booked, Found, InUse, Involved, Ordered, Performed, Visited)
"""Inputs by which a rule itself asks whether its advice was taken up."""
RESULTS = ("Observation", "DiagnosticReport", "Procedure", "Encounter", "Device")
"""Types that can be what an order led to."""
NEVER = frozenset({"entered-in-error", "cancelled", "draft", "not-done", "planned", "not-taken"})
"""Statuses of what was never ordered or done."""
MONITORING = "M"
"""The class of rules whose advice is to measure again."""
DAYS = "d"
"""The unit of a limit that time crosses."""

Named = tuple[str, Code]
"""A resource type, and a code of it."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What would show that advice was taken up; empty where it drafts nothing that has a code."""

    orders: frozenset[Named] = frozenset()
    results: frozenset[Named] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.orders or self.results)


@dataclass(frozen=True, slots=True)
class Uptake:
    """How many days after the advice something of it was written down: ``order`` or ``result``."""

    days: int
    by: str


def sought(rule: Rule, advice: Recommend, view: View) -> Sought:
    """
    What advice drafts, by type and code, and what its orders lead to.

    A code stands for all codes of a value set by which the rule itself looks for
    orders, visits or procedures, for those of a measure that it reads, and a drug
    for all its products. What is due by the calendar is also answered by a new value
    of the measure that it names the last value of.
    """
    base = view.knowledge.base
    orders: set[Named] = set()
    results: set[Named] = set()
    for draft in _drafts(advice):
        resource = base.drafts[draft].resource
        type = str(resource["resourceType"])
        codes = frozenset(_wider(frozenset(_coded(resource, base)), rule, base))
        orders |= {(t, c) for t in (MEDICATIONS if type in MEDICATIONS else (type,)) for c in codes}
        if type.endswith("Request") and type not in MEDICATIONS:
            results |= {(t, c) for t in RESULTS for c in codes}
            results |= _observed(_held(codes, rule, base), base)
    results |= _observed(_due(rule, advice), base)
    return Sought(frozenset(orders), frozenset(results))


def _drafts(advice: Recommend) -> Iterator[str]:
    for offer in advice.offers:
        if isinstance(offer, Create):
            yield from (offer.draft, *offer.beside)


def _coded(resource: Json, base: Base) -> Iterator[Code]:
    for path in code_elements(str(resource.get("resourceType"))):
        yield from codes_of(resource.get(path), base.systems)


def _wider(codes: frozenset[Code], rule: Rule, base: Base) -> Iterator[Code]:
    yield from codes
    for declaration in rule.reads:
        if isinstance(declaration, WIDENING):
            value_set = base.value_sets[declaration.value_set]
            if value_set.holds_any(codes):
                yield from value_set.exact
    for drug in base.products.values():
        if not codes.isdisjoint(drug.products):
            yield from drug.products


def _held(codes: frozenset[Code], rule: Rule, base: Base) -> Iterator[str]:
    """The measures that a rule reads by some of these codes."""
    for name in _read(rule):
        if any(value_set.holds_any(codes) for value_set in base.measures[name].value_sets):
            yield name


def _due(rule: Rule, advice: Recommend) -> frozenset[str]:
    """The measures that are due, where it is time alone that makes a monitoring rule speak."""
    by_time = advice.by and all(limit.unit == DAYS for limit in advice.by)
    if rule.kind != MONITORING or not by_time:
        return frozenset()
    named = frozenset(fact.measure for fact in advice.evidence if isinstance(fact, Reading))
    return named or (_read(rule) if advice.due else named)


def _read(rule: Rule) -> frozenset[str]:
    """Every measure that a rule reads."""
    return frozenset(
        name
        for declaration in rule.reads
        for name in (getattr(declaration, "measure", None), *getattr(declaration, "measures", ()))
        if name is not None
    )


def _observed(measures: Iterable[str], base: Base) -> set[Named]:
    """Every code by which one of these measures can be observed."""
    return {
        ("Observation", code)
        for name in measures
        for value_set in base.measures[name].value_sets
        for code in value_set.exact
    }


@dataclass
class Entries:
    """What was written down of one patient, by type and code; made when it is first asked."""

    line: Timeline
    base: Base
    _codes: list[tuple[Entered, frozenset[Named]]] | None = field(default=None)

    def uptake(self, wanted: Sought, since: date) -> Uptake | None:
        """
        The first of what is wanted that was not yet seen when the advice appeared.

        An order of the same day counts, for the card came before it; a result of that
        day does not, for the advice was given in its knowledge.
        """
        for entry, named in self._known():
            if entry.since > since and (by := _by(named, wanted)):
                return Uptake((entry.written - since).days, by)
        return None

    def _known(self) -> list[tuple[Entered, frozenset[Named]]]:
        if self._codes is None:
            self._codes = list(self._read(self.line.entries))
        return self._codes

    def _read(self, entries: Iterable[Entered]) -> Iterator[tuple[Entered, frozenset[Named]]]:
        drugs = {
            f"Medication/{r.get('id')}": r
            for r in self.line.lasting
            if r.get("resourceType") == "Medication"
        }
        for entry in entries:
            resource = entry.resource
            if _happened(resource):
                type = str(resource.get("resourceType"))
                drug = drugs.get(_drug(resource))
                codes = {*_coded(resource, self.base), *(_coded(drug, self.base) if drug else ())}
                yield entry, frozenset((type, code) for code in codes)


def _drug(resource: Json) -> str:
    """The reference of an order to its Medication."""
    return string(obj(resource.get("medicationReference")).get("reference")) or ""


def _by(named: frozenset[Named], wanted: Sought) -> str | None:
    if not named.isdisjoint(wanted.orders):
        return "order"
    return None if named.isdisjoint(wanted.results) else "result"


def _happened(resource: Json) -> bool:
    status = (string(resource.get("status")) or "").lower()
    if resource.get("resourceType") == "Observation":
        return status in USABLE
    return status not in NEVER and is_asked_for(resource)
