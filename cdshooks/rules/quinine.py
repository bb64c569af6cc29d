"""Is quinine against cramps to be given at all?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Delete,
    Draft,
    Entries,
    Fact,
    Latest,
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
    derived,
    failed_in,
    rule,
)
from cdshooks.rules.states.region import Region

DMQ = "dextromethorphan-quinidine"
Qtc = Annotated[Reading | Missing, Latest("qtc", lookback="qtc_evidence_days")]


@dataclass(frozen=True, slots=True)
class QuinineLimits(Limits):
    """From where platelets rule quinine out."""

    group: ClassVar[str] = "cramps"
    quinine_platelets_lt: Threshold


@dataclass(frozen=True, slots=True)
class QtcLimits(Limits):
    """From where QTc rules quinine out."""

    group: ClassVar[str] = "dmq"
    qtc_severe_ge_ms: Threshold


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that rules quinine out, as a sentence."""

    told: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """All that rules quinine out, and the searches that did not answer."""

    found: tuple[Bar, ...] = ()
    missing: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@derived
def quinine_bars(
    allergies: Annotated[Allergies, Allergic("quinine")],
    harm: Annotated[Entries, Listed("quinine-harm", history=True, named=True)],
    platelets: Annotated[Reading | Missing, Latest("platelets", lookback="platelet_days")],
    qtc: Qtc,
    limits: QuinineLimits,
    rhythm: QtcLimits,
) -> Bars:
    """
    An earlier reaction to quinine, few platelets, or a long QTc.

    platelets: of the last 90 days. qtc: corrected, of the last year.
    """
    found = [Bar(f"Reaction to quinine: {a.reaction or 'not stated'}", (a,)) for a in allergies]
    found += [Bar(str(entry), (entry,)) for entry in harm]
    for reading, limit in (
        (platelets, limits.quinine_platelets_lt),
        (qtc, rhythm.qtc_severe_ge_ms),
    ):
        if isinstance(reading, Reading) and reading.meets(limit):
            found.append(Bar(str(reading), (reading,), (limit,)))
    missing = tuple(r.text for r in (platelets, qtc) if isinstance(r, Missing))
    return Bars(tuple(found), missing, failed_in(platelets, qtc, allergies))


@rule(
    "quinine-cramps",
    title="Quinine for cramps",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("quinine-fda", "nice-ng42"),
    overrides=("disabling-cramps-other-drugs-failed", "policy-contradicts"),
    leaves_out="Quinine against malaria; with dextromethorphan/quinidine another card speaks.",
)
@decides(
    Row("critical", "An earlier reaction to quinine, in every region"),
    Row("critical", "Platelets {quinine_platelets_lt}, at most {platelet_days} old"),
    Row("critical", "QTc {qtc_severe_ge_ms}, at most {qtc_evidence_days} old"),
    Row("warning", "No reason of malaria, by US labelling"),
    Row("info", "No reason of malaria, elsewhere"),
    Row("none", "Malaria, or dextromethorphan/quinidine drafted or taken"),
)
def quinine_cramps(
    order: Annotated[Order, Draft("quinine")],
    malaria: Annotated[Entries, Listed("malaria", named=True)],
    partner: Annotated[Entries, Medication(DMQ, drafted=True)],
    bars: Annotated[Bars, State(quinine_bars)],
    region: Region,
) -> Outcome:
    """
    Judge quinine that is not for malaria: by the region's view, and by what rules it out anywhere.

    partner: the combination has its own, graver card for this pair.
    """
    if "malaria" in order.reasons or malaria:
        return NotIndicated("against malaria")
    if partner:
        return NotIndicated("contraindicated with dextromethorphan/quinidine, told there")
    first = bars.found[0] if bars.found else None
    unread = ("platelets, QTc or allergies could not be read",) if bars.failed else ()
    return Recommend(
        summary=_summary(first, region),
        indicator="critical" if first else "warning" if region.us else "info",
        because=tuple(_because(bars, region)),
        evidence=(order, *(fact for bar in bars.found for fact in bar.facts)),
        by=tuple(limit for bar in bars.found for limit in bar.by),
        missing=(*bars.missing, *unread),
        offers=(Delete(order),) if first or region.us else (),
    )


def _summary(first: Bar | None, region: Region) -> str:
    if first:
        boxed = " (FDA boxed warning)" if region.us else ""
        return f"Quinine for cramps{boxed} is ruled out: {first.told}."
    if region.us:
        return (
            "Quinine for cramps: FDA boxed warning (thrombocytopenia, HUS/TTP); not approved for "
            "cramps."
        )
    return "Quinine for MND cramps (NICE): check platelets and QTc, stop if no benefit at 4 weeks."


def _because(bars: Bars, region: Region) -> Iterator[str]:
    yield from (f"{bar.told}: quinine is ruled out." for bar in bars.found)
    yield str(region)
    if region.us:
        yield "Mexiletine 150 mg twice a day lowered cramps by 1.8 a day in a trial."
    else:
        yield "Think of G6PD deficiency; review after 4 weeks, then every 3 months."
