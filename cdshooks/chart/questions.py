"""Declarations by number: a number is looked up many times faster than what it stands for."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from cdshooks.rules.authoring import Input


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A declaration that the chart answers, and its number; equal declarations share one.

    bit: the number as a member of a set of numbers that is written as one integer.
    """

    number: int
    bit: int
    wanted: Input


_questions: dict[Input, Question] = {}
_by_number: list[Question] = []
_counting = Lock()


def question(wanted: Input) -> Question:
    """The question that a declaration asks, numbered when it is first asked."""
    found = _questions.get(wanted)
    if found is None:
        with _counting:
            found = _questions.get(wanted) or _numbered(wanted)
    return found


def _numbered(wanted: Input) -> Question:
    number = len(_by_number)
    found = Question(number, 1 << number, wanted)
    _by_number.append(found)
    _questions[wanted] = found
    return found


def count() -> int:
    """How many different questions were asked by now."""
    return len(_by_number)


def asked_from(number: int) -> tuple[Question, ...]:
    """Every question that was asked by now, from this number on."""
    return tuple(_by_number[number:])


def bits(declarations: Iterable[Input]) -> int:
    """The set of these questions, as one integer."""
    found = 0
    for declaration in declarations:
        found |= question(declaration).bit
    return found


class Doubtful:
    """Answers of a call that wanted a search which failed, or that hold a disagreement."""

    __slots__ = ("answers", "bits")

    def __init__(self) -> None:
        self.answers: dict[int, object] = {}
        self.bits = 0

    def add(self, number: int, found: object) -> None:
        """Notes a doubtful answer to the question of this number."""
        self.answers[number] = found
        self.bits |= 1 << number

    def among(self, wanted: int) -> tuple[object, ...]:
        """The doubtful answers to the questions of a set."""
        both = self.bits & wanted
        if not both:
            return ()
        return tuple(found for number, found in self.answers.items() if both >> number & 1)
