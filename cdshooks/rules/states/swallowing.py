"""Does the patient swallow safely, and by what is that known?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Fact,
    Latest,
    Limits,
    Listed,
    Missing,
    Reading,
    State,
    Threshold,
    derived,
    failed_in,
    on,
)

SwallowItem = Annotated[Reading | Missing, Latest("alsfrs-item-3", lookback="bulbar_score_days")]
Eat10 = Annotated[Reading | Missing, Latest("eat-10", lookback="eat10_days")]
NO_MEALS = 0
"""Item 3 of the ALSFRS-R of a patient who takes nothing by mouth."""
SCORES = 2
"""How many scores tell of swallowing: item 3 and EAT-10."""


@dataclass(frozen=True, slots=True)
class SwallowLimits(Limits):
    """What is a sign of dysphagia, and what makes swallowing unsafe."""

    group: ClassVar[str] = "swallowing"
    eat10_sign_ge: Threshold
    eat10_risk_ge: Threshold
    swallow_item_sign_le: Threshold
    swallow_item_moderate_le: Threshold
    swallow_item_severe_le: Threshold
    aspirations_ge: Threshold
    pas_aspiration_ge: Threshold


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that speaks for dysphagia, in words, with the limit that it crossed."""

    words: str
    fact: Fact
    by: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True)
class Swallowing:
    """What is known of swallowing.

    signs: any dysphagia. unsafe: food or saliva may enter the airway. moderate:
    food must change its consistency. severe: a tube is needed besides. recurrent:
    repeated aspiration pneumonia. known: whether it was scored at all.
    """

    signs: tuple[Sign, ...] = ()
    unsafe: tuple[Sign, ...] = ()
    moderate: Sign | None = None
    severe: Sign | None = None
    recurrent: Sign | None = None
    missing: tuple[Missing, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is a score, or anything else that says how swallowing is."""
        return len(self.missing) < SCORES or bool(self.unsafe or self.moderate)

    @property
    def failed(self) -> tuple[str, ...]:
        """Searches for scores that did not answer."""
        return failed_in(*self.missing)

    @property
    def texts(self) -> tuple[str, ...]:
        """What was not there, in words."""
        return tuple(m.text for m in self.missing)


@dataclass(frozen=True, slots=True)
class EpisodeLimits(Limits):
    """What is one episode of pneumonia."""

    group: ClassVar[str] = "swallowing"
    aspiration_episode_le_days: Threshold


@derived
def aspirations(
    pneumonias: Annotated[
        Entries, Listed("aspiration-pneumonia", lookback="aspiration_days", history=True)
    ],
    limits: EpisodeLimits,
) -> tuple[Entry, ...]:
    """
    Episodes of aspiration pneumonia, each by its first entry, the newest last.

    One that stands on the problem list and in an encounter is coded twice, often with
    another day.
    """
    found: list[Entry] = []
    for entry in sorted(pneumonias, key=_begun):
        days = Decimal((_begun(entry) - _begun(found[-1])).days) if found else None
        if days is None or not limits.aspiration_episode_le_days.met_by(days):
            found.append(entry)
    return tuple(found)


def _begun(entry: Entry) -> date:
    return entry.start or entry.recorded or date.min


@derived
def swallowing(
    item: SwallowItem,
    eat10: Eat10,
    pneumonias: Annotated[tuple[Entry, ...], State(aspirations)],
    pas: Annotated[Reading | Missing, Latest("pas", lookback="aspiration_days")],
    choking: Annotated[Entries, Listed("choking", lookback="symptom_condition_days")],
    graded: Annotated[Entries, Listed("moderate-dysphagia", lookback="symptom_condition_days")],
    limits: SwallowLimits,
) -> Swallowing:
    """
    Swallowing by ALSFRS-R item 3, EAT-10, aspiration pneumonia, a study, and choking.

    A high EAT-10 is moderate dysphagia only beside an item that says that the
    patient still eats. Nothing in free text counts.
    """
    unsafe = [
        _scored(eat10, limits.eat10_risk_ge),
        _scored(item, limits.swallow_item_moderate_le),
        _coded("aspiration pneumonia", pneumonias),
        _coded("choking at meals", tuple(choking)),
        _scored(pas, limits.pas_aspiration_ge),
    ]
    signs = [_scored(eat10, limits.eat10_sign_ge), _scored(item, limits.swallow_item_sign_le)]
    return Swallowing(
        signs=tuple(sign for sign in signs if sign),
        unsafe=tuple(sign for sign in unsafe if sign),
        moderate=_moderate(item, eat10, graded, limits),
        severe=_scored(item, limits.swallow_item_severe_le),
        recurrent=_recurrent(pneumonias, limits),
        missing=tuple(score for score in (item, eat10) if isinstance(score, Missing)),
    )


def _scored(score: Reading | Missing, limit: Threshold) -> Sign | None:
    if isinstance(score, Missing) or not score.meets(limit):
        return None
    return Sign(f"{score.label} {score.amount}", score, (limit,))


def _coded(name: str, entries: tuple[Entry, ...]) -> Sign | None:
    if not entries:
        return None
    latest = entries[-1]
    return Sign(f"{name} {on(latest.day)}" if latest.day else name, latest)


def _recurrent(pneumonias: tuple[Entry, ...], limits: SwallowLimits) -> Sign | None:
    count = len(pneumonias)
    if not limits.aspirations_ge.met_by(Decimal(count)):
        return None
    facts = Entries(pneumonias)
    return Sign(f"{count} aspiration pneumonias", facts, (limits.aspirations_ge,))


def _moderate(
    item: Reading | Missing, eat10: Reading | Missing, graded: Entries, limits: SwallowLimits
) -> Sign | None:
    eats = isinstance(item, Reading) and not item.meets(limits.swallow_item_severe_le)
    if eats:
        found = _scored(item, limits.swallow_item_moderate_le)
        found = found or _scored(eat10, limits.eat10_risk_ge)
        if found:
            return found
    return _coded("moderate dysphagia", tuple(graded))
