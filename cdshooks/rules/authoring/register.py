"""``@rule``, ``@derived`` and ``@gate``: how a function becomes part of the service."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from cdshooks.rules.authoring.drug_inputs import Draft, Meets, OneOf
from cdshooks.rules.authoring.inputs import Input, Limits, State
from cdshooks.rules.authoring.outcomes import Outcome

F = TypeVar("F", bound=Callable[..., Any])
Class = Literal["T", "M", "S", "P", "X", "Q"]
Per = Literal["patient", "order", "pair", "meeting"]

CLASSES: dict[Class, str] = {
    "T": "treatment",
    "M": "monitoring",
    "S": "symptom or comfort",
    "P": "planning",
    "X": "safety",
    "Q": "data quality",
}


@dataclass(frozen=True, eq=False)
class Derived:
    """A pure function of declared inputs whose result other functions may read."""

    function: Callable[..., Any]

    @cached_property
    def inputs(self) -> Mapping[str, Input | type[Limits]]:
        """Parameter name → declaration, read from the signature once."""
        return declared(self.function)

    @cached_property
    def reads(self) -> frozenset[Input]:
        """Every declaration that this reads, through all states, states left out."""
        declared = (d for d in self.inputs.values() if isinstance(d, Input))
        own = frozenset(d for d in declared if not isinstance(d, State))
        return own.union(*(state.reads for state in self._states()))

    @cached_property
    def limits(self) -> frozenset[type[Limits]]:
        """Every parameter group that this uses, through all states."""
        own = frozenset(d for d in self.inputs.values() if isinstance(d, type))
        return own.union(*(state.limits for state in self._states()))

    def _states(self) -> "Iterator[Derived]":
        """The states that this names, with those that say as of which day."""
        for declaration in self.inputs.values():
            if isinstance(declaration, State):
                yield derived_of(declaration.function)
                if declaration.as_of:
                    yield derived_of(declaration.as_of)


class Scope(NamedTuple):
    """What a gate knows of a rule: rules of one scope are silenced together.

    drug: the drug that the rule is about; interaction: whether it is about what that meets.
    """

    kind: Class
    end_of_life: bool
    needs_als: bool
    any_motor_neuron_disease: bool
    after_death: bool
    drug: str | None
    interaction: bool


@dataclass(frozen=True, eq=False)
class Rule(Derived):
    """A rule: a pure function with a name, a place and a basis.

    kind: the class that decides what end-of-life care silences.
    group: at most one card a group at patient-view; merge: rules with the same
    word share one card on the same order.
    needs_als: whether the patient must have a qualifying diagnosis; a rule on an
    ALS drug itself must not.
    when_drafted: a value set; at order hooks the rule runs only if a draft under
    assessment asks for something of it.
    any_motor_neuron_disease: whether a code for a related disease suffices too.
    snoozed: whether an override keeps it away for a while; False for what must come back.
    once: the parameter with the days in which it speaks once; what a clinician sees
    again within 24 hours is the same showing.
    after_death: whether it is about those who are left behind, and so runs then too.
    on_conflict: whether it speaks about an order whose code and text name
    different drugs; every other rule leaves such an order alone.
    trusts_names: whether a drug's own name in a text proves as much as a code.
    """

    id: str
    title: str
    hooks: tuple[str, ...]
    kind: Class
    group: str
    sources: tuple[str, ...]
    overrides: tuple[str, ...]
    per: Per = "patient"
    merge: str | None = None
    needs_als: bool = True
    any_motor_neuron_disease: bool = False
    on_conflict: bool = False
    leaves_out: str = ""
    when_drafted: str | None = None
    snoozed: bool = True
    once: str | None = None
    trusts_names: bool = False
    after_death: bool = False

    @cached_property
    def drug(self) -> str | None:
        """The drug whose draft orders this rule is about; None also for every drug."""
        return next((i.drug for i in self.inputs.values() if isinstance(i, Draft)), None)

    @cached_property
    def scope(self) -> Scope:
        """What gates may know of it."""
        return Scope(
            kind=self.kind,
            end_of_life=self.group == "EOL",
            needs_als=self.needs_als,
            any_motor_neuron_disease=self.any_motor_neuron_disease,
            after_death=self.after_death,
            drug=self.meets.drug if self.meets else self.drug,
            interaction=self.meets is not None,
        )

    @cached_property
    def asks(self) -> str | None:
        """The value set whose draft orders this rule is about, if it is about no drug."""
        return next((i.value_set for i in self.inputs.values() if isinstance(i, Draft)), None)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts of that value set that it tells apart."""
        return next((i.parts for i in self.inputs.values() if isinstance(i, Draft)), ())

    @cached_property
    def without_order(self) -> bool:
        """Whether it also runs once for the patient, at hooks without orders."""
        return any(isinstance(i, Draft) and i.or_none for i in self.inputs.values())

    @cached_property
    def pair(self) -> tuple[str, ...]:
        """The drugs of the two sides of a pair, in the order of the signature."""
        return tuple(i.drug for i in self.inputs.values() if isinstance(i, OneOf))

    @cached_property
    def meets(self) -> Meets | None:
        """What it asks of an order's partners, if it is about an interaction."""
        return next((i for i in self.inputs.values() if isinstance(i, Meets)), None)

    @cached_property
    def drugs(self) -> tuple[str, ...]:
        """The drugs and drug sets of whose drafts it may speak; none for every drug."""
        meets = (self.meets.drug, *self.meets.partners) if self.meets else ()
        return tuple(dict.fromkeys(filter(None, (self.drug, *self.pair, *meets))))

    def __str__(self) -> str:
        return self.id


_derived: dict[Callable[..., Any], Derived] = {}
_rules: dict[str, Rule] = {}
_gates: list[Derived] = []


def derived(function: F) -> F:
    """Makes a pure function a state that ``State(function)`` may name."""
    _derived[function] = Derived(function)
    return function


def derived_of(function: Callable[..., Any]) -> Derived:
    """The registered state of a function; a TypeError for a function without ``@derived``."""
    try:
        return _derived[function]
    except KeyError:
        raise TypeError(f"{function.__qualname__} is not @derived") from None


def is_derived(function: Callable[..., Any]) -> bool:
    """Whether a function is a registered state."""
    return function in _derived


def gate(function: F) -> F:
    """Makes a function a gate: given the scope of a rule and inputs, it may silence the rule."""
    _gates.append(Derived(function))
    return function


def rule(
    id: str,
    *,
    title: str,
    hooks: tuple[str, ...],
    kind: Class,
    group: str,
    sources: tuple[str, ...],
    overrides: tuple[str, ...],
    merge: str | None = None,
    needs_als: bool = True,
    any_motor_neuron_disease: bool = False,
    on_conflict: bool = False,
    leaves_out: str = "",
    when_drafted: str | None = None,
    snoozed: bool = True,
    once: str | None = None,
    trusts_names: bool = False,
    after_death: bool = False,
) -> Callable[[Callable[..., Outcome]], Callable[..., Outcome]]:
    """Registers a rule. What it runs once for follows from its inputs."""

    def register(function: Callable[..., Outcome]) -> Callable[..., Outcome]:
        declarations = declared(function).values()
        per: Per = "patient"
        if any(isinstance(d, OneOf) for d in declarations):
            per = "pair"
        elif any(isinstance(d, Meets) for d in declarations):
            per = "meeting"
        elif any(isinstance(d, Draft) for d in declarations):
            per = "order"
        if id in _rules:
            raise TypeError(f"rule {id} is defined twice")
        _rules[id] = Rule(
            function=function,
            id=id,
            title=title,
            hooks=hooks,
            kind=kind,
            group=group,
            sources=sources,
            overrides=overrides,
            per=per,
            merge=merge,
            needs_als=needs_als,
            any_motor_neuron_disease=any_motor_neuron_disease,
            on_conflict=on_conflict,
            leaves_out=leaves_out,
            when_drafted=when_drafted,
            snoozed=snoozed,
            once=once,
            trusts_names=trusts_names,
            after_death=after_death,
        )
        return function

    return register


def declared(function: Callable[..., Any]) -> dict[str, Input | type[Limits]]:
    """Parameter name → declaration. A parameter without one is a TypeError at import."""
    hints = get_type_hints(function, include_extras=True)
    found: dict[str, Input | type[Limits]] = {}
    for name in inspect.signature(function).parameters:
        hint = hints[name]
        if isinstance(hint, type) and issubclass(hint, Limits):
            found[name] = hint
        elif hint is Scope:
            continue
        elif get_origin(hint) is Annotated and isinstance(get_args(hint)[1], Input):
            found[name] = get_args(hint)[1]
        else:
            raise TypeError(f"{function.__qualname__}({name}) declares no input")
    return found


def rules() -> tuple[Rule, ...]:
    """Every registered rule, by id."""
    return tuple(_rules[id] for id in sorted(_rules))


def gates() -> tuple[Derived, ...]:
    """Every registered gate, in order of definition."""
    return tuple(_gates)


def states() -> tuple[Derived, ...]:
    """Every registered state."""
    return tuple(_derived.values())
