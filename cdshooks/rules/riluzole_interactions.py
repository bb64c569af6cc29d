"""Do other drugs change how much riluzole the body sees, or add to its harm to the liver?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Create,
    Delete,
    Entries,
    Meeting,
    Meets,
    Offer,
    Ordered,
    Outcome,
    Recommend,
    Row,
    decides,
    rule,
)
from cdshooks.rules.states.words import joined, shortened

STRONG, MODERATE = "cyp1a2-strong", "cyp1a2-moderate"


@rule(
    "riluzole-cyp1a2-inhibitor",
    title="Riluzole with a CYP1A2 inhibitor",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("short-course-monitoring", "risk-benefit-ratio", "stable-combination"),
    needs_als=False,
    leaves_out=(
        "Eye and ear drops; and what only European labelling lists from the laboratory, such "
        "as diazepam, amitriptyline and caffeine."
    ),
)
@decides(
    Row("warning", "Riluzole with a strong inhibitor, whichever was ordered last"),
    Row("info", "Riluzole with a moderate inhibitor, mexiletine and oral contraceptives included"),
    Row("info", "One of the two is known only from an old order that nobody closed"),
)
def riluzole_cyp1a2_inhibitor(
    meeting: Annotated[Meeting, Meets("riluzole", (STRONG, MODERATE))],
    pending: Annotated[Entries, Ordered("liver-tests", lookback="ordered_test_days")],
) -> Outcome:
    """
    Name the drugs that slow the breakdown of riluzole, for a check of ALT.

    meeting: riluzole and inhibitors, drafted or taken. pending: liver tests on order.
    A moderate inhibitor is no reason to stop it: mexiletine treats the cramps of ALS.
    """
    strong, moderate = meeting.of(STRONG), meeting.of(MODERATE)
    lead = strong if strong.partners else moderate
    drugs = shortened(lead.names)
    word = "strong" if strong.partners else "moderate"
    return Recommend(
        summary=(
            f"{drugs.capitalize()} ({word} CYP1A2 inhibitor) can raise riluzole levels: "
            "choose an alternative or monitor ALT and effects."
        ),
        indicator="warning" if strong.sure else "info",
        because=(
            "CYP1A2 breaks riluzole down. The US label says that strong and moderate inhibitors "
            "may raise the risk of its adverse reactions.",
            *(f"Here, {text}." for text in _listed(strong, moderate)),
        ),
        evidence=meeting.orders,
        offers=(*_check(pending), *(Delete(order) for order in strong.partners if order.assessed)),
    )


def _listed(strong: Meeting, moderate: Meeting) -> Iterator[str]:
    if strong.partners:
        yield f"strong: {joined(strong.names)}"
    if moderate.partners:
        yield f"moderate: {joined(moderate.names)}"


def _check(pending: Entries) -> tuple[Offer, ...]:
    """Liver tests, unless they are ordered already."""
    return () if pending else (Create("hepatic-panel", reason="Interaction with riluzole"),)
