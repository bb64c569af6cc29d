"""What a function's code names, so that a description can promise neither more nor less."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from inspect import isfunction, unwrap
from types import CodeType
from typing import Any

from cdshooks.rules.authoring import Derived, Limits, Rule, State, derived_of

Function = Callable[..., Any]
HOME = "cdshooks.rules"


@cache
def named(derived: Derived) -> frozenset[str]:
    """Every attribute, function and text that a state or rule mentions in its own code.

    Its helpers count, and so do the methods of its parameter groups: whatever it
    compares with or offers has its name there.
    """
    methods = {
        name: function
        for group in own_limits(derived)
        for kind in reversed(group.__mro__)
        for name, method in vars(kind).items()
        if isfunction(function := method.fget if isinstance(method, property) else method)
    }
    found: set[str] = set()
    seen: set[Function] = set()
    pending: list[Function] = [derived.function]
    while pending:
        function = unwrap(pending.pop())
        if function not in seen and isfunction(function):
            seen.add(function)
            names = frozenset(_names(function.__code__))
            found |= names
            pending += [methods[name] for name in names if name in methods]
            for value in (function.__globals__.get(name) for name in names):
                found |= set(_texts(value))
                if isfunction(value) and _is_ours(value, derived):
                    pending.append(value)
    return frozenset(found)


def _is_ours(helper: Function, derived: Derived) -> bool:
    """Whether a helper is clinical logic, and not of a library."""
    where = helper.__module__
    return where == derived.function.__module__ or where.startswith(HOME)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
        else:
            yield from _texts(constant)


def _texts(value: object) -> Iterator[str]:
    """The texts in a constant: itself, or what it is made of."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list | frozenset | set):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from _texts([*value.keys(), *value.values()])
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _texts([getattr(value, spec.name) for spec in fields(value)])


def own_limits(derived: Derived) -> tuple[type[Limits], ...]:
    """The parameter groups in a function's own signature."""
    return tuple(i for i in derived.inputs.values() if isinstance(i, type))


@cache
def compared(derived: Derived) -> tuple[str, ...]:
    """The parameters of its groups that a function's code uses, in the order of the group."""
    mentioned = named(derived)
    return tuple(
        spec.name
        for group in own_limits(derived)
        for spec in fields(group)  # type: ignore[arg-type]
        if spec.name in mentioned
    )


def states_of(rule: Rule | Derived) -> tuple[Derived, ...]:
    """The states that a rule rests on, each once, nearest first."""
    found: dict[Function, Derived] = {}
    pending = [rule]
    while pending:
        for declaration in pending.pop(0).inputs.values():
            if isinstance(declaration, State):
                for function in (declaration.function, declaration.as_of):
                    if function is not None and function not in found:
                        found[function] = derived_of(function)
                        pending.append(found[function])
    return tuple(found.values())
