"""Which findings share a card, in which order the cards stand, and how many there may be."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from cdshooks.chart import ORDER_HOOKS
from cdshooks.engine import Finding
from cdshooks.rules.authoring import LEVELS, Recommend, Stop

DUE = "DUE"
INFOS_AT_ORDERS = 3
CARDS_AT_VIEWS = 5


@dataclass(frozen=True, slots=True)
class Advice:
    """A finding that recommends, with its outcome typed as such."""

    finding: Finding
    outcome: Recommend

    @property
    def level(self) -> int:
        """Rank of the indicator, higher is worse."""
        return LEVELS.index(self.outcome.indicator)


Cluster = tuple[Advice, ...]
"""What shares one card, the worst first."""


def clustered(findings: Iterable[Finding], hook: str, order: tuple[str, ...] = ()) -> list[Cluster]:
    """Advice by card: one a group, or at order hooks one an order and merge word."""
    groups: dict[object, list[Advice]] = {}
    for finding in findings:
        if isinstance(finding.outcome, Recommend):
            advice = Advice(finding, finding.outcome)
            groups.setdefault(_key(finding, hook), []).append(advice)
    return [tuple(sorted(group, key=partial(_standing, order))) for group in groups.values()]


def _standing(order: tuple[str, ...], advice: Advice) -> tuple[int, bool, int]:
    """The worst first; of one level what is about safety speaks for the card, then by order."""
    rule = advice.finding.rule
    place = order.index(rule.id) if rule.id in order else len(order)
    return -advice.level, rule.kind != "X", place


def _key(finding: Finding, hook: str) -> object:
    rule = finding.rule
    if hook in ORDER_HOOKS:
        if isinstance(finding.outcome, Recommend) and finding.outcome.shares:
            return finding.outcome.shares
        order = finding.order.reference if finding.order else None
        return (order, rule.merge or rule.id)
    return group_of(finding)


def group_of(finding: Finding) -> str:
    """The group of a finding; what is only due joins the others that are."""
    outcome = finding.outcome
    due = isinstance(outcome, Recommend) and outcome.due and outcome.indicator == "info"
    return DUE if due else finding.rule.group


def capped(clusters: list[Cluster], hook: str) -> list[Cluster]:
    """Warnings and criticals always; infos as far as there is room."""
    urgent = [c for c in clusters if c[0].level > 0]
    infos = [c for c in clusters if c[0].level == 0]
    if hook in ORDER_HOOKS:
        return urgent + infos[:INFOS_AT_ORDERS]
    return urgent + infos[: max(0, CARDS_AT_VIEWS - len(urgent))]


def ordered(clusters: Iterable[Cluster], order: tuple[str, ...]) -> list[Cluster]:
    """The worst first; of one level as ``order`` names rules, classes and groups."""
    return sorted(clusters, key=lambda cluster: (-cluster[0].level, _rank(cluster[0], order)))


def _rank(advice: Advice, order: tuple[str, ...]) -> int:
    """Where a card stands among those of its level: by rule, by class, by group."""
    rule = advice.finding.rule
    for name in (rule.id, f"class:{rule.kind}", group_of(advice.finding)):
        if name in order:
            return order.index(name)
    return len(order)


def without_stops(finding: Finding) -> Finding:
    """The finding without offers to stop what is signed: its text still advises it."""
    outcome = finding.outcome
    if not isinstance(outcome, Recommend):
        return finding
    offers = tuple(offer for offer in outcome.offers if not isinstance(offer, Stop))
    return replace(finding, outcome=replace(outcome, offers=offers))
