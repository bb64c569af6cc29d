"""How a finding stands: what a snooze that is begun or asked about has to know of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from cdshooks.chart import View, answer
from cdshooks.engine import Finding, limits_of, state_of
from cdshooks.feedback import Keys
from cdshooks.feedback.lifting import Standing
from cdshooks.feedback.model import Ordered, Snooze
from cdshooks.fhir.dates import period, when
from cdshooks.fhir.elements import Json, fhir_code
from cdshooks.knowledge import Code, Threshold
from cdshooks.rules.authoring import Entry, Latest, Limits, Order, Reading, Recommend, Rule, origins
from cdshooks.rules.states.goals import Goals, goals

WITHDRAWN = frozenset({"revoked", "cancelled", "stopped", "entered-in-error", "rejected"})
"""Statuses of an order that was taken back."""
ALT = Latest("alt", None)
WRITTEN = ("authoredOn", "dateTime", "created", "recordedOn")
"""Elements that say when an order was written, by type."""


@dataclass(frozen=True, slots=True)
class SnoozeLimits(Limits):
    """How long advice stays away, and what brings it back."""

    group: ClassVar[str] = "snooze"
    snooze_no_reason_days: Decimal
    snooze_accepted_days: Decimal
    snooze_critical_hours: Decimal
    snooze_vc_fall_ge: Threshold
    snooze_pressure_fall_ge: Threshold
    snooze_alt_rise_ge: Threshold


def standing(
    finding: Finding, outcome: Recommend, snooze: Snooze, view: View, keys: Keys
) -> Standing:
    """A rule that would speak now, seen from a snooze of it."""
    return Standing(
        rule=finding.rule.id,
        hook=view.hook,
        indicator=outcome.indicator,
        at=view.now,
        criteria=criteria(outcome),
        evidence=evidence(outcome, keys),
        goals=goals_print(view, keys),
        order=order_print(finding.order, keys),
        changed=tuple(_changed(finding.rule, snooze.day, view)),
        admitted=_admitted(snooze.at, view),
        withdrawn=_withdrawn(snooze.orders, snooze.day, view),
    )


def criteria(outcome: Recommend) -> frozenset[str]:
    """Names of everything that was met: limits, and criteria without a limit of their own."""
    return frozenset(outcome.criteria) | {limit.name for limit in outcome.by}


def evidence(outcome: Recommend, keys: Keys) -> frozenset[str]:
    """Fingerprints of the facts that advice stands on."""
    found = (origin for fact in outcome.evidence for origin in origins(fact))
    return frozenset(
        keys.fingerprint(o.resource, o.value, o.unit, o.day.isoformat() if o.day else "")
        for o in found
    )


def order_print(order: Order | None, keys: Keys) -> str | None:
    """A fingerprint of what is ordered; its id is left out, which clients give to each draft."""
    if order is None:
        return None
    parts = (order.drug, order.label, order.form, order.strength, order.regimen, order.replaces)
    return keys.fingerprint("order", *(repr(part) for part in parts))


def goals_print(view: View, keys: Keys) -> str:
    """A fingerprint of the goals of care, and of what they were read from."""
    found: Goals = state_of(goals, view)
    entries = (_entry(entry) for entry in (found.evidence, found.no_resuscitation))
    return keys.fingerprint("goals", found.level, *entries)


def _entry(entry: Entry | None) -> str:
    """What of an entry tells that it changed; a set among it would differ between processes."""
    if entry is None:
        return ""
    return repr((entry.type, entry.id, entry.status, entry.start, entry.end))


def _changed(rule: Rule, since: date, view: View) -> Iterator[str]:
    """What got worse since a day, among the tests that the rule reads."""
    limits = limits_of(SnoozeLimits, view.knowledge)
    assert isinstance(limits, SnoozeLimits)
    falls = (
        (Latest("vc-percent", None, not_position="supine"), limits.snooze_vc_fall_ge),
        (Latest("snip", None), limits.snooze_pressure_fall_ge),
        (Latest("mip", None), limits.snooze_pressure_fall_ge),
    )
    read = _measures(rule)
    for declared, limit in falls:
        if declared.measure in read and limit.met_by(-_rise(declared, since, view), 1):
            yield f"{view.measure(declared.measure).file.label} fell"
    if "alt" in read and limits.snooze_alt_rise_ge.met_by(_rise(ALT, since, view, _ratio)):
        yield "ALT rose"


def _measures(rule: Rule) -> frozenset[str]:
    found: set[str] = set()
    for declaration in rule.reads:
        found |= {getattr(declaration, "measure", ""), *getattr(declaration, "needs", ())}
    return frozenset(found)


def _value(reading: Reading) -> Decimal:
    return reading.value


def _ratio(reading: Reading) -> Decimal | None:
    """A laboratory value in multiples of its upper limit; None without a limit."""
    limit = reading.upper_limit
    return reading.value / limit.value if limit and limit.value else None


def _rise(
    declared: Latest,
    since: date,
    view: View,
    amount: Callable[[Reading], Decimal | None] = _value,
) -> Decimal:
    """How much more the newest reading is than that of a day; 0 where either is missing."""
    found = (answer(seen, declared) for seen in (view.on(since), view))
    before, after = (amount(one) if isinstance(one, Reading) else None for one in found)
    return Decimal(0) if before is None or after is None else after - before


def _admitted(since: datetime, view: View) -> bool:
    """Whether an inpatient or emergency encounter began since then."""
    inpatient = view.value_set("inpatient")
    for record in view.index.of("Encounter"):
        start, _ = period(record.resource.get("period"), view.zone)
        if (
            start
            and inpatient.holds_any(record.codes)
            and since < start.start(view.zone) <= view.now
        ):
            return True
    return False


def _withdrawn(orders: Iterable[Ordered], since: date, view: View) -> bool:
    """Whether something that was ordered on or after a day was taken back."""
    return any(
        fhir_code(record.resource.get("status")) in WITHDRAWN
        and _written(record.resource, since, view) >= since
        and not set(codes).isdisjoint(names(record.codes))
        for type, codes in orders
        for record in view.index.of(type)
    )


def _written(resource: Json, otherwise: date, view: View) -> date:
    moments = (when(resource.get(name), view.zone) for name in WRITTEN)
    return next((moment.day for moment in moments if moment), otherwise)


def names(codes: Iterable[Code]) -> tuple[str, ...]:
    """Codes as text, to be written down."""
    return tuple(f"{code.system}|{code.code}" for code in codes)
