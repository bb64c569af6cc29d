"""What a chart showed on an earlier day, as far as what was kept of it can tell."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from cdshooks.fhir.elements import Json, referred, string
from cdshooks.population.record import Record
from cdshooks.population.replaying.endings import Ended, ended
from cdshooks.population.replaying.moments import day_of

RECORDED: Mapping[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("recordedDate", "assertedDate", "onset[x]"),
    "Appointment": ("created", "start"),
    "CarePlan": ("created", "period"),
    "CareTeam": ("period",),
    "Communication": ("sent", "received"),
    "CommunicationRequest": ("authoredOn",),
    "Condition": ("recordedDate", "assertedDate", "dateRecorded", "onset[x]"),
    "Consent": ("dateTime",),
    "DeviceRequest": ("authoredOn", "occurrence[x]"),
    "DeviceUseStatement": ("recordedOn", "timing[x]"),
    "DiagnosticReport": ("issued", "effective[x]"),
    "DocumentReference": ("date", "content.attachment.creation", "context.period"),
    "Encounter": ("period",),
    "EpisodeOfCare": ("period",),
    "FamilyMemberHistory": ("date",),
    "Flag": ("period",),
    "Goal": ("startDate", "statusDate"),
    "Immunization": ("recorded", "occurrence[x]"),
    "MedicationAdministration": ("effective[x]",),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "MedicationOrder": ("dateWritten",),
    "MedicationRequest": ("authoredOn", "dispenseRequest.validityPeriod"),
    "MedicationStatement": ("dateAsserted", "effective[x]"),
    "NutritionOrder": ("dateTime",),
    "Observation": ("issued", "effective[x]"),
    "Procedure": ("performed[x]",),
    "QuestionnaireResponse": ("authored",),
    "RelatedPerson": ("period",),
    "ResearchSubject": ("period",),
    "ServiceRequest": ("authoredOn", "occurrence[x]"),
    "Task": ("authoredOn",),
}
"""By type, the elements that tell when an entry was written; the first that can be read counts."""
HAPPENED: Mapping[str, tuple[str, ...]] = {
    "DiagnosticReport": ("effective[x]", "effectivePeriod.end"),
    "Immunization": ("occurrence[x]",),
    "MedicationStatement": ("effective[x]",),
    "Observation": ("effective[x]", "effectivePeriod.end"),
    "QuestionnaireResponse": ("authored",),
}
"""What reports something that was, and so cannot have been seen before it was."""
DECIDED = frozenset(
    {
        "Appointment",
        "CarePlan",
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationOrder",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "Task",
    }
)
"""What a visit leads to: seen from the day after, for a card comes before the decision."""
NOBODYS = frozenset(
    {
        "Location",
        "Medication",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Questionnaire",
        "ResearchStudy",
        "Substance",
    }
)
"""What is no event of a life, and is there throughout; of the patient all but the death."""
CHANGED = "meta.lastUpdated"


@dataclass(frozen=True, slots=True)
class Entered:
    """A resource of the record, with the day on which it was written down."""

    resource: Json
    written: date

    @property
    def since(self) -> date:
        """The first day on which who opens the chart finds it."""
        decided = self.resource.get("resourceType") in DECIDED and self.written < date.max
        return self.written + timedelta(days=1) if decided else self.written


@dataclass(frozen=True, slots=True)
class Timeline:
    """
    A record in the order in which it came to be; made once, read for each day.

    lasting: what is there throughout. entries: the others, by the day from which they
    are seen. days: those days. endings: by place among the entries, what looked
    different until some day. undated: resources without any day, which are never shown.
    """

    lasting: tuple[Json, ...]
    entries: tuple[Entered, ...]
    days: tuple[date, ...]
    endings: tuple[tuple[int, Ended], ...]
    undated: tuple[Json, ...]

    @property
    def first(self) -> date | None:
        """The day of the earliest entry."""
        return min((entry.written for entry in self.entries), default=None)

    @property
    def last(self) -> date | None:
        """The day of the latest entry."""
        return max((entry.written for entry in self.entries), default=None)

    def on(self, day: date) -> tuple[Json, ...]:
        """The resources that an open chart showed on a day, each as it looked then."""
        return (*self.lasting, *self._seen(day, day))

    def ever(self, day: date) -> tuple[Json, ...]:
        """All that can have been known at some time until a day, as if nothing had ended."""
        return (*self.lasting, *self.undated, *self._seen(day, date.min))

    def _seen(self, day: date, unended: date) -> list[Json]:
        """What was written by a day; what ended on ``unended`` or later as it was before."""
        count = bisect_right(self.days, day)
        shown = [entry.resource for entry in self.entries[:count]]
        for place, end in self.endings:
            if place < count and unended <= end.day:
                shown[place] = end.before
        return shown


def timeline(record: Record, zone: tzinfo) -> Timeline:
    """A record by the days on which its resources were written, in the zone of the site."""
    lasting = tuple(_living(r) for r in record.resources if r.get("resourceType") in NOBODYS)
    events = [r for r in record.resources if r.get("resourceType") not in NOBODYS]
    found, undated = _dated(events, zone)
    entries = sorted(found, key=lambda entry: entry.since)
    answers = _firsts((e.resource.get("basedOn"), e.written) for e in entries)
    endings = (
        (place, end)
        for place, entry in enumerate(entries)
        if (end := ended(entry.resource, answers.get(_name(entry.resource)), zone)) is not None
        and end.day >= entry.since
    )
    return Timeline(
        lasting,
        tuple(entries),
        tuple(entry.since for entry in entries),
        tuple(endings),
        tuple(end.before if (end := ended(r, None, zone)) else r for r in undated),
    )


def written(resource: Json, zone: tzinfo) -> date | None:
    """The day on which a resource was written down, by its own elements."""
    type = str(resource.get("resourceType"))
    told = (day_of(resource, path, zone) for path in RECORDED.get(type, ()))
    recorded = next((day for day in told if day is not None), None)
    if recorded is None:
        return None
    happened = (day_of(resource, path, zone) for path in HAPPENED.get(type, ()))
    return max((recorded, *(day for day in happened if day is not None)))


def _dated(events: Iterable[Json], zone: tzinfo) -> tuple[list[Entered], list[Json]]:
    """Each resource by its own day, or else the first that proves that it was there; the rest."""
    days = [(resource, written(resource, zone)) for resource in events]
    found = [Entered(resource, day) for resource, day in days if day is not None]
    bare = [resource for resource, day in days if day is None]
    named = _firsts((e.resource, e.written) for e in found) if bare else {}
    undated = []
    for resource in bare:
        proofs = (day_of(resource, CHANGED, zone), named.get(_name(resource)))
        known = [proof for proof in proofs if proof is not None]
        if known:
            found.append(Entered(resource, min(known)))
        else:
            undated.append(resource)
    return found, undated


def _firsts(dated: Iterable[tuple[object, date]]) -> dict[str, date]:
    """The first day on which each resource was referred to, by its name."""
    found: dict[str, date] = {}
    for node, day in dated:
        for name in _references(node):
            found[name] = min(day, found.get(name, day))
    return found


def _name(resource: Json) -> str:
    """``Type/id``; one without an id cannot be referred to."""
    id = string(resource.get("id"))
    return f"{resource.get('resourceType')}/{id}" if id else ""


def _references(node: object) -> Iterator[str]:
    """``Type/id`` of everything that a piece of JSON refers to, however deep it is."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            waiting.extend(node.values())
            reference = string(node.get("reference"))
            if reference is not None:
                yield referred(reference)


def _living(resource: Json) -> Json:
    """The patient as known in life."""
    if resource.get("resourceType") != "Patient":
        return resource
    return {key: value for key, value in resource.items() if not key.startswith("deceased")}
