"""Would a mouthpiece help by day, beside the mask by night?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Create,
    Entries,
    InUse,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Reported,
    State,
    Threshold,
    derived,
    on,
    rule,
)
from cdshooks.rules.inputs import SittingVc
from cdshooks.rules.states.niv_course import (
    FINDINGS,
    OnNiv,
    gas_on_niv,
    night_on_niv,
    niv_start,
    niv_use,
)
from cdshooks.rules.states.panel import bulbar_score
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.weights import CurrentWeight, Loss, Weights
from cdshooks.rules.states.words import bracketed, sentence


@dataclass(frozen=True, slots=True)
class MouthpieceLimits(Limits):
    """What asks for support by day, and what a mouthpiece needs."""

    group: ClassVar[str] = "niv_care"
    mpv_vc_lt: Threshold
    mpv_use_ge_hours: Threshold
    mpv_borg_gt: Threshold
    mpv_bulbar_ge: Threshold


@dataclass(frozen=True, slots=True)
class LossOnNivLimits(Limits):
    """Which loss of weight is significant."""

    group: ClassVar[str] = "nutrition"
    weight_loss_pct_gt: Threshold


@dataclass(frozen=True, slots=True)
class ByDayLimits(Limits):
    """Carbon dioxide by day that is high, and a night that is bad."""

    group: ClassVar[str] = "niv"
    paco2_gt_mmhg: Threshold
    noct_t90_pct_gt: Threshold


@derived
def loss_on_niv(
    start: Annotated[date | None, State(niv_start)], current: CurrentWeight, weights: Weights
) -> Loss | None:
    """The loss from the highest weight since NIV was started; None where its day is unknown."""
    if start is None or isinstance(current, Missing):
        return None
    since = [weight for weight in weights if weight.day >= start]
    if not since:
        return None
    return Loss(max(since, key=lambda weight: weight.value), current, "highest weight on NIV")


@rule(
    "mpv-consider",
    title="Mouthpiece ventilation by day",
    hooks=("patient-view",),
    kind="T",
    group="RESP-NIV",
    sources=("chest-2023", "enmc-252"),
    overrides=("not-clinically-appropriate", "patient-declined", "resource-unavailable"),
    leaves_out="Bulbar function that is unknown or not preserved; dementia.",
)
def mpv_consider(
    vent: Annotated[Vent, State(vent)],
    bulbar: Annotated[int | None, State(bulbar_score)],
    dementia: Annotated[Entries, Listed("ftd-dementia")],
    devices: Annotated[Entries, InUse("mouthpiece-ventilation")],
    orders: Annotated[
        Entries, Ordered("mouthpiece-ventilation", types=("DeviceRequest", "ServiceRequest"))
    ],
    vc: SittingVc,
    use: Annotated[Reading | None, State(niv_use)],
    borg: Annotated[Reading | Missing, Latest("borg", lookback=FINDINGS)],
    activity: Annotated[Entries, Listed("breathless-activity", lookback=FINDINGS)],
    activity_reported: Annotated[Entries, Reported("breathless-activity", lookback=FINDINGS)],
    gas: Annotated[Reading | None, State(gas_on_niv)],
    night: Annotated[Reading | None, State(night_on_niv)],
    loss: Annotated[Loss | None, State(loss_on_niv)],
    limits: MouthpieceLimits,
    weight: LossOnNivLimits,
    niv: ByDayLimits,
) -> Outcome:
    """
    Offer a mouthpiece where NIV by night is not enough and bulbar function is preserved.

    vc: sitting, % of predicted. use: mean hours a day. Carbon dioxide counts by day
    only where the night on NIV is good.
    """
    if vent.state != "niv-active":
        return NotIndicated(f"ventilation: {vent.state}")
    if bulbar is None or not limits.mpv_bulbar_ge.met_by(Decimal(bulbar)):
        return NotIndicated("bulbar function unknown" if bulbar is None else f"bulbar {bulbar}/12")
    if dementia or devices or orders:
        return NotIndicated("dementia, or a mouthpiece in use or on order")
    findings = [
        *_low_or_long(vc, use, borg, limits),
        *(OnNiv(str(entry), (entry,)) for entry in (*activity, *activity_reported)),
        *_lighter(loss, weight.weight_loss_pct_gt),
        *_by_day(gas, night, niv),
    ]
    if not findings:
        return NotIndicated("nothing asks for support by day")
    told = findings[0].told
    return Recommend(
        summary=(
            f"Daytime support needed {bracketed(told)}, bulbar {bulbar}/12: "
            "mouthpiece ventilation is an option"
        ),
        indicator="info",
        because=(
            *(sentence(found.told) for found in findings),
            "An adjunct to the mask by night while bulbar function is preserved.",
        ),
        evidence=tuple(fact for found in findings for fact in found.facts),
        by=(*(limit for found in findings for limit in found.by), limits.mpv_bulbar_ge),
        offers=(
            Create("mouthpiece-device", recommended=True, reason=told),
            Create("mouthpiece-support", reason=told),
        ),
    )


def _low_or_long(
    vc: Reading | Missing,
    use: Reading | None,
    borg: Reading | Missing,
    limits: MouthpieceLimits,
) -> Iterator[OnNiv]:
    if isinstance(vc, Reading) and vc.meets(limits.mpv_vc_lt):
        yield OnNiv(str(vc), (vc,), (limits.mpv_vc_lt,))
    if use and use.meets(limits.mpv_use_ge_hours):
        yield OnNiv(f"NIV used {use.amount} a day", (use,), (limits.mpv_use_ge_hours,))
    if isinstance(borg, Reading) and borg.meets(limits.mpv_borg_gt):
        yield OnNiv(str(borg), (borg,), (limits.mpv_borg_gt,))


def _lighter(loss: Loss | None, limit: Threshold) -> Iterator[OnNiv]:
    if loss and limit.met_by(loss.percent):
        since = on(loss.reference.day)
        yield OnNiv(f"weight loss {loss} on NIV since {since}", loss.facts, (limit,))


def _by_day(gas: Reading | None, night: Reading | None, niv: ByDayLimits) -> Iterator[OnNiv]:
    if gas and night and gas.meets(niv.paco2_gt_mmhg) and not night.meets(niv.noct_t90_pct_gt):
        told = f"{gas}, T90 {night.amount} on NIV"
        yield OnNiv(told, (gas, night), (niv.paco2_gt_mmhg,))
