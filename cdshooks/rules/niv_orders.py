"""Is the device that is being ordered the right one, and will it be paid for?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Captured,
    Create,
    Delete,
    Draft,
    Entries,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Reading,
    Recommend,
    State,
    Threshold,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.inputs import Mip, PaCO2, Pneumothorax, SittingVc
from cdshooks.rules.states.breathing_tests import LastNight, last_night
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.region import Jurisdiction
from cdshooks.rules.states.symptoms import RespiratorySymptoms, respiratory_symptoms
from cdshooks.rules.states.ventilation import Vent, vent

THROUGH_A_TUBE = ("invasive", "trach-unventilated", "intubated")
"""Ventilatory states in which no mask is worn."""


@dataclass(frozen=True, slots=True)
class ReducedLimits(Limits):
    """Vital capacity that is reduced."""

    group: ClassVar[str] = "niv"
    vc_symptomatic_lt: Threshold


SETTLED = {
    "niv-active": "in use",
    "niv-ordered": "on order",
    "niv-declined": "declined",
    "niv-failed": "given up or not tolerated",
}
"""Ventilatory states in which a device is not offered again, in words."""


@rule(
    "cpap-not-niv",
    title="CPAP is not ventilation",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="RESP-NIV",
    sources=("chest-2023",),
    overrides=("different-explanation", "under-specialist-review"),
    leaves_out="Patients without any sign of weak breathing, and care for comfort.",
)
def cpap_not_niv(
    order: Annotated[Order, Draft(value_set="cpap")],
    vent: Annotated[Vent, State(vent)],
    goals: Annotated[Goals, State(goals)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    vc: SittingVc,
    apnea: Annotated[Entries, Listed("sleep-apnea")],
    pneumothorax: Pneumothorax,
    niv: ReducedLimits,
) -> Outcome:
    """
    Say at an order of CPAP that it does not ventilate, where breathing is weak.

    Weak: a criterion for NIV is met, or sitting vital capacity is reduced. Proven
    obstructive apnea beside reduced capacity alone makes it information.
    """
    if vent.state in THROUGH_A_TUBE or goals.end_of_life:
        return NotIndicated(f"ventilation: {vent.state}, goals: {goals.level}")
    reduced = isinstance(vc, Reading) and vc.meets(niv.vc_symptomatic_lt)
    if not criteria and not reduced:
        return (
            CannotAssess(vc.text, vc.failed) if isinstance(vc, Missing) else NotIndicated(f"{vc}")
        )
    reason = criteria.met[0].finding if criteria else f"{vc}"
    settled = vent.state in SETTLED
    return Recommend(
        summary="CPAP gives no ventilatory support; bilevel with backup rate is usual in ALS",
        indicator="warning" if criteria or not apnea else "info",
        because=(
            *([f"{c.id}: {c.finding}." for c in criteria.met] or [f"{vc}."]),
            *(f"{a} is on the problem list; CPAP treats it and not weak muscles." for a in apnea),
            *([f"NIV: {SETTLED[vent.state]} ({on(vent.since)})."] if settled else []),
        ),
        evidence=(
            order,
            *(fact for c in criteria.met for fact in c.facts),
            *([vc] if reduced and not criteria else []),
            *apnea,
        ),
        by=tuple(limit for c in criteria.met for limit in c.by)
        if criteria
        else (niv.vc_symptomatic_lt,),
        offers=tuple(_instead(order, reason, device=not pneumothorax and not settled)),
    )


def _instead(order: Order, reason: str, *, device: bool) -> Iterator[Offer]:
    if device:
        yield Create("home-niv", recommended=True, reason=reason)
    yield Delete(order)
    yield Create("respiratory-referral", reason=reason)


@dataclass(frozen=True, slots=True)
class CoverageLimits(Limits):
    """What Medicare asks for before it pays for a bilevel device."""

    group: ClassVar[str] = "us_coverage"
    coverage_paco2_ge: Threshold
    coverage_night_min_ge: Threshold
    coverage_recording_min_ge: Threshold
    coverage_mip_lt: Threshold
    coverage_fvc_lt: Threshold


@dataclass(frozen=True, slots=True)
class Element:
    """One test of the criteria. met: None when nothing is documented. draft: what orders it."""

    name: str
    reading: Reading | None
    limit: Threshold
    draft: str

    @property
    def met(self) -> bool | None:
        """Whether the documented value meets the limit."""
        return self.reading.meets(self.limit) if self.reading else None

    def __str__(self) -> str:
        return f"{self.name} {self.reading.amount}" if self.reading else self.name


@rule(
    "niv-coverage-check-us",
    title="Medicare criteria for bilevel NIV",
    hooks=("order-select", "order-sign"),
    kind="M",
    group="RESP-NIV",
    sources=("cms-rad",),
    overrides=("other-payer", "not-needed"),
    leaves_out="Who pays: it is not read. Sites outside the United States.",
)
def niv_coverage_check_us(
    order: Annotated[Order, Draft(value_set="respiratory-assist-device")],
    paco2: PaCO2,
    vc: SittingVc,
    mip: Mip,
    night: Annotated[LastNight | None, State(last_night)],
    nights_recorded: Annotated[bool, Captured("spo2-t88-minutes")],
    symptoms: Annotated[RespiratorySymptoms, State(respiratory_symptoms)],
    lung: Annotated[Entries, Listed("chronic-lung")],
    site: Jurisdiction,
    limits: CoverageLimits,
) -> Outcome:
    """
    List what of the Medicare criteria is met and what is not documented.

    Coverage is no clinical threshold: NIV can be indicated before it is covered.
    """
    if site.jurisdiction != "US":
        return NotIndicated("not in the United States")
    failed = failed_in(paco2, vc, mip)
    if failed:
        return CannotAssess("breathing tests could not be read", failed)
    tests = tuple(_elements(paco2, vc, mip, night, limits))
    met = [str(test) for test in tests if test.met]
    missing = [
        t for t in tests if t.met is None and (nights_recorded or t.reading or t.name != NIGHT)
    ]
    lacking = [*(t.name for t in missing), *([] if symptoms else ["symptoms"])]
    met += ["symptoms"] if symptoms else []
    return Recommend(
        summary=(
            f"Medicare NIV criteria: {', '.join(met) or 'none met'}; "
            + (f"missing {', '.join(lacking)}" if lacking else "nothing missing")
        ),
        indicator="info",
        because=(
            "Neuromuscular disease: documented.",
            *(
                f"{test}: {'met' if test.met else 'not met'} (limit {test.limit})."
                for test in tests
                if test.reading
            ),
            f"Symptoms: {symptoms.names or 'none documented'}.",
            *(f"{e} is on the problem list: it must not contribute significantly." for e in lung),
            "One qualifying test suffices. Coverage is not the clinical threshold; NIV can be "
            "indicated before it. The criteria change: see the source.",
        ),
        evidence=(order, *(t.reading for t in tests if t.reading)),
        by=tuple(t.limit for t in tests if t.met),
        missing=tuple(lacking),
        offers=tuple(_to_document(tests, missing, symptoms)),
    )


NIGHT = "night oximetry"


def _elements(
    paco2: Reading | Missing,
    vc: Reading | Missing,
    mip: Reading | Missing,
    night: LastNight | None,
    limits: CoverageLimits,
) -> Iterator[Element]:
    """The four tests, the cheapest first. Only a forced vital capacity counts."""
    forced = vc if isinstance(vc, Reading) and vc.label == "FVC" else None
    long_enough = night and night.recording.meets(limits.coverage_recording_min_ge)
    tests = night.tests if night and long_enough else ()
    slept = next((t for t in tests if t.measure == "spo2-t88-minutes"), None)
    yield Element("MIP", _known(mip), limits.coverage_mip_lt, "mouth-pressure-test")
    yield Element("FVC", forced, limits.coverage_fvc_lt, "pft-panel")
    yield Element(NIGHT, slept, limits.coverage_night_min_ge, "overnight-oximetry")
    yield Element("PaCO2", _known(paco2), limits.coverage_paco2_ge, "blood-gas")


def _known(test: Reading | Missing) -> Reading | None:
    return test if isinstance(test, Reading) else None


def _to_document(
    tests: tuple[Element, ...], missing: list[Element], symptoms: RespiratorySymptoms
) -> Iterator[Offer]:
    """The cheapest test that is missing, where none qualifies; symptoms, where none are written."""
    if missing and not any(test.met for test in tests):
        yield Create(missing[0].draft, recommended=True, reason="Medicare criteria for NIV")
    if not symptoms:
        yield Create("document-symptoms", reason="Medicare criteria for NIV")
