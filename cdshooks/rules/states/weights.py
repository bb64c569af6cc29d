"""How much weight was lost, since when, and is the patient undernourished?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Doubt,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    Patient,
    Performed,
    Person,
    Reading,
    Series,
    State,
    Threshold,
    derived,
    on,
    origins,
    rounded,
    shown,
)
from cdshooks.rules.states.population import Population, population

Weights = Annotated[tuple[Reading, ...], Series("weight", lookback=None)]
CurrentWeight = Annotated[Reading | Missing, Latest("weight", lookback="weight_current_days")]
Height = Annotated[Reading | Missing, Latest("height", lookback=None)]
ReportedBmi = Annotated[Reading | Missing, Latest("bmi", lookback="bmi_recent_days")]
EXPLAINED = "weight-change-explained"


@dataclass(frozen=True, slots=True)
class ReferenceLimits(Limits):
    """Which earlier weights a loss is counted from."""

    group: ClassVar[str] = "nutrition"
    weight_reference_min_days: Threshold
    weight_reference_max_days: Threshold
    weight_diagnosis_days: Threshold


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of weight; a gain is a negative one. basis: what the reference is, in words.

    percent: of the reference, rounded half-up to one decimal.
    """

    reference: Reading
    current: Reading
    basis: str

    @property
    def percent(self) -> Decimal:
        """How much of the reference is gone, in percent."""
        lost = (self.reference.value - self.current.value) * 100 / self.reference.value
        return rounded(lost, 1)

    @property
    def facts(self) -> tuple[Reading, Reading]:
        """The two weights."""
        return (self.reference, self.current)

    def __str__(self) -> str:
        return f"{shown(self.percent)}%"


@derived
def weight_loss(
    current: CurrentWeight,
    weights: Weights,
    usual: Annotated[Reading | Missing, Latest("usual-weight", lookback=None)],
    population: Annotated[Population, State(population)],
    limits: ReferenceLimits,
) -> Loss | None:
    """
    The loss since the highest of: a year's weights, that at diagnosis, the usual weight.

    current: not older than the interval of weighing. None without two weights to
    compare. Weights that a slip explains better than the patient are not among them.
    """
    if isinstance(current, Missing):
        return None
    earlier = [weight for weight in weights if weight.day < current.day]
    found = [(w, "highest of the year before") for w in earlier if _counts(w, current, limits)]
    found += _at_diagnosis(earlier, population.diagnosed, limits)
    if isinstance(usual, Reading):
        found.append((usual, "usual weight"))
    if not found:
        return None
    reference, basis = max(found, key=lambda pair: pair[0].value)
    return Loss(reference, current, basis)


def _counts(weight: Reading, current: Reading, limits: ReferenceLimits) -> bool:
    days = Decimal((current.day - weight.day).days)
    return limits.weight_reference_min_days.met_by(
        days
    ) and limits.weight_reference_max_days.met_by(days)


def _at_diagnosis(
    weights: list[Reading], diagnosed: date | None, limits: ReferenceLimits
) -> Iterator[tuple[Reading, str]]:
    """The weight nearest the diagnosis, if one is near enough."""
    if diagnosed is None or not weights:
        return
    nearest = min(weights, key=lambda weight: abs((weight.day - diagnosed).days))
    if limits.weight_diagnosis_days.met_by(Decimal(abs((nearest.day - diagnosed).days))):
        yield nearest, "weight at diagnosis"


@dataclass(frozen=True, slots=True)
class FallLimits(Limits):
    """What shows that a weight is still falling."""

    group: ClassVar[str] = "nutrition"
    falls_total_ge: Threshold
    falls_within_days: Threshold


@derived
def falling_weight(current: CurrentWeight, weights: Weights, limits: FallLimits) -> Loss | None:
    """Two falls in a row over the last three weights, of enough in sum and soon enough."""
    if isinstance(current, Missing) or len(weights) < 3:
        return None
    first, middle, last = weights[-3:]
    loss = Loss(first, last, "two falls in a row")
    soon = limits.falls_within_days.met_by(Decimal((last.day - first.day).days))
    falls = first.value > middle.value > last.value
    return loss if falls and soon and limits.falls_total_ge.met_by(loss.percent) else None


@derived
def explained_loss(
    loss: Annotated[Loss | None, State(weight_loss)],
    stated: Annotated[Entries, Listed(EXPLAINED, history=True)],
    done: Annotated[Entries, Performed(EXPLAINED, statuses=("completed",))],
) -> Entry | None:
    """What since the reference explains a loss: intention, diuresis, amputation, paracentesis."""
    if loss is None:
        return None
    since = loss.reference.day
    return next((entry for some in (stated, done) for entry in some.after(since)), None)


@dataclass(frozen=True, slots=True)
class Bmi:
    """A body mass index. computed: from weight and height, and not as somebody wrote it."""

    value: Decimal
    day: date
    facts: tuple[Reading, ...]
    computed: bool

    def __str__(self) -> str:
        return f"BMI {shown(self.value)} kg/m2"


@dataclass(frozen=True, slots=True)
class BmiLimits(Limits):
    """What BMI is undernutrition."""

    group: ClassVar[str] = "nutrition"
    bmi_low_lt: Threshold
    bmi_low_lt_from_70: Threshold
    bmi_elderly_from_years: Threshold
    bmi_disagree_gt: Threshold


@derived
def bmi(
    current: CurrentWeight, height: Height, reported: ReportedBmi, limits: BmiLimits
) -> Bmi | None:
    """
    The BMI of the current weight and the latest height; as reported, where one is missing.

    One that was reported after that weight is the newest, unless the two contradict each other.
    """
    computed = _computed(current, height)
    if isinstance(reported, Missing):
        return computed
    told = _told(reported)
    if computed is None or (told.day > computed.day and not _contradicts(told, computed, limits)):
        return told
    return computed


def _computed(current: Reading | Missing, height: Reading | Missing) -> Bmi | None:
    if isinstance(current, Missing) or isinstance(height, Missing):
        return None
    metres = height.value / 100
    value = rounded(current.value / (metres * metres), 1)
    return Bmi(value, current.day, (current, height), computed=True)


def _told(reported: Reading) -> Bmi:
    return Bmi(rounded(reported.value, 1), reported.day, (reported,), computed=False)


def _contradicts(told: Bmi, computed: Bmi, limits: BmiLimits) -> bool:
    return limits.bmi_disagree_gt.met_by(abs(computed.value - told.value), 1)


@derived
def bmi_limit(person: Annotated[Person, Patient()], limits: BmiLimits) -> Threshold:
    """The BMI below which this patient is undernourished."""
    old = person.age is not None and limits.bmi_elderly_from_years.met_by(Decimal(person.age))
    own = limits.bmi_low_lt_from_70
    return own if old and own.value is not None else limits.bmi_low_lt


@derived
def bmi_doubt(
    bmi: Annotated[Bmi | None, State(bmi)],
    reported: ReportedBmi,
    limit: Annotated[Threshold, State(bmi_limit)],
    limits: BmiLimits,
) -> Doubt | None:
    """A reported BMI that weight and height contradict, when advice depends on it.

    One from before that weight is overtaken by it.
    """
    if bmi is None or not bmi.computed or isinstance(reported, Missing):
        return None
    apart = _contradicts(_told(reported), bmi, limits)
    decides = limit.met_by(bmi.value) != reported.meets(limit)
    if reported.day < bmi.day or not apart or not decides:
        return None
    when = f" {on(reported.day)}" if reported.day != bmi.day else ""
    reason = f"{reported.amount} reported{when} vs {shown(bmi.value)} from weight and height"
    found = tuple(origin for fact in (reported, *bmi.facts) for origin in origins(fact))
    return Doubt("conflict", "BMI", f"BMI: {reason}", bmi.day, found, reason)
