"""Runs rules over a chart: resolves inputs, isolates a failing rule, times each.

It knows declarations and outcomes and no clinical meaning. A disagreement of
values on one day is settled here once for all rules: a rule that speaks only
for the worse of the two speaks softly and says that they conflict.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from cdshooks.chart import (
    ORDER_HOOKS,
    View,
    answer,
    asked,
    asks_for,
    disagrees,
    drafts,
    drafts_of,
    lay_out,
    meetings,
    pairs,
    unmet,
)
from cdshooks.chart.doubts import conflict, doubts
from cdshooks.engine.inputs import (
    EMPTY,
    Aftermath,
    Subject,
    answerable,
    arguments,
    call,
    limits_of,
    reads,
    state_of,
    worst,
)
from cdshooks.rules.authoring import (
    LEVELS,
    CannotAssess,
    Doubt,
    Doubts,
    Meeting,
    Meets,
    NotIndicated,
    NotRead,
    Order,
    Outcome,
    Reading,
    Recommend,
    Rule,
    Unread,
    gates,
)

GRAVITY = "XTSPMQ"
"""Classes of rules, in the order in which those that lacked data are named: safety first."""
OFF = NotIndicated("switched off here, by a profile of this site")
"""What is said of a rule that a profile silences."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule concluded, about one order if it runs per order.

    gated: whether a gate decided and the rule itself never ran.
    conflict: whether it holds for only one of two values of the same day.
    failed: searches that the rule needed and that did not answer.
    error: the name of the exception that stopped it, if one did.
    snoozed: whether it recommended, and is silenced by earlier feedback.
    """

    rule: Rule
    outcome: Outcome
    order: Order | None = None
    gated: bool = False
    conflict: bool = False
    failed: tuple[str, ...] = ()
    error: str | None = None
    ms: float = 0.0
    snoozed: bool = False


def run(rules: Iterable[Rule], view: View) -> tuple[Finding, ...]:
    """Every finding of the rules that name this hook, in the order of rules and drafts.

    Rules that report on the call itself run last, from what the others met.
    """
    first, last = _named(tuple(rules), view.hook)
    if any(rule.needs_als and _gate(rule, view) is None for rule in first):
        # Not before: of a chart without ALS, little more than the problem list is read.
        lay_out(view)
    found = [f for rule in first for f in _run(rule, view)]
    after = Aftermath(_not_read(found, view), tuple(_doubts(found, view)))
    found += [f for rule in last for f in _run(rule, view, after)]
    return tuple(found)


@lru_cache(maxsize=64)
def _named(rules: tuple[Rule, ...], hook: str) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules that name a hook, and apart from them those that report on the call."""
    named = [rule for rule in rules if hook in rule.hooks]
    first = tuple(rule for rule in named if not _reports(rule))
    return first, tuple(rule for rule in named if _reports(rule))


def applicable(rules: Iterable[Rule], view: View) -> tuple[Rule, ...]:
    """The rules of this hook that no gate stops, and that have something to be run for."""
    named = (rule for rule in rules if view.hook in rule.hooks)
    return tuple(r for r in named if _gate(r, view) is None and _has_subject(r, view))


def _has_subject(rule: Rule, view: View) -> bool:
    if rule.per in ("pair", "meeting"):
        # What a draft makes a pair with may be in what was not read.
        return any(drafts_of(view, name) for name in rule.drugs)
    return any(True for _ in _subjects(rule, view))


@cache
def _reports(rule: Rule) -> bool:
    return any(isinstance(d, Unread | Doubts) for d in rule.inputs.values())


def _not_read(found: Iterable[Finding], view: View) -> NotRead:
    """The searches that failed among those that an applicable rule needed."""
    needing = [f for f in found if f.failed and not f.gated]
    blocking = [key for f in needing if isinstance(f.outcome, CannotAssess) for key in _own(f)]
    keys = dict.fromkeys([*blocking, *(key for f in needing for key in f.failed)])
    grave = sorted(needing, key=lambda f: GRAVITY.index(f.rule.kind))
    titles = dict.fromkeys(f.rule.title for f in grave)
    return NotRead(tuple(view.words((key,)) for key in keys), tuple(titles))


def _doubts(found: Iterable[Finding], view: View) -> Iterator[Doubt]:
    """Values that were not used, and same-day disagreements that changed an outcome."""
    yield from doubts(view)
    told: set[Doubt] = set()
    for finding in found:
        for declaration in finding.rule.reads if finding.conflict else ():
            answered = answer(view, declaration) if answerable(declaration) else None
            doubt = conflict(answered) if isinstance(answered, Reading) else None
            if doubt and doubt not in told:
                told.add(doubt)
                yield doubt


def _own(finding: Finding) -> tuple[str, ...]:
    """The searches that stopped a rule, not merely those that it would have liked."""
    return finding.outcome.failed if isinstance(finding.outcome, CannotAssess) else ()


def _run(rule: Rule, view: View, after: Aftermath = EMPTY) -> Iterator[Finding]:
    """One finding for a rule about the patient; one a matching draft or pair for the others."""
    started = time.perf_counter()
    for orders in _subjects(rule, view):
        found = _assess(rule, orders, view, after)
        now = time.perf_counter()
        yield found.by(rule, _named_first(orders, view), (now - started) * 1000)
        started = now


def _subjects(rule: Rule, view: View) -> Iterable[Subject]:
    """What a rule is run for: the patient, each draft of its drug, or each pair."""
    if rule.per == "order" and rule.without_order and view.hook not in ORDER_HOOKS:
        return ((),)
    if rule.asks:
        return ((order,) for order in asked(view, rule.asks, rule.parts))
    if rule.per == "order" and rule.drug:
        return ((order,) for order in drafts_of(view, rule.drug))
    if rule.per == "order":
        return ((order,) for order in drafts(view) if order.drug is not None)
    if rule.meets:
        return _meetings(rule.meets, view)
    if rule.per == "pair":
        return pairs(view, *rule.pair)
    if rule.when_drafted and view.hook in ORDER_HOOKS:
        return ((),) if asks_for(view, rule.when_drafted) else ()
    return ((),)


def _meetings(wanted: Meets, view: View) -> Iterator[Subject]:
    """What each draft meets; if none meets anything, what could not be read of it."""
    met = [(meeting,) for meeting in meetings(view, wanted)]
    unread = None if met else unmet(view, wanted)
    yield from met if unread is None else [(unread,)]


@dataclass(slots=True)
class _Verdict:
    """What came of a rule, before anybody looked at the clock. Not frozen, for speed."""

    outcome: Outcome
    gated: bool = False
    conflict: bool = False
    failed: tuple[str, ...] = ()
    error: str | None = None

    def by(self, rule: Rule, order: Order | None, ms: float) -> Finding:
        """The finding of the rule that was run."""
        kept = (self.gated, self.conflict, self.failed, self.error)
        return Finding(rule, self.outcome, order, *kept, ms=ms)


def _assess(rule: Rule, orders: Subject, view: View, after: Aftermath) -> _Verdict:
    try:
        stopped = _gate(rule, view)
        if stopped is not None:
            failed = stopped.failed if isinstance(stopped, CannotAssess) else ()
            return _Verdict(stopped, gated=True, failed=failed)
        unread = next((o.unread for o in orders if isinstance(o, Meeting) and not o.orders), None)
        if unread is not None:
            because = "medication that the order may meet could not be read"
            return _Verdict(CannotAssess(because, unread), failed=unread)
        if any(isinstance(o, Order) and o.conflict for o in orders) and not rule.on_conflict:
            because = "the order's code and text name different drugs"
            return _Verdict(CannotAssess(because), gated=True)
        return _settled(rule, orders, view, after)
    except Exception as error:  # a failing rule never sinks the call
        outcome = CannotAssess("an internal error; it was logged")
        return _Verdict(outcome, error=type(error).__name__)


def _named_first(orders: Subject, view: View) -> Order | None:
    """The order that a finding belongs to: of a pair, the one drafted first."""
    if not orders:
        return None
    if len(orders) == 1:
        [only] = orders
        return only.order if isinstance(only, Meeting) else only
    references = {order.reference for order in orders if isinstance(order, Order)}
    return next((order for order in drafts(view) if order.reference in references), None)


def _gate(rule: Rule, view: View) -> NotIndicated | CannotAssess | None:
    """What stops a rule whatever it says; decided once a view for all that are alike to gates."""
    if rule.id in view.knowledge.off:
        return OFF
    key = rule.scope
    if key not in view.memory:
        stops = (g.function(key, *arguments(g, (), view, EMPTY)) for g in gates())
        view.memory[key] = next((stop for stop in stops if stop is not None), None)
    stopped: NotIndicated | CannotAssess | None = view.memory[key]
    return stopped


def _settled(rule: Rule, orders: Subject, view: View, after: Aftermath) -> _Verdict:
    """The outcome, evaluated for both values where the same day holds two."""
    outcome = call(rule, orders, view, after)
    doubtful = view.doubtful.among(reads(rule))
    if not (doubtful or orders):
        return _Verdict(outcome)
    unanswered = {key for a in doubtful for key in getattr(a, "failed", ())}
    failed = tuple(r.search.key for r in view.results if r.search.key in unanswered)
    conflict = False
    if any(disagrees(a) for a in doubtful):
        other = call(rule, orders, worst(view), after)
        outcome, conflict = _reconciled(outcome, other)
    if any(o.by_name for o in orders) and isinstance(outcome, Recommend):
        outcome = replace(outcome, because=("Matched by name only.", *outcome.because))
        if not (rule.trusts_names and all(o.exact for o in orders)):
            outcome = outcome.capped("warning")
    return _Verdict(outcome, conflict=conflict, failed=failed)


def _reconciled(best: Outcome, worst: Outcome) -> tuple[Outcome, bool]:
    """What holds where the same day has two values, of which the best effort is the valid one.

    Both speak: the milder advice, since both values ask for it. Only the best effort
    speaks: its advice. Only the worse one does: its advice, as information.
    """
    if isinstance(worst, Recommend) and not isinstance(best, Recommend):
        summary = f"Conflicting values. {worst.summary}"
        return _noted(replace(worst.capped("info"), summary=summary)), True
    if not isinstance(best, Recommend):
        return best, False
    if not isinstance(worst, Recommend):
        return _noted(best), True
    if best.indicator == worst.indicator:
        return best, False
    return _noted(min(best, worst, key=lambda one: LEVELS.index(one.indicator))), True


def _noted(advice: Recommend) -> Recommend:
    said = "Values of the same day disagree; repeat the test."
    return replace(advice, because=(said, *advice.because))


__all__ = ["Finding", "answerable", "applicable", "limits_of", "run", "state_of"]
