"""Can somebody who cannot be understood say yes, no and help?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Enrolled,
    Entries,
    InUse,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    decides,
    derived,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.merged import merged


@dataclass(frozen=True, slots=True)
class SpeechLimits(Limits):
    """When speech alone no longer carries."""

    group: ClassVar[str] = "end_of_life"
    eol_speech_item_le: Threshold


@derived
def ways_to_communicate(
    device: Annotated[Entries, InUse("communication-means")],
    made: Annotated[Entries, Performed("communication-means", statuses=("completed",))],
    planned: Annotated[Entries, Enrolled("communication-means")],
) -> Entries:
    """A communication aid in use, or a board, signal or plan on record."""
    return merged("way of communicating", device, made, planned)


@rule(
    "eol-communication",
    title="Communication at the end of life and in hospital",
    hooks=("patient-view", "encounter-start"),
    kind="S",
    group="EOL",
    sources=("nice-ng42",),
    overrides=("in-place",),
    leaves_out="Aids that are not recorded in coded form; the unconscious in their last days.",
)
@decides(
    Row("info", "ALSFRS-R item 1 {eol_speech_item_le} in comfort care or in hospital, and no way"),
    Row("none", "A communication aid, board, signal or plan on record"),
)
def eol_communication(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    speech: Annotated[Reading | Missing, Latest("alsfrs-item-1", lookback="eol_speech_days")],
    ways: Annotated[Entries, State(ways_to_communicate)],
    unconscious: Annotated[Entries, Listed("unconscious")],
    recorded: Annotated[bool, Captured("communication-means")],
    limits: SpeechLimits,
) -> Outcome:
    """
    Give somebody who cannot be understood a way to say yes, no and help.

    speech: ALSFRS-R item 1 of the last six months. In comfort care, in the last days of
    life, and in any stay in hospital.
    """
    if not goals.end_of_life and not call.inpatient:
        return NotIndicated("care is not for comfort, and not in hospital")
    if isinstance(speech, Missing):
        if speech.failed:
            return CannotAssess("the speech score could not be read", speech.failed)
        return NotIndicated(speech.text)
    if not speech.meets(limits.eol_speech_item_le):
        return NotIndicated(f"{speech}")
    if goals.level == "last days" and unconscious:
        return NotIndicated(f"{unconscious.newest}")
    if ways.newest:
        return NotIndicated(f"{ways.newest}")
    if not recorded:
        return NotIndicated("communication aids are not recorded in coded form here")
    if not ways.none:
        return CannotAssess("whether there is a way to communicate could not be read", ways.failed)
    reason = f"{speech}, no way to communicate on record"
    return Recommend(
        summary="No communication method on record; set yes/no signal, board and call system",
        indicator="info",
        because=(
            f"{speech}.",
            "Without it pain, breathlessness and wishes cannot be told, at night above all.",
        ),
        evidence=(speech,),
        by=(limits.eol_speech_item_le,),
        offers=(
            Create("speech-therapy-now", urgent=True, reason=reason),
            Create("bedside-communication", recommended=True, urgent=True, reason=reason),
            Create("call-system", urgent=True, reason=reason),
        ),
    )
