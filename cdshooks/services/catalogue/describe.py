"""A rule described from its own definition: function, states, gates and knowledge."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from cdshooks.knowledge import MARKS, Base, Knowledge
from cdshooks.rules.authoring import Delete, Derived, Input, Latest, Row, Rule, Series, rows_of
from cdshooks.rules.gates import goals_gate, population_gate
from cdshooks.rules.states.goals import Goals
from cdshooks.rules.states.population import Population
from cdshooks.services import services
from cdshooks.services.catalogue.code import compared, named, states_of
from cdshooks.services.catalogue.model import Decision, Described, Number, Question, Step
from cdshooks.services.catalogue.plain import (
    HOOKS,
    SWITCHED_OFF,
    amount,
    paragraphs,
    question,
)
from cdshooks.services.catalogue.reads import reads


def describe(rule: Rule, knowledge: Knowledge) -> Described:
    """Everything that the rule's own definition says about it, under this knowledge."""
    base = knowledge.base
    steps = (rule, *states_of(rule))
    return Described(
        rule=rule,
        says=paragraphs(rule.function),
        decisions=tuple(_decisions(steps, knowledge)) if rows_of(rule.function) else (),
        silent=tuple(_silences(rule, knowledge)),
        questions=_questions(steps[1:]),
        numbers=tuple(number(name, knowledge) for name in parameters(rule, knowledge)),
        reads=reads(rule.reads, knowledge),
        offers=tuple(_offers(steps, rule.drugs, knowledge)),
        overrides=tuple(_overrides(rule, steps, knowledge)),
        sources=tuple((name, base.sources[name]) for name in _sources(rule, knowledge)),
        services=tuple(s for s in services() if s.hook in rule.hooks),
        hooks=tuple((hook, HOOKS.get(hook, hook)) for hook in rule.hooks),
        profiles=knowledge.profiles,
        version=knowledge.version,
        off=rule.id in knowledge.off,
    )


def parameters(rule: Derived, knowledge: Knowledge) -> tuple[str, ...]:
    """The parameters that decide: of the decision table, of the steps, then lookbacks."""
    steps = (rule, *states_of(rule))
    found = [name for step in steps for row in rows_of(step.function) for name in row.names]
    found += [name for step in steps for name in compared(step)]
    for declaration in sorted(rule.reads, key=repr):
        found += _of_input(declaration, knowledge)
    return tuple(dict.fromkeys(found))


def _of_input(declaration: Input, knowledge: Knowledge) -> Iterator[str]:
    """The parameters in a declaration, and those by which its measure is judged."""
    for member in ("lookback", "within"):
        name = getattr(declaration, member, None)
        if name is not None:
            yield name
    if isinstance(declaration, Latest | Series):
        upper = knowledge.base.measures[declaration.measure].file.upper_limit
        if upper is not None:
            judged = (upper.assumed, upper.at_least, upper.at_most, upper.lend_days)
            yield from (name for name in judged if name is not None)


def number(name: str, knowledge: Knowledge) -> Number:
    """A parameter in words, with what every profile makes of it that is not in force."""
    parameter, base = knowledge.parameters[name], knowledge.base
    values = {"default": base.parameters[name]}
    for profile, file in base.profiles.items():
        if name in file.parameters:
            values[profile] = _under(base, profile).parameters[name]
    others = [(profile, amount(p)) for profile, p in values.items()]
    here = amount(parameter)
    return Number(
        parameter=parameter,
        value=here,
        mark=MARKS[parameter.mark],
        source=base.sources[parameter.source],
        elsewhere=tuple((profile, value) for profile, value in others if value != here),
    )


@lru_cache(maxsize=64)
def _under(base: Base, profile: str) -> Knowledge:
    """The knowledge of one profile, made once: each number asks for all of them."""
    return base.profile(profile)


def _decisions(steps: Iterable[Derived], knowledge: Knowledge) -> Iterator[Decision]:
    """The rows of the rule and of its states; what leads to no card comes last."""
    rows = [row for step in steps for row in rows_of(step.function)]
    for row in sorted(rows, key=lambda r: (r.level == "none", not r.id)):
        on_in = () if _is_on(row, knowledge) else _profiles_with(row, knowledge)
        shown = _under(knowledge.base, on_in[0]) if on_in else knowledge
        yield Decision(
            level=row.level,
            when=_filled(row, shown),
            id=row.id,
            off=not _is_on(row, knowledge),
            on_in=on_in,
        )


def _filled(row: Row, knowledge: Knowledge) -> str:
    return row.filled(lambda name: amount(knowledge.parameters[name]))


def _is_on(row: Row, knowledge: Knowledge) -> bool:
    values = [knowledge.parameters[name].value for name in row.names]
    return not any(value is None or value is False for value in values)


def _profiles_with(row: Row, knowledge: Knowledge) -> tuple[str, ...]:
    """The profiles under which a row that is off here is on."""
    base = knowledge.base
    return tuple(name for name in base.profiles if _is_on(row, _under(base, name)))


def _questions(states: Iterable[Derived]) -> tuple[Question, ...]:
    """States by what their module asks, in the order in which they are first needed."""
    found: dict[str, list[Step]] = {}
    for state in states:
        name = state.function.__name__.replace("_", " ")
        step = Step(name.capitalize(), paragraphs(state.function), compared(state))
        found.setdefault(question(state.function), []).append(step)
    return tuple(Question(asks, tuple(steps)) for asks, steps in found.items())


_PROBES: tuple[tuple[str, Callable[[Rule], object]], ...] = (
    (
        "The patient has died, or the record is not active",
        lambda rule: population_gate(rule.scope, Population("als", adult=True, living=False)),
    ),
    (
        "No diagnosis of ALS",
        lambda rule: population_gate(rule.scope, Population("none", adult=True, living=True)),
    ),
    (
        "The diagnosis of ALS is not confirmed",
        lambda rule: population_gate(
            rule.scope, Population("provisional", adult=True, living=True)
        ),
    ),
    (
        "Not an adult",
        lambda rule: population_gate(rule.scope, Population("als", adult=False, living=True)),
    ),
    ("Care is for comfort", lambda rule: goals_gate(rule.scope, Goals("comfort"))),
    ("The last days of life", lambda rule: goals_gate(rule.scope, Goals("last days"))),
)
"""Situations in which a gate may silence a rule; the gates themselves are asked."""


def _silences(rule: Rule, knowledge: Knowledge) -> Iterator[str]:
    if rule.id in knowledge.off:
        yield SWITCHED_OFF
    for situation, gate in _PROBES:
        if gate(rule) is not None:
            yield situation


def remove(drug: str, knowledge: Knowledge) -> str:
    """The words on the button that removes a draft of a drug; of a drug set, by what it is."""
    return f"Remove the {knowledge.base.drugs[drug].lower()} draft"


def _offers(
    steps: Iterable[Derived], drugs: tuple[str, ...], knowledge: Knowledge
) -> Iterator[str]:
    """The labels of the suggestions that the code can make."""
    mentioned = frozenset[str]().union(*(named(step) for step in steps))
    for name, draft in knowledge.base.drafts.items():
        if name in mentioned:
            yield draft.label
    if Delete.__name__ in mentioned:
        yield from [remove(drug, knowledge) for drug in drugs] or ["Remove the draft"]


def _overrides(rule: Rule, steps: Iterable[Derived], knowledge: Knowledge) -> Iterator[str]:
    """The reasons of every outcome of the rule, then those of some outcomes only."""
    mentioned = frozenset[str]().union(*(named(step) for step in steps))
    some = [code for code in knowledge.base.overrides if code in mentioned]
    for code in dict.fromkeys((*rule.overrides, *some)):
        yield knowledge.base.overrides[code].display


def _sources(rule: Rule, knowledge: Knowledge) -> tuple[str, ...]:
    """The rule's own sources, then those of its numbers."""
    of_numbers = [knowledge.parameters[n].source for n in parameters(rule, knowledge)]
    return tuple(dict.fromkeys((*rule.sources, *of_numbers)))
