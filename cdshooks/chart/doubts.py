"""Values of this patient that could not be used, and values of one day that disagree."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

from cdshooks.chart.observed import Rejected
from cdshooks.chart.readings import read_so_far
from cdshooks.chart.view import View
from cdshooks.rules.authoring import Doubt, Reading, Why, on

LOOKBACK = "resp_value_max_age_days"


def doubts(view: View) -> Iterator[Doubt]:
    """Rejected values that a rule of this call wanted and that nothing newer replaces."""
    since = view.since(LOOKBACK) or date.min
    for measure, found in read_so_far(view):
        if not measure.file.doubts_reported:
            continue
        highest = max((reading.value for reading in found.usable), default=None)
        newest = max((reading.day for reading in found.usable), default=date.min)
        recent = [
            r
            for r in found.rejected
            if r.day and r.day >= since and _matters(r, r.day, highest, newest)
        ]
        for rejected in recent[-1:]:
            doubt = _doubt(rejected)
            if doubt:
                yield doubt


def _matters(rejected: Rejected, day: date, highest: Decimal | None, newest: date) -> bool:
    """Whether no newer of the usable values replaces one.

    One that was set aside from a course matters also when it is the highest: from
    there a loss would be counted.
    """
    if rejected.why is Why.OUTLIER and highest is not None:
        value = Decimal(rejected.origin.value.lstrip("<>"))
        if value > highest:
            return True
    return day > newest


def _doubt(rejected: Rejected) -> Doubt | None:
    text = f"{rejected.because} ({on(rejected.day)})"
    origins = (rejected.origin,)
    if rejected.why is Why.IMPLAUSIBLE:
        kind: Literal["implausible", "unit", "conflict"] = "implausible"
    elif rejected.why is Why.UNIT:
        kind = "unit"
    elif rejected.why is Why.OUTLIER:
        kind = "conflict"
    else:
        return None
    return Doubt(kind, rejected.origin.label, text, rejected.day, origins, rejected.reason)


def conflict(reading: Reading) -> Doubt | None:
    """The disagreement that a reading is part of."""
    rival = reading.rival
    if rival is None:
        return None
    low, high = sorted((reading, rival), key=lambda r: r.value)
    label, reason = "vital capacity", f"{low.label} {low.amount} vs {high.label} {high.amount}"
    if low.label == high.label:
        label, reason = reading.label, f"{low.amount} vs {high.amount}"
    text = f"{label}: {reason} on {on(reading.day)}"
    origins = tuple(dict.fromkeys((*low.origins, *high.origins)))
    return Doubt("conflict", label, text, reading.day, origins, reason)
