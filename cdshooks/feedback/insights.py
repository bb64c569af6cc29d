"""How advice is received: shown, accepted, overridden, ignored, by rule and month.

A showing is what a clinician met once: the same advice about the same patient or
order, however often the chart is opened within 24 hours of the first time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Row, and_, select

from cdshooks.feedback.model import SHOWING
from cdshooks.feedback.store import Store
from cdshooks.feedback.tables import card, card_rule, feedback

FEWEST = 5
"""Smaller counts are masked: they could point to a person."""
NO_REASON = "none given"


@dataclass(frozen=True, slots=True)
class Showing:
    """Advice as it was shown once, and what became of it; outcome is None if nobody said."""

    rule: str
    at: datetime
    outcome: str | None = None
    reason: str | None = None
    answered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One rule in one month. seconds: the median time until it was answered."""

    rule: str
    month: str
    shown: int
    accepted: int
    overridden: int
    reasons: Mapping[str, int]
    seconds: float | None

    @property
    def ignored(self) -> int:
        """Shown, and nothing reported."""
        return self.shown - self.accepted - self.overridden


def lines(store: Store, since: datetime | None = None, rule: str | None = None) -> list[Line]:
    """What happened from an instant on, by rule and month."""
    query = (
        select(
            card_rule.c.rule,
            card.c.patient,
            card.c.order,
            card.c.at,
            feedback.c.outcome,
            feedback.c.reason,
            feedback.c.at.label("answered"),
        )
        .select_from(card_rule.join(card, card.c.uuid == card_rule.c.card))
        .outerjoin(feedback, and_(feedback.c.card == card.c.uuid, feedback.c.known.is_(True)))
        .order_by(card_rule.c.rule, card.c.patient, card.c.order, card.c.at, feedback.c.at)
    )
    if since is not None:
        query = query.where(card.c.at >= since)
    if rule is not None:
        query = query.where(card_rule.c.rule == rule)
    with store.counting() as connection:
        return tallied(showings(connection.execution_options(yield_per=1000).execute(query)))


def showings(rows: Iterable[Row[Any]]) -> Iterator[Showing]:
    """Rows in order of rule, patient, order and time, gathered to what a clinician met once."""
    about: tuple[object, ...] | None = None
    current: Showing | None = None
    for row in rows:
        key = (row.rule, row.patient, row.order)
        if current is None or key != about or row.at >= current.at + SHOWING:
            if current is not None:
                yield current
            about, current = key, Showing(row.rule, row.at)
        later = current.answered is None or (row.answered and row.answered >= current.answered)
        if row.outcome and later:
            current = replace(
                current, outcome=row.outcome, reason=row.reason, answered=row.answered
            )
    if current is not None:
        yield current


def tallied(found: Iterable[Showing]) -> list[Line]:
    """Showings counted by rule and month."""
    groups: dict[tuple[str, str], list[Showing]] = defaultdict(list)
    for showing in found:
        groups[showing.rule, f"{showing.at:%Y-%m}"].append(showing)
    return [_line(rule, month, group) for (rule, month), group in sorted(groups.items())]


def _line(rule: str, month: str, group: list[Showing]) -> Line:
    outcomes = Counter(showing.outcome for showing in group)
    overridden = [showing for showing in group if showing.outcome == "overridden"]
    waits = [(s.answered - s.at).total_seconds() for s in group if s.answered]
    return Line(
        rule=rule,
        month=month,
        shown=len(group),
        accepted=outcomes["accepted"],
        overridden=len(overridden),
        reasons=Counter(showing.reason or NO_REASON for showing in overridden),
        # A client's clock may be slow; nobody answers before the card.
        seconds=max(0.0, median(waits)) if waits else None,
    )


def masked(line: Line) -> dict[str, Any]:
    """A line to be shown: small counts as ``<5``, and none that follows from the others."""
    parts = {"accepted": line.accepted, "overridden": line.overridden, "ignored": line.ignored}
    few = {name for name, count in parts.items() if 0 < count < FEWEST}
    if len(few) == 1 and line.shown >= FEWEST:
        others = {name: count for name, count in parts.items() if count and name not in few}
        few |= {min(others, key=lambda name: others[name])}
    answered = line.accepted + line.overridden
    # Reasons are a part of what was overridden, and would tell of a number that is hidden.
    told = {} if "overridden" in few else line.reasons
    return {
        "rule": line.rule,
        "month": line.month,
        "shown": _few(line.shown),
        **{name: _few(count, hide=name in few) for name, count in parts.items()},
        "reasons": {r: n for r, n in sorted(told.items()) if n >= FEWEST},
        "seconds": line.seconds if answered >= FEWEST else None,
    }


def _few(count: int, *, hide: bool = False) -> int | str:
    return f"<{FEWEST}" if hide or 0 < count < FEWEST else count


def ranked(found: Iterable[Line]) -> list[tuple[str, float]]:
    """Rules by the share of showings that was overridden, the most overridden first.

    Where that would tell of fewer than FEWEST showings, the rule is left out.
    """
    shown: Counter[str] = Counter()
    overridden: Counter[str] = Counter()
    for line in found:
        shown[line.rule] += line.shown
        overridden[line.rule] += line.overridden
    rates = _shares(overridden, shown)
    return sorted(rates, key=lambda item: (-item[1], item[0]))


def acceptance(found: Iterable[Line]) -> list[tuple[str, float]]:
    """The share of showings that was accepted, by month, over all rules.

    Where that would tell of fewer than FEWEST showings, the month is left out.
    """
    shown: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for line in found:
        shown[line.month] += line.shown
        accepted[line.month] += line.accepted
    return sorted(_shares(accepted, shown))


def _shares(parts: Counter[str], wholes: Counter[str]) -> list[tuple[str, float]]:
    """Each share that tells of no small count: neither of the part nor of the rest."""
    return [
        (name, parts[name] / whole)
        for name, whole in wholes.items()
        if whole >= FEWEST and not {parts[name], whole - parts[name]} & set(range(1, FEWEST))
    ]
