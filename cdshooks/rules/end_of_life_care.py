"""Are secretions and delirium at the end of life seen to?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.offered_drugs import Against, against_antipsychotic
from cdshooks.rules.states.relief import (
    LATELY,
    Antipsychotics,
    Benzodiazepines,
    Drying,
    Opioids,
    Risky,
    since,
)


@rule(
    "eol-secretions",
    title="Secretions at the end of life",
    hooks=("patient-view", "encounter-start"),
    kind="S",
    group="EOL",
    sources=("mnda-eol", "scottish-palliative"),
    overrides=("contraindicated", "not-distressing"),
    leaves_out="Thick secretions, which drying makes worse; whoever has a drying drug.",
)
@decides(
    Row("info", "Troublesome secretions of the last week, and no drying drug"),
    Row("none", "Thick secretions"),
)
def eol_secretions(
    goals: Annotated[Goals, State(goals)],
    secretions: Annotated[Entries, Listed("troublesome-secretions", lookback=LATELY)],
    thick: Annotated[Entries, Listed("thick-secretions")],
    given: Drying,
    risks: Risky,
    allergy: Annotated[Allergies, Allergic("glycopyrronium")],
) -> Outcome:
    """
    Relieve troublesome secretions in comfort care and in the last days of life.

    Secretions: on the problem list, of the last week. Glycopyrronium is proposed
    without a dose, and not beside a condition or an allergy that speaks against it.
    """
    if not goals.end_of_life:
        return NotIndicated("care is not for comfort")
    found = secretions.newest
    if found is None:
        if secretions.failed:
            return CannotAssess("the problem list could not be read", secretions.failed)
        return NotIndicated("no troublesome secretions recorded in the last week")
    if thick.newest:
        return NotIndicated(f"{thick.newest}: drying would make them worse")
    if given.newest:
        return NotIndicated(f"{since(given.newest)} is given")
    if not given.none:
        return CannotAssess("whether a drying drug is given could not be read", given.failed)
    against = risks.newest or next(iter(allergy), None)
    reason = f"Troublesome secretions, {on(found.day)}"
    safe = against is None and not risks.failed and not allergy.failed
    return Recommend(
        summary=(
            "Troublesome secretions at end of life: glycopyrronium, positioning, gentle suction"
        ),
        indicator="info",
        because=tuple(_about_secretions(found, risks, allergy)),
        evidence=(found, *risks, *allergy),
        offers=(Create("drying-drug-relief", reason=reason),) if safe else (),
    )


def _about_secretions(found: Entry, risks: Entries, allergy: Allergies) -> Iterator[str]:
    yield f"{found}."
    yield (
        "Turn to the side, raise the head, suck gently and only what can be reached. Explain the "
        "sound to the family: it troubles them more than the patient."
    )
    yield "Glycopyrronium enters the brain less than hyoscine; dose by the local formulary."
    if risks.newest:
        yield f"{risks.newest} speaks against a drying drug: none is proposed."
    if allergy:
        yield "An allergy to glycopyrronium is on record: none is proposed."
    if risks.failed or allergy.failed:
        yield "What may speak against a drying drug could not be read: none is proposed."


@dataclass(frozen=True, slots=True)
class GasLimits(Limits):
    """Carbon dioxide that may cloud the mind."""

    group: ClassVar[str] = "niv"
    paco2_gt_mmhg: Threshold


MIND_QT = "Dose by the local formulary; mind the QT interval, also beside other drugs."


@derived
def clouding_drugs(
    opioids: Opioids, benzodiazepines: Benzodiazepines, drying: Drying
) -> tuple[Entry, ...]:
    """Drugs that are given and may cause delirium: opioids, benzodiazepines, drying drugs."""
    return tuple(merged("drug", opioids, benzodiazepines, drying))


@rule(
    "eol-delirium",
    title="Delirium at the end of life",
    hooks=("patient-view", "encounter-start"),
    kind="S",
    group="EOL",
    sources=("mnda-eol", "product"),
    overrides=("contraindicated", "cause-treated"),
    leaves_out="Whoever has an antipsychotic; delirium in notes only.",
)
@decides(Row("info", "Delirium or agitation of the last week, and no antipsychotic"))
def eol_delirium(
    goals: Annotated[Goals, State(goals)],
    delirium: Annotated[Entries, Listed("delirium-or-agitation", lookback=LATELY)],
    given: Antipsychotics,
    against: Annotated[Against, State(against_antipsychotic)],
    retention: Annotated[Entries, Listed("urinary-retention")],
    drugs: Annotated[tuple[Entry, ...], State(clouding_drugs)],
    paco2: Annotated[Reading | Missing, Latest("paco2", lookback="eol_gas_days")],
    limits: GasLimits,
) -> Outcome:
    """
    Look for what can be reversed, then for distress, in delirium at the end of life.

    Delirium or agitation: on the problem list, of the last week. paco2: arterial or
    capillary, of three months. An antipsychotic is proposed without a dose, and not
    where heart, brain, other drugs or an allergy speak against it.
    """
    if not goals.end_of_life:
        return NotIndicated("care is not for comfort")
    found = delirium.newest
    if found is None:
        if delirium.failed:
            return CannotAssess("the problem list could not be read", delirium.failed)
        return NotIndicated("no delirium or agitation recorded in the last week")
    if given.newest:
        return NotIndicated(f"{since(given.newest)} is given")
    if not given.none:
        return CannotAssess("whether an antipsychotic is given could not be read", given.failed)
    high = isinstance(paco2, Reading) and paco2.meets(limits.paco2_gt_mmhg)
    reason = f"Delirium at the end of life, {on(found.day)}"
    return Recommend(
        summary="Delirium at end of life: check reversible causes; "
        "low-dose antipsychotic if distressed",
        indicator="info",
        because=(
            f"{found}.",
            *_causes(paco2, high, drugs, retention),
            "A calm, lit room, known faces, glasses, hearing aid and a way to communicate.",
            *(against.told("antipsychotic") if against else (MIND_QT,)),
        ),
        evidence=(found, *([paco2] if isinstance(paco2, Reading) else []), *drugs, *retention),
        by=(limits.paco2_gt_mmhg,) if high else (),
        missing=(paco2.text,) if isinstance(paco2, Missing) else (),
        offers=() if against else (Create("haloperidol-relief", reason=reason),),
    )


def _causes(
    paco2: Reading | Missing, high: bool, drugs: tuple[Entry, ...], retention: Entries
) -> Iterator[str]:
    if high:
        yield f"{paco2}: carbon dioxide may be the cause; NIV may relieve it, if wanted."
    if drugs:
        yield f"Given now and possible causes: {', '.join(sorted({d.label for d in drugs}))}."
    if retention.newest:
        yield f"{retention.newest}."
    yield (
        "Look for carbon dioxide, drugs, a full bladder, constipation, pain and infection, as far "
        "as it is in keeping with the goals."
    )
