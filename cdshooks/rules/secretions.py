"""Are thick secretions loosened, and not dried further?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Entry,
    Limits,
    Medication,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Threshold,
    on,
    rule,
)
from cdshooks.rules.states.drooling import Thick
from cdshooks.rules.states.panel import CoughFlow


@dataclass(frozen=True, slots=True)
class CoughLimits(Limits):
    """When a cough is weak."""

    group: ClassVar[str] = "airway_clearance"
    cough_flow_lt: Threshold


@rule(
    "thick-secretions",
    title="Thick secretions",
    hooks=("patient-view",),
    kind="S",
    group="SALIVA",
    sources=("scottish-palliative-saliva", "ggc-saliva"),
    overrides=("done-elsewhere",),
    leaves_out="Mucolytics that are taken already; secretions in notes.",
)
def thick_secretions(
    thick: Thick,
    cared: Annotated[
        Entries,
        Ordered(
            "secretion-device",
            types=("DeviceRequest", "ServiceRequest"),
            statuses=("active", "completed"),
            lookback="secretion_care_days",
        ),
    ],
    drying: Annotated[Entries, Medication("anticholinergic-any")],
    flow: CoughFlow,
    limits: CoughLimits,
) -> Outcome:
    """
    Review drying drugs and loosen secretions that were recorded as thick in three months.

    flow: not assisted peak cough flow, L/min, six months, for the text only.
    """
    newest = thick.newest
    if newest is None:
        if not thick.whole:
            return CannotAssess("the problem list could not be read in full", thick.failed)
        return NotIndicated("no thick secretions recorded")
    if cared.newest:
        return NotIndicated(f"treated: {cared.newest}")
    if cared.failed:
        return CannotAssess("whether they are treated could not be read", cared.failed)
    weak = flow if isinstance(flow, Reading) and flow.meets(limits.cough_flow_lt) else None
    reason = f"Thick secretions ({on(newest.day)})"
    return Recommend(
        summary=f"{reason}: review drying drugs, humidify, nebulised saline, cough support",
        indicator="info",
        because=tuple(_about(tuple(drying), weak)),
        evidence=(newest, drying, *([weak] if weak else [])),
        by=(limits.cough_flow_lt,) if weak else (),
        missing=tuple(_unknown(drying, flow)),
        offers=(
            Create("drying-drug-review", recommended=bool(drying), reason=reason),
            Create("humidifier-device", reason=reason),
        ),
    )


def _about(drying: tuple[Entry, ...], weak: Reading | None) -> Iterator[str]:
    for drug in drying:
        yield f"Drying: {drug}."
    yield "Humidify the air, nebulise saline, offer fluids; carbocisteine where it is available."
    if weak:
        yield f"{weak}: a weak cough needs assistance to bring secretions up."


def _unknown(drying: Entries, flow: Reading | Missing) -> Iterator[str]:
    if drying.failed:
        yield "which drying drugs are taken could not be read"
    if isinstance(flow, Missing):
        yield flow.text
