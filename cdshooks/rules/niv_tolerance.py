"""Is NIV not tolerated, and why?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Create,
    Entries,
    Listed,
    NotIndicated,
    Outcome,
    Reading,
    Recommend,
    State,
    rule,
)
from cdshooks.rules.states.niv_course import (
    OnNiv,
    low_use,
    niv_use,
)
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence

CAUSES = {
    "niv-anxiety": (
        "anxiety",
        "Desensitisation and psychology; a drug only after its effect on breathing is weighed",
        "psychology-referral",
    ),
    "niv-lability": ("emotional lability", "Treat pseudobulbar affect first", None),
    "sialorrhea": ("hypersalivation", "Treat saliva before the mask", "secretion-control"),
    "thick-secretions": (
        "thick secretions",
        "Thin secretions before the mask",
        "secretion-control",
    ),
    "niv-claustrophobia": (
        "claustrophobia",
        "A smaller interface (nasal, pillows, mouthpiece) and graded exposure",
        "mask-alternative",
    ),
    "niv-nasal-soreness": (
        "nasal bridge soreness",
        "Rotate interfaces, use a liner or dressing, check the skin",
        "mask-alternative",
    ),
    "niv-mask-problem": (
        "leak, dry mouth or swallowed air",
        "Refit the mask, humidify, review pressures",
        "mask-refit",
    ),
}
"""Cause → its name, what to do about it, and the draft that does it."""


@rule(
    "niv-intolerance",
    title="NIV that is not tolerated",
    hooks=("patient-view", "encounter-start"),
    kind="T",
    group="RESP-NIV",
    sources=("sancho-2018", "obrien-2019"),
    overrides=("patient-declined", "goals-of-care"),
    leaves_out="Patients who declined NIV for good; intolerance that later use has overcome.",
)
def niv_intolerance(
    vent: Annotated[Vent, State(vent)],
    low: Annotated[OnNiv | None, State(low_use)],
    use: Annotated[Reading | None, State(niv_use)],
    intolerance: Annotated[Entries, Listed("niv-intolerance")],
    causes: Annotated[Entries, Listed("niv-cause", parts=tuple(CAUSES))],
) -> Outcome:
    """
    Treat the causes of poor tolerance before NIV is given up.

    Poor tolerance: hours of use too few, NIV stopped for failure, or coded. Causes as
    they are recorded; where none is, the card asks for it.
    """
    overcome = use is not None and low is None and _older(intolerance, use)
    coded = intolerance if intolerance and not overcome else None
    failing = vent.state == "niv-failed" or (vent.state == "niv-active" and (low or coded))
    if not failing:
        return NotIndicated(f"ventilation: {vent.state}, no sign of poor tolerance")
    found = tuple(c for c in CAUSES if any(c in entry.reasons for entry in causes))
    names = ", ".join(CAUSES[cause][0] for cause in found) or "cause not recorded"
    return Recommend(
        summary=f"NIV poorly tolerated ({names}): treat cause before stopping",
        indicator="warning",
        because=tuple(_why(low, found, stopped=vent.state == "niv-failed")),
        evidence=(
            *(low.facts if low else ()),
            *(vent.facts if vent.state == "niv-failed" else ()),
            *(coded or ()),
            *causes,
        ),
        by=low.by if low else (),
        offers=tuple(_treatments(found, names)),
    )


def _older(intolerance: Entries, use: Reading) -> bool:
    newest = intolerance.newest
    return newest is None or newest.day is None or use.day > newest.day


def _why(low: OnNiv | None, found: tuple[str, ...], stopped: bool) -> Iterator[str]:
    if low:
        yield f"NIV {'was' if stopped else 'is'} {low.told}."
    for cause in found:
        name, advice, _ = CAUSES[cause]
        yield sentence(f"{name}: {advice}")
    if not found:
        yield (
            "Ask for anxiety, emotional lability, saliva, claustrophobia, a sore nose, leak, "
            "dry mouth and swallowed air."
        )


def _treatments(found: tuple[str, ...], reason: str) -> Iterator[Create]:
    """The clinic, another interface, and what treats each cause, each once."""
    yield Create("respiratory-referral", recommended=True, reason=f"NIV poorly tolerated: {reason}")
    drafts = [CAUSES[cause][2] for cause in found]
    for draft in dict.fromkeys(("mask-alternative", *drafts)):
        if draft:
            yield Create(draft, reason=f"NIV poorly tolerated: {reason}")
