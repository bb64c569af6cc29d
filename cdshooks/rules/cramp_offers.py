"""Are troublesome cramps treated?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Allergy,
    Call,
    CannotAssess,
    Create,
    Entries,
    Entry,
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
    on,
    rule,
    shown,
)
from cdshooks.rules.quinine import Bars, quinine_bars
from cdshooks.rules.states.muscles import MuscleDrugs, against_baclofen, antispastics, stands
from cdshooks.rules.states.region import Jurisdiction
from cdshooks.rules.states.taking import lately

RECENT = "cramp_days"
MEXILETINE, QUININE, BACLOFEN = "mexiletine", "quinine", "baclofen"
STEPS = {
    "US": (MEXILETINE,),
    "CA": (MEXILETINE,),
    "UK": (QUININE, BACLOFEN, "tizanidine", "dantrolene", "gabapentin"),
}
"""Drugs in the order in which they are tried, by jurisdiction; elsewhere none is named."""
OFFERED = {
    MEXILETINE: "mexiletine-proposal",
    QUININE: "quinine-proposal",
    BACLOFEN: "baclofen-proposal",
}
"""Drugs of which a draft is offered."""


@dataclass(frozen=True, slots=True)
class Hindrances:
    """What stands against a drug, in words, by drug; and what could not be read."""

    against: dict[str, tuple[str, ...]]
    failed: tuple[str, ...]


@derived
def hindrances(
    heart: Annotated[Entries, Listed("cramp-drug-heart")],
    mexiletine: Annotated[Allergies, Allergic("mexiletine")],
    quinine: Annotated[Allergies, Allergic("quinine")],
    baclofen: Annotated[tuple[str, ...], State(against_baclofen)],
    combination: Annotated[Entries, Medication("dextromethorphan-quinidine")],
    bars: Annotated[Bars, State(quinine_bars)],
) -> Hindrances:
    """
    Heart disease against mexiletine and quinine; quinidine, reactions, kidneys.

    bars: what makes an order of quinine critical. Missing platelets or QTc hinder nothing;
    the card asks for them.
    """
    hearts = tuple(str(entry) for entry in heart)
    barred = (bar.told for bar in bars.found if not isinstance(bar.facts[0], Allergy))
    against = {
        MEXILETINE: (*hearts, *_allergy(mexiletine), *map(str, combination)),
        QUININE: (
            *hearts,
            *_allergy(quinine),
            *map(str, combination),
            *barred,
        ),
        BACLOFEN: baclofen,
    }
    failed = failed_in(heart, mexiletine, combination)
    return Hindrances(against, failed)


def _allergy(allergies: Allergies) -> Iterator[str]:
    for allergy in allergies:
        yield f"allergy to {allergy.label}"


@dataclass(frozen=True, slots=True)
class CrampLimits(Limits):
    """When cramps are troublesome, and how long a drug counts."""

    group: ClassVar[str] = "cramp_offers"
    cramps_a_day_ge: Threshold
    cramp_treated_le_days: Threshold


@rule(
    "cramps-treat",
    title="Troublesome cramps",
    hooks=("patient-view",),
    kind="S",
    group="SYMPTOM",
    sources=("mexiletine-2018", "nice-ng42-muscles", "quinine-fda"),
    overrides=("contraindicated", "patient-declined"),
    leaves_out="How much cramps trouble the patient, beyond that they are counted or recorded.",
)
def cramps_treat(
    count: Annotated[Reading | Missing, Latest("cramp-frequency", lookback=RECENT)],
    coded: Annotated[Entries, Listed("cramps", lookback="symptom_condition_days")],
    mexiletine: Annotated[Entries, Medication("mexiletine", ended=True)],
    quinine: Annotated[Entries, Medication("quinine", ended=True)],
    others: Annotated[MuscleDrugs, State(antispastics)],
    hindered: Annotated[Hindrances, State(hindrances)],
    call: Annotated[Call, This()],
    limits: CrampLimits,
    where: Jurisdiction,
) -> Outcome:
    """
    Offer treatment of cramps, by count or problem list, when none was given in three months.

    count: cramps a day; a low count answers an older entry of the problem list. A drug is
    named by the care pathways of the country, the first that was never tried; without a
    country none is.
    """
    many = isinstance(count, Reading) and count.meets(limits.cramps_a_day_ge)
    listed = coded.newest if stands(coded.newest, count) else None
    if not many and listed is None:
        return _no_cramps(coded, count)
    tried = {MEXILETINE: mexiletine, QUININE: quinine, **others.tried}
    given = (e for entries in tried.values() for e in entries)
    recent = next((e for e in given if lately(e, limits.cramp_treated_le_days, call.today)), None)
    if recent:
        return NotIndicated(f"treated: {recent}")
    unread = failed_in(mexiletine, quinine, others, hindered)
    if unread:
        return CannotAssess("treatment could not be read", unread)
    steps = STEPS.get(where.jurisdiction or "", ())
    left = [drug for drug in steps if not tried[drug]]
    if steps and not left:
        return NotIndicated("every drug of the care pathway was tried")
    drug = next((d for d in left if not hindered.against.get(d)), None)
    return _advice(count, listed, drug, left, hindered, limits)


def _no_cramps(coded: Entries, count: Reading | Missing) -> Outcome:
    if isinstance(count, Missing) and (count.failed or not coded.whole):
        failed = failed_in(count, coded)
        return CannotAssess("whether there are cramps could not be read", failed)
    return NotIndicated(f"{count}" if isinstance(count, Reading) else "no cramps recorded")


def _advice(
    count: Reading | Missing,
    listed: Entry | None,
    drug: str | None,
    left: list[str],
    hindered: Hindrances,
    limits: CrampLimits,
) -> Recommend:
    many = isinstance(count, Reading) and count.meets(limits.cramps_a_day_ge)
    told = f"recorded {_on(listed)}"
    if many and isinstance(count, Reading):
        told = f"{shown(count.value, 1)}/day"
    reason = f"Cramps: {told}"
    offers = [Create("cramp-physiotherapy", recommended=True, reason=reason)]
    if drug in (MEXILETINE, QUININE):
        offers.append(Create("ecg-before-cramp-drug", reason=reason))
    if drug in OFFERED:
        offers.append(Create(OFFERED[drug], reason=reason))
    return Recommend(
        summary=f"Troublesome cramps ({told}): stretching, hydration; {_option(drug, left)}",
        indicator="info",
        because=tuple(_about(drug, left, hindered)),
        evidence=(*([count] if isinstance(count, Reading) else []), *([listed] if listed else [])),
        by=(limits.cramps_a_day_ge,) if many else (),
        missing=(count.text,) if isinstance(count, Missing) else (),
        offers=tuple(offers),
    )


def _on(entry: Entry | None) -> str:
    return on(entry.day if entry else None)


def _option(drug: str | None, left: list[str]) -> str:
    if drug is None:
        return "drug by a specialist" if left else "drug per local formulary"
    return f"drug option {drug}"


def _about(drug: str | None, left: list[str], hindered: Hindrances) -> Iterator[str]:
    for name in left:
        for reason in hindered.against.get(name, ()):
            yield f"Against {name}: {reason}."
        if name == drug:
            break
    if drug == MEXILETINE:
        yield "Mexiletine 150 mg twice a day took cramps from 5.3 to 3.5 a day in a trial."
        yield "Doses of 900 mg a day were not tolerated. An ECG comes first."
    if drug == QUININE:
        yield "NICE names quinine first; the FDA warns of grave blood reactions with it for cramps."
        yield "ECG and platelets first; stop it if cramps are no better after four weeks."
    yield "Look for what provokes cramps: exertion, cold, diuretics, statins, low electrolytes."
