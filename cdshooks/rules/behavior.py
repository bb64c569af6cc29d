"""Changed behaviour and restlessness: what to exclude first, and which drug may help then."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Entries,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    derived,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.offered_drugs import Against, against_antipsychotic, against_ssri
from cdshooks.rules.states.words import capital

BEHAVIOR = "behavior_days"
GAS = "restlessness_gas_days"
PARTS = {
    "disinhibition": "disinhibition",
    "hyperphagia": "overeating",
    "compulsions": "compulsions",
}
"""Value sets of changed behaviour, with the words of the card."""

Spo2 = Annotated[Reading | Missing, Latest("spo2", lookback=GAS)]
Gas = Annotated[Reading | Missing, Latest("paco2", lookback=GAS)]


@dataclass(frozen=True, slots=True)
class BreathingLimits(Limits):
    """Which values say that breathing is to be treated first."""

    group: ClassVar[str] = "cognition"
    restlessness_paco2_gt: Threshold
    restlessness_spo2_lt: Threshold


@derived
def breathing_first(gas: Gas, spo2: Spo2, limits: BreathingLimits) -> Reading | None:
    """The carbon dioxide or saturation of the last months that itself can change behaviour."""
    tests = ((gas, limits.restlessness_paco2_gt), (spo2, limits.restlessness_spo2_lt))
    return next((t for t, lim in tests if isinstance(t, Reading) and t.meets(lim)), None)


BreathingFirst = Annotated[Reading | None, State(breathing_first)]


@rule(
    "behaviour-ssri",
    title="Disinhibition, overeating or compulsions",
    hooks=("patient-view",),
    kind="S",
    group="COG",
    sources=("product",),
    overrides=("contraindicated", "patient-declined"),
    leaves_out="Behaviour in notes; scores of behaviour, which ask for neuropsychology.",
)
def behaviour_ssri(
    changes: Annotated[Entries, Listed("behavior-change", lookback=BEHAVIOR, parts=tuple(PARTS))],
    ssri: Annotated[Entries, Medication("ssri", ended=True)],
    first: BreathingFirst,
    no_ssri: Annotated[Against, State(against_ssri)],
) -> Outcome:
    """
    Offer an SSRI for changed behaviour of the last six months when none was ever tried.

    No drug is offered while carbon dioxide is high or saturation low, nor beside an
    MAO inhibitor.
    """
    if not changes:
        if changes.failed:
            return CannotAssess("the problem list could not be read", changes.failed)
        return NotIndicated("no changed behaviour is recorded")
    if ssri.newest:
        return NotIndicated(f"{ssri.newest} is or was taken")
    if ssri.failed:
        return CannotAssess("whether an SSRI was tried could not be read", ssri.failed)
    names = [word for part, word in PARTS.items() if any(part in e.reasons for e in changes)]
    told = capital("/".join(names))
    drug = () if first or no_ssri else (Create("ssri-proposal", reason=told),)
    return Recommend(
        summary=f"{told}: SSRI may help; check cognition",
        indicator="info",
        because=(
            "First exclude what can be reversed: a new drug, infection, carbon dioxide retention.",
            *([f"{first}: treat breathing first; no drug is offered."] if first else []),
            *no_ssri.told("SSRI"),
            "SSRIs were found to help against loss of inhibition, overeating and compulsions in "
            "ALS; the evidence is weak. Review after six weeks.",
        ),
        evidence=(changes, *([first] if first else [])),
        offers=(
            *drug,
            Create("cognitive-questionnaire", reason=told),
            Create("caregiver-support", reason=told),
        ),
    )


@dataclass(frozen=True, slots=True)
class RestlessLimits(Limits):
    """How fresh a saturation must be on arrival at hospital."""

    group: ClassVar[str] = "cognition"
    restlessness_spo2_le_days: Threshold


@rule(
    "restlessness-antipsychotic",
    title="Restlessness: exclude poor breathing first",
    hooks=("patient-view", "encounter-start"),
    kind="S",
    group="COG",
    sources=("product",),
    overrides=("alternative-cause-found", "contraindicated"),
    leaves_out="Restlessness in notes; care at the end of life, which has its own advice.",
)
def restlessness_antipsychotic(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    restless: Annotated[Entries, Listed("restlessness", lookback="restlessness_days")],
    taken: Annotated[Entries, Medication("antipsychotic")],
    first: BreathingFirst,
    gas: Gas,
    spo2: Spo2,
    lewy: Annotated[Entries, Listed("lewy-body-dementia", named=True)],
    against: Annotated[Against, State(against_antipsychotic)],
    limits: RestlessLimits,
) -> Outcome:
    """
    Warn of restlessness with poor breathing; else ask to exclude causes, then offer a drug.

    gas: PaCO2 of the last three months; spo2: on arrival at hospital of the last
    day. A drug is offered only once they are known, and not in dementia with Lewy
    bodies, with a long QT or with an allergy.
    """
    if not restless:
        if restless.failed:
            return CannotAssess("the problem list could not be read", restless.failed)
        return NotIndicated("no restlessness is recorded")
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if taken.newest:
        return NotIndicated(f"{taken.newest} is taken")
    if taken.failed:
        return CannotAssess("whether an antipsychotic is taken could not be read", taken.failed)
    if first:
        return _hypoventilation(first, restless)
    unknown = tuple(_unknown(call, gas, spo2, limits))
    drug = () if unknown or against else (Create("antipsychotic-proposal", reason="Restlessness"),)
    gas_first = Create("blood-gas", recommended=True, reason="Restlessness")
    return Recommend(
        summary=(
            "Restlessness: exclude hypoxia/CO2 retention, then low-dose antipsychotic if needed"
        ),
        indicator="info",
        because=(
            "Exclude low oxygen, carbon dioxide retention, pain and urinary retention first.",
            *(["Dementia with Lewy bodies: an antipsychotic can do grave harm."] if lewy else []),
            *against.told("antipsychotic"),
            "Antipsychotics raise mortality in dementia, prolong the QT interval and worsen "
            "swallowing; review after one to two weeks.",
        ),
        evidence=(restless, *(t for t in (gas, spo2) if isinstance(t, Reading)), lewy),
        missing=unknown,
        offers=(*([gas_first] if unknown else []), *drug),
    )


def _hypoventilation(first: Reading, restless: Entries) -> Recommend:
    return Recommend(
        summary=f"Restlessness with {first.label} {first.amount}: treat hypoventilation first",
        indicator="warning",
        because=(
            f"{first}: poor breathing by itself makes restless and confused.",
            "An antipsychotic or sedative now can hide it and make it worse; none is offered.",
        ),
        evidence=(restless, first),
        offers=(Create("blood-gas", recommended=True, urgent=True, reason=f"{first}"),),
    )


def _unknown(
    call: Call, gas: Reading | Missing, spo2: Reading | Missing, limits: RestlessLimits
) -> Iterator[str]:
    """What must be known before a drug is offered and is not."""
    if isinstance(gas, Missing):
        yield gas.text
    if call.hook != "encounter-start":
        return
    if isinstance(spo2, Missing):
        yield spo2.text
    elif not limits.restlessness_spo2_le_days.met_by(Decimal(spo2.age)):
        yield f"{spo2} is older than a day"
