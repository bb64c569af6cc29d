"""Which values could not be used, or contradict each other?"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated

from cdshooks.rules.authoring import (
    Create,
    Doubt,
    Doubts,
    NotIndicated,
    Outcome,
    Recommend,
    State,
    beside,
    on,
    rule,
)
from cdshooks.rules.states.feeding import route_doubt
from cdshooks.rules.states.weights import bmi_doubt
from cdshooks.rules.states.words import inside

Found = Annotated[tuple[Doubt, ...], Doubts()]


@rule(
    "dq-implausible-value",
    title="Value that cannot be",
    hooks=("patient-view", "order-select", "order-sign"),
    kind="Q",
    group="DQ",
    sources=("product",),
    overrides=("value-correct", "will-correct"),
    leaves_out="Laboratory values of the drug rules, which say it on their own card.",
)
def dq_implausible_value(doubts: Found) -> Outcome:
    """Name values that rules wanted and that no person can have. Nothing is corrected here."""
    return _told(doubts, "implausible", _implausible, ("correct-entry",))


@rule(
    "dq-unit-missing",
    title="Value without a usable unit",
    hooks=("patient-view",),
    kind="Q",
    group="DQ",
    sources=("product",),
    overrides=("will-correct",),
    leaves_out="Codes that fix their unit; laboratory values of the drug rules.",
)
def dq_unit_missing(doubts: Found) -> Outcome:
    """Name values that rules wanted and whose unit is missing, or cannot be that of the test."""
    return _told(doubts, "unit", _without_unit, ("correct-entry",))


@rule(
    "dq-conflict",
    title="Values that disagree",
    hooks=("patient-view",),
    kind="Q",
    group="DQ",
    sources=("product",),
    overrides=("explained",),
    leaves_out="Disagreements that change no advice.",
)
def dq_conflict(
    doubts: Found,
    bmi: Annotated[Doubt | None, State(bmi_doubt)],
    route: Annotated[Doubt | None, State(route_doubt)],
) -> Outcome:
    """
    Name values that disagree by so much that advice depends on which is right.

    Two tests of one day; a weight far from those around it; a BMI that weight and
    height contradict; a swallowing score of 0 where no other way of feeding is known.
    """
    found = (*doubts, *(doubt for doubt in (bmi, route) if doubt))
    return _told(found, "conflict", _conflicting, ("repeat-measurement", "correct-entry"))


def _told(
    doubts: Iterable[Doubt], kind: str, words: Callable[[Doubt], str], drafts: tuple[str, ...]
) -> Outcome:
    """One card for all of a kind: the newest in the summary, the others below."""
    found = sorted((d for d in doubts if d.kind == kind), key=_day, reverse=True)
    if not found:
        return NotIndicated("every value that was wanted could be used")
    told = [words(doubt) for doubt in found]
    return Recommend(
        summary=told[0],
        indicator="info",
        because=(*(f"{line}." for line in told), "Such a value is never corrected by guessing."),
        evidence=tuple(found),
        offers=tuple(Create(draft, reason=told[0]) for draft in drafts),
    )


def _day(doubt: Doubt) -> tuple[date, str]:
    return (doubt.day or date.min, doubt.text)


def _amount(doubt: Doubt) -> str:
    """The measure with its value and unit as they were sent; a score has no unit to show."""
    [origin] = doubt.origins
    return f"{doubt.label} {beside(origin.value, origin.unit)}"


def _implausible(doubt: Doubt) -> str:
    return f"Ignored: {_amount(doubt)} on {on(doubt.day)} is not plausible ({doubt.reason})"


def _without_unit(doubt: Doubt) -> str:
    [origin] = doubt.origins
    return f"Ignored: {doubt.label} {origin.value} {doubt.reason}"


def _conflicting(doubt: Doubt) -> str:
    return f"Conflicting {inside(doubt.label)}: {doubt.reason} on {on(doubt.day)}; {doubt.then}"
