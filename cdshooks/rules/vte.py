"""Is a clot looked for where something points to it, and treated where it was found?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    LEVELS,
    CannotAssess,
    Create,
    Entries,
    Entry,
    Indicator,
    InUse,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Refused,
    Row,
    State,
    Threshold,
    decides,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.vte import (
    SIGN,
    Clots,
    Injected,
    Oral,
    Sign,
    Signs,
    began,
    clot_named,
    clot_signs,
    clots,
)

ASKED = ("ServiceRequest",)
DYING = "last days of life"
IMAGING = "clot-imaging"
FILTER = "caval-filter"
PREVENTIVE = "its dose is not known here, and a preventive dose does not rule out a clot"

Care = Annotated[Goals, State(goals)]


@dataclass(frozen=True, slots=True)
class SuspicionLimits(Limits):
    """When a sign of a clot cannot wait."""

    group: ClassVar[str] = "vte"
    vte_spo2_lt: Threshold


@rule(
    "vte-suspected",
    title="Possible DVT or PE",
    hooks=("patient-view", "encounter-start"),
    kind="X",
    group="VTE",
    sources=("vte-prospective-2014", "vte-linkage-2024", "product"),
    overrides=("different-explanation", "goals-of-care", "awaiting-result"),
    leaves_out="Signs in notes; D-dimer; what an image showed; the last days of life.",
)
@decides(
    Row("info", "A painful or swollen leg of the last {vte_sign_days}, no side recorded"),
    Row("warning", "The same of one leg; haemoptysis, pleuritic pain, sudden breathlessness"),
    Row("critical", "The same with SpO2 {vte_spo2_lt} or syncope"),
    Row("info", "Any of it where care is for comfort: no imaging offered"),
)
def vte_suspected(
    signs: Annotated[Signs, State(clot_signs)],
    known: Annotated[Clots, State(clots)],
    oral: Oral,
    injected: Injected,
    ordered: Annotated[Entries, Ordered(IMAGING, types=ASKED)],
    waiting: Annotated[Entries, Ordered(IMAGING, types=ASKED, lookback="vte_imaging_order_days")],
    declined: Annotated[Entries, Refused(IMAGING)],
    saturation: Annotated[Reading | Missing, Latest("spo2", lookback="vte_spo2_days")],
    syncope: Annotated[Entries, Listed("syncope", lookback=SIGN)],
    goals: Care,
    limits: SuspicionLimits,
) -> Outcome:
    """
    Have DVT or PE ruled out when a coded sign of the last two weeks was not imaged since.

    saturation: %, since yesterday, whatever oxygen is given. A heparin of unknown dose
    lowers the card by one level. In comfort care it names the finding and offers nothing.
    """
    if goals.level == "last days":
        return NotIndicated(DYING)
    silent = oral.newest or _found_since(signs, known)
    if silent or not signs.open:
        return _no_suspicion(signs, silent)
    if goals.end_of_life and declined:
        return NotIndicated(f"care is for comfort, and imaging was declined: {declined.newest}")
    draft = next((e for e in (*waiting, *ordered) if e.status == "draft"), None)
    if draft or waiting:
        return NotIndicated(f"imaging is ordered: {draft or waiting.newest}")
    unread = failed_in(signs, oral, injected, ordered)
    if unread:
        return CannotAssess("imaging or anticoagulation could not be read", unread)
    first = signs.open[0]
    told = f"{first.words} ({on(began(first.entry))})"
    low = isinstance(saturation, Reading) and saturation.meets(limits.vte_spo2_lt)
    grave = ([saturation] if low and isinstance(saturation, Reading) else []) + list(syncope)
    if goals.end_of_life:
        return Recommend(
            summary=f"Possible DVT/PE: {told}; imaging, anticoagulation only in keeping with goals",
            indicator="info",
            because=tuple(_signs(signs)),
            evidence=tuple(sign.entry for sign in signs.open),
        )
    late = f"; imaging ordered {on(ordered.newest.day)}, no result" if ordered.newest else ""
    return Recommend(
        summary=f"{told} in ALS: rule out DVT/PE{late}",
        indicator=_level(first, bool(grave), injected),
        because=tuple(_why(signs, grave, injected)),
        evidence=(*(s.entry for s in signs.open), *grave, injected, ordered),
        by=(limits.vte_spo2_lt,) if low else (),
        missing=(saturation.text,) if isinstance(saturation, Missing) else (),
        offers=tuple(_imaging(signs, f"Possible DVT or PE: {told}", urgent=bool(grave))),
    )


def _found_since(signs: Signs, known: Clots) -> Entry | None:
    """A clot that was found on the day of the newest sign or later, and so explains it."""
    last = max((sign.day for sign in signs.open), default=None)
    return next((c for c in known.acute if last and c.day and c.day >= last), None)


def _no_suspicion(signs: Signs, silent: Entry | None) -> Outcome:
    if silent:
        return NotIndicated(f"{silent}")
    if signs.answered:
        return NotIndicated(f"imaged since: {signs.answered}")
    if not signs.whole:
        return CannotAssess("the problem list could not be read in full", signs.failed)
    return NotIndicated("no sign of DVT or PE")


def _level(first: Sign, grave: bool, injected: Entries) -> Indicator:
    """A grave finding raises the level by one, a heparin lowers it by one."""
    level = (0 if first.vague else 1) + int(grave) - int(bool(injected))
    return LEVELS[max(0, level)]


def _signs(signs: Signs) -> Iterator[str]:
    for sign in signs.open:
        side = "; the side is not recorded" if sign.vague else ""
        yield f"{sign.words} ({on(began(sign.entry))}){side}."


def _why(signs: Signs, grave: list[Reading | Entry], injected: Entries) -> Iterator[str]:
    yield from _signs(signs)
    for finding in grave:
        yield f"{finding}."
    if injected.newest:
        yield f"{injected.newest} is taken; {PREVENTIVE}."
    yield "Clots are frequent in ALS, above all with weak legs: the threshold to look is low."
    yield "Weak breathing can hide or mimic PE: a normal oxygen saturation excludes nothing."


def _imaging(signs: Signs, reason: str, *, urgent: bool) -> Iterator[Create]:
    """The leg where a leg is the sign, the chest where the chest is; the first is recommended."""
    wanted = dict.fromkeys("leg-duplex" if s.leg else "pulmonary-angiography" for s in signs.open)
    for place, draft in enumerate((*wanted, *_other(wanted))):
        yield Create(draft, recommended=place == 0, urgent=urgent, reason=reason)


def _other(wanted: dict[str, None]) -> Iterator[str]:
    yield from (d for d in ("leg-duplex", "pulmonary-angiography") if d not in wanted)


@dataclass(frozen=True, slots=True)
class TreatLimits(Limits):
    """What stands against anticoagulation, and what completes it."""

    group: ClassVar[str] = "vte"
    vte_platelets_lt: Threshold
    vte_course_ge_days: Threshold


@rule(
    "vte-treat",
    title="Acute DVT or PE without anticoagulation",
    hooks=("patient-view", "encounter-start", "encounter-discharge"),
    kind="X",
    group="VTE",
    sources=("product", "vte-linkage-2024"),
    overrides=("contraindicated", "goals-of-care", "done-elsewhere"),
    leaves_out="The dose of an anticoagulant that is taken; clots outside the legs and lungs.",
)
@decides(
    Row("critical", "PE of the last {vte_acute_le_days}, no anticoagulant and no caval filter"),
    Row("warning", "The same of a DVT"),
    Row("info", "The same with bleeding, or platelets {vte_platelets_lt}: a specialist decides"),
    Row("info", "The same where care is for comfort: no drug offered"),
)
def vte_treat(
    known: Annotated[Clots, State(clots)],
    oral: Oral,
    injected: Injected,
    past: Annotated[Entries, Medication("anticoagulant", ended=True)],
    placed: Annotated[Entries, Performed(FILTER, statuses=("completed",), named=True)],
    filters: Annotated[Entries, InUse(FILTER, named=True)],
    bleeding: Annotated[Entries, Listed("bleeding", lookback="vte_bleeding_days", named=True)],
    platelets: Annotated[Reading | Missing, Latest("platelets", lookback="vte_platelets_days")],
    goals: Care,
    limits: TreatLimits,
) -> Outcome:
    """
    Raise an acute DVT or PE that nothing on record treats.

    platelets: 10*9/L, last month. Any anticoagulant counts, by mouth or injected, in
    whatever dose; a completed course by mouth does too, if it was long enough.
    """
    if goals.level == "last days":
        return NotIndicated(DYING)
    if not known.acute:
        return _no_clot(known)
    given = oral.newest or injected.newest or placed.newest or filters.newest
    given = given or next((e for e in past if _is_course(e, limits)), None)
    if given:
        return NotIndicated(f"treated: {given}")
    unread = failed_in(oral, injected, placed, filters)
    if unread:
        return CannotAssess("anticoagulants could not be read", unread)
    clot = known.acute[0]
    against = [str(entry) for entry in bleeding]
    low = isinstance(platelets, Reading) and platelets.meets(limits.vte_platelets_lt)
    against += [f"{platelets}"] if low else []
    told = f"{clot_named(clot)} {on(began(clot))}"
    return Recommend(
        summary=_summary(told, goals, against),
        indicator=_urgency(clot, goals, against),
        because=tuple(_about(goals, against)),
        evidence=(
            *known.acute,
            *bleeding,
            *([platelets] if isinstance(platelets, Reading) else []),
        ),
        by=(limits.vte_platelets_lt,) if low else (),
        missing=(platelets.text,) if isinstance(platelets, Missing) else (),
        offers=() if goals.end_of_life else (_offer(f"Acute {told}", against),),
    )


def _no_clot(known: Clots) -> Outcome:
    if known.undated:
        return CannotAssess(f"when {known.undated[0].label} began is not recorded")
    if not known.whole:
        return CannotAssess("the problem list could not be read in full", known.failed)
    return NotIndicated("no acute DVT or PE")


def _is_course(entry: Entry, limits: TreatLimits) -> bool:
    """Whether a drug was taken to its planned end, and for long enough."""
    if entry.status != "completed" or not entry.start or not entry.end:
        return False
    return limits.vte_course_ge_days.met_by(Decimal((entry.end - entry.start).days))


def _summary(told: str, goals: Goals, against: list[str]) -> str:
    if goals.end_of_life:
        return f"{told} on record; anticoagulation only if in keeping with goals"
    if against:
        return f"Acute {told}, no anticoagulant: {against[0]}; ask a specialist"
    return f"Acute {told} and no anticoagulant on record"


def _urgency(clot: Entry, goals: Goals, against: list[str]) -> Indicator:
    if goals.end_of_life or against:
        return "info"
    return "critical" if clot_named(clot) == "PE" else "warning"


def _about(goals: Goals, against: list[str]) -> Iterator[str]:
    if goals.end_of_life:
        yield f"Care is for comfort: {goals.evidence}."
        return
    for reason in against:
        yield f"{reason}: anticoagulation or a caval filter is a specialist's decision."
    yield "Standard doses of existing guidelines; none is special to ALS."
    yield (
        "Before the choice: bleeding, kidneys, interactions, a feeding tube, and a gastrostomy or "
        "lumbar puncture that is planned."
    )


def _offer(reason: str, against: list[str]) -> Create:
    draft = "anticoagulation-decision" if against else "anticoagulant-proposal"
    return Create(draft, recommended=True, urgent=True, reason=reason)
