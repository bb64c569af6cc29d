"""Do other drugs raise tizanidine to dangerous levels?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Delete,
    Limits,
    Meeting,
    Meets,
    Order,
    Outcome,
    Recommend,
    Row,
    Threshold,
    Update,
    decides,
    rule,
)
from cdshooks.rules.states.words import capital, joined, shortened

STRONG = "cyp1a2-strong"
AVOID, WATCH = "tizanidine-cyp1a2-avoid", "tizanidine-cyp1a2-watch"


@dataclass(frozen=True, slots=True)
class StartLimits(Limits):
    """With how much tizanidine a drug that raises it goes."""

    group: ClassVar[str] = "antispastics"
    tizanidine_start_le_mg: Threshold


@rule(
    "tizanidine-cyp1a2-strong",
    title="Tizanidine with a strong CYP1A2 inhibitor",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("tizanidine-us",),
    overrides=("tizanidine-stopped",),
    merge="tizanidine-interaction",
    trusts_names=True,
    leaves_out="Eye and ear drops.",
)
@decides(
    Row("critical", "Tizanidine with a strong inhibitor, whichever was ordered last"),
    Row("warning", "One of them is known by a brand name alone"),
    Row("info", "One of them is known only from an old order that nobody closed"),
)
def tizanidine_cyp1a2_strong(
    meeting: Annotated[Meeting, Meets("tizanidine", (STRONG,))],
) -> Outcome:
    """
    Warn of drugs that the tizanidine label forbids beside it.

    meeting: tizanidine and strong CYP1A2 inhibitors, drafted or taken.
    """
    return Recommend(
        summary=(
            f"{capital(shortened(meeting.names))} with tizanidine "
            f"{'are' if len(meeting.names) > 1 else 'is'} contraindicated "
            "(strong CYP1A2 inhibition: severe hypotension, sedation)."
        ),
        indicator="critical" if meeting.sure else "info",
        because=(
            "CYP1A2 breaks tizanidine down; the label forbids strong inhibitors of it. "
            f"Here: {joined(meeting.names)}.",
            *(() if meeting.sure else ("An old order that nobody closed proves no treatment.",)),
        ),
        evidence=meeting.orders,
        offers=tuple(Delete(order) for order in meeting.assessed),
        choose="at-most-one",
    )


@rule(
    "tizanidine-cyp1a2-other",
    title="Tizanidine with a weaker CYP1A2 inhibitor",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("tizanidine-us",),
    overrides=("stable-combination",),
    merge="tizanidine-interaction",
    leaves_out="Eye and ear drops; contraceptives that are not swallowed.",
)
@decides(
    Row("warning", "Tizanidine with an inhibitor that its label says to avoid"),
    Row("info", "Tizanidine with a weak inhibitor such as famotidine or acyclovir"),
    Row("info", "One of them is known only from an old order that nobody closed"),
)
def tizanidine_cyp1a2_other(
    meeting: Annotated[Meeting, Meets("tizanidine", (AVOID, WATCH))],
    limits: StartLimits,
) -> Outcome:
    """
    Say which drugs raise tizanidine, and that it then starts at 2 mg.

    meeting: tizanidine and weaker CYP1A2 inhibitors, drafted or taken. The lower
    dose is offered for a draft of tizanidine that is not as low already.
    """
    drafted = [o for o in meeting.drugs if o.assessed and not _starts_low(o, limits)]
    return Recommend(
        summary=_raises(meeting),
        indicator="warning" if meeting.of(AVOID).sure else "info",
        because=(
            "Weaker CYP1A2 inhibitors raise tizanidine: low blood pressure, slow heart rate, "
            f"drowsiness. Here: {joined(meeting.names)}.",
        ),
        evidence=meeting.orders,
        offers=tuple(Update(order, "tizanidine-low-start") for order in drafted),
    )


def _starts_low(order: Order, limits: StartLimits) -> bool:
    """Whether every step of a draft is known to be of the low dose."""
    low, amounts = limits.tizanidine_start_le_mg, [s.per_time for s in order.regimen.steps]
    return bool(amounts) and all(
        mg is not None and low.met_by(Decimal(mg.numerator) / mg.denominator) for mg in amounts
    )


def _raises(meeting: Meeting) -> str:
    """The gravest by name, and how many there are beside."""
    names = (meeting.of(AVOID) if meeting.of(AVOID).partners else meeting).names
    verb = "raises" if len(names) == 1 else "raise"
    return (
        f"{capital(shortened(names))} {verb} tizanidine levels: "
        "avoid, or start at 2 mg with blood-pressure checks."
    )
