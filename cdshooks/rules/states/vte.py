"""Is there a clot, or a sign of one that nobody has looked into?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    Entries,
    Entry,
    Filed,
    Limits,
    Listed,
    Medication,
    Performed,
    This,
    Threshold,
    derived,
    failed_in,
)

SIGN = "vte_sign_days"
EMBOLISM = "pulmonary-embolism"
ONE_LEG = "one-leg"
SIDES = {"left-leg": "left", "right-leg": "right"}
LEG = {"leg-swelling": "Leg swelling", "leg-pain": "Leg pain"}
CHEST = {
    "hemoptysis": "Haemoptysis",
    "sudden-dyspnea": "Sudden breathlessness",
    "pleuritic-pain": "Pleuritic pain",
}
"""Value sets of signs, and the words for each."""

Oral = Annotated[Entries, Medication("anticoagulant", drafted=True)]
Injected = Annotated[Entries, Medication("heparin", drafted=True)]


@dataclass(frozen=True, slots=True)
class ClotLimits(Limits):
    """How long a clot is acute."""

    group: ClassVar[str] = "vte"
    vte_acute_le_days: Threshold


@dataclass(frozen=True, slots=True)
class Clots:
    """DVT and PE that are active and acute.

    acute: confirmed, of which the beginning is known and recent, the PE first.
    undated: those of which nobody wrote when they began. whole: whether the problem
    list was read to its end.
    """

    acute: tuple[Entry, ...]
    undated: tuple[Entry, ...]
    whole: bool
    failed: tuple[str, ...]


def began(entry: Entry) -> date | None:
    """The day of onset, or else that of its recording."""
    return entry.start or entry.recorded


@derived
def clots(
    found: Annotated[Entries, Listed("venous-thromboembolism", parts=(EMBOLISM,))],
    call: Annotated[Call, This()],
    limits: ClotLimits,
) -> Clots:
    """DVT and PE of the problem list by their onset, or else by the day of recording."""
    recent = [
        entry
        for entry in found
        if (day := began(entry))
        and limits.vte_acute_le_days.met_by(Decimal((call.today - day).days))
    ]
    confirmed = [entry for entry in recent if entry.certain]
    return Clots(
        acute=tuple(sorted(confirmed, key=lambda entry: EMBOLISM not in entry.reasons)),
        undated=tuple(entry for entry in found if began(entry) is None),
        whole=found.whole,
        failed=found.failed,
    )


def clot_named(entry: Entry) -> str:
    """``PE`` or ``DVT``."""
    return "PE" if EMBOLISM in entry.reasons else "DVT"


@dataclass(frozen=True, slots=True)
class Sign:
    """What points to a clot: words, entry, and whether it could just as well be something else."""

    words: str
    entry: Entry
    vague: bool

    @property
    def leg(self) -> bool:
        """Whether it is the leg that shows it."""
        return bool(self.entry.reasons & LEG.keys()) or self.words == "Suspected DVT"

    @property
    def day(self) -> date:
        """The day after which imaging answers it."""
        return began(self.entry) or date.min


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of a clot that no imaging has answered, the clearest first.

    unread: searches for signs or imaging that did not answer, or not in full.
    """

    open: tuple[Sign, ...]
    answered: Entry | None
    whole: bool
    failed: tuple[str, ...]


@derived
def clot_signs(
    legs: Annotated[Entries, Listed("leg-sign", lookback=SIGN, parts=(ONE_LEG, *SIDES, *LEG))],
    chest: Annotated[Entries, Listed("embolism-sign", lookback=SIGN, parts=tuple(CHEST))],
    clots: Annotated[Entries, Listed("venous-thromboembolism", lookback=SIGN, parts=(EMBOLISM,))],
    reports: Annotated[Entries, Filed("clot-imaging", lookback=SIGN)],
    made: Annotated[Entries, Performed("clot-imaging", statuses=("completed",), lookback=SIGN)],
) -> Signs:
    """
    Signs of DVT or PE of the last two weeks that no imaging since has answered.

    A swollen or painful leg of which nobody wrote the side may be both legs, and is
    vague. A DVT or PE that nobody has confirmed is a sign.
    """
    signs = [
        *(Sign(f"Suspected {clot_named(e)}", e, vague=False) for e in clots if not e.certain),
        *(Sign(_word(e, CHEST), e, vague=False) for e in chest),
        *(Sign(_leg(e), e, vague=ONE_LEG not in e.reasons) for e in legs),
    ]
    images = [*reports, *made]
    imaged = max(images, key=lambda e: e.day or date.min, default=None)
    since = imaged.day if imaged and imaged.day else date.min
    left = sorted((s for s in signs if s.day > since), key=lambda s: s.vague)
    unread = failed_in(legs, reports, made)
    return Signs(
        open=tuple(left),
        answered=imaged if signs and not left else None,
        whole=legs.whole,
        failed=unread,
    )


def _word(entry: Entry, words: Mapping[str, str]) -> str:
    return next(word for name, word in words.items() if name in entry.reasons)


def _leg(entry: Entry) -> str:
    """The sign of a leg, with its side where that is one and recorded."""
    sides = [word for name, word in SIDES.items() if name in entry.reasons]
    side = f", {sides[0]}" if len(sides) == 1 and ONE_LEG in entry.reasons else ""
    return f"{_word(entry, LEG)}{side}"
