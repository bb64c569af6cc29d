"""Is breathing too weak for a drug that dampens it?"""

from dataclasses import dataclass
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
    Series,
    State,
    Threshold,
    derived,
    failed_in,
    on,
)
from cdshooks.rules.states.nights import nights, on_room_air
from cdshooks.rules.states.words import dated

EVIDENCE = "resp_evidence_days"
SCORE = "resp_evidence_score_days"


@dataclass(frozen=True, slots=True)
class InsufficiencyLimits(Limits):
    """From where breathing is insufficient before a sedative."""

    group: ClassVar[str] = "sedatives"
    resp_evidence_days: Decimal
    resp_insufficient_vc_lt: Threshold
    resp_insufficient_snip_lt: Threshold
    resp_insufficient_mip_lt: Threshold
    resp_insufficient_mip_pct_lt: Threshold
    resp_insufficient_paco2_gt: Threshold
    resp_insufficient_item_10_le: Threshold
    resp_insufficient_item_11_le: Threshold
    resp_insufficient_item_12_le: Threshold


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of insufficient breathing, short enough for a summary.

    because: the same as a sentence. by: the limit that was met, for a value.
    """

    told: str
    because: str
    fact: Fact
    by: Threshold | None = None


@dataclass(frozen=True, slots=True)
class Insufficiency:
    """Every sign, the most telling first; what was not known; searches that failed."""

    signs: tuple[Sign, ...] = ()
    missing: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.signs)

    @property
    def told(self) -> str:
        """The most telling sign, for a summary."""
        return self.signs[0].told

    @property
    def because(self) -> tuple[str, ...]:
        """Every sign as a sentence."""
        return tuple(sign.because for sign in self.signs)

    @property
    def evidence(self) -> tuple[Fact, ...]:
        """What the signs stand on."""
        return tuple(sign.fact for sign in self.signs)

    @property
    def by(self) -> tuple[Threshold, ...]:
        """The limits that were met."""
        return tuple(sign.by for sign in self.signs if sign.by)


Vc = Annotated[Reading | Missing, Latest("vc-percent", lookback=None, not_position="supine")]
LatestSnip = Annotated[Reading | Missing, Latest("snip", lookback=None)]
LatestMip = Annotated[Reading | Missing, Latest("mip", lookback=None)]
LatestMipPercent = Annotated[Reading | Missing, Latest("mip-percent", lookback=None)]
Gas = Annotated[Reading | Missing, Latest("paco2", lookback=EVIDENCE)]
Item10 = Annotated[Reading | Missing, Latest("alsfrs-item-10", lookback=SCORE)]
Item11 = Annotated[Reading | Missing, Latest("alsfrs-item-11", lookback=SCORE)]
Item12 = Annotated[Reading | Missing, Latest("alsfrs-item-12", lookback=SCORE)]
Chronic = Annotated[Entries, Listed("chronic-respiratory-failure")]
Failure = Annotated[Entries, Listed("respiratory-failure-unspecified", lookback=SCORE)]


@derived
def measured_insufficiency(
    gas: Gas,
    vc: Vc,
    snip: LatestSnip,
    mip: LatestMip,
    percent: LatestMipPercent,
    item_10: Item10,
    item_11: Item11,
    item_12: Item12,
    limits: InsufficiencyLimits,
) -> tuple[Sign, ...]:
    """
    Signs by a value.

    gas: of the last 180 days. vc, sitting, snip and mip: the last one, whatever its
    age, since strength that is lost does not come back; pressures by their size.
    Items of the ALSFRS-R: of the last 183 days.
    """
    tests = (
        (gas, limits.resp_insufficient_paco2_gt),
        (vc, limits.resp_insufficient_vc_lt),
        (snip, limits.resp_insufficient_snip_lt),
        (mip, limits.resp_insufficient_mip_lt),
        (percent, limits.resp_insufficient_mip_pct_lt),
        (item_10, limits.resp_insufficient_item_10_le),
        (item_11, limits.resp_insufficient_item_11_le),
        (item_12, limits.resp_insufficient_item_12_le),
    )
    return tuple(
        _sign(reading, limit, limits)
        for reading, limit in tests
        if isinstance(reading, Reading) and reading.meets(limit)
    )


def _sign(reading: Reading, limit: Threshold, limits: InsufficiencyLimits) -> Sign:
    old = f", not repeated since {on(reading.day)}" if _is_old(reading, limits) else ""
    because = f"{reading}{old} (limit {limit})."
    return Sign(f"{reading.label} {reading.amount}", because, reading, limit)


def _is_old(reading: Reading, limits: InsufficiencyLimits) -> bool:
    return reading.age > limits.resp_evidence_days


@dataclass(frozen=True, slots=True)
class NightLimits(Limits):
    """From where a night's saturation is too low, and how long it must be recorded."""

    group: ClassVar[str] = "niv"
    noct_t90_pct_gt: Threshold
    noct_t88_pct_gt: Threshold
    noct_min_recording_min: Threshold
    noct_apart_le_minutes: Threshold


Recordings = Annotated[
    tuple[Reading, ...], Series("spo2-recording-minutes", lookback=EVIDENCE, each=True)
]


@derived
def low_night(
    recordings: Recordings,
    t90: Annotated[tuple[Reading, ...], Series("spo2-t90", lookback=EVIDENCE, each=True)],
    t88: Annotated[tuple[Reading, ...], Series("spo2-t88", lookback=EVIDENCE, each=True)],
    limits: NightLimits,
) -> tuple[Sign, ...]:
    """
    Too large a share of the newest valid night at a low saturation.

    A night is valid when it was recorded long enough, on room air and without
    support; a later one that is not valid does not hide it.
    """
    measured = ((t90, limits.noct_t90_pct_gt), (t88, limits.noct_t88_pct_gt))
    for recording, tests in nights(measured, recordings, limits.noct_apart_le_minutes):
        long_enough = recording.meets(limits.noct_min_recording_min)
        if long_enough and tests and on_room_air(recording, tests):
            return tuple(
                Sign(f"{r.label} {r.amount}", f"{dated(r, 'in sleep')} (limit {limit}).", r, limit)
                for r, limit in tests
                if r.meets(limit)
            )
    return ()


@derived
def respiratory_insufficiency(
    measured: Annotated[tuple[Sign, ...], State(measured_insufficiency)],
    night: Annotated[tuple[Sign, ...], State(low_night)],
    chronic: Chronic,
    failure: Failure,
    gas: Gas,
    vc: Vc,
) -> Insufficiency:
    """
    Whether breathing is too weak for a drug that dampens it, by whatever shows it.

    A night counts when it was recorded as NIV asks for it. Chronic failure counts
    at any age while it is on the problem list.
    """
    signs = [*measured, *night]
    signs += [_diagnosed(entry) for entry in (chronic.newest or failure.newest,) if entry]
    unread = [r for r in (gas, vc) if isinstance(r, Missing)]
    missing = tuple(r.text for r in unread)
    return Insufficiency(tuple(signs), missing, failed_in(*unread, chronic, failure))


def _diagnosed(entry: Entry) -> Sign:
    return Sign("respiratory failure", f"On the problem list: {entry}.", entry)
