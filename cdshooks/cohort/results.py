"""Observations as laboratories and clinics file them, with the ordinary untidiness."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart, filed
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import (
    Json,
    coding,
    factor,
    instant,
    own,
    quantity,
    reference,
    standard,
)

UNUSUAL = ("corrected", "amended", "preliminary")
CATEGORIES = {
    name: [standard("observation-category", name)]
    for name in ("laboratory", "vital-signs", "survey", "procedure", "exam")
}
BEDSIDE = ("vital-signs", "survey")
SITTING, SUPINE = "sitting", "supine"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and when results of one patient are written down.

    encounter: the id of the visit, if they belong to one. reports: when the results of
    a category are recorded, which is at once for all of them.
    """

    chart: Chart
    chance: Chance
    when: datetime
    encounter: str = ""
    reports: dict[str, datetime] = field(default_factory=dict)

    def measured(
        self,
        value_set: str,
        value: float,
        ucum: str,
        category: str,
        decimals: int = 0,
        **elements: Any,
    ) -> str:
        """Files a number of a measure, given in the unit that is written; returns its id."""
        found = quantity(value, ucum, decimals, self.chart.habit)
        return self.filed(self._code(value_set), found, category, **elements)

    def converted(
        self, value_set: str, value: float, ucum: str, category: str, decimals: int = 0, **el: Any
    ) -> str:
        """The same for a value in the canonical unit that the site writes in another."""
        places = decimals if factor(ucum) == 1 else 2
        return self.measured(value_set, value / factor(ucum), ucum, category, places, **el)

    def stated(self, value_set: str, answer: Json, **elements: Any) -> str:
        """Files an answer that is a concept."""
        code = self._code(value_set)
        return self._file(
            "survey", code=code, status="final", valueCodeableConcept=answer, **elements
        )

    def filed(self, code: Json, found: Json, category: str, **elements: Any) -> str:
        """Files a quantity, which an untidy few write as text, without unit or in error."""
        draw, edge = self.chance.share(), 0.0
        status, value = "final", {"valueQuantity": found}
        if draw < (edge := edge + number("text_result")):
            value = {"valueString": f"{found['value']} {found['unit']}"}  # type: ignore[dict-item]
        elif draw < (edge := edge + number("no_unit")):
            value = {"valueQuantity": {"value": found["value"]}}
        elif draw < (edge := edge + number("corrected")):
            status = self.chance.one_of(UNUSUAL)
        elif draw < edge + number("in_error"):
            status = "entered-in-error"
        return self._file(category, code=code, status=status, **value, **elements)

    def general(self, loinc: str, name: str, found: Json, category: str) -> str:
        """Files a general test of the content."""
        return self.filed(own("loinc", loinc, name), found, category)

    def _code(self, value_set: str) -> Json:
        # Most sites use the first code; every fourth patient's site uses another one.
        found = coding(value_set, self.chart.habit if self.chart.habit % 4 == 0 else 0)
        return {"coding": [found], "text": found["display"]}

    def _file(self, category: str, **elements: Any) -> str:
        if category not in self.reports:
            self.reports[category] = self._reported(category)
        recorded = self.reports[category]
        if self.encounter:
            elements["encounter"] = reference("Encounter", self.encounter)
        return self.chart.add(
            "Observation",
            recorded,
            category=CATEGORIES[category],
            effectiveDateTime=instant(self.when),
            issued=instant(recorded),
            **elements,
        )

    def _reported(self, category: str) -> datetime:
        """What is asked or weighed is written down at once, what is tested when it is read."""
        if category in BEDSIDE:
            return self.when + timedelta(minutes=10)
        return filed(self.chance, self.when)


def position(value_set: str) -> list[Json]:
    """The component that says how the patient sat or lay."""
    place = {"coding": [coding(value_set)]}
    return [{"code": {"coding": [coding("body-position")]}, "valueCodeableConcept": place}]


def room_air() -> list[Json]:
    """The component that says that no oxygen was given."""
    return [
        {
            "code": {"coding": [coding("oxygen-concentration")]},
            "valueQuantity": quantity(21, "%", 0),
        }
    ]


def upper_limit(value: float, ucum: str, decimals: int) -> list[Json]:
    """A reference range of which only the upper end is stated."""
    return [{"high": quantity(value, ucum, decimals)}]
