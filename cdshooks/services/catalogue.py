"""What a rule says of itself: the one description behind its page, the docs and the terminal."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from cdshooks.knowledge import MARKS, Knowledge, Parameter
from cdshooks.rules.authoring import (
    CLASSES,
    Allergic,
    Declined,
    Derived,
    Draft,
    Enrolled,
    Input,
    InUse,
    Latest,
    Listed,
    Medication,
    OneOf,
    Ordered,
    Patient,
    Performed,
    Refused,
    Reported,
    Rule,
    Series,
    State,
    Taken,
    This,
    Together,
    Unread,
    Visited,
    derived_of,
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InputLine:
    """One thing that a rule reads, in words, with its codes, unit and lookback."""

    what: str
    codes: tuple[str, ...] = ()
    unit: str = ""
    lookback: str = ""
    plausible: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A rule in words and data, for whoever asks why a card appeared."""

    rule: Rule
    says: str
    steps: tuple[tuple[str, str], ...]
    inputs: tuple[InputLine, ...]
    parameters: tuple[Parameter, ...]

    @property
    def kind(self) -> str:
        """The class of the rule in words."""
        return CLASSES[self.rule.kind]


def describe(rule: Rule, knowledge: Knowledge) -> Described:
    """Everything that the rule's own definition says about it."""
    lines = {_line(i, knowledge): None for i in sorted(rule.reads, key=repr)}
    used = {name: None for group in _groups(rule) for name in group}
    used |= {name: None for i in rule.reads if (name := getattr(i, "lookback", None))}
    return Described(
        rule=rule,
        says=words(rule),
        steps=tuple((_title(s), words(s)) for s in _states(rule)),
        inputs=tuple(line for line in lines if line is not None),
        parameters=tuple(knowledge.parameters[name] for name in used),
    )


def words(function: Derived) -> str:
    """The docstring as one paragraph a blank line."""
    text = inspect.getdoc(function.function) or ""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _title(state: Derived) -> str:
    return state.function.__name__.replace("_", " ")


def _states(function: Derived) -> Iterator[Derived]:
    """The states that a rule rests on, each once, nearest first."""
    seen: set[Any] = set()
    pending = [function]
    while pending:
        for declaration in pending.pop(0).inputs.values():
            if isinstance(declaration, State) and declaration.function not in seen:
                seen.add(declaration.function)
                state = derived_of(declaration.function)
                pending.append(state)
                yield state


def _groups(rule: Rule) -> Iterator[tuple[str, ...]]:
    for group in sorted(rule.limits, key=lambda g: g.__qualname__):
        yield tuple(spec.name for spec in fields(group))  # type: ignore[arg-type]


def _line(declaration: Input, knowledge: Knowledge) -> InputLine | None:
    """An input in words; None for what is no data of the chart."""
    lookback = _days(getattr(declaration, "lookback", None), knowledge)
    match declaration:
        case Latest(measure=name, position=position, not_position=other):
            where = f", {position}" if position else f", not {other}" if other else ""
            return _measured(f"newest{where}", (name,), lookback, knowledge)
        case Series(measure=name):
            return _measured("all", (name,), lookback, knowledge)
        case Together(measures=names):
            return _measured("of one session", names, lookback, knowledge)
        case Draft(drug=None):
            return InputLine("draft orders of every drug that this service knows")
        case Allergic(drug=drug) | Declined(drug=drug):
            return _about(declaration, drug, knowledge)
        case Taken():
            return InputLine("medication on the list, of whatever drug")
        case Medication(drug=str(drug)) | Draft(drug=str(drug)) | OneOf(drug=str(drug)):
            products = knowledge.base.products[drug]
            codes = tuple(f"{c.system} {c.code}" for c in products.products)
            kind = "draft orders of" if isinstance(declaration, Draft) else "orders of"
            return InputLine(f"{kind} {products.label}", codes, lookback=lookback)
        case Patient():
            return InputLine("patient: age, sex, living")
        case This() | Unread():
            return None
        case _:
            return _coded(declaration, lookback, knowledge)


def _about(declaration: Input, drug: str, knowledge: Knowledge) -> InputLine:
    products = knowledge.base.products[drug]
    codes = tuple(f"{c.system} {c.code}" for c in products.products)
    what = "allergies to" if isinstance(declaration, Allergic) else "refusals and stops of"
    return InputLine(f"{what} {products.label}", codes)


KINDS: dict[type[Input], str] = {
    Listed: "condition",
    Reported: "reported symptom",
    Ordered: "order",
    Performed: "procedure",
    Visited: "visit",
    InUse: "device in use",
    Refused: "refusal",
    Enrolled: "enrolment",
}


def _coded(declaration: Input, lookback: str, knowledge: Knowledge) -> InputLine:
    value_set = knowledge.base.value_sets[getattr(declaration, "value_set", "")]
    statuses = ", ".join(getattr(declaration, "statuses", ()))
    kind = KINDS[type(declaration)] + (f" ({statuses})" if statuses else "")
    codes = tuple(f"{c.code.system} {c.written}" for c in value_set.codings)
    return InputLine(f"{kind}: {value_set.meaning}", codes, lookback=lookback)


def _measured(how: str, names: Iterable[str], lookback: str, knowledge: Knowledge) -> InputLine:
    measures = [knowledge.base.measures[name] for name in names]
    codes = tuple(
        f"{c.code.system} {c.written}"
        for measure in measures
        for value_set in measure.value_sets
        for c in value_set.codings
    )
    first = measures[0]
    low, high = first.file.plausible
    what = "; ".join(m.file.meaning for m in measures)
    return InputLine(f"{what} ({how})", codes, first.unit, lookback, f"{low} to {high}")


def _days(name: str | None, knowledge: Knowledge) -> str:
    return f"{knowledge.days(name)} days" if name else ""


def as_json(described: Described, knowledge: Knowledge) -> Json:
    """The description as JSON, without empty members."""
    rule, base = described.rule, knowledge.base
    body: Json = {
        "id": rule.id,
        "title": rule.title,
        "says": described.says,
        "hooks": list(rule.hooks),
        "class": described.kind,
        "group": rule.group,
        "runs": f"once a {rule.per}",
        "leavesOut": rule.leaves_out,
        "restsOn": [{"state": title, "says": says} for title, says in described.steps],
        "inputs": [_without_empties(vars_of(line)) for line in described.inputs],
        "parameters": [_parameter(p, knowledge) for p in described.parameters],
        "sources": [{"id": name, **base.sources[name].model_dump()} for name in rule.sources],
        "overrideReasons": [base.overrides[code].display for code in rule.overrides],
        "reviewed": "not reviewed by a clinician",
    }
    return _without_empties(body)


def vars_of(line: InputLine) -> Json:
    """The fields of an input line."""
    return {spec.name: getattr(line, spec.name) for spec in fields(line)}


def _parameter(parameter: Parameter, knowledge: Knowledge) -> Json:
    return _without_empties(
        {
            "name": parameter.name,
            "value": shown_value(parameter),
            "unit": parameter.unit,
            "meaning": parameter.meaning,
            "source": knowledge.base.sources[parameter.source].label,
            "locator": parameter.locator,
            "mark": f"{parameter.mark}: {MARKS[parameter.mark]}",
            "checked": parameter.checked.isoformat(),
        }
    )


def shown_value(parameter: Parameter) -> str:
    """The value with its comparison, ``off`` without one."""
    if parameter.value is None:
        return "off"
    if isinstance(parameter.value, bool):
        return "yes" if parameter.value else "no"
    return f"{parameter.operator or ''} {parameter.value}".strip()


def _without_empties(body: Json) -> Json:
    return {key: value for key, value in body.items() if value not in ("", [], (), None)}
