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
        recent = [
            r for r in found.rejected if r.day and r.day >= since and _matters(r, found.usable)
        ]
        for rejected in recent[-1:]:
            doubt = _doubt(rejected)
            if doubt:
                yield doubt


def _matters(rejected: Rejected, usable: tuple[Reading, ...]) -> bool:
    """Whether nothing newer replaces a value.

    One that was set aside from a course matters also when it is the highest: from
    there a loss would be counted.
    """
    if rejected.why is Why.OUTLIER and usable:
        value = Decimal(rejected.origin.value.lstrip("<>"))
        if value > max(reading.value for reading in usable):
            return True
    return (rejected.day or date.min) > max((r.day for r in usable), default=date.min)


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
