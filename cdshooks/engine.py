"""Runs rules over a chart: resolves inputs, isolates a failing rule, times each.

It knows declarations and outcomes and no clinical meaning. A disagreement of
values on one day is settled here once for all rules: a rule that speaks only
for one of the two values speaks softly and says that they conflict.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, get_type_hints
from weakref import WeakKeyDictionary

from cdshooks.chart import (
    ORDER_HOOKS,
    Blank,
    View,
    answer,
    answered,
    asked,
    asks_for,
    bits,
    blank_of,
    disagrees,
    drafts,
    drafts_of,
    lay_out,
    meetings,
    pairs,
    question,
    unmet,
)
from cdshooks.chart.doubts import conflict, doubts
from cdshooks.knowledge import Knowledge, Threshold
from cdshooks.rules.authoring import (
    CannotAssess,
    Derived,
    Doubt,
    Doubts,
    Draft,
    Input,
    Limits,
    Meeting,
    Meets,
    NotIndicated,
    NotRead,
    OneOf,
    Order,
    Outcome,
    Reading,
    Recommend,
    Rule,
    State,
    Unread,
    derived_of,
    gates,
    is_derived,
)

Subject = tuple[Order | Meeting, ...]
"""What a rule is run for: nothing, an order, the two of a pair, or what an order meets."""


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


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a call could not read or not use: for the rules that report it."""

    not_read: NotRead = field(default_factory=NotRead)
    doubts: tuple[Doubt, ...] = ()


EMPTY = Aftermath()


def run(rules: Iterable[Rule], view: View) -> tuple[Finding, ...]:
    """Every finding of the rules that name this hook, in the order of rules and drafts.

    Rules that report on the call itself run last, from what the others met.
    """
    named = [rule for rule in rules if view.hook in rule.hooks]
    if any(rule.needs_als and _gate(rule, view) is None for rule in named):
        # Not before: of a chart without ALS, little more than the problem list is read.
        lay_out(view)
    last = [rule for rule in named if _reports(rule)]
    found = [f for rule in named if not _reports(rule) for f in _run(rule, view)]
    after = Aftermath(_not_read(found, view), tuple(_doubts(found, view)))
    found += [f for rule in last for f in _run(rule, view, after)]
    return tuple(found)


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
    titles = dict.fromkeys(f.rule.title for f in needing)
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
    key = rule.scope
    if key not in view.memory:
        stops = (g.function(key, *_arguments(g, (), view, EMPTY)) for g in gates())
        view.memory[key] = next((stop for stop in stops if stop is not None), None)
    stopped: NotIndicated | CannotAssess | None = view.memory[key]
    return stopped


def _settled(rule: Rule, orders: Subject, view: View, after: Aftermath) -> _Verdict:
    """The outcome, evaluated for both values where the same day holds two."""
    outcome = _call(rule, orders, view, after)
    doubtful = view.doubtful.among(_reads(rule))
    if not (doubtful or orders):
        return _Verdict(outcome)
    unanswered = {key for a in doubtful for key in getattr(a, "failed", ())}
    failed = tuple(r.search.key for r in view.results if r.search.key in unanswered)
    conflict = False
    if any(disagrees(a) for a in doubtful):
        other = _call(rule, orders, _worst(view), after)
        outcome, conflict = _reconciled(outcome, other)
    if any(o.by_name for o in orders) and isinstance(outcome, Recommend):
        outcome = replace(outcome, because=("Matched by name only.", *outcome.because))
        if not (rule.trusts_names and all(o.exact for o in orders)):
            outcome = outcome.capped("warning")
    return _Verdict(outcome, conflict=conflict, failed=failed)


def _worst(view: View) -> View:
    """The chart with every disagreement answered the other way; all else is known from this one."""
    worst = view.worst_view()
    if "blank" not in worst.memory:
        lay_out(worst)
        split = sum(1 << n for n, found in view.doubtful.answers.items() if disagrees(found))
        known = {key: value for key, value in view.memory.items() if _is_apart(key, split)}
        worst.memory.update(known)
        worst.plain.update(view.plain & known.keys())
    return worst


def _is_apart(key: object, split: int) -> bool:
    """Whether what a view keeps under a key is an answer or state that rests on none of these."""
    if isinstance(key, int):
        return not split >> key & 1
    if isinstance(key, State):
        return not bits(filter(answerable, _reads_of(key))) & split
    return callable(key) and is_derived(key) and not _reads(derived_of(key)) & split


def _reconciled(best: Outcome, worst: Outcome) -> tuple[Outcome, bool]:
    """Both speak: the best effort holds. Only one speaks: its advice, as information."""
    levels = {o.indicator for o in (best, worst) if isinstance(o, Recommend)}
    if len(levels) == 1 and isinstance(best, Recommend) and isinstance(worst, Recommend):
        return best, False
    chosen = worst if isinstance(worst, Recommend) else best
    if not isinstance(chosen, Recommend):
        return best, False
    softer = replace(
        chosen.capped("info"),
        summary=f"Conflicting values. {chosen.summary}",
        because=("Values of the same day disagree; repeat the test.", *chosen.because),
    )
    return softer, True


@cache
def _reads(function: Derived) -> int:
    """The questions that a function asks, through all states."""
    return bits(filter(answerable, function.reads))


def _call(function: Derived, orders: Subject, view: View, after: Aftermath) -> Any:
    """What a function says of a chart: without asking it, where every input is as if empty."""
    if function in view.plain:
        return view.memory[function]
    arguments = _arguments(function, orders, view, after)
    wants = _wants(function)
    if wants.kept is not None and view.plain.issuperset(wants.keys):
        blank = blank_of(view)
        if blank is not None:
            return _of_blank(function, blank)
    return function.function(*arguments)


def _of_blank(function: Derived, blank: Blank) -> Any:
    """What a function says of an empty chart, which is kept beyond the call."""
    key = function if isinstance(function, Rule) else function.function
    if key not in blank.follows:
        value = _call(function, (), blank.view, EMPTY)
        blank.follows[key] = (_reads(function), value)
    return blank.follows[key][1]


def _arguments(function: Derived, orders: Subject, view: View, after: Aftermath) -> list[Any]:
    """The value of every declared input, in their order; orders fill the inputs for them."""
    wants, memory = _wants(function), view.memory
    if wants.kept is None:
        remaining = iter(orders)
        return [want.value(view, after, remaining) for want in wants.inputs]
    try:
        return [memory[key] for key in wants.keys]
    except KeyError:
        return [memory[key] if key in memory else make(view, after) for key, make in wants.kept]


Maker = Callable[[View, Aftermath], Any]
"""What gives an input its value, and keeps it in the memory of the view."""


@dataclass(frozen=True, slots=True)
class _Want:
    """An input: under which key a view keeps its value, and what makes it. None: an order."""

    key: object
    make: Maker | None

    def value(self, view: View, after: Aftermath, orders: Iterator[Order | Meeting]) -> Any:
        if self.make is None:
            return next(orders, None)
        return view.memory[self.key] if self.key in view.memory else self.make(view, after)


@dataclass(frozen=True, slots=True)
class _Wants:
    """The inputs of a function, decided once. kept: None unless a view keeps all of them."""

    inputs: tuple[_Want, ...]
    keys: tuple[object, ...]
    kept: tuple[tuple[object, Maker], ...] | None


@cache
def _wants(function: Derived) -> _Wants:
    inputs = tuple(_want(declared) for declared in function.inputs.values())
    kept = tuple((want.key, want.make) for want in inputs if want.key is not None and want.make)
    all_kept = len(kept) == len(inputs)
    return _Wants(inputs, tuple(want.key for want in inputs), kept if all_kept else None)


def _want(declaration: Input | type[Limits]) -> _Want:
    if isinstance(declaration, type):
        return _Want(declaration, lambda view, _: _limits_in(view, declaration))
    if isinstance(declaration, Draft | OneOf | Meets):
        return _Want(None, None)
    if isinstance(declaration, State):
        return _Want(_key(declaration), lambda view, _: _state(declaration, view))
    if isinstance(declaration, Unread):
        return _Want(None, lambda _, after: after.not_read)
    if isinstance(declaration, Doubts):
        return _Want(None, lambda _, after: after.doubts)
    asked = question(declaration)
    return _Want(asked.number, lambda view, _: answered(view, asked))


def answerable(declaration: Input) -> bool:
    """Whether the chart alone answers a declaration, without an order or the other rules."""
    return not isinstance(declaration, Draft | OneOf | Meets | Unread | Doubts)


def state_of(function: Callable[..., Any], view: View) -> Any:
    """What a derived state says of a chart; raises TypeError for a plain function."""
    return _state(State(function), view)


def _key(declaration: State) -> object:
    """Under which key a view keeps a state."""
    return declaration.function if declaration.as_of is None else declaration


def _state(declaration: State, view: View) -> Any:
    """A derived state, computed once a view; as of another day from what was known then."""
    key = _key(declaration)
    if key in view.memory:
        return view.memory[key]
    blank = blank_of(view)
    value = _computed(declaration, view)
    if blank is not None:
        expected = _state_of_blank(declaration, blank)
        if value == expected:
            value = expected
            view.plain.add(key)
    view.memory[key] = value
    return value


def _computed(declaration: State, view: View) -> Any:
    if declaration.as_of is None:
        return _call(derived_of(declaration.function), (), view, EMPTY)
    day = _state(State(declaration.as_of), view)
    if day is None:
        return None
    past = view.on(day)
    if "blank" not in past.memory:
        lay_out(past)
    return _state(State(declaration.function), past)


def _state_of_blank(declaration: State, blank: Blank) -> Any:
    key = _key(declaration)
    if key not in blank.follows:
        needs = bits(filter(answerable, _reads_of(declaration)))
        blank.follows[key] = (needs, _state(declaration, blank.view))
    return blank.follows[key][1]


def _reads_of(declaration: State) -> frozenset[Input]:
    functions = (declaration.function, declaration.as_of)
    return frozenset().union(*(derived_of(f).reads for f in functions if f))


def _limits_in(view: View, group: type[Limits]) -> Limits:
    found: Limits = view.memory.setdefault(group, limits_of(group, view.knowledge))
    blank = blank_of(view)
    if blank is not None:
        blank.answers.setdefault(group, found)
        view.plain.add(group)
    return found


def limits_of(group: type[Limits], knowledge: Knowledge) -> Limits:
    """A parameter group with the values of the profile in force."""
    made = _limits.setdefault(knowledge, {})
    if group not in made:
        made[group] = _limits_of(group, knowledge)
    return made[group]


_limits: WeakKeyDictionary[Knowledge, dict[type[Limits], Limits]] = WeakKeyDictionary()
"""Groups already filled, for as long as their knowledge is in use."""


def _limits_of(group: type[Limits], knowledge: Knowledge) -> Limits:
    hints = get_type_hints(group)
    values: dict[str, Any] = {}
    for spec in fields(group):  # type: ignore[arg-type]
        name = spec.name
        parameter = knowledge.parameters[name]
        wants_threshold = hints[name] is Threshold
        values[name] = parameter.threshold() if wants_threshold else parameter.value
    return group(**values)
