"""One observation, or answer of a questionnaire, to one reading; or why it cannot be used.

Its status, date, value and position are read.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from cdshooks.chart.amounts import Amount, Unusable, as_sent, value_of
from cdshooks.chart.circumstances import context_of, position_of, unreliable
from cdshooks.chart.forms import FORMS
from cdshooks.chart.index import Record
from cdshooks.chart.view import View
from cdshooks.fhir.dates import When, choice, period, when
from cdshooks.fhir.elements import Json, fhir_code, plain, string
from cdshooks.knowledge import Measure
from cdshooks.rules.authoring import Origin, Reading, Why
from cdshooks.rules.authoring.values import Position
from cdshooks.units import shown

USABLE = ("final", "amended", "corrected")
PENDING = ("preliminary", "registered")
FILLED_IN = ("completed", "amended")
"""Statuses of a questionnaire whose answers stand."""
BEING_FILLED_IN = ("in-progress",)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An observation of a measure that cannot be used.

    day is None when no date could be read; origin is what a card shows of it.
    """

    measure: str
    why: Why
    because: str
    day: date | None
    origin: Origin
    reason: str = ""


def moment_of(resource: Json, view: View) -> tuple[When | None, bool]:
    """When a test was made or a form filled in.

    The second is True when only the report of a test is dated.
    """
    if resource.get("resourceType") == FORMS:
        return when(resource.get("authored"), view.zone), False
    start, end = choice(resource, "effective", view.zone)
    if end or start:
        return end or start, False
    return when(resource.get("issued"), view.zone), True


def read_one(
    record: Record, measure: Measure, moment: When | None, late: bool, view: View
) -> Reading | None:
    """The reading of one observation; None for what was withdrawn or says that it is absent.

    late: whether only its report is dated. Raises Unusable for everything that
    is there and cannot be used.
    """
    usable = FILLED_IN if record.type == FORMS else USABLE
    if fhir_code(record.resource.get("status")) not in usable:
        _refuse_status(record, measure)
        return None
    if record.part.get("dataAbsentReason"):
        return None
    if moment is None:
        raise Unusable(Why.UNREADABLE, f"{measure.file.label} has no readable date")
    if moment.day >= view.today and moment.start(view.zone) > view.now + timedelta(hours=24):
        reason = "dated in the future"
        raise Unusable(Why.IMPLAUSIBLE, f"{measure.file.label} is {reason}", reason)
    if unreliable(record, view):
        raise Unusable(Why.CONTEXT, f"{measure.file.label} is marked unreliable")
    kind = _kind(record, measure)
    amount = value_of(record.part, measure, kind, view)
    position = position_of(record, measure, view)
    return Reading(
        measure=measure.id,
        label=kind,
        value=amount.value,
        unit=measure.unit,
        day=moment.day,
        age=max(0, (view.today - moment.day).days),
        instant=moment.instant,
        position=position,
        decimals=measure.file.decimals,
        bound=amount.bound,
        context=context_of(record, view),
        span=_span(record.resource, view),
        notes=("test date not recorded",) if late else (),
        origins=(_origin(record, kind, measure, amount, moment.day, position),),
    )


def _span(resource: Json, view: View) -> int | None:
    """How many days a result covers, the first and the last included."""
    if "effectivePeriod" not in resource:
        return None
    first, last = period(resource["effectivePeriod"], view.zone)
    return (last.day - first.day).days + 1 if first and last else None


def _refuse_status(record: Record, measure: Measure) -> None:
    """A result that is not final yet, or does not say so, is named and never used."""
    status = fhir_code(record.resource.get("status"))
    if status is None:
        raise Unusable(Why.UNREADABLE, f"{measure.file.label} result has no status")
    if status in (BEING_FILLED_IN if record.type == FORMS else PENDING):
        raise Unusable(Why.CONTEXT, f"{measure.file.label} result is {status}, not final")


def _kind(record: Record, measure: Measure) -> str:
    """The label of the value set that the code belongs to: FVC or SVC, not just VC."""
    for value_set in measure.value_sets:
        if value_set.holds_any(record.codes):
            return measure.file.labels.get(value_set.id, measure.file.label)
    return measure.file.label


def _origin(
    record: Record,
    kind: str,
    measure: Measure,
    amount: Amount,
    day: date | None,
    position: Position | None,
) -> Origin:
    places = 2 if measure.file.decimals is None else measure.file.decimals
    label = f"{kind} {position}" if position else kind
    value = f"{amount.bound or ''}{shown(amount.value, places)}"
    return Origin(record.reference, label, value, measure.unit, day, amount.sent)


def rejection(record: Record, measure: Measure, moment: When | None, problem: Unusable) -> Rejected:
    """An observation that cannot be used, with its value as it was sent."""
    raw, quantity = as_sent(record.part, measure)
    unit = plain(string(quantity.get("unit")) or string(quantity.get("code")), 20)
    day = moment.day if moment else None
    shown_value = shown(raw, None) if raw is not None else ""
    origin = Origin(record.reference, _kind(record, measure), shown_value, unit, day)
    return Rejected(measure.id, problem.why, problem.because, day, origin, problem.reason)
