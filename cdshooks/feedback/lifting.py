"""When a snooze ends before its time: pure, one question after the other."""

from dataclasses import dataclass
from datetime import datetime

from cdshooks.feedback.model import SHOWING, Snooze

LEVELS = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule that would speak now, as far as a snooze asks about it.

    order: fingerprint of the draft that it is about. changed: what got worse in
    the chart since the snooze began, in words. admitted: to hospital since then.
    withdrawn: whether an order of an accepted card was revoked since.
    """

    rule: str
    hook: str
    indicator: str
    at: datetime
    criteria: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    goals: str = ""
    order: str | None = None
    changed: tuple[str, ...] = ()
    admitted: bool = False
    withdrawn: bool = False


def ended(snooze: Snooze, now: Standing) -> str | None:
    """Why a snooze no longer holds, in a few words; None while it holds.

    Every doubt is decided for speaking: what is critical, and what is new.
    """
    return (
        _not_meant(snooze, now)
        or _worse(snooze, now)
        or (_new_result(snooze, now) if now.indicator == "critical" else _grown(snooze, now))
        or _settled(snooze, now)
    )


def _not_meant(snooze: Snooze, now: Standing) -> str | None:
    if now.hook == "order-sign" and now.indicator == "critical":
        return "critical advice is never silenced when an order is signed"
    if now.at >= snooze.until:
        return "its time is over"
    if snooze.outcome == "shown" and now.at < snooze.at + SHOWING:
        return "it is still the same showing"
    if now.order != snooze.order:
        return "it was about another order"
    return None


def _worse(snooze: Snooze, now: Standing) -> str | None:
    if LEVELS.index(now.indicator) > LEVELS.index(snooze.indicator):
        return "the indicator rose"
    return None


def _new_result(snooze: Snooze, now: Standing) -> str | None:
    return "there is a newer result" if now.evidence - snooze.evidence else None


def _grown(snooze: Snooze, now: Standing) -> str | None:
    if now.criteria - snooze.criteria:
        return "a further criterion is met"
    if now.changed:
        return now.changed[0]
    return "the patient was admitted" if now.admitted else None


def _settled(snooze: Snooze, now: Standing) -> str | None:
    """What the reason itself was waiting for."""
    if snooze.ends_with == "evidence" and now.evidence != snooze.evidence:
        return "the data shown have changed"
    if snooze.ends_with == "goals" and now.goals != snooze.goals:
        return "the goals of care have changed"
    return "the order was withdrawn" if now.withdrawn else None
