"""Is somebody at the end of life breathless, and is anything given against it?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    CannotAssess,
    Create,
    Entry,
    NotIndicated,
    Outcome,
    Recommend,
    Row,
    State,
    decides,
    on,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.opioid_cautions import Cautions, opioid_cautions
from cdshooks.rules.states.relief import (
    Benzodiazepines,
    Breathlessness,
    Opioids,
    Trouble,
    distressing_breathlessness,
    opioid_just_changed,
    since,
)
from cdshooks.rules.states.ventilation import Vent, vent
from cdshooks.rules.states.words import sentence


@rule(
    "eol-breathlessness",
    title="Breathlessness at the end of life",
    hooks=("patient-view", "encounter-start"),
    kind="S",
    group="EOL",
    sources=("nice-ng31", "mnda-eol", "wmpcg", "fda-opioid-benzodiazepine"),
    overrides=("patient-declined", "contraindicated", "under-palliative-team"),
    leaves_out=(
        "Distress in notes only; doses and products, which the local formulary gives; whoever has "
        "both an opioid and a benzodiazepine."
    ),
)
@decides(
    Row("warning", "A code, answer or Borg score {eol_borg_ge} of the last week, and no opioid"),
    Row("warning", "ALSFRS-R item 10 {eol_dyspnea_item_le} of the last week, and no opioid"),
    Row("warning", "Signs of acute respiratory failure, and no opioid"),
    Row("info", "Breathless in spite of an opioid, and no benzodiazepine"),
    Row("none", "An opioid begun or changed {eol_opioid_new_le_days} ago"),
    Row("none", "A newer Borg score, not {eol_borg_ge}"),
)
def eol_breathlessness(
    goals: Annotated[Goals, State(goals)],
    breathless: Annotated[Breathlessness, State(distressing_breathlessness)],
    opioids: Opioids,
    benzodiazepines: Benzodiazepines,
    changed: Annotated[Entry | None, State(opioid_just_changed)],
    vent: Annotated[Vent, State(vent)],
    cautions: Annotated[Cautions, State(opioid_cautions)],
    opioid_allergy: Annotated[Allergies, Allergic("opioid")],
    other_allergy: Annotated[Allergies, Allergic("benzodiazepine")],
) -> Outcome:
    """
    Relieve breathlessness in comfort care and in the last days of life.

    Breathlessness: of the last week, by code, answer, Borg score, ALSFRS-R item 10, or
    signs of acute respiratory failure. Without an opioid it asks for one; with one it
    waits about a day, then for a benzodiazepine beside it.
    """
    if not goals.end_of_life:
        return NotIndicated("care is not for comfort")
    trouble = breathless.trouble
    if trouble is None:
        return _at_ease(breathless)
    if changed:
        return NotIndicated(f"{since(changed)}: wait for its effect")
    taken = opioids.newest
    if taken is None and not opioids.none:
        return CannotAssess("whether an opioid is given could not be read", opioids.failed)
    if taken and taken.start and taken.start >= trouble.day:
        return NotIndicated(f"{since(taken)}, not breathless since")
    if taken and benzodiazepines:
        return NotIndicated("an opioid and a benzodiazepine are given")
    if taken and not benzodiazepines.none:
        failed = benzodiazepines.failed
        return CannotAssess("whether a benzodiazepine is given could not be read", failed)
    allergies = (opioid_allergy, other_allergy)
    return Recommend(
        summary=_summary(taken),
        indicator="info" if taken else "warning",
        because=(*_why(trouble, taken, vent, cautions), *_allergic(*allergies)),
        evidence=(*trouble.facts, *opioids, *cautions.facts, *opioid_allergy, *other_allergy),
        by=(*trouble.by, *cautions.by),
        missing=cautions.missing,
        offers=tuple(_offers(trouble, taken, *allergies)),
        criteria=(f"breathless by {trouble.kind}",),
    )


def _at_ease(breathless: Breathlessness) -> Outcome:
    if breathless.failed:
        return CannotAssess("breathlessness could not be read", breathless.failed)
    if breathless.eased:
        return NotIndicated(f"not distressed: {breathless.eased}")
    return NotIndicated("no breathlessness recorded in the last week")


def _summary(taken: Entry | None) -> str:
    if taken:
        return "Breathlessness at end of life: opioid current; consider a benzodiazepine beside it"
    return "Breathlessness at end of life: opioid none; consider low-dose opioid +/- benzodiazepine"


def _why(trouble: Trouble, taken: Entry | None, vent: Vent, cautions: Cautions) -> Iterator[str]:
    yield sentence(trouble.told)
    if taken:
        yield f"{sentence(since(taken))} First ask whether its dose and times still fit."
    yield from cautions.told
    yield _mask(vent)
    yield (
        "Beside drugs: an upright position, a fan, a calm presence. Oxygen only if saturation is "
        "low, and if it comforts."
    )
    yield (
        "By a route that needs no swallowing; dose and product by the local formulary or the "
        "palliative team. An opioid goes with a laxative."
    )
    yield (
        "An alert on opioid with benzodiazepine is expected here. It asks for a documented "
        "palliative indication; it does not forbid relief."
    )


def _mask(vent: Vent) -> str:
    match vent.state:
        case "niv-active" | "niv-inpatient":
            return "Continue NIV as long as it comforts."
        case "niv-declined":
            return f"NIV was declined {on(vent.since)}."
        case "invasive" | "intubated":
            return "On invasive ventilation: check tube, circuit, secretions and settings first."
    return "NIV for relief stays possible, if the patient wants it."


def _allergic(opioid: Allergies, benzodiazepine: Allergies) -> Iterator[str]:
    for allergies, name in ((opioid, "an opioid"), (benzodiazepine, "a benzodiazepine")):
        if allergies:
            yield f"An allergy to {name} is on record: choose with the palliative team."
        elif allergies.failed:
            yield f"Whether there is an allergy to {name} could not be read: ask."


def _offers(
    trouble: Trouble, taken: Entry | None, opioid: Allergies, benzodiazepine: Allergies
) -> Iterator[Create]:
    """Proposals without a dose, and none of what an allergy is recorded to or may be."""
    reason = f"Breathlessness at the end of life: {trouble.told}"
    if taken is None and not opioid and not opioid.failed:
        yield Create("opioid-relief", urgent=True, reason=reason)
        yield Create("laxative-with-opioid", reason=reason)
    if not benzodiazepine and not benzodiazepine.failed:
        yield Create("benzodiazepine-relief", reason=reason)
