"""Were breathing tests ever made, and are the next ones due?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Limits,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    on,
    rule,
)
from cdshooks.rules.states.breathing_tests import (
    UNTESTABLE,
    Arranged,
    LastTest,
    last_breathing_test,
    pft_arranged,
)
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.niv_model import Criterion
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.progression import progresses_fast
from cdshooks.rules.states.stale_tests import stale_criterion
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import bracketed, sentence

DECLINABLE = ("done-elsewhere", "test-not-feasible", "patient-declined", "goals-of-care")


@dataclass(frozen=True, slots=True)
class MissedLimits(Limits):
    """When the first breathing tests are missed."""

    group: ClassVar[str] = "breathing_tests"
    pft_baseline_after_days: Threshold


@dataclass(frozen=True, slots=True)
class DueLimits(Limits):
    """When breathing tests are due and overdue."""

    group: ClassVar[str] = "breathing_tests"
    pft_due_days: Threshold
    pft_due_days_fast: Threshold
    pft_min_days: Threshold


Clinic = Annotated[bool, State(clinic_near)]
Ventilation = Annotated[Vent, State(vent)]
Last = Annotated[LastTest, State(last_breathing_test)]
Tests = Annotated[Arranged, State(pft_arranged)]


@rule(
    "pft-baseline-missing",
    title="Baseline breathing tests",
    hooks=("patient-view", "encounter-start"),
    kind="M",
    group="RESP-TEST",
    sources=("chest-2023", "nice-qs126", "aan-2012-resp"),
    overrides=DECLINABLE,
    leaves_out="Patients on invasive ventilation; results that could not be used.",
)
def pft_baseline_missing(
    call: Annotated[Call, This()],
    vent: Ventilation,
    population: Annotated[Population, State(population)],
    last: Last,
    arranged: Tests,
    clinic: Clinic,
    limits: MissedLimits,
) -> Outcome:
    """Ask for first breathing tests when none of any age is on file a month after diagnosis."""
    if vent.state in UNTESTABLE:
        return NotIndicated(f"ventilation: {vent.state}")
    if last.reading:
        return NotIndicated(f"{last.reading} is on file")
    if not last.known:
        return CannotAssess("breathing tests could not be read", last.failed)
    if population.diagnosed is None:
        return CannotAssess("the day of the diagnosis is not recorded")
    age = Decimal((call.today - population.diagnosed).days)
    if not limits.pft_baseline_after_days.met_by(age):
        return NotIndicated(f"diagnosed {age} days ago")
    if arranged.by:
        return NotIndicated(f"breathing tests {arranged.by}")
    if clinic:
        return NotIndicated(NEAR)
    day = on(population.diagnosed)
    return Recommend(
        summary=f"No baseline breathing tests on record; ALS diagnosed {day}",
        indicator="info",
        because=(
            "Guidelines test at diagnosis, then every 2 to 3 months (NICE) or at least "
            "every 6 months (CHEST).",
            "No usable vital capacity, SNIP or MIP was found.",
            *arranged.late,
        ),
        evidence=(population.evidence,) if population.evidence else (),
        by=(limits.pft_baseline_after_days,),
        missing=last.unusable,
        offers=(
            Create("pft-panel", recommended=True, reason="Baseline breathing tests"),
            Create("outside-results", reason="No breathing tests on record"),
        ),
        due="baseline breathing tests",
    )


@rule(
    "pft-overdue",
    title="Breathing tests due",
    hooks=("patient-view", "encounter-start", "appointment-book"),
    kind="M",
    group="RESP-TEST",
    sources=("chest-2023", "nice-qs126", "aan-2012-resp"),
    overrides=(*DECLINABLE, "will-address-later"),
    leaves_out="Patients on invasive ventilation. An old value never raises NIV by itself.",
)
def pft_overdue(
    vent: Ventilation,
    last: Last,
    fast: Annotated[str | None, State(progresses_fast)],
    stale: Annotated[Criterion | None, State(stale_criterion)],
    arranged: Tests,
    clinic: Clinic,
    limits: DueLimits,
) -> Outcome:
    """
    Ask for the next breathing tests by the age of the last ones.

    Due comes sooner in fast decline; overdue is a warning, lowered when tests
    are booked or on order. A last value that met a criterion for NIV is said so.
    """
    if vent.state in UNTESTABLE:
        return NotIndicated(f"ventilation: {vent.state}")
    if not last.known:
        return CannotAssess("breathing tests could not be read", last.failed)
    if last.reading is None:
        return NotIndicated("no breathing test on file")
    age = Decimal(last.reading.age)
    overdue = limits.pft_min_days.met_by(age)
    due = limits.pft_due_days_fast if fast else limits.pft_due_days
    if not overdue and not due.met_by(age):
        return NotIndicated(f"{last.reading} is {age} days old")
    if not overdue and (arranged.by or clinic):
        return NotIndicated(f"breathing tests {arranged.by}" if arranged.by else NEAR)
    call_for_niv = stale if vent.state == "none" else None
    advice = _overdue(last.reading, call_for_niv, fast, arranged)
    by = limits.pft_min_days if overdue else due
    if not overdue:
        return replace(advice, by=(by,), due="breathing tests")
    return replace(advice, indicator="info" if arranged.by else "warning", by=(by,))


def _overdue(
    last: Reading, stale: Criterion | None, fast: str | None, arranged: Arranged
) -> Recommend:
    """The advice at its lowest level, without its limit."""
    told = _told(last)
    booked = f"; {arranged.by}" if arranged.by else ""
    return Recommend(
        summary=f"Breathing tests due: last {told} ({last.age} days ago){booked}",
        indicator="info",
        because=tuple(_why(last, stale, fast, arranged)),
        evidence=(last, *(stale.facts if stale else ())),
        offers=tuple(_offers(f"Last {told}", stale, arranged)),
    )


def _offers(reason: str, stale: Criterion | None, arranged: Arranged) -> Iterator[Create]:
    """Tests and a visit, unless they are arranged; a referral where it should not wait."""
    if not arranged.by:
        yield Create("pft-panel", recommended=True, reason=reason)
        yield Create("respiratory-appointment", reason=reason)
    if stale:
        yield Create("respiratory-referral", reason=f"{stale.finding}; not repeated since")


def _told(test: Reading) -> str:
    return f"{test.label} {test.amount} on {on(test.day)}"


def _why(
    last: Reading, stale: Criterion | None, fast: str | None, arranged: Arranged
) -> Iterator[str]:
    if stale:
        readings = [fact for fact in stale.facts if isinstance(fact, Reading)]
        crossed = next((reading for reading in readings if reading.day == last.day), last)
        how = "" if stale.finding == str(crossed) else f" {bracketed(stale.finding)}"
        yield (
            f"Last {_told(crossed)} already met NIV criteria{how}; "
            "values rarely improve in ALS; repeat now and refer."
        )
    if fast:
        yield f"Tests are due sooner: {fast}."
    yield (
        "NICE asks for breathing tests every 2 to 3 months, AAN every 3 months, "
        "CHEST at least every 6 months."
    )
    yield from (sentence(note) for note in last.notes)
    yield from arranged.late
