"""What a chart says when it holds nothing of what is asked: the same for every patient.

Most of what rules ask for is not in most charts. Such an answer depends only on
which searches were answered, so it is made once and kept beyond the call.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, tzinfo
from functools import lru_cache
from threading import Lock

from cdshooks.chart.care import encounters
from cdshooks.chart.index import Index
from cdshooks.chart.medications import drugs_of
from cdshooks.chart.owner import Owner
from cdshooks.chart.person import call
from cdshooks.chart.questions import Question, asked_from, count, question
from cdshooks.chart.searches import MEDICATIONS, Search
from cdshooks.chart.sources import Answered, Result
from cdshooks.chart.standing import DECLINABLE, ENROLMENT
from cdshooks.chart.view import View
from cdshooks.knowledge import Code, Knowledge, ValueSet
from cdshooks.knowledge.codes import LONGEST
from cdshooks.protocol import Context
from cdshooks.rules.authoring import (
    Agreed,
    Allergic,
    Booked,
    Call,
    Captured,
    Communicated,
    Declined,
    Documented,
    Enrolled,
    Filed,
    Found,
    InFamily,
    Input,
    InUse,
    Involved,
    Latest,
    Listed,
    Medication,
    Ordered,
    Performed,
    Refused,
    Related,
    Reported,
    Series,
    Studied,
    Tasked,
    This,
    Together,
    Visited,
)

Signature = tuple[tuple[Search, Answered], ...]
"""How a call's searches were answered. Two services may use one key for different codes."""

DRAFTS, APPOINTMENTS, EARLIER = "draft orders", "appointments", "an earlier day"
BESIDE = {DRAFTS: "draft_orders", APPOINTMENTS: "appointments"}
"""Where an answer can stand beside the chart, named as if they were types, in the context."""
DRUGS, REASONS = "what medication is of", "what encounters were for"
"""Places that resources have in common, named as if they were types, too."""
MOST_CODES = 20_000
"""Codes that clients sent of which is remembered what they answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer would stand: a type, and the codes that it would go by.

    codes: None where any resource of the type may be part of the answer. drug: the one
    that the answer is about, as it is recognised.
    """

    type: str
    codes: tuple[ValueSet, ...] | None = None
    drug: str | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """A chart that holds nothing, and what follows from that: kept beyond the call.

    answers: by the number of the question. follows: what functions say, by key of a
    view's memory, each with the questions on which it depends; it is the same in every
    chart that holds nothing of these.
    """

    view: View
    answers: dict[object, object] = field(default_factory=dict)
    follows: dict[object, tuple[int, object]] = field(default_factory=dict)


def blank_of(view: View) -> Blank | None:
    """The empty chart that was read like this one, in a like call; None for such a one itself.

    The chart of an earlier day shares that of the call: what is in neither has no date.
    """
    return view.remembered("blank", _blank)


def _blank(view: View) -> Blank:
    return _shared(view.knowledge, _signature(view.results), view.hook, _alike(view), view.zone)


def _alike(view: View) -> Call:
    """The call, without the orders, which no two calls have in common."""
    today = view.now.astimezone(view.zone).date()
    return replace(call(view), today=today, orders=(), drugs=frozenset())


def _signature(results: Iterable[Result]) -> Signature:
    return tuple((result.search, result.answered) for result in results)


@lru_cache(maxsize=64)
def _shared(
    knowledge: Knowledge, signature: Signature, hook: str, alike: Call, zone: tzinfo
) -> Blank:
    noon = datetime.combine(alike.today, time(12), zone)
    view = View(
        index=Index(knowledge.base.systems, Owner("")),
        results=tuple(Result(search, answered) for search, answered in signature),
        knowledge=knowledge,
        hook=hook,
        context=Context(""),
        now=noon,
        today=alike.today,
        zone=zone,
    )
    # It is compared with no other; and the day is all that it knows of the call.
    view.memory.update({"blank": None, question(This()).number: alike})
    return Blank(view)


def may_hold(view: View, asked: Question) -> bool:
    """Whether the chart may hold any part of the answer to a question."""
    known, held = view.memory.get("held", (0, 0))
    if asked.number < known:
        return bool(asked.bit & held)
    layout = _layout(view.knowledge)
    layout.learn()
    if asked.bit & layout.always:
        return True
    return any(asked.bit & _held(view, place.type) for place in layout.places[asked.number])


def lay_out(view: View) -> None:
    """Gives a view at once what follows from all that it does not hold."""
    blank = blank_of(view)
    if blank is None:
        return
    # Before what is held: nothing here may depend on a question that is not yet known there.
    answers, follows = blank.answers.copy(), blank.follows.copy()
    held, memory = _all_held(view), view.memory
    for number in _numbers(held):
        answers.pop(number, None)
    answers.update((key, value) for key, (needs, value) in follows.items() if not needs & held)
    view.plain.update(answers)
    answers.update(memory)
    memory.update(answers)
    # What is doubtful was noted before it was kept, so nothing of it is missing here.
    for number, found in blank.view.doubtful.answers.copy().items():
        if not held >> number & 1:
            view.doubtful.add(number, found)


def _numbers(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _all_held(view: View) -> int:
    """The questions of whose answers the chart may hold a part, kept with how many are known."""
    layout = _layout(view.knowledge)
    layout.learn()
    known, held = layout.learned, layout.always
    for type in (*view.index.types, *BESIDE, EARLIER, DRUGS, REASONS, *_parts(view)):
        held |= _held(view, type)
    view.memory["held"] = (known, held)
    return held


def _held(view: View, type: str) -> int:
    """The questions of whose answers a part may stand in this type, kept for the view."""
    layout = _layout(view.knowledge)
    key = ("held", type, layout.learned)
    if key not in view.memory:
        view.memory[key] = _held_in(view, type, layout)
    held: int = view.memory[key]
    return held


def _held_in(view: View, type: str, layout: "Layout") -> int:
    if type == EARLIER:
        return layout.all_of(type) if view.past else 0
    if type in BESIDE:
        return layout.all_of(type) if getattr(view.context, BESIDE[type]) else 0
    if type == DRUGS:
        return _held_of_drugs(view, layout)
    if type == REASONS:
        return layout.of(type, (code for _, codes in encounters(view) for code in codes))
    if type in _parts(view):
        # A page proves an absence down to its own last date, which is the patient's.
        return layout.all_of(type)
    return layout.of(type, view.index.codes_of(type)) if view.index.of(type) else 0


def _held_of_drugs(view: View, layout: "Layout") -> int:
    """The questions about drugs of which the chart has any, or may have."""
    held = drugs_of(view)
    if held is None or not _parts(view).isdisjoint(MEDICATIONS):
        return layout.all_of(DRUGS)
    return layout.of(DRUGS, (Code(DRUGS, drug) for drug in held))


def _parts(view: View) -> frozenset[str]:
    """The types of which not everything was read."""
    return view.remembered("parts", _read_in_part)


def _read_in_part(view: View) -> frozenset[str]:
    return frozenset(r.search.type for r in view.results if r.answered is Answered.PART)


class Layout:
    """Which questions a resource may answer, by its type and codes.

    always: questions that every call answers itself. places: of every other, by its
    number, where its answer would stand. learned: how many questions it knows.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.always = 0
        self.learned = 0
        self.places: dict[int, tuple[Place, ...]] = {}
        self._knowledge = knowledge
        self._all: dict[str, int] = {}
        self._whole: dict[str, int] = {}
        self._exact: dict[tuple[str, Code], int] = {}
        self._prefixed: dict[str, list[tuple[ValueSet, int]]] = {}
        self._of_code: dict[tuple[str, Code], int] = {}
        self._learning = Lock()

    def learn(self) -> None:
        """Takes in the questions that are new since it was last asked."""
        if self.learned < count():
            with self._learning:
                for asked in asked_from(self.learned):
                    self._take(asked)
                    # Last, since whoever sees it takes the rest as known.
                    self.learned = asked.number + 1

    def _take(self, asked: Question) -> None:
        places = _places(self._knowledge, asked.wanted)
        if places is None:
            self.always |= asked.bit
            return
        self.places[asked.number] = places
        for place in places:
            self._all[place.type] = self._all.get(place.type, 0) | asked.bit
            if place.codes is None:
                self._whole[place.type] = self._whole.get(place.type, 0) | asked.bit
            if place.drug:
                key = (place.type, Code(DRUGS, place.drug))
                self._exact[key] = self._exact.get(key, 0) | asked.bit
            for value_set in place.codes or ():
                for code in value_set.exact:
                    key = (place.type, code)
                    self._exact[key] = self._exact.get(key, 0) | asked.bit
                if value_set.prefixes:
                    self._prefixed.setdefault(place.type, []).append((value_set, asked.bit))
        self._of_code.clear()

    def all_of(self, type: str) -> int:
        """The questions that any resource of a type could answer."""
        return self._all.get(type, 0)

    def of(self, type: str, codes: Iterable[Code]) -> int:
        """The questions that resources of a type with these codes may answer."""
        found = self._whole.get(type, 0)
        for code in codes:
            known = self._of_code.get((type, code))
            found |= self._coded(type, code) if known is None else known
        return found

    def _coded(self, type: str, code: Code) -> int:
        learned = self.learned
        found = self._exact.get((type, code), 0)
        for value_set, bit in self._prefixed.get(type, ()):
            found |= bit if code in value_set else 0
        if len(self._of_code) < MOST_CODES and len(code.system) + len(code.code) <= LONGEST:
            with self._learning:
                # Another call may have learned more meanwhile, of which nothing is found here.
                if learned == self.learned:
                    self._of_code[(type, code)] = found
        return found


@lru_cache(maxsize=16)
def _layout(knowledge: Knowledge) -> Layout:
    return Layout(knowledge)


def _places(knowledge: Knowledge, wanted: Input) -> tuple[Place, ...] | None:
    """Everywhere that an answer could stand; None for what is not sought in the chart alone."""
    match wanted:
        case Captured():
            return ()
        case This():
            # The day, and whatever else of the call an empty chart knows, is the same.
            return (Place(DRAFTS), Place(EARLIER))
        case Latest(measure=name) | Series(measure=name):
            return _measured(knowledge, (name,))
        case Together(measures=names):
            return _measured(knowledge, names)
        case Medication(drug=drug):
            return (Place(DRUGS, (), drug), Place(DRAFTS))
        case Allergic():
            return (Place("AllergyIntolerance"),)
        case Declined():
            return tuple(map(Place, ("Consent", *MEDICATIONS)))
        case InFamily():
            return (Place("FamilyMemberHistory"),)
        case Studied():
            return (Place("ResearchSubject"),)
        case Agreed():
            return (Place("Consent"),)
        case Related():
            return (Place("RelatedPerson"),)
    return _coded(wanted, knowledge.base.value_sets.__getitem__)


def _coded(wanted: Input, value_set: Callable[[str], ValueSet]) -> tuple[Place, ...] | None:
    """The same of what stands where a code of one value set does."""
    whole: tuple[str, ...] = ()
    match wanted:
        case Reported(value_set=name) | Found(value_set=name):
            types: tuple[str, ...] = ("Observation",)
        case Listed(value_set=name, named=named):
            types, whole = ("Condition",), ("Condition",) if named else ()
        case Performed(value_set=name, named=named):
            types, whole = ("Procedure",), ("Procedure",) if named else ()
        case Visited(value_set=name):
            types = ("Encounter", REASONS)
        case Filed(value_set=name):
            types = ("DiagnosticReport",)
        case Tasked(value_set=name):
            types, whole = ("Task",), ("Task",) if value_set(name).text else ()
        case Documented(value_set=name):
            # A directive may be a consent, too.
            types, whole = ("DocumentReference",), ("Consent",)
        case Communicated(value_set=name):
            types = ("Communication",)
        case Booked(value_set=name):
            types, whole = ("Appointment",), (APPOINTMENTS,)
        case Ordered(value_set=name, types=types, drafts=drafts, named=named):
            # A request for a drug may name it by a reference or in words.
            told = types if named else tuple(type for type in types if type == "MedicationRequest")
            whole = (*((DRAFTS,) if drafts else ()), *told)
        case InUse(value_set=name, named=named):
            types, whole = ("Device",), ("DeviceUseStatement", *(("Device",) if named else ()))
        case Refused(value_set=name):
            types, whole = DECLINABLE, ("Consent",)
        case Involved(value_set=name):
            types, whole = ("Encounter", "ServiceRequest"), ("CareTeam", DRAFTS)
        case Enrolled(value_set=name):
            # What a care plan plans says it in its activities, too.
            types, whole = tuple(ENROLMENT), ("CarePlan",)
        case _:
            return None
    names = (name, *getattr(wanted, "parts", ()))
    found = tuple(value_set(one) for one in names)
    return (*(Place(type, found) for type in types), *map(Place, whole))


def _measured(knowledge: Knowledge, names: tuple[str, ...]) -> tuple[Place, ...]:
    measures = (knowledge.base.measures[name] for name in names)
    types = dict.fromkeys(type for measure in measures for type in measure.types)
    return tuple(Place(type, _value_sets(knowledge, names)) for type in types)


def _value_sets(knowledge: Knowledge, names: Iterable[str]) -> tuple[ValueSet, ...]:
    """The codes of measures and of those that they may be computed from."""
    measures = knowledge.base.measures
    found: list[ValueSet] = []
    for name in names:
        for one in (name, *measures[name].file.computed_from):
            found.extend(measures[one].value_sets)
    return tuple(found)
