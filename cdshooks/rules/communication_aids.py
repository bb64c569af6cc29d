"""Are other ways of communicating found before speech is lost?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    InUse,
    Latest,
    Limits,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    State,
    Threshold,
    Visited,
    derived,
    failed_in,
    rule,
    shown,
)
from cdshooks.rules.states.bulbar import Speech, speechless
from cdshooks.rules.states.unanswered import OPEN, unanswered

AID = "communication-aid"


@dataclass(frozen=True, slots=True)
class AacLimits(Limits):
    """When other ways of communicating are needed, and when a hand cannot work them."""

    group: ClassVar[str] = "speech"
    aac_item_le: Threshold
    speech_rate_lt_wpm: Threshold
    intelligibility_lt: Threshold
    hand_item_le: Threshold


@derived
def late_evaluation(
    requests: Annotated[Entries, Ordered("aac-assessment", statuses=OPEN, drafts=False)],
    done: Annotated[Entries, Performed("aac-assessment", statuses=("completed",))],
    visits: Annotated[Entries, Visited("aac-assessment")],
) -> tuple[str, ...]:
    """Evaluations that were asked for long ago, and of which nothing came."""
    return tuple(unanswered(requests, done, visits))


@rule(
    "aac-refer",
    title="Other ways of communicating",
    hooks=("patient-view",),
    kind="T",
    group="COMM",
    sources=("ball-rate", "stipancic-2018", "ean-2024"),
    overrides=("patient-declined", "done-elsewhere"),
    leaves_out="Which aid suits, which the evaluation finds.",
)
def aac_refer(
    item: Speech,
    rate: Annotated[Reading | Missing, Latest("speaking-rate", lookback="speech_measure_days")],
    understood: Annotated[
        Reading | Missing, Latest("speech-intelligibility", lookback="speech_measure_days")
    ],
    hand: Annotated[Reading | Missing, Latest("alsfrs-item-4", lookback="bulbar_score_days")],
    used: Annotated[Entries, InUse(AID)],
    requested: Annotated[
        Entries,
        Ordered(
            AID, types=("DeviceRequest",), statuses=("active", "completed"), lookback="aac_days"
        ),
    ],
    referred: Annotated[Entries, Ordered("aac-assessment", lookback="open_referral_days")],
    evaluated: Annotated[
        Entries, Performed("aac-assessment", statuses=("completed",), lookback="aac_days")
    ],
    visited: Annotated[Entries, Visited("aac-assessment", lookback="aac_days")],
    late: Annotated[tuple[str, ...], State(late_evaluation)],
    limits: AacLimits,
) -> Outcome:
    """
    Have other ways of communicating evaluated before speech is lost.

    item: ALSFRS-R item 1. rate: words a minute. understood: % of words. hand: item 4.
    """
    tests = (
        (rate, limits.speech_rate_lt_wpm),
        (item, limits.aac_item_le),
        (understood, limits.intelligibility_lt),
    )
    low = [(t, limit) for t, limit in tests if isinstance(t, Reading) and t.meets(limit)]
    if not low:
        return _speaks_well(item, rate, understood)
    answers = (used, requested, referred, evaluated, visited)
    done = next((entries.newest for entries in answers if entries.newest), None)
    if done:
        return NotIndicated(f"{done}")
    unread = failed_in(*answers)
    if unread:
        return CannotAssess("communication aids could not be read", unread)
    weak_hand = isinstance(hand, Reading) and hand.meets(limits.hand_item_le)
    told = " / ".join(_values(rate, item, understood))
    return Recommend(
        summary=f"Speech {told}: arrange AAC evaluation now",
        indicator="warning",
        because=(
            *(f"{reading}." for reading, _ in low),
            *late,
            *(("Weak hands: include eye-gaze or switch access.",) if weak_hand else ()),
            "No useful speech is left: give a board or signals today, and an aid without delay."
            if speechless(item)
            else "An aid must be learned while speech still helps; waiting costs that time.",
        ),
        evidence=(
            *(reading for reading, _ in low),
            *([hand] if weak_hand and isinstance(hand, Reading) else []),
        ),
        by=(*(limit for _, limit in low), *((limits.hand_item_le,) if weak_hand else ())),
        offers=(
            Create("aac-evaluation", recommended=True, reason=f"Speech: {told}"),
            Create("speech-device", reason=f"Speech: {told}"),
        ),
    )


def _values(
    rate: Reading | Missing, item: Reading | Missing, understood: Reading | Missing
) -> Iterator[str]:
    if isinstance(rate, Reading):
        yield f"{shown(rate.value, 0)} wpm"
    if isinstance(item, Reading):
        yield f"item 1 = {item.amount}"
    if isinstance(understood, Reading):
        yield f"{understood.amount} intelligible"


def _speaks_well(*tests: Reading | Missing) -> Outcome:
    readings = [test for test in tests if isinstance(test, Reading)]
    failed = failed_in(*tests)
    if failed:
        return CannotAssess("measures of speech could not be read", failed)
    return NotIndicated("; ".join(map(str, readings)) or "speech was not measured")
