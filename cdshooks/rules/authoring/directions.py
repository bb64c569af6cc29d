"""Directions in words, as they were read: what a clinician compares with what was meant."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from cdshooks.rules.authoring.orders import Regimen, Step

TIMES = {Fraction(1): "once", Fraction(2): "twice"}
UNREAD = {
    "no-directions": "none are written",
    "text-only": "only free text, from which no number is taken",
    "amount": "no amount that can be read",
    "unit": "no unit of dose that is known",
    "strength": "counted in pieces or mL, and the code gives no strength",
    "amount-conflict": "amounts that disagree",
    "frequency": "not said how often, or not readable",
    "not-daily": "tied to weekdays or dates",
    "timing-conflict": "two statements of how often that disagree",
    "sequence": "not clear whether lines run together or one after another",
    "max-dose-conflict": "more than their own stated maximum",
    "implausible": "a number that cannot be",
}
"""What keeps directions from being read or believed, in words."""


def milligrams(amount: Fraction) -> str:
    """A number of milligrams with two decimals at most."""
    return f"{float(amount):.2f}".rstrip("0").rstrip(".")


def directions_told(regimen: Regimen) -> Iterator[str]:
    """How directions were read, step after step, and what kept them from being read."""
    if regimen.steps:
        known = all(map(total_of, regimen.steps))
        steps = "; then ".join(map(read_as, regimen.steps))
        yield f"{'Read as' if known else 'Directions:'} {steps}."
    if regimen.problems:
        words = (UNREAD.get(problem, problem) for problem in regimen.problems)
        yield f"Directions: {'; '.join(words)}."


@lru_cache(maxsize=1024)
def read_as(step: Step) -> str:
    """One step: ``50 mg, twice a day: 100 mg a day``; what is unknown says so.

    Kept beyond a call: most drugs are taken in one of few ways.
    """
    words = f"{_each(step)}, {_often(step.times_a_day)}"
    total = total_of(step)
    return f"{words}: {total} mg a day" if total else words


def total_of(step: Step) -> str | None:
    """Milligrams a day, as a range if the directions leave it open."""
    if step.low is None or step.high is None:
        return None
    low, high = milligrams(step.low), milligrams(step.high)
    return low if low == high else f"{low} to {high}"


def _each(step: Step) -> str:
    if step.each:
        return " and ".join(f"{milligrams(amount)} mg" for amount in step.each)
    return "a range of doses" if step.low is not None else "dose not read"


def _often(times: Fraction | None) -> str:
    if times is None:
        return "frequency not read"
    if times < 1:
        return f"once every {milligrams(1 / times)} days"
    return f"{TIMES.get(times, f'{milligrams(times)} times')} a day"
