"""What says that breathing fails acutely: blood gas, saturation, rate?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Entry,
    Fact,
    Latest,
    Limits,
    Listed,
    Missing,
    Reading,
    Reported,
    State,
    Threshold,
    derived,
)
from cdshooks.rules.states.gas_triggers import room_air_saturation
from cdshooks.rules.states.symptoms import (
    ANSWER,
    CONDITION,
    Item10,
    NoDyspnea,
    denied_since,
)


@dataclass(frozen=True, slots=True)
class AcuteLimits(Limits):
    """What is acute respiratory failure, and how recent saturation must be."""

    group: ClassVar[str] = "acute_breathing"
    acute_sign_days: Decimal
    acute_spo2_lt: Threshold
    acute_rate_ge: Threshold
    rest_dyspnea_item_le: Threshold


@dataclass(frozen=True, slots=True)
class AcidLimits(Limits):
    """What makes a blood gas one of failing ventilation."""

    group: ClassVar[str] = "niv"
    paco2_gt_mmhg: Threshold
    ph_critical_lt: Threshold


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of acute respiratory failure: words, facts, limits."""

    told: str
    facts: tuple[Fact, ...]
    by: tuple[Threshold, ...]


PaCO2 = Annotated[Reading | Missing, Latest("paco2", lookback="acute_gas_days")]
Ph = Annotated[Reading | Missing, Latest("ph", lookback="acute_gas_days")]
Rate = Annotated[Reading | Missing, Latest("respiratory-rate", lookback="acute_sign_days")]


@derived
def acidosis(paco2: PaCO2, ph: Ph, limits: AcidLimits) -> Sign | None:
    """An acid pH with high carbon dioxide, of one day and of the last days."""
    if not isinstance(paco2, Reading) or not isinstance(ph, Reading) or paco2.day != ph.day:
        return None
    by = (limits.ph_critical_lt, limits.paco2_gt_mmhg)
    if not ph.meets(limits.ph_critical_lt) or not paco2.meets(limits.paco2_gt_mmhg):
        return None
    return Sign(f"pH {ph.amount}, PaCO2 {paco2.amount}", (ph, paco2), by)


@derived
def hypoxia(
    saturation: Annotated[Reading | None, State(room_air_saturation)], limits: AcuteLimits
) -> Sign | None:
    """A very low saturation on room air, or on what is taken for it."""
    if saturation is None or saturation.age > limits.acute_sign_days:
        return None
    if not saturation.meets(limits.acute_spo2_lt):
        return None
    where = "room air" if "room-air" in saturation.context else "room air assumed"
    told = f"SpO2 {saturation.amount} ({where})"
    return Sign(told, (saturation,), (limits.acute_spo2_lt,))


@derived
def tachypnea(
    rate: Rate,
    at_rest: Annotated[Entries, Listed("dyspnea-at-rest", lookback=CONDITION)],
    not_at_rest: Annotated[Entries, Reported("dyspnea-at-rest", lookback=ANSWER, denied=True)],
    no_dyspnea: NoDyspnea,
    item_10: Item10,
    limits: AcuteLimits,
) -> Sign | None:
    """
    Fast breathing in somebody who is breathless at rest, as the newest statement has it.

    Of one day, the statement that it is present wins.
    """
    if not isinstance(rate, Reading) or not rate.meets(limits.acute_rate_ge):
        return None
    present = _newest_at_rest(at_rest.newest, item_10, limits)
    if present is None or any(denied_since(present.day, no) for no in (not_at_rest, no_dyspnea)):
        return None
    told = f"RR {rate.amount}, breathless at rest"
    return Sign(told, (rate, present), (limits.acute_rate_ge,))


def _newest_at_rest(
    coded: Entry | None, item_10: Reading | Missing, limits: AcuteLimits
) -> Entry | Reading | None:
    """The statement that somebody is breathless at rest, unless a later score says otherwise."""
    if isinstance(item_10, Missing):
        return coded
    older = coded is None or (coded.day or date.min) < item_10.day
    if item_10.meets(limits.rest_dyspnea_item_le):
        return item_10 if older else coded
    return None if older else coded


@derived
def acute_signs(
    acid: Annotated[Sign | None, State(acidosis)],
    hypoxic: Annotated[Sign | None, State(hypoxia)],
    fast: Annotated[Sign | None, State(tachypnea)],
) -> tuple[Sign, ...]:
    """Every sign of acute respiratory failure, the surest first."""
    return tuple(sign for sign in (acid, hypoxic, fast) if sign)
