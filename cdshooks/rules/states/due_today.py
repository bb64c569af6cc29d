"""Is an ALS clinic visit so near that what is only due will be seen to there?"""

from typing import Annotated

from cdshooks.rules.authoring import Booked, Entries, Visited, derived

OPEN = ("in-progress", "arrived", "triaged", "onleave")
"""Statuses of a visit that is going on."""
NEAR = "an ALS clinic visit is in progress or booked"
"""Why a rule about what is only due keeps silent."""


@derived
def clinic_near(
    visits: Annotated[Entries, Visited("als-clinic", lookback="clinic_open_days")],
    booked: Annotated[Entries, Booked("als-clinic", within="clinic_booked_days")],
) -> bool:
    """
    Whether an ALS clinic visit is in progress, or booked soon.

    A visit that began long ago and was never closed is not in progress.
    """
    return bool(booked) or any(visit.status in OPEN for visit in visits)
