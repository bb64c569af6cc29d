"""What earlier feedback means for this call, and what of this call is to be remembered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

from cdshooks.cards import Card
from cdshooks.chart import View
from cdshooks.chart.coded import code_elements, codes_of
from cdshooks.engine import Finding, limits_of
from cdshooks.feedback import Keys
from cdshooks.feedback.audit import Entry
from cdshooks.feedback.lifting import LEVELS, ended
from cdshooks.feedback.model import Issued, IssuedRule, Ordered, Snooze
from cdshooks.feedback.terms import Term, Terms
from cdshooks.fhir.elements import Json
from cdshooks.knowledge import Knowledge
from cdshooks.rules.authoring import NotIndicated, Recommend
from cdshooks.services.answer import Answer
from cdshooks.services.service import Service
from cdshooks.services.standing import (
    SnoozeLimits,
    criteria,
    evidence,
    goals_print,
    names,
    order_print,
    standing,
)

WHY = {"overridden": "dismissed", "accepted": "accepted", "shown": "shown before"}
"""Words for a silence that has no coded reason."""


def terms_of(knowledge: Knowledge, zone: tzinfo) -> Terms:
    """The terms of snoozes under the knowledge of an installation."""
    limits = limits_of(SnoozeLimits, knowledge)
    assert isinstance(limits, SnoozeLimits)
    base = knowledge.base
    return Terms(
        reasons={
            code: Term(base.systems.uri(reason.system), reason.snooze_days, reason.ends_with)
            for code, reason in base.overrides.items()
        },
        zone=zone,
        no_reason_days=int(limits.snooze_no_reason_days),
        accepted_days=int(limits.snooze_accepted_days),
        critical_hours=int(limits.snooze_critical_hours),
    )


def silenced(
    findings: tuple[Finding, ...],
    view: View,
    snoozes: Mapping[str, Sequence[Snooze]],
    keys: Keys,
) -> tuple[Finding, ...]:
    """The findings, those without advice that a snooze keeps away: they say until when."""
    if not snoozes:
        return findings
    return tuple(_silenced(f, view, snoozes.get(f.rule.id, ()), keys) for f in findings)


def _silenced(finding: Finding, view: View, snoozes: Sequence[Snooze], keys: Keys) -> Finding:
    outcome = finding.outcome
    if not isinstance(outcome, Recommend) or not finding.rule.snoozed:
        return finding
    holding = [s for s in snoozes if not ended(s, standing(finding, outcome, s, view, keys))]
    if not holding:
        return finding
    longest = max(holding, key=lambda snooze: snooze.until)
    until = longest.until.astimezone(view.zone).date()
    why = longest.reason or WHY[longest.outcome]
    because = f"snoozed until {until.isoformat()} ({why}); else: {outcome.summary}"
    return replace(finding, outcome=NotIndicated(because), snoozed=True)


def issued(service: Service, answered: Answer, call: Entry, keys: Keys) -> Iterator[Issued]:
    """What is written down of each card of an answer, beside the audit of its call."""
    view = answered.view
    if view is None or not answered.cards:
        return
    goals = goals_print(view, keys)
    for card in answered.cards:
        body = card.body
        yield Issued(
            uuid=body["uuid"],
            caller=call.caller,
            service=service.id,
            hook=service.hook,
            indicator=body["indicator"],
            patient=call.patient,
            user=call.user,
            order=order_print(card.findings[0].order, keys),
            goals=goals,
            reasons=tuple(reason["code"] for reason in body.get("overrideReasons", ())),
            suggestions={
                suggestion["uuid"]: tuple(_created(suggestion, view))
                for suggestion in body.get("suggestions", ())
            },
            knowledge=view.knowledge.version,
            day=view.today,
            at=view.now,
            rules=tuple(_rules(card, view.knowledge, keys)),
        )


def _created(suggestion: Json, view: View) -> Iterator[Ordered]:
    """What a suggestion creates; a correction or removal creates nothing."""
    for action in suggestion["actions"]:
        if action["type"] == "create":
            resource = action["resource"]
            type = resource["resourceType"]
            coded = (resource.get(path) for path in code_elements(type))
            systems = view.knowledge.base.systems
            yield type, tuple(name for one in coded for name in names(codes_of(one, systems)))


def _rules(card: Card, knowledge: Knowledge, keys: Keys) -> Iterator[IssuedRule]:
    """Each rule of a card once, at its highest level, with everything that it stood on."""
    merged: dict[str, IssuedRule] = {}
    for finding in card.findings:
        outcome = finding.outcome
        if isinstance(outcome, Recommend):
            once = finding.rule.once
            one = IssuedRule(
                finding.rule.id,
                outcome.indicator,
                criteria(outcome),
                evidence(outcome, keys),
                knowledge.days(once) if once else None,
            )
            known = merged.get(one.rule, one)
            merged[one.rule] = IssuedRule(
                one.rule,
                max(one.indicator, known.indicator, key=LEVELS.index),
                one.criteria | known.criteria,
                one.evidence | known.evidence,
                one.once_days,
            )
    yield from merged.values()
