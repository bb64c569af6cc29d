"""Which reference ranges of a laboratory result are meant for this patient."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from cdshooks.chart.person import years
from cdshooks.chart.view import View
from cdshooks.fhir.dates import choice, when
from cdshooks.fhir.elements import Json, fhir_code, number, obj, objects, string, texts

SEXES = {
    "male": {"male", "males", "man", "men", "m"},
    "female": {"female", "females", "woman", "women", "f"},
}
"""Words by which laboratories say for whom a range is."""
YEARS = {None, "a", "yr", "yrs", "year", "years", "y"}
"""Units in which the age of a range is understood; in another one it excludes nobody."""


def fitting(resource: Json, view: View) -> list[Json]:
    """The normal ranges of a result that are not for another sex or age.

    What a range says in words that are not understood does not exclude it.
    """
    patient = next((r.resource for r in view.index.of("Patient")), {})
    sex = fhir_code(patient.get("gender"))
    age = _age_at(resource, patient, view)
    return [
        body
        for body in objects(resource.get("referenceRange"))
        if _is_normal(body) and _is_for_sex(body, sex) and _is_for_age(body, age)
    ]


def _is_normal(body: Json) -> bool:
    """Whether a range is the normal one; therapeutic and critical ranges are not."""
    codes = [c.get("code") for c in objects(obj(body.get("type")).get("coding"))]
    return not codes or "normal" in codes


def _is_for_sex(body: Json, sex: str | None) -> bool:
    named = {of for word in _words(body) for of, words in SEXES.items() if word in words}
    return not named or sex not in SEXES or sex in named


def _words(body: Json) -> Iterator[str]:
    """Every word and code that says for whom a range is."""
    for concept in objects(body.get("appliesTo")):
        for coding in objects(concept.get("coding")):
            yield (string(coding.get("code")) or "").lower()
        for text in texts(concept):
            yield from text.lower().split()


def _is_for_age(body: Json, age: int | None) -> bool:
    wanted = obj(body.get("age"))
    low, high = _years(obj(wanted.get("low"))), _years(obj(wanted.get("high")))
    if age is None:
        return True
    return (low is None or age >= low) and (high is None or age <= high)


def _years(quantity: Json) -> Decimal | None:
    unit = string(quantity.get("code")) or string(quantity.get("unit"))
    return number(quantity.get("value")) if unit in YEARS else None


def _age_at(resource: Json, patient: Json, view: View) -> int | None:
    """Completed years on the day of the sample."""
    born = when(patient.get("birthDate"), view.zone)
    start, end = choice(resource, "effective", view.zone)
    sampled = end or start
    day: date = sampled.day if sampled else view.today
    return years(born.day, day) if born and born.day <= day else None
