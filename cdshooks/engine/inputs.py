"""The inputs of rules and states: what gives each its value, and what is kept of it.

What follows from an absence is not worked out anew: where every input of a function is
what an empty chart would say, so is its result.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from operator import itemgetter
from typing import Any, get_type_hints
from weakref import WeakKeyDictionary

from cdshooks.chart import (
    Blank,
    View,
    answered,
    bits,
    blank_of,
    disagrees,
    lay_out,
    question,
)
from cdshooks.knowledge import Knowledge, Threshold
from cdshooks.rules.authoring import (
    Derived,
    Doubt,
    Doubts,
    Draft,
    Input,
    Limits,
    Meeting,
    Meets,
    NotRead,
    OneOf,
    Order,
    Rule,
    State,
    Unread,
    derived_of,
    is_derived,
)

Subject = tuple[Order | Meeting, ...]
"""What a rule is run for: nothing, an order, the two of a pair, or what an order meets."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a call could not read or not use: for the rules that report it."""

    not_read: NotRead = field(default_factory=NotRead)
    doubts: tuple[Doubt, ...] = ()


EMPTY = Aftermath()


@cache
def reads(function: Derived) -> int:
    """The questions that a function asks, through all states."""
    return bits(filter(answerable, function.reads))


def call(function: Derived, orders: Subject, view: View, after: Aftermath) -> Any:
    """What a function says of a chart: without asking it, where every input is as if empty."""
    if function in view.plain:
        return view.memory[function]
    values = arguments(function, orders, view, after)
    wants = _wants(function)
    if wants.kept is not None and view.plain.issuperset(wants.keys):
        blank = blank_of(view)
        if blank is not None:
            return _of_blank(function, blank)
    return function.function(*values)


def _of_blank(function: Derived, blank: Blank) -> Any:
    """What a function says of an empty chart, which is kept beyond the call."""
    key = function if isinstance(function, Rule) else function.function
    if key not in blank.follows:
        value = call(function, (), blank.view, EMPTY)
        blank.follows[key] = (reads(function), value)
    return blank.follows[key][1]


def arguments(function: Derived, orders: Subject, view: View, after: Aftermath) -> Sequence[Any]:
    """The value of every declared input, in their order; orders fill the inputs for them."""
    wants, memory = _wants(function), view.memory
    if wants.kept is None:
        remaining = iter(orders)
        return [want.value(view, after, remaining) for want in wants.inputs]
    try:
        return wants.known(memory)
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
    """The inputs of a function, decided once.

    kept: None unless a view keeps all of them; known: takes them from its memory, and
    raises KeyError where one is not in there yet.
    """

    inputs: tuple[_Want, ...]
    keys: frozenset[object]
    kept: tuple[tuple[object, Maker], ...] | None
    known: Callable[[dict[Any, Any]], Sequence[Any]]


@cache
def _wants(function: Derived) -> _Wants:
    inputs = tuple(_want(declared) for declared in function.inputs.values())
    kept = tuple((want.key, want.make) for want in inputs if want.key is not None and want.make)
    all_kept = len(kept) == len(inputs)
    keys = tuple(want.key for want in inputs)
    return _Wants(inputs, frozenset(keys), kept if all_kept else None, _all_of(keys))


def _all_of(keys: tuple[object, ...]) -> Callable[[dict[Any, Any]], Sequence[Any]]:
    """Takes the values of several keys at once: one key alone would come without a tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda memory: [memory[key] for key in keys]


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
        return call(derived_of(declaration.function), (), view, EMPTY)
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


def worst(view: View) -> View:
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
    return callable(key) and is_derived(key) and not reads(derived_of(key)) & split
