"""What a rule reads, in words: each concept once, with every way in which it is read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cdshooks.knowledge import Knowledge, Measure, ValueSet
from cdshooks.rules.authoring import (
    Agreed,
    Allergic,
    Booked,
    Captured,
    Communicated,
    Declined,
    Documented,
    Draft,
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
    Meets,
    OneOf,
    Ordered,
    Patient,
    Performed,
    Refused,
    Related,
    Reported,
    Series,
    Studied,
    Taken,
    Tasked,
    Together,
    Visited,
)
from cdshooks.services.catalogue.model import CodeLine, Read
from cdshooks.services.catalogue.plain import CONFIDENCES, SYSTEMS
from cdshooks.units import written

TESTS = "Tests and scores"
PROBLEMS = "Diagnoses and symptoms"
CARE = "Orders, procedures, devices and visits"
DRUGS = "Drugs"
PERSON = "The patient"
SECTIONS = (TESTS, PROBLEMS, CARE, DRUGS, PERSON)

POSITIONS = {"supine": "lying down", "sitting": "sitting"}


@dataclass(slots=True)
class _Ways:
    """The ways in which one concept is read, as they are collected."""

    section: str
    how: list[str] = field(default_factory=list)


PEOPLE = {
    "person": "Age, sex, whether living, whether the record is active",
    "related": "Relatives and caregivers: the relationship only",
}

Concept = tuple[str, str]
"""``measure``, ``set``, ``drug`` or ``person``, and the name."""


def reads(declarations: Iterable[Input], knowledge: Knowledge) -> tuple[Read, ...]:
    """Every concept that the declarations read, by section and in alphabetical order."""
    found: dict[Concept, _Ways] = {}
    for declaration in sorted(declarations, key=repr):
        for concept, section, how in _ways(declaration, knowledge):
            ways = found.setdefault(concept, _Ways(section))
            ways.section = min(ways.section, section, key=SECTIONS.index)
            if how not in ways.how:
                ways.how.append(how)
    lines = [_read(concept, ways, knowledge) for concept, ways in found.items()]
    return tuple(sorted(lines, key=lambda r: (SECTIONS.index(r.section), r.what.casefold())))


def _ways(declaration: Input, knowledge: Knowledge) -> Iterator[tuple[Concept, str, str]]:
    """Concept, section and words for one declaration; nothing for what is no data."""
    last = _within(getattr(declaration, "lookback", None), knowledge)
    match declaration:
        case Latest(measure=name, position=position, not_position=other):
            where = f", {POSITIONS[position]}" if position else ""
            where += f", not {POSITIONS[other]}" if other else ""
            yield ("measure", name), TESTS, f"newest{where}{last}"
        case Series(measure=name, not_position=other):
            where = f", not {POSITIONS[other]}" if other else ""
            yield ("measure", name), TESTS, f"every value{where}{last}"
        case Together(measures=names, name=session):
            for name in names:
                yield ("measure", name), TESTS, f"newest {session}, of one recording{last}"
        case Medication(drug=drug, ended=ended):
            yield ("drug", drug), DRUGS, "taken now" + (" or earlier" if ended else "")
        case Draft(drug=str(drug)):
            yield ("drug", drug), DRUGS, "the draft order itself"
        case Draft(value_set=str(name)):
            yield ("set", name), CARE, "the draft order itself"
        case Draft():
            for drug in knowledge.base.products:
                yield ("drug", drug), DRUGS, "the draft order itself"
        case Declined(drug=drug):
            yield ("drug", drug), DRUGS, "refusals, and ends with a reason written down"
        case Taken():
            for drug in knowledge.base.products:
                yield ("drug", drug), DRUGS, "everything that is taken"
        case OneOf(drug=drug):
            yield ("drug", drug), DRUGS, "one of the two orders"
        case Meets(drug=drug, partners=partners, ended=ended):
            when = "drafted, taken" + (" or ended" if ended else "")
            for name in (drug, *partners):
                yield ("drug", name), DRUGS, f"one of the drugs that meet: {when}"
        case Allergic(drug=name):
            kind = "drug" if name in knowledge.base.drugs else "set"
            yield (kind, name), DRUGS, "allergy or intolerance"
        case Patient():
            yield ("person", "person"), PERSON, "as registered"
        case Related(value_set=None):
            yield ("person", "related"), PERSON, "whoever is on record"
        case Captured(concept=name):
            kind = "measure" if name in knowledge.base.measures else "set"
            section = TESTS if kind == "measure" else CARE
            yield (kind, name), section, "whether this site records it in coded form"
        case _:
            yield from _coded(declaration, last, knowledge)


def _coded(
    declaration: Input, last: str, knowledge: Knowledge
) -> Iterator[tuple[Concept, str, str]]:
    """The same for a declaration that names a value set."""
    statuses = ", ".join(getattr(declaration, "statuses", ()))
    match declaration:
        case Listed(history=history, named=named):
            over, by_text = ", also when over" * history, ", also by its wording" * named
            how, section = f"problem list{over}{by_text}", PROBLEMS
        case Reported(denied=True):
            how, section = "answered no in an observation", PROBLEMS
        case Reported(answer="present"):
            how, section = "answered yes in an observation", PROBLEMS
        case Reported(answer=answer):
            meaning = knowledge.base.value_sets[answer].meaning
            how, section = f"answered in an observation: {meaning.lower()}", PROBLEMS
        case Found():
            how, section = "result, whatever it says", TESTS
        case Ordered(drafts=drafts):
            how, section = f"order ({statuses})" + ("" if drafts else ", drafts left out"), CARE
        case Performed():
            how, section = f"procedure ({statuses})", CARE
        case Visited():
            how, section = "visit", CARE
        case InUse():
            how, section = f"device or its use ({statuses})", CARE
        case Refused():
            how, section = "refusal that stands", CARE
        case Agreed():
            how, section = "consent in force", CARE
        case Involved():
            how, section = "role on the care team, visit or referral", CARE
        case InFamily():
            how, section = "history of a relative", PROBLEMS
        case Enrolled():
            how, section = "open episode, plan, order or visit", CARE
        case Filed():
            how, section = "diagnostic report", CARE
        case Studied():
            how, section = "study that the patient takes part in, unless about something else", CARE
        case Tasked():
            how, section = f"task ({statuses})", CARE
        case Documented():
            how, section = "document that is current", CARE
        case Communicated():
            how, section = "message", CARE
        case Related():
            how, section = "person around the patient", PERSON
        case Booked(within=within):
            how, section = f"booked for the next {knowledge.days(within)} days", CARE
        case _:
            return
    yield ("set", getattr(declaration, "value_set", "")), section, how + last


def _within(name: str | None, knowledge: Knowledge) -> str:
    return f", last {knowledge.days(name)} days" if name else ""


def _read(concept: Concept, ways: _Ways, knowledge: Knowledge) -> Read:
    kind, name = concept
    how = tuple(ways.how)
    match kind:
        case "measure":
            return _measured(ways.section, knowledge.base.measures[name], how, knowledge)
        case "set":
            value_set = knowledge.base.value_sets[name]
            captured = knowledge.captured(name)
            codes = tuple(_codes((value_set,)))
            wording = ("as a last resort also by its wording",) if value_set.text else ()
            return Read(
                ways.section,
                value_set.meaning,
                how,
                notes=wording,
                codes=codes,
                captured=captured,
                concept=name,
            )
        case "drug" if name in knowledge.base.ingredients.sets:
            return _drug_set(ways.section, name, how, knowledge)
        case "drug":
            products = knowledge.base.products[name]
            codes = tuple(
                CodeLine(SYSTEMS.get(c.system, c.system), c.code, p.display, CONFIDENCES["high"])
                for c, p in products.products.items()
            )
            notes = (f"also by name: {', '.join(products.names)}", f"codes of {products.release}")
            return Read(ways.section, products.label.capitalize(), how, notes=notes, codes=codes)
        case _:
            return Read(ways.section, PEOPLE[name], how)


def _drug_set(section: str, name: str, how: tuple[str, ...], knowledge: Knowledge) -> Read:
    """A drug set by its ingredients: their products are too many for a page."""
    known = knowledge.base.ingredients
    drug_set = known.sets[name]
    members = drug_set.ingredients
    held = [(c, one) for c, found in known.codes.items() for one in found]
    held = [(c, one) for c, one in held if drug_set.holds(one.ingredient, one.route)]
    codes = tuple(
        CodeLine(SYSTEMS.get(c.system, c.system), c.code, one.display, CONFIDENCES["high"])
        for c, one in held
        if one.kind in ("IN", "ATC")
    )
    releases = dict.fromkeys(known.releases[member] for member in members)
    notes = (
        f"by the codes of {len(held)} products and by whole-word names: {', '.join(members)}",
        f"codes of {'; '.join(releases)}",
    )
    return Read(section, drug_set.meaning, how, notes=notes, codes=codes)


def _measured(section: str, measure: Measure, how: tuple[str, ...], knowledge: Knowledge) -> Read:
    low, high = measure.file.plausible
    return Read(
        section=section,
        what=measure.file.meaning,
        how=how,
        unit=measure.unit,
        plausible=f"{low} to {high} {measure.unit}".strip(),
        notes=tuple(_habits(measure, knowledge)),
        codes=tuple(_codes(measure.value_sets)),
        captured=knowledge.captured(measure.id),
        concept=measure.id,
    )


def _habits(measure: Measure, knowledge: Knowledge) -> Iterator[str]:
    """What is done with several values of one day, with odd ones, and without one."""
    unit = measure.unit
    policy = measure.file.same_day
    if policy is None:
        yield "of several values of one day the last counts"
    else:
        yield f"of several values of one day the {policy.pick} counts"
        if policy.agree_within is not None:
            yield f"values of one day more than {policy.agree_within} {unit} apart: both are judged"
        if policy.agree_across is not None:
            yield (
                f"two kinds of test of one day more than {policy.agree_across} {unit} apart: "
                "both are judged"
            )
    for odd in measure.file.lookalikes:
        limits = {"above": odd.above, "below": odd.below}
        limit = " and ".join(f"{side} {at}" for side, at in limits.items() if at is not None)
        within = "" if odd.unit.startswith("{") else f"in {written(odd.unit)} "
        yield f"refused {within}when {limit}: {odd.because}"
    if measure.file.computed:
        first, second = measure.file.computed.measured, measure.file.computed.predicted
        names = [knowledge.base.measures[n].file.meaning for n in (first, second)]
        yield f"or computed, in one report, from: {'; '.join(names)}"
    apart = measure.file.outliers
    if apart:
        yield (
            f"set aside: more than {apart.jump_percent}% from its neighbour within "
            f"{apart.jump_days} days, or {apart.median_percent}% from the median of its "
            f"{apart.period_days} days"
        )
    if measure.file.magnitude:
        yield "a negative pressure is read as its size"


def _codes(value_sets: Iterable[ValueSet]) -> Iterator[CodeLine]:
    for value_set in value_sets:
        for coding in value_set.codings:
            below = " and below" if coding.code in value_set.prefixes else ""
            system = SYSTEMS.get(coding.code.system, coding.code.system)
            sure = CONFIDENCES.get(coding.confidence, coding.confidence)
            yield CodeLine(system, f"{coding.written}{below}", coding.display, sure)
