"""How a resource looked before it ended: a drug that was stopped was taken until then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from cdshooks.chart.conditions import OVER, words
from cdshooks.fhir.elements import Json, obj, objects, string
from cdshooks.population.replaying.moments import day_of

CLINICAL = "clinicalStatus"
ANSWERED = "(answered)"
"""In the place of an element: the first day on which something was done for the order."""


@dataclass(frozen=True, slots=True)
class Ending:
    """
    What tells that something is over, and since when.

    over: the statuses. before: the status until then. days: the elements that name the
    last day, the first that can be read counts. drops: what is known only since.
    """

    over: frozenset[str]
    before: str
    days: tuple[str, ...]
    drops: tuple[str, ...] = ("statusReason", "statusChanged")


@dataclass(frozen=True, slots=True)
class Ended:
    """The last day on which a resource looked like ``before``."""

    day: date
    before: Json


def _ending(over: str, before: str, *days: str, drops: tuple[str, ...] = ()) -> Ending:
    return Ending(frozenset(over.split()), before, days, ("statusReason", "statusChanged", *drops))


CHANGED = "meta.lastUpdated"
_ORDER = _ending("completed revoked", "active", "statusChanged", ANSWERED, CHANGED)
_PERIOD = ("period.end",)
ENDINGS: Mapping[str, tuple[Ending, ...]] = {
    "AllergyIntolerance": (_ending(" ".join(OVER), "active", CHANGED),),
    "Appointment": (
        _ending("fulfilled noshow arrived checked-in", "booked", "start"),
        _ending("cancelled", "booked", CHANGED, drops=("cancelationReason",)),
    ),
    "CarePlan": (_ending("completed revoked", "active", "period.end", CHANGED, drops=_PERIOD),),
    "CareTeam": (_ending("inactive", "active", "period.end", CHANGED, drops=_PERIOD),),
    "Condition": (
        _ending(
            " ".join(OVER),
            "active",
            "abatementDateTime",
            "abatementPeriod.end",
            "abatementPeriod",
            CHANGED,
            drops=tuple(f"abatement{kind}" for kind in ("DateTime", "Period", "Age", "String")),
        ),
    ),
    "Consent": (_ending("inactive", "active", "provision.period.end", CHANGED),),
    "Device": (_ending("inactive", "active", CHANGED),),
    "DeviceRequest": (_ORDER,),
    "DeviceUseStatement": (
        _ending(
            "completed stopped", "active", "timingPeriod.end", CHANGED, drops=("timingPeriod.end",)
        ),
    ),
    "Encounter": (
        _ending(
            "finished",
            "in-progress",
            "period.end",
            drops=("period.end", "length", "hospitalization.dischargeDisposition"),
        ),
    ),
    "EpisodeOfCare": (
        _ending("finished", "active", "period.end", CHANGED, drops=("period.end", "statusHistory")),
    ),
    "MedicationRequest": (
        _ending(
            "stopped completed",
            "active",
            "statusChanged",
            "dispenseRequest.validityPeriod.end",
            "dosageInstruction.timing.repeat.boundsPeriod.end",
            CHANGED,
        ),
    ),
    "MedicationStatement": (
        _ending(
            "stopped completed",
            "active",
            "effectivePeriod.end",
            CHANGED,
            drops=("effectivePeriod.end",),
        ),
    ),
    "NutritionOrder": (_ORDER,),
    "Procedure": (
        _ending(
            "completed stopped",
            "in-progress",
            "performedPeriod.end",
            drops=("performedPeriod.end", "outcome"),
        ),
    ),
    "ResearchSubject": (
        _ending("off-study withdrawn", "on-study", "period.end", CHANGED, drops=_PERIOD),
    ),
    "ServiceRequest": (_ORDER,),
    "Task": (
        _ending(
            "completed cancelled",
            "requested",
            "executionPeriod.end",
            "lastModified",
            ANSWERED,
            CHANGED,
            drops=("executionPeriod", "lastModified", "output"),
        ),
    ),
}
"""By type, how it ends. What is missing here looks throughout as it does in the input."""


def ended(resource: Json, answered: date | None, zone: tzinfo) -> Ended | None:
    """
    How a resource looked until it ended, and until when; None if it did not, or nobody knows when.

    answered: the first day on which something was done for it, if it is an order.
    """
    states = _states(resource)
    for ending in ENDINGS.get(str(resource.get("resourceType")), ()):
        if states & ending.over:
            days = (
                answered if path == ANSWERED else day_of(resource, path, zone)
                for path in ending.days
            )
            last = next((day for day in days if day is not None), None)
            return None if last is None else Ended(last, _before(resource, ending))
    return None


def _states(resource: Json) -> frozenset[str]:
    """The clinical status of a resource, or the status where it has no clinical one."""
    if CLINICAL in resource:
        return frozenset(words(resource[CLINICAL]))
    return frozenset({(string(resource.get("status")) or "").lower()})


def _before(resource: Json, ending: Ending) -> Json:
    seen = _without(resource, ending.drops)
    if CLINICAL not in resource:
        return {**seen, "status": ending.before}
    coding = next(objects(obj(resource[CLINICAL]).get("coding")), {})
    return {**seen, CLINICAL: {"coding": [{**coding, "code": ending.before, "display": "Active"}]}}


def _without(resource: Json, paths: Iterable[str]) -> Json:
    """A copy without the elements of these paths; what is not on a path is shared."""
    copy: dict[str, Any] = dict(resource)
    for path in paths:
        name, _, rest = path.partition(".")
        if rest and isinstance(copy.get(name), dict):
            copy[name] = _without(copy[name], (rest,))
        elif not rest:
            copy.pop(name, None)
    return copy
