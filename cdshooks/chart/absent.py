"""What a chart says when it holds nothing of what is asked: the same for every patient.

Most of what rules ask for is not in most charts. Such an answer depends only on
which searches were answered, so it is made once and kept beyond the call.
"""

from collections.abc import Iterable
from functools import lru_cache

from cdshooks.chart.searches import Search
from cdshooks.chart.sources import Answered, Result
from cdshooks.chart.view import View
from cdshooks.knowledge import Knowledge, ValueSet
from cdshooks.rules.authoring import (
    Found,
    Input,
    Latest,
    Listed,
    Ordered,
    Performed,
    Reported,
    Series,
    Together,
    Visited,
)

Signature = tuple[tuple[Search, Answered], ...]
"""How a call's searches were answered. Two services may use one key for different codes."""


def shared_answers(view: View) -> dict[Input, object] | None:
    """The answers about absent things that every chart read like this one shares.

    None where an absence depends on the patient: a page ends at a date of theirs,
    and an earlier day has its own lookbacks.
    """
    signature = _signature(view.results)
    if signature is None or view.past:
        return None
    return _shared(view.knowledge, signature)


def _signature(results: Iterable[Result]) -> Signature | None:
    found = tuple((result.search, result.answered) for result in results)
    return None if any(how is Answered.PART for _, how in found) else found


@lru_cache(maxsize=64)
def _shared(_knowledge: Knowledge, _signature: Signature) -> dict[Input, object]:
    return {}


def is_absent(view: View, wanted: Input) -> bool:
    """Whether the chart surely holds no resource that could be an answer.

    False for a declaration that is not answered by codes alone.
    """
    if isinstance(wanted, Ordered) and wanted.drafts and view.context.draft_orders:
        return False
    places = _places(view.knowledge, wanted)
    return bool(places) and not any(
        view.index.has_any(type, value_sets) for type, value_sets in places
    )


Places = tuple[tuple[str, tuple[ValueSet, ...]], ...]


@lru_cache(maxsize=4096)
def _places(knowledge: Knowledge, wanted: Input) -> Places:
    """In which types, and under which value sets, an answer would stand."""
    value_set = knowledge.base.value_sets
    match wanted:
        case Latest(measure=name) | Series(measure=name):
            return _measured(knowledge, (name,))
        case Together(measures=names):
            return _measured(knowledge, names)
        case Reported(value_set=name) | Found(value_set=name):
            return (("Observation", (value_set[name],)),)
        case Listed(value_set=name):
            return (("Condition", (value_set[name],)),)
        case Performed(value_set=name):
            return (("Procedure", (value_set[name],)),)
        case Visited(value_set=name):
            return (("Encounter", (value_set[name],)),)
        case Ordered(value_set=name, types=types):
            return tuple((type, (value_set[name],)) for type in types)
    return ()


def _measured(knowledge: Knowledge, names: tuple[str, ...]) -> Places:
    measures = (knowledge.base.measures[name] for name in names)
    types = dict.fromkeys(type for measure in measures for type in measure.types)
    return tuple((type, _value_sets(knowledge, names)) for type in types)


def _value_sets(knowledge: Knowledge, names: Iterable[str]) -> tuple[ValueSet, ...]:
    """The codes of measures and of those that they may be computed from."""
    measures = knowledge.base.measures
    found: list[ValueSet] = []
    for name in names:
        computed = measures[name].file.computed
        used = (name, computed.measured, computed.predicted) if computed else (name,)
        for one in used:
            found.extend(measures[one].value_sets)
    return tuple(found)
