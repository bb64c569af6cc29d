"""What speaks against a drug for mood or behaviour, before a card proposes it?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Allergic,
    Allergies,
    Call,
    Entries,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    Patient,
    Person,
    Reading,
    State,
    This,
    Threshold,
    derived,
    failed_in,
)
from cdshooks.rules.states.heart import Qtc, QtcLimits, heart_against_combination
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.taking import lately
from cdshooks.rules.states.words import ended, sentence


@dataclass(frozen=True, slots=True)
class Against:
    """Why a drug is not proposed, in words; empty if nothing is known to speak against it.

    failed: searches that could hold more and did not answer.
    """

    reasons: tuple[str, ...]
    failed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.reasons or self.failed)

    def told(self, drug: str) -> Iterator[str]:
        """What the card says of it; drug: in words."""
        told = "; ".join(self.reasons) or "What may speak against it could not be read"
        if self:
            yield sentence(f"{told}: no {drug} is proposed")


def _against(reasons: Iterator[str], *read: Entries | Allergies | Missing | Reading) -> Against:
    failed = failed_in(*read)
    return Against(tuple(dict.fromkeys(reasons)), failed)


@derived
def long_qtc(qtc: Qtc, person: Annotated[Person, Patient()], limits: QtcLimits) -> Reading | None:
    """The QTc of the last year, if it is prolonged for the patient's sex."""
    return qtc if isinstance(qtc, Reading) and limits.passed(qtc, person) else None


LongQtc = Annotated[Reading | None, State(long_qtc)]
Inhibitors = Annotated[Entries, Medication("maoi", ended=True)]
Urinary = Annotated[Entries, Medication("maoi-urinary", ended=True)]


@dataclass(frozen=True, slots=True)
class CombinationWashout(Limits):
    """How long an MAO inhibitor and the combination still meet after one of them has ended."""

    group: ClassVar[str] = "dmq"
    maoi_washout_le_days: Threshold


@derived
def partners_of_combination(
    kin: Annotated[Entries, Medication("dmq-quinidine-related")],
    qt: Annotated[Entries, Medication("dmq-qt-and-cyp2d6")],
    ritonavir: Annotated[Entries, Medication("dmq-ritonavir")],
    maoi: Inhibitors,
    urinary: Urinary,
    call: Annotated[Call, This()],
    limits: CombinationWashout,
) -> Against:
    """Drugs on record that must not meet dextromethorphan/quinidine."""
    taken = (f"{entry}" for found in (kin, qt, ritonavir) for entry in found)
    washed = _inhibitors((maoi, urinary), call, limits.maoi_washout_le_days)
    return _against(iter((*taken, *washed)), kin, qt, ritonavir, maoi, urinary)


@derived
def watched_beside_combination(
    qt: Annotated[Entries, Medication("dmq-qt")],
    slowing: Annotated[Entries, Medication("dmq-cyp3a4")],
) -> Entries:
    """Drugs on record that prolong QT with the combination, or that slow its breakdown."""
    return merged("drug", qt, slowing)


@derived
def against_combination(
    heart: Annotated[tuple[Entries, ...], State(heart_against_combination)],
    qtc: LongQtc,
    measured: Qtc,
    current: Annotated[Reading | Missing, Latest("qtc", lookback="qtc_current_days")],
    watched: Annotated[Entries, State(watched_beside_combination)],
    allergies: Annotated[Allergies, Allergic("dmq-allergens")],
    partners: Annotated[Against, State(partners_of_combination)],
) -> Against:
    """What an order of dextromethorphan/quinidine would be warned of.

    watched: drugs beside which it asks for an electrocardiogram of the last three months.
    """
    alone = watched if isinstance(current, Missing) else Entries()
    reasons = (
        *(f"{entry}" for found in heart for entry in found),
        *([f"{qtc}"] if qtc else []),
        *(f"recorded reaction to {allergy.label}" for allergy in allergies),
        *partners.reasons,
        *(f"{entry}, and no QTc of the last three months" for entry in alone),
    )
    found = _against(iter(reasons), *heart, measured, allergies, alone)
    return Against(found.reasons, failed_in(found, partners))


@dataclass(frozen=True, slots=True)
class SerotoninWashout(Limits):
    """How long an MAO inhibitor and an antidepressant still meet after one has ended."""

    group: ClassVar[str] = "serotonin"
    serotonin_washout_le_days: Threshold


@derived
def against_ssri(
    maoi: Inhibitors,
    urinary: Urinary,
    call: Annotated[Call, This()],
    limits: SerotoninWashout,
) -> Against:
    """MAO inhibitors that are taken, or ended so lately that an SSRI would still meet them."""
    found = _inhibitors((maoi, urinary), call, limits.serotonin_washout_le_days)
    return _against(found, maoi, urinary)


def _inhibitors(found: tuple[Entries, ...], call: Call, washout: Threshold) -> Iterator[str]:
    for entry in (e for entries in found for e in entries):
        if entry.end is None:
            yield f"{entry}"
        elif lately(entry, washout, call.today):
            yield ended(entry)


@derived
def against_antipsychotic(
    risks: Annotated[Entries, Listed("antipsychotic-risk", named=True)],
    qtc: LongQtc,
    measured: Qtc,
    current: Annotated[Reading | Missing, Latest("qtc", lookback="qtc_current_days")],
    combination: Annotated[Entries, Medication("dextromethorphan-quinidine")],
    allergies: Annotated[Allergies, Allergic("antipsychotic")],
) -> Against:
    """
    A heart or brain that an antipsychotic may harm, a long QTc, or an allergy to one.

    Beside dextromethorphan/quinidine, which prolongs QT as well, none is proposed
    without an electrocardiogram of the last three months.
    """
    alone = combination if isinstance(current, Missing) else Entries()
    reasons = (
        *(f"{entry}" for entry in risks),
        *([f"{qtc}"] if qtc else []),
        *(f"{entry}, and no QTc of the last three months" for entry in alone),
        *(f"allergy to {allergy.label}" for allergy in allergies),
    )
    return _against(iter(reasons), risks, measured, combination, allergies)
