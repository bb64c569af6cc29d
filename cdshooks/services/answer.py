"""From a hook request to the response body: the straight line, in one function."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from cdshooks import rules
from cdshooks.cards import EXTENSION, Card, cards
from cdshooks.chart import (
    MEDICATIONS,
    ORDER_HOOKS,
    Answered,
    Result,
    Search,
    View,
    plan,
    read_chart,
)
from cdshooks.engine import Finding, limits_of, run
from cdshooks.errors import KnowledgeInvalid, PrefetchUnavailable
from cdshooks.fhir.client import Away, Read, anywhere
from cdshooks.fhir.repair import is_valid
from cdshooks.knowledge import Base, Knowledge
from cdshooks.protocol import NEED_ENCOUNTER, HookRequest
from cdshooks.rules.authoring import CannotAssess, Input, Meets, NotIndicated, Recommend, gates
from cdshooks.security.outbound import Outbound
from cdshooks.security.policy import Policy
from cdshooks.services.fetch import counting, fetched, only_reports
from cdshooks.services.service import Service

NOBODY = Policy()
"""The terms of a caller of whom nothing is known: nothing may be fetched."""


@dataclass(frozen=True)
class Site:
    """What an installation is: its knowledge under its profile, its clock zone, its address.

    full_prefetch: ask for every type that some rule reads, not only the core ones.
    trace: tell in every response why each rule fired or was silent.
    outbound: the way to FHIR servers; without one nothing is fetched.
    """

    knowledge: Knowledge
    timezone: tzinfo
    public_url: str
    full_prefetch: bool = False
    trace: bool = False
    outbound: Outbound | None = None


@dataclass(frozen=True)
class Answer:
    """A response body, where its time went (ms by stage), and what it was made of.

    notes: what kept data from being fetched, for the log; nothing of a chart or a token.
    view: the chart as it was read; None where none was.
    """

    body: dict[str, Any]
    timings: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    view: View | None = None


@dataclass(slots=True)
class Course:
    """How a call went, also one that ends in a refusal; it changes, unlike other values here.

    sent: what the client answered to each search. reads: what was read from its server.
    stages: name, begin on the clock of ``time.perf_counter``, and seconds of each.
    """

    sent: tuple[Result, ...] = ()
    reads: tuple[Read, ...] = ()
    stages: list[tuple[str, float, float]] = field(default_factory=list)


Keep = Callable[[tuple[Finding, ...], View], tuple[Finding, ...]]
"""What decides between rules and cards which advice is not to be repeated now."""


def everything(findings: tuple[Finding, ...], _view: View) -> tuple[Finding, ...]:
    """Keeps every finding as it is."""
    return findings


def searches(hook: str, site: Site) -> tuple[Search, ...]:
    """What a service on this hook asks for, in the order to publish."""
    return _searches(hook, site.knowledge, site.full_prefetch)


@lru_cache(maxsize=512)
def _searches(hook: str, knowledge: Knowledge, full: bool) -> tuple[Search, ...]:
    inputs: set[Input] = set()
    seldom: set[Input] = set()
    for rule in rules.load():
        if hook in rule.hooks:
            named = rule.when_drafted or rule.asks
            needs = seldom if named and hook in ORDER_HOOKS else inputs
            needs |= rule.reads
    for gate in gates():
        inputs |= gate.reads
    encounter = hook in NEED_ENCOUNTER
    return plan(inputs, knowledge, full=full, rest=seldom, encounter=encounter)


def prefetch_templates(service: Service, site: Site) -> dict[str, str]:
    """The prefetch templates of a service, key → query, in the order to publish."""
    return {search.key: search.query for search in searches(service.hook, site)}


def prepare(site: Site) -> None:
    """Does what the first call would otherwise wait for: rules, searches, FHIR models, TLS.

    Raises TypeError for a rule without inputs, KnowledgeInvalid for one whose
    limits no parameter gives.
    """
    for rule in rules.load():
        for hook in rule.hooks:
            searches(hook, site)
        for group in rule.limits:
            limits_of(group, site.knowledge)
        for declaration in rule.reads:
            _check_known(declaration, rule.id, site.knowledge.base)
    for draft in site.knowledge.base.drafts.values():
        is_valid(draft.resource)  # loads the models that a suggestion is checked with
    if site.outbound is not None:
        site.outbound.prepare()


def _check_known(declaration: Input, rule: str, base: Base) -> None:
    """Refuses a declaration that names a concept which no knowledge file holds."""
    kinds: dict[str, Mapping[str, object]] = {
        "value_set": base.value_sets,
        "measure": base.measures,
        "drug": base.drugs,
        "lookback": base.parameters,
    }
    for attribute, known in kinds.items():
        name = getattr(declaration, attribute, None)
        if name is not None and name not in known:
            raise KnowledgeInvalid(f"rule {rule}", f"{attribute} {name!r}", "is not defined")
    for name in declaration.partners if isinstance(declaration, Meets) else ():
        if name not in base.drugs:
            raise KnowledgeInvalid(f"rule {rule}", f"partner {name!r}", "is not defined")


def answer(
    service: Service,
    request: HookRequest,
    site: Site,
    now: datetime,
    policy: Policy = NOBODY,
    *,
    seconds: float = 0.0,
    away: Away = anywhere,
    keep: Keep = everything,
    course: Course | None = None,
) -> Answer:
    """The cards for one call.

    policy: what may be read and said for this caller; seconds: what is left to answer in.
    away: the block in which FHIR servers are waited for.
    keep: may silence findings before they become cards.
    course: learns how the call went.
    Raises PrefetchUnavailable when whether the patient has ALS cannot be decided
    and no draft order is an ALS drug.
    """
    course = course or Course()
    clock = _Clock(course)
    asked = counting(searches(service.hook, site), request, policy)
    view = read_chart(request, asked, site.knowledge, now, site.timezone)
    course.sent = view.results
    clock.lap("index")
    planned = searches(service.hook, replace(site, full_prefetch=True))
    view, notes, course.reads = fetched(
        view, request, planned, policy, site.outbound, seconds, away
    )
    if notes is not None:
        clock.lap("fetch")
    findings = keep(concluded(view), view)
    clock.lap("rules")
    edit = policy.edit_active_orders
    shown = cards(findings, view, site.public_url, edit_active=edit)
    body: dict[str, Any] = {"cards": [card.body for card in shown]}
    extension = _extension(findings, trace=site.trace or policy.trace)
    if extension:
        body["extension"] = {EXTENSION: extension}
    clock.lap("cards")
    return Answer(body, clock.laps, findings, notes or (), shown, view)


def concluded(view: View) -> tuple[Finding, ...]:
    """What every rule concludes of a chart; raises PrefetchUnavailable as ``answer`` does."""
    findings = run(rules.load(), view)
    _refuse_blind(findings, view)
    return findings


class _Clock:
    """Milliseconds since the last lap."""

    def __init__(self, course: Course) -> None:
        self.laps: dict[str, float] = {}
        self._course = course
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1000
        self._course.stages.append((name, self._last, now - self._last))
        self._last = now


def _refuse_blind(findings: Iterable[Finding], view: View) -> None:
    """Refuses a call in which nothing at all says whether the patient has ALS.

    Without the patient, unless a draft is of a drug for ALS; without the problem
    list, only if no medication was read either.
    """
    found = tuple(findings)
    stopped = [f for f in found if f.gated and isinstance(f.outcome, CannotAssess)]
    failed = tuple(dict.fromkeys(key for f in stopped for key in f.failed))
    spoke = [f for f in found if not f.gated and not only_reports(f.rule)]
    if "patient" in failed:
        decided = any(f.order is not None for f in spoke)
    else:
        decided = bool(spoke) or any(_is_read_medication(r) for r in view.results)
    if failed and not decided:
        raise PrefetchUnavailable(failed)


def _is_read_medication(result: Result) -> bool:
    answered = result.answered in (Answered.WHOLE, Answered.PART)
    return answered and result.search.type in MEDICATIONS


def _extension(findings: Iterable[Finding], *, trace: bool) -> dict[str, Any]:
    """What was not assessed; and, where a site wants it, what every rule concluded."""
    found = tuple(findings)
    body: dict[str, Any] = {}
    missed = [
        {"rule": f.rule.id, "because": f.outcome.because}
        for f in found
        if isinstance(f.outcome, CannotAssess)
    ]
    if missed:
        body["notAssessed"] = missed
    if trace and found:
        body["trace"] = [_traced(f) for f in found]
    return body


def _traced(finding: Finding) -> dict[str, Any]:
    """What a rule concluded, for the client alone: it names an order by the client's own id."""
    outcome = finding.outcome
    line: dict[str, Any] = {"rule": finding.rule.id}
    if finding.order:
        line["order"] = finding.order.reference
    if isinstance(outcome, Recommend):
        return {**line, "outcome": "recommended", "because": outcome.summary}
    if isinstance(outcome, NotIndicated):
        said = "snoozed" if finding.snoozed else "not indicated"
        return {**line, "outcome": said, "because": outcome.because}
    return {**line, "outcome": "not assessed", "because": outcome.because}
