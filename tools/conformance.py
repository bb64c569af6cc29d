"""``docs/conformance.md``: each requirement of CDS Hooks, and the tests that prove it.

Requirements stand in ``tests/conformance/requirements.yaml``; tests name them by
``@pytest.mark.req``. The marks are read from the source, so that nothing has to run.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
LISTS = TESTS / "conformance"
Tests = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement; ``why_not`` is said where no test can be expected.

    state: the heading under which ``why_not`` stands; empty when it is ours to meet.
    """

    id: str
    section: str
    level: str
    asks: str
    state: str = ""
    why_not: str = ""


STATES = {"not_applicable": "not applicable", "deliberately_not": "deliberately not"}


@cache
def requirements() -> tuple[Requirement, ...]:
    """Every requirement in the order of the file."""
    sections = yaml.safe_load((LISTS / "requirements.yaml").read_text(encoding="utf-8"))
    return tuple(
        _requirement(id, section, members)
        for section, listed in sections.items()
        for id, members in listed.items()
    )


def _requirement(id: str, section: str, members: dict[str, str]) -> Requirement:
    key = next((key for key in STATES if key in members), "")
    unknown = set(members) - {"level", "asks", key}
    if unknown:
        raise ValueError(f"{id}: {', '.join(sorted(unknown))} is no member")
    state, why_not = STATES.get(key, ""), members.get(key, "")
    return Requirement(id, section, members["level"], members["asks"], state, why_not)


@cache
def pending() -> Mapping[str, str]:
    """Requirements whose tests are still being written, and what is missing."""
    file = LISTS / "pending.yaml"
    return (yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.exists() else {}


@cache
def marked() -> Tests:
    """Requirement id → ``file::test`` of every test that is marked with it, sorted."""
    found: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for test, id in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(id, set()).add(f"{path.relative_to(ROOT).as_posix()}::{test}")
    return {id: tuple(sorted(tests)) for id, tests in found.items()}


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                yield from ((node.name, id) for id in _ids(decorator))


def _ids(decorator: ast.expr) -> Iterator[str]:
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.req":
        for argument in decorator.args:
            value: Any = argument.value if isinstance(argument, ast.Starred) else argument
            given = ast.literal_eval(value)
            yield from (given,) if isinstance(given, str) else given


def conformance() -> Iterator[str]:
    """The lines of the document after its title."""
    yield "What [CDS Hooks](https://cds-hooks.org) 1.0, 2.0 and 3.0 ask of a service, the checks of"
    yield "the Inferno CRD test kit among them, each with the tests that prove it."
    yield from _summary()
    section = ""
    for one in requirements():
        if one.section != section:
            section = one.section
            yield f"\n## {section}\n"
            yield "| id | level | asks | state | tests |"
            yield "| --- | --- | --- | --- | --- |"
        yield f"| {one.id} | {one.level} | {one.asks} | {_state(one)} | {_tests(one)} |"


def _summary() -> Iterator[str]:
    states = [_state(one).partition(":")[0] for one in requirements()]
    yield f"\n{len(states)} requirements: " + ", ".join(
        f"{states.count(state)} {state}" for state in dict.fromkeys(states)
    )


def _state(one: Requirement) -> str:
    if one.state:
        return f"{one.state}: {one.why_not}"
    if one.id in pending():
        return f"in progress: {pending()[one.id]}"
    return "met" if one.id in marked() else "open"


def _tests(one: Requirement) -> str:
    return "<br>".join(_linked(test) for test in marked().get(one.id, ()))


def _linked(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{file})"
