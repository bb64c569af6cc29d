"""A chart as of a day: what every answer needs, and nothing more."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, TypeVar

from cdshooks.chart.index import Index, Record
from cdshooks.chart.questions import Doubtful
from cdshooks.chart.sources import Coverage, Result, coverage
from cdshooks.fhir.elements import Json, objects
from cdshooks.knowledge import Code, Knowledge, Measure, Threshold, ValueSet
from cdshooks.protocol import Context

T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """One patient's indexed resources, seen from ``today`` under one profile.

    worst: whether same-day disagreements answer with the worse value.
    memory: answers already given, by the number of their question, and whatever else
    was worked out; a view of another day or choice has its own.
    doubtful: those answers that wanted a search which failed, or hold a disagreement.
    plain: keys of the memory under which stands what an empty chart would say, too.
    """

    index: Index
    results: tuple[Result, ...]
    knowledge: Knowledge
    hook: str
    context: Context
    now: datetime
    today: date
    zone: tzinfo
    worst: bool = False
    memory: dict[Any, Any] = field(default_factory=dict, compare=False)
    doubtful: Doubtful = field(default_factory=Doubtful, compare=False)
    plain: set[Any] = field(default_factory=set, compare=False)

    @cached_property
    def past(self) -> bool:
        """Whether this is the chart of an earlier day than that of the call."""
        return self.today < self.now.astimezone(self.zone).date()

    @cached_property
    def horizon(self) -> date:
        """The last day that a date may name and still be believed.

        24 hours are allowed for clocks and zones, but not in the chart of an
        earlier day: what was recorded later was not known then.
        """
        if self.past:
            return self.today
        return (self.now + timedelta(hours=24)).astimezone(self.zone).date()

    def on(self, day: date) -> "View":
        """The chart as it was known on an earlier day; one view a day."""
        key = ("on", day)
        if key not in self.memory:
            self.memory[key] = replace(self, today=day, memory={}, plain=set())
        kept: View = self.memory[key]
        return kept

    def worst_view(self) -> "View":
        """The chart with every same-day disagreement answered the other way."""
        return self.remembered("worst", _worst)

    def remembered(self, key: str, make: Callable[["View"], T]) -> T:
        """What ``make`` says of this view, asked once."""
        if key not in self.memory:
            self.memory[key] = make(self)
        kept: T = self.memory[key]
        return kept

    def extended(self, fresh: Iterable[Result], also: Iterable[Json] = ()) -> "View":
        """The chart with further answers, each in the place of the one that it replaces.

        The index is shared and grows: types that were read are not read again.
        """
        answers = {result.search.key: result for result in fresh}
        here = {id(resource) for result in self.results for resource in result.resources}
        for resource in (*(r for a in answers.values() for r in a.resources), *also):
            if id(resource) not in here:
                self.index.add(resource)
        kept = [answers.pop(r.search.key, r) for r in self.results]
        results = (*kept, *answers.values())
        return replace(self, results=results, memory={}, doubtful=Doubtful(), plain=set())

    def value_set(self, id: str) -> ValueSet:
        """The value set of this id."""
        return self.knowledge.base.value_sets[id]

    def measure(self, id: str) -> Measure:
        """The measure of this id."""
        return self.knowledge.base.measures[id]

    def threshold(self, name: str) -> Threshold:
        """The threshold parameter of this name."""
        return self.knowledge.parameters[name].threshold()

    def since(self, lookback: str | None) -> date | None:
        """The first day that a lookback includes; None for any age."""
        if lookback is None:
            return None
        key = ("since", lookback)
        if key not in self.memory:
            days = self.knowledge.days(lookback)
            self.memory[key] = date.fromordinal(max(1, self.today.toordinal() - days))
        since: date = self.memory[key]
        return since

    def parts(self, record: Record, value_set: str) -> list[Json]:
        """The components of an observation that carry a code of the value set."""
        if not record.resource.get("component"):
            return []
        wanted = self.value_set(value_set)
        return [
            part
            for part in objects(record.resource["component"])
            if wanted.holds_any(self.index.concept(part.get("code")))
        ]

    def coverage(
        self, type: str, value_sets: tuple[ValueSet, ...] = (), since: date | None = None
    ) -> Coverage:
        """Whether everything of a type and these value sets since a day was read."""
        key = ("coverage", type, *(value_set.id for value_set in value_sets), since)
        if key not in self.memory:
            codes = frozenset[Code]().union(*(value_set.exact for value_set in value_sets))
            self.memory[key] = coverage(self.results, type, codes, since)
        found: Coverage = self.memory[key]
        return found

    def words(self, keys: tuple[str, ...]) -> str:
        """What failed searches would have read, for a card."""
        covers = {r.search.key: r.search.covers for r in self.results}
        return ", ".join(covers.get(key, key) for key in keys)


def _worst(view: View) -> View:
    return replace(view, worst=True, memory={}, plain=set())
