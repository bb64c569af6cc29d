"""What an order directs: its dosage lines read into one regimen.

An unknown part makes what rests on it unknown: a total is never the sum of the lines
that happened to be readable. The names of problems are explained at ``Problem``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from functools import reduce
from itertools import chain, groupby, pairwise
from typing import Any, get_args

from cdshooks.fhir import manner
from cdshooks.fhir.amount import Problem, Span, Strength, amount, exact, most_a_day
from cdshooks.fhir.course import course
from cdshooks.fhir.elements import Json, objects, plain, string
from cdshooks.fhir.timing import Bounds, bounds, one, times_a_day
from cdshooks.knowledge.dosage import dosage_tables
from cdshooks.rules.authoring.orders import Course, Regimen, Step

PROBLEMS: tuple[Problem, ...] = get_args(Problem)
"""Every name that can stand in ``Regimen.problems``."""

UNITS = Strength(Fraction(1), "IU")
"""Counts a dose in international units; one that is stated in mg or mL is then unknown, or mg."""
_QUOTED = 120
"""Characters of a line's free text that a card may quote."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One dosage as far as it could be read; None is unknown."""

    each: Span | None
    units: Span | None
    times: Span | None
    most: Fraction | None
    sequence: Fraction | None
    bounds: Bounds | None
    then: bool
    text: str
    problems: tuple[Problem, ...]
    course: Course

    @property
    def total(self) -> Span | None:
        """mg a day."""
        return self.each.times(self.times) if self.each and self.times else None

    @property
    def units_a_day(self) -> Span | None:
        """International units a day."""
        return self.units.times(self.times) if self.units and self.times else None


def read_regimen(
    order: dict[str, Any], strength: Fraction | None, strength_per: str | None, zone: tzinfo
) -> Regimen:
    """The directions of a medication order, statement or dispense; never raises.

    strength: mg per ``strength_per`` (tablet, film, capsule or mL) as the product's code
    says; None when the code names no product, and then only doses in mg are known.
    zone: in which the days of bounding periods are counted.

    Concurrent lines make one step: its totals are added, as-needed doses as if all were
    taken; ``per_time`` is None when the lines give different amounts or a range.
    Consecutive lines make one step each. When neither is clear there is one step in
    which everything is unknown. Without any directions there is no step.
    """
    dosages = _dosages(order)
    lines = [_line(dosage, Strength(strength, strength_per), zone) for dosage in dosages]
    groups = _groups(lines)
    steps = tuple(_step(group) for group in groups or [])
    return Regimen(
        steps=steps if groups is not None else (_unclear(lines),),
        problems=_problems(lines, groups),
        as_needed=any(map(manner.as_needed, dosages)),
        food=manner.food(dosages),
        route=manner.route(dosages),
        via_tube=any(map(manner.via_tube, dosages)),
        structured=any(line.each or line.times for line in lines),
        tapering=_tapering(steps),
        when=frozenset(chain.from_iterable(map(manner.moments, dosages))),
    )


def _dosages(order: Json) -> list[Json]:
    """The dosages of a request or dispense, else of a statement; empty ones say nothing."""
    for key in ("dosageInstruction", "dosage"):
        if found := [dosage for dosage in objects(order.get(key)) if dosage]:
            return found
    return []


def _line(dosage: Json, strength: Strength, zone: tzinfo) -> _Line:
    timing = one(dosage, "timing")
    each, times = amount(dosage, strength), times_a_day(timing)
    units = None if isinstance(each, Span) else amount(dosage, UNITS)
    text = string(dosage.get("text")) or string(dosage.get("patientInstruction"))
    return _Line(
        each=each if isinstance(each, Span) else None,
        units=units if isinstance(units, Span) else None,
        times=times if isinstance(times, Span) else None,
        most=most_a_day(dosage, strength),
        sequence=exact(dosage.get("sequence")),
        bounds=bounds(timing, zone),
        then=manner.says(dosage_tables().file.texts.then, dosage),
        text=plain(text, _QUOTED),
        problems=_unread(each, times, text),
        course=course(dosage, strength, zone),
    )


def _unread(
    each: Span | Problem | None, times: Span | Problem | None, text: str | None
) -> tuple[Problem, ...]:
    if each is None and times is None and text:
        return ("text-only",)
    named: tuple[Span | Problem, ...] = (each or "amount", times or "frequency")
    return tuple(name for name in named if isinstance(name, str))


def _groups(lines: list[_Line]) -> list[list[_Line]] | None:
    """Consecutive groups of concurrent lines; None when the order does not make it clear.

    Lines of one ``sequence`` run together. Groups follow one another only if a bound or
    the word "then" says so: many systems number lines that run at the same time.
    """
    if len({line.sequence is None for line in lines}) > 1:
        return None
    ranked = sorted(lines, key=_rank)
    groups = [list(group) for _, group in groupby(ranked, key=_rank)]
    together = all(_together(group) for group in groups)
    return groups if together and all(map(_follows, groups[1:], groups)) else None


def _rank(line: _Line) -> Fraction:
    return line.sequence or Fraction(0)


def _together(group: list[_Line]) -> bool:
    """Whether lines of one sequence hold over the same, known time."""
    first = group[0].bounds
    if len(group) == 1:
        return True
    if any(line.bounds != first for line in group) or any(line.then for line in group[1:]):
        return False
    return first is None or first.readable


def _follows(later: list[_Line], earlier: list[_Line]) -> bool:
    """Whether one group is said to begin after the other."""
    before, after = earlier[0].bounds, later[0].bounds
    if before and after and before.end and after.start and after.start < before.end:
        return False
    return before is not None or later[0].then


def _step(group: list[_Line]) -> Step:
    total = _sum(line.total for line in group)
    units = _sum(line.units_a_day for line in group)
    times = _sum(line.times for line in group)
    amounts = dict.fromkeys(line.each.exact if line.each else None for line in group)
    each = tuple(amount for amount in amounts if amount is not None)
    known = len(each) == len(amounts)
    return Step(
        per_time=each[0] if known and len(each) == 1 else None,
        times_a_day=times.exact if times else None,
        low=total.low if total else None,
        units=units.low if units else None,
        high=total.high if total else None,
        text=_joined(group),
        each=each if known else (),
        lines=len(group),
        course=group[0].course,
    )


def _sum(parts: Iterable[Span | None]) -> Span | None:
    known = list(parts)
    spans = [part for part in known if part is not None]
    return reduce(Span.plus, spans) if len(spans) == len(known) else None


def _unclear(lines: list[_Line]) -> Step:
    return Step(None, None, None, None, _joined(lines))


def _joined(lines: list[_Line]) -> str:
    return "; ".join(dict.fromkeys(line.text for line in lines if line.text))


def _problems(lines: list[_Line], groups: list[list[_Line]] | None) -> tuple[Problem, ...]:
    """Each problem once, in the order of the lines."""
    found = list(chain.from_iterable(line.problems for line in lines))
    if not lines:
        found.append("no-directions")
    if groups is None:
        found.append("sequence")
    if any(_over_maximum(group) for group in groups or []):
        found.append("max-dose-conflict")
    return tuple(dict.fromkeys(found))


def _over_maximum(group: list[_Line]) -> bool:
    """Whether even the least of the directions is above a stated maximum."""
    total = _sum(line.total for line in group)
    most = min((line.most for line in group if line.most is not None), default=None)
    return total is not None and most is not None and total.low > most


def _tapering(steps: tuple[Step, ...]) -> bool:
    """Whether each of several known daily totals is below the one before."""
    return len(steps) > 1 and all(
        one.low is not None and other.high is not None and other.high < one.low
        for one, other in pairwise(steps)
    )
