"""Values of a course that are one entry's mistake: pounds sent as kilograms, a slipped digit."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from statistics import median

from cdshooks.chart.observed import Rejected
from cdshooks.knowledge import Measure
from cdshooks.knowledge.model import OutlierFile
from cdshooks.rules.authoring import Reading, Why

Medians = dict[int, Decimal]
"""The median of each period, 0 being the newest."""
Days = dict[date, list[Reading]]
"""The readings of each day, in order of time."""


def set_aside(
    readings: Sequence[Reading], measure: Measure
) -> tuple[tuple[Reading, ...], tuple[Rejected, ...]]:
    """The readings that can be trusted, oldest first, and those that are set aside.

    ``readings`` are in order of time. A value is set aside when it is far from the
    median of its period, or when it jumps from its neighbour of a few days before;
    of such a pair the one farther from the median goes, and if neither is, the later.
    """
    rule = measure.file.outliers
    if rule is None or not readings:
        return tuple(readings), ()
    readings = _measured(readings, measure)
    medians = _medians(readings, rule)
    kept: list[Reading] = []
    for reading in readings:
        if _distance(reading, readings, medians, rule) > rule.median_percent:
            continue
        while kept and _jumps(kept[-1], reading, rule):
            last, this = (_distance(r, readings, medians, rule) for r in (kept[-1], reading))
            if this >= last:
                break
            kept.pop()
        else:
            kept.append(reading)
    trusted = {id(reading) for reading in kept}
    days = _by_day(readings)
    known = list(days)
    dropped = (reading for reading in readings if id(reading) not in trusted)
    return tuple(kept), tuple(_rejected(reading, days, known) for reading in dropped)


def _measured(readings: Sequence[Reading], measure: Measure) -> Sequence[Reading]:
    """The readings without what a patient told on a day on which it was measured too."""
    if measure.file.yields is None:
        return readings
    told = measure.file.labels[measure.file.yields]
    measured = {reading.day for reading in readings if reading.label != told}
    return [reading for reading in readings if reading.label != told or reading.day not in measured]


def _medians(readings: Sequence[Reading], rule: OutlierFile) -> Medians:
    periods: dict[int, list[Decimal]] = {}
    for reading in readings:
        periods.setdefault(_period(reading, readings, rule), []).append(reading.value)
    return {period: median(found) for period, found in periods.items()}


def _period(reading: Reading, readings: Sequence[Reading], rule: OutlierFile) -> int:
    return (readings[-1].day - reading.day).days // (rule.period_days + 1)


def _distance(
    reading: Reading, readings: Sequence[Reading], medians: Medians, rule: OutlierFile
) -> Decimal:
    """How far a value is from the median of its period, in percent of that."""
    middle = medians[_period(reading, readings, rule)]
    return abs(reading.value - middle) * 100 / middle


def _jumps(earlier: Reading, later: Reading, rule: OutlierFile) -> bool:
    """Whether two neighbours are too near in time to be so far apart."""
    change = abs(later.value - earlier.value) * 100 / earlier.value
    return (later.day - earlier.day).days <= rule.jump_days and change > rule.jump_percent


def _rejected(reading: Reading, days: Days, known: Sequence[date]) -> Rejected:
    """What a card says of a value that was set aside: beside the one nearest in time."""
    near = _nearest(reading, days, known)
    reason = f"{reading.amount} vs {near.amount}"
    because = f"{reading.label} {reading.amount} is far from the values around it"
    return Rejected(reading.measure, Why.OUTLIER, because, reading.day, reading.origins[0], reason)


def _by_day(readings: Sequence[Reading]) -> Days:
    found: Days = {}
    for reading in readings:
        found.setdefault(reading.day, []).append(reading)
    return found


def _nearest(reading: Reading, days: Days, known: Sequence[date]) -> Reading:
    """The first reading of the same day, or else of the nearest day before or after."""
    same = next((other for other in days[reading.day][:2] if other is not reading), None)
    if same is not None:
        return same
    place = bisect_left(known, reading.day)
    around = (*known[max(place - 1, 0) : place], *known[place + 1 : place + 2])
    return days[min(around, key=lambda day: abs((day - reading.day).days))][0]
