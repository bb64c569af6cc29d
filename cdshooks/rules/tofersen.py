"""Is tofersen right for this patient, and is the next dose safe?"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Delete,
    Draft,
    Entries,
    Entry,
    Fact,
    Indicator,
    Limits,
    Listed,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Patient,
    Person,
    Recommend,
    Row,
    State,
    This,
    decides,
    on,
    rule,
)
from cdshooks.rules.states.genes import Genes, genes
from cdshooks.rules.states.tofersen import Given, tofersen_given

NEGATIVE = ("negative", "benign")
WORDS = {"uncertain": "uncertain", "present": "significance not written", "unclear": "not readable"}


@dataclass(frozen=True, slots=True)
class AdultLimits(Limits):
    """From which age somebody is an adult."""

    group: ClassVar[str] = "population"
    adult_from_years: Decimal


@rule(
    "tofersen-sod1-required",
    title="Tofersen needs a mutation of SOD1",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("tofersen-us",),
    overrides=("action-completed", "result-outside-record"),
    needs_als=False,
    leaves_out="Results that only a free text of a report holds.",
)
@decides(
    Row("critical", "SOD1 was tested, and nothing or only a benign variant was found"),
    Row("warning", "Only a variant of uncertain or unwritten significance"),
    Row("warning", "No result of SOD1 at all"),
    Row("warning", "A pathogenic variant, and younger than {adult_from_years}"),
    Row("none", "A pathogenic or likely pathogenic variant, or SOD1-ALS on the problem list"),
)
def tofersen_sod1_required(
    order: Annotated[Order, Draft("tofersen")],
    genes: Annotated[Genes, State(genes)],
    person: Annotated[Person, Patient()],
    limits: AdultLimits,
) -> Outcome:
    """
    Warn of tofersen without a pathogenic variant of SOD1 on record.

    A result that could not be read is not absent.
    """
    found, evidence = genes.of("SOD1"), genes.sod1_evidence
    if evidence:
        if person.age is None or person.age >= limits.adult_from_years:
            return NotIndicated(f"{evidence}")
        said = f"Tofersen is indicated in adults with SOD1-ALS; this patient is {person.age}."
        return _sod1(said, "warning", (evidence,))
    if found and found.verdict in NEGATIVE:
        said = f"SOD1 testing is negative ({on(found.day)}): tofersen is not indicated."
        return _sod1(said, "critical", (found.entry,), Delete(order))
    test = Create("sod1-test", urgent=True, reason="Tofersen is considered")
    if found:
        said = (
            f"SOD1 result without a pathogenic variant ({WORDS[found.verdict]}, {on(found.day)}): "
            "tofersen is indicated only for SOD1-ALS."
        )
        return _sod1(said, "warning", (found.entry,), test)
    if not genes.whole:
        return CannotAssess("results of gene tests could not be read", genes.failed)
    said = "No SOD1 mutation result on record: tofersen is indicated only for SOD1-ALS."
    return _sod1(said, "warning", (), test)


def _sod1(said: str, level: Indicator, facts: tuple[Fact, ...], *offers: Offer) -> Recommend:
    return Recommend(
        summary=said,
        indicator=level,
        because=(
            "Tofersen is labelled for adults with ALS and a mutation of SOD1.",
            *(f"{fact}." for fact in facts),
        ),
        evidence=facts,
        offers=offers,
    )


@dataclass(frozen=True, slots=True)
class SafetyLimits(Limits):
    """How long after a dose an event is tied to it."""

    group: ClassVar[str] = "tofersen"
    tofersen_given_days: Decimal


EVENTS = {
    "papilledema": "Papilledema",
    "intracranial-hypertension": "Raised intracranial pressure",
    "myelitis": "Myelitis",
    "radiculitis": "Radiculitis",
    "aseptic-meningitis": "Aseptic meningitis",
}
"""The events that the label warns of, and how a card names them."""
PRESSURE = {"papilledema", "intracranial-hypertension"}
"""Signs of a pressure under which a puncture can kill."""


@rule(
    "tofersen-neuro-safety",
    title="Neurologic events on tofersen",
    hooks=("order-select", "order-sign", "patient-view"),
    kind="X",
    group="TOFERSEN",
    sources=("tofersen-us",),
    overrides=("evaluated-continue",),
    needs_als=False,
    leaves_out="Events of long ago, and patients who were never given tofersen.",
)
@decides(
    Row("critical", "Papilledema or raised pressure in the last {tofersen_event_days}"),
    Row("warning", "Myelitis, radiculitis or aseptic meningitis in the last {tofersen_event_days}"),
    Row("info", "On opening the chart: only an old order that nobody closed tells of tofersen"),
    Row("none", "No tofersen in the last {tofersen_given_days}"),
)
def tofersen_neuro_safety(
    order: Annotated[Order | None, Draft("tofersen", or_none=True)],
    events: Annotated[
        Entries,
        Listed("tofersen-neurologic", lookback="tofersen_event_days", parts=tuple(EVENTS)),
    ],
    given: Annotated[Given, State(tofersen_given)],
    call: Annotated[Call, This()],
    limits: SafetyLimits,
) -> Outcome:
    """
    Ask for an evaluation before the next puncture when a labelled event is on record.

    Tofersen counts when it is taken or was given in the last 180 days. A puncture
    under raised pressure can kill, so that is critical.
    """
    history = given.history
    since = call.today - timedelta(days=int(limits.tofersen_given_days))
    treated = [e for e in history if e.end is None or e.end >= since]
    if not treated:
        if not history.whole:
            return CannotAssess("whether tofersen was given could not be read", history.failed)
        return NotIndicated("no tofersen lately")
    if not events:
        if not events.whole:
            return CannotAssess("the problem list could not be read", events.failed)
        return NotIndicated("no neurologic event is recorded")
    pressure = [entry for entry in events if entry.reasons & PRESSURE]
    name = _named((pressure or [*events])[0])
    advice = Recommend(
        summary=(
            f"{name} recorded on tofersen: evaluate before the next intrathecal dose; "
            "interruption may be needed."
        ),
        indicator="critical" if pressure else "warning",
        because=tuple(f"{entry}." for entry in (pressure or events)),
        evidence=(events, *treated),
        offers=(Delete(order),) if order else (),
    )
    return advice if order or any(entry.sure for entry in treated) else advice.capped("info")


def _named(event: Entry) -> str:
    return next(name for part, name in EVENTS.items() if part in event.reasons)
