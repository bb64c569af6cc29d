"""Did NIV start, was it looked at since, and does it meet its goals?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Booked,
    Call,
    CannotAssess,
    Captured,
    Create,
    Entries,
    Latest,
    Limits,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    Visited,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.niv_course import (
    FINDINGS,
    OnNiv,
    Reviewed,
    niv_findings,
    niv_start_recorded,
    reviewed_since_start,
)
from cdshooks.rules.states.niv_criteria import blood_gas_criterion
from cdshooks.rules.states.niv_model import Criterion
from cdshooks.rules.states.region import Jurisdiction
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence


@dataclass(frozen=True, slots=True)
class FollowUpLimits(Limits):
    """When delivery and the first review of NIV are late."""

    group: ClassVar[str] = "niv_care"
    niv_delivery_gt_days: Threshold
    niv_review_from_ge_days: Threshold
    niv_review_overdue_gt_days: Threshold


@rule(
    "niv-start-followup",
    title="NIV delivered, started and reviewed",
    hooks=("patient-view", "encounter-discharge", "appointment-book"),
    kind="M",
    group="RESP-NIV",
    sources=("chest-2023", "cms-rad", "nice-ng42"),
    overrides=("done-elsewhere", "will-address-later"),
    leaves_out="Sites that do not record ventilation reviews in coded form; orders on hold.",
)
def niv_start_followup(
    call: Annotated[Call, This()],
    vent: Annotated[Vent, State(vent)],
    gas: Annotated[Criterion | None, State(blood_gas_criterion)],
    start: Annotated[date | None, State(niv_start_recorded)],
    reviewed: Annotated[Reviewed, State(reviewed_since_start)],
    recorded: Annotated[bool, Captured("niv-review")],
    booked: Annotated[Entries, Booked("niv-review", within="niv_review_booked_days")],
    site: Jurisdiction,
    limits: FollowUpLimits,
) -> Outcome:
    """
    Ask where ordered NIV stays, and for a first review of NIV that started.

    Carbon dioxide at a critical level makes an order that has not started urgent at
    once, whatever is booked. A review visit, download, gas or oximetry since the start is a review.
    """
    critical = vent.state == "niv-ordered" and gas is not None and gas.level == "critical"
    if booked.newest and not critical:
        return NotIndicated(f"ventilation review booked {on(booked.newest.start)}")
    if vent.state == "niv-ordered":
        return _waiting(vent, gas, call.today, limits)
    if vent.state != "niv-active" or start is None:
        return NotIndicated(f"ventilation: {vent.state}, start {on(start)}")
    days = Decimal((call.today - start).days)
    if not limits.niv_review_from_ge_days.met_by(days):
        return NotIndicated(f"NIV started {days} days ago")
    if reviewed.by:
        return NotIndicated(f"reviewed: {reviewed.by}")
    if not recorded:
        return NotIndicated("ventilation reviews are not recorded in coded form here")
    if not reviewed.known:
        return CannotAssess("whether NIV was reviewed could not be read", reviewed.failed)
    overdue = limits.niv_review_overdue_gt_days.met_by(days)
    return Recommend(
        summary=f"NIV started {on(start)}: no review, gas or download since",
        indicator="warning" if overdue else "info",
        because=(f"Started {days} days ago.", *_us(site)),
        evidence=vent.facts,
        by=(limits.niv_review_overdue_gt_days if overdue else limits.niv_review_from_ge_days,),
        offers=tuple(
            Create(
                draft, recommended=draft == "ventilation-appointment", reason="First review of NIV"
            )
            for draft in ("ventilation-appointment", "niv-oximetry", "blood-gas", "niv-download")
        ),
    )


def _us(site: Jurisdiction) -> Iterator[str]:
    if site.jurisdiction == "US":
        yield (
            "Medicare asks for a re-evaluation on or after day 61, with use of at least 4 hours "
            "in 24."
        )


def _waiting(vent: Vent, gas: Criterion | None, today: date, limits: FollowUpLimits) -> Outcome:
    """NIV on order: urgent by carbon dioxide, or late by its age; a draft of now is neither."""
    if vent.since is None:
        return NotIndicated("NIV is being ordered")
    days = Decimal((today - vent.since).days)
    if gas and gas.level == "critical":
        return Recommend(
            summary=f"{gas.finding}: NIV ordered {on(vent.since)}, not started; expedite",
            indicator="warning",
            evidence=(*gas.facts, *vent.facts),
            by=gas.by,
            offers=(Create("niv-expedite", recommended=True, urgent=True, reason=gas.finding),),
        )
    if not limits.niv_delivery_gt_days.met_by(days):
        return NotIndicated(f"NIV ordered {days} days ago")
    return Recommend(
        summary=f"NIV ordered {on(vent.since)}: not delivered or started after {days} days",
        indicator="warning",
        because=("No device in use, no completed request and no use of NIV is recorded.",),
        evidence=vent.facts,
        by=(limits.niv_delivery_gt_days,),
        offers=(Create("niv-expedite", recommended=True, reason="NIV not delivered"),),
    )


@rule(
    "niv-optimise",
    title="NIV that does not meet its goals",
    hooks=("patient-view", "encounter-start"),
    kind="T",
    group="RESP-NIV",
    sources=("chest-2023", "sancho-2018", "obrien-2019"),
    overrides=("goals-of-care", "under-specialist-review", "data-incorrect"),
    leaves_out=(
        "Gases from before NIV, oximetry without NIV, downloads of less than a week, and "
        "symptoms of the first two weeks. No setting is proposed."
    ),
)
def niv_optimise(
    vent: Annotated[Vent, State(vent)],
    findings: Annotated[tuple[OnNiv, ...], State(niv_findings)],
    reviews: Annotated[Entries, Visited("niv-review", lookback="niv_reviewed_days")],
    titrations: Annotated[
        Entries,
        Performed("niv-titration", statuses=("completed",), lookback="niv_reviewed_days"),
    ],
    gas: Annotated[Reading | Missing, Latest("paco2", lookback=FINDINGS)],
    usage: Annotated[Reading | Missing, Latest("niv-usage", lookback=FINDINGS)],
) -> Outcome:
    """
    Ask for a review of NIV when gas, night, use, leak, residual events or symptoms are not right.

    Each of the last three months. Silent for a while after a review or a titration. gas, usage:
    whether breathing tests and downloads could be read at all.
    """
    if vent.state != "niv-active":
        return NotIndicated(f"ventilation: {vent.state}")
    if done := reviews.newest or titrations.newest:
        return NotIndicated(f"{done}")
    if not findings:
        return _nothing_unsolved(gas, usage)
    first = findings[0]
    return Recommend(
        summary=f"NIV not meeting goals: {first.told}. Review mode, pressures, timing, interface",
        indicator="warning",
        because=(
            *(sentence(found.told) for found in findings),
            "Settings are not read from the device.",
        ),
        evidence=tuple(fact for found in findings for fact in found.facts),
        by=tuple(limit for found in findings for limit in found.by),
        offers=tuple(
            Create(draft, recommended=draft == "niv-titration", reason=first.told)
            for draft in ("niv-titration", "mask-refit", "niv-oximetry")
        ),
    )


def _nothing_unsolved(*read: Reading | Missing) -> Outcome:
    failed = failed_in(*read)
    if failed:
        return CannotAssess("how NIV goes could not be read", failed)
    return NotIndicated("nothing found that NIV leaves unsolved")
