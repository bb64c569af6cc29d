"""Is this dose of tofersen as labelled, and is the puncture for it safe?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    UNREAD_ROUTE,
    Call,
    CannotAssess,
    Draft,
    Entries,
    Entry,
    Latest,
    Limits,
    Medication,
    Missing,
    NotIndicated,
    Order,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    Update,
    beside,
    decides,
    milligrams,
    on,
    rule,
)
from cdshooks.rules.states.tofersen import Given, tofersen_given
from cdshooks.rules.states.words import joined

INTRATHECAL = "intrathecal"


@dataclass(frozen=True, slots=True)
class DoseLimits(Limits):
    """Dose and intervals of tofersen."""

    group: ClassVar[str] = "tofersen"
    tofersen_mg: Decimal
    tofersen_tolerance_pct: Decimal
    tofersen_loading_doses: Decimal
    tofersen_loading_lt: Threshold
    tofersen_later_lt: Threshold
    tofersen_overdue_gt: Threshold

    def is_dose(self, amount: Fraction) -> bool:
        """Whether an amount is the labelled dose, but for rounding."""
        off = abs(amount - Fraction(self.tofersen_mg)) * 100
        return off <= Fraction(self.tofersen_mg * self.tofersen_tolerance_pct)


@rule(
    "tofersen-dose",
    title="Tofersen dose and interval as labelled",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("tofersen-us",),
    overrides=("missed-dose-catch-up",),
    needs_als=False,
    leaves_out="Orders of a clinical trial; doses that are not written in mg or mL.",
)
@decides(
    Row("warning", "Not {tofersen_mg}, but for {tofersen_tolerance_pct}"),
    Row("warning", "A route that is not intrathecal"),
    Row(
        "warning", "{tofersen_loading_lt} after the last dose, fewer than {tofersen_loading_doses}"
    ),
    Row("warning", "{tofersen_later_lt} after the last dose, later on"),
    Row("info", "{tofersen_overdue_gt} after the last dose"),
)
def tofersen_dose(
    order: Annotated[Order, Draft("tofersen")],
    given: Annotated[Given, State(tofersen_given)],
    call: Annotated[Call, This()],
    limits: DoseLimits,
) -> Outcome:
    """
    Compare dose, route and interval of an order with the label.

    given: doses on record. Until three of them were given two weeks lie between
    doses, later four.
    """
    if "clinical-trial" in order.reasons:
        return NotIndicated("an order of a clinical trial")
    wrong = tuple(_wrong(order, limits))
    days = (call.today - given.last).days if given.last else None
    soon = days is not None and _limit(given, limits).met_by(Decimal(days))
    late = days is not None and limits.tofersen_overdue_gt.met_by(Decimal(days))
    if not wrong and not soon and not late:
        return NotIndicated("as labelled, as far as it is written")
    last = f" (last given {on(given.last)})" if given.last else ""
    since = beside(str(days), "d")
    crossed = (_limit(given, limits),) if soon else (limits.tofersen_overdue_gt,) if late else ()
    return Recommend(
        summary=(
            f"Tofersen is 100 mg intrathecally: 3 doses 14 days apart, then every 28 days{last}."
        ),
        indicator="warning" if wrong or soon else "info",
        because=(
            *(f"Ordered: {text}." for text in wrong),
            *((f"{since} since the last dose; {given.doses} on record.",) if days else ()),
        ),
        evidence=(order, given.history),
        by=crossed,
        offers=(Update(order, "tofersen-dose"),) if wrong and order.version == "R4" else (),
    )


def _wrong(order: Order, limits: DoseLimits) -> Iterator[str]:
    for step in order.regimen.steps:
        for amount in step.each:
            if not limits.is_dose(amount):
                yield f"{milligrams(amount)} mg"
    if order.regimen.route not in (None, UNREAD_ROUTE, INTRATHECAL):
        yield f"route {order.regimen.route}"


def _limit(given: Given, limits: DoseLimits) -> Threshold:
    loading = given.doses < limits.tofersen_loading_doses
    return limits.tofersen_loading_lt if loading else limits.tofersen_later_lt


@dataclass(frozen=True, slots=True)
class PunctureLimits(Limits):
    """What makes a lumbar puncture dangerous."""

    group: ClassVar[str] = "tofersen"
    puncture_platelets_lt: Threshold
    heparin_prevention_le: Threshold


@rule(
    "tofersen-lp-anticoagulant",
    title="Lumbar puncture with an anticoagulant or few platelets",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("product",),
    overrides=("mitigate-risk-negative-outcome",),
    leaves_out="Antiplatelet drugs; anticoagulants that are only drafted.",
)
@decides(
    Row("warning", "Platelets {puncture_platelets_lt} in the last {puncture_platelets_days}"),
    Row("warning", "An anticoagulant by mouth, or injected in a dose that treats or is unknown"),
    Row("info", "An injected anticoagulant of {heparin_prevention_le} a day"),
    Row("info", "An anticoagulant is known only from an old order that nobody closed"),
)
def tofersen_lp_anticoagulant(
    order: Annotated[Order, Draft(value_set="lumbar-puncture")],
    oral: Annotated[Entries, Medication("anticoagulant")],
    injected: Annotated[Entries, Medication("heparin", dosed=True)],
    platelets: Annotated[
        Reading | Missing, Latest("platelets", lookback="puncture_platelets_days")
    ],
    limits: PunctureLimits,
) -> Outcome:
    """
    Call for the local plan when a puncture meets an anticoagulant or few platelets.

    oral and injected: taken now. An injected one of a low daily dose only prevents.
    """
    low = isinstance(platelets, Reading) and platelets.meets(limits.puncture_platelets_lt)
    treating = [*oral, *(entry for entry in injected if not _prevents(entry, limits))]
    found = (*oral, *injected)
    if not found and not low:
        if not oral.whole:
            return CannotAssess("anticoagulants could not be read", oral.failed)
        return NotIndicated("no anticoagulant, and platelets are not known to be few")
    names = joined(tuple(dict.fromkeys(origin.label for e in found for origin in e.origins)))
    said = f"Lumbar puncture planned while {names} is active: apply the local peri-procedural plan."
    if low and isinstance(platelets, Reading):
        said = f"Lumbar puncture planned with {platelets}: apply the local peri-procedural plan."
    return Recommend(
        summary=said,
        indicator="warning" if low or any(entry.sure for entry in treating) else "info",
        because=tuple(_of_blood(found, treating)),
        evidence=(*found, platelets),
        by=(limits.puncture_platelets_lt,) if low else (),
    )


def _prevents(entry: Entry, limits: PunctureLimits) -> bool:
    """Whether the dose of a day is known and low."""
    amount = entry.mg_a_day
    if amount is None:
        return False
    return limits.heparin_prevention_le.met_by(Decimal(amount.numerator) / amount.denominator)


def _of_blood(found: tuple[Entry, ...], treating: list[Entry]) -> Iterator[str]:
    for entry in found:
        purpose = "treats, or of unknown dose" if entry in treating else "in a dose that prevents"
        yield f"{entry}: {purpose}."
