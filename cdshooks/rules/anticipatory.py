"""Are the medicines for the last weeks at hand before they are needed?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    CannotAssess,
    Create,
    Enrolled,
    Entries,
    Indicator,
    NotIndicated,
    Outcome,
    Recommend,
    Reported,
    Row,
    State,
    decides,
    derived,
    failed_in,
    rule,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.offered_drugs import Against, against_antipsychotic
from cdshooks.rules.states.opioid_cautions import Cautions, opioid_cautions
from cdshooks.rules.states.relief import (
    Antipsychotics,
    Benzodiazepines,
    Drying,
    Opioids,
    Risky,
    antiemetics,
)

DRAFTS = {
    "opioid": "anticipatory-opioid",
    "benzodiazepine": "anticipatory-benzodiazepine",
    "drying drug": "anticipatory-drying-drug",
    "antipsychotic": "anticipatory-antipsychotic",
    "anti-emetic": "anticipatory-antiemetic",
}
"""The classes of medicines to have at hand, and the draft that proposes each."""


@derived
def at_hand(
    opioids: Opioids,
    benzodiazepines: Benzodiazepines,
    drying: Drying,
    antipsychotics: Antipsychotics,
    antiemetics: Annotated[Entries, State(antiemetics)],
) -> dict[str, Entries]:
    """What is ordered for when it is needed, by class; what is given regularly does not count."""
    classes = (opioids, benzodiazepines, drying, antipsychotics, antiemetics)
    return dict(zip(DRAFTS, classes, strict=True))


@derived
def against_them(
    drying: Risky,
    sedating: Annotated[Against, State(against_antipsychotic)],
    opioid: Annotated[Allergies, Allergic("opioid")],
    benzodiazepine: Annotated[Allergies, Allergic("benzodiazepine")],
    glycopyrronium: Annotated[Allergies, Allergic("glycopyrronium")],
) -> dict[str, str]:
    """What speaks against proposing a class, by class; unread allergies speak against it too."""
    allergies = {
        "opioid": opioid,
        "benzodiazepine": benzodiazepine,
        "drying drug": glycopyrronium,
    }
    found = {name: "allergies could not be read" for name, a in allergies.items() if a.failed}
    found |= {name: "allergy on record" for name, a in allergies.items() if a}
    if drying.newest:
        found["drying drug"] = f"{drying.newest}"
    if sedating:
        found["antipsychotic"] = "; ".join(sedating.reasons) or "what may be could not be read"
    return found


@rule(
    "eol-anticipatory-prescribing",
    title="Anticipatory medicines",
    hooks=("patient-view", "encounter-start", "encounter-discharge"),
    kind="S",
    group="EOL",
    sources=("nice-ng42", "mnda-eol", "wmpcg"),
    overrides=("patient-declined", "kit-in-home", "contraindicated"),
    leaves_out=(
        "Doses and products, which the local formulary gives; medicines of a hospice that are not "
        "in this record; one drug for two purposes."
    ),
)
@decides(
    Row("info", "Comfort care, or a life expectancy of weeks, and a class not ordered as needed"),
    Row("warning", "Last days of life, and a class not ordered as needed"),
    Row("info", "Last days of life in hospice, which may keep the medicines itself"),
    Row("none", "A kit in the home on record"),
)
def eol_anticipatory_prescribing(
    goals: Annotated[Goals, State(goals)],
    weeks: Annotated[Entries, Reported("prognosis-weeks", lookback="eol_forecast_days", bare=True)],
    hospice: Annotated[Entries, Enrolled("hospice")],
    kit: Annotated[Entries, Reported("anticipatory-kit", lookback="eol_kit_days", bare=True)],
    classes: Annotated[dict[str, Entries], State(at_hand)],
    against: Annotated[dict[str, str], State(against_them)],
    cautions: Annotated[Cautions, State(opioid_cautions)],
) -> Outcome:
    """
    Have medicines at hand against breathlessness, restlessness, secretions, delirium, nausea.

    In comfort care, in the last days of life, or where a clinician judged that weeks are
    left (an answer of the last three months). A class counts when it is ordered for when it is
    needed. Every proposal is without a dose.
    """
    if not goals.end_of_life and not weeks:
        return NotIndicated("care is not for comfort")
    if kit.newest:
        return NotIndicated(f"{kit.newest}")
    missing = [name for name, found in classes.items() if not _as_needed(found)]
    if not missing:
        return NotIndicated("all classes are ordered as needed")
    unread = [name for name in missing if not classes[name].whole]
    if unread:
        failed = failed_in(*(classes[name] for name in unread))
        return CannotAssess("whether the medicines are ordered could not be read", failed)
    reason = f"Anticipatory medicines: {goals.evidence or weeks.newest}"
    return Recommend(
        summary=f"Anticipatory medicines missing: {', '.join(missing)}",
        indicator=_level(goals, hospice),
        because=tuple(_about(goals, weeks, hospice, missing, against, cautions)),
        evidence=(*([goals.evidence] if goals.evidence else weeks), *cautions.facts),
        by=cautions.by,
        missing=cautions.missing if "opioid" in missing else (),
        offers=tuple(
            Create(DRAFTS[name], reason=reason) for name in missing if name not in against
        ),
        criteria=tuple(f"no {name} at hand" for name in missing),
    )


def _as_needed(found: Entries) -> bool:
    return any("as-needed" in entry.reasons for entry in found)


def _level(goals: Goals, hospice: Entries) -> Indicator:
    return "warning" if goals.level == "last days" and not hospice else "info"


def _about(
    goals: Goals,
    weeks: Entries,
    hospice: Entries,
    missing: list[str],
    against: dict[str, str],
    cautions: Cautions,
) -> Iterator[str]:
    yield f"{goals.evidence or weeks.newest}."
    if hospice:
        yield "Enrolled in hospice: it may keep the medicines itself. Ask before ordering twice."
    yield (
        "Looked for among active orders as needed; what is given regularly is no substitute. One "
        "drug may serve two purposes, as haloperidol does against agitation and nausea."
    )
    yield (
        "By routes that need no swallowing. Say who may give them at any hour, where they are "
        "kept, and whom to call. Doses by the local formulary, checked by a pharmacist."
    )
    if "opioid" in missing:
        yield from cautions.told
    for name in missing:
        if name in against:
            yield f"No {name} is proposed: {against[name]}."
