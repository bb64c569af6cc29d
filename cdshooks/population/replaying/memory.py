"""What would be snoozed, if clinicians had always done the same with every card."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from cdshooks.cards import Card
from cdshooks.cards.clusters import Cluster, capped
from cdshooks.chart import View
from cdshooks.engine import Finding
from cdshooks.feedback import Keys
from cdshooks.feedback.audit import Entry
from cdshooks.feedback.model import Caller, Issued, Reason, Report, Snooze
from cdshooks.feedback.terms import Terms, shown, snoozes
from cdshooks.population.assess import HOOK, grouped
from cdshooks.services import Service, services
from cdshooks.services.answer import Answer
from cdshooks.services.memory import issued, silenced

KEYS = Keys(b"replay")
"""Prints of facts are compared within one run, and leave it with nobody."""


@dataclass
class Memory:
    """
    What one patient's cards left behind, under one assumption about the clinicians.

    overriding: they override each card that they are shown with the first reason that
    it offers. Otherwise they do nothing, and only what speaks once in a while keeps silent.
    """

    terms: Terms
    overriding: bool
    _held: dict[str, list[Snooze]] = field(default_factory=dict)

    def cards(self, findings: tuple[Finding, ...], view: View) -> list[Cluster]:
        """The cards that are left today, which are then remembered."""
        heard = silenced(findings, view, self._in_force(view), KEYS)
        left = capped(grouped(heard, view), HOOK)
        if self.overriding or any(a.finding.rule.once for cluster in left for a in cluster):
            for card in _issued(left, view):
                self._remember(card)
        return left

    def _in_force(self, view: View) -> dict[str, list[Snooze]]:
        return {
            rule: live
            for rule, held in self._held.items()
            if (live := [snooze for snooze in held if snooze.until > view.now])
        }

    def _remember(self, card: Issued) -> None:
        found = list(shown(card, self.terms.zone))
        if self.overriding:
            found += snoozes(card, _overridden(card, self.terms), self.terms)
        for snooze in found:
            self._held.setdefault(snooze.rule, []).append(snooze)


def _overridden(card: Issued, terms: Terms) -> Report:
    """The report of a client in which the first reason was chosen."""
    first = card.reasons[0] if card.reasons else None
    reason = Reason(first, terms.reasons[first].system) if first else None
    return Report(card.uuid, "overridden", card.at, reason=reason)


def _issued(clusters: Iterable[Cluster], view: View) -> Iterator[Issued]:
    """The cards as they are written down when they go out."""
    cards = tuple(_card(number, cluster) for number, cluster in enumerate(clusters))
    call = Entry(
        view.now, Caller(), _service().id, HOOK, "", None, "answered", (), view.knowledge.version, 0
    )
    return issued(_service(), Answer({}, cards=cards, view=view), call, KEYS)


def _card(number: int, cluster: Cluster) -> Card:
    """As much of a card as is remembered of it: neither its words nor its suggestions."""
    body = {
        "uuid": str(number),
        "indicator": cluster[0].outcome.indicator,
        "overrideReasons": [{"code": code} for code in reasons(cluster)],
    }
    return Card(body, tuple(advice.finding for advice in cluster))


def reasons(cluster: Cluster) -> tuple[str, ...]:
    """The codes of the override reasons of a card, in its order."""
    codes = (code for a in cluster for code in (*a.outcome.overrides, *a.finding.rule.overrides))
    return tuple(dict.fromkeys(codes))


@cache
def _service() -> Service:
    return next(service for service in services() if service.hook == HOOK)
