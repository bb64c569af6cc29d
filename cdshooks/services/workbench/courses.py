"""The course of a measurement over time, beside the limits that rules compare it with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from cdshooks.chart import View, answer
from cdshooks.chart.readings import candidates
from cdshooks.engine import state_of
from cdshooks.knowledge import Threshold
from cdshooks.rules.authoring import Latest, Reading
from cdshooks.rules.states.weights import Loss, weight_loss

REGION = "region"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is plotted: a measure, and by name the parameters that are drawn as lines."""

    measure: str
    title: str
    limits: tuple[tuple[str, str], ...] = ()


COURSES = (
    Shown(
        "vc-percent",
        "Vital capacity",
        (
            ("vc_symptomatic_lt", "NIV with a symptom"),
            ("vc_asymptomatic_lt", "NIV"),
        ),
    ),
    Shown(
        "snip",
        "SNIP",
        (("watch_snip_lt", "early weakness"), ("snip_cmh2o_lt", "NIV")),
    ),
    Shown(
        "weight",
        "Weight",
        (
            ("weight_loss_pct_gt", "significant loss"),
            ("weight_loss_severe_pct_ge", "severe loss"),
        ),
    ),
    Shown("alsfrs-total", "ALSFRS-R"),
    Shown(
        "alt",
        "ALT",
        (
            ("raised_gt", "raised"),
            ("closer_checks_gt", "closer checks"),
            ("on_therapy_us_gt", "advised against riluzole"),
            ("on_therapy_eu_ge", "stop riluzole"),
        ),
    ),
)
_ELSEWHERE = {"on_therapy_us_gt": False, "on_therapy_eu_ge": True}
"""Limits of one region's labels: whether they hold outside the United States."""


@dataclass(frozen=True, slots=True)
class Line:
    """A limit on a plot, in the unit of the plot. past: whether the newest value is beyond it."""

    value: Decimal
    words: str
    limit: Threshold
    past: bool


@dataclass(frozen=True, slots=True)
class Course:
    """All usable readings of one measure, oldest first, with the limits of their plot.

    rejected: how many more are on file that no rule would use.
    """

    title: str
    readings: tuple[Reading, ...]
    lines: tuple[Line, ...]
    rejected: int

    @property
    def id(self) -> str:
        """A name for the address of the plot on its page."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower()).strip("-")

    @property
    def latest(self) -> Reading | None:
        """The newest reading, of those sitting where the position is told."""
        upright = [reading for reading in self.readings if reading.position != "supine"]
        return next(reversed(upright or self.readings), None)


def courses(view: View) -> tuple[Course, ...]:
    """Every course of the workbench that has something to show or to miss."""
    return tuple(_course(shown, view) for shown in COURSES)


def _course(shown: Shown, view: View) -> Course:
    found = candidates(view, view.measure(shown.measure))
    bare = Course(shown.title, found.usable, (), len(found.rejected))
    latest = bare.latest
    return replace(bare, lines=tuple(_lines(shown, latest, view))) if latest else bare


def _lines(shown: Shown, latest: Reading, view: View) -> Iterator[Line]:
    placed = _PLACES.get(shown.measure, _as_is)
    for name, words in shown.limits:
        limit = view.threshold(name)
        here = placed(limit, latest, view) if _holds_here(name, view) else None
        if here is not None and here.value is not None:
            yield Line(here.value, words, limit, here.met_by(latest.value, latest.decimals))


def _holds_here(name: str, view: View) -> bool:
    elsewhere = _ELSEWHERE.get(name)
    return elsewhere is None or elsewhere == (view.knowledge.parameters[REGION].value != "US")


def _as_is(limit: Threshold, _latest: Reading, _view: View) -> Threshold:
    return limit


def _of_reference(limit: Threshold, latest: Reading, view: View) -> Threshold | None:
    """A loss in percent, as what is left of the weight that rules take for reference."""
    loss: Loss | None = state_of(weight_loss, view)
    if loss is None or limit.value is None:
        return None
    left = loss.reference.value * (100 - limit.value) / 100
    return Threshold(limit.name, "<" if limit.operator == ">" else "<=", left, latest.unit)


def _of_upper_limit(limit: Threshold, latest: Reading, view: View) -> Threshold | None:
    """A multiple of the upper limit of normal of the newest result."""
    newest = answer(view, Latest(latest.measure, None))
    normal = newest.upper_limit if isinstance(newest, Reading) else None
    if normal is None or limit.value is None:
        return None
    return Threshold(limit.name, limit.operator, normal.value * limit.value, latest.unit)


_PLACES: dict[str, Callable[[Threshold, Reading, View], Threshold | None]] = {
    "weight": _of_reference,
    "alt": _of_upper_limit,
}
"""How the limits of a measure come to stand on its plot, where they are no plain values."""
