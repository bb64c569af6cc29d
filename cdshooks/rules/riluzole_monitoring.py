"""Is riluzole watched, and is it offered at all?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Draft,
    Entries,
    Indicator,
    Latest,
    Limits,
    Missing,
    NotIndicated,
    Order,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Series,
    State,
    This,
    Threshold,
    derived,
    on,
    rule,
)
from cdshooks.rules.states.liver import CertainLimits, Multiple, multiple_of, told
from cdshooks.rules.states.region import Region
from cdshooks.rules.states.riluzole import Episode, not_taken, riluzole_episode


@dataclass(frozen=True, slots=True)
class MonitoringLimits(Limits):
    """How often ALT is due on riluzole, by the time since its start."""

    group: ClassVar[str] = "riluzole_monitoring"
    first_months_days: Decimal
    first_year_days: Decimal
    monthly_interval_days: Decimal
    monthly_grace_days: Decimal
    quarterly_interval_days: Decimal
    quarterly_grace_days: Decimal
    yearly_interval_days: Decimal
    yearly_grace_days: Decimal
    just_started_days: Decimal
    baseline_lookback_days: Decimal
    closer_checks_gt: Threshold
    raised_gt: Threshold

    def in_first_year(self, days: int | None) -> bool:
        """Whether the first year is going on; not when the start is not known."""
        return days is not None and days <= self.first_year_days

    def due_after(self, days: int | None, *, halved: bool) -> Decimal:
        """Days after the last ALT from which the next is due; the grace is never halved."""
        interval, grace = self.yearly_interval_days, self.yearly_grace_days
        if days is not None and days <= self.first_months_days:
            interval, grace = self.monthly_interval_days, self.monthly_grace_days
        elif self.in_first_year(days):
            interval, grace = self.quarterly_interval_days, self.quarterly_grace_days
        return (interval / 2 if halved else interval) + grace


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of ALT: days since the start, and the newest ALT after it, if any.

    due: whether the next is overdue; last: its multiple of the upper limit.
    """

    due: bool
    days: int | None
    last: Multiple | None = None


@derived
def monitoring_clock(
    episode: Annotated[Episode, State(riluzole_episode)],
    alt: Annotated[Reading | Missing, Latest("alt", lookback=None)],
    alts: Annotated[tuple[Reading, ...], Series("alt", lookback=None)],
    call: Annotated[Call, This()],
    certain: CertainLimits,
    limits: MonitoringLimits,
) -> Clock:
    """
    Whether ALT is overdue on riluzole.

    It is due every month, then every three months, then every year, counted from
    the newest ALT after the start, or from the start itself. An ALT above its
    upper limit in the first year halves the interval. While riluzole has just
    been started a baseline is enough. An unknown start counts as long ago.
    """
    start = episode.start
    days = episode.days(call.today)
    known = isinstance(alt, Reading) and (start is None or alt.day > start)
    last = multiple_of(alt, certain) if known else None
    raised = last is not None and not last.assumed and last.meets(limits.raised_gt)
    limit = limits.due_after(days, halved=raised and limits.in_first_year(days))
    counted = last.reading.day if last else start
    overdue = counted is None or (call.today - counted).days > limit
    new = days is not None and days < limits.just_started_days
    enough = new and start is not None and _baseline(start, alts, limits)
    return Clock(overdue and not enough, days, last)


def _baseline(start: date, alts: tuple[Reading, ...], limits: MonitoringLimits) -> bool:
    """Whether ALT was measured not long before the start."""
    since = start - timedelta(days=int(limits.baseline_lookback_days))
    return any(since <= alt.day <= start for alt in alts)


@rule(
    "riluzole-monitoring-due",
    title="ALT on riluzole is due",
    hooks=("patient-view", "order-sign"),
    kind="M",
    group="RIL-ALT",
    sources=("riluzole-eu", "riluzole-us", "riluzole-ch"),
    overrides=("action-completed", "patient-refuses", "palliative-no-bloods"),
    needs_als=False,
    leaves_out="Riluzole on hold or stopped; a first order, which has a rule of its own.",
)
def riluzole_monitoring_due(
    order: Annotated[Order | None, Draft("riluzole", or_none=True)],
    episode: Annotated[Episode, State(riluzole_episode)],
    clock: Annotated[Clock, State(monitoring_clock)],
    alt: Annotated[Reading | Missing, Latest("alt", lookback=None)],
    pending: Annotated[Entries, Ordered("liver-tests", lookback="ordered_test_days")],
    ordered: Annotated[Entries, Ordered("liver-tests", drafts=False)],
    region: Region,
    limits: MonitoringLimits,
) -> Outcome:
    """
    Say that ALT is overdue in a patient who takes riluzole, or renews it.

    The intervals are those of EU labelling; the US label gives none, so there it
    is a warning only when no ALT was taken since the start or the last one was
    high, and elsewhere in the first year. A test on order is awaited until its
    order is too old to bring a result.
    """
    if not episode.going_on:
        return not_taken(episode)
    if not clock.due:
        return NotIndicated("ALT on riluzole is not due")
    if pending:
        return NotIndicated("aminotransferases are ordered")
    if isinstance(alt, Missing) and (alt.failed or not alt.proven):
        return CannotAssess(alt.text, alt.failed)
    advice = Recommend(
        summary=_due(clock, episode),
        indicator=_level(clock, region, limits),
        because=tuple(_because(clock, episode, alt, ordered, region)),
        evidence=(*episode.taken, alt, ordered),
        missing=(alt.text,) if isinstance(alt, Missing) else (),
        offers=(Create("hepatic-panel", recommended=True, reason="Monitoring on riluzole"),),
    )
    return episode.limited(advice)


def _level(clock: Clock, region: Region, limits: MonitoringLimits) -> Indicator:
    if region.us:
        urgent = clock.last is None or clock.last.meets(limits.closer_checks_gt)
    else:
        urgent = limits.in_first_year(clock.days)
    return "warning" if urgent else "info"


def _due(clock: Clock, episode: Episode) -> str:
    since = f"month {clock.days * 12 // 365 + 1}" if clock.days is not None else "(start unknown)"
    none = "none since start" if episode.start else "none on record"
    last = f"last {on(clock.last.reading.day)}" if clock.last else f"last {none}"
    return (
        f"Riluzole {since}: ALT due ({last}); check aminotransferases and signs of hepatic injury."
    )


def _because(
    clock: Clock, episode: Episode, alt: Reading | Missing, ordered: Entries, region: Region
) -> Iterator[str]:
    yield (
        "EU labelling: ALT every month for 3 months, every 3 months for the rest of the first "
        "year, then from time to time, for example once a year; sooner after a raised ALT."
    )
    if region.us:
        yield "US label: aminotransferases during treatment, without an interval."
    if episode.start:
        yield f"Riluzole since {on(episode.start)}."
    else:
        yield "Riluzole: start date unknown, taken as more than a year ago."
    if not episode.sure:
        yield "The only order is old and was never closed; it may not be taken any more."
    if clock.last:
        yield from told((clock.last,))
    elif isinstance(alt, Reading):
        yield f"Before the start: {alt}."
    if ordered.newest:
        yield f"Liver tests were ordered ({on(ordered.newest.day)}), no result."
    if not ordered.whole:
        yield "Open test orders could not be read; the test may be ordered already."
