"""Which criteria for non-invasive ventilation does the patient meet?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    LEVELS,
    Fact,
    Indicator,
    Limits,
    Missing,
    Patient,
    Person,
    Reading,
    Series,
    State,
    Threshold,
    derived,
)
from cdshooks.rules.inputs import (
    RECENT,
    Mip,
    MipPercent,
    Night,
    PaCO2,
    Ph,
    SittingVc,
    SleepHypoventilation,
    Snip,
    SnipPercent,
    SupineVc,
)
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms


@dataclass(frozen=True, slots=True)
class NivLimits(Limits):
    """The limits of every criterion."""

    group: ClassVar[str] = "niv"
    vc_asymptomatic_lt: Threshold
    vc_symptomatic_lt: Threshold
    vc_alone_lt: Threshold
    snip_cmh2o_lt: Threshold
    snip_pct_lt: Threshold
    mip_cmh2o_lt: Threshold
    mip_cmh2o_early_lt: Threshold
    mip_pct_lt: Threshold
    orthopnea_alone: bool
    paco2_gt_mmhg: Threshold
    paco2_critical_gt_mmhg: Threshold
    ph_critical_lt: Threshold
    noct_t90_pct_gt: Threshold
    noct_t88_pct_gt: Threshold
    noct_t88_min_ge: Threshold
    noct_min_recording_min: Threshold
    pressure_symptomatic_lt_men: Threshold
    pressure_symptomatic_lt_women: Threshold
    pressure_fall_gt: Threshold
    pressure_fall_interval_days: Decimal


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion that is met: its id, its level, and the finding in words."""

    id: str
    level: Indicator
    finding: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True)
class NivCriteria:
    """Criteria met, worst first, and the tests that are missing."""

    met: tuple[Criterion, ...] = ()
    missing: tuple[Missing, ...] = ()
    tested: bool = False

    def __bool__(self) -> bool:
        return bool(self.met)

    def has(self, id: str) -> bool:
        """Whether the criterion of this id is met."""
        return any(c.id == id for c in self.met)


@derived
def blood_gas_criterion(paco2: PaCO2, ph: Ph, limits: NivLimits) -> Criterion | None:
    """C1: carbon dioxide is high; critical when very high or with acidosis on the same day."""
    if not isinstance(paco2, Reading) or not paco2.meets(limits.paco2_gt_mmhg):
        return None
    acid = isinstance(ph, Reading) and ph.day == paco2.day and ph.meets(limits.ph_critical_lt)
    if acid and isinstance(ph, Reading):
        finding = f"{paco2}, {ph.label} {ph.amount}"
        by = (limits.paco2_gt_mmhg, limits.ph_critical_lt)
        return Criterion("C1", "critical", finding, (paco2, ph), by)
    if paco2.meets(limits.paco2_critical_gt_mmhg):
        return Criterion("C1", "critical", str(paco2), (paco2,), (limits.paco2_critical_gt_mmhg,))
    return Criterion("C1", "warning", str(paco2), (paco2,), (limits.paco2_gt_mmhg,))


@derived
def vital_capacity_criteria(
    sitting: SittingVc,
    supine: SupineVc,
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    limits: NivLimits,
) -> tuple[Criterion, ...]:
    """
    C2, C3 and C10: vital capacity, alone and with symptoms.

    A supine value is never compared with the limit for sitting; with a symptom
    either position counts.
    """
    found = []
    if isinstance(sitting, Reading) and sitting.meets(limits.vc_asymptomatic_lt):
        by = (limits.vc_asymptomatic_lt,)
        found.append(Criterion("C2", "warning", str(sitting), (sitting,), by))
    low = [
        vc
        for vc in (sitting, supine)
        if isinstance(vc, Reading) and vc.meets(limits.vc_symptomatic_lt)
    ]
    if low and symptoms:
        facts = (low[0], *(s.evidence for s in symptoms.present))
        level: Indicator = "warning" if symptoms.strong else "info"
        finding = f"{low[0]} with {symptoms.names}"
        found.append(Criterion("C3", level, finding, facts, (limits.vc_symptomatic_lt,)))
    if isinstance(sitting, Reading) and sitting.meets(limits.vc_alone_lt):
        by = (limits.vc_alone_lt,)
        found.append(Criterion("C10", "info", str(sitting), (sitting,), by))
    return tuple(found)


@derived
def pressure_criteria(
    snip: Snip,
    snip_percent: SnipPercent,
    mip: Mip,
    mip_percent: MipPercent,
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    limits: NivLimits,
) -> tuple[Criterion, ...]:
    """
    C4, C4b, C5 and C5b: inspiratory pressures, as pressure and as share of predicted.

    The one is never converted into the other: SNIP of 40 cmH2O is not 40 %.
    """
    found = []
    if isinstance(snip, Reading) and snip.meets(limits.snip_cmh2o_lt):
        found.append(Criterion("C4", "warning", str(snip), (snip,), (limits.snip_cmh2o_lt,)))
    pressure_day = snip.day if isinstance(snip, Reading) else None
    if (
        isinstance(snip_percent, Reading)
        and snip_percent.day != pressure_day
        and snip_percent.meets(limits.snip_pct_lt)
    ):
        facts, by = (snip_percent,), (limits.snip_pct_lt,)
        found.append(Criterion("C4b", "info", f"{snip_percent} of predicted", facts, by))
    if isinstance(mip, Reading) and mip.meets(limits.mip_cmh2o_lt):
        found.append(Criterion("C5", "warning", str(mip), (mip,), (limits.mip_cmh2o_lt,)))
        return tuple(found)
    level: Indicator = "warning" if symptoms.strong else "info"
    if isinstance(mip, Reading) and mip.meets(limits.mip_cmh2o_early_lt):
        found.append(Criterion("C5b", level, str(mip), (mip,), (limits.mip_cmh2o_early_lt,)))
    elif isinstance(mip_percent, Reading) and mip_percent.meets(limits.mip_pct_lt):
        finding, by = f"{mip_percent} of predicted", (limits.mip_pct_lt,)
        found.append(Criterion("C5b", level, finding, (mip_percent,), by))
    return tuple(found)


@derived
def pressure_table_criteria(
    snip: Snip,
    mip: Mip,
    snips: Annotated[tuple[Reading, ...], Series("snip", lookback=RECENT)],
    mips: Annotated[tuple[Reading, ...], Series("mip", lookback=RECENT)],
    person: Annotated[Person, Patient()],
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    limits: NivLimits,
) -> tuple[Criterion, ...]:
    """C4c: pressures moderately low with symptoms, by sex, or falling fast; off by default."""
    found = []
    by_sex = {
        "male": limits.pressure_symptomatic_lt_men,
        "female": limits.pressure_symptomatic_lt_women,
    }
    limit = by_sex.get(person.sex or "")
    for reading in (snip, mip):
        if limit and symptoms and isinstance(reading, Reading) and reading.meets(limit):
            level: Indicator = "warning" if symptoms.strong else "info"
            facts = (reading, *(s.evidence for s in symptoms.present))
            finding = f"{reading} with {symptoms.names}"
            found.append(Criterion("C4c", level, finding, facts, (limit,)))
            break
    for readings in (snips, mips):
        if len(readings) > 1 and readings[0].day < readings[-1].day:
            first, last = readings[0], readings[-1]
            days = Decimal((last.day - first.day).days)
            fall = (first.value - last.value) / days * limits.pressure_fall_interval_days
            if limits.pressure_fall_gt.met_by(fall, 1):
                finding = f"{last.label} fell from {first.amount} to {last.amount} in {days} days"
                by = (limits.pressure_fall_gt,)
                found.append(Criterion("C4c", "warning", finding, (first, last), by))
                break
    return tuple(found)


@derived
def night_criterion(night: Night, limits: NivLimits) -> Criterion | None:
    """C6: low saturation in a night long enough, on room air and without support."""
    if isinstance(night, Missing) or night.context & {"oxygen", "support"}:
        return None
    recording = night["spo2-recording-minutes"]
    if recording is None or not recording.meets(limits.noct_min_recording_min):
        return None
    for measure, limit in (
        ("spo2-t90", limits.noct_t90_pct_gt),
        ("spo2-t88", limits.noct_t88_pct_gt),
        ("spo2-t88-minutes", limits.noct_t88_min_ge),
    ):
        value = night[measure]
        if value is not None and value.meets(limit):
            return Criterion("C6", "warning", f"{value} in sleep", (value, recording), (limit,))
    return None


@derived
def symptom_criteria(
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    hypoventilation: SleepHypoventilation,
    limits: NivLimits,
) -> tuple[Criterion, ...]:
    """C7, C8 and C9: sleep hypoventilation, definite orthopnea, the triad of symptoms."""
    found = []
    coded = hypoventilation.newest
    if coded:
        found.append(Criterion("C7", "warning", str(coded), (coded,)))
    orthopnea = symptoms.get("orthopnea")
    if limits.orthopnea_alone and orthopnea and orthopnea.definite:
        finding = f"definite orthopnea, {orthopnea.evidence}"
        found.append(Criterion("C8", "warning", finding, (orthopnea.evidence,)))
    triad = [symptoms.get(name) for name in ("dyspnea", "orthopnea", "daytime fatigue")]
    present = [s for s in triad if s is not None]
    if len(present) == len(triad):
        facts = tuple(s.evidence for s in present)
        found.append(Criterion("C9", "warning", "dyspnea, orthopnea and daytime fatigue", facts))
    return tuple(found)


@derived
def niv_criteria(
    gas: Annotated[Criterion | None, State(blood_gas_criterion)],
    capacity: Annotated[tuple[Criterion, ...], State(vital_capacity_criteria)],
    pressures: Annotated[tuple[Criterion, ...], State(pressure_criteria)],
    table: Annotated[tuple[Criterion, ...], State(pressure_table_criteria)],
    night: Annotated[Criterion | None, State(night_criterion)],
    symptoms: Annotated[tuple[Criterion, ...], State(symptom_criteria)],
    paco2: PaCO2,
    vc: SittingVc,
    snip: Snip,
    mip: Mip,
    study: Night,
) -> NivCriteria:
    """Every criterion that is met, the highest level first, and the tests not on file."""
    single = [c for c in (gas, night) if c is not None]
    found = sorted(
        [*single, *capacity, *pressures, *table, *symptoms],
        key=lambda c: (-LEVELS.index(c.level), _number(c.id)),
    )
    tests = (vc, snip, mip, paco2, study)
    missing = tuple(t for t in tests if isinstance(t, Missing))
    return NivCriteria(tuple(found), missing, tested=len(missing) < len(tests))


def _number(id: str) -> tuple[int, str]:
    digits = "".join(c for c in id if c.isdigit())
    return int(digits), id
