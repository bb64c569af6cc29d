"""The parts of a rule's description: everything in words, ready to be shown."""

from dataclasses import dataclass

from cdshooks.knowledge import Parameter
from cdshooks.knowledge.model import SourceFile
from cdshooks.rules.authoring import CLASSES, Level, Rule
from cdshooks.services.catalogue.plain import topic
from cdshooks.services.service import Service


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code that is recognised; confidence: how sure it is that it means this."""

    system: str
    code: str
    display: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that a rule reads: what, in which ways, and by which codes.

    captured: whether the site records it coded, as far as the profile says.
    concept: its name in a profile, where a site may add codes or say that it records it.
    notes: what is done with several values of one day, or with one that is odd.
    """

    section: str
    what: str
    how: tuple[str, ...]
    unit: str = ""
    plausible: str = ""
    notes: tuple[str, ...] = ()
    codes: tuple[CodeLine, ...] = ()
    captured: bool = True
    concept: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter as the profile in force has it, and as the other profiles have it."""

    parameter: Parameter
    value: str
    mark: str
    source: SourceFile
    elsewhere: tuple[tuple[str, str], ...] = ()

    @property
    def is_age(self) -> bool:
        """Whether it says how old something may be, or how long it counts."""
        return self.parameter.unit == "d"


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of the decision table.

    off: a number that it needs has no value here; on_in: the profiles that give it
    one, the first of which the row then shows.
    """

    level: Level
    when: str
    id: str = ""
    off: bool = False
    on_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a rule rests on, and the parameters that its own code compares with."""

    name: str
    says: tuple[str, ...]
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A clinical question and the steps that answer it."""

    asks: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """A rule in words and data, for whoever asks why a card appeared.

    says: paragraphs. silent: when gates keep the rule from speaking at all.
    off: whether a profile of this site switches it off.
    """

    rule: Rule
    says: tuple[str, ...]
    decisions: tuple[Decision, ...]
    silent: tuple[str, ...]
    questions: tuple[Question, ...]
    numbers: tuple[Number, ...]
    reads: tuple[Read, ...]
    offers: tuple[str, ...]
    overrides: tuple[str, ...]
    sources: tuple[tuple[str, SourceFile], ...]
    services: tuple[Service, ...]
    hooks: tuple[tuple[str, str], ...]
    profiles: tuple[str, ...]
    version: str
    off: bool = False

    @property
    def kind(self) -> str:
        """The class of the rule in words."""
        return CLASSES[self.rule.kind]

    @property
    def topic(self) -> str:
        """The group of the rule in words."""
        return topic(self.rule.group)

    @property
    def limits(self) -> tuple[Number, ...]:
        """The numbers that are compared or chosen."""
        return tuple(n for n in self.numbers if not n.is_age)

    @property
    def ages(self) -> tuple[Number, ...]:
        """The numbers that say how long something counts."""
        return tuple(n for n in self.numbers if n.is_age)

    @property
    def sections(self) -> tuple[tuple[str, tuple[Read, ...]], ...]:
        """What is read, by section."""
        titles = dict.fromkeys(read.section for read in self.reads)
        return tuple((t, tuple(r for r in self.reads if r.section == t)) for t in titles)

    def number(self, name: str) -> Number:
        """The parameter of this name."""
        return next(n for n in self.numbers if n.parameter.name == name)

    @property
    def runs(self) -> str:
        """How often the rule runs in a call."""
        return {
            "patient": "once for the patient",
            "order": "once for each draft order of the drug",
            "pair": "once for each pair of orders",
            "meeting": "once for each draft order that meets one of the other drugs",
        }[self.rule.per]
