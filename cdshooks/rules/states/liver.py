"""How many times its upper limit of normal is a laboratory value, and how sure is that?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from cdshooks.rules.authoring import (
    AT_LEAST,
    LEVELS,
    Indicator,
    Limits,
    Reading,
    Threshold,
    on,
    ratio,
    shown,
)

SOURCES = {
    "range": "the laboratory's range",
    "text": "the laboratory's range, read from its text",
    "earlier result": "the range of another result of the same laboratory",
}
BASELINE_TESTS = "baseline liver tests"
"""The card on liver tests before the first dose, of whatever drugs are started together."""
DECIMALS = (1, 2, 3)
"""Decimals of a multiple: as many as keep 5.025 from looking like exactly 5."""


@dataclass(frozen=True, slots=True)
class CertainLimits(Limits):
    """From where a value is too high at any laboratory, whatever its range."""

    group: ClassVar[str] = "laboratory"
    certain_alt_multiple: Decimal
    alt_uln_plausible_le: Threshold
    ast_uln_plausible_le: Threshold

    def surely_above(self, reading: Reading) -> bool:
        """Whether a value is above the certain multiple of the highest limit of any laboratory."""
        highest = {"alt": self.alt_uln_plausible_le, "ast": self.ast_uln_plausible_le}
        limit = highest.get(reading.measure)
        value = limit.value if limit else None
        return value is not None and reading.meets(
            Threshold("certain", ">", self.certain_alt_multiple * value, reading.unit)
        )


@dataclass(frozen=True, slots=True)
class Multiple:
    """A laboratory value as a multiple of its upper limit of normal, never rounded.

    times: by the limit that holds, the largest where several fit; most: by the
    smallest of them. assumed: the laboratory gave no limit. surely: the value is
    above the certain multiple of any laboratory's limit.
    """

    reading: Reading
    times: Decimal
    most: Decimal
    assumed: bool
    surely: bool

    def meets(self, limit: Threshold) -> bool:
        """Whether the multiple is past a limit, by the larger upper limit."""
        return self.reading.would_meet(limit, self.times)

    def may_meet(self, limit: Threshold) -> bool:
        """Whether the multiple is past a limit at least by the smaller upper limit."""
        return self.reading.would_meet(limit, self.most)

    def within(self, limit: Threshold) -> bool:
        """Whether it is surely not past a limit: "more than 30" and "less than 200" may be."""
        return self.reading.bound not in AT_LEAST and not limit.met_by(self.most)

    def __str__(self) -> str:
        most = f" to {_shown(self.most)}" if self.most != self.times else ""
        return f"{self.reading.bound or ''}{_shown(self.times)}{most}x ULN"


def _shown(times: Decimal) -> str:
    """The multiple with one decimal, or with more where one would hide that it is not whole."""
    text = ""
    for decimals in DECIMALS:
        rounded = times.quantize(Decimal(f"1e-{decimals}"), rounding=ROUND_HALF_UP)
        text = f"{rounded:f}"
        if rounded != rounded.to_integral_value() or rounded == times:
            break
    return text


def multiple_of(reading: object, certain: CertainLimits) -> Multiple | None:
    """The multiple of a reading; None without a reading or without any upper limit."""
    if not isinstance(reading, Reading) or reading.upper_limit is None:
        return None
    limit = reading.upper_limit
    return Multiple(
        reading,
        times=ratio(reading.value, limit.value),
        most=ratio(reading.value, limit.lowest or limit.value),
        assumed=limit.source == "assumed",
        surely=certain.surely_above(reading),
    )


RANKS: tuple[Indicator | None, ...] = (None, *LEVELS)
"""Levels from nothing to say to the gravest."""
ASSUMED: dict[Indicator, Indicator] = {"critical": "warning", "warning": "warning"}
"""What becomes of a level that rests on an assumed limit; of an information, nothing."""
Steps = tuple[tuple[Threshold, Indicator], ...]
"""Limits with the level that each gives, the worst first."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How grave a multiple is, and the limit that says so.

    remarks: why the level is lower than the number alone would make it.
    """

    level: Indicator
    multiple: Multiple
    limit: Threshold
    remarks: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, Decimal]:
        """Greater is graver: the level first, then the multiple."""
        return LEVELS.index(self.level), self.multiple.times


def graded(multiple: Multiple | None, steps: Steps) -> Grade | None:
    """The grade of a multiple; None when it is below every step.

    Where several upper limits fit and only the smaller makes it grave, the level
    is one lower. An assumed limit gives a warning at most and never an
    information, unless the value is too high at any laboratory.
    """
    if multiple is None:
        return None
    smaller = next(((limit, level) for limit, level in steps if multiple.may_meet(limit)), None)
    if smaller is None:
        return None
    limit, grave = smaller
    larger = next((RANKS.index(of) for by, of in steps if multiple.meets(by)), 0)
    level = RANKS[max(larger, RANKS.index(grave) - 1)]
    if level and multiple.assumed and not multiple.surely:
        level = ASSUMED.get(level)
    return Grade(level, multiple, limit) if level else None


def gravest(alt: Grade | None, ast: Grade | None, normal_alt: bool) -> Grade | None:
    """The graver of two grades. AST alone is a warning at most: muscle releases it too.

    normal_alt: whether an ALT is on file that is surely not above its upper limit.
    """
    if ast and normal_alt:
        remark = "AST may come from muscle: ALT is not raised."
        level = "warning" if ast.level == "critical" else ast.level
        ast = replace(ast, level=level, remarks=(*ast.remarks, remark))
    found = [grade for grade in (alt, ast) if grade]
    return max(found, key=lambda grade: grade.order, default=None)


def told(multiples: Iterable[Multiple | None]) -> Iterator[str]:
    """Sentences for a card: each value, its upper limit and where that comes from."""
    for multiple in multiples:
        if multiple is not None:
            yield from _told(multiple)


def _told(multiple: Multiple) -> Iterator[str]:
    reading, limit = multiple.reading, multiple.reading.upper_limit
    if limit is None:
        return
    named = limit.amount
    value = f"{reading.label} {reading.amount} ({on(reading.day)})"
    if limit.source == "assumed":
        yield f"{value}: {multiple}. Laboratory range missing, assumed ULN {named}."
        if multiple.surely:
            yield f"{reading.label} this high is above 5x ULN at any laboratory."
    else:
        yield f"{value}: {multiple}, upper limit {named} ({SOURCES[limit.source]})."
    if limit.lowest is not None:
        yield f"A smaller upper limit, {shown(limit.lowest, 2)} {limit.unit}, fits as well."
    yield from (f"{reading.label}: {note}." for note in reading.notes)
