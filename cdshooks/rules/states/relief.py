"""What troubles somebody at the end of life, and what is given against it?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    Reading,
    Reported,
    State,
    This,
    Threshold,
    derived,
    failed_in,
    on,
)
from cdshooks.rules.states.acute_signs import Sign, acute_signs
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.symptoms import SymptomLimits

LATELY = "eol_sign_days"

Opioids = Annotated[Entries, Medication("opioid")]
Benzodiazepines = Annotated[Entries, Medication("benzodiazepine")]
Antipsychotics = Annotated[Entries, Medication("antipsychotic")]


@dataclass(frozen=True, slots=True)
class ReliefLimits(Limits):
    """When breathlessness is distressing, and how recent it must be."""

    group: ClassVar[str] = "end_of_life"
    eol_borg_ge: Threshold
    eol_dyspnea_item_le: Threshold


@dataclass(frozen=True, slots=True)
class Trouble:
    """A symptom that troubles the patient now: words, day and what says so.

    kind: acute failure, score or record; another kind ends the silence after an override.
    """

    told: str
    day: date
    facts: tuple[Reading | Entry, ...]
    by: tuple[Threshold, ...] = ()
    kind: str = "record"


@dataclass(frozen=True, slots=True)
class Breathlessness:
    """trouble: None when there is none, or when a newer score says that it does not distress.

    eased: that word. known: whether everything that could say so was read.
    """

    trouble: Trouble | None
    eased: Reading | Entry | None
    failed: tuple[str, ...]


@derived
def distressing_breathlessness(
    acute: Annotated[tuple[Sign, ...], State(acute_signs)],
    coded: Annotated[Entries, Listed("dyspnea", lookback=LATELY)],
    flat: Annotated[Entries, Listed("orthopnea", lookback=LATELY)],
    reported: Annotated[Entries, Reported("dyspnea", lookback=LATELY)],
    borg: Annotated[Reading | Missing, Latest("borg", lookback=LATELY)],
    item_10: Annotated[Reading | Missing, Latest("alsfrs-item-10", lookback=LATELY)],
    denied: Annotated[Entries, Reported("dyspnea-itself", lookback=LATELY, denied=True)],
    limits: ReliefLimits,
    symptoms: SymptomLimits,
) -> Breathlessness:
    """
    Breathlessness of the last week: signs of acute failure, a score, a code or an answer.

    The newest word counts: a Borg score below the limit that is newer than a code or
    an item says that the patient is not distressed now, and so does, upright, a normal
    item 10 or an answer of no. Signs of acute failure stand whatever was scored, since
    distress may not have been asked about.
    """
    unread = failed_in(coded, flat, reported, borg, item_10)
    if acute:
        return Breathlessness(_acute(acute), None, unread)
    calm = tuple(_unless(borg, limits.eol_borg_ge))
    upright = (*calm, *_unless(item_10, symptoms.dyspnea_item_le), *denied)
    troubles = [(t, upright) for t in (*_scored(borg, item_10, limits), *_coded(coded, reported))]
    troubles += [(t, calm) for t in _coded(flat)]
    words = [(trouble, _after(trouble, easing)) for trouble, easing in troubles]
    last = max((t for t, eased in words if not eased), key=lambda t: t.day, default=None)
    eased = next((eased for _, eased in words if eased), None)
    return Breathlessness(last, None if last else eased, unread)


def _unless(score: Reading | Missing, limit: Threshold) -> Iterator[Reading]:
    if isinstance(score, Reading) and not score.meets(limit):
        yield score


def _after(trouble: Trouble, words: Iterable[Reading | Entry]) -> Reading | Entry | None:
    """The word that is newer than what troubles."""
    return next((word for word in words if word.day and word.day > trouble.day), None)


def _acute(signs: tuple[Sign, ...]) -> Trouble:
    facts = tuple(f for sign in signs for f in sign.facts if isinstance(f, Reading | Entry))
    days = (fact.day for fact in facts)
    told = ", ".join(sign.told for sign in signs)
    day = max((day for day in days if day), default=date.min)
    by = tuple(limit for sign in signs for limit in sign.by)
    return Trouble(told, day, facts, by, kind="acute failure")


def _scored(
    borg: Reading | Missing, item_10: Reading | Missing, limits: ReliefLimits
) -> Iterator[Trouble]:
    for score, limit in ((borg, limits.eol_borg_ge), (item_10, limits.eol_dyspnea_item_le)):
        if isinstance(score, Reading) and score.meets(limit):
            yield Trouble(f"{score}", score.day, (score,), (limit,), kind="score")


def _coded(*found: Entries) -> Iterator[Trouble]:
    for entries in found:
        newest = entries.newest
        if newest and newest.day:
            yield Trouble(f"{newest}", newest.day, (newest,))


@dataclass(frozen=True, slots=True)
class OpioidLimits(Limits):
    """How long the effect of an opioid is awaited."""

    group: ClassVar[str] = "end_of_life"
    eol_opioid_new_le_days: Threshold


@derived
def opioid_just_changed(
    opioids: Opioids, call: Annotated[Call, This()], limits: OpioidLimits
) -> Entry | None:
    """The opioid that was started or changed within about a day, the newest of several."""
    started = [e for e in opioids if e.start]
    last = max(started, key=lambda e: e.start or date.min, default=None)
    if last is None or last.start is None:
        return None
    days = Decimal((call.today - last.start).days)
    return last if limits.eol_opioid_new_le_days.met_by(days) else None


@derived
def drying_drugs(
    glycopyrronium: Annotated[Entries, Medication("glycopyrronium")],
    scopolamine: Annotated[Entries, Medication("scopolamine")],
    butylscopolamine: Annotated[Entries, Medication("butylscopolamine")],
    atropine: Annotated[Entries, Medication("atropine")],
    hyoscyamine: Annotated[Entries, Medication("hyoscyamine")],
) -> Entries:
    """Drugs that dry secretions: glycopyrronium, the scopolamines, atropine, hyoscyamine."""
    return merged(
        "drying drug", glycopyrronium, scopolamine, butylscopolamine, atropine, hyoscyamine
    )


@derived
def drying_risks(
    glaucoma: Annotated[Entries, Listed("glaucoma")],
    urine: Annotated[Entries, Listed("urinary-obstruction")],
    bowel: Annotated[Entries, Listed("ileus")],
    myasthenia: Annotated[Entries, Listed("myasthenia")],
    potassium: Annotated[Entries, Medication("solid-potassium")],
) -> Entries:
    """What an order of glycopyrronium would be warned of.

    potassium: tablets or capsules, which a gut that does not move may keep.
    """
    return merged("risk", glaucoma, urine, bowel, myasthenia, potassium)


Drying = Annotated[Entries, State(drying_drugs)]
Risky = Annotated[Entries, State(drying_risks)]


@derived
def antiemetics(
    others: Annotated[Entries, Medication("antiemetic")],
    ondansetron: Annotated[Entries, Medication("ondansetron")],
) -> Entries:
    """Drugs against nausea; an antipsychotic that also helps is not counted here."""
    return merged("anti-emetic", others, ondansetron)


def since(entry: Entry) -> str:
    """A drug with the day since when it is given."""
    return f"{entry.label} since {on(entry.start)}" if entry.start else entry.label
