"""Is palliative care involved beside ALS care?"""

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
    Involved,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Refused,
    State,
    This,
    Threshold,
    Visited,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.key_stages import (
    Stage,
    key_stages,
    lately,
    unplanned,
)
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.progression import progresses_fast
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.weights import Loss, weight_loss
from cdshooks.rules.states.words import sentence, undated


@dataclass(frozen=True, slots=True)
class PalliativeLimits(Limits):
    """When palliative care is missed, and what makes it pressing."""

    group: ClassVar[str] = "planning"
    palliative_from_ge_days: Threshold
    palliative_trigger_days: Decimal
    palliative_refusal_days: Decimal
    palliative_order_le_days: Threshold
    palliative_pain_ge: Threshold
    palliative_loss_pct_ge: Threshold
    palliative_admissions_ge: Threshold


@derived
def palliative_contact(
    visits: Annotated[Entries, Visited("palliative-care")],
    orders: Annotated[Entries, Ordered("palliative-care", statuses=("completed",))],
    done: Annotated[Entries, Performed("palliative-care", statuses=("in-progress", "completed"))],
    listed: Annotated[Entries, Listed("palliative-care", history=True)],
    team: Annotated[Entries, Involved("team-palliative")],
) -> Entries:
    """Palliative care that was ever seen, carried out or coded; drafts of this call count.

    So does a member of the care team. That teams were not read says nothing: few are kept.
    """
    members = Entries(tuple(entry for entry in team if entry.type == "CareTeam"))
    return merged("palliative care", visits, orders, done, listed, members)


@derived
def palliative_triggers(
    stages: Annotated[tuple[Stage, ...], State(key_stages)],
    admissions: Annotated[tuple[Stage, ...], State(unplanned)],
    loss: Annotated[Loss | None, State(weight_loss)],
    fast: Annotated[str | None, State(progresses_fast)],
    pain: Annotated[Reading | Missing, Latest("pain-score", lookback="palliative_trigger_days")],
    vent: Annotated[Vent, State(vent)],
    call: Annotated[Call, This()],
    limits: PalliativeLimits,
) -> tuple[Stage, ...]:
    """Everything of the last six months that makes palliative care pressing."""
    days, today = limits.palliative_trigger_days, call.today
    found = [stage for stage in stages if lately(stage, days, today)]
    if loss and limits.palliative_loss_pct_ge.met_by(loss.percent):
        by = (limits.palliative_loss_pct_ge,)
        found.append(Stage(f"{loss} weight loss", None, loss.current.day, loss.facts, by))
    if fast:
        found.append(Stage(fast, None, None, ()))
    if isinstance(pain, Reading) and pain.meets(limits.palliative_pain_ge):
        by = (limits.palliative_pain_ge,)
        found.append(Stage(f"pain {pain.amount}/10", pain.day, pain.day, (pain,), by))
    if vent.state in ("niv-failed", "niv-declined"):
        stage = Stage(vent.state.replace("-", " ").replace("niv", "NIV"), None, vent.since, ())
        found += [stage] if lately(stage, days, today) else []
    recent = [stage for stage in admissions if lately(stage, days, today)]
    if limits.palliative_admissions_ge.met_by(Decimal(len(recent))):
        facts = tuple(fact for stage in recent for fact in stage.facts)
        by = (limits.palliative_admissions_ge,)
        found.append(Stage(f"{len(recent)} unplanned admissions", None, None, facts, by))
    return tuple(found)


@rule(
    "palliative-referral",
    title="Palliative care beside ALS care",
    hooks=("patient-view", "encounter-start", "encounter-discharge"),
    kind="P",
    group="PALL",
    sources=("nice-qs126", "nice-ng42", "hogden-2018"),
    overrides=("patient-declined", "resource-unavailable", "done-elsewhere"),
    leaves_out="Palliative care that is not recorded in coded form; hospice and comfort care.",
)
def palliative_referral(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    population: Annotated[Population, State(population)],
    contact: Annotated[Entries, State(palliative_contact)],
    referrals: Annotated[Entries, Ordered("palliative-care", drafts=False)],
    refused: Annotated[Entries, Refused("palliative-care")],
    triggers: Annotated[tuple[Stage, ...], State(palliative_triggers)],
    recorded: Annotated[bool, Captured("palliative-care")],
    limits: PalliativeLimits,
) -> Outcome:
    """
    Involve palliative care early, and more urgently once the disease calls for it.

    Any visit, completed referral or code of palliative care counts, however old; an open
    referral is waited for three months. Triggers: of the last six months. A refusal is
    left alone for six months.
    """
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    if contact.newest:
        return NotIndicated(f"{contact.newest}")
    waiting, late = _referred(referrals, call.today, limits)
    if waiting:
        return NotIndicated(f"{waiting}")
    said = refused.newest
    since = call.today - timedelta(days=int(limits.palliative_refusal_days))
    if said and (said.day is None or said.day >= since):
        return NotIndicated(f"declined: {said}")
    if not recorded:
        return NotIndicated("palliative care is not recorded in coded form here")
    if not contact.none or referrals.failed or population.diagnosed is None:
        because = "palliative care or the day of the diagnosis could not be read"
        return CannotAssess(because, failed_in(contact, referrals))
    days = Decimal((call.today - population.diagnosed).days)
    if not limits.palliative_from_ge_days.met_by(days):
        return NotIndicated(f"diagnosed {days} days ago")
    told = f" ({undated(triggers[0].told)})" if triggers else ""
    reason = triggers[0].told if triggers else "Palliative care not involved"
    return Recommend(
        summary=f"Palliative care not involved{told}; refer alongside ALS care",
        indicator="warning" if triggers else "info",
        because=(
            f"ALS diagnosed {on(population.diagnosed)}; no palliative care on record.",
            *([f"Referral ordered {on(late.day)}, no result."] if late else []),
            *(sentence(trigger.told) for trigger in triggers),
            "It supports at any stage, not only at the end of life, and beside treatment; at home "
            "and by community services too.",
        ),
        evidence=(*([late] if late else []), *(f for t in triggers for f in t.facts)),
        by=(limits.palliative_from_ge_days, *(by for t in triggers for by in t.by)),
        offers=(Create("palliative-referral", recommended=True, reason=reason),),
        criteria=("a key stage",) if triggers else (),
    )


def _referred(
    referrals: Entries, today: date, limits: PalliativeLimits
) -> tuple[Entry | None, Entry | None]:
    """The referral that is waited for, or else the last one of which nothing came."""
    limit, last = limits.palliative_order_le_days, referrals.newest
    undated = next((e for e in referrals if e.day is None), None)
    if last is None or last.day is None or undated:
        return undated, None
    return (last, None) if limit.met_by(Decimal((today - last.day).days)) else (None, last)
