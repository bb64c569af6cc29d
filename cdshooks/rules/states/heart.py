"""What of the heart speaks against dextromethorphan/quinidine, ordered or to be proposed?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Entries,
    Latest,
    Limits,
    Listed,
    Missing,
    Person,
    Reading,
    Threshold,
    derived,
)

Qtc = Annotated[Reading | Missing, Latest("qtc", lookback="qtc_evidence_days")]


@dataclass(frozen=True, slots=True)
class QtcLimits(Limits):
    """From where a corrected QT interval is long, by sex, and from where severely so."""

    group: ClassVar[str] = "dmq"
    qtc_severe_ge_ms: Threshold
    qtc_long_gt_ms_men: Threshold
    qtc_long_gt_ms_women: Threshold

    def passed(self, qtc: Reading | Missing, person: Person) -> Threshold | None:
        """The gravest limit that is passed; the higher one counts where the sex is not known."""
        if isinstance(qtc, Missing):
            return None
        long = self.qtc_long_gt_ms_men if person.sex == "male" else self.qtc_long_gt_ms_women
        return next((limit for limit in (self.qtc_severe_ge_ms, long) if qtc.meets(limit)), None)


@derived
def heart_against_combination(
    torsades: Annotated[Entries, Listed("torsades", history=True, named=True)],
    long_qt: Annotated[Entries, Listed("prolonged-qt")],
    failure: Annotated[Entries, Listed("heart-failure")],
    block: Annotated[Entries, Listed("complete-av-block")],
    pacemaker: Annotated[Entries, Listed("pacemaker")],
) -> tuple[Entries, ...]:
    """
    Heart disease that the label of the combination forbids, the gravest first.

    It counts while it is on the problem list, torsades also when it is over; a
    pacemaker answers an AV block.
    """
    return (torsades, long_qt, failure, Entries() if pacemaker else block)
