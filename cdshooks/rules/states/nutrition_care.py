"""Who of dietetics and swallowing therapy saw the patient, and may a supplement be drunk?"""

from typing import Annotated

from cdshooks.rules.authoring import (
    Create,
    Entries,
    Entry,
    Listed,
    Medication,
    Offer,
    Ordered,
    State,
    Visited,
    derived,
)

VISIT = "nutrition_visit_days"
REFERRAL = "open_referral_days"
DIETITIAN, SLT = "dietitian-referral", "slt-referral"

DietitianVisits = Annotated[Entries, Visited("dietitian-visit", lookback=VISIT)]


@derived
def open_referrals(
    dietitian: Annotated[Entries, Ordered("dietitian-referral", lookback=REFERRAL)],
    slt: Annotated[Entries, Ordered("slt-referral", lookback=REFERRAL)],
) -> frozenset[str]:
    """The draft referrals that an open order has already made, by the name of their draft."""
    return frozenset(name for name, orders in ((DIETITIAN, dietitian), (SLT, slt)) if orders)


def unless_open(offers: tuple[Offer, ...], made: frozenset[str]) -> tuple[Offer, ...]:
    """The offers without the referrals that are open."""
    return tuple(o for o in offers if not (isinstance(o, Create) and o.draft in made))


@derived
def supplement(
    ordered: Annotated[Entries, Ordered("nutritional-supplement", types=("NutritionOrder",))],
    taken: Annotated[Entries, Medication("oral-nutritional-supplement")],
) -> Entry | None:
    """The oral nutritional supplement that the patient has."""
    return ordered.newest or taken.newest


@derived
def only_thickened(
    aspirated: Annotated[Entries, Listed("thin-liquid-aspiration")],
    thickened: Annotated[Entries, Ordered("thickened-fluids", types=("NutritionOrder",))],
) -> bool | None:
    """Whether drinks must be thickened: None when they must be and are not."""
    if not aspirated:
        return False
    return True if thickened else None


@derived
def supplement_fits(
    has: Annotated[Entry | None, State(supplement)],
    thickened: Annotated[bool | None, State(only_thickened)],
) -> bool:
    """Whether the patient has no supplement, and need not aspirate one."""
    return has is None and thickened is not None
