"""The patient and the call, as rules may know them."""

from collections.abc import Iterator
from datetime import date

from cdshooks.chart.index import Record
from cdshooks.chart.orders import drafts, drugs_drafted
from cdshooks.chart.view import View
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, boolean, fhir_code, obj, objects, plain, string, texts
from cdshooks.rules.authoring import Call, Person


def person(view: View) -> Person:
    """Age, sex and whether living; what is not recorded is None."""
    records = view.index.of("Patient")
    resource = records[0].resource if records else {}
    sex = fhir_code(resource.get("gender"))
    died = boolean(resource.get("deceasedBoolean")) or bool(
        string(resource.get("deceasedDateTime"))
    )
    return Person(
        age=_age(view),
        sex="male" if sex == "male" else "female" if sex == "female" else None,
        deceased=died,
        active=boolean(resource.get("active")) is not False,
        known=bool(records),
        died=_died(resource, view),
    )


def _died(resource: Json, view: View) -> date | None:
    moment = when(resource.get("deceasedDateTime"), view.zone)
    return moment.day if moment and moment.day <= view.horizon else None


def _age(view: View) -> int | None:
    records = view.index.of("Patient")
    born = when(records[0].resource.get("birthDate"), view.zone) if records else None
    if born is None or born.day > view.today:
        return None
    return years(born.day, view.today)


def years(born: date, today: date) -> int:
    """Completed years; a birthday counts from its own day."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def call(view: View) -> Call:
    """The hook, the day, whether the encounter is in hospital, and the orders to assess."""
    record = view.index.get(f"Encounter/{view.context.encounter_id}")
    inpatient = bool(record and view.value_set("inpatient").holds_any(record.codes))
    orders = tuple(order.reference for order in drafts(view))
    return Call(
        hook=view.hook,
        today=view.today,
        inpatient=inpatient,
        orders=orders,
        drugs=drugs_drafted(view),
        place=frozenset(_places(record, view)) if record else frozenset(),
        known=record is not None,
    )


PLACES = ("intensive-care", "discharge-home", "discharge-facility", "discharge-died")
"""Value sets of what an encounter is, and of where it leads."""


def _places(record: Record, view: View) -> Iterator[str]:
    """What the kind of an encounter and its discharge disposition say."""
    leaving = obj(record.resource.get("hospitalization")).get("dischargeDisposition")
    codes = (*record.codes, *view.index.concept(leaving))
    yield from (name for name in PLACES if view.value_set(name).holds_any(codes))
    named_in = view.value_set("intensive-care").named_in
    if any(map(named_in, _wards(record.resource))):
        yield "intensive-care"


def _wards(resource: Json) -> Iterator[str]:
    """How an encounter calls its kind, and the places where the patient is now."""
    for concept in (*objects(resource.get("type")), *objects(resource.get("serviceType"))):
        yield from texts(concept)
    for location in objects(resource.get("location")):
        if fhir_code(location.get("status")) in (None, "active"):
            yield plain(obj(location.get("location")).get("display"), 300)
