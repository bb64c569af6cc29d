"""What points to carbon dioxide retention that only a blood gas can show?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Indicator,
    InUse,
    Latest,
    Limits,
    Listed,
    Missing,
    Ordered,
    Performed,
    Reading,
    Series,
    State,
    Threshold,
    derived,
)
from cdshooks.rules.inputs import PaCO2, SittingVc, Snip

LAB = "bicarbonate_days"


@dataclass(frozen=True, slots=True)
class GasLimits(Limits):
    """What prompts a blood gas."""

    group: ClassVar[str] = "breathing_tests"
    spo2_awake_le: Threshold
    spo2_awake_lung_disease_le: Threshold
    spo2_assumed_warning_lt: Threshold
    bicarbonate_high_ge: Threshold
    venous_pco2_gt: Threshold


@dataclass(frozen=True, slots=True)
class WeaknessLimits(Limits):
    """Weakness of breathing that asks for a blood gas."""

    group: ClassVar[str] = "niv"
    vc_asymptomatic_lt: Threshold
    snip_cmh2o_lt: Threshold


@dataclass(frozen=True, slots=True)
class GasTrigger:
    """A finding that asks for a blood gas, as the beginning of a sentence.

    by: the limit that it met.
    """

    finding: str
    level: Indicator
    reading: Reading
    by: Threshold


@derived
def on_oxygen(
    orders: Annotated[
        Entries,
        Ordered(
            "oxygen",
            types=("ServiceRequest", "DeviceRequest", "MedicationRequest"),
            drafts=False,
            named=True,
        ),
    ],
    devices: Annotated[Entries, InUse("oxygen")],
    given: Annotated[Entries, Performed("oxygen", statuses=("in-progress",))],
) -> bool:
    """Whether oxygen is ordered, in use or being given."""
    return bool(orders or devices or given)


@derived
def saturation_on_oxygen(
    saturations: Annotated[
        tuple[Reading, ...], Series("spo2", lookback="acute_sign_days", each=True)
    ],
) -> Reading | None:
    """The newest saturation of the last hours, if it was measured on oxygen."""
    newest = saturations[-1] if saturations else None
    return newest if newest and "oxygen" in newest.context else None


@derived
def room_air_saturation(
    saturations: Annotated[tuple[Reading, ...], Series("spo2", lookback="spo2_days", each=True)],
    oxygen: Annotated[bool, State(on_oxygen)],
) -> Reading | None:
    """
    The newest saturation on room air, or that may have been.

    What was measured on oxygen or on pressure support says nothing about room
    air; with oxygen in the house only a value that is stated to be on room air.
    """
    for reading in reversed(saturations):
        if reading.context & {"oxygen", "support"}:
            continue
        if "room-air" in reading.context or not oxygen:
            return reading
    return None


@derived
def saturation_trigger(
    saturation: Annotated[Reading | None, State(room_air_saturation)],
    lung: Annotated[Entries, Listed("chronic-lung")],
    limits: GasLimits,
) -> GasTrigger | None:
    """
    A low saturation awake; the limit is lower beside a chronic lung disease.

    It warns, unless room air is only assumed and the value not very low.
    """
    limit = limits.spo2_awake_lung_disease_le if lung else limits.spo2_awake_le
    if saturation is None or not saturation.meets(limit):
        return None
    stated = "room-air" in saturation.context
    level: Indicator = "warning"
    if not stated and not saturation.meets(limits.spo2_assumed_warning_lt):
        level = "info"
    where = "on room air" if stated else "(room air assumed)"
    return GasTrigger(f"{saturation.label} {saturation.amount} {where}", level, saturation, limit)


@derived
def blood_triggers(
    bicarbonate: Annotated[Reading | Missing, Latest("bicarbonate", lookback=LAB)],
    venous: Annotated[Reading | Missing, Latest("venous-pco2", lookback=LAB)],
    limits: GasLimits,
) -> tuple[GasTrigger, ...]:
    """A high bicarbonate, or total carbon dioxide by its own name; a high venous pressure."""
    tests = ((bicarbonate, limits.bicarbonate_high_ge), (venous, limits.venous_pco2_gt))
    return tuple(
        GasTrigger(f"{reading.label} {reading.amount}", "info", reading, limit)
        for reading, limit in tests
        if isinstance(reading, Reading) and reading.meets(limit)
    )


@derived
def weakness_triggers(
    vc: SittingVc, snip: Snip, paco2: PaCO2, limits: WeaknessLimits
) -> tuple[GasTrigger, ...]:
    """Weakness enough for NIV, and no blood gas at all within the age that counts."""
    if isinstance(paco2, Reading) or not paco2.proven:
        return ()
    tests = ((vc, limits.vc_asymptomatic_lt), (snip, limits.snip_cmh2o_lt))
    return tuple(
        GasTrigger(f"{reading.label} {reading.amount}, no recent PaCO2", "info", reading, limit)
        for reading, limit in tests
        if isinstance(reading, Reading) and reading.meets(limit)
    )


@derived
def gas_triggers(
    saturation: Annotated[GasTrigger | None, State(saturation_trigger)],
    blood: Annotated[tuple[GasTrigger, ...], State(blood_triggers)],
    weakness: Annotated[tuple[GasTrigger, ...], State(weakness_triggers)],
    paco2: PaCO2,
) -> tuple[GasTrigger, ...]:
    """Every finding that no arterial or capillary gas of its day or later has answered."""
    found = [*([saturation] if saturation else []), *blood, *weakness]
    answered = paco2.day if isinstance(paco2, Reading) else None
    return tuple(t for t in found if answered is None or t.reading.day > answered)
