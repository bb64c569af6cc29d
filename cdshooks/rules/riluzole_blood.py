"""Does riluzole leave too few neutrophils, or may a fever be the sign of it?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
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
    Missing,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    Stop,
    This,
    Threshold,
    decides,
    derived,
    failed_in,
    on,
    rule,
    uninterpretable,
)
from cdshooks.rules.states.febrile import Fever, fever
from cdshooks.rules.states.riluzole import Episode, not_taken, riluzole_episode

COUNTED = "blood_count_days"


@dataclass(frozen=True, slots=True)
class CountLimits(Limits):
    """From where blood counts speak against riluzole."""

    group: ClassVar[str] = "riluzole_harm"
    anc_severe_lt: Threshold
    anc_low_lt: Threshold
    wbc_low_lt: Threshold
    neutropenia_risk_days: Decimal


@dataclass(frozen=True, slots=True)
class Counts:
    """The newest blood counts of treatment with riluzole; None where there is none.

    segmented: without bands, so it is a lower bound. unread: searches that failed;
    odd: results that could not be interpreted.
    """

    anc: Reading | None = None
    segmented: Reading | None = None
    white: Reading | None = None
    unread: tuple[str, ...] = ()
    odd: tuple[Missing, ...] = ()


@derived
def counts_on_riluzole(
    anc: Annotated[Reading | Missing, Latest("neutrophils", lookback=COUNTED)],
    segmented: Annotated[Reading | Missing, Latest("neutrophils-segmented", lookback=COUNTED)],
    white: Annotated[Reading | Missing, Latest("white-cells", lookback=COUNTED)],
    episode: Annotated[Episode, State(riluzole_episode)],
) -> Counts:
    """Counts of the last month that are not older than the treatment."""
    missing = [one for one in (anc, white) if isinstance(one, Missing)]
    unusable = (uninterpretable(one) for one in (anc, white))
    return Counts(
        anc=_of(anc, episode),
        segmented=_of(segmented, episode),
        white=_of(white, episode),
        unread=failed_in(*missing),
        odd=tuple(one for one in unusable if one is not None),
    )


def _of(count: Reading | Missing, episode: Episode) -> Reading | None:
    """A count that is not older than the treatment."""
    if isinstance(count, Missing) or (episode.start and count.day < episode.start):
        return None
    return count


@dataclass(frozen=True, slots=True)
class Finding:
    """What blood or temperature says: the level, the words, and what they stand on."""

    level: Indicator
    summary: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...] = ()


@rule(
    "riluzole-febrile-illness-neutropenia",
    title="Fever or neutropenia on riluzole",
    hooks=("patient-view", "order-sign"),
    kind="X",
    group="RIL-BLOOD",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("action-completed", "other-cause-of-fever-cbc-done"),
    needs_als=False,
    leaves_out="Percentages of two samples; counts from before the start; riluzole on hold.",
)
@decides(
    Row("critical", "Neutrophils {anc_severe_lt} on riluzole, fever or not"),
    Row("warning", "Neutrophils {anc_low_lt} and not {anc_severe_lt}"),
    Row("warning", "White cells {wbc_low_lt} and no neutrophil count"),
    Row("warning", "Fever on the problem list in the last {fever_listed_days}, no count since"),
    Row("warning", "Temperature {fever_celsius_ge} in the last {fever_measured_days}, no count"),
    Row("warning", "Temperature {fever_fahrenheit_ge} in the last {fever_measured_days}, no count"),
    Row("info", "Any of these when only an old order says that riluzole is taken"),
    Row("none", "Fever, and a blood count ordered in the last {blood_count_order_days}"),
)
def riluzole_febrile_illness_neutropenia(
    order: Annotated[Order | None, Draft("riluzole", or_none=True)],
    episode: Annotated[Episode, State(riluzole_episode)],
    counts: Annotated[Counts, State(counts_on_riluzole)],
    fever: Annotated[Fever, State(fever)],
    pending: Annotated[Entries, Ordered("blood-count", lookback="blood_count_order_days")],
    call: Annotated[Call, This()],
    limits: CountLimits,
) -> Outcome:
    """
    Warn of neutropenia on riluzole, and of a fever that nobody has looked into.

    counts: neutrophils and white cells of the last 31 days, taken after the start;
    neutrophils also as a percentage of the white cells of the same sample.
    A fever asks for a count from its first day on, unless one is on order.
    """
    if not episode.going_on:
        return not_taken(episode)
    found = _low(counts, limits)
    if found is None and fever and not _counted_since(fever, counts, limits):
        if pending:
            return NotIndicated("fever, and a blood count is on order")
        found = _febrile(fever)
    if found is None:
        unread = (*fever.failed, *counts.unread)
        if unread:
            return CannotAssess("fever or blood counts could not be read", unread)
        if counts.odd and (counts.anc is None or uninterpretable(counts.anc) is not None):
            return CannotAssess(f"a blood count could not be interpreted: {counts.odd[0].text}")
        return NotIndicated("no fever without a blood count, and no low count, on riluzole")
    advice = Recommend(
        summary=found.summary,
        indicator=found.level,
        because=tuple(_because(found, counts, episode, call, limits)),
        evidence=(*found.facts, *episode.taken),
        by=found.by,
        missing=tuple(one.text for one in counts.odd),
        offers=tuple(_offers(found, order, episode)),
    )
    return episode.limited(advice)


def _low(counts: Counts, limits: CountLimits) -> Finding | None:
    """What a count alone says."""
    anc, white = counts.anc, counts.white
    if anc is not None and anc.meets(limits.anc_severe_lt):
        return Finding(
            "critical",
            f"{_shown(anc)} on riluzole: severe neutropenia, stop riluzole and assess for "
            "infection.",
            (anc,),
            (limits.anc_severe_lt,),
        )
    if anc is not None and anc.meets(limits.anc_low_lt):
        return Finding(
            "warning",
            f"{_shown(anc)} on riluzole: neutropenia ({on(anc.day)}); repeat the count, EU "
            "labelling says discontinue.",
            (anc,),
            (limits.anc_low_lt,),
        )
    if anc is None and white is not None and white.meets(limits.wbc_low_lt):
        return Finding(
            "warning",
            f"{_shown(white)} on riluzole without a neutrophil count: ask for a differential.",
            (white,),
            (limits.wbc_low_lt,),
        )
    return None


def _shown(count: Reading) -> str:
    return f"{count.label} {count.amount}"


def _counted_since(fever: Fever, counts: Counts, limits: CountLimits) -> bool:
    """Whether neutrophils or white cells were counted on or after the first day of fever.

    Segmented neutrophils alone answer only when there are enough of them.
    """
    enough = counts.segmented
    if enough is not None and enough.meets(limits.anc_low_lt):
        enough = None
    made = [one.day for one in (counts.anc, counts.white, enough) if one is not None]
    return any(fever.since is not None and day >= fever.since for day in made)


def _febrile(fever: Fever) -> Finding:
    return Finding(
        "warning",
        "Fever on riluzole: check a white cell count with differential (neutropenia is "
        "reported, mostly in the first 2 months).",
        (fever.evidence,) if fever.evidence else (),
        (fever.by,) if fever.by else (),
    )


def _because(
    found: Finding, counts: Counts, episode: Episode, call: Call, limits: CountLimits
) -> Iterator[str]:
    days = episode.days(call.today)
    yield "The labels report severe neutropenia and ask that any febrile illness be reported."
    if episode.start:
        period = ", the period of the highest risk" if _is_early(days, limits) else ""
        yield f"Riluzole since {on(episode.start)}{period}."
    yield from map(_uninterpreted, counts.odd)
    yield from (f"{fact}." for fact in found.facts)


def _uninterpreted(count: Missing) -> str:
    """What was sent, named once: ``ANC result could not be interpreted: 3000 10*3/uL …``."""
    sent = count.text.removeprefix(f"{count.label} ")
    return f"{count.label} result could not be interpreted: {sent}."


def _is_early(days: int | None, limits: CountLimits) -> bool:
    return days is not None and days <= limits.neutropenia_risk_days


def _offers(found: Finding, order: Order | None, episode: Episode) -> Iterator[Offer]:
    severe = found.level == "critical"
    reason = "Severe neutropenia on riluzole" if severe else "Fever or low count on riluzole"
    yield Create("blood-count-with-differential", recommended=True, urgent=True, reason=reason)
    if severe and order:
        yield Delete(order)
    elif severe:
        yield from (Stop(entry, "riluzole-stop-neutropenia") for entry in episode.prescriptions)
