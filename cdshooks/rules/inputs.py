"""Inputs that several rules share: concept, lookback and position said once."""

from typing import Annotated

from cdshooks.rules.authoring import (
    Entries,
    Latest,
    Listed,
    Missing,
    Reading,
    Reported,
    Sitting,
    Together,
)

RECENT = "resp_value_max_age_days"

SittingVc = Annotated[
    Reading | Missing, Latest("vc-percent", lookback=RECENT, not_position="supine")
]
SupineVc = Annotated[Reading | Missing, Latest("vc-percent", lookback=RECENT, position="supine")]
Snip = Annotated[Reading | Missing, Latest("snip", lookback=RECENT)]
SnipPercent = Annotated[Reading | Missing, Latest("snip-percent", lookback=RECENT)]
Mip = Annotated[Reading | Missing, Latest("mip", lookback=RECENT)]
MipPercent = Annotated[Reading | Missing, Latest("mip-percent", lookback=RECENT)]
PaCO2 = Annotated[Reading | Missing, Latest("paco2", lookback=RECENT)]
Ph = Annotated[Reading | Missing, Latest("ph", lookback=RECENT)]
Night = Annotated[
    Sitting | Missing,
    Together(
        name="overnight oximetry",
        measures=("spo2-t90", "spo2-t88", "spo2-t88-minutes", "spo2-recording-minutes"),
        needs=("spo2-recording-minutes",),
        lookback=RECENT,
    ),
]
Pneumothorax = Annotated[
    Entries, Listed("pneumothorax", lookback="pneumothorax_days", history=True)
]
SleepHypoventilation = Annotated[Entries, Listed("sleep-hypoventilation")]
FoundHypoventilation = Annotated[Entries, Reported("sleep-hypoventilation", lookback=RECENT)]
