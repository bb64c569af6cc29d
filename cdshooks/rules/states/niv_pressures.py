"""Which criteria do the inspiratory pressures meet?"""

from decimal import Decimal
from typing import Annotated

from cdshooks.rules.authoring import (
    Indicator,
    Patient,
    Person,
    Reading,
    Row,
    Series,
    State,
    Threshold,
    decides,
    derived,
)
from cdshooks.rules.inputs import RECENT, Mip, MipPercent, Snip, SnipPercent
from cdshooks.rules.states.niv_model import Criterion, NivLimits
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.words import dated

Symptoms = Annotated[RespiratorySymptoms, State(respiratory_symptoms)]
Snips = Annotated[tuple[Reading, ...], Series("snip", lookback=RECENT)]
Mips = Annotated[tuple[Reading, ...], Series("mip", lookback=RECENT)]


@derived
@decides(
    Row("warning", "SNIP {snip_cmh2o_lt}", "C4"),
    Row("info", "SNIP {snip_pct_lt} of predicted, with no pressure recorded that day", "C4b"),
)
def sniff_criteria(
    snip: Snip, percent: SnipPercent, snips: Snips, limits: NivLimits
) -> tuple[Criterion, ...]:
    """
    C4 and C4b: SNIP as pressure, and as share of predicted when no pressure is known.

    The one is never converted into the other: SNIP of 40 cmH2O is not 40 %.
    """
    found = []
    if isinstance(snip, Reading) and snip.meets(limits.snip_cmh2o_lt):
        found.append(Criterion("C4", "warning", str(snip), (snip,), (limits.snip_cmh2o_lt,)))
    low = isinstance(percent, Reading) and percent.meets(limits.snip_pct_lt)
    if isinstance(percent, Reading) and low and all(r.day != percent.day for r in snips):
        finding, by = dated(percent, "of predicted"), (limits.snip_pct_lt,)
        found.append(Criterion("C4b", "info", finding, (percent,), by))
    return tuple(found)


@derived
@decides(
    Row("warning", "MIP {mip_cmh2o_lt}", "C5"),
    Row("warning", "MIP {mip_cmh2o_early_lt}, with a breathing symptom", "C5b"),
    Row("info", "MIP {mip_cmh2o_early_lt}", "C5b"),
    Row("warning", "MIP {mip_pct_lt} of predicted, with a breathing symptom", "C5b"),
    Row("info", "MIP {mip_pct_lt} of predicted", "C5b"),
)
def mouth_criterion(
    mip: Mip, percent: MipPercent, symptoms: Symptoms, limits: NivLimits
) -> Criterion | None:
    """C5, or else C5b: MIP as pressure or as share of predicted."""
    if isinstance(mip, Reading) and mip.meets(limits.mip_cmh2o_lt):
        return Criterion("C5", "warning", str(mip), (mip,), (limits.mip_cmh2o_lt,))
    level = _level(symptoms)
    if isinstance(mip, Reading) and mip.meets(limits.mip_cmh2o_early_lt):
        return Criterion("C5b", level, str(mip), (mip,), (limits.mip_cmh2o_early_lt,))
    if isinstance(percent, Reading) and percent.meets(limits.mip_pct_lt):
        finding = dated(percent, "of predicted")
        return Criterion("C5b", level, finding, (percent,), (limits.mip_pct_lt,))
    return None


def _level(symptoms: RespiratorySymptoms) -> Indicator:
    """Fatigue alone or poor concentration alone does not carry a warning."""
    return "warning" if symptoms.strong else "info"


@derived
@decides(
    Row(
        "warning",
        "SNIP or MIP {pressure_symptomatic_lt_men} in a man with a breathing symptom",
        "C4c",
    ),
    Row(
        "warning",
        "SNIP or MIP {pressure_symptomatic_lt_women} in a woman with a breathing symptom",
        "C4c",
    ),
    Row(
        "info",
        "SNIP or MIP {pressure_symptomatic_lt_men} in a man, {pressure_symptomatic_lt_women} "
        "in a woman, with fatigue or poor concentration alone",
        "C4c",
    ),
)
def pressure_with_symptoms(
    snip: Snip,
    mip: Mip,
    person: Annotated[Person, Patient()],
    symptoms: Symptoms,
    limits: NivLimits,
) -> tuple[Criterion, ...]:
    """C4c, first half: a pressure moderately low for the patient's sex, with symptoms."""
    by_sex: dict[str | None, Threshold] = {
        "male": limits.pressure_symptomatic_lt_men,
        "female": limits.pressure_symptomatic_lt_women,
    }
    limit = by_sex.get(person.sex)
    if limit is None or not symptoms:
        return ()
    low = [r for r in (snip, mip) if isinstance(r, Reading) and r.meets(limit)]
    evidence = tuple(s.evidence for s in symptoms.present)
    return tuple(
        Criterion("C4c", _level(symptoms), f"{r} with {symptoms.names}", (r, *evidence), (limit,))
        for r in low[:1]
    )


@derived
@decides(
    Row(
        "warning",
        "SNIP or MIP fell by {pressure_fall_gt} in {pressure_fall_interval_days}, "
        "judged over {pressure_fall_min_days} or more",
        "C4c",
    ),
)
def pressure_fall(snips: Snips, mips: Mips, limits: NivLimits) -> tuple[Criterion, ...]:
    """
    C4c, second half: a pressure falling fast.

    Judged over the longest interval on file that ends at the latest result. One
    too short would make a trend of the scatter between two efforts.
    """
    found = []
    for readings in (snips, mips):
        if not readings:
            continue
        first, last = readings[0], readings[-1]
        days = Decimal((last.day - first.day).days)
        if days < limits.pressure_fall_min_days:
            continue
        fall = (first.value - last.value) / days * limits.pressure_fall_interval_days
        if limits.pressure_fall_gt.met_by(fall, 1):
            finding = f"{last.label} fell from {first.amount} to {last.amount} in {days} days"
            by = (limits.pressure_fall_gt,)
            found.append(Criterion("C4c", "warning", finding, (first, last), by))
    return tuple(found[:1])
