"""Is an ALS clinic visit so near that what is only due will be seen to there?"""

from datetime import date
from typing import Annotated

from cdshooks.rules.authoring import Booked, Entries, Entry, Visited, derived

OPEN = ("in-progress", "arrived", "triaged", "onleave")
"""Statuses of a visit that is going on."""
NEAR = "an ALS clinic visit is in progress or booked"
"""Why a rule about what is only due keeps silent."""


@derived
def clinic_visit(
    visits: Annotated[Entries, Visited("als-clinic", lookback="clinic_open_days")],
    booked: Annotated[Entries, Booked("als-clinic", within="clinic_booked_days")],
) -> Entry | None:
    """
    The ALS clinic visit in progress, or else the next one booked soon.

    A visit that began long ago and was never closed is not in progress.
    """
    going_on = [visit for visit in visits if visit.status in OPEN]
    if going_on:
        return going_on[-1]
    return min(booked, key=lambda visit: visit.start or date.max, default=None)
