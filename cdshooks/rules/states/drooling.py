"""Is there too much saliva, and what of its treatments was tried or is ruled out?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Allergy,
    CannotAssess,
    Entries,
    Entry,
    Fact,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Outcome,
    Performed,
    Reading,
    Threshold,
    derived,
    failed_in,
    on,
)

WORDS = "saliva-words"
UNREAD = "what was tried against saliva could not be read"
Anticholinergics = Annotated[Entries, Medication("anticholinergic-saliva", ended=True)]
Thick = Annotated[Entries, Listed("thick-secretions", lookback="thick_secretions_days", named=True)]


@dataclass(frozen=True, slots=True)
class DroolingLimits(Limits):
    """When saliva is treated."""

    group: ClassVar[str] = "saliva"
    saliva_item_le: Threshold


@dataclass(frozen=True, slots=True)
class Drooling:
    """What tells of too much saliva: words, day and evidence; nothing when ``told`` is empty.

    day: the newest day on which it is known. unknown: that what could tell of it was
    not read, in words.
    """

    told: str = ""
    day: date | None = None
    evidence: tuple[Fact, ...] = ()
    by: tuple[Threshold, ...] = ()
    missing: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    whole: bool = True

    def __bool__(self) -> bool:
        return bool(self.told)


@derived
def drooling(
    item: Annotated[Reading | Missing, Latest("alsfrs-item-2", lookback="bulbar_score_days")],
    coded: Annotated[Entries, Listed("sialorrhea")],
    unclear: Annotated[Entries, Listed("salivary-disturbance", parts=(WORDS,))],
    limits: DroolingLimits,
) -> Drooling:
    """
    Too much saliva by ALSFRS-R item 2 or the problem list; the newer of the two counts.

    K11.7 is a dry mouth as well, and counts only where its words say drooling.
    """
    listed = [*coded, *(entry for entry in unclear if WORDS in entry.reasons)]
    newest = max(listed, key=lambda e: e.day or date.min, default=None)
    score = item if isinstance(item, Reading) else None
    low = score is not None and score.meets(limits.saliva_item_le)
    stands = newest is not None and (score is None or low or (newest.day or date.min) > score.day)
    absent = (item.text,) if isinstance(item, Missing) else ()
    if not low and not stands:
        return Drooling(missing=absent, failed=failed_in(item, coded), whole=coded.whole)
    days = [score.day] if low and score else []
    days += [entry.day for entry in listed if entry.day]
    told = f"item 2 = {score.amount}/4" if low and score else f"recorded {_on(newest)}"
    return Drooling(
        told=told,
        day=max(days, default=None),
        evidence=(*([score] if score else []), *listed),
        by=(limits.saliva_item_le,) if low else (),
        missing=absent,
    )


def _on(entry: Entry | None) -> str:
    return on(entry.day if entry else None)


@dataclass(frozen=True, slots=True)
class Bars:
    """What rules anticholinergics out, and what rules glycopyrronium alone out.

    any: conditions in which none is given. glycopyrronium: further ones, reactions, and
    potassium in tablets. untolerated: anticholinergics against saliva that the patient
    did not tolerate, without a severe reaction.
    """

    any: tuple[Entry, ...]
    glycopyrronium: tuple[str, ...]
    untolerated: tuple[Allergy, ...]
    failed: tuple[str, ...]


@derived
def anticholinergic_bars(
    angle: Annotated[Entries, Listed("angle-closure-glaucoma")],
    glaucoma: Annotated[Entries, Listed("glaucoma")],
    urinary: Annotated[Entries, Listed("urinary-obstruction")],
    bowel: Annotated[Entries, Listed("ileus")],
    myasthenia: Annotated[Entries, Listed("myasthenia")],
    allergies: Annotated[Allergies, Allergic("glycopyrronium-systemic")],
    reactions: Annotated[Allergies, Allergic("anticholinergic-saliva")],
    potassium: Annotated[Entries, Medication("solid-potassium")],
) -> Bars:
    """
    Conditions against anticholinergics; any glaucoma is against glycopyrronium.

    potassium: tablets or capsules, which a gut that does not move may keep.
    """
    barred = (*angle, *urinary, *bowel, *myasthenia)
    others = [str(entry) for entry in glaucoma] if not angle else []
    others += [f"allergy to {allergy.label}" for allergy in allergies]
    others += [f"{entry} may stay in the gut and injure it" for entry in potassium]
    untolerated = tuple(allergy for allergy in reactions if allergy.slight)
    failed = failed_in(angle, allergies, potassium)
    return Bars(barred, tuple(others), untolerated, failed)


@derived
def botulinum(
    drug: Annotated[Entries, Medication("botulinum-toxin", ended=True)],
    injected: Annotated[Entries, Performed("salivary-botulinum", statuses=("completed",))],
) -> Entries:
    """Botulinum toxin as a drug or a procedure, whatever muscle or gland it was for."""
    return Entries(
        items=(*drug, *injected),
        whole=drug.whole and injected.whole,
        failed=failed_in(drug, injected),
        label=drug.label,
    )


def within(entries: Entries, limit: Threshold, today: date) -> Entry | None:
    """The newest entry, if it is known on a day within the limit."""
    newest = entries.newest
    if newest is None or newest.day is None:
        return None
    return newest if limit.met_by(Decimal((today - newest.day).days)) else None


def no_saliva(saliva: Drooling) -> Outcome:
    """What a rule concludes where no drooling is known."""
    if saliva.failed or not saliva.whole:
        return CannotAssess("whether there is drooling could not be read", saliva.failed)
    return NotIndicated("; ".join(saliva.missing) or "no drooling")
