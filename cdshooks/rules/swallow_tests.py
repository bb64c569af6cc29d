"""Is a look at swallowing due, and is an instrumental study needed?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Booked,
    Call,
    CannotAssess,
    Captured,
    Create,
    Entries,
    Fact,
    Indicator,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Row,
    State,
    This,
    Threshold,
    Visited,
    decides,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.breathing_tests import Arranged, arranged
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.feeding import Feeding, feeding
from cdshooks.rules.states.nutrition_care import open_referrals, unless_open
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.swallow_studies import RecentStudies, Studies
from cdshooks.rules.states.swallowing import NO_MEALS, Swallowing, swallowing

TESTS_OPEN = "open_test_order_days"
OPEN = ("active", "on-hold")


@dataclass(frozen=True, slots=True)
class Look:
    """A look at swallowing: what it was, when, and the fact."""

    what: str
    day: date
    fact: Fact


@dataclass(frozen=True, slots=True)
class Looks:
    """The last look at swallowing, of any age, and what could not be read."""

    last: Look | None
    nil: bool
    failed: tuple[str, ...]
    whole: bool


@derived
def swallow_looks(
    eat10: Annotated[Reading | Missing, Latest("eat-10", lookback=None)],
    item: Annotated[Reading | Missing, Latest("alsfrs-item-3", lookback=None)],
    visits: Annotated[Entries, Visited("slt-visit")],
    studies: Studies,
    nothing: Annotated[Entries, Listed("nil-by-mouth")],
) -> Looks:
    """The newest of EAT-10, ALSFRS-R item 3, speech and language therapy and swallow study."""
    found = [Look(r.label, r.day, r) for r in (eat10, item) if isinstance(r, Reading)]
    for entries in (visits, studies):
        last = entries.newest
        if last and last.day:
            found.append(Look(last.label.lower(), last.day, last))
    missing = [m for m in (eat10, item) if isinstance(m, Missing)]
    failed = failed_in(*missing, visits, studies)
    nil = bool(nothing) or (isinstance(item, Reading) and item.value == NO_MEALS)
    whole = all(m.proven for m in missing) and not failed
    newest = max(found, key=lambda look: look.day, default=None)
    return Looks(newest, nil, failed, whole)


@dataclass(frozen=True, slots=True)
class ScreenLimits(Limits):
    """How often somebody looks at swallowing."""

    group: ClassVar[str] = "swallowing"
    swallow_screen_due_days: Threshold


@derived
def screens_recorded(
    eat10: Annotated[bool, Captured("eat-10")],
    item_3: Annotated[bool, Captured("alsfrs-item-3")],
) -> bool:
    """Whether this site says that it records a swallow screen in coded form."""
    return eat10 or item_3


@rule(
    "dysphagia-screen-due",
    title="Swallow screen due",
    hooks=("patient-view", "appointment-book"),
    kind="M",
    group="DYSPH",
    sources=("espen-2018", "aan-malnutrition"),
    overrides=("done-elsewhere",),
    leaves_out="Who takes nothing by mouth; sites that record no screen in coded form.",
)
@decides(Row("info", "No look at swallowing for {swallow_screen_due_days}"))
def dysphagia_screen_due(
    call: Annotated[Call, This()],
    recorded: Annotated[bool, State(screens_recorded)],
    looks: Annotated[Looks, State(swallow_looks)],
    booked: Annotated[Entries, Booked("slt-visit", within="slt_booking_days")],
    clinic: Annotated[bool, State(clinic_near)],
    referrals: Annotated[frozenset[str], State(open_referrals)],
    limits: ScreenLimits,
) -> Outcome:
    """
    Ask for a swallow screen when nobody has looked for three months.

    A look is EAT-10, ALSFRS-R item 3, a visit to speech and language therapy, or an
    instrumental study. Older than the limit, it needs to be known that none is newer.
    """
    if looks.nil:
        return NotIndicated("nothing is taken by mouth")
    last = looks.last
    if last is None and looks.whole and not recorded:
        return NotIndicated("this site records no swallow screen in coded form")
    limit = limits.swallow_screen_due_days
    if last and not limit.met_by(Decimal((call.today - last.day).days)):
        return NotIndicated(f"{last.what} {on(last.day)}")
    if not looks.whole:
        return CannotAssess("looks at swallowing could not be read in full", looks.failed)
    if booked.newest:
        return NotIndicated(f"booked: {booked.newest}")
    if clinic:
        return NotIndicated(NEAR)
    told = f"last {last.what} {on(last.day)}" if last else "none on record"
    offers = (
        Create("eat10-questionnaire", recommended=True, reason=f"Swallow screen due: {told}"),
        Create("slt-referral", reason=f"Swallow screen due: {told}"),
    )
    return Recommend(
        summary=f"Swallow screen due: {told}",
        indicator="info",
        because=("ESPEN screens for dysphagia at diagnosis and about every 3 months.",),
        evidence=(last.fact,) if last else (),
        by=(limit,),
        offers=unless_open(offers, referrals),
        due="swallow screen",
    )


@dataclass(frozen=True, slots=True)
class StudyLimits(Limits):
    """Who is offered an instrumental study without a sign."""

    group: ClassVar[str] = "swallowing"
    swallow_study_at_diagnosis: bool
    swallow_study_diagnosed_days: Threshold


@dataclass(frozen=True, slots=True)
class Risk:
    """Why swallowing should be looked at by instrument."""

    level: Indicator
    words: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...]


@derived
def swallow_risk(
    call: Annotated[Call, This()],
    swallowing: Annotated[Swallowing, State(swallowing)],
    population: Annotated[Population, State(population)],
    limits: StudyLimits,
) -> Risk | None:
    """What speaks for an instrumental study: unsafe swallowing, any sign, or a site's habit."""
    found = swallowing.unsafe or swallowing.signs
    if found:
        level: Indicator = "warning" if swallowing.unsafe else "info"
        words = ", ".join(sign.words for sign in found[:2])
        by = tuple(limit for sign in found for limit in sign.by)
        return Risk(level, words, tuple(sign.fact for sign in found), by)
    return _newly_diagnosed(population, call.today, limits)


def _newly_diagnosed(population: Population, today: date, limits: StudyLimits) -> Risk | None:
    """The habit of a site that studies everyone once."""
    day, evidence, since = (
        population.diagnosed,
        population.evidence,
        limits.swallow_study_diagnosed_days,
    )
    if not limits.swallow_study_at_diagnosis or day is None or evidence is None:
        return None
    if not since.met_by(Decimal((today - day).days)):
        return None
    return Risk("info", f"ALS diagnosed {on(day)}", (evidence,), (since,))


@derived
def study_arranged(
    studies: Studies,
    recent: Annotated[Entries, Ordered("swallow-study", lookback=TESTS_OPEN)],
    requests: Annotated[Entries, Ordered("swallow-study", statuses=OPEN, drafts=False)],
) -> Arranged:
    """Whether an instrumental study is on order since the last one."""
    last = studies.newest
    return arranged(recent, requests, last.day if last else None)


@rule(
    "swallow-instrumental-study",
    title="Instrumental swallow study",
    hooks=("patient-view",),
    kind="T",
    group="DYSPH",
    sources=("eat10-2016", "espen-2018"),
    overrides=("patient-declined", "done-elsewhere", "resource-unavailable"),
    leaves_out="Who takes nothing by mouth; dysphagia that is coded without a degree.",
)
@decides(
    Row("warning", "EAT-10 {eat10_risk_ge}, without a study in six months"),
    Row("warning", "ALSFRS-R item 3 {swallow_item_moderate_le}"),
    Row("warning", "Aspiration pneumonia, or choking at meals"),
    Row("info", "EAT-10 {eat10_sign_ge}"),
    Row("info", "ALSFRS-R item 3 {swallow_item_sign_le}"),
)
def swallow_instrumental_study(
    risk: Annotated[Risk | None, State(swallow_risk)],
    swallowing: Annotated[Swallowing, State(swallowing)],
    fed: Annotated[Feeding, State(feeding)],
    done: RecentStudies,
    scored: Annotated[Reading | Missing, Latest("pas", lookback="swallow_study_days")],
    orders: Annotated[Arranged, State(study_arranged)],
) -> Outcome:
    """
    Offer videofluoroscopy or FEES when swallowing is at risk and no study is recent.

    A penetration-aspiration score is the result of such a study. An order that
    brought no result in a month does not keep this quiet.
    """
    if fed.nil:
        return NotIndicated("nothing is taken by mouth")
    if done.newest or isinstance(scored, Reading):
        return NotIndicated(f"studied: {done.newest or scored}")
    if risk is None:
        if swallowing.known:
            return NotIndicated("no sign of dysphagia")
        return CannotAssess("; ".join(swallowing.texts), swallowing.failed)
    if orders.by:
        return NotIndicated(f"swallow study {orders.by}")
    if done.failed:
        return CannotAssess("swallow studies could not be read", done.failed)
    return Recommend(
        summary=f"Swallow risk ({risk.words}): videofluoroscopy or FEES not done in 6 months",
        indicator=risk.level,
        because=tuple(_why(risk, orders)),
        evidence=risk.facts,
        by=risk.by,
        missing=swallowing.texts,
        offers=(
            Create("videofluoroscopy", recommended=True, reason=f"Swallow risk: {risk.words}"),
            Create("fees", reason=f"Swallow risk: {risk.words}"),
        ),
        choose="at-most-one",
    )


def _why(risk: Risk, orders: Arranged) -> Iterator[str]:
    if any(isinstance(fact, Reading) and fact.measure == "eat-10" for fact in risk.facts):
        yield (
            "In ALS an EAT-10 of 3 or more found penetration or aspiration with a sensitivity of "
            "88%; one of 8 or more found aspiration with 86%, and a specificity of 72%."
        )
    yield "A study shows which textures and postures are safe."
    yield from orders.late
