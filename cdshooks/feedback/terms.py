"""For how long a rule keeps silent after feedback: pure, from the card and what was reported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from cdshooks.feedback.model import Issued, IssuedRule, Ordered, Report, Snooze


@dataclass(frozen=True, slots=True)
class Term:
    """What an override reason is worth: days, and what else ends it."""

    system: str
    days: int
    ends_with: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an installation: of each override reason by its code, and the general ones."""

    reasons: Mapping[str, Term]
    zone: tzinfo
    no_reason_days: int
    accepted_days: int
    critical_hours: int


def snoozes(card: Issued, report: Report, terms: Terms) -> Iterator[Snooze]:
    """What a report means for each rule of its card.

    Also for a rule that is not silenced, then for no time at all: a later report
    takes the place of an earlier one.
    """
    orders = _created(card, report)
    term = None if report.outcome == "accepted" else _term(card, report, terms)
    for rule in card.rules:
        yield Snooze(
            card=card.uuid,
            rule=rule.rule,
            patient=card.patient,
            outcome=report.outcome,
            reason=report.reason.code if report.reason else None,
            ends_with=term.ends_with if term else None,
            indicator=rule.indicator,
            criteria=rule.criteria,
            evidence=rule.evidence,
            goals=card.goals,
            order=card.order,
            orders=orders,
            day=card.day,
            at=card.at,
            until=_until(card, rule, report, orders, term, terms),
            reported=report.at,
        )


def shown(card: Issued, zone: tzinfo) -> Iterator[Snooze]:
    """The silence of rules that speak once in a while, which a showing begins.

    It has a name of its own beside those of reports on the same card.
    """
    for rule in card.rules:
        if rule.once_days is not None:
            yield Snooze(
                card=f"shown {card.uuid}",
                rule=rule.rule,
                patient=card.patient,
                outcome="shown",
                reason=None,
                ends_with=None,
                indicator=rule.indicator,
                criteria=rule.criteria,
                evidence=rule.evidence,
                goals=card.goals,
                order=card.order,
                orders=(),
                day=card.day,
                at=card.at,
                until=_end_of(card, rule.once_days, zone),
                reported=card.at,
            )


def _created(card: Issued, report: Report) -> tuple[Ordered, ...]:
    """Everything that the accepted suggestions created."""
    accepted = (card.suggestions.get(uuid, ()) for uuid in report.suggestions)
    return tuple(order for orders in accepted for order in orders)


def _term(card: Issued, report: Report, terms: Terms) -> Term | None:
    """What the reason is worth; None for one that this card did not offer."""
    reason = report.reason
    if reason is None or reason.code not in card.reasons:
        return None
    term = terms.reasons.get(reason.code)
    return term if term and reason.system in (None, term.system) else None


def _until(
    card: Issued,
    rule: IssuedRule,
    report: Report,
    orders: tuple[Ordered, ...],
    term: Term | None,
    terms: Terms,
) -> datetime:
    """The instant from which the rule speaks again at the latest."""
    critical = rule.indicator == "critical"
    if critical and card.hook == "order-sign":
        return card.at
    if report.outcome == "accepted":
        # Correcting or removing a draft leaves nothing behind that could stand for the advice.
        days = terms.accepted_days if orders else None
    elif term is None:
        days = None if critical else terms.no_reason_days
    else:
        days = term.days
    if days is None:
        return card.at
    until = _end_of(card, days, terms.zone)
    return min(until, card.at + timedelta(hours=terms.critical_hours)) if critical else until


def _end_of(card: Issued, days: int, zone: tzinfo) -> datetime:
    """The end of the day that is so many days after the one the card was judged on."""
    return datetime.combine(card.day + timedelta(days=days + 1), time(), zone)
