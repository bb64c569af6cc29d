"""Is the skin of a patient who does not move looked after?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Captured,
    Create,
    Enrolled,
    Entries,
    Entry,
    InUse,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Row,
    State,
    Threshold,
    Visited,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.ventilation import Vent, vent

MASKLESS = ("invasive", "trach-unventilated", "intubated")
"""Ventilatory states in which a mask that is still on record is not worn."""
MOBILITY = "mobility_score_days"
WOUND, WOUND_DAYS = "wound-plan", "wound_plan_days"
CHECKED = "skin_check_days"
RELIEF = "pressure-relief"


@dataclass(frozen=True, slots=True)
class SkinLimits(Limits):
    """When the skin is at risk."""

    group: ClassVar[str] = "skin"
    turning_item_le: Threshold
    immobile_walking_item_le: Threshold
    braden_le: Threshold


@dataclass(frozen=True, slots=True)
class Risk:
    """What puts the skin at risk: words, reading, limit."""

    told: str
    reading: Reading
    by: Threshold


@dataclass(frozen=True, slots=True)
class Risks:
    """Every risk to the skin, and what could not be told."""

    found: tuple[Risk, ...]
    missing: tuple[Missing, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Searches that did not answer."""
        return failed_in(*self.missing)


@derived
def skin_risks(
    turning: Annotated[Reading | Missing, Latest("alsfrs-item-7", lookback=MOBILITY)],
    walking: Annotated[Reading | Missing, Latest("alsfrs-item-8", lookback=MOBILITY)],
    braden: Annotated[Reading | Missing, Latest("braden", lookback="braden_days")],
    limits: SkinLimits,
) -> Risks:
    """ALSFRS-R item 7 (turning) or 8 (walking), or the Braden scale."""
    tests = (
        ("turning {}/4", turning, limits.turning_item_le),
        ("walking {}/4", walking, limits.immobile_walking_item_le),
        ("Braden {}", braden, limits.braden_le),
    )
    found = [
        Risk(words.format(test.amount), test, limit)
        for words, test, limit in tests
        if isinstance(test, Reading) and test.meets(limit)
    ]
    missing = [test for _, test, _ in tests if isinstance(test, Missing)]
    return Risks(tuple(found), tuple(missing))


@rule(
    "pressure-injury-risk",
    title="Pressure injury",
    hooks=("patient-view", "encounter-start"),
    kind="S",
    group="SYMPTOM",
    sources=("product",),
    overrides=("done-elsewhere",),
    leaves_out="Weight and nutrition, which have their own advice; stage and site of an injury.",
)
@decides(
    Row("warning", "Pressure injury, no wound care or occupational therapy in {wound_plan_days}"),
    Row(
        "info",
        "ALSFRS-R item 7 {turning_item_le}, item 8 {immobile_walking_item_le} or Braden "
        "{braden_le}, and no skin check in {skin_check_days}",
    ),
)
def pressure_injury_risk(
    injury: Annotated[Entries, Listed("pressure-injury")],
    risks: Annotated[Risks, State(skin_risks)],
    ordered: Annotated[Entries, Ordered(WOUND, lookback=WOUND_DAYS)],
    dressed: Annotated[
        Entries, Performed(WOUND, statuses=("completed", "in-progress"), lookback=WOUND_DAYS)
    ],
    visited: Annotated[Entries, Visited(WOUND, lookback=WOUND_DAYS)],
    care: Annotated[Entries, Enrolled(WOUND)],
    checks: Annotated[Entries, Performed("skin-check", statuses=("completed",), lookback=CHECKED)],
    recorded: Annotated[bool, Captured("skin-check")],
    relief: Annotated[Entries, InUse(RELIEF)],
    requested: Annotated[
        Entries,
        Ordered(
            RELIEF,
            types=("DeviceRequest",),
            statuses=("active", "completed"),
            lookback=CHECKED,
        ),
    ],
    device: Annotated[Entries, InUse("home-niv")],
    vent: Annotated[Vent, State(vent)],
) -> Outcome:
    """
    Raise a pressure injury without a plan; where the patient does not move, a missing skin check.

    A mask for ventilation adds the bridge of the nose; a tracheostomy needs no mask any more.
    care: plans that are under way, however old; orders and visits count for their days.
    """
    mask = None if vent.state in MASKLESS else device.newest
    if injury:
        plans = (ordered, dressed, visited, _under_way(care))
        return _injured(injury, plans, mask)
    if not risks.found:
        if risks.failed or not injury.whole:
            failed = failed_in(risks, injury)
            return CannotAssess("what puts the skin at risk could not be read", failed)
        return NotIndicated("no risk to the skin is known")
    done = checks.newest or relief.newest or requested.newest
    if done:
        return NotIndicated(f"{done}")
    if not recorded:
        return NotIndicated("skin checks are not recorded here")
    unread = failed_in(checks, relief, requested)
    if unread:
        return CannotAssess("skin checks could not be read", unread)
    told = risks.found[0].told
    return Recommend(
        summary=f"Immobile ({told}): check skin and pressure-relief equipment",
        indicator="info",
        because=(*(f"{risk.reading}." for risk in risks.found), *_nose(mask)),
        evidence=(*(risk.reading for risk in risks.found), *([mask] if mask else [])),
        by=tuple(risk.by for risk in risks.found),
        offers=_offers(f"Immobile: {told}"),
    )


def _under_way(care: Entries) -> Entries:
    return replace(care, items=tuple(entry for entry in care if entry.type == "CarePlan"))


def _injured(injury: Entries, plans: tuple[Entries, ...], mask: Entry | None) -> Outcome:
    made = next((plan.newest for plan in plans if plan.newest), None)
    if made:
        return NotIndicated(f"{made}")
    unread = failed_in(*plans)
    if unread:
        return CannotAssess("wound care could not be read", unread)
    newest = injury.newest
    told = f"Pressure injury ({on(newest.day if newest else None)})"
    return Recommend(
        summary=f"{told}: no wound care or occupational therapy plan on record",
        indicator="warning",
        because=(
            "Dress the wound, relieve pressure, look at pain, weight and protein.",
            *_nose(mask),
        ),
        evidence=(injury, *([mask] if mask else [])),
        offers=_offers(told),
    )


def _nose(mask: Entry | None) -> Iterator[str]:
    if mask:
        yield "Ventilation by mask: look at the bridge of the nose."


def _offers(reason: str) -> tuple[Create, ...]:
    return (
        Create("skin-check-task", recommended=True, reason=reason),
        Create("pressure-relief-device", reason=reason),
        Create("skin-occupational-therapy", reason=reason),
    )
