"""Is a drug for restlessness or fatigue given with its risks in ALS in mind?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Draft,
    Entries,
    Limits,
    Listed,
    Medication,
    NotIndicated,
    Order,
    Outcome,
    Patient,
    Person,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    failed_in,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.swallow_risk import Dysphagia, dysphagia
from cdshooks.rules.states.words import capital, joined


@dataclass(frozen=True, slots=True)
class AgeLimits(Limits):
    """From which age dementia makes an antipsychotic more dangerous."""

    group: ClassVar[str] = "calming"
    antipsychotic_dementia_ge_years: Threshold


@rule(
    "antipsychotic-caution",
    title="Antipsychotic with dementia or dysphagia",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("product",),
    overrides=("risk-benefit-ratio",),
    leaves_out="Care for comfort and the last days; dementia in younger patients.",
)
@decides(
    Row("info", "Dementia on the problem list, age {antipsychotic_dementia_ge_years} or not known"),
    Row("info", "Dysphagia on the problem list, or by item 3 of the ALSFRS-R"),
    Row("none", "Hospice, comfort measures or last days; neither of the two"),
)
def antipsychotic_caution(
    order: Annotated[Order, Draft("antipsychotics")],
    dementia: Annotated[Entries, Listed("ftd-dementia")],
    swallow: Annotated[Dysphagia, State(dysphagia)],
    person: Annotated[Person, Patient()],
    goals: Annotated[Goals, State(goals)],
    limits: AgeLimits,
) -> Outcome:
    """Say what makes an antipsychotic riskier in this patient: dementia at an older age, dysphagia.

    dementia: on the problem list, frontotemporal dementia included.
    """
    if goals.end_of_life:
        return NotIndicated(f"care is for comfort: {goals.evidence}")
    limit = limits.antipsychotic_dementia_ge_years
    older = person.age is None or limit.met_by(Decimal(person.age))
    demented = dementia if dementia and older else Entries()
    risks = [*(["dementia"] if demented else []), *(["dysphagia"] if swallow else [])]
    if not risks:
        if dementia.failed or swallow.failed:
            failed = failed_in(dementia, swallow)
            return CannotAssess("dementia and dysphagia could not be read", failed)
        return NotIndicated("neither dementia at an older age nor dysphagia is recorded")
    return Recommend(
        summary=(
            f"Antipsychotic in ALS with {joined(risks)}: lowest dose, review weekly; boxed "
            "warning in older dementia."
        ),
        indicator="info",
        because=tuple(_risks(order, demented, swallow)),
        evidence=(order, demented, *([swallow.evidence] if swallow.evidence else [])),
        by=(*((limit,) if demented else ()), *swallow.by),
        missing=("age",) if demented and person.age is None else (),
    )


def _risks(order: Order, dementia: Entries, swallow: Dysphagia) -> Iterator[str]:
    yield f"Ordered: {order.label}. It can help against restlessness and delirium."
    if dementia:
        yield "In older people with dementia antipsychotics raise the risk of death."
    if swallow:
        yield f"{swallow.evidence}: an antipsychotic can slow swallowing; food may be aspirated."


@rule(
    "fatigue-modafinil",
    title="Modafinil for fatigue",
    hooks=("order-select",),
    kind="X",
    group="DRUG",
    sources=("cochrane-fatigue-2018", "rabkin-2009", "aan-2009a"),
    overrides=("causes-excluded",),
    leaves_out="Blood pressure by value: only hypertension that is recorded as not controlled.",
)
@decides(Row("info", "Modafinil or armodafinil is selected"))
def fatigue_modafinil(
    order: Annotated[Order, Draft("wakefulness-drugs")],
    riluzole: Annotated[Entries, Medication("riluzole")],
    contraceptives: Annotated[Entries, Medication("hormonal-contraceptives")],
    caution: Annotated[Entries, Listed("modafinil-caution", named=True)],
) -> Outcome:
    """
    Say how little is known of modafinil in ALS, and what to look for first.

    riluzole: taken, since it makes tired itself. contraceptives: taken, since they
    become less reliable. caution: arrhythmia or hypertension that is not controlled.
    """
    return Recommend(
        summary=(
            f"{capital(order.label)} for ALS fatigue: very low-quality evidence; exclude "
            "hypoventilation and drug causes (riluzole) first."
        ),
        indicator="info",
        because=tuple(_about(riluzole, contraceptives, caution)),
        evidence=(order, riluzole, contraceptives, caution),
    )


def _about(riluzole: Entries, contraceptives: Entries, caution: Entries) -> Iterator[str]:
    yield (
        "One trial of 32 patients: 76% improved against 14%. Look for weak breathing at night, "
        "poor sleep and low mood first."
    )
    if riluzole:
        yield "Riluzole is taken: it can tire, and withholding it may be tried (AAN, level C)."
    if contraceptives:
        yield f"{contraceptives.newest}: hormonal contraception becomes less reliable."
    if caution:
        yield f"Caution: {caution.newest}."
