"""Writing cards and feedback, and asking what is remembered of a patient."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from cdshooks.feedback import audit
from cdshooks.feedback.model import Caller, Issued, IssuedRule, Reason, Report, Snooze
from cdshooks.feedback.store import Store, chunks, insert_new, upsert
from cdshooks.feedback.tables import card, card_rule, feedback, snooze
from cdshooks.feedback.terms import Terms, shown, snoozes

Seal = Callable[[str], bytes]
"""Encrypts a comment."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is written down of one call."""

    entry: audit.Entry
    cards: tuple[Issued, ...] = ()


def write_calls(store: Store, terms: Terms, calls: Sequence[Call]) -> None:
    """Writes calls with their cards, and gives effect to feedback that came before them."""
    issued = [one for call in calls for one in call.cards]
    with store.transaction() as connection:
        audit.write(connection, [call.entry for call in calls])
        if issued:
            connection.execute(insert_new(connection, card), [_card_row(one) for one in issued])
            rules = [row for one in issued for row in _rule_rows(one)]
            connection.execute(insert_new(connection, card_rule), rules)
        begun = [_snooze_row(s) for one in issued for s in shown(one, terms.zone)]
        if begun:
            connection.execute(insert_new(connection, snooze), begun)
    if issued:
        apply(store, [one.uuid for one in issued], terms)


def write_reports(
    store: Store,
    caller: Caller,
    service: str,
    reports: Sequence[Report],
    *,
    received: datetime,
    terms: Terms,
    seal: Seal | None = None,
) -> None:
    """Writes feedback, each report once however often it is sent, and gives it effect.

    received: when it came, by our clock. seal: None leaves comments out.
    """
    rows = {}
    for report in reports:
        row = _report_row(caller, service, report, received, seal)
        rows[row["id"]] = row
    if not rows:
        return
    with store.transaction() as connection:
        # Sorted, so that two transactions with the same reports cannot wait for each other.
        ordered = [rows[id] for id in sorted(rows)]
        connection.execute(insert_new(connection, feedback), ordered)
    apply(store, [report.card for report in reports], terms)


def apply(store: Store, uuids: Iterable[str], terms: Terms) -> None:
    """Lets reports take effect on the cards that they are about, where both are there.

    A report can overtake its card, which is written off the request's path.
    Whichever is committed later finds the other: so this runs after both, in a
    transaction of its own.
    """
    wanted = sorted(set(uuids))
    with store.transaction() as connection:
        for some in chunks(wanted):
            waiting = _waiting(connection, some)
            cards = _cards(connection, {row.card for row in waiting}) if waiting else {}
            for row in waiting:
                known = cards.get(row.card)
                if known and known.caller == Caller(row.client, row.tenant):
                    _take_effect(connection, row, known, terms)


def _waiting(connection: Connection, uuids: Collection[str]) -> Sequence[Row[Any]]:
    """Reports that had no effect yet, the earliest first."""
    query = select(feedback).where(feedback.c.card.in_(uuids), feedback.c.known.is_(False))
    return connection.execute(query.order_by(feedback.c.at, feedback.c.id)).all()


def _take_effect(connection: Connection, row: Row[Any], known: Issued, terms: Terms) -> None:
    report = Report(
        card=row.card,
        outcome=row.outcome,
        at=row.at,
        suggestions=tuple(row.suggestions),
        reason=_reason(row),
    )
    rows = [_snooze_row(one) for one in snoozes(known, report, terms)]
    connection.execute(upsert(connection, snooze, "card", "rule", newer="reported"), rows)
    connection.execute(update(feedback).where(feedback.c.id == row.id).values(known=True))


def _cards(connection: Connection, uuids: Collection[str]) -> dict[str, Issued]:
    rules: dict[str, list[IssuedRule]] = {}
    for row in connection.execute(select(card_rule).where(card_rule.c.card.in_(uuids))):
        known = IssuedRule(
            row.rule, row.indicator, frozenset(row.criteria), frozenset(row.evidence)
        )
        rules.setdefault(row.card, []).append(known)
    query = select(card).where(card.c.uuid.in_(uuids))
    return {
        row.uuid: _issued(row, tuple(rules.get(row.uuid, ()))) for row in connection.execute(query)
    }


_SNOOZES = select(snooze).where(
    snooze.c.patient == bindparam("who"), snooze.c.until > bindparam("now")
)
"""Built once: it is asked in nearly every call."""


def snoozes_of(store: Store, patient: str, now: datetime) -> dict[str, list[Snooze]]:
    """What may still keep rules silent about a patient, by rule: one query on one index."""
    found: dict[str, list[Snooze]] = {}
    with store.reading() as connection:
        for row in connection.execute(_SNOOZES, {"who": patient, "now": now}):
            found.setdefault(row.rule, []).append(_snooze(row))
    return found


# --- rows and values ---


def _card_row(one: Issued) -> dict[str, Any]:
    return {
        "uuid": one.uuid,
        "client": one.caller.client,
        "tenant": one.caller.tenant,
        "service": one.service,
        "hook": one.hook,
        "indicator": one.indicator,
        "patient": one.patient,
        "user": one.user,
        "order": one.order,
        "goals": one.goals,
        "reasons": list(one.reasons),
        "suggestions": one.suggestions,
        "knowledge": one.knowledge,
        "day": one.day,
        "at": one.at,
    }


def _rule_rows(one: Issued) -> Iterable[dict[str, Any]]:
    for rule in one.rules:
        yield {
            "card": one.uuid,
            "rule": rule.rule,
            "indicator": rule.indicator,
            "criteria": sorted(rule.criteria),
            "evidence": sorted(rule.evidence),
        }


def _issued(row: Row[Any], rules: tuple[IssuedRule, ...]) -> Issued:
    return Issued(
        uuid=row.uuid,
        caller=Caller(row.client, row.tenant),
        service=row.service,
        hook=row.hook,
        indicator=row.indicator,
        patient=row.patient,
        user=row.user,
        order=row.order,
        goals=row.goals,
        reasons=tuple(row.reasons),
        suggestions={
            uuid: tuple((type, tuple(codes)) for type, codes in orders)
            for uuid, orders in row.suggestions.items()
        },
        knowledge=row.knowledge,
        day=row.day,
        at=row.at,
        rules=rules,
    )


def _report_row(
    caller: Caller, service: str, report: Report, received: datetime, seal: Seal | None
) -> dict[str, Any]:
    row = {
        "card": report.card,
        "client": caller.client,
        "tenant": caller.tenant,
        "service": service,
        "outcome": report.outcome,
        "reason": report.reason.code if report.reason else None,
        "reason_system": report.reason.system if report.reason else None,
        "suggestions": list(report.suggestions),
    }
    # A comment is no part of what makes a report the same: it may not be kept.
    identity = json.dumps([*row.values(), report.at.isoformat()])
    kept = seal(report.comment) if seal and report.comment else None
    return {
        **row,
        "id": hashlib.sha256(identity.encode()).hexdigest(),
        "comment": kept,
        "known": False,
        "at": report.at,
        "received": received,
    }


def _reason(row: Row[Any]) -> Reason | None:
    return Reason(row.reason, row.reason_system) if row.reason else None


def _snooze(row: Row[Any]) -> Snooze:
    values = dict(row._mapping)
    return Snooze(
        **values
        | {
            "criteria": frozenset(row.criteria),
            "evidence": frozenset(row.evidence),
            "orders": tuple((type, tuple(codes)) for type, codes in row.orders),
        }
    )


def _snooze_row(one: Snooze) -> dict[str, Any]:
    return {
        "card": one.card,
        "rule": one.rule,
        "patient": one.patient,
        "outcome": one.outcome,
        "reason": one.reason,
        "ends_with": one.ends_with,
        "indicator": one.indicator,
        "criteria": sorted(one.criteria),
        "evidence": sorted(one.evidence),
        "goals": one.goals,
        "order": one.order,
        "orders": one.orders,
        "day": one.day,
        "at": one.at,
        "until": one.until,
        "reported": one.reported,
    }
