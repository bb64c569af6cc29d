"""Does this patient have ALS, surely enough for these rules to speak?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    Limits,
    Listed,
    Patient,
    Person,
    State,
    This,
    derived,
)

Diagnosis = Literal["als", "provisional", "none", "unreadable"]


@dataclass(frozen=True, slots=True)
class PopulationLimits(Limits):
    """What a site decides about who belongs."""

    group: ClassVar[str] = "population"
    adult_from_years: Decimal
    broad_codes_are_als: bool


@dataclass(frozen=True, slots=True)
class Population:
    """diagnosis: ``provisional`` when nobody has confirmed it; ``unreadable`` when the
    problem list could not be read. ``failed`` then names the searches. related:
    whether at least another disease of the motor neurons is recorded. died: whether
    the patient is no longer living because of death, not of a record that was closed.
    """

    diagnosis: Diagnosis
    adult: bool
    living: bool
    onset: date | None = None
    diagnosed: date | None = None
    evidence: Entry | None = None
    failed: tuple[str, ...] = ()
    related: bool = False
    died: bool = False


@derived
def has_died(person: Annotated[Person, Patient()], call: Annotated[Call, This()]) -> bool:
    """Whether the patient has died, by the record or by how they left hospital."""
    return person.deceased or "discharge-died" in call.place


@derived
def population(
    als: Annotated[Entries, Listed("als")],
    broad: Annotated[Entries, Listed("als-broad")],
    others: Annotated[Entries, Listed("other-motor-neuron-disease")],
    unspecified: Annotated[Entries, Listed("motor-neuron-disease-unspecified")],
    person: Annotated[Person, Patient()],
    dead: Annotated[bool, State(has_died)],
    limits: PopulationLimits,
) -> Population:
    """
    Whether the patient has ALS, by one qualifying Condition.

    A refuted twin does not cancel a Condition that stands. Codes for motor
    neuron disease in general count only where a site says so, and not beside a
    code for another motor neuron disease.
    """
    if not person.known:
        return Population("unreadable", adult=True, living=True, failed=("patient",))
    adult = person.age is None or person.age >= limits.adult_from_years
    living = not dead and person.active
    died = dead and person.active
    found = list(als)
    if not found and limits.broad_codes_are_als and not others:
        found = list(broad)
    confirmed = [c for c in found if c.certain]
    chosen = min(confirmed or found, key=lambda c: c.recorded or date.max, default=None)
    if chosen is None:
        diagnosis: Diagnosis = "none" if als.whole else "unreadable"
        related = bool(broad or others or unspecified)
        return Population(diagnosis, adult, living, failed=als.failed, related=related, died=died)
    return Population(
        diagnosis="als" if confirmed else "provisional",
        adult=adult,
        living=living,
        onset=min((c.start for c in found if c.start), default=None),
        diagnosed=chosen.recorded or chosen.start,
        evidence=chosen,
        died=died,
    )
