"""For how long directions hold, and how fast a dose runs in."""

from collections.abc import Iterator
from datetime import date, tzinfo
from fractions import Fraction

from cdshooks.fhir.amount import Strength, days, exact, milligrams
from cdshooks.fhir.dates import when
from cdshooks.fhir.elements import Json, obj, objects, string, values
from cdshooks.fhir.timing import Bounds, bounds, on_weekdays, one
from cdshooks.rules.authoring.orders import Course

A_DAY = 1440
"""Minutes."""


def course(dosage: Json, strength: Strength, zone: tzinfo) -> Course:
    """How long a dosage holds and a dose takes, as far as it is stated and readable."""
    timing = one(dosage, "timing")
    found = bounds(timing, zone) or Bounds()
    repeat = one(timing, "repeat")
    dates = tuple(sorted(_dates(timing, zone)))
    weekdays = on_weekdays(timing)
    return Course(
        days=_days(found),
        doses=found.count or _on_weekdays(_days(found), weekdays),
        dates=dates,
        start=found.start or next(iter(dates), None),
        weekday_times=weekdays[1] if weekdays else None,
        minutes=_minutes(repeat.get("duration"), repeat.get("durationUnit")),
        mg_a_minute=next(_rates(dosage, strength), None),
    )


def _days(found: Bounds) -> Fraction | None:
    """The length, of a period with its first and last day."""
    if found.start and found.end and found.end >= found.start:
        return Fraction((found.end - found.start).days + 1)
    return found.length


def _on_weekdays(length: Fraction | None, weekdays: tuple[int, Fraction] | None) -> Fraction | None:
    """The most doses that named weekdays of so many days can hold."""
    if length is None or weekdays is None:
        return None
    named, each = weekdays
    weeks, rest = divmod(length, 7)
    return (weeks * named + min(rest, Fraction(named))) * each


def _dates(timing: Json, zone: tzinfo) -> Iterator[date]:
    for event in values(timing.get("event")):
        moment = when(event, zone)
        if moment is not None:
            yield moment.day


def _minutes(value: object, unit: object) -> Fraction | None:
    """A length of time in minutes; None unless it is believable."""
    length = days({"value": value, "code": string(unit)})
    return None if length is None else length * A_DAY


def _rates(dosage: Json, strength: Strength) -> Iterator[Fraction]:
    """mg a minute, from ``rateRatio`` or from a ``rateQuantity`` whose unit is an amount a time."""
    for row in (dosage, *objects(dosage.get("doseAndRate"))):
        ratio = obj(row.get("rateRatio"))
        yield from _rate(obj(ratio.get("numerator")), obj(ratio.get("denominator")), strength)
        quantity = obj(row.get("rateQuantity"))
        amount, _, time = (string(quantity.get("code") or quantity.get("unit")) or "").partition(
            "/"
        )
        if time:
            dose = {"value": quantity.get("value"), "code": amount}
            yield from _rate(dose, {"value": 1, "code": time}, strength)


def _rate(dose: Json, time: Json, strength: Strength) -> Iterator[Fraction]:
    amount = milligrams(dose, strength) if exact(dose.get("value")) is not None else None
    length = days(time)
    if isinstance(amount, Fraction) and length:
        yield amount / (length * A_DAY)
