"""NIV was declined: is it time to ask again?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    Create,
    Limits,
    NotIndicated,
    Outcome,
    Recommend,
    State,
    This,
    Threshold,
    on,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.wishes import NoMore, refusal_day, worse_since_refusal
from cdshooks.rules.states.words import sentence


@dataclass(frozen=True, slots=True)
class RevisitLimits(Limits):
    """How long a refusal is left alone while nothing changes."""

    group: ClassVar[str] = "niv_care"
    refusal_review_gt_days: Threshold


@rule(
    "niv-declined-revisit",
    title="Revisit declined NIV",
    hooks=("patient-view",),
    kind="P",
    group="RESP-NIV",
    sources=("aan-2012-eol", "nice-qs126", "nice-ng42"),
    overrides=("patient-declined", "goals-of-care"),
    leaves_out="Patients who asked not to be asked again, and care for comfort.",
)
def niv_declined_revisit(
    call: Annotated[Call, This()],
    vent: Annotated[Vent, State(vent)],
    goals: Annotated[Goals, State(goals)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    worse: Annotated[tuple[str, ...], State(worse_since_refusal)],
    said: Annotated[date | None, State(refusal_day)],
    no_more: NoMore,
    limits: RevisitLimits,
) -> Outcome:
    """
    Offer to talk NIV over again when a refusal is old or breathing is materially worse since.

    Only while a criterion for NIV is met, and never more than information: a refusal
    is respected. One without a date counts as old. A talk since counts as the refusal does.
    """
    if vent.state != "niv-declined":
        return NotIndicated(f"ventilation: {vent.state}")
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if no_more:
        return NotIndicated("asked not to discuss it again")
    if not criteria:
        return NotIndicated("no criterion for NIV is met")
    old = said is None or limits.refusal_review_gt_days.met_by(Decimal((call.today - said).days))
    if not old and not worse:
        return NotIndicated(f"NIV declined {on(vent.since)}, nothing new since {on(said)}")
    since = "breathing has worsened since" if worse else "a criterion for NIV is met"
    return Recommend(
        summary=f"NIV declined {_day(vent.since)}; {since}. Revisit if patient wishes",
        indicator="info",
        because=(
            *(sentence(change) for change in worse),
            *(f"{c.id}: {c.finding}." for c in criteria.met),
            "A refusal is respected; the wish about NIV may be talked over again.",
        ),
        evidence=(
            *vent.facts,
            *(fact for c in criteria.met for fact in c.facts),
        ),
        by=tuple(limit for c in criteria.met for limit in c.by),
        offers=(
            Create("niv-revisit", recommended=True, reason=f"NIV declined {on(vent.since)}"),
            Create("palliative-review", reason=criteria.met[0].finding),
        ),
    )


def _day(day: date | None) -> str:
    """The day of the refusal, in brackets where there is none to name."""
    return on(day) if day else f"({on(None)})"
