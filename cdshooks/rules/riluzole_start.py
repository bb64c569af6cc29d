"""Is it safe to give the first dose of riluzole?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Draft,
    Entries,
    Latest,
    Limits,
    Medication,
    Missing,
    NotIndicated,
    Order,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    Why,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals

BASELINE = "baseline_lookback_days"


@dataclass(frozen=True, slots=True)
class BaselineLimits(Limits):
    """What counts as a first start and as a baseline."""

    group: ClassVar[str] = "riluzole_baseline"
    baseline_lookback_days: Decimal
    new_start_gap_days: Decimal
    quoted_alt_gt: Threshold


@derived
def riluzole_first_start(
    history: Annotated[Entries, Medication("riluzole", ended=True)],
    call: Annotated[Call, This()],
    limits: BaselineLimits,
) -> bool:
    """Whether riluzole is not being taken and was not within the gap of a new start."""
    since = call.today - timedelta(days=int(limits.new_start_gap_days))
    return not any(entry.end is None or entry.end >= since for entry in history)


@rule(
    "riluzole-baseline-lft-missing",
    title="Aminotransferases before the first riluzole dose",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=(
        "action-completed",
        "need-more-info",
        "lft-sent-today",
        "expert-accepts-no-baseline",
    ),
    needs_als=False,
    leaves_out="Renewals, which have a rule of their own; results that are not final.",
)
def riluzole_baseline_lft_missing(
    order: Annotated[Order, Draft("riluzole")],
    first_start: Annotated[bool, State(riluzole_first_start)],
    history: Annotated[Entries, Medication("riluzole", ended=True)],
    alt: Annotated[Reading | Missing, Latest("alt", lookback=BASELINE)],
    older: Annotated[Reading | Missing, Latest("alt", lookback="alt_history_days")],
    ast: Annotated[Reading | Missing, Latest("ast", lookback=BASELINE)],
    pending: Annotated[Entries, Ordered("liver-tests", lookback="ordered_test_days")],
    goals: Annotated[Goals, State(goals)],
    call: Annotated[Call, This()],
    limits: BaselineLimits,
) -> Outcome:
    """
    Ask for aminotransferases when riluzole starts without a recent ALT.

    AST alone does not answer it: the labels name ALT. An ALT that cannot be
    interpreted is no baseline. A test already ordered is only awaited.
    """
    if not first_start:
        return NotIndicated("riluzole is continued, not started")
    if isinstance(alt, Reading):
        return NotIndicated(f"{alt} is on file")
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if not alt.proven:
        return CannotAssess(alt.text, alt.failed)
    if pending and call.hook == "order-select":
        return NotIndicated("aminotransferases are ordered")
    because = tuple(_because(alt, older, ast, history))
    evidence = tuple(f for f in (alt, older) if f.origins)[:1]
    if pending:
        return Recommend(
            summary=(
                "Aminotransferases ordered, result pending: "
                "review ALT/AST before the first riluzole dose."
            ),
            indicator="info",
            because=because,
            evidence=(*evidence, pending),
        )
    return Recommend(
        summary=_summary(older, limits),
        indicator="warning",
        because=because,
        evidence=evidence,
        missing=(alt.text,),
        offers=(
            Create("hepatic-panel", recommended=True, reason="Before the first riluzole dose"),
            Create("report-symptoms"),
        ),
    )


def _summary(older: Reading | Missing, limits: BaselineLimits) -> str:
    ratio = _ratio(older)
    if isinstance(older, Reading) and ratio and limits.quoted_alt_gt.met_by(ratio):
        return (
            f"Last ALT ({on(older.day)}) was {ratio:.1f}x ULN and is out of date: "
            "recheck aminotransferases before starting riluzole."
        )
    days = int(limits.baseline_lookback_days)
    return (
        f"No ALT result in the last {days} days: "
        "check aminotransferases before the first riluzole dose."
    )


def _ratio(reading: Reading | Missing) -> Decimal | None:
    """Multiple of the upper limit; none when the limit had to be assumed."""
    if isinstance(reading, Missing) or reading.upper_limit is None:
        return None
    return reading.value / reading.upper_limit.value


def _because(
    alt: Missing, older: Reading | Missing, ast: Reading | Missing, history: Entries
) -> Iterator[str]:
    yield (
        "The US label asks for aminotransferases before and during treatment; "
        "EU labelling names ALT."
    )
    if isinstance(older, Reading):
        limit = older.upper_limit
        assumed = " (assumed)" if limit and limit.source == "assumed" else ""
        of = f", upper limit {limit.value.normalize():f} {limit.unit}{assumed}" if limit else ""
        yield f"Last result out of date: {older}, {older.day:%Y-%m-%d}{of}."
    if alt.why in (Why.UNIT, Why.IMPLAUSIBLE, Why.UNREADABLE):
        yield f"A result could not be interpreted: {alt.text}."
    if isinstance(ast, Reading):
        yield f"{ast} is on file, but AST alone is no baseline."
    if not history.whole:
        yield "Earlier riluzole could not be read, so this is taken as a first start."
    yield "Tell the patient to report fever, jaundice or a new dry cough."
