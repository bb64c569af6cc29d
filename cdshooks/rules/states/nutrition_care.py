"""Who of dietetics and swallowing therapy saw the patient lately, or was asked to?"""

from typing import Annotated

from cdshooks.rules.authoring import Create, Entries, Offer, Ordered, Visited, derived

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
