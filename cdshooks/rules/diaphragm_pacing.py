"""Is the diaphragm to be paced, or paced already?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Call,
    Create,
    Delete,
    Draft,
    Entries,
    InUse,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Recommend,
    State,
    Studied,
    This,
    rule,
)
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_draft import niv_may_be_drafted
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.ventilation import Vent, vent

HARM = "Diaphragm pacing shortened survival in ALS trials (HR 2.27)"


@rule(
    "diaphragm-pacing-harm",
    title="Diaphragm pacing shortens survival",
    hooks=("order-select", "order-sign", "patient-view"),
    kind="X",
    group="RESP-NIV",
    sources=("dipals-2015", "respistim-2016"),
    overrides=("research-protocol", "informed-choice"),
    any_motor_neuron_disease=True,
    leaves_out="Nobody: in a study of pacing it is information.",
)
def diaphragm_pacing_harm(
    order: Annotated[Order | None, Draft(value_set="diaphragm-pacing", or_none=True)],
    pacers: Annotated[Entries, InUse("diaphragm-pacing")],
    studies: Annotated[Entries, Studied("diaphragm-pacing")],
    call: Annotated[Call, This()],
    vent: Annotated[Vent, State(vent)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    device: Annotated[bool, State(niv_may_be_drafted)],
) -> Outcome:
    """
    Warn when pacing is selected, more so when it is signed; tell of a pacer in use.

    A study that the patient takes part in makes it information, unless it can be read
    that the study is about something else. After a pneumothorax, or in care for comfort,
    no ventilator is drafted.
    """
    if order is None:
        return _in_use(pacers)
    level = "critical" if call.hook == "order-sign" else "warning"
    return Recommend(
        summary=f"{HARM}; not advised",
        indicator="info" if studies else "critical" if level == "critical" else "warning",
        because=(
            "DiPALS: survival 11.0 against 22.5 months (95% CI of the hazard ratio 1.22 to 4.25); "
            "pacing was stopped in all. RespiStimALS: NIV was not delayed, survival was shorter.",
            *(f"Takes part in a study ({study.status})." for study in studies),
        ),
        evidence=(order, *studies),
        offers=tuple(_instead(order, criteria, vent, device=device)),
    )


def _instead(order: Order, criteria: NivCriteria, vent: Vent, *, device: bool) -> Iterator[Offer]:
    """Removing the draft; where breathing is weak and nothing in place, what NIV needs."""
    yield Delete(order, recommended=True)
    if criteria and vent.state == "none":
        yield Create("respiratory-referral", reason=criteria.met[0].finding)
        if device:
            yield Create("home-niv", reason=criteria.met[0].finding)


def _in_use(pacers: Entries) -> Outcome:
    if not pacers:
        return NotIndicated("no diaphragm pacer in use")
    return Recommend(
        summary="Diaphragm pacer in use: pacing shortened survival in ALS trials; "
        "review whether to switch off",
        indicator="info",
        because=(f"{HARM}.",),
        evidence=(pacers,),
        offers=(Create("pacer-review", recommended=True, reason="Diaphragm pacer in use"),),
    )
