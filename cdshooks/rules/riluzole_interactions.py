"""Do other drugs change how much riluzole the body sees, or add to its harm to the liver?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Create,
    Delete,
    Entries,
    Latest,
    Limits,
    Meeting,
    Meets,
    Missing,
    Offer,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Row,
    Threshold,
    Why,
    decides,
    on,
    ratio,
    rule,
)
from cdshooks.rules.states.words import capital, joined, shortened

STRONG, MODERATE = "cyp1a2-strong", "cyp1a2-moderate"


@rule(
    "riluzole-cyp1a2-inhibitor",
    title="Riluzole with a CYP1A2 inhibitor",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("short-course-monitoring", "risk-benefit-ratio", "stable-combination"),
    merge="riluzole-interaction",
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
            f"{capital(drugs)} ({word} CYP1A2 inhibitor) can raise riluzole levels: "
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


@rule(
    "riluzole-cyp1a2-inducer",
    title="Riluzole with a CYP1A2 inducer",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("stable-combination",),
    merge="riluzole-interaction",
    needs_als=False,
    leaves_out="Omeprazole and smoking: named in Europe, without any advice about the dose.",
)
@decides(Row("info", "Riluzole with an inducer, whichever was ordered last"))
def riluzole_cyp1a2_inducer(
    meeting: Annotated[Meeting, Meets("riluzole", ("cyp1a2-inducer",))],
) -> Outcome:
    """
    Name the drugs that speed up the breakdown of riluzole.

    meeting: riluzole and inducers, drafted or taken. Nobody has measured how much
    of its modest benefit is lost, so this informs only.
    """
    verb = "induces" if len(meeting.names) == 1 else "induce"
    return Recommend(
        summary=(
            f"{capital(shortened(meeting.names))} {verb} CYP1A2 and may lower riluzole "
            "exposure; effect size unknown."
        ),
        indicator="info",
        because=(
            f"Inducers here: {joined(meeting.names)}. The US label expects less exposure and "
            "less effect.",
            "Cigarette smoke induces CYP1A2 as well.",
        ),
        evidence=meeting.orders,
    )


@dataclass(frozen=True, slots=True)
class ComedicationLimits(Limits):
    """What makes a second drug that can harm the liver more than an information."""

    group: ClassVar[str] = "riluzole_liver"
    raised_gt: Threshold


@rule(
    "riluzole-hepatotoxic-comedication",
    title="Riluzole with another drug that can harm the liver",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("riluzole-us",),
    overrides=("stable-combination",),
    merge="riluzole-interaction",
    needs_als=False,
    leaves_out="Statins, acetaminophen and alcohol: no label or guideline ties them to riluzole.",
)
@decides(
    Row("info", "Riluzole with a drug of the list, whichever was ordered last"),
    Row("warning", "The same with ALT above {raised_gt} in the last {lab_current_days}"),
    Row("warning", "The same without an ALT in the last {comedication_alt_days}"),
)
def riluzole_hepatotoxic_comedication(
    meeting: Annotated[Meeting, Meets("riluzole", ("liver-toxic-on-label", "liver-toxic-other"))],
    alt: Annotated[Reading | Missing, Latest("alt", lookback="lab_current_days")],
    lately: Annotated[Reading | Missing, Latest("alt", lookback="comedication_alt_days")],
    last: Annotated[Reading | Missing, Latest("alt", lookback=None)],
    pending: Annotated[Entries, Ordered("liver-tests", lookback="ordered_test_days")],
    limits: ComedicationLimits,
) -> Outcome:
    """
    Say that riluzole is joined by another drug that can harm the liver.

    meeting: riluzole and such drugs, drafted or taken. alt: the newest of the last
    90 days, raised or not. lately: whether there is any within the interval of checks;
    one that could not be read is not absent.
    """
    raised = isinstance(alt, Reading) and _is_raised(alt, limits)
    absent = isinstance(lately, Missing) and lately.proven and not lately.failed
    names = meeting.names
    return Recommend(
        summary=(
            f"{capital(shortened(names))} with riluzole: added hepatotoxic risk; "
            f"keep ALT checks on schedule ({_of(last)})."
        ),
        indicator="warning" if (raised or absent) and meeting.sure else "info",
        because=(
            f"The US label warns of other drugs that can harm the liver. Here: {joined(names)}.",
            *((f"{alt}: above its upper limit{_upper(alt)}.",) if raised else ()),
        ),
        evidence=(*meeting.orders, last),
        by=(limits.raised_gt,) if raised else (),
        missing=(lately.text,) if isinstance(lately, Missing) else (),
        offers=_check(pending) if absent else (),
    )


def _is_raised(alt: Reading, limits: ComedicationLimits) -> bool:
    """Whether ALT is above its upper limit, an assumed one included."""
    limit = alt.upper_limit
    if limit is None:
        return False
    return alt.would_meet(limits.raised_gt, ratio(alt.value, limit.value))


def _upper(alt: Reading | Missing) -> str:
    limit = alt.upper_limit if isinstance(alt, Reading) else None
    if limit is None:
        return ""
    assumed = ", assumed" if limit.source == "assumed" else ""
    return f" of {limit.amount}{assumed}"


def _of(last: Reading | Missing) -> str:
    """The day of the last ALT, or that there is none."""
    if isinstance(last, Reading):
        return f"last {on(last.day)}"
    if not last.proven or last.failed:
        return "last not read"
    return "none on record" if last.why is Why.NEVER else "none that can be used"
