"""What the rules say of one patient on one day: the answer of a call, without the call."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cdshooks.cards.clusters import Cluster, capped, clustered, ordered
from cdshooks.chart import MEDICATIONS, Search, View, as_prefetch, read_chart
from cdshooks.engine import Finding, state_of
from cdshooks.errors import PrefetchUnavailable
from cdshooks.population.record import Json, Record
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import CannotAssess, Recommend
from cdshooks.rules.gates import als_drugs
from cdshooks.rules.states.population import Population, population
from cdshooks.services.answer import Site, concluded, searches
from cdshooks.services.asking import encounter_of
from cdshooks.services.profiles import under
from cdshooks.settings import zone_named

HOOK = "patient-view"
"""The hook that asks for everything that is due, met or missing."""
DECIDING = frozenset({"Patient", "Condition", "Medication", *MEDICATIONS})
"""Types that tell whether a patient is one of those whom the rules speak of."""
EVERY_RULE = ""
"""Stands where a rule is named, when not even the diagnosis could be read."""
LOST: Json = {
    "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]},
}
"""An entry that could not be read, as a server would report it."""


@dataclass(frozen=True, slots=True)
class Fired:
    """One rule that fired, before grouping and cap.

    klass: the class of the rule, such as T for treatment.
    shown: whether a card of the answer tells of it.
    """

    rule: str
    indicator: str
    group: str
    klass: str
    summary: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """What came of one patient on one day.

    als: whether the diagnosis is recorded, confirmed or not.
    fired: in the order of the rules.
    not_assessed: each rule that could not be evaluated, and because of what.
    missing: those of them for which the data are not there, as against data that
    could not be read.
    cards: the cards that are shown, each as the rules merged into it, in order.
    """

    als: bool
    fired: tuple[Fired, ...] = ()
    not_assessed: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    cards: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Assessor:
    """Asks the rules about a patient, as a call on patient-view with a full prefetch would.

    Small, so that it can be sent to another process: what it needs is loaded there once.
    profile: names of knowledge profiles, later ones over earlier ones.
    zone: an IANA time zone, whose calendar days count.
    """

    profile: tuple[str, ...] = ("default",)
    zone: str = "UTC"

    def concerns(self, record: Record, now: datetime) -> bool:
        """
        Whether the rules speak of this patient at all.

        The resources of the ``DECIDING`` types suffice. True as well where that
        cannot be told.
        """
        asked = self._asked(record)
        return _concerns(self._view(record, now, tuple(s for s in asked if s.type in DECIDING)))

    def __call__(self, record: Record, now: datetime) -> Assessment:
        """What the rules say as of ``now``, an aware instant."""
        try:
            found = self.judged(record, now)
        except PrefetchUnavailable as undecided:
            return Assessment(als=False, not_assessed=((EVERY_RULE, str(undecided)),))
        return _assessment(*found) if found else Assessment(als=False)

    def judged(self, record: Record, now: datetime) -> tuple[tuple[Finding, ...], View] | None:
        """
        What every rule concluded, and the chart it was concluded of.

        None where the rules do not speak of this patient. Raises PrefetchUnavailable
        where not even that can be told.
        """
        view = self._view(record, now, self._asked(record))
        return (concluded(view), view) if _concerns(view) else None

    def _asked(self, record: Record) -> tuple[Search, ...]:
        return _asked(_site(self.profile, self.zone), record.exported)

    def _view(self, record: Record, now: datetime, asked: tuple[Search, ...]) -> View:
        site = _site(self.profile, self.zone)
        context = Context(record.patient, encounter_id=encounter_of(record.resources))
        request = HookRequest(HOOK, "", context, prefetch=_prefetch(asked, record))
        view = read_chart(request, asked, site.knowledge, now, site.timezone)
        medications = record.of(("Medication",))
        return view.extended((), medications) if medications else view


@cache
def _site(profile: tuple[str, ...], zone: str) -> Site:
    """The installation of this process: loading the knowledge takes longer than a patient."""
    known = under(profile)
    return Site(known, zone_named(zone), public_url="", full_prefetch=True)


@cache
def _asked(site: Site, exported: frozenset[str] | None) -> tuple[Search, ...]:
    """The searches whose type was exported: the others count as never asked."""
    planned = searches(HOOK, site)
    return tuple(s for s in planned if exported is None or s.type in exported)


def _prefetch(asked: tuple[Search, ...], record: Record) -> dict[str, Any]:
    """What a client would have sent; a search of which a line was lost counts as failed."""
    prefetch = as_prefetch(asked, record.resources)
    for search in asked:
        if search.type in record.damaged:
            prefetch[search.key] = _damaged(prefetch[search.key])
    return prefetch


def _damaged(sent: Json | None) -> Json:
    """The answer to a search, with an entry that says that something of it is missing."""
    if sent is None or sent["resourceType"] != "Bundle":
        return sent or LOST["resource"]
    return {**sent, "entry": [*sent.get("entry", ()), LOST]}


def _concerns(view: View) -> bool:
    found: Population = state_of(population, view)
    return found.diagnosis != "none" or found.related or bool(state_of(als_drugs, view))


def _assessment(findings: tuple[Finding, ...], view: View) -> Assessment:
    shown = capped(grouped(findings, view), HOOK)
    told = {id(advice.finding) for cluster in shown for advice in cluster}
    stopped = [(f, f.outcome) for f in findings if isinstance(f.outcome, CannotAssess)]
    return Assessment(
        als=has_als(view),
        fired=tuple(_fired(findings, told)),
        not_assessed=tuple((f.rule.id, outcome.because) for f, outcome in stopped),
        missing=tuple(f.rule.id for f, _ in stopped if lacks_data(f)),
        cards=tuple(map(_rules, shown)),
    )


def has_als(view: View) -> bool:
    """Whether the diagnosis is recorded, confirmed or not."""
    found: Population = state_of(population, view)
    return found.diagnosis in ("als", "provisional")


def lacks_data(finding: Finding) -> bool:
    """Whether a rule is silent because what it needs is not there, as against not read."""
    outcome = finding.outcome
    return isinstance(outcome, CannotAssess) and not outcome.failed and finding.error is None


def grouped(findings: Iterable[Finding], view: View) -> list[Cluster]:
    """What would share each card, in the order of the cards, before any is left out."""
    order = view.knowledge.base.card_order["cards"].order
    return ordered(clustered(findings, HOOK, order), order)


def _fired(findings: Iterable[Finding], told: set[int]) -> Iterator[Fired]:
    for finding in findings:
        rule, outcome = finding.rule, finding.outcome
        if isinstance(outcome, Recommend):
            indicator, says = outcome.indicator, outcome.summary
            yield Fired(rule.id, indicator, rule.group, rule.kind, says, id(finding) in told)


def _rules(cluster: Cluster) -> tuple[str, ...]:
    return tuple(dict.fromkeys(advice.finding.rule.id for advice in cluster))
