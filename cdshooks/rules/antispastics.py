"""Are dantrolene and baclofen safe for this patient's liver, kidneys and breathing?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Delete,
    Draft,
    Entries,
    Indicator,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Order,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    failed_in,
    rule,
)
from cdshooks.rules.states.antispastics import (
    Alt,
    AltLimits,
    Doubt,
    Egfr,
    Pending,
    Riluzole,
    liver_panel,
    number_of,
    raised_alt,
)
from cdshooks.rules.states.liver import CertainLimits, Grade, told
from cdshooks.rules.states.respiratory_insufficiency import (
    Insufficiency,
    respiratory_insufficiency,
)

INTRATHECAL = ("intrathecal", "injection")
"""Baclofen into the spinal fluid hardly reaches the kidneys or the rest of the body."""


@rule(
    "dantrolene-liver",
    title="Dantrolene and the liver",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("dantrolene-us",),
    overrides=("risk-benefit-ratio",),
    leaves_out="Fatty liver alone; dantrolene by injection, against malignant hyperthermia.",
)
@decides(
    Row("critical", "Liver disease on the problem list"),
    Row("critical", "ALT {antispastic_alt_gt}, at most {antispastic_alt_days} old"),
    Row("warning", "The same ALT, where the laboratory gives no upper limit"),
    Row("warning", "Riluzole drafted or taken"),
    Row("warning", "No ALT of {antispastic_alt_days} on file or on order"),
    Row("info", "Riluzole is known only from an old order that nobody closed"),
    Row("none", "A current ALT that is not high, and none of these"),
)
def dantrolene_liver(
    order: Annotated[Order, Draft("dantrolene")],
    alt: Alt,
    disease: Annotated[Entries, Listed("liver-disease")],
    riluzole: Riluzole,
    pending: Pending,
    certain: CertainLimits,
    alts: AltLimits,
) -> Outcome:
    """Warn of dantrolene, which can destroy the liver, by what is known of this liver."""
    if order.form == "injection" or order.regimen.route == "intravenous":
        return NotIndicated("by injection, against malignant hyperthermia")
    grade = raised_alt(alt, certain, alts)
    unknown = isinstance(alt, Missing) and alt.proven and not pending
    taken = any(entry.sure for entry in riluzole)
    level = _level(disease, grade, warned=taken or unknown) or ("info" if riluzole else None)
    if level is None:
        failed = failed_in(disease, alt)
        if failed:
            return CannotAssess("ALT or the problem list could not be read", failed)
        return NotIndicated("a current ALT is not high, or liver tests are on order")
    with_riluzole = " and the patient takes riluzole" if taken else ""
    liver = _liver(disease, grade)
    return Recommend(
        summary=(
            f"Dantrolene is hepatotoxic (boxed warning){with_riluzole}: {liver or 'check ALT'}, "
            "prefer another antispastic."
        ),
        indicator=level,
        because=(
            *(f"On the problem list: {entry}." for entry in disease),
            *(told((grade.multiple,)) if grade else (f"Last ALT of the last 90 days: {alt}.",)),
            "It is contraindicated in active liver disease and where spasticity holds a posture.",
        ),
        evidence=(order, disease, *([grade.multiple.reading] if grade else []), riluzole),
        by=(grade.limit,) if grade else (),
        missing=(alt.text,) if isinstance(alt, Missing) else (),
        offers=(Delete(order), *liver_panel(alt, grade, pending, "Before dantrolene")),
    )


def _liver(disease: Entries, grade: Grade | None) -> str:
    """The worst that is known of the liver, for a summary; empty if nothing is."""
    if disease.newest:
        return f"{disease.newest.label} recorded"
    return f"ALT {grade.multiple.reading.amount} ({grade.multiple})" if grade else ""


def _level(disease: Entries, grade: Grade | None, *, warned: bool) -> Indicator | None:
    """The level of the worst thing that is known; None of nothing."""
    if disease or (grade and grade.level == "critical"):
        return "critical"
    return "warning" if grade or warned else None


@dataclass(frozen=True, slots=True)
class BaclofenLimits(Limits):
    """When kidneys or other sedatives make baclofen more dangerous."""

    group: ClassVar[str] = "antispastics"
    baclofen_egfr_lt: Threshold
    baclofen_egfr_caution_lt: Threshold
    baclofen_sedatives_ge: Threshold


@rule(
    "baclofen-renal-respiratory",
    title="Baclofen: kidneys, breathing and other sedatives",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("baclofen-us",),
    overrides=("risk-benefit-ratio",),
    leaves_out="Baclofen into the spinal fluid; creatinine without an eGFR.",
)
@decides(
    Row("warning", "eGFR {baclofen_egfr_lt}, at most {renal_evidence_days} old"),
    Row("info", "eGFR {baclofen_egfr_caution_lt}"),
    Row("info", "Breathing is insufficient"),
    Row("info", "Other sedating drugs drafted or taken: {baclofen_sedatives_ge}"),
    Row("none", "None of these"),
)
def baclofen_renal_respiratory(
    order: Annotated[Order, Draft("baclofen")],
    egfr: Egfr,
    weak: Annotated[Insufficiency, State(respiratory_insufficiency)],
    sedating: Annotated[Entries, Medication("sedating", drafted=True)],
    limits: BaclofenLimits,
) -> Outcome:
    """
    Say what makes baclofen more dangerous: weak kidneys, weak breathing, other sedatives.

    sedating: opioids, benzodiazepines and other sedatives, each counted once.
    """
    if order.form in INTRATHECAL or order.regimen.route in INTRATHECAL:
        return NotIndicated("baclofen into the spinal fluid")
    drugs = tuple(dict.fromkeys(entry.label for entry in sedating))
    found = [*_renal(egfr, limits), *_sedated(weak, sedating, drugs, limits)]
    if not found:
        failed = failed_in(egfr, weak)
        if failed:
            return CannotAssess("kidneys or breathing could not be read", failed)
        return NotIndicated("kidneys, breathing and other drugs give no reason to speak")
    return Recommend(
        summary=found[0].summary,
        indicator=found[0].level,
        because=(
            *(doubt.because for doubt in found),
            *(doubt.summary for doubt in found[1:]),
            "Less spasticity may unmask weakness: some patients need it to stand.",
            "Never stop it at once: hallucinations and seizures; taper over 1 to 2 weeks.",
        ),
        evidence=(order, *(doubt.fact for doubt in found if doubt.fact)),
        by=tuple(limit for doubt in found for limit in doubt.by),
        missing=(egfr.text,) if isinstance(egfr, Missing) else (),
    )


def _renal(egfr: Reading | Missing, limits: BaclofenLimits) -> Iterator[Doubt]:
    if not isinstance(egfr, Reading) or not egfr.meets(limits.baclofen_egfr_caution_lt):
        return
    low = egfr.meets(limits.baclofen_egfr_lt)
    yield Doubt(
        "warning" if low else "info",
        f"Baclofen with eGFR {number_of(egfr)}: accumulates and sedates; reduce dose or choose "
        "another antispastic.",
        f"{egfr}: muscle loss in ALS makes eGFR look better than it is.",
        egfr,
        (limits.baclofen_egfr_lt if low else limits.baclofen_egfr_caution_lt,),
    )


def _sedated(
    weak: Insufficiency, sedating: Entries, drugs: tuple[str, ...], limits: BaclofenLimits
) -> Iterator[Doubt]:
    if weak:
        yield Doubt(
            "info",
            f"Baclofen with {weak.told}: it sedates; start low, watch CO2.",
            " ".join(weak.because),
            weak.signs[0].fact,
            weak.by[:1],
        )
    if limits.baclofen_sedatives_ge.met_by(Decimal(len(drugs))):
        yield Doubt(
            "info",
            f"Baclofen with {len(drugs)} other sedating drugs: they add up; lowest doses.",
            f"Together: {', '.join(drugs)}.",
            sedating,
            (limits.baclofen_sedatives_ge,),
        )
