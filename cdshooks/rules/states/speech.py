"""Has speech changed, and is the voice still good enough to be banked?"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Captured,
    Entries,
    Fact,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Refused,
    Threshold,
    derived,
    failed_in,
    on,
)
from cdshooks.rules.states.bulbar import Speech


@dataclass(frozen=True, slots=True)
class SpeechLimits(Limits):
    """When speech is changed."""

    group: ClassVar[str] = "speech"
    speech_item_le: Threshold


@dataclass(frozen=True, slots=True)
class Change:
    """A change of speech: words and facts; nothing when ``told`` is empty."""

    told: str = ""
    facts: tuple[Fact, ...] = ()
    by: tuple[Threshold, ...] = ()
    missing: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    whole: bool = True

    def __bool__(self) -> bool:
        return bool(self.told)


@derived
def speech_change(
    item: Speech, coded: Annotated[Entries, Listed("dysarthria")], limits: SpeechLimits
) -> Change:
    """Changed speech by ALSFRS-R item 1 or the problem list; the newer of the two counts."""
    if isinstance(item, Reading) and item.meets(limits.speech_item_le):
        return Change(f"item 1 = {item.amount}/4", (item,), (limits.speech_item_le,))
    newest = coded.newest
    score = item.day if isinstance(item, Reading) else date.min
    missing = (item.text,) if isinstance(item, Missing) else ()
    if newest and (isinstance(item, Missing) or (newest.day or date.min) > score):
        return Change(f"recorded {on(newest.day)}", (newest,), missing=missing)
    return Change(missing=missing, failed=failed_in(item, coded), whole=coded.whole)


def unchanged(change: Change) -> Outcome:
    """What a rule concludes where no change of speech is known."""
    if change.failed or not change.whole:
        return CannotAssess("how speech is could not be read", change.failed)
    return NotIndicated("; ".join(change.missing) or "speech is normal")


@dataclass(frozen=True, slots=True)
class VoiceLimits(Limits):
    """When a voice can be banked."""

    group: ClassVar[str] = "speech"
    speech_item_le: Threshold
    voice_banking_item_ge: Threshold


@derived
def voice_to_bank(
    item: Speech,
    bulbar: Annotated[Entries, Listed("bulbar-onset")],
    offered: Annotated[
        Entries,
        Performed("voice-banking", statuses=("completed", "in-progress", "not-done")),
    ],
    refused: Annotated[Entries, Refused("voice-banking")],
    recorded: Annotated[bool, Captured("voice-banking")],
    limits: VoiceLimits,
) -> bool:
    """
    Whether voice banking was surely never offered, to a voice that is good enough and at risk.

    At risk: speech has begun to change, or the disease began with speech or swallowing.
    """
    if not isinstance(item, Reading) or not item.meets(limits.voice_banking_item_ge):
        return False
    at_risk = item.meets(limits.speech_item_le) or bool(bulbar)
    return recorded and at_risk and offered.none and refused.none
