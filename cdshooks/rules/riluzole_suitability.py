"""Does riluzole suit this patient: pregnancy, the kidneys, the form that can be swallowed?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Delete,
    Draft,
    Entries,
    Entry,
    Fact,
    Indicator,
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
    Threshold,
    Update,
    decides,
    on,
    rule,
)
from cdshooks.rules.states.feeding import tube_in_place
from cdshooks.rules.states.pregnancy import Pregnancy, pregnancy
from cdshooks.rules.states.region import Region
from cdshooks.rules.states.riluzole import Episode, not_taken, riluzole_episode
from cdshooks.rules.states.swallowing import NO_MEALS, SwallowItem


@rule(
    "riluzole-pregnancy",
    title="Riluzole in pregnancy and breast-feeding",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("risk-benefit-ratio", "pregnancy-entry-outdated"),
    needs_als=False,
    leaves_out="Women of whom nothing is recorded: nobody is asked for a test.",
)
@decides(
    Row("critical", "Pregnancy or breast-feeding recorded; region EU, UK or CH"),
    Row("warning", "Pregnancy recorded; region US"),
    Row("info", "Breast-feeding recorded; region US"),
    Row("none", "Not pregnant by a statement or test of the last {pregnancy_test_days}"),
)
def riluzole_pregnancy(
    order: Annotated[Order, Draft("riluzole")],
    person: Annotated[Person, Patient()],
    found: Annotated[Pregnancy, State(pregnancy)],
    region: Region,
) -> Outcome:
    """
    Warn of riluzole in pregnancy, and when breast-feeding.

    found: signs of a pregnancy that no later statement or test denies, and breast-feeding.
    """
    if person.sex == "male":
        return NotIndicated("the patient is a man")
    if found.signs:
        level: Indicator = "warning" if region.us else "critical"
        return _unsafe(order, "Pregnancy recorded", level, found.signs, region)
    if found.feeding:
        level = "info" if region.us else "critical"
        return _unsafe(order, "Breast-feeding recorded", level, found.feeding, region)
    if found.failed:
        return CannotAssess("whether there is a pregnancy could not be read", found.failed)
    return NotIndicated("no pregnancy or breast-feeding is recorded")


def _unsafe(
    order: Order,
    what: str,
    level: Indicator,
    facts: tuple[Entry | Reading, ...],
    region: Region,
) -> Recommend:
    harm = "may harm the fetus (US label, animal data)"
    if what.startswith("Breast"):
        harm = "may harm the child (no data on milk, US label)"
    says = harm if region.us else "is contraindicated (EU)"
    return Recommend(
        summary=f"{what}: riluzole {says}.",
        indicator=level,
        because=(*(f"{entry}." for entry in facts), str(region)),
        evidence=facts,
        offers=(Delete(order),),
    )


@dataclass(frozen=True, slots=True)
class RenalLimits(Limits):
    """From where the kidneys speak against riluzole."""

    group: ClassVar[str] = "riluzole_suitability"
    egfr_low_lt: Threshold
    egfr_impaired_lt: Threshold


@rule(
    "riluzole-renal",
    title="Riluzole in renal impairment",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("riluzole-eu",),
    overrides=("risk-benefit-ratio",),
    needs_als=False,
    leaves_out="Creatinine alone: muscle is lost in ALS, so it says little.",
)
@decides(
    Row("warning", "eGFR {egfr_low_lt} in the last {egfr_days}; region EU, UK or CH"),
    Row("info", "eGFR {egfr_low_lt}; region US"),
    Row("info", "eGFR {egfr_impaired_lt} and not {egfr_low_lt}; region EU, UK or CH"),
)
def riluzole_renal(
    order: Annotated[Order, Draft("riluzole")],
    egfr: Annotated[Reading | Missing, Latest("egfr", lookback="egfr_days")],
    region: Region,
    limits: RenalLimits,
) -> Outcome:
    """
    Say that EU labelling does not recommend riluzole in renal impairment.

    egfr: the newest of the last 180 days. In the US only severe impairment is told.
    """
    if isinstance(egfr, Missing):
        if egfr.failed or not egfr.proven:
            return CannotAssess(egfr.text, egfr.failed)
        return NotIndicated(egfr.text)
    severe = egfr.meets(limits.egfr_low_lt)
    if not severe and (region.us or not egfr.meets(limits.egfr_impaired_lt)):
        return NotIndicated(f"{egfr}")
    return Recommend(
        summary=(
            f"eGFR {egfr.amount.removesuffix(' ' + egfr.unit)}: riluzole is not recommended in "
            "renal impairment (EU label; no repeated-dose data)."
        ),
        indicator="warning" if severe and not region.us else "info",
        because=(
            f"{egfr}. With little muscle the true rate is lower still.",
            str(region),
        ),
        evidence=(egfr,),
        by=(limits.egfr_low_lt if severe else limits.egfr_impaired_lt,),
    )


@dataclass(frozen=True, slots=True)
class FormLimits(Limits):
    """At which swallowing another form than a tablet helps."""

    group: ClassVar[str] = "riluzole_suitability"
    formulation_item_le: Threshold


@rule(
    "riluzole-formulation-swallow",
    title="A form of riluzole that can be swallowed",
    hooks=("order-select", "order-sign", "patient-view"),
    kind="S",
    group="RIL-USE",
    sources=("riluzole-us",),
    overrides=("swallows-tablets-safely", "service-not-available"),
    needs_als=False,
    once="formulation_once_days",
    leaves_out="Products of unknown form; tablets that are given by tube already.",
)
@decides(
    Row("info", "Tablets, and dysphagia on the problem list"),
    Row("info", "Tablets, and ALSFRS-R item 3 {formulation_item_le}"),
    Row("info", "Tablets, and a feeding tube"),
    Row("warning", "Film, and nothing is taken by mouth beside a feeding tube"),
)
def riluzole_formulation_swallow(
    order: Annotated[Order | None, Draft("riluzole", or_none=True)],
    episode: Annotated[Episode, State(riluzole_episode)],
    dysphagia: Annotated[Entries, Listed("swallowing-problem")],
    tube: Annotated[Entry | Reading | None, State(tube_in_place)],
    nil: Annotated[Entries, Listed("nil-by-mouth")],
    item: SwallowItem,
    limits: FormLimits,
) -> Outcome:
    """
    Name the other forms of riluzole where tablets are hard to swallow.

    item: ALSFRS-R item 3 of the last months. A film dissolves on the tongue, which
    still asks for swallowing: with nothing by mouth it is the wrong form.
    """
    if order is None and not episode.going_on:
        return not_taken(episode)
    forms = {order.form} if order else {e.form for e in episode.taken if not e.via_tube}
    if order and order.regimen.via_tube and order.form == "tablet":
        return NotIndicated("given by tube already")
    offers = (Update(order, "riluzole-suspension-instead"),) if order else ()
    nothing = bool(nil) or (isinstance(item, Reading) and item.value == NO_MEALS)
    if "film" in forms and tube is not None and nothing:
        return Recommend(
            summary="Nothing by mouth: riluzole film needs swallowing; suspension by tube instead.",
            indicator="warning",
            because=(
                "The film dissolves on the tongue and is swallowed with saliva.",
                *_shortage(),
            ),
            evidence=tuple(dict.fromkeys((tube, nil, item))),
            offers=offers,
        )
    signs = tuple(_signs(dysphagia, tube, item, limits))
    if "tablet" not in forms or not signs:
        return _nothing(forms, dysphagia)
    words, facts = signs[0][0], tuple(fact for _, fact in signs)
    return Recommend(
        summary=(
            f"{words} recorded: riluzole also exists as oral suspension (oral or PEG) and oral "
            "film."
        ),
        indicator="info",
        because=(*(f"{fact}." for fact in facts if not isinstance(fact, Entries)), *_shortage()),
        evidence=facts,
        by=(limits.formulation_item_le,) if item in facts else (),
        offers=offers,
    )


def _shortage() -> Iterator[str]:
    yield "Availability differs: in the US the suspension has been listed as unavailable."


def _nothing(forms: set[str | None], dysphagia: Entries) -> NotIndicated | CannotAssess:
    if "tablet" in forms and not dysphagia.whole:
        return CannotAssess("the problem list could not be read", dysphagia.failed)
    return NotIndicated("no tablets, or nothing speaks against swallowing them")


def _signs(
    dysphagia: Entries, tube: Entry | Reading | None, item: Reading | Missing, limits: FormLimits
) -> Iterator[tuple[str, Fact]]:
    """What makes tablets hard to swallow, in words for the summary."""
    if dysphagia:
        yield "Dysphagia", dysphagia
    if isinstance(item, Reading) and item.meets(limits.formulation_item_le):
        yield f"Dysphagia (ALSFRS-R item 3: {item.amount}, {on(item.day)})", item
    if tube is not None:
        yield "Feeding tube", tube
