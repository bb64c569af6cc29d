"""Is it sure which drug was ordered?"""

from typing import Annotated

from cdshooks.rules.authoring import (
    Call,
    Draft,
    NotIndicated,
    Order,
    Outcome,
    Recommend,
    State,
    Taken,
    Takes,
    This,
    rule,
)
from cdshooks.rules.states.population import Population, population

ALS_DRUGS = ("riluzole", "edaravone", "tofersen")
"""Drugs that are given for ALS itself: an order for one needs no diagnosis to be checked."""
TEXT_SHOWN = 30
"""Characters of an order's own text that a summary shows."""


def _concerns(order: Order, population: Population) -> bool:
    """Whether an order is this service's: an ALS drug, or one that it knows in ALS."""
    named = (order.drug, order.conflict)
    return population.diagnosis in ("als", "provisional") or any(d in ALS_DRUGS for d in named)


@rule(
    "drug-identity-unverified",
    title="Drug that could not be recognised for sure",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("product",),
    overrides=("text-is-right", "need-more-info"),
    needs_als=False,
    leaves_out="Orders that are only being selected; names that this service does not know.",
)
def drug_identity_unverified(
    order: Annotated[Order, Draft()],
    takes: Annotated[Takes, Taken()],
    population: Annotated[Population, State(population)],
    call: Annotated[Call, This()],
) -> Outcome:
    """
    Say so when only the text of an order, or of the whole medication, names drugs.

    A signed order for an ALS drug that carries no known code, or refers to a
    Medication that could not be read. And once a call, when there is medication of
    which nothing carries a drug code and not every name is known: then no
    interaction with it was looked for.
    """
    if not _concerns(order, population):
        return NotIndicated("no drug for ALS, and no diagnosis of it")
    if order.by_name and order.drug in ALS_DRUGS:
        return _by_name(order)
    if order.reference != call.orders[0]:
        return NotIndicated("the code of the order is known")
    unknown = takes.unknown
    if takes.coded or not unknown:
        return NotIndicated("the codes of the order and of the medication are known")
    number = len(unknown.items)
    drugs = "drug" if number == 1 else "drugs"
    return Recommend(
        summary=f"{number} {drugs} not recognised: interactions not checked",
        indicator="info",
        because=(
            "No active medication carries a RxNorm, ATC or SNOMED CT code.",
            f"Not recognised: {', '.join(map(str, unknown))}.",
        ),
        evidence=(unknown,),
    )


def _by_name(order: Order) -> Recommend:
    text = order.written
    if len(text) > TEXT_SHOWN:
        text = f"{text[: TEXT_SHOWN - 1].rstrip()}…"
    return Recommend(
        summary=(
            f'"{text}" looks like {order.label} but carries no code we know: '
            "dose and interactions were not checked."
        ),
        indicator="info",
        because=(
            f'The order says "{order.written}".',
            "Compare the dose with the label, and choose a coded product if there is one.",
        ),
        evidence=(order,),
        missing=("a code of the ordered product",),
    )


@rule(
    "drug-identity-conflict",
    title="Code and text of an order name different drugs",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("product",),
    overrides=("text-is-right", "code-is-right"),
    needs_als=False,
    on_conflict=True,
    leaves_out="Text that names no drug that this service knows.",
)
def drug_identity_conflict(
    order: Annotated[Order, Draft()],
    population: Annotated[Population, State(population)],
) -> Outcome:
    """Warn before signing that an order says two drugs; no other rule judges it then."""
    if order.conflict is None:
        return NotIndicated("code and text agree")
    if not _concerns(order, population):
        return NotIndicated("no drug for ALS, and no diagnosis of it")
    return Recommend(
        summary=(
            f"Order code says {order.label} but its text says {order.conflict}: "
            "confirm the drug before signing."
        ),
        indicator="warning",
        because=(
            *((f'The order says "{order.written}".',) if order.written else ()),
            "Its dose and interactions were not checked.",
        ),
        evidence=(order,),
    )
