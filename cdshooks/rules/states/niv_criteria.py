"""Which criteria for non-invasive ventilation does the patient meet?"""

from typing import Annotated

from cdshooks.rules.authoring import (
    LEVELS,
    Entry,
    Indicator,
    Missing,
    Reading,
    Row,
    State,
    decides,
    derived,
    on,
)
from cdshooks.rules.inputs import (
    FoundHypoventilation,
    Mip,
    Night,
    PaCO2,
    Ph,
    SittingVc,
    SleepHypoventilation,
    Snip,
    SupineVc,
)
from cdshooks.rules.states.nights import (
    Recordings,
    T88Minutes,
    T88s,
    T90s,
    nights,
    on_room_air,
)
from cdshooks.rules.states.niv_model import Criterion, NivCriteria, NivLimits
from cdshooks.rules.states.niv_pressures import (
    mouth_criterion,
    pressure_fall,
    pressure_with_symptoms,
    sniff_criteria,
)
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.words import dated


@derived
@decides(
    Row("critical", "PaCO2 {paco2_critical_gt_mmhg}", "C1"),
    Row("critical", "PaCO2 {paco2_gt_mmhg} with pH {ph_critical_lt} on that day or since", "C1"),
    Row("warning", "PaCO2 {paco2_gt_mmhg}", "C1"),
)
def blood_gas_criterion(paco2: PaCO2, ph: Ph, limits: NivLimits) -> Criterion | None:
    """C1: carbon dioxide is high; critical when very high, or with acidosis then or since."""
    if not isinstance(paco2, Reading) or not paco2.meets(limits.paco2_gt_mmhg):
        return None
    if isinstance(ph, Reading) and ph.day >= paco2.day and ph.meets(limits.ph_critical_lt):
        finding = f"{paco2}, {f'{ph.label} {ph.amount}' if ph.day == paco2.day else ph}"
        by = (limits.paco2_gt_mmhg, limits.ph_critical_lt)
        return Criterion("C1", "critical", finding, (paco2, ph), by)
    if paco2.meets(limits.paco2_critical_gt_mmhg):
        return Criterion("C1", "critical", str(paco2), (paco2,), (limits.paco2_critical_gt_mmhg,))
    return Criterion("C1", "warning", str(paco2), (paco2,), (limits.paco2_gt_mmhg,))


@derived
@decides(
    Row("warning", "Vital capacity {vc_asymptomatic_lt} of predicted, sitting", "C2"),
    Row(
        "warning",
        "Vital capacity {vc_symptomatic_lt} of predicted, sitting or lying, "
        "with a breathing symptom",
        "C3",
    ),
    Row(
        "info",
        "Vital capacity {vc_symptomatic_lt} of predicted, with fatigue or poor concentration alone",
        "C3",
    ),
    Row("info", "Vital capacity {vc_alone_lt} of predicted, sitting, whatever the symptoms", "C10"),
)
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


NIGHT = (
    "night on room air, with a recording of {noct_min_recording_min}, {noct_apart_le_minutes} away"
)
"""Which nights count."""


@derived
@decides(
    Row("warning", f"Saturation below 90% for {{noct_t90_pct_gt}} of a {NIGHT}", "C6"),
    Row("warning", f"Saturation 88% or less for {{noct_t88_pct_gt}} of a {NIGHT}", "C6"),
    Row("warning", f"Saturation 88% or less for {{noct_t88_min_ge}} of a {NIGHT}", "C6"),
)
def night_criterion(
    recordings: Recordings,
    t90: T90s,
    t88: T88s,
    minutes: T88Minutes,
    limits: NivLimits,
) -> Criterion | None:
    """
    C6: low saturation in the newest night that is valid.

    A night is valid when it was recorded long enough, on room air and without
    support; a later one that is not valid does not hide it, also of the same night.
    """
    measured = (
        (t90, limits.noct_t90_pct_gt),
        (t88, limits.noct_t88_pct_gt),
        (minutes, limits.noct_t88_min_ge),
    )
    for recording, tests in nights(measured, recordings, limits.noct_apart_le_minutes):
        if not recording.meets(limits.noct_min_recording_min):
            continue
        if not tests or not on_room_air(recording, tests):
            continue
        met = [(reading, limit) for reading, limit in tests if reading.meets(limit)]
        if not met:
            return None
        reading, limit = met[0]
        return Criterion(
            "C6", "warning", dated(reading, "in sleep"), (reading, recording), (limit,)
        )
    return None


@derived
@decides(
    Row("warning", "Hypoventilation during sleep, on the problem list or found in a study", "C7"),
    Row("warning", "Definite orthopnea", "C8", on="orthopnea_alone"),
    Row("warning", "Dyspnea, orthopnea and daytime fatigue together", "C9"),
)
def symptom_criteria(
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    hypoventilation: SleepHypoventilation,
    study: FoundHypoventilation,
    limits: NivLimits,
) -> tuple[Criterion, ...]:
    """C7, C8 and C9: sleep hypoventilation, definite orthopnea, the triad of symptoms."""
    found = []
    coded = hypoventilation.newest or study.newest
    if coded:
        found.append(Criterion("C7", "warning", str(coded), (coded,)))
    orthopnea = symptoms.get("orthopnea")
    if limits.orthopnea_alone and orthopnea and orthopnea.definite:
        finding = f"definite orthopnea, {_where(orthopnea.evidence)}"
        found.append(Criterion("C8", "warning", finding, (orthopnea.evidence,)))
    triad = [symptoms.get(name) for name in ("dyspnea", "orthopnea", "daytime fatigue")]
    present = [s for s in triad if s is not None]
    if len(present) == len(triad):
        facts = tuple(s.evidence for s in present)
        found.append(Criterion("C9", "warning", "dyspnea, orthopnea and daytime fatigue", facts))
    return tuple(found)


def _where(evidence: Entry | Reading) -> str:
    """Where a symptom stands: its score, or that it is on record, with the day."""
    if isinstance(evidence, Reading):
        return str(evidence)
    return f"on record ({on(evidence.day)})" if evidence.day else "on record"


@derived
def niv_criteria(
    gas: Annotated[Criterion | None, State(blood_gas_criterion)],
    capacity: Annotated[tuple[Criterion, ...], State(vital_capacity_criteria)],
    sniff: Annotated[tuple[Criterion, ...], State(sniff_criteria)],
    mouth: Annotated[Criterion | None, State(mouth_criterion)],
    low: Annotated[tuple[Criterion, ...], State(pressure_with_symptoms)],
    falling: Annotated[tuple[Criterion, ...], State(pressure_fall)],
    night: Annotated[Criterion | None, State(night_criterion)],
    symptoms: Annotated[tuple[Criterion, ...], State(symptom_criteria)],
    paco2: PaCO2,
    vc: SittingVc,
    snip: Snip,
    mip: Mip,
    study: Night,
) -> NivCriteria:
    """Every criterion that is met, the highest level first, and the tests not on file."""
    single = [c for c in (gas, mouth, night) if c is not None]
    found = sorted(
        [*single, *capacity, *sniff, *low, *falling, *symptoms],
        key=lambda c: (-LEVELS.index(c.level), _number(c.id)),
    )
    tests = (vc, snip, mip, paco2, study)
    missing = tuple(t for t in tests if isinstance(t, Missing))
    return NivCriteria(tuple(found), missing, tested=len(missing) < len(tests))


def _number(id: str) -> tuple[int, str]:
    digits = "".join(c for c in id if c.isdigit())
    return int(digits), id
