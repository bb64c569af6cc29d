"""The chart of one patient while it is written: what is recorded by the end of the cohort."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.content import Site
from cdshooks.cohort.distributions import number
from cdshooks.cohort.elements import Json, instant, reference

WHOSE = {
    "Device": "patient",
    "AllergyIntolerance": "patient",
    "NutritionOrder": "patient",
    "Consent": "patient",
    "EpisodeOfCare": "patient",
    "RelatedPerson": "patient",
    "FamilyMemberHistory": "patient",
}
"""The member that names the patient, where it is not ``subject``."""
NOBODY = ("Patient", "Appointment")
"""Types that name the patient elsewhere, or not at all."""
MADE_UP = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
"""What every Patient is tagged with."""


@dataclass(slots=True)
class Chart:
    """The resources of one patient. habit: how this patient's clinic varies codes and units."""

    id: str
    until: datetime
    site: Site
    habit: int
    resources: list[Json] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def patient(self) -> Json:
        """The reference to the patient."""
        return reference("Patient", self.id)

    def add(
        self, type: str, recorded: datetime, changed: datetime | None = None, /, **elements: Any
    ) -> str:
        """
        Files a resource and returns its id.

        Nothing is filed, and the id leads nowhere, when it was recorded after the end of
        the cohort. changed: when it was last changed, if later; that change must be
        known by the end, which whoever calls makes sure of.
        """
        count = self.counts[type] = self.counts.get(type, 0) + 1
        id = self.id if type == "Patient" else f"{self.id}-{type.lower()}-{count}"
        if recorded <= self.until:
            meta: Json = {"lastUpdated": instant(max(recorded, changed or recorded))}
            if type == "Patient":
                meta["security"] = [MADE_UP]
            found: Json = {"resourceType": type, "id": id, "meta": meta}
            if type not in NOBODY:
                found[WHOSE.get(type, "subject")] = self.patient
            found.update(elements)
            self.resources.append(found)
        return id


def filed(chance: Chance, done: datetime) -> datetime:
    """When a result is recorded: minutes or hours later, sometimes days or weeks."""
    draw = chance.share()
    if draw < number("elsewhere_share"):
        return done + chance.days("elsewhere") + timedelta(hours=2)
    if draw < number("elsewhere_share") + number("late_share"):
        return done + chance.days("late") + timedelta(hours=3)
    return done + timedelta(minutes=int(chance.span("read")))
