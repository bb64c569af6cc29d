"""Does anything point to suicide that nobody has assessed since?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Entry,
    Indicator,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Reported,
    Series,
    State,
    Threshold,
    Why,
    derived,
    on,
    rule,
    uninterpretable,
)

MONTH = "suicide_risk_days"
ASSESS = "safety-assessment"


@dataclass(frozen=True, slots=True)
class SuicideLimits(Limits):
    """Which answers call for a safety assessment, and which cannot wait."""

    group: ClassVar[str] = "suicide_risk"
    phq9_item_9_ge: Threshold
    phq9_item_9_critical_ge: Threshold
    suicide_pain_ge: Threshold
    suicide_phq9_ge: Threshold


@dataclass(frozen=True, slots=True)
class Sign:
    """What points to suicide: in words, how pressing, of which day, and by what it is known.

    day: the day from which an assessment answers it; instant: the time, if it was recorded.
    """

    finding: str
    level: Indicator
    day: date
    facts: tuple[Reading | Entry, ...]
    by: tuple[Threshold, ...] = ()
    notes: tuple[str, ...] = ()
    instant: datetime | None = None


@derived
def signs_of_suicide(
    answers: Annotated[tuple[Reading, ...], Series("phq9-item-9", lookback=MONTH)],
    ideation: Annotated[Entries, Listed("suicidal-ideation", lookback=MONTH)],
    wish: Annotated[Entries, Reported("wish-to-hasten-death", lookback=MONTH, bare=True)],
    pain: Annotated[Reading | Missing, Latest("pain-score", lookback=MONTH)],
    phq9: Annotated[Reading | Missing, Latest("phq9-total", lookback=MONTH)],
    limits: SuicideLimits,
) -> tuple[Sign, ...]:
    """
    All that points to suicide within the last month, the most pressing first.

    Of several answers to PHQ-9 item 9 the newest counts. An earlier yes that is
    now denied is still a warning: the answer changes from day to day.
    """
    found = [
        *_answered(answers, limits),
        *_coded(ideation, "critical", "Suicidal ideation"),
        *_coded(wish, "warning", "Wish to hasten death"),
        *_in_distress(pain, phq9, limits),
    ]
    return tuple(sorted(found, key=lambda sign: sign.level != "critical"))


def _answered(answers: Iterable[Reading], limits: SuicideLimits) -> Iterator[Sign]:
    yes = [answer for answer in answers if answer.meets(limits.phq9_item_9_ge)]
    if not yes:
        return
    last = yes[-1]
    later = [answer for answer in answers if answer.day > last.day]
    pressing = last.meets(limits.phq9_item_9_critical_ge) and not later
    yield Sign(
        finding=f"PHQ-9 item 9 = {last.amount} on {on(last.day)}",
        level="critical" if pressing else "warning",
        day=last.day,
        facts=(last, *later[-1:]),
        by=(limits.phq9_item_9_critical_ge if pressing else limits.phq9_item_9_ge,),
        notes=(f"The answer on {on(later[-1].day)} was {later[-1].amount}.",) if later else (),
        instant=last.instant,
    )


def _coded(entries: Entries, level: Indicator, name: str) -> Iterator[Sign]:
    newest = entries.newest
    if newest and newest.day:
        yield Sign(
            f"{name} recorded {on(newest.day)}",
            level,
            newest.day,
            (newest,),
            instant=newest.instant,
        )


def _in_distress(
    pain: Reading | Missing, phq9: Reading | Missing, limits: SuicideLimits
) -> Iterator[Sign]:
    if isinstance(pain, Missing) or isinstance(phq9, Missing):
        return
    if pain.meets(limits.suicide_pain_ge) and phq9.meets(limits.suicide_phq9_ge):
        yield Sign(
            finding=f"Pain {pain.amount}/10 and PHQ-9 {phq9.amount}",
            level="warning",
            day=max(pain.day, phq9.day),
            facts=(pain, phq9),
            by=(limits.suicide_pain_ge, limits.suicide_phq9_ge),
            instant=max((pain, phq9), key=lambda score: score.day).instant,
        )


NOW = (
    "Now: ask about thoughts, plan, means and protection, and about pain and distress; do not "
    "leave the patient alone while the risk is unclear; record the assessment and a safety plan."
)
NEUTRAL = (
    "A lawful request for assisted dying is no reason to leave this out: assess, treat distress "
    "and follow local law."
)


@rule(
    "suicide-risk",
    title="Risk of suicide that nobody has assessed",
    hooks=("patient-view", "encounter-start"),
    kind="X",
    group="SUICIDE",
    sources=("phq-9", "product"),
    overrides=("already-assessed",),
    snoozed=False,
    leaves_out="Words in notes; a safety assessment that is not recorded as a procedure or answer.",
)
def suicide_risk(
    signs: Annotated[tuple[Sign, ...], State(signs_of_suicide)],
    item_9: Annotated[Reading | Missing, Latest("phq9-item-9", lookback=MONTH)],
    assessed: Annotated[
        Entries, Performed("safety-assessment", statuses=("completed",), lookback=MONTH)
    ],
    answered: Annotated[
        Entries,
        Reported("safety-assessment", lookback=MONTH, answer="safety-assessed", bare=True),
    ],
    ideation: Annotated[Entries, Listed("suicidal-ideation", lookback=MONTH)],
) -> Outcome:
    """
    Ask for a safety assessment when an answer or entry of the last month points to suicide.

    An assessment of that day or later answers it, unless its time says that it came
    before. Where assessments could not be
    read, the card comes and says so. An answer to item 9 without a readable score is
    handed to the reader.
    """
    made = (*assessed, *answered)
    open_signs = [s for s in signs if not any(_answers(one, s.day, s.instant) for one in made)]
    if not open_signs:
        return _nothing_open(signs, item_9, ideation, made)
    worst = open_signs[0]
    return Recommend(
        summary=f"{worst.finding}: safety assessment not recorded",
        indicator=worst.level,
        because=(
            NOW,
            *(f"{sign.finding}." for sign in open_signs[1:]),
            *(note for sign in open_signs for note in sign.notes),
            NEUTRAL,
        ),
        evidence=tuple(fact for sign in open_signs for fact in sign.facts),
        by=tuple(dict.fromkeys(limit for sign in open_signs for limit in sign.by)),
        missing=tuple(_unread(item_9, assessed, answered)),
        offers=tuple(
            Create(draft, recommended=draft == ASSESS, urgent=True, reason=worst.finding)
            for draft in (ASSESS, "psychiatry-referral", "palliative-referral")
        ),
    )


def _answers(assessment: Entry, day: date, instant: datetime | None) -> bool:
    """Whether an assessment came after a sign; of one day, unless both times say otherwise."""
    if assessment.day != day:
        return assessment.day is not None and assessment.day > day
    return not (instant and assessment.instant) or assessment.instant >= instant


def _unread(item_9: Reading | Missing, *assessments: Entries) -> Iterator[str]:
    odd = uninterpretable(item_9)
    if odd is not None:
        yield odd.text
    if any(entries.failed for entries in assessments):
        yield "whether safety was assessed could not be read in full"


def _nothing_open(
    signs: tuple[Sign, ...], item_9: Reading | Missing, ideation: Entries, made: tuple[Entry, ...]
) -> Outcome:
    """Silence only where the answers could be read, or safety was assessed since."""
    unread = uninterpretable(item_9)
    if unread is not None and unread.why is Why.UNREADABLE:
        days = [origin.day for origin in unread.origins if origin.day]
        if days and any(_answers(one, max(days), None) for one in made):
            return NotIndicated(f"assessed since: {unread.text}")
        return _read_it(unread)
    if signs:
        return NotIndicated(f"assessed since: {signs[0].finding}")
    if ideation.failed:
        return CannotAssess("the problem list could not be read", ideation.failed)
    if isinstance(item_9, Missing) and (item_9.failed or (item_9.origins and not item_9.last)):
        return CannotAssess(item_9.text, item_9.failed)
    return NotIndicated("nothing recorded points to suicide")


def _read_it(item_9: Missing) -> Recommend:
    """An answer that only a person can read must be read by one."""
    return Recommend(
        summary="PHQ-9 item 9 was answered, but its score cannot be read: read the answer now",
        indicator="warning",
        because=(
            "It asks about thoughts of being better off dead or of self-harm.",
            "If it is anything but 'not at all', assess safety today and record it.",
        ),
        missing=(item_9.text,),
        offers=(Create(ASSESS, urgent=True, reason="PHQ-9 item 9 answered, score not readable"),),
    )
