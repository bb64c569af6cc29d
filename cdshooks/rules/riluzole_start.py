"""Is it safe to give the first dose of riluzole?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    AT_MOST,
    Call,
    CannotAssess,
    Create,
    Draft,
    Entries,
    Entry,
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
    Row,
    State,
    This,
    Threshold,
    decides,
    derived,
    on,
    ratio,
    rule,
    uninterpretable,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.liver import BASELINE_TESTS
from cdshooks.rules.states.riluzole import EpisodeLimits

BASELINE = "baseline_lookback_days"


@dataclass(frozen=True, slots=True)
class BaselineLimits(Limits):
    """What counts as a baseline, and when an older ALT is quoted."""

    group: ClassVar[str] = "riluzole_baseline"
    baseline_lookback_days: Decimal
    quoted_alt_gt: Threshold
    certain_alt_multiple: Decimal
    alt_uln_plausible_le: Threshold


@derived
def riluzole_first_start(
    history: Annotated[Entries, Medication("riluzole", ended=True)],
    call: Annotated[Call, This()],
    limits: EpisodeLimits,
) -> bool:
    """Whether riluzole is not being taken and was not within the gap of a new start."""
    since = call.today - timedelta(days=int(limits.new_start_gap_days))
    return not any(_taken_since(since, entry) for entry in history)


def _taken_since(since: date, entry: Entry) -> bool:
    """Whether an entry proves that riluzole was taken on or after a day.

    An order that was never closed proves nothing once it is old: without a
    dispense since it was written, asking for the test is the safer mistake.
    """
    return entry.sure if entry.end is None else entry.end >= since


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
@decides(
    Row("warning", "First start, no ALT of the last {baseline_lookback_days}, no test on order"),
    Row("info", "Signing: the same with a test ordered in the last {ordered_test_days}"),
    Row("none", "ALT of the last {baseline_lookback_days} on file"),
    Row("none", "Riluzole taken within {new_start_gap_days}: continued, not started"),
    Row("none", "Care is for comfort"),
)
def riluzole_baseline_lft_missing(
    order: Annotated[Order, Draft("riluzole")],
    first_start: Annotated[bool, State(riluzole_first_start)],
    history: Annotated[Entries, Medication("riluzole", ended=True)],
    alt: Annotated[Reading | Missing, Latest("alt", lookback=BASELINE)],
    older: Annotated[Reading | Missing, Latest("alt", lookback="alt_history_days")],
    ast: Annotated[Reading | Missing, Latest("ast", lookback=BASELINE)],
    pending: Annotated[Entries, Ordered("liver-tests", lookback="ordered_test_days")],
    ordered: Annotated[Entries, Ordered("liver-tests", drafts=False)],
    goals: Annotated[Goals, State(goals)],
    call: Annotated[Call, This()],
    limits: BaselineLimits,
) -> Outcome:
    """
    Ask for aminotransferases when riluzole starts without a recent ALT.

    AST alone does not answer it: the labels name ALT. An ALT that cannot be
    interpreted is no baseline. A test already ordered is only awaited, until
    its order is too old to bring a result.
    """
    if not first_start:
        return NotIndicated("riluzole is continued, not started")
    if isinstance(alt, Reading):
        return NotIndicated(f"{alt} is on file")
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if not alt.proven or alt.failed:
        return CannotAssess(alt.text, alt.failed)
    if pending and call.hook == "order-select":
        return NotIndicated("aminotransferases are ordered")
    because = tuple(_because(alt, older, ast, history))
    facts = (alt, older, ast)
    if pending:
        return Recommend(
            summary=(
                "Aminotransferases ordered, result pending: "
                "review ALT/AST before the first riluzole dose."
            ),
            indicator="info",
            because=because,
            evidence=(*facts, pending),
        )
    return Recommend(
        summary=_summary(alt, older, limits),
        indicator="warning",
        because=(*because, *_of_orders(ordered)),
        evidence=(*facts, ordered),
        missing=(alt.text,),
        offers=(
            Create("hepatic-panel", recommended=True, reason="Before the first riluzole dose"),
            Create("report-symptoms"),
        ),
        shares=BASELINE_TESTS,
    )


def _summary(alt: Missing, older: Reading | Missing, limits: BaselineLimits) -> str:
    multiple = _multiple(older, limits) if isinstance(older, Reading) else None
    if isinstance(older, Reading) and multiple:
        return (
            f"Last ALT ({on(older.day)}) was {multiple}x ULN and is out of date: "
            "recheck aminotransferases before starting riluzole."
        )
    days = int(limits.baseline_lookback_days)
    usable = "usable " if uninterpretable(alt) is not None else ""
    return (
        f"No {usable}ALT result in the last {days} days: "
        "check aminotransferases before the first riluzole dose."
    )


def _multiple(reading: Reading, limits: BaselineLimits) -> str | None:
    """How many times the upper limit, if above the quoted multiple.

    An assumed limit gives no multiple, except to a value that is several times
    the highest limit of any laboratory. "< 200" may mean a normal value.
    """
    limit = reading.upper_limit
    if limit is None or reading.bound in AT_MOST:
        return None
    if limit.source == "assumed":
        highest = limits.alt_uln_plausible_le.value
        certain = limits.certain_alt_multiple
        beyond = highest is not None and reading.value > certain * highest
        return f"more than {certain.normalize():f}" if beyond else None
    times = ratio(reading.value, limit.value)
    return f"{times:.1f}" if limits.quoted_alt_gt.met_by(times) else None


def _because(
    alt: Missing, older: Reading | Missing, ast: Reading | Missing, history: Entries
) -> Iterator[str]:
    yield (
        "The US label asks for aminotransferases before and during treatment; "
        "EU labelling names ALT."
    )
    if isinstance(older, Reading):
        yield f"Last result out of date: {older.label} {older.amount} on {older.day}{_of(older)}."
    if uninterpretable(alt) is not None:
        yield f"A result could not be interpreted: {alt.text}."
    if isinstance(ast, Reading):
        yield f"{ast} is on file, but AST alone is no baseline."
    if any(entry.end is None for entry in history):
        yield "An old riluzole order was never closed; it does not prove treatment."
    if not history.whole:
        yield "Earlier riluzole could not be read, so this is taken as a first start."
    yield "Tell the patient to report fever, jaundice or a new dry cough."


def _of(older: Reading) -> str:
    """The upper limit that belongs to an older value, and whether it is only assumed."""
    limit = older.upper_limit
    if limit is None:
        return ""
    text = f", upper limit {limit.amount}"
    assumed = limit.source == "assumed"
    return f"{text} (laboratory range missing, assumed)" if assumed else text


def _of_orders(ordered: Entries) -> Iterator[str]:
    """Open orders for the test that are too old to wait for, or that could not be read."""
    if ordered.newest:
        yield f"Liver tests were ordered ({on(ordered.newest.day)}), no result."
    if not ordered.whole:
        yield "Open test orders could not be read; the test may be ordered already."
