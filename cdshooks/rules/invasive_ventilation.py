"""Is it time to talk about a tracheostomy, and is the patient's wish known before one is made?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Captured,
    Create,
    Entries,
    Entry,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    State,
    This,
    Threshold,
    derived,
    on,
    rule,
)
from cdshooks.rules.inputs import SittingVc
from cdshooks.rules.states.bulbar import severely_bulbar
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_course import OnNiv, niv_use, unsolved_gas
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.saliva import wet_mouth
from cdshooks.rules.states.ventilation import Titrations, Vent, vent
from cdshooks.rules.states.wishes import NoMore, TivWish, tiv_wish
from cdshooks.rules.states.words import bracketed, sentence

Ventilation = Annotated[Vent, State(vent)]
Criteria = Annotated[NivCriteria, State(niv_criteria)]
Wish = Annotated[TivWish, State(tiv_wish)]


@dataclass(frozen=True, slots=True)
class FailingLimits(Limits):
    """What says that NIV alone will not do for long, and how long a talk counts."""

    group: ClassVar[str] = "niv_care"
    tiv_use_ge_hours: Threshold
    niv_aspirations_ge: Threshold
    tiv_talk_days: Decimal


@derived
def niv_failing(
    vent: Ventilation,
    gases: Annotated[tuple[OnNiv, ...], State(unsolved_gas)],
    use: Annotated[Reading | None, State(niv_use)],
    titrations: Titrations,
    aspirations: Annotated[
        Entries, Listed("aspiration-pneumonia", lookback="aspiration_days", history=True)
    ],
    severe: Annotated[bool, State(severely_bulbar)],
    wet: Annotated[bool, State(wet_mouth)],
    thick: Annotated[Entries, Listed("thick-secretions")],
    criteria: Criteria,
    limits: FailingLimits,
) -> tuple[OnNiv, ...]:
    """
    Why NIV is failing: in use and not enough, or given up while a criterion is met.

    Gas and night count only when measured after a recent titration.
    """
    if vent.state == "niv-failed":
        return tuple(OnNiv(f"NIV stopped, {c.finding}", c.facts, c.by) for c in criteria.met[:1])
    if vent.state != "niv-active":
        return ()
    titrated = titrations.newest.day if titrations.newest else None
    found = [gas for gas in gases if titrated and _measured(gas) > titrated]
    if use and use.meets(limits.tiv_use_ge_hours):
        found.append(OnNiv(f"NIV used {use.amount} a day", (use,), (limits.tiv_use_ge_hours,)))
    episodes = {e.start or e.recorded: e for e in aspirations}
    if limits.niv_aspirations_ge.met_by(Decimal(len(episodes))):
        told = f"{len(episodes)} aspiration pneumonias in 6 months"
        found.append(OnNiv(told, tuple(episodes.values()), (limits.niv_aspirations_ge,)))
    if severe and (wet or thick):
        found.append(OnNiv("severe bulbar weakness with secretions", tuple(thick)))
    return tuple(found)


def _measured(found: OnNiv) -> date:
    return max(fact.day for fact in found.facts if isinstance(fact, Reading))


@rule(
    "tracheostomy-discuss",
    title="Talk about tracheostomy ventilation",
    hooks=("patient-view", "encounter-start"),
    kind="P",
    group="RESP-NIV",
    sources=("chest-2023", "aan-2009a", "smw-2013", "turner-2019"),
    overrides=("patient-declined", "goals-of-care", "already-discussed"),
    leaves_out="Patients who declined invasive ventilation. No tracheostomy is drafted.",
)
def tracheostomy_discuss(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    wish: Wish,
    failing: Annotated[tuple[OnNiv, ...], State(niv_failing)],
    limits: FailingLimits,
) -> Outcome:
    """
    Start the talk about invasive ventilation and its alternatives when NIV is failing.

    Silent after a refusal, for a while after a talk or a recorded wish, and in care
    for comfort.
    """
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if not failing:
        return NotIndicated("NIV is not failing, or not in use")
    if wish.refusal:
        return NotIndicated(f"invasive ventilation declined: {wish.refusal}")
    since = call.today - timedelta(days=int(limits.tiv_talk_days))
    if wish.last and wish.last.day and wish.last.day >= since:
        return NotIndicated(f"{wish.last}")
    told = failing[0].told
    return Recommend(
        summary=(
            f"NIV failing {bracketed(told)}: discuss tracheostomy ventilation and alternatives now"
        ),
        indicator="warning",
        because=(
            *(sentence(found.told) for found in failing),
            "The options are invasive ventilation at home, continued NIV or mouthpiece "
            "ventilation, or care for comfort.",
            "Most tracheostomies are made unplanned; the burden on patient and caregivers is part "
            "of the talk.",
        ),
        evidence=tuple(fact for found in failing for fact in found.facts),
        by=tuple(limit for found in failing for limit in found.by),
        offers=(
            Create("goals-meeting", recommended=True, reason=f"NIV failing: {told}"),
            Create("respiratory-referral", reason=f"NIV failing: {told}"),
            Create("palliative-review", reason=f"NIV failing: {told}"),
        ),
    )


@dataclass(frozen=True, slots=True)
class WishLimits(Limits):
    """When a wish about invasive ventilation is missed, and when a change reopens it."""

    group: ClassVar[str] = "niv_care"
    tiv_wish_from_ge_days: Threshold
    tiv_wish_old_gt_days: Threshold


@dataclass(frozen=True, slots=True)
class WeakLimits(Limits):
    """Vital capacity that makes the wish urgent."""

    group: ClassVar[str] = "niv"
    vc_asymptomatic_lt: Threshold


@rule(
    "invasive-vent-preference",
    title="Wish about invasive ventilation",
    hooks=("patient-view",),
    kind="P",
    group="PALL",
    sources=("aan-2012-eol", "nice-qs126", "smw-2013"),
    overrides=("already-discussed", "patient-declined"),
    leaves_out="Sites that do not record such wishes in coded form.",
)
def invasive_vent_preference(
    call: Annotated[Call, This()],
    vent: Ventilation,
    goals: Annotated[Goals, State(goals)],
    population: Annotated[Population, State(population)],
    criteria: Criteria,
    wish: Wish,
    vc: SittingVc,
    no_more: NoMore,
    dementia: Annotated[Entries, Listed("ftd-dementia")],
    recorded: Annotated[bool, Captured("tiv-preference")],
    limits: WishLimits,
    niv: WeakLimits,
) -> Outcome:
    """
    Ask for the wish about invasive ventilation, more urgently once breathing weakens.

    A refusal and a talk are records as well. A wish recorded long ago is reopened by a
    change of ventilation since.
    """
    if vent.state == "invasive" or goals.end_of_life or no_more:
        return NotIndicated(f"ventilation: {vent.state}, goals: {goals.level}, or not to be asked")
    if wish.last:
        return _reopened(wish.last, vent, call.today, dementia, limits)
    if not recorded:
        return NotIndicated("wishes about ventilation are not recorded in coded form here")
    if not wish.known or population.diagnosed is None:
        return CannotAssess("wishes or the day of the diagnosis could not be read", wish.failed)
    days = Decimal((call.today - population.diagnosed).days)
    if not limits.tiv_wish_from_ge_days.met_by(days):
        return NotIndicated(f"diagnosed {days} days ago")
    low = isinstance(vc, Reading) and vc.meets(niv.vc_asymptomatic_lt)
    urgent = low or vent.state.startswith("niv") or (bool(criteria) and vent.state == "none")
    told = f"; {vc.label} {vc.amount}" if isinstance(vc, Reading) else ""
    return Recommend(
        summary=f"No recorded wish about invasive ventilation{told}",
        indicator="warning" if urgent else "info",
        because=(
            f"ALS diagnosed {on(population.diagnosed)}; ventilation: {vent.told}.",
            "To talk over: goals of care, possible care in an institution, the burden on "
            "caregivers.",
        ),
        evidence=(vc,) if isinstance(vc, Reading) else (),
        by=(limits.tiv_wish_from_ge_days, *([niv.vc_asymptomatic_lt] if low else [])),
        missing=(vc.text,) if isinstance(vc, Missing) else (),
        offers=tuple(_talk("No recorded wish about invasive ventilation", dementia)),
    )


def _talk(reason: str, dementia: Entries) -> Iterator[Create]:
    yield Create("tiv-discussion", recommended=True, reason=reason)
    if dementia:
        yield Create("capacity-check", reason=reason)


def _reopened(
    last: Entry, vent: Vent, today: date, dementia: Entries, limits: WishLimits
) -> Outcome:
    """A wish of long ago, with a ventilatory state that began after it."""
    changed = last.day and vent.since and vent.since > last.day
    if (
        not last.day
        or not changed
        or not limits.tiv_wish_old_gt_days.met_by(Decimal((today - last.day).days))
    ):
        return NotIndicated(f"{last}")
    return Recommend(
        summary=(
            f"Wish about invasive ventilation recorded {on(last.day)}; ventilation changed since"
        ),
        indicator="info",
        because=(f"Ventilation: {vent.told} since {on(vent.since)}.",),
        evidence=(last, *vent.facts),
        by=(limits.tiv_wish_old_gt_days,),
        offers=tuple(_talk("Ventilation changed since the wish was recorded", dementia)),
    )


@rule(
    "tracheostomy-unventilated",
    title="Tracheostomy without ventilation",
    hooks=("patient-view", "encounter-start"),
    kind="T",
    group="RESP-NIV",
    sources=("product",),
    overrides=("under-specialist-review", "goals-of-care", "data-incorrect"),
    leaves_out="A tracheostomy with a ventilator, which is invasive ventilation.",
)
def tracheostomy_unventilated(vent: Ventilation, criteria: Criteria) -> Outcome:
    """Ask for a review of ventilation when a criterion is met and the stoma has no ventilator."""
    if vent.state != "trach-unventilated":
        return NotIndicated(f"ventilation: {vent.state}")
    if not criteria:
        return NotIndicated("no criterion for ventilation is met")
    first = criteria.met[0].finding
    return Recommend(
        summary=f"Tracheostomy without ventilation, {first}: urgent ventilation review",
        indicator="warning",
        because=tuple(f"{c.id}: {c.finding}." for c in criteria.met),
        evidence=(
            *vent.facts,
            *(fact for c in criteria.met for fact in c.facts),
        ),
        by=tuple(limit for c in criteria.met for limit in c.by),
        offers=(Create("respiratory-referral", recommended=True, urgent=True, reason=first),),
    )
