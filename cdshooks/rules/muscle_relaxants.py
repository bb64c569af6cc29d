"""Does an anaesthetic relax muscles that ALS has denervated?"""

from typing import Annotated

from cdshooks.rules.authoring import (
    Delete,
    Draft,
    Order,
    Outcome,
    Recommend,
    Row,
    decides,
    rule,
)


@rule(
    "nmb-succinylcholine",
    title="Succinylcholine in ALS",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("suxamethonium-als",),
    overrides=("anaesthetist-decision",),
    any_motor_neuron_disease=True,
    trusts_names=True,
    leaves_out="What is given in an operating theatre without an order.",
)
@decides(
    Row("critical", "Succinylcholine is ordered, by its code or under its own name"),
    Row("warning", "It is ordered under a brand name alone"),
)
def nmb_succinylcholine(
    order: Annotated[Order, Draft("depolarising-blockers")],
) -> Outcome:
    """Warn of succinylcholine: denervated muscle can release potassium until the heart stops."""
    return Recommend(
        summary=(
            "Succinylcholine in ALS: denervated muscle, risk of fatal hyperkalaemia; use a "
            "non-depolarising agent."
        ),
        indicator="critical",
        because=(
            "Denervated muscle carries receptors all over its surface; depolarised, it releases "
            "potassium. Fatal hyperkalaemia in ALS has been reported.",
        ),
        evidence=(order,),
        offers=(Delete(order, recommended=True),),
    )


@rule(
    "nmb-nondepolarising",
    title="Non-depolarising blocker in ALS",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("suxamethonium-als",),
    overrides=("anaesthetist-decision",),
    any_motor_neuron_disease=True,
    leaves_out="What is given in an operating theatre without an order; doses.",
)
@decides(Row("info", "A non-depolarising neuromuscular blocker is ordered"))
def nmb_nondepolarising(
    order: Annotated[Order, Draft("nondepolarising-blockers")],
) -> Outcome:
    """Say that ALS makes more sensitive to non-depolarising blockers, and what to plan."""
    return Recommend(
        summary=(
            f"ALS: increased sensitivity to {order.label}; reduce dose, use nerve-stimulator "
            "monitoring, plan postoperative NIV."
        ),
        indicator="info",
        because=("The effect of a usual dose may be deeper and last longer; breathing is weak.",),
        evidence=(order,),
    )
