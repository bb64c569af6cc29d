"""Is botulinum toxin planned with weak swallowing and breathing in mind?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Draft,
    Entries,
    Medication,
    Order,
    Outcome,
    Recommend,
    Row,
    State,
    decides,
    rule,
)
from cdshooks.rules.states.respiratory_insufficiency import (
    Insufficiency,
    respiratory_insufficiency,
)
from cdshooks.rules.states.swallow_risk import Dysphagia, dysphagia
from cdshooks.rules.states.words import capital, joined


@rule(
    "botulinum-toxin-caution",
    title="Botulinum toxin in ALS",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("botulinum-us", "aan-2009b"),
    overrides=("specialist-plan",),
    leaves_out="Doses, which are units of one product and not of another.",
)
@decides(
    Row("warning", "Dysphagia on the problem list, or by item 3 of the ALSFRS-R"),
    Row("warning", "Breathing is insufficient"),
    Row("info", "Neither is on file"),
)
def botulinum_toxin_caution(
    order: Annotated[Order, Draft("botulinum-toxin")],
    swallow: Annotated[Dysphagia, State(dysphagia)],
    weak: Annotated[Insufficiency, State(respiratory_insufficiency)],
    boosters: Annotated[Entries, Medication("botulinum-boosters", drafted=True)],
) -> Outcome:
    """
    Remind of distant spread when botulinum toxin is signed, the more so with weak bulbar muscles.

    boosters: aminoglycosides and neuromuscular blockers, drafted or taken.
    """
    risks = [*(["dysphagia"] if swallow else []), *([weak.told] if weak else [])]
    unread = bool(swallow.failed or weak.failed)
    with_risks = f" with {joined(risks)}" if risks else ""
    return Recommend(
        summary=(
            f"Botulinum toxin in ALS{with_risks}: boxed warning for distant spread; plan airway "
            "and lowest dose."
        ),
        indicator="warning" if risks else "info",
        because=tuple(_because(swallow, weak, boosters)),
        evidence=(
            order,
            *([swallow.evidence] if swallow.evidence else []),
            *weak.evidence,
            boosters,
        ),
        by=(*swallow.by, *weak.by),
        missing=("swallowing or breathing could not be read",) if unread and not risks else (),
    )


def _because(swallow: Dysphagia, weak: Insufficiency, boosters: Entries) -> Iterator[str]:
    if swallow:
        yield f"Swallowing: {swallow.evidence}."
    yield from weak.because
    yield (
        "The toxin can spread to muscles of swallowing and breathing within hours to weeks. Type B "
        "is an accepted second step against saliva (AAN, level B)."
    )
    if boosters:
        yield f"{capital(joined([entry.label for entry in boosters]))} deepens its effect."
