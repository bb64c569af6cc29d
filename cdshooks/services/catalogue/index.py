"""All rules at a glance: by topic, with what silences them and what a site does not record."""

from dataclasses import dataclass

from cdshooks import rules
from cdshooks.knowledge import Knowledge
from cdshooks.rules.authoring import Input, gates
from cdshooks.services.catalogue.describe import describe, number, parameters
from cdshooks.services.catalogue.model import Described, Number
from cdshooks.services.catalogue.plain import TOPICS, paragraphs
from cdshooks.services.catalogue.reads import reads


@dataclass(frozen=True, slots=True)
class Topic:
    """The rules of one group."""

    title: str
    rules: tuple[Described, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that holds for all rules.

    gates: what silences rules whatever they say. numbers: those of the gates, and
    those that no single rule names. not_captured: what the site records in no
    coded form, as far as the profile says.
    """

    topics: tuple[Topic, ...]
    gates: tuple[str, ...]
    numbers: tuple[Number, ...]
    not_captured: tuple[str, ...]
    profiles: tuple[tuple[str, str], ...]
    version: str

    @property
    def rules(self) -> tuple[Described, ...]:
        """Every rule, in the order of the topics."""
        return tuple(rule for topic in self.topics for rule in topic.rules)


def index(knowledge: Knowledge) -> Index:
    """The index of all rules under this knowledge."""
    described = [describe(rule, knowledge) for rule in rules.load()]
    order = list(TOPICS)
    groups = sorted(
        {d.rule.group: d.topic for d in described}.items(),
        key=lambda item: order.index(item[0]) if item[0] in order else len(order),
    )
    base = knowledge.base
    return Index(
        topics=tuple(
            Topic(title, tuple(d for d in described if d.rule.group == group))
            for group, title in groups
        ),
        gates=tuple(" ".join(paragraphs(gate.function)) for gate in gates()),
        numbers=_common(described, knowledge),
        not_captured=not_captured(knowledge),
        profiles=tuple((name, base.profiles[name].meaning) for name in knowledge.profiles),
        version=knowledge.version,
    )


def _common(described: list[Described], knowledge: Knowledge) -> tuple[Number, ...]:
    """The numbers of the gates, and every number that no rule's page shows."""
    of_gates = [name for gate in gates() for name in parameters(gate, knowledge)]
    shown = {n.parameter.name for d in described for n in d.numbers}
    rest = [name for name in knowledge.parameters if name not in shown]
    return tuple(number(name, knowledge) for name in dict.fromkeys((*of_gates, *rest)))


def not_captured(knowledge: Knowledge) -> tuple[str, ...]:
    """
    What rules read and the site records in no coded form, as far as the profile says.

    Each with the name by which a profile gives it a code.
    """
    inputs: set[Input] = set()
    for derived in (*rules.load(), *gates()):
        inputs |= derived.reads
    lines = (read for read in reads(inputs, knowledge) if not read.captured)
    return tuple(f"{read.what} ({read.concept})" for read in lines)
