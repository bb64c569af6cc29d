"""When were mood and thinking last asked about, by whichever questionnaire?"""

from dataclasses import dataclass
from typing import Annotated

from cdshooks.rules.authoring import (
    Captured,
    Entries,
    Latest,
    Medication,
    Missing,
    Reading,
    Why,
    derived,
    failed_in,
)


@dataclass(frozen=True, slots=True)
class Screen:
    """The newest score of any of several questionnaires, of any age.

    unusable: results that were there and could not be used. failed: searches that
    did not answer; known: whether absence, or that nothing is newer, is a fact.
    """

    last: Reading | None
    unusable: tuple[str, ...]
    failed: tuple[str, ...]
    known: bool

    @property
    def on_file(self) -> bool:
        """Whether the chart shows that such screens are recorded here, usable or not."""
        return self.last is not None or bool(self.unusable)


def newest_of(*tests: Reading | Missing) -> Screen:
    """The newest of several scores; of one day, the one that was named first."""
    readings = [test for test in tests if isinstance(test, Reading)]
    missing = [test for test in tests if isinstance(test, Missing)]
    failed = failed_in(*missing)
    unusable = tuple(t.text for t in missing if t.proven and t.why is not Why.NEVER)
    if not readings:
        known = not failed and all(test.proven for test in missing)
        return Screen(None, unusable, failed, known)
    last = max(readings, key=lambda r: r.day)
    return Screen(last, unusable, failed, known=last.newest_known and not failed)


@derived
def mood_screen(
    phq9: Annotated[Reading | Missing, Latest("phq9-total", lookback=None)],
    phq2: Annotated[Reading | Missing, Latest("phq2-total", lookback=None)],
    hads: Annotated[Reading | Missing, Latest("hads-depression", lookback=None)],
    adi: Annotated[Reading | Missing, Latest("adi-12", lookback=None)],
) -> Screen:
    """The newest PHQ-9, PHQ-2, HADS or ADI-12, whatever it showed."""
    return newest_of(phq9, phq2, hads, adi)


@derived
def mood_recorded(
    phq9: Annotated[bool, Captured("phq9-total")],
    phq2: Annotated[bool, Captured("phq2-total")],
    hads: Annotated[bool, Captured("hads-depression")],
    adi: Annotated[bool, Captured("adi-12")],
) -> bool:
    """Whether this site says that it records a screen of mood in coded form."""
    return phq9 or phq2 or hads or adi


@derived
def cognitive_screen(
    ecas: Annotated[Reading | Missing, Latest("ecas-total", lookback=None)],
    cbs: Annotated[Reading | Missing, Latest("als-cbs-cognitive", lookback=None)],
) -> Screen:
    """The newest ECAS or ALS-CBS, whatever it showed."""
    return newest_of(ecas, cbs)


@derived
def antidepressants(
    ssri: Annotated[Entries, Medication("ssri")],
    others: Annotated[Entries, Medication("other-antidepressant")],
) -> Entries:
    """The antidepressants that the patient takes, at whatever dose and for whatever reason."""
    return Entries(
        items=(*ssri, *others),
        whole=ssri.whole and others.whole,
        failed=failed_in(ssri, others),
        label="antidepressant",
    )
