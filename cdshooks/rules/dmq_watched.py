"""What may meet dextromethorphan/quinidine only with care?"""

from collections.abc import Iterator
from typing import Annotated

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Latest,
    Meeting,
    Meets,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    Row,
    decides,
    rule,
)
from cdshooks.rules.states.words import joined, shortened

DMQ = "dextromethorphan-quinidine"


QT, CYP3A4 = "dmq-qt", "dmq-cyp3a4"


@rule(
    "dmq-qt-drug",
    title="Dextromethorphan/quinidine with a drug that prolongs QT",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("action-completed", "stable-combination"),
    leaves_out="Potassium, magnesium and a slow pulse, which raise the risk as well.",
)
@decides(
    Row("warning", "With a drug that prolongs QT or inhibits CYP3A4, no QTc of {qtc_current_days}"),
    Row("info", "One of the two is known only from an old order that nobody closed"),
    Row("none", "A QTc of {qtc_current_days} is on file"),
)
def dmq_qt_drug(
    meeting: Annotated[Meeting, Meets(DMQ, (QT, CYP3A4))],
    qtc: Annotated[Reading | Missing, Latest("qtc", lookback="qtc_current_days")],
    ordered: Annotated[Entries, Ordered("ecg", lookback="ecg_order_days")],
) -> Outcome:
    """
    Ask for an electrocardiogram when the combination meets drugs that prolong QT with it.

    meeting: the combination and such drugs, or inhibitors of CYP3A4, drafted or
    taken. qtc: any of the last 90 days answers it.
    """
    if isinstance(qtc, Reading):
        return NotIndicated(f"{qtc} is on file")
    if not qtc.proven:
        return CannotAssess(qtc.text, qtc.failed)
    qt = meeting.of(QT)
    lead, word = (qt, "QT") if qt.partners else (meeting, "CYP3A4")
    return Recommend(
        summary=(
            f"DM/Q with {shortened(lead.names)} ({word}): ECG at baseline and 3-4 hours after the "
            "first dose."
        ),
        indicator="warning" if meeting.sure else "info",
        because=(
            f"Together: {joined(meeting.names)}. Quinidine prolongs QT, and more so beside drugs "
            "that do so too or that slow its breakdown.",
            "Correct low potassium and magnesium first.",
        ),
        evidence=meeting.orders,
        missing=(qtc.text,),
        offers=() if ordered else (Create("ecg", recommended=True, reason="DM/Q and QT"),),
    )


SUBSTRATE, PRODRUG = "dmq-cyp2d6", "dmq-cyp2d6-prodrug"


@rule(
    "dmq-cyp2d6",
    title="Dextromethorphan/quinidine with a drug that CYP2D6 breaks down",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("stable-combination",),
    leaves_out="Eye drops; digoxin, which quinidine raises in another way.",
)
@decides(Row("info", "With a drug that CYP2D6 breaks down or activates"))
def dmq_cyp2d6(
    meeting: Annotated[Meeting, Meets(DMQ, (SUBSTRATE, PRODRUG))],
) -> Outcome:
    """Name the drugs whose levels rise, or that are not activated, when CYP2D6 is blocked."""
    rising, failing = meeting.of(SUBSTRATE).names, meeting.of(PRODRUG).names
    effect = f"{shortened(rising)} levels may rise" if rising else ""
    if failing and not rising:
        effect = f"{shortened(failing)} may fail to activate"
    return Recommend(
        summary=f"DM/Q blocks CYP2D6: {effect}; adjust dose or choose another.",
        indicator="info",
        because=tuple(_blocked(rising, failing)),
        evidence=meeting.orders,
    )


def _blocked(rising: tuple[str, ...], failing: tuple[str, ...]) -> Iterator[str]:
    if rising:
        yield f"Levels may rise: {joined(rising)}."
    if failing:
        yield f"Loss of analgesia: {joined(failing)} must be activated by CYP2D6."
    if "mexiletine" in rising:
        yield "Mexiletine is often given for the cramps of ALS: watch rhythm and dose."
    yield "Digoxin rises as well, by another way."


@rule(
    "dmq-serotonergic",
    title="Dextromethorphan/quinidine with an antidepressant",
    hooks=("order-sign",),
    kind="X",
    group="DRUG",
    sources=("nuedexta-us",),
    overrides=("stable-combination",),
    leaves_out="MAO inhibitors, which are contraindicated and have a card of their own.",
)
@decides(Row("info", "With an SSRI, an SNRI, vortioxetine or a tricyclic"))
def dmq_serotonergic(
    meeting: Annotated[Meeting, Meets(DMQ, ("dmq-serotonergic",))],
) -> Outcome:
    """Name the antidepressants that raise serotonin together with dextromethorphan."""
    return Recommend(
        summary=(
            f"DM/Q with {shortened(meeting.names)}: serotonin syndrome risk; watch agitation, "
            "tremor, fever."
        ),
        indicator="info",
        because=(f"Together: {joined(meeting.names)}. Often given on purpose in ALS.",),
        evidence=meeting.orders,
    )
