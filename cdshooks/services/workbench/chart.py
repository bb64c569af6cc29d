"""A chart as a clinician would look at it: who it is, what is wrong, what is taken, the courses."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from cdshooks.chart import MEDICATIONS, View, read_chart
from cdshooks.chart.conditions import DENIED, OVER, words
from cdshooks.chart.index import Record
from cdshooks.chart.medications import goes_on
from cdshooks.chart.naming import naming
from cdshooks.fhir.dates import choice, when
from cdshooks.fhir.elements import Json, obj, objects, plain, string, texts, values
from cdshooks.protocol import HookRequest
from cdshooks.services.answer import Site, searches
from cdshooks.services.workbench.courses import Course, courses

NOTHING = ("entered-in-error", "not-done", "cancelled", "revoked", "rejected")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list of the chart. detail: dose or status, in words; empty where none."""

    name: str
    detail: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Chart:
    """What the workbench shows of a patient; every text is of the chart and not to be trusted."""

    name: str
    born: str
    gender: str
    problems: tuple[Item, ...]
    medications: tuple[Item, ...]
    allergies: tuple[Item, ...]
    care: tuple[Item, ...]
    courses: tuple[Course, ...]


def chart_of(request: HookRequest, site: Site, now: datetime) -> Chart:
    """The chart of a request that asks for everything, read as the rules would read it."""
    view = read_chart(request, searches(request.hook, site), site.knowledge, now, site.timezone)
    patient = next((r.resource for r in view.index.of("Patient")), {})
    return Chart(
        name=_name(patient),
        born=plain(patient.get("birthDate"), 10),
        gender=plain(patient.get("gender"), 10),
        problems=_items(view, ("Condition",), _problem),
        medications=_items(view, MEDICATIONS, _medication),
        allergies=_items(view, ("AllergyIntolerance",), _allergy),
        care=_items(view, ("Device", "DeviceRequest", "ServiceRequest", "Procedure"), _care),
        courses=courses(view),
    )


def _name(patient: Json) -> str:
    for name in objects(patient.get("name")):
        given = " ".join(plain(part) for part in values(name.get("given")))
        found = plain(name.get("text")) or f"{given} {plain(name.get('family'))}".strip()
        if found:
            return found
    return "Name not recorded"


def _items(
    view: View, types: Iterable[str], read: Callable[[Record, View], Item | None]
) -> tuple[Item, ...]:
    """Each thing once, the newest first."""
    found: dict[tuple[str, str], Item] = {}
    for item in _read(view, types, read):
        known = found.setdefault((item.name.casefold(), item.detail), item)
        if (item.day or date.min) > (known.day or date.min):
            found[item.name.casefold(), item.detail] = item
    newest_first = sorted(found.values(), key=lambda item: item.day or date.min, reverse=True)
    return tuple(newest_first)


def _read(
    view: View, types: Iterable[str], read: Callable[[Record, View], Item | None]
) -> Iterator[Item]:
    for type in types:
        for record in view.index.of(type):
            item = read(record, view)
            if item is not None and item.name:
                yield item


def _problem(record: Record, view: View) -> Item | None:
    resource = record.resource
    status = words(resource.get("clinicalStatus"))
    if words(resource.get("verificationStatus")) & set(DENIED) or status & set(OVER):
        return None
    began, _ = choice(resource, "onset", view.zone)
    written = when(resource.get("recordedDate"), view.zone)
    moment = began or written
    return Item(_label(resource.get("code")), "", moment.day if moment else None)


def _medication(record: Record, view: View) -> Item | None:
    if not goes_on(record, view):
        return None
    labels = naming(view, record.resource).texts
    lines = record.resource.get("dosageInstruction") or record.resource.get("dosage")
    dose = next(objects(lines), {})
    written = record.resource.get("authoredOn") or record.resource.get("dateAsserted")
    moment = when(written, view.zone)
    name = next(iter(labels), "")
    return Item(name, plain(dose.get("text"), 120), moment.day if moment else None)


def _allergy(record: Record, view: View) -> Item | None:
    resource = record.resource
    status = words(resource.get("clinicalStatus"))
    if words(resource.get("verificationStatus")) & set(DENIED) or status & set(OVER):
        return None
    written = when(resource.get("recordedDate"), view.zone)
    return Item(_label(resource.get("code")), "", written.day if written else None)


def _care(record: Record, view: View) -> Item | None:
    resource = record.resource
    status = string(resource.get("status")) or ""
    if status in NOTHING:
        return None
    written = resource.get("authoredOn") or resource.get("recordedDate")
    done, _ = choice(resource, "performed", view.zone)
    moment = done or when(written, view.zone)
    name = _label(
        resource.get("code") or resource.get("codeCodeableConcept") or resource.get("type")
    )
    kind = record.type.removesuffix("Request").lower() or "order"
    asked = "ordered" if record.type.endswith("Request") else kind
    return Item(name, f"{asked}, {status}" if status else asked, moment.day if moment else None)


def _label(concept: object) -> str:
    first = next(objects(concept), {})
    return next(texts(first), "") or plain(obj(first).get("text"))
