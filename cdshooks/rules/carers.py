"""Who cares for the patient, and how do they bear it?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Captured,
    Create,
    Entries,
    Entry,
    Latest,
    Limits,
    Listed,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Performed,
    Reading,
    Recommend,
    Related,
    Row,
    State,
    Threshold,
    decides,
    derived,
    failed_in,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.merged import merged

BURDEN = "carer_burden_days"
ITEM = "carer_item_days"

Score = Reading | Missing


@dataclass(frozen=True, slots=True)
class CarerLimits(Limits):
    """When the burden of a caregiver is high, and when somebody has to help."""

    group: ClassVar[str] = "planning"
    zbi22_ge: Threshold
    zbi12_ge: Threshold
    carer_item_le: Threshold


@dataclass(frozen=True, slots=True)
class Burden:
    """The newest Zarit interview, and the one that is high.

    failed: searches that did not answer; known: whether it is sure that there is none.
    """

    last: Reading | None
    high: Reading | None
    by: tuple[Threshold, ...]
    failed: tuple[str, ...]
    known: bool


@derived
def burden(
    long: Annotated[Score, Latest("zbi-22", lookback=BURDEN)],
    short: Annotated[Score, Latest("zbi-12", lookback=BURDEN)],
    limits: CarerLimits,
) -> Burden:
    """The newer of the two forms, which have scales and limits of their own."""
    tests = ((long, limits.zbi22_ge), (short, limits.zbi12_ge))
    found = [(score, limit) for score, limit in tests if isinstance(score, Reading)]
    failed = failed_in(long, short)
    if not found:
        proven = all(t.proven for t in (long, short) if isinstance(t, Missing))
        return Burden(None, None, (), failed, proven)
    last, limit = max(found, key=lambda pair: pair[0].day)
    return Burden(last, last if last.meets(limit) else None, (limit,), failed, known=True)


@derived
def needs_help(
    dressing: Annotated[Score, Latest("alsfrs-item-6", lookback=ITEM)],
    walking: Annotated[Score, Latest("alsfrs-item-8", lookback=ITEM)],
    limits: CarerLimits,
) -> Reading | None:
    """The item that shows that somebody has to help: dressing and hygiene, or walking."""
    for item in (dressing, walking):
        if isinstance(item, Reading) and item.meets(limits.carer_item_le):
            return item
    return None


@derived
def help_for_carers(
    ordered: Annotated[Entries, Ordered("caregiver-help", statuses=("active", "completed"))],
    given: Annotated[Entries, Performed("caregiver-help", statuses=("in-progress", "completed"))],
) -> Entries:
    """Support of the caregiver that was ordered or given; drafts of this call count."""
    return merged("caregiver support", ordered, given)


@rule(
    "caregiver-support",
    title="Support of the caregiver",
    hooks=("patient-view",),
    kind="P",
    group="PALL",
    sources=("zbi-als", "zbi-12", "nice-ng42"),
    overrides=("caregiver-declined", "done-elsewhere"),
    leaves_out="The caregiver's own health, which is not in this record; the last days of life.",
)
@decides(
    Row("warning", "ZBI-22 {zbi22_ge} or ZBI-12 {zbi12_ge} of six months, no support since"),
    Row("info", "Somebody is on record, and no Zarit interview in six months"),
    Row("info", "Nobody is on record, and ALSFRS-R item 6 or 8 {carer_item_le}"),
)
def caregiver_support(
    goals: Annotated[Goals, State(goals)],
    burden: Annotated[Burden, State(burden)],
    help: Annotated[Entries, State(help_for_carers)],
    people: Annotated[Entries, Related()],
    dependent: Annotated[Reading | None, State(needs_help)],
    behavior: Annotated[Entries, Listed("behavior-change")],
    dementia: Annotated[Entries, Listed("ftd-dementia")],
    asked_here: Annotated[bool, Captured("zbi-12")],
    people_here: Annotated[bool, Captured("caregiver")],
    limits: CarerLimits,
) -> Outcome:
    """
    Offer support where the burden is high, ask about it where somebody cares, and ask who does.

    Zarit interviews: of the last six months, whichever of the two forms is newer.
    """
    if goals.level == "last days":
        return NotIndicated("the last days of life")
    if burden.high:
        return _strained(burden.high, burden, help, behavior.newest or dementia.newest)
    if burden.last:
        return NotIndicated(f"{burden.last}")
    if people:
        return _unasked(people, burden, recorded=asked_here)
    if not people.none:
        return CannotAssess("relatives and caregivers could not be read", people.failed)
    if dependent is None or not people_here:
        return NotIndicated("nobody is on record, and no need of help is scored")
    return Recommend(
        summary=f"No caregiver on record; {dependent.label} {dependent.amount}: ask who helps",
        indicator="info",
        because=(f"{dependent}.", "Who helps by day, who by night, and who when they cannot?"),
        evidence=(dependent,),
        by=(limits.carer_item_le,),
        offers=(
            Create("crisis-plan", reason="No caregiver on record"),
            Create("help-at-home-social-work", reason="No caregiver on record"),
        ),
    )


def _strained(high: Reading, burden: Burden, help: Entries, behavior: Entry | None) -> Outcome:
    since = help.after(high.day)
    if since.newest:
        return NotIndicated(f"{since.newest}")
    if help.failed:
        return CannotAssess("support of the caregiver could not be read", help.failed)
    reason = f"Caregiver strain, {high.label} {high.amount}"
    return Recommend(
        summary=(
            f"Caregiver strain ({high.label} {high.amount}): offer counselling, support group, "
            "crisis plan"
        ),
        indicator="warning",
        because=tuple(_about_strain(high, behavior)),
        evidence=(high, *([behavior] if behavior else [])),
        by=burden.by,
        offers=(
            Create("caregiver-social-work", recommended=True, reason=reason),
            Create("caregiver-group", reason=reason),
            Create("crisis-plan", reason=reason),
            Create("respite", reason=reason),
        ),
    )


def _about_strain(high: Reading, behavior: Entry | None) -> Iterator[str]:
    yield f"{high}. Speak with the caregiver alone, if they wish."
    if behavior:
        yield f"{behavior}: changed behaviour weighs more on caregivers than weakness does."


def _unasked(people: Entries, burden: Burden, *, recorded: bool) -> Outcome:
    if burden.failed or not burden.known:
        return CannotAssess("Zarit interviews could not be read", burden.failed)
    if not recorded:
        return NotIndicated("Zarit interviews are not recorded in coded form here")
    return Recommend(
        summary="Caregiver burden not asked about in six months",
        indicator="info",
        because=("Somebody is on record who may care for the patient. Ask how they bear it.",),
        evidence=(people,),
        offers=(
            Create("burden-questionnaire", recommended=True, reason="Caregiver burden"),
            Create("caregiver-group", reason="Caregiver burden"),
        ),
    )
