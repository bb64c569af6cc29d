"""May this patient have dextromethorphan/quinidine at all?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    CannotAssess,
    Create,
    Delete,
    Draft,
    Entries,
    Fact,
    Indicator,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Patient,
    Person,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    decides,
    failed_in,
    rule,
)
from cdshooks.rules.states.heart import Qtc, QtcLimits, heart_against_combination

DMQ = "dextromethorphan-quinidine"


@dataclass(frozen=True, slots=True)
class OrderLimits(QtcLimits):
    """From where QTc rules the combination out, and how recent it must be to be current."""

    qtc_current_days: Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """What speaks against the combination, as the beginning of a summary."""

    told: str
    level: Indicator
    fact: Fact
    by: tuple[Threshold, ...] = ()


@rule(
    "dmq-contraindicated-cardiac",
    title="Heart disease and dextromethorphan/quinidine",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("cardiology-agrees", "qtc-remeasured-normal"),
    leaves_out="The uncorrected QT interval; what only the text of a tracing says.",
)
@decides(
    Row("critical", "Long QT or heart failure on the problem list, or torsades at any time"),
    Row("critical", "Complete AV block on the problem list without a pacemaker"),
    Row("critical", "QTc {qtc_severe_ge_ms} within {qtc_evidence_days}"),
    Row("warning", "QTc {qtc_long_gt_ms_men} in men, {qtc_long_gt_ms_women} in others"),
    Row("none", "AV block with a pacemaker; nothing on file"),
)
def dmq_contraindicated_cardiac(
    order: Annotated[Order, Draft(DMQ)],
    heart: Annotated[tuple[Entries, ...], State(heart_against_combination)],
    qtc: Qtc,
    person: Annotated[Person, Patient()],
    ordered: Annotated[Entries, Ordered("ecg", lookback="ecg_order_days")],
    limits: OrderLimits,
) -> Outcome:
    """
    Warn of heart disease that the label forbids, or of a QTc that is long.

    heart: conditions on the problem list. qtc: corrected, of the last year.
    """
    found = [*_recorded(heart), *_measured(qtc, person, limits)]
    if not found:
        failed = failed_in(*heart)
        if failed:
            return CannotAssess("the problem list could not be read", failed)
        return NotIndicated("no heart disease that the label names, and no long QTc")
    first = found[0]
    current = isinstance(qtc, Reading) and qtc.age <= limits.qtc_current_days
    return Recommend(
        summary=(
            f"{first.told}: dextromethorphan/quinidine is contraindicated (QT prolongation, "
            "torsades risk)."
        ),
        indicator=first.level,
        because=(
            *dict.fromkeys(f"{one.told}." for one in found),
            f"Last QTc: {qtc}.",
            "The label names the conditions and gives no number for QTc.",
        ),
        evidence=(order, *(one.fact for one in found)),
        by=tuple(limit for one in found for limit in one.by),
        offers=tuple(_offers(order, current=current or bool(ordered))),
    )


def _recorded(heart: tuple[Entries, ...]) -> Iterator[Finding]:
    for entries in heart:
        if entries.newest:
            yield Finding(entries.newest.label, "critical", entries)


def _measured(qtc: Reading | Missing, person: Person, limits: QtcLimits) -> Iterator[Finding]:
    limit = limits.passed(qtc, person)
    if limit and isinstance(qtc, Reading):
        level: Indicator = "critical" if limit is limits.qtc_severe_ge_ms else "warning"
        yield Finding(f"{qtc.label} {qtc.amount}", level, qtc, (limit,))


def _offers(order: Order, *, current: bool) -> Iterator[Offer]:
    yield Delete(order)
    if not current:
        yield Create("ecg", reason="QTc before dextromethorphan/quinidine")


@rule(
    "dmq-hypersensitivity",
    title="Recorded reaction to dextromethorphan, quinidine or their kin",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("allergy-entry-wrong",),
    leaves_out="Allergies that were refuted or have resolved.",
)
@decides(
    Row(
        "critical",
        "An allergy or intolerance to quinidine, quinine, mefloquine or dextromethorphan",
    ),
    Row("warning", "The same, and only text says that the combination was ordered"),
    Row("none", "No such allergy, or one that was refuted or has resolved"),
)
def dmq_hypersensitivity(
    order: Annotated[Order, Draft(DMQ)],
    allergies: Annotated[Allergies, Allergic("dmq-allergens")],
) -> Outcome:
    """Warn of a reaction to one of the two drugs or to quinine or mefloquine, however mild."""
    if not allergies:
        if not allergies.whole:
            return CannotAssess("allergies could not be read", allergies.failed)
        return NotIndicated("no such allergy is recorded")
    worst = max(allergies, key=lambda allergy: allergy.severe)
    return Recommend(
        summary=(
            f"Recorded reaction to {worst.label}: dextromethorphan/quinidine is contraindicated."
        ),
        indicator="critical",
        because=(
            f"Reaction: {worst.reaction or 'not stated'}.",
            "The label names low platelets, hepatitis, bone-marrow depression, lupus-like "
            "syndrome and hypersensitivity.",
        ),
        evidence=(order, *allergies),
        offers=(Delete(order),),
    )
