"""Were the causes of fatigue looked for, and what helps when there is none to treat?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    CannotAssess,
    Create,
    Draft,
    Entries,
    InUse,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Order,
    Outcome,
    Reading,
    Recommend,
    State,
    Studied,
    Threshold,
    failed_in,
    rule,
)
from cdshooks.rules.inputs import SittingVc
from cdshooks.rules.states.fatigue import (
    Causes,
    Fatigue,
    causes_unchecked,
    fatigue_found,
    severe_for_long,
)
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.ventilation import Vent, vent

MODAFINIL = "modafinil-proposal"

Found = Annotated[Fatigue, State(fatigue_found)]
Unchecked = Annotated[Causes, State(causes_unchecked)]


@rule(
    "fatigue-assess",
    title="Causes of fatigue",
    hooks=("patient-view",),
    kind="M",
    group="SYMPTOM",
    sources=("cochrane-fatigue-2018", "aan-2009b", "rabkin-2009"),
    overrides=("done-elsewhere",),
    leaves_out="Drugs that make tired, which are named and not checked; fatigue in notes.",
)
def fatigue_assess(
    fatigue: Found, causes: Unchecked, riluzole: Annotated[Entries, Medication("riluzole")]
) -> Outcome:
    """Ask for what was not looked at when fatigue is scored or recorded."""
    if not fatigue:
        return _no_fatigue(fatigue)
    if causes.failed:
        return CannotAssess("what was looked for could not be read", causes.failed)
    if not causes.unchecked:
        return NotIndicated("every cause was looked for")
    reason = f"Fatigue, {fatigue.told}"
    drafts = [*causes.unchecked.values(), *(["riluzole-fatigue"] if riluzole else [])]
    return Recommend(
        summary=(
            f"Fatigue ({fatigue.told}): check breathing, sleep, mood, thyroid, anaemia, drugs first"
        ),
        indicator="info",
        because=(
            f"Not on file: {', '.join(causes.unchecked)}.",
            "Daytime fatigue can be the first sign of weak breathing at night.",
            "Look at drugs that make tired: sedatives, muscle relaxants, "
            "anticholinergics and riluzole, which may be withheld for fatigue (AAN).",
        ),
        evidence=(*fatigue.evidence, riluzole),
        by=fatigue.by,
        missing=fatigue.notes,
        offers=tuple(Create(draft, reason=reason) for draft in drafts),
    )


def _no_fatigue(fatigue: Fatigue) -> Outcome:
    if fatigue.failed:
        return CannotAssess("fatigue could not be read", fatigue.failed)
    return NotIndicated("; ".join(fatigue.notes) or "no fatigue is recorded")


@dataclass(frozen=True, slots=True)
class TreatLimits(Limits):
    """When breathing is treated before fatigue."""

    group: ClassVar[str] = "fatigue"
    fatigue_vc_lt: Threshold


@rule(
    "fatigue-treat",
    title="Persistent fatigue",
    hooks=("patient-view",),
    kind="S",
    group="SYMPTOM",
    sources=("cochrane-fatigue-2018", "rabkin-2009"),
    overrides=("contraindicated", "patient-declined"),
    leaves_out="Blood pressure by value: only hypertension that is recorded as not controlled.",
)
def fatigue_treat(
    fatigue: Found,
    lasting: Annotated[bool, State(severe_for_long)],
    causes: Unchecked,
    vc: SittingVc,
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    vent: Annotated[Vent, State(vent)],
    tried: Annotated[Entries, Medication("modafinil", ended=True)],
    caution: Annotated[Entries, Listed("modafinil-caution", named=True)],
    allergies: Annotated[Allergies, Allergic("modafinil")],
    limits: TreatLimits,
) -> Outcome:
    """
    Offer what may help against severe lasting fatigue once its causes were looked for.

    vc: sitting, below half of predicted, or a criterion for NIV: breathing comes
    first, and no drug is named. Neither is one beside an allergy to it.
    """
    if fatigue.degree != "persistent" and not lasting:
        return _no_fatigue(fatigue)
    stopped = tried.newest or caution.newest
    if stopped:
        return NotIndicated(f"{stopped}")
    failed = failed_in(causes, tried, caution)
    if failed:
        return CannotAssess("what stands against a drug could not be read", failed)
    if causes.unchecked:
        return NotIndicated(f"not looked for yet: {', '.join(causes.unchecked)}")
    low = isinstance(vc, Reading) and vc.meets(limits.fatigue_vc_lt)
    breathing = low or (bool(criteria) and vent.state == "none")
    first = "treat breathing first; " if breathing else ""
    unfit = breathing or bool(allergies or allergies.failed)
    drug = "" if unfit else "; modafinil has weak evidence"
    return Recommend(
        summary=f"Persistent fatigue: {first}energy conservation, exercise{drug}",
        indicator="info",
        because=tuple(_about(fatigue, vc, breathing, allergies)),
        evidence=(*fatigue.evidence, *allergies, *([vc] if isinstance(vc, Reading) else [])),
        by=(*fatigue.by, *([limits.fatigue_vc_lt] if low else [])),
        missing=(vc.text,) if isinstance(vc, Missing) else (),
        offers=tuple(
            Create(draft, recommended=draft != MODAFINIL, reason=f"Fatigue, {fatigue.told}")
            for draft in ("energy-conservation", "exercise-programme", MODAFINIL)
            if not (unfit and draft == MODAFINIL)
        ),
    )


def _about(
    fatigue: Fatigue, vc: Reading | Missing, breathing: bool, allergies: Allergies
) -> Iterator[str]:
    yield f"Fatigue: {fatigue.told}."
    if breathing:
        yield f"Weak breathing tires: {vc}; see the advice on ventilation before any drug."
    elif allergies:
        told = ", ".join(allergy.label for allergy in allergies)
        yield f"Allergy to {told}: no drug is proposed."
    elif allergies.failed:
        yield "Allergies could not be read: no drug is proposed."
    else:
        yield (
            "Modafinil: one trial of 32 patients over four weeks; very low certainty. Off label; "
            "stop it if the score of fatigue is no better after four weeks."
        )
    yield "Energy conservation, an individual exercise programme, respiratory training if wanted."


@rule(
    "rtms-research-only",
    title="Magnetic stimulation for fatigue",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="SYMPTOM",
    sources=("cochrane-fatigue-2018",),
    overrides=("research-protocol", "specialist-advice"),
    leaves_out="Magnetic stimulation in a study, and of a patient with depression.",
)
def rtms_research_only(
    order: Annotated[Order, Draft(value_set="rtms")],
    studies: Annotated[Entries, Studied("rtms")],
    depression: Annotated[Entries, Listed("depression")],
    seizures: Annotated[Entries, Listed("seizures")],
    implants: Annotated[Entries, InUse("magnetic-implant")],
    pacemaker: Annotated[Entries, Listed("pacemaker")],
) -> Outcome:
    """Say how little is known of rTMS in ALS when it is ordered outside a study."""
    if studies.newest:
        return NotIndicated("the patient takes part in a study")
    if depression.newest:
        return NotIndicated(f"{depression.newest} is a licensed indication")
    failed = failed_in(studies, depression)
    if failed:
        return CannotAssess("studies or the problem list could not be read", failed)
    risks = [f"{e.newest}" for e in (seizures, implants, pacemaker) if e.newest]
    return Recommend(
        summary="rTMS for ALS fatigue: very low evidence; prefer research setting",
        indicator="info",
        because=(
            *(f"Contraindication: {risk}." for risk in risks),
            "One small trial; a review found no figures that could be used.",
            "Energy conservation, exercise and a search for causes come first.",
        ),
        evidence=(order, seizures, implants, pacemaker),
    )
