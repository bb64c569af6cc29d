"""Is NIV not tolerated, and would a mouthpiece help by day?"""

from collections.abc import Iterator
from dataclasses import dataclass
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
    rule,
)
from cdshooks.rules.inputs import SittingVc
from cdshooks.rules.states.niv_course import (
    FINDINGS,
    OnNiv,
    gas_on_niv,
    low_use,
    night_on_niv,
    niv_use,
)
from cdshooks.rules.states.niv_model import NivLimits
from cdshooks.rules.states.panel import bulbar_score
from cdshooks.rules.states.ventilation import Vent, vent

CAUSES = {
    "niv-anxiety": (
        "anxiety",
        "Desensitisation and psychology; a drug only after the drug rules.",
        "psychology-referral",
    ),
    "niv-lability": ("emotional lability", "Treat pseudobulbar affect first.", None),
    "sialorrhea": ("hypersalivation", "Treat saliva before the mask.", "secretion-control"),
    "thick-secretions": (
        "thick secretions",
        "Thin secretions before the mask.",
        "secretion-control",
    ),
    "niv-claustrophobia": (
        "claustrophobia",
        "A smaller interface (nasal, pillows, mouthpiece) and graded exposure.",
        "mask-alternative",
    ),
    "niv-nasal-soreness": (
        "nasal bridge soreness",
        "Rotate interfaces, use a liner or dressing, check the skin.",
        "mask-alternative",
    ),
    "niv-mask-problem": (
        "leak, dry mouth or swallowed air",
        "Refit the mask, humidify, review pressures.",
        "mask-refit",
    ),
}
"""Cause → its name, what to do about it, and the draft that does it."""


@rule(
    "niv-intolerance",
    title="NIV that is not tolerated",
    hooks=("patient-view", "encounter-start"),
    kind="T",
    group="RESP-NIV",
    sources=("sancho-2018", "obrien-2019"),
    overrides=("patient-declined", "goals-of-care"),
    leaves_out="Patients who declined NIV for good; intolerance that later use has overcome.",
)
def niv_intolerance(
    vent: Annotated[Vent, State(vent)],
    low: Annotated[OnNiv | None, State(low_use)],
    use: Annotated[Reading | None, State(niv_use)],
    intolerance: Annotated[Entries, Listed("niv-intolerance")],
    causes: Annotated[Entries, Listed("niv-cause", parts=tuple(CAUSES))],
) -> Outcome:
    """
    Treat the causes of poor tolerance before NIV is given up.

    Poor tolerance: hours of use too few, NIV stopped for failure, or coded. Causes as
    they are recorded; where none is, the card asks for it.
    """
    overcome = use is not None and low is None and _older(intolerance, use)
    coded = intolerance if intolerance and not overcome else None
    failing = vent.state == "niv-failed" or (vent.state == "niv-active" and (low or coded))
    if not failing:
        return NotIndicated(f"ventilation: {vent.state}, no sign of poor tolerance")
    found = tuple(dict.fromkeys(r for entry in causes for r in CAUSES if r in entry.reasons))
    names = ", ".join(CAUSES[cause][0] for cause in found) or "cause not recorded"
    return Recommend(
        summary=f"NIV poorly tolerated ({names}): treat cause before stopping",
        indicator="warning",
        because=tuple(_why(low, found)),
        evidence=(
            *(low.facts if low else ()),
            *([vent.evidence] if vent.state == "niv-failed" and vent.evidence else []),
            *(coded or ()),
            *causes,
        ),
        by=low.by if low else (),
        offers=tuple(_treatments(found, names)),
    )


def _older(intolerance: Entries, use: Reading) -> bool:
    newest = intolerance.newest
    return newest is None or newest.day is None or use.day > newest.day


def _why(low: OnNiv | None, found: tuple[str, ...]) -> Iterator[str]:
    if low:
        yield f"NIV is {low.told}."
    for cause in found:
        name, advice, _ = CAUSES[cause]
        yield f"{name[0].upper()}{name[1:]}: {advice}"
    if not found:
        yield (
            "Ask for anxiety, emotional lability, saliva, claustrophobia, a sore nose, leak, "
            "dry mouth and swallowed air."
        )


def _treatments(found: tuple[str, ...], reason: str) -> Iterator[Create]:
    """The clinic, another interface, and what treats each cause, each once."""
    yield Create("respiratory-referral", recommended=True, reason=f"NIV poorly tolerated: {reason}")
    drafts = [CAUSES[cause][2] for cause in found]
    for draft in dict.fromkeys(("mask-alternative", *drafts)):
        if draft:
            yield Create(draft, reason=f"NIV poorly tolerated: {reason}")


@dataclass(frozen=True, slots=True)
class MouthpieceLimits(Limits):
    """What asks for support by day, and what a mouthpiece needs."""

    group: ClassVar[str] = "niv_care"
    niv_finding_days: Decimal
    mpv_vc_lt: Threshold
    mpv_use_ge_hours: Threshold
    mpv_borg_gt: Threshold
    mpv_bulbar_ge: Threshold


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
    limits: MouthpieceLimits,
    niv: NivLimits,
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
        *_by_day(gas, night, niv),
    ]
    if not findings:
        return NotIndicated("nothing asks for support by day")
    told = findings[0].told
    return Recommend(
        summary=(
            f"Daytime support needed ({told}), bulbar {bulbar}/12: "
            "mouthpiece ventilation is an option"
        ),
        indicator="info",
        because=(
            *(f"{found.told[0].upper()}{found.told[1:]}." for found in findings),
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


def _by_day(gas: Reading | None, night: Reading | None, niv: NivLimits) -> Iterator[OnNiv]:
    if gas and night and gas.meets(niv.paco2_gt_mmhg) and not night.meets(niv.noct_t90_pct_gt):
        told = f"{gas}, T90 {night.amount} on NIV"
        yield OnNiv(told, (gas, night), (niv.paco2_gt_mmhg,))
