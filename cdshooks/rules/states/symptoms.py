"""Which symptoms of weak breathing does the patient have?"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    Reading,
    Reported,
    State,
    Threshold,
    derived,
)
from cdshooks.rules.states.population import Population, population


@dataclass(frozen=True, slots=True)
class SymptomLimits(Limits):
    """When an item or score counts as a symptom."""

    group: ClassVar[str] = "symptoms"
    dyspnea_item_le: Threshold
    orthopnea_item_le: Threshold
    definite_orthopnea_item_le: Threshold
    sleepiness_score_gt: Threshold
    chest_infections_ge: Threshold


@dataclass(frozen=True, slots=True)
class Symptom:
    """A symptom that is present.

    weak: alone it does not carry a warning. definite: the patient certainly
    cannot lie flat, more than a score of some difficulty says.
    """

    name: str
    evidence: Entry | Reading
    weak: bool = False
    definite: bool = False


@dataclass(frozen=True, slots=True)
class RespiratorySymptoms:
    """Breathing symptoms present. "None recorded" is not "none"."""

    present: tuple[Symptom, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.present)

    def get(self, name: str) -> Symptom | None:
        """The symptom of this name, if present."""
        return next((s for s in self.present if s.name == name), None)

    @property
    def strong(self) -> bool:
        """Whether there is more than fatigue alone or poor concentration alone.

        The two together are more: each is another symptom beside the other.
        """
        return len(self.present) > 1 or any(not s.weak for s in self.present)

    @property
    def names(self) -> str:
        """The names, for a sentence."""
        return ", ".join(s.name for s in self.present)


CONDITION = "symptom_condition_days"
ANSWER = "symptom_answer_days"

NoDyspnea = Annotated[Entries, Reported("dyspnea-itself", lookback=ANSWER, denied=True)]
Item10 = Annotated[Reading | Missing, Latest("alsfrs-item-10", lookback=ANSWER)]
Item11 = Annotated[Reading | Missing, Latest("alsfrs-item-11", lookback=ANSWER)]
Epworth = Annotated[Reading | Missing, Latest("epworth", lookback=ANSWER)]


@derived
def breathlessness(
    population: Annotated[Population, State(population)],
    dyspnea: Annotated[Entries, Listed("dyspnea", lookback=CONDITION)],
    dyspnea_reported: Annotated[Entries, Reported("dyspnea", lookback=ANSWER)],
    orthopnea: Annotated[Entries, Listed("orthopnea", lookback=CONDITION)],
    orthopnea_reported: Annotated[Entries, Reported("orthopnea", lookback=ANSWER)],
    no_dyspnea: NoDyspnea,
    no_orthopnea: Annotated[Entries, Reported("orthopnea", lookback=ANSWER, denied=True)],
    item_10: Item10,
    item_11: Item11,
    limits: SymptomLimits,
) -> RespiratorySymptoms:
    """
    Breathlessness, upright and lying flat, from problem list, answers and ALSFRS-R.

    The newest dated statement wins: an old entry on the problem list loses to a later
    normal item or answer of no. A coded or reported orthopnea is definite, also when a
    later item agrees that there is some; an item alone is definite from a lower score.
    """
    upright = _newest(population, dyspnea, dyspnea_reported)
    flat = _newest(population, orthopnea, orthopnea_reported)
    told = [
        _unless_denied(_told("dyspnea", upright, item_10, limits.dyspnea_item_le), no_dyspnea),
        _unless_denied(_told("orthopnea", flat, item_11, limits.orthopnea_item_le), no_orthopnea),
    ]
    found = [s for s, _ in told if s is not None]
    low = isinstance(item_11, Reading) and item_11.meets(limits.definite_orthopnea_item_le)
    sure = [
        replace(s, definite=flat is not None or low) if s.name == "orthopnea" else s for s in found
    ]
    return RespiratorySymptoms(tuple(sure), tuple(note for _, note in told if note))


def _told(
    name: str, coded: Entry | None, score: Reading | Missing, limit: Threshold
) -> tuple[Symptom | None, str]:
    """A symptom as its newest statement has it, and what to say where two contradict.

    Of one day, the statement that it is present wins.
    """
    if isinstance(score, Reading) and (coded is None or coded.day is None or score.day > coded.day):
        if score.meets(limit):
            return Symptom(name, score), ""
        return None, f"{name} on the problem list, but {score} says otherwise" if coded else ""
    return (Symptom(name, coded), "") if coded else (None, "")


def _unless_denied(told: tuple[Symptom | None, str], no: Entries) -> tuple[Symptom | None, str]:
    """A symptom that nobody denied after it was last stated; of one day, it stands."""
    symptom, note = told
    if symptom is None or not denied_since(symptom.evidence.day, no):
        return symptom, note
    return None, f"{symptom.evidence}: denied since"


def denied_since(day: date | None, no: Entries) -> bool:
    """Whether an answer of no is newer than a statement of this day."""
    return any(e.day is not None and e.day > (day or date.min) for e in no)


@derived
def coded_symptoms(
    population: Annotated[Population, State(population)],
    fatigue: Annotated[Entries, Listed("fatigue", lookback=CONDITION)],
    fatigue_reported: Annotated[Entries, Reported("fatigue", lookback=ANSWER)],
    headache: Annotated[Entries, Listed("morning-headache", lookback=CONDITION)],
    headache_reported: Annotated[Entries, Reported("morning-headache", lookback=ANSWER)],
    sleep: Annotated[Entries, Listed("disturbed-sleep", lookback=CONDITION)],
    sleep_reported: Annotated[Entries, Reported("disturbed-sleep", lookback=ANSWER)],
    concentration: Annotated[Entries, Listed("poor-concentration", lookback=CONDITION)],
    concentration_reported: Annotated[Entries, Reported("poor-concentration", lookback=ANSWER)],
    confusion: Annotated[Entries, Listed("confusion", lookback=CONDITION)],
    confusion_reported: Annotated[Entries, Reported("confusion", lookback=ANSWER)],
    signs: Annotated[Entries, Listed("breathing-signs", lookback=CONDITION)],
    signs_reported: Annotated[Entries, Reported("breathing-signs", lookback=ANSWER)],
    no_fatigue: Annotated[Entries, Reported("fatigue", lookback=ANSWER, denied=True)],
    no_headache: Annotated[Entries, Reported("morning-headache", lookback=ANSWER, denied=True)],
    dementia: Annotated[Entries, Listed("ftd-dementia")],
) -> tuple[Symptom, ...]:
    """
    Symptoms that only a code or an answer tells, each with its newest evidence.

    A later answer of no outweighs it where the question leaves no other kind open.

    Poor concentration and confusion do not count with dementia. Fatigue and poor
    concentration are weak: common in ALS for other reasons.
    """
    told = {
        "daytime fatigue": (fatigue, fatigue_reported),
        "morning headache": (headache, headache_reported),
        "disturbed sleep": (sleep, sleep_reported),
        "signs of weak breathing": (signs, signs_reported),
    }
    if not dementia:
        told["poor concentration"] = (concentration, concentration_reported)
        told["confusion"] = (confusion, confusion_reported)
    newest = {name: _newest(population, *entries) for name, entries in told.items()}
    denied = {"daytime fatigue": no_fatigue, "morning headache": no_headache}
    return tuple(
        Symptom(name, e, weak=name in WEAK)
        for name, e in newest.items()
        if e and not denied_since(e.day, denied.get(name, Entries()))
    )


WEAK = ("daytime fatigue", "poor concentration")


@derived
def respiratory_symptoms(
    population: Annotated[Population, State(population)],
    breathless: Annotated[RespiratorySymptoms, State(breathlessness)],
    coded: Annotated[tuple[Symptom, ...], State(coded_symptoms)],
    sleepy: Annotated[Entries, Listed("daytime-sleepiness", lookback=CONDITION)],
    sleepy_reported: Annotated[Entries, Reported("daytime-sleepiness", lookback=ANSWER)],
    not_sleepy: Annotated[Entries, Reported("daytime-sleepiness", lookback=ANSWER, denied=True)],
    epworth: Epworth,
    infections: Annotated[Entries, Listed("chest-infection", lookback=ANSWER, history=True)],
    limits: SymptomLimits,
) -> RespiratorySymptoms:
    """
    The set of breathing symptoms: coded, reported or scored; free text never counts.

    Symptoms last recorded before the onset of ALS do not count.
    """
    coded_sleepy = _newest(population, sleepy, sleepy_reported)
    told = _told("daytime sleepiness", coded_sleepy, epworth, limits.sleepiness_score_gt)
    asleep, note = _unless_denied(told, not_sleepy)
    found = [*breathless.present, *coded, *([asleep] if asleep else [])]
    episodes = {e.start or e.recorded: e for e in _since_onset(population, infections)}
    if limits.chest_infections_ge.met_by(Decimal(len(episodes))):
        latest = max(episodes.values(), key=lambda e: e.day or date.min)
        found.append(Symptom("recurrent chest infection", latest))
    return RespiratorySymptoms(tuple(found), (*breathless.notes, *([note] if note else [])))


def _newest(population: Population, *found: Entries) -> Entry | None:
    entries = [e for some in found for e in _since_onset(population, some)]
    return max(entries, key=lambda e: e.day or date.min, default=None)


def _since_onset(population: Population, entries: Entries) -> tuple[Entry, ...]:
    """Those still recorded or confirmed after the onset of ALS.

    One that began earlier and was confirmed since counts: to leave out a
    symptom that is there would be the worse mistake.
    """
    return entries.after(population.onset or date.min).items
