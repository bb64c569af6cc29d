"""May this patient have dextromethorphan/quinidine, and is it started slowly?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Call,
    CannotAssess,
    Create,
    Delete,
    Draft,
    Entries,
    Fact,
    Indicator,
    Latest,
    Limits,
    Listed,
    Medication,
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
    Step,
    This,
    Threshold,
    Update,
    decides,
    read_as,
    rule,
)

DMQ = "dextromethorphan-quinidine"


@dataclass(frozen=True, slots=True)
class QtcLimits(Limits):
    """From where QTc rules the combination out, and how recent it must be to be current."""

    group: ClassVar[str] = "dmq"
    qtc_severe_ge_ms: Threshold
    qtc_long_gt_ms_men: Threshold
    qtc_long_gt_ms_women: Threshold
    qtc_current_days: Decimal

    def prolonged(self, person: Person) -> Threshold:
        """The limit for the patient's sex; the higher one where the sex is not known."""
        return self.qtc_long_gt_ms_men if person.sex == "male" else self.qtc_long_gt_ms_women


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
    Row("critical", "Long QT, torsades or heart failure on the problem list"),
    Row("critical", "Complete AV block on the problem list without a pacemaker"),
    Row("critical", "QTc {qtc_severe_ge_ms} within {qtc_evidence_days}"),
    Row("warning", "QTc {qtc_long_gt_ms_men} in men, {qtc_long_gt_ms_women} in others"),
    Row("none", "AV block with a pacemaker; nothing on file"),
)
def dmq_contraindicated_cardiac(
    order: Annotated[Order, Draft(DMQ)],
    long_qt: Annotated[Entries, Listed("prolonged-qt")],
    failure: Annotated[Entries, Listed("heart-failure")],
    block: Annotated[Entries, Listed("complete-av-block")],
    pacemaker: Annotated[Entries, Listed("pacemaker")],
    qtc: Annotated[Reading | Missing, Latest("qtc", lookback="qtc_evidence_days")],
    person: Annotated[Person, Patient()],
    ordered: Annotated[Entries, Ordered("ecg", lookback="ecg_order_days")],
    limits: QtcLimits,
) -> Outcome:
    """
    Warn of heart disease that the label forbids, or of a QTc that is long.

    Conditions count while they are on the problem list; a pacemaker answers an AV
    block. qtc: corrected, of the last year.
    """
    blocked = block if block and not pacemaker else Entries()
    found = [*_recorded(long_qt, failure, blocked), *_measured(qtc, person, limits)]
    if not found:
        if long_qt.failed:
            return CannotAssess("the problem list could not be read", long_qt.failed)
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
            *(f"{one.told}." for one in found),
            f"Last QTc: {qtc}.",
            "The label names the conditions and gives no number for QTc.",
        ),
        evidence=(order, *(one.fact for one in found)),
        by=tuple(limit for one in found for limit in one.by),
        offers=tuple(_offers(order, current=current or bool(ordered))),
    )


def _recorded(*conditions: Entries) -> Iterator[Finding]:
    for entries in conditions:
        if entries.newest:
            yield Finding(entries.newest.label, "critical", entries)


def _measured(qtc: Reading | Missing, person: Person, limits: QtcLimits) -> Iterator[Finding]:
    if not isinstance(qtc, Reading):
        return
    told = f"{qtc.label} {qtc.amount}"
    if qtc.meets(limits.qtc_severe_ge_ms):
        yield Finding(told, "critical", qtc, (limits.qtc_severe_ge_ms,))
    elif qtc.meets(limits.prolonged(person)):
        yield Finding(told, "warning", qtc, (limits.prolonged(person),))


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


@dataclass(frozen=True, slots=True)
class CapsuleLimits(Limits):
    """What a capsule holds, how many a day are too many, and what a new start is."""

    group: ClassVar[str] = "dmq"
    dmq_capsule_mg: Decimal
    dmq_capsules_a_day_gt: Threshold
    dmq_start_gap_days: Decimal


@rule(
    "dmq-dose",
    title="Dextromethorphan/quinidine as labelled",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("maintenance-continued",),
    leaves_out="Directions that cannot be read; orders of a clinical trial.",
)
@decides(
    Row("warning", "Capsules a day {dmq_capsules_a_day_gt}"),
    Row("info", "Two capsules a day from the start, none taken in {dmq_start_gap_days}"),
    Row("info", "One capsule a day, without an end or a next step"),
    Row("none", "Titrated, continued twice a day, or not readable"),
)
def dmq_dose(
    order: Annotated[Order, Draft(DMQ)],
    taken: Annotated[Entries, Medication(DMQ, ended=True)],
    call: Annotated[Call, This()],
    limits: CapsuleLimits,
) -> Outcome:
    """
    Compare the ordered capsules with the label: one a day for a week, then two.

    taken: none now and none that ended in the last 30 days makes it a new start.
    """
    steps = order.regimen.steps
    if "clinical-trial" in order.reasons or not steps:
        return NotIndicated("an order of a clinical trial, or no directions")
    new = not _lately(taken, call.today, limits.dmq_start_gap_days)
    if any(_above(step, limits) for step in steps):
        return _deviates(order, "warning", new=new, by=(limits.dmq_capsules_a_day_gt,))
    if len(steps) > 1:
        return NotIndicated("directions in steps")
    twice = _capsules(steps[0], limits) == limits.dmq_capsules_a_day_gt.value
    if twice and new and not taken.whole:
        return CannotAssess("whether it was taken before could not be read", taken.failed)
    if twice and not new:
        return NotIndicated("continued at the labelled dose")
    once = _capsules(steps[0], limits) == 1 and not steps[0].course.bounded
    if twice or once:
        return _deviates(order, "info", new=new, by=())
    return NotIndicated("titrated, or the directions cannot be read")


def _lately(taken: Entries, today: date, gap: Decimal) -> bool:
    since = today - timedelta(days=int(gap))
    return any(entry.end is None or entry.end >= since for entry in taken)


def _capsules(step: Step, limits: CapsuleLimits) -> Fraction | None:
    """Capsules a day; as often as it is taken, where the amount is not known."""
    if step.a_day is not None:
        return step.a_day / Fraction(limits.dmq_capsule_mg)
    return step.times_a_day if step.low is None else step.low / Fraction(limits.dmq_capsule_mg)


def _above(step: Step, limits: CapsuleLimits) -> bool:
    capsules = _capsules(step, limits)
    limit = limits.dmq_capsules_a_day_gt.value
    return capsules is not None and limit is not None and capsules > Fraction(limit)


def _deviates(order: Order, level: Indicator, *, new: bool, by: tuple[Threshold, ...]) -> Recommend:
    titrate = new and order.version == "R4"
    return Recommend(
        summary=(
            "DM/Q: start 1 capsule daily for 7 days, then 1 every 12 hours; do not exceed 2 "
            "capsules a day."
        ),
        indicator=level,
        because=(f"Read as {'; then '.join(map(read_as, order.regimen.steps))}.",),
        evidence=(order,),
        by=by,
        offers=(Update(order, "dmq-titration"),) if titrate else (),
    )
