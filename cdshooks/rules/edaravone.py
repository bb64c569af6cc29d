"""May this patient have edaravone, and does the evidence reach this far?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Call,
    CannotAssess,
    Delete,
    Draft,
    Entries,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Order,
    Outcome,
    Patient,
    Person,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    decides,
    derived,
    failed_in,
    rule,
)
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.region import Region
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import capital, joined

RECENT = "edaravone_evidence_days"
UNLICENSED = ("EU", "UK")
"""Regions in which edaravone has no marketing authorisation."""


@rule(
    "edaravone-hypersensitivity-sulfite",
    title="Edaravone and sulfite hypersensitivity",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("edaravone-us",),
    overrides=("tolerated-before", "allergy-entry-wrong"),
    needs_als=False,
    leaves_out="Sulfonamides, which are no sulfites; asthma that nobody ties to sulfites.",
)
@decides(
    Row("critical", "Allergy to edaravone or a sulfite, or asthma that sulfites bring on"),
    Row("warning", "An intolerance, or every reaction mild and the criticality low"),
)
def edaravone_hypersensitivity_sulfite(
    order: Annotated[Order, Draft("edaravone")],
    itself: Annotated[Allergies, Allergic("edaravone")],
    sulfites: Annotated[Allergies, Allergic("sulfites")],
    asthma: Annotated[Entries, Listed("sulfite-asthma")],
) -> Outcome:
    """
    Warn of edaravone after a reaction to it or to the bisulfite that it holds.

    Bag and suspension both hold sodium bisulfite.
    """
    found = (*itself, *sulfites)
    if not found and not asthma:
        failed = failed_in(itself, asthma)
        if failed or not itself.whole:
            return CannotAssess("allergies could not be read", failed)
        return NotIndicated("no allergy to edaravone or sulfites is recorded")
    slight = not asthma and all(allergy.slight for allergy in found)
    what = "Edaravone" if itself else "Sulfite"
    holds = "edaravone is contraindicated." if itself else ""
    return Recommend(
        summary=(
            f"{what} hypersensitivity recorded: "
            f"{holds or 'edaravone (IV and oral) contains sodium bisulfite.'}"
        ),
        indicator="warning" if slight else "critical",
        because=(
            "The label forbids edaravone after a reaction to it or to an inactive ingredient.",
            *(f"{capital(a.label)}: {a.reaction or 'reaction not stated'}." for a in found),
            *(f"{entry}." for entry in asthma),
        ),
        evidence=(*found, asthma),
        offers=(Delete(order),),
    )


@dataclass(frozen=True, slots=True)
class TrialLimits(Limits):
    """Whom the trial of edaravone took."""

    group: ClassVar[str] = "edaravone"
    edaravone_vc_lt: Threshold
    edaravone_disease_days: Decimal
    edaravone_item_le: Threshold
    edaravone_age_ge: Threshold
    edaravone_age_le: Threshold


@derived
def low_items(
    one: Annotated[Reading | Missing, Latest("alsfrs-item-1", lookback=RECENT)],
    two: Annotated[Reading | Missing, Latest("alsfrs-item-2", lookback=RECENT)],
    three: Annotated[Reading | Missing, Latest("alsfrs-item-3", lookback=RECENT)],
    four: Annotated[Reading | Missing, Latest("alsfrs-item-4", lookback=RECENT)],
    five_a: Annotated[Reading | Missing, Latest("alsfrs-item-5a", lookback=RECENT)],
    five_b: Annotated[Reading | Missing, Latest("alsfrs-item-5b", lookback=RECENT)],
    six: Annotated[Reading | Missing, Latest("alsfrs-item-6", lookback=RECENT)],
    seven: Annotated[Reading | Missing, Latest("alsfrs-item-7", lookback=RECENT)],
    eight: Annotated[Reading | Missing, Latest("alsfrs-item-8", lookback=RECENT)],
    nine: Annotated[Reading | Missing, Latest("alsfrs-item-9", lookback=RECENT)],
    ten: Annotated[Reading | Missing, Latest("alsfrs-item-10", lookback=RECENT)],
    eleven: Annotated[Reading | Missing, Latest("alsfrs-item-11", lookback=RECENT)],
    twelve: Annotated[Reading | Missing, Latest("alsfrs-item-12", lookback=RECENT)],
    limits: TrialLimits,
) -> tuple[Reading, ...] | None:
    """Items of the ALSFRS-R below what the trial asked for; None without any score."""
    items = (one, two, three, four, five_a, five_b, six, seven, eight, nine, ten, eleven, twelve)
    scored = [item for item in items if isinstance(item, Reading)]
    low = tuple(item for item in scored if item.meets(limits.edaravone_item_le))
    return low if scored else None


@rule(
    "edaravone-eligibility",
    title="Edaravone beyond its trial",
    hooks=("order-select", "order-sign"),
    kind="T",
    group="DRUG",
    sources=("als19", "edaravone-us"),
    overrides=("expert-contradicts", "prefers-alternative"),
    needs_als=False,
    leaves_out="The fall of the ALSFRS-R in the run-in of the trial; certainty of the diagnosis.",
)
@decides(
    Row("info", "Vital capacity {edaravone_vc_lt}"),
    Row("info", "ALS for more than {edaravone_disease_days}"),
    Row("info", "An item of the ALSFRS-R {edaravone_item_le}"),
    Row("info", "Ventilated, or an age that is not {edaravone_age_ge} and {edaravone_age_le}"),
    Row("info", "Neither vital capacity nor ALSFRS-R nor onset is on record"),
    Row("none", "Nothing known is beyond the trial"),
)
def edaravone_eligibility(
    order: Annotated[Order, Draft("edaravone")],
    vc: Annotated[Reading | Missing, Latest("vc-percent", lookback=RECENT, not_position="supine")],
    items: Annotated[tuple[Reading, ...] | None, State(low_items)],
    population: Annotated[Population, State(population)],
    ventilation: Annotated[Vent, State(vent)],
    person: Annotated[Person, Patient()],
    call: Annotated[Call, This()],
    limits: TrialLimits,
) -> Outcome:
    """
    Say where a patient lies outside of the population in which edaravone helped.

    Never more than an information: the US indication is ALS without restriction.
    Vital capacity and items of the last 180 days count.
    """
    onset = population.onset
    days = (call.today - onset).days if onset else None
    beyond = tuple(_beyond(vc, items, days, ventilation, person, limits))
    unknown = tuple(_unknown(vc, items, days))
    if not beyond and len(unknown) < len(CRITERIA):
        return NotIndicated("nothing that is known is beyond the trial")
    said = f"Outside the edaravone trial population ({_few(beyond)})"
    if not beyond:
        said = "Edaravone: trial criteria not on record"
    return Recommend(
        summary=f"{said}: benefit was shown only in early ALS with FVC >=80%.",
        indicator="info",
        because=(
            *((f"Outside: {joined(beyond)}.",) if beyond else ()),
            "The trial took patients of 20 to 75 years, within 2 years of onset, with every item "
            "of the ALSFRS-R at 2 or more.",
            "A later trial of oral edaravone every day was negative (ADORE, 2024).",
        ),
        evidence=(vc, *(items or ())),
        missing=unknown,
    )


CRITERIA = ("vital capacity", "ALSFRS-R items", "onset of ALS")
FEW = 30
"""Characters of criteria that a summary shows."""


def _few(beyond: tuple[str, ...]) -> str:
    full = ", ".join(beyond)
    if len(full) <= FEW:
        return full
    return "1 criterion" if len(beyond) == 1 else f"{len(beyond)} criteria"


def _beyond(
    vc: Reading | Missing,
    items: tuple[Reading, ...] | None,
    days: int | None,
    ventilation: Vent,
    person: Person,
    limits: TrialLimits,
) -> Iterator[str]:
    """What is known to lie outside of the trial."""
    if isinstance(vc, Reading) and vc.meets(limits.edaravone_vc_lt):
        yield f"{vc.label} {vc.amount}"
    if days is not None and days > limits.edaravone_disease_days:
        yield f"ALS for {days // 365} years"
    if items:
        yield f"{items[0].label} {items[0].amount}"
    if ventilation.state not in ("none", "niv-declined", "niv-ordered"):
        yield "ventilated"
    if person.age is not None and not _of_age(person.age, limits):
        yield f"{person.age} years old"


def _of_age(age: int, limits: TrialLimits) -> bool:
    years = Decimal(age)
    return limits.edaravone_age_ge.met_by(years) and limits.edaravone_age_le.met_by(years)


def _unknown(
    vc: Reading | Missing, items: tuple[Reading, ...] | None, days: int | None
) -> Iterator[str]:
    known = (isinstance(vc, Reading), items is not None, days is not None)
    yield from (name for name, is_known in zip(CRITERIA, known, strict=True) if not is_known)


@rule(
    "edaravone-region",
    title="Edaravone without an authorisation here",
    hooks=("order-sign",),
    kind="T",
    group="DRUG",
    sources=("ema-edaravone",),
    overrides=("policy-contradicts",),
    needs_als=False,
    leaves_out="Import and compassionate use, which a site decides on.",
)
@decides(Row("info", "Region EU or UK"), Row("none", "Region US or CH"))
def edaravone_region(
    order: Annotated[Order, Draft("edaravone")],
    region: Region,
) -> Outcome:
    """Say that edaravone has no marketing authorisation in the EU and the UK."""
    if region.region not in UNLICENSED:
        return NotIndicated("edaravone is authorised in this region")
    return Recommend(
        summary=(
            "Edaravone has no EU marketing authorisation (application withdrawn May 2019): "
            "import/compassionate use only."
        ),
        indicator="info",
        because=("The agency said then that it could not have been approved.", str(region)),
        evidence=(order,),
    )
