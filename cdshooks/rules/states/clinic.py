"""When was the patient last in the ALS clinic, and who of the team is involved?"""

from datetime import date
from typing import Annotated

from cdshooks.rules.authoring import (
    Captured,
    Entries,
    Involved,
    NotIndicated,
    State,
    Visited,
    derived,
)
from cdshooks.rules.states.due_today import OPEN

CLINIC = "als-clinic"
LATELY = "team_involved_days"
NEUROLOGY, BREATHING, NUTRITION = "team-neurology", "team-breathing", "team-nutrition"
SPEECH, PHYSIO = "team-speech", "team-physiotherapy"
OCCUPATIONAL, PALLIATIVE = "team-occupational-therapy", "team-palliative"
ROLES = {
    NEUROLOGY: "neurology",
    BREATHING: "respiratory medicine",
    NUTRITION: "dietitian",
    SPEECH: "speech therapy",
    PHYSIO: "physiotherapy",
    OCCUPATIONAL: "occupational therapy",
    PALLIATIVE: "palliative care",
}
"""The seven disciplines of an ALS team, as cards name them."""


@derived
def clinic_open(
    visits: Annotated[Entries, Visited(CLINIC, lookback="clinic_open_days")],
) -> bool:
    """Whether a visit to the ALS clinic is in progress; a forgotten one is not."""
    return any(visit.status in OPEN for visit in visits)


@derived
def clinic_silence(
    recorded: Annotated[bool, Captured(CLINIC)],
    in_clinic: Annotated[bool, State(clinic_open)],
) -> NotIndicated | None:
    """Why nothing can be said about visits to the clinic, or need be said now."""
    if not recorded:
        return NotIndicated("the encounter types of the ALS clinic are not configured")
    return NotIndicated("an ALS clinic visit is in progress") if in_clinic else None


@derived
def last_clinic_visit(visits: Annotated[Entries, Visited(CLINIC)]) -> date | None:
    """The day of the newest visit to the ALS clinic, of any age."""
    return max((visit.day for visit in visits if visit.day), default=None)


@derived
def roles_recorded(
    neurology: Annotated[bool, Captured(NEUROLOGY)],
    breathing: Annotated[bool, Captured(BREATHING)],
    nutrition: Annotated[bool, Captured(NUTRITION)],
    speech: Annotated[bool, Captured(SPEECH)],
    physio: Annotated[bool, Captured(PHYSIO)],
    occupational: Annotated[bool, Captured(OCCUPATIONAL)],
    palliative: Annotated[bool, Captured(PALLIATIVE)],
) -> frozenset[str]:
    """The disciplines whose part in the care this site records."""
    recorded = (neurology, breathing, nutrition, speech, physio, occupational, palliative)
    return frozenset(role for role, here in zip(ROLES, recorded, strict=True) if here)


@derived
def team_involved(
    neurology: Annotated[Entries, Involved(NEUROLOGY, LATELY)],
    breathing: Annotated[Entries, Involved(BREATHING, LATELY)],
    nutrition: Annotated[Entries, Involved(NUTRITION, LATELY)],
    speech: Annotated[Entries, Involved(SPEECH, LATELY)],
    physio: Annotated[Entries, Involved(PHYSIO, LATELY)],
    occupational: Annotated[Entries, Involved(OCCUPATIONAL, LATELY)],
    palliative: Annotated[Entries, Involved(PALLIATIVE, LATELY)],
) -> dict[str, Entries]:
    """Members of the care team, visits and referrals of the last half-year, by discipline."""
    found = (neurology, breathing, nutrition, speech, physio, occupational, palliative)
    return dict(zip(ROLES, found, strict=True))
