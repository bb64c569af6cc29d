"""Is speech looked after while it changes?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Booked,
    CannotAssess,
    Captured,
    Create,
    Entries,
    InUse,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    State,
    Visited,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.bulbar import Speech, speechless
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.speech import Change, speech_change, unchanged, voice_to_bank
from cdshooks.rules.states.unanswered import OPEN, unanswered

SEEN = "slt_communication_days"
REVIEW = "communication-review"
AID = "communication-aid"
Clinic = Annotated[bool, State(clinic_near)]
Changed = Annotated[Change, State(speech_change)]


@rule(
    "dysarthria-slt",
    title="Speech assessment",
    hooks=("patient-view",),
    kind="T",
    group="COMM",
    sources=("nice-ng42", "ball-rate", "product"),
    overrides=("done-elsewhere", "patient-declined"),
    leaves_out="What a visit to speech and language therapy was about: any visit counts.",
)
def dysarthria_slt(
    change: Changed,
    voice: Annotated[bool, State(voice_to_bank)],
    item: Speech,
    visits: Annotated[Entries, Visited("slt-visit", lookback=SEEN)],
    reviews: Annotated[Entries, Performed(REVIEW, statuses=("completed",), lookback=SEEN)],
    booked: Annotated[Entries, Booked("slt-visit", within="slt_booking_days")],
    referred: Annotated[Entries, Ordered("slt-referral", lookback="open_referral_days")],
    requests: Annotated[Entries, Ordered("slt-referral", statuses=OPEN, drafts=False)],
    ever: Annotated[Entries, Visited("slt-visit")],
    recorded: Annotated[bool, Captured("slt-visit")],
) -> Outcome:
    """
    Have communication assessed when speech changes, and voice banking offered in time.

    item: ALSFRS-R item 1. A visit that is booked, or a referral that is open, is an answer.
    """
    seen = visits.newest or reviews.newest or booked.newest or referred.newest
    unread = failed_in(visits, reviews, referred)
    due = bool(change) and recorded and not seen and not unread
    if due:
        return Recommend(
            summary=f"Speech change ({change.told}): SLT communication assessment due",
            indicator="info",
            because=(*unanswered(requests, ever), *_about(voice, speechless(item))),
            evidence=change.facts,
            by=change.by,
            missing=change.missing,
            offers=(
                Create("slt-communication-referral", recommended=True, reason=_reason(change)),
                *([Create("voice-banking-task", reason=_reason(change))] if voice else []),
            ),
        )
    if voice and isinstance(item, Reading):
        return Recommend(
            summary=f"Speech item 1 = {item.amount}/4: offer voice banking while the voice lasts",
            indicator="info",
            because=tuple(_about(voice, lost=False)),
            evidence=(item,),
            offers=(Create("voice-banking-task", recommended=True, reason="Voice banking"),),
        )
    if not change:
        return unchanged(change)
    if unread and not seen:
        return CannotAssess("visits to speech and language therapy could not be read", unread)
    return NotIndicated(f"{seen}" if seen else "visits to SLT are not recorded here")


def _reason(change: Change) -> str:
    return f"Speech: {change.told}"


def _about(voice: bool, lost: bool) -> Iterator[str]:
    if lost:
        yield "No useful speech is left: other ways of communicating come first."
    else:
        yield "Intelligibility falls steeply once speech slows to 100 to 120 words a minute."
        yield "Ask for the speaking rate at each visit: it tells before listeners do."
    if voice:
        yield "Voice banking was never offered: a voice is banked best while it is near normal."


@rule(
    "communication-review",
    title="Review of communication",
    hooks=("patient-view", "appointment-book"),
    kind="M",
    group="COMM",
    sources=("nice-ng42", "nice-qs126"),
    overrides=("done-elsewhere",),
    leaves_out="Whether a team meeting spoke of communication, unless it is recorded.",
)
def communication_review(
    change: Changed,
    aids: Annotated[Entries, InUse(AID)],
    visits: Annotated[Entries, Visited("slt-visit", lookback=SEEN)],
    recent: Annotated[Entries, Performed(REVIEW, statuses=("completed",), lookback=SEEN)],
    ever: Annotated[Entries, Performed(REVIEW, statuses=("completed",))],
    recorded: Annotated[bool, Captured(REVIEW)],
    clinic: Clinic,
) -> Outcome:
    """Ask for a review of communication where speech is changed or an aid is used."""
    if not change and not aids:
        return unchanged(change)
    done = visits.newest or recent.newest
    if done:
        return NotIndicated(f"{done}")
    if not recorded:
        return NotIndicated("reviews of communication are not recorded here")
    unread = failed_in(visits, recent, ever)
    if unread:
        return CannotAssess("reviews of communication could not be read", unread)
    if clinic:
        return NotIndicated(NEAR)
    last = f"last review {on(ever.newest.day)}" if ever.newest else "no review on record"
    return Recommend(
        summary=f"Review communication aids at MDT: {last}",
        indicator="info",
        because=("Speech and the use of aids change fast; the interval is our choice.",),
        evidence=(*change.facts, aids, ever),
        by=change.by,
        missing=change.missing,
        offers=(Create("communication-review-task", recommended=True, reason=last),),
        due="communication review",
    )
