"""How often a dose is given, and for how long: FHIR Timing as exact times a day."""

import re
from dataclasses import dataclass
from datetime import date, tzinfo
from fractions import Fraction
from typing import TypeVar

from cdshooks.fhir.amount import Problem, Span, days, exact
from cdshooks.fhir.dates import period
from cdshooks.fhir.elements import Json, obj, objects, string, values
from cdshooks.knowledge.dosage import Event, Lookup, Period, dosage_tables

T = TypeVar("T")

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?", re.ASCII)
_ONE = Fraction(1)
_ONCE = Span(_ONE, _ONE)
_BOUNDS = (
    "boundsDuration",
    "boundsQuantity",
    "boundsRange",
    "boundsPeriod",
    "count",
    "countMax",
)


def times_a_day(timing: Json) -> Span | Problem | None:
    """Administrations a day, or why they cannot be told; None when none are stated.

    ``repeat`` and ``code`` must say the same. Dated events have no rate.
    """
    if any(values(timing.get("event"))):
        return "not-daily"
    return agreed([_repeated(one(timing, "repeat")), _coded(timing.get("code"))])


def agreed(readings: list[Span | Problem | None]) -> Span | Problem | None:
    """What all readings that say something say; the first problem, if any has one."""
    said = [reading for reading in readings if reading is not None]
    problem = next((reading for reading in said if isinstance(reading, str)), None)
    if problem is not None or not said:
        return problem
    return said[0] if all(other == said[0] for other in said) else "timing-conflict"


def one(body: Json, key: str) -> Json:
    """The object at ``key``, also where a list was sent; empty if there is none."""
    return next(objects(body.get(key)), {})


def meanings(concept: object, table: Lookup[T]) -> list[T]:
    """The rows that a CodeableConcept names: each coding's, then its text's.

    A SNOMED CT code is looked up only in SNOMED CT. A coding without a known code
    may still be known by its display.
    """
    body = obj(concept)
    named = [_meaning(coding, table) for coding in objects(body.get("coding"))]
    named.append(table.word(string(body.get("text"))))
    return [row for row in named if row is not None]


def _meaning(coding: Json, table: Lookup[T]) -> T | None:
    system, code = string(coding.get("system")), string(coding.get("code"))
    bare = system.partition("|")[0].rstrip("/") if system else None
    if bare in dosage_tables().file.snomed_systems:
        row = table.codes.get(code) if code else None
    else:
        row = table.word(code)
    return table.word(string(coding.get("display"))) if row is None else row


def _coded(concept: object) -> Span | Problem | None:
    times = [row.times for row in meanings(concept, dosage_tables().timings)]
    return agreed([Span(each, each) for each in times])


def _repeated(repeat: Json) -> Span | Problem | None:
    if not _every_day(repeat):
        return "not-daily"
    slots = agreed([_clock_times(repeat), _events(repeat)])
    if isinstance(slots, str):
        return slots
    if _stated(repeat, "period", "periodMax"):
        return _periodic(repeat, slots)
    if _stated(repeat, "frequency", "frequencyMax"):
        return "frequency"
    return slots if slots is None or _countable(repeat) else "frequency"


def _stated(repeat: Json, *keys: str) -> bool:
    return any(repeat.get(key) is not None for key in keys)


def _every_day(repeat: Json) -> bool:
    """Whether no weekday is named, or all of them are."""
    named = _weekdays(repeat)
    return not named or named == dosage_tables().file.days_of_week


def _weekdays(repeat: Json) -> set[str | None]:
    return {string(day) for day in values(repeat.get("dayOfWeek"))}


def on_weekdays(timing: Json) -> tuple[int, Fraction] | None:
    """How many days of the week are named, not all, and how often on each of them.

    A rate of weeks is shared between the days. None unless both can be told.
    """
    repeat = one(timing, "repeat")
    named = _weekdays(repeat)
    if not named < dosage_tables().file.days_of_week:
        return None
    daily = {key: value for key, value in repeat.items() if key != "dayOfWeek"}
    rate = times_a_day({**timing, "repeat": daily}) or _ONCE
    if isinstance(rate, str) or rate.exact is None or not named:
        return None
    each = rate.exact if rate.exact >= 1 else rate.exact * 7 / len(named)
    return (len(named), each) if each >= 1 else None


def _clock_times(repeat: Json) -> Span | Problem | None:
    """How many different times of the day are listed."""
    listed = [string(each) or "" for each in values(repeat.get("timeOfDay"))]
    if not all(_CLOCK.fullmatch(each) for each in listed):
        return "frequency"
    return _count({each[:5] for each in listed})


def _events(repeat: Json) -> Span | Problem | None:
    """How many different events of the day are listed, if no frequency is stated."""
    if _stated(repeat, "frequency", "frequencyMax"):
        return None
    named = events(repeat)
    return "frequency" if None in named else _count({event[0] for event in named if event})


def events(repeat: Json) -> list[tuple[str, Event] | None]:
    """The events of ``when``, by folded code; None for one that is not known."""
    codes = [(string(each) or "").casefold() for each in values(repeat.get("when"))]
    known = dosage_tables().events
    return [(code, known[code]) if code in known else None for code in codes]


def _countable(repeat: Json) -> bool:
    return all(event is not None and event[1].slot for event in events(repeat))


def _count(different: set[str]) -> Span | None:
    number = Fraction(len(different))
    return Span(number, number) if different else None


def _periodic(repeat: Json, slots: Span | None) -> Span | Problem:
    """The rate of frequency and period, checked against the listed times of the day."""
    unit = _period_unit(repeat)
    often = _range(repeat, "frequency", default=_ONE)
    every = _range(repeat, "period", default=None)
    if unit is None or often is None or every is None:
        return "frequency"
    length = Span(every.low * unit, every.high * unit)
    limits = dosage_tables().file.limits
    if not _whole(often) or not length.within(limits.period_days):
        return "implausible"
    rate = Span(often.low / length.high, often.high / length.low)
    if not rate.within(limits.a_day):
        return "implausible"
    return rate if slots is None else _with_slots(repeat, rate, slots, length)


def _with_slots(repeat: Json, rate: Span, slots: Span, length: Span) -> Span | Problem:
    daily = length.exact == 1
    if not _stated(repeat, "frequency", "frequencyMax"):
        if daily:
            return slots
        return rate if slots in (_ONCE, rate) else "timing-conflict"
    return rate if not daily or rate.low <= slots.low <= rate.high else "timing-conflict"


def _whole(often: Span) -> bool:
    return often.low >= 1 and often.low.denominator == often.high.denominator == 1


def _period_unit(repeat: Json) -> Fraction | None:
    """Days in the unit of the period; DSTU2 spells the element ``periodUnits``."""
    table: Lookup[Period] = dosage_tables().periods
    row = table.word(string(repeat.get("periodUnit")) or string(repeat.get("periodUnits")))
    return row.days if row else None


def _range(repeat: Json, key: str, default: Fraction | None) -> Span | None:
    """A number and its ``…Max``; None when either cannot be read or they are reversed."""
    low = exact(repeat[key]) if _stated(repeat, key) else default
    high = exact(repeat[key + "Max"]) if _stated(repeat, key + "Max") else low
    if low is None or high is None or low > high:
        return None
    return Span(low, high)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long directions hold, as far as it could be read.

    length: in days. start and end: calendar days. count: administrations.
    """

    length: Fraction | None = None
    start: date | None = None
    end: date | None = None
    count: Fraction | None = None

    @property
    def readable(self) -> bool:
        """Whether anything of it could be read."""
        return self != Bounds()


def bounds(timing: Json, zone: tzinfo) -> Bounds | None:
    """The bounds of a Timing; None when it states none."""
    repeat = one(timing, "repeat")
    if not any(repeat.get(key) for key in _BOUNDS):
        return None
    start, end = period(repeat.get("boundsPeriod"), zone)
    return Bounds(
        length=days(obj(repeat.get("boundsDuration")) or obj(repeat.get("boundsQuantity"))),
        start=start.day if start else None,
        end=end.day if end else None,
        count=exact(repeat.get("count")),
    )
