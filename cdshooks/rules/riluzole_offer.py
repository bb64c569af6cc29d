"""Is riluzole missing from the medication of somebody with ALS?"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Call,
    CannotAssess,
    Create,
    Declined,
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
    failed_in,
    rule,
)
from cdshooks.rules.states.liver import CertainLimits, multiple_of
from cdshooks.rules.states.liver_function import LiverFindings, liver_findings
from cdshooks.rules.states.pregnancy import Pregnancy, pregnancy
from cdshooks.rules.states.region import Region
from cdshooks.rules.states.ventilation import Vent, vent

CURRENT = "lab_current_days"
REASON = "Amyotrophic lateral sclerosis"


@dataclass(frozen=True, slots=True)
class BlockerLimits(Limits):
    """From which multiple aminotransferases stand in the way of an offer."""

    group: ClassVar[str] = "riluzole_liver"
    baseline_eu_gt: Threshold


@dataclass(frozen=True, slots=True)
class ConsiderLimits(Limits):
    """How long ago riluzole must have ended to be raised again."""

    group: ClassVar[str] = "riluzole_monitoring"
    consider_gap_days: Decimal


@dataclass(frozen=True, slots=True)
class KidneyLimits(Limits):
    """From where an order for riluzole would be warned of the kidneys."""

    group: ClassVar[str] = "riluzole_suitability"
    egfr_low_lt: Threshold


@dataclass(frozen=True, slots=True)
class Blockers:
    """What speaks against an offer of riluzole, and what could not be read of it."""

    found: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@derived
def riluzole_blockers(
    alt: Annotated[Reading | Missing, Latest("alt", lookback=CURRENT)],
    ast: Annotated[Reading | Missing, Latest("ast", lookback=CURRENT)],
    liver: Annotated[LiverFindings, State(liver_findings)],
    allergies: Annotated[Allergies, Allergic("riluzole")],
    lung: Annotated[Entries, Listed("riluzole-lung-blocker")],
    expecting: Annotated[Pregnancy, State(pregnancy)],
    region: Region,
    certain: CertainLimits,
    limits: BlockerLimits,
) -> Blockers:
    """
    What an order for riluzole would be warned of.

    Aminotransferases above three times the limit, signs of liver dysfunction
    graver than an information, an allergy, interstitial lung disease, pregnancy, and
    breast-feeding where the label forbids it. That a pregnancy could not be asked for
    stands in nobody's way: the order asks again.
    """
    multiples = [multiple_of(one, certain) for one in (alt, ast)]
    high = any(m is not None and m.may_meet(limits.baseline_eu_gt) for m in multiples)
    found = {
        "raised aminotransferases": high,
        "liver dysfunction or disease": any(one.level != "info" for one in liver.found),
        "an allergy to riluzole": bool(allergies),
        "interstitial lung disease": bool(lung),
        "pregnancy": bool(expecting.signs),
        "breast-feeding": bool(expecting.feeding) and not region.us,
    }
    named = tuple(name for name, is_so in found.items() if is_so)
    return Blockers(named, failed_in(alt, ast, liver, allergies))


@derived
def weak_kidneys(
    egfr: Annotated[Reading | Missing, Latest("egfr", lookback="egfr_days")],
    region: Region,
    limits: KidneyLimits,
) -> Reading | None:
    """The filtration rate at which the label advises against riluzole; the US label does not."""
    if region.us or not isinstance(egfr, Reading):
        return None
    return egfr if egfr.meets(limits.egfr_low_lt) else None


@rule(
    "riluzole-consider",
    title="Consider riluzole",
    hooks=("patient-view",),
    kind="T",
    group="RIL-START",
    sources=("aan-2009a", "cochrane-riluzole", "riluzole-us"),
    overrides=("patient-refuses", "stopped-for-intolerance", "prescribed-elsewhere"),
    leaves_out="Motor neuron disease other than ALS; ventilation by tracheostomy.",
)
def riluzole_consider(
    history: Annotated[Entries, Medication("riluzole", ended=True, planned=True)],
    declined: Annotated[Entries, Declined("riluzole")],
    blockers: Annotated[Blockers, State(riluzole_blockers)],
    inhibitors: Annotated[Entries, Medication("cyp1a2-strong")],
    kidneys: Annotated[Reading | None, State(weak_kidneys)],
    ventilation: Annotated[Vent, State(vent)],
    call: Annotated[Call, This()],
    limits: ConsiderLimits,
) -> Outcome:
    """
    Raise riluzole in confirmed ALS when it is not taken and was not for a year.

    Not with anything in the way that an order would be warned of, and not after a
    refusal or an end for which a reason was written down. Only when the medication
    was really read. inhibitors: strong ones of CYP1A2, beside which no order is drafted;
    nor is one where the label advises against it for the kidneys.
    """
    since = call.today - timedelta(days=int(limits.consider_gap_days))
    if any(entry.end is None or entry.end >= since for entry in history):
        return NotIndicated("riluzole is taken, drafted, on hold or was taken in the last year")
    if declined:
        return NotIndicated(f"decided against: {declined.newest}")
    if blockers.found:
        return NotIndicated(f"in the way: {', '.join(blockers.found)}")
    if ventilation.state == "invasive":
        return NotIndicated("ventilated by tracheostomy")
    unread = failed_in(history, declined, blockers)
    if not history.whole or unread:
        return CannotAssess("medication, refusals or what speaks against it was not read", unread)
    return Recommend(
        summary=(
            "ALS without riluzole on the medication list: consider 50 mg twice daily after "
            "baseline aminotransferases."
        ),
        indicator="info",
        because=(
            "Riluzole should be offered in ALS (AAN 2009, level A). In trials it raised survival "
            "at one year from about 49% to 58% and median survival from 11.8 to 14.8 months.",
            "Tell the patient to report fever, jaundice or a new dry cough.",
            *(f"{entry} can raise riluzole levels: no order is drafted." for entry in inhibitors),
            *(
                [f"{kidneys}: not recommended by EU labelling, no order is drafted."]
                * bool(kidneys)
            ),
        ),
        evidence=(inhibitors, *([kidneys] if kidneys else [])),
        offers=(_start(drafted=not (inhibitors or kidneys)), Create("report-symptoms")),
    )


def _start(*, drafted: bool) -> Create:
    """The order with the tests that belong to it; the tests alone if none is drafted."""
    if drafted:
        return Create("riluzole-order", reason=REASON, beside=("hepatic-panel",))
    return Create("hepatic-panel", reason=REASON)
