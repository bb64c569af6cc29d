"""Which symptoms of weak breathing does the patient have?"""

from dataclasses import dataclass
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
    """A symptom that is present. ``weak``: by itself it does not carry a warning."""

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
        """Whether any is more than fatigue or poor concentration alone."""
        return any(not s.weak for s in self.present)

    @property
    def names(self) -> str:
        """The names, for a sentence."""
        return ", ".join(s.name for s in self.present)


CONDITION = "symptom_condition_days"
ANSWER = "symptom_answer_days"

Dyspnea = Annotated[Entries, Listed("dyspnea", lookback=CONDITION)]
Orthopnea = Annotated[Entries, Listed("orthopnea", lookback=CONDITION)]
Item10 = Annotated[Reading | Missing, Latest("alsfrs-item-10", lookback=ANSWER)]
Item11 = Annotated[Reading | Missing, Latest("alsfrs-item-11", lookback=ANSWER)]


@derived
def breathlessness(
    population: Annotated[Population, State(population)],
    dyspnea: Dyspnea,
    dyspnea_reported: Annotated[Entries, Reported("dyspnea", lookback=ANSWER)],
    orthopnea: Orthopnea,
    orthopnea_reported: Annotated[Entries, Reported("orthopnea", lookback=ANSWER)],
    item_10: Item10,
    item_11: Item11,
    limits: SymptomLimits,
) -> RespiratorySymptoms:
    """
    Breathlessness, upright and lying flat, from problem list, answers and ALSFRS-R.

    The newest dated statement wins: an old entry on the problem list loses to a
    later normal item. A coded or reported orthopnea is definite.
    """
    onset = population.onset
    found: list[Symptom] = []
    notes: list[str] = []
    for name, entries, item, limit in (
        ("dyspnea", (*dyspnea, *dyspnea_reported), item_10, limits.dyspnea_item_le),
        ("orthopnea", (*orthopnea, *orthopnea_reported), item_11, limits.orthopnea_item_le),
    ):
        coded = _newest(entries, onset)
        if isinstance(item, Reading) and (coded is None or item.day > (coded.day or date.min)):
            if item.meets(limit):
                definite = item.meets(limits.definite_orthopnea_item_le)
                found.append(Symptom(name, item, definite=name == "orthopnea" and definite))
            elif coded is not None:
                notes.append(f"{name} on the problem list, but {item} says otherwise")
        elif coded is not None:
            found.append(Symptom(name, coded, definite=name == "orthopnea"))
    return RespiratorySymptoms(tuple(found), tuple(notes))


@derived
def respiratory_symptoms(
    population: Annotated[Population, State(population)],
    breathless: Annotated[RespiratorySymptoms, State(breathlessness)],
    fatigue: Annotated[Entries, Listed("fatigue", lookback=CONDITION)],
    sleepy: Annotated[Entries, Listed("daytime-sleepiness", lookback=CONDITION)],
    epworth: Annotated[Reading | Missing, Latest("epworth", lookback=ANSWER)],
    headache: Annotated[Entries, Listed("morning-headache", lookback=CONDITION)],
    sleep: Annotated[Entries, Listed("disturbed-sleep", lookback=CONDITION)],
    concentration: Annotated[Entries, Listed("poor-concentration", lookback=CONDITION)],
    dementia: Annotated[Entries, Listed("ftd-dementia")],
    signs: Annotated[Entries, Listed("breathing-signs", lookback=CONDITION)],
    infections: Annotated[Entries, Listed("chest-infection", lookback=ANSWER, history=True)],
    limits: SymptomLimits,
) -> RespiratorySymptoms:
    """
    The set of breathing symptoms: coded, reported or scored; free text never counts.

    Symptoms from before the onset of ALS do not count. Poor concentration does
    not count with dementia. Fatigue and poor concentration are weak: common in
    ALS for other reasons.
    """
    found = list(breathless.present)
    onset = population.onset
    coded = [
        ("daytime fatigue", fatigue, True),
        ("daytime sleepiness", sleepy, False),
        ("morning headache", headache, False),
        ("disturbed sleep", sleep, False),
        ("poor concentration", () if dementia else concentration, True),
        ("signs of weak breathing", signs, False),
    ]
    for name, entries, weak in coded:
        newest = _newest(tuple(entries), onset)
        if newest is not None:
            found.append(Symptom(name, newest, weak=weak))
    if isinstance(epworth, Reading) and epworth.meets(limits.sleepiness_score_gt):
        found.append(Symptom("daytime sleepiness", epworth))
    episodes = _newest_all(tuple(infections), onset)
    if limits.chest_infections_ge.met_by(_count(episodes)):
        found.append(Symptom("recurrent chest infection", episodes[0]))
    return RespiratorySymptoms(tuple(found), breathless.notes)


def _newest(entries: tuple[Entry, ...], onset: date | None) -> Entry | None:
    return next(iter(_newest_all(entries, onset)), None)


def _newest_all(entries: tuple[Entry, ...], onset: date | None) -> tuple[Entry, ...]:
    """Those since the onset of ALS, newest first; without a date a symptom is not placed."""
    since = [e for e in entries if e.day and (onset is None or e.day >= onset)]
    return tuple(sorted(since, key=lambda e: e.day or date.min, reverse=True))


def _count(episodes: tuple[Entry, ...]) -> Decimal:
    """Episodes on different days: one infection written down twice is one."""
    return Decimal(len({e.start or e.recorded for e in episodes}))
