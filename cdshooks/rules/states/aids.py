"""What orthosis or aid does the patient need, and is it there or on its way?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Captured,
    Entries,
    Entry,
    InUse,
    Latest,
    Limits,
    Listed,
    Missing,
    Ordered,
    Reading,
    Refused,
    Threshold,
    Visited,
    derived,
)
from cdshooks.rules.states.merged import merged

FOOT, COLLAR, SPLINT = "ankle-foot-orthosis", "neck-collar", "hand-splint"
WALKING, LIVING = "walking-aid", "daily-living-aid"
ORTHOSES = (FOOT, COLLAR, SPLINT)
AIDS = (*ORTHOSES, WALKING, LIVING)
NEEDS = {
    "foot-drop": ("foot drop", FOOT),
    "neck-extensor-weakness": ("neck weakness", COLLAR),
    "hand-weakness": ("weakness of wrist or hand", SPLINT),
    "joint-contracture": ("contracture", SPLINT),
}
"""Findings on the problem list, in words, and the aid that each calls for."""
REQUESTS = ("DeviceRequest", "ServiceRequest")
ITEM = "aid_item_days"


@dataclass(frozen=True, slots=True)
class AidLimits(Limits):
    """Scores at which an aid is needed."""

    group: ClassVar[str] = "team"
    walking_item_le: Threshold
    self_care_item_le: Threshold


@dataclass(frozen=True, slots=True)
class Need:
    """A finding in words, the aid that it calls for, and the limit that was crossed, if any."""

    told: str
    aid: str
    evidence: Entry | Reading
    by: Threshold | None = None


@derived
def aids_needed(
    findings: Annotated[Entries, Listed("aid-needed", parts=tuple(NEEDS))],
    falls: Annotated[Entries, Listed("falls", lookback="aid_falls_days", history=True)],
    walking: Annotated[Reading | Missing, Latest("alsfrs-item-8", lookback=ITEM)],
    cutting: Annotated[Reading | Missing, Latest("alsfrs-item-5a", lookback=ITEM)],
    with_tube: Annotated[Reading | Missing, Latest("alsfrs-item-5b", lookback=ITEM)],
    dressing: Annotated[Reading | Missing, Latest("alsfrs-item-6", lookback=ITEM)],
    limits: AidLimits,
) -> tuple[Need, ...]:
    """Everything recorded that calls for an orthosis or aid, each finding once."""
    found = [
        Need(told, aid, entry)
        for finding, (told, aid) in NEEDS.items()
        for entry in findings
        if finding in entry.reasons
    ]
    if falls.newest:
        found.append(Need("falls", WALKING, falls.newest))
    found += _scored("walking", walking, WALKING, limits.walking_item_le)
    living = {"cutting": cutting, "handling a feed": with_tube, "dressing": dressing}
    for told, item in living.items():
        found += _scored(told, item, LIVING, limits.self_care_item_le)
    unique: dict[str, Need] = {}
    for need in found:
        unique.setdefault(need.told, need)
    return tuple(unique.values())


def _scored(told: str, item: Reading | Missing, aid: str, limit: Threshold) -> Iterator[Need]:
    if isinstance(item, Reading) and item.meets(limit):
        yield Need(f"{told} {item.amount}/4", aid, item, limit)


@derived
def aids_recorded(
    foot: Annotated[bool, Captured(FOOT)],
    collar: Annotated[bool, Captured(COLLAR)],
    splint: Annotated[bool, Captured(SPLINT)],
    walking: Annotated[bool, Captured(WALKING)],
    living: Annotated[bool, Captured(LIVING)],
) -> frozenset[str]:
    """The aids that this site records, so that their absence means something."""
    recorded = zip(AIDS, (foot, collar, splint, walking, living), strict=True)
    return frozenset(aid for aid, here in recorded if here)


@derived
def aids_arranged(
    used: Annotated[Entries, InUse("aid", parts=AIDS)],
    ordered: Annotated[Entries, Ordered("aid", types=REQUESTS, parts=AIDS)],
    refused: Annotated[Entries, Refused("aid", parts=AIDS)],
    seen: Annotated[Entries, Visited(LIVING, lookback="aid_contact_days")],
    referred: Annotated[Entries, Ordered("orthotics-referral", lookback="aid_referral_days")],
) -> Entries:
    """
    Aids in use, on order or refused; an entry's reasons name its aid.

    Orthotics sees to every orthosis that it was asked for, occupational therapy to
    the aids for daily living.
    """
    return merged("orthosis or aid", used, ordered, refused, seen, referred)


def arranged_for(need: Need, arranged: Entries) -> Entry | None:
    """What answers a need, if anything does."""
    for entry in arranged:
        if need.aid in entry.reasons or (need.aid == LIVING and entry.type == "Encounter"):
            return entry
        if need.aid in ORTHOSES and entry.label == "Referral to orthotics":
            return entry
    return None
