"""Does anything say that the liver itself is failing or ill?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    AT_LEAST,
    Entries,
    Fact,
    Indicator,
    Latest,
    Limits,
    Listed,
    Missing,
    Reading,
    Series,
    Threshold,
    derived,
    failed_in,
    on,
    ratio,
    uninterpretable,
)
from cdshooks.rules.states.liver import CertainLimits, Multiple, Steps, graded, multiple_of, told
from cdshooks.rules.states.region import Region

CURRENT = "lab_current_days"


@dataclass(frozen=True, slots=True)
class LiverLimits(Limits):
    """When bilirubin says that the liver fails."""

    group: ClassVar[str] = "riluzole_liver"
    bilirubin_critical_gt: Threshold
    bilirubin_raised_gt: Threshold
    hys_law_alt_gt: Threshold
    hys_law_days: Decimal
    gilbert_direct_pct_lt: Threshold


@dataclass(frozen=True, slots=True)
class LiverFinding:
    """One sign of liver dysfunction.

    name: as it stands in a sentence, ``bilirubin 2.6x ULN``. summary: what a card
    about an order says. chronic: a diagnosis that is known, not a new sign.
    """

    level: Indicator
    name: str
    summary: str
    because: tuple[str, ...] = ()
    evidence: tuple[Fact, ...] = ()
    by: tuple[Threshold, ...] = ()
    chronic: bool = False


@dataclass(frozen=True, slots=True)
class LiverFindings:
    """Every sign, and what could not be used or read."""

    found: tuple[LiverFinding, ...] = ()
    unknown: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


Bilirubin = Annotated[Reading | Missing, Latest("bilirubin", lookback=CURRENT)]
Direct = Annotated[Reading | Missing, Latest("bilirubin-direct", lookback=CURRENT)]


@derived
def liver_findings(
    bilirubin: Bilirubin,
    direct: Direct,
    alts: Annotated[tuple[Reading, ...], Series("alt", lookback=CURRENT)],
    gilbert: Annotated[Entries, Listed("gilbert")],
    jaundice: Annotated[Entries, Listed("jaundice", lookback="jaundice_days")],
    disease: Annotated[Entries, Listed("liver-disease")],
    acute: Annotated[Entries, Listed("acute-liver-disease", lookback="jaundice_days")],
    fatty: Annotated[Entries, Listed("fatty-liver")],
    region: Region,
    certain: CertainLimits,
    limits: LiverLimits,
) -> LiverFindings:
    """
    Raised total bilirubin, new jaundice, and known disease of the liver.

    Bilirubin that a known Gilbert syndrome explains only informs, unless ALT was
    high within days of it: that is the pattern of Hy's law. Fatty liver alone
    only informs. Acute or toxic disease of the last 90 days is a new sign. EU
    labelling forbids riluzole in liver disease.
    """
    multiple = multiple_of(bilirubin, certain)
    hys = _hys_law(multiple, alts, certain, limits)
    harmless = bool(gilbert) and not hys and _is_indirect(bilirubin, direct, limits)
    found = (
        *_jaundice(jaundice),
        *_bilirubin(multiple, hys, harmless, gilbert, direct, limits),
        *_disease(disease, acute, fatty, region),
    )
    unknown = _unknown(bilirubin, jaundice)
    return LiverFindings(found, tuple(unknown), failed_in(bilirubin, jaundice))


def _unknown(bilirubin: Reading | Missing, jaundice: Entries) -> Iterator[str]:
    """What may hide a sign: a search that failed, or a value that cannot be interpreted."""
    odd = uninterpretable(bilirubin)
    if odd is not None:
        yield odd.text
    elif isinstance(bilirubin, Missing) and not bilirubin.proven:
        yield bilirubin.text
    if not jaundice.whole:
        yield "the problem list could not be read"


def _hys_law(
    multiple: Multiple | None,
    alts: tuple[Reading, ...],
    certain: CertainLimits,
    limits: LiverLimits,
) -> Multiple | None:
    """The ALT that together with bilirubin makes the pattern of Hy's law."""
    if multiple is None or not multiple.meets(limits.bilirubin_critical_gt):
        return None
    near = [
        found
        for alt in alts
        if abs((alt.day - multiple.reading.day).days) <= limits.hys_law_days
        if (found := multiple_of(alt, certain)) and found.meets(limits.hys_law_alt_gt)
    ]
    return max(near, key=lambda found: found.times, default=None)


def _is_indirect(
    bilirubin: Reading | Missing, direct: Reading | Missing, limits: LiverLimits
) -> bool:
    """Whether nearly all of the bilirubin of one day is indirect."""
    if not isinstance(bilirubin, Reading) or not isinstance(direct, Reading):
        return False
    share = 100 * ratio(direct.value, bilirubin.value)
    same_sample = direct.day == bilirubin.day and direct.bound not in AT_LEAST
    return same_sample and limits.gilbert_direct_pct_lt.met_by(share)


def _bilirubin(
    multiple: Multiple | None,
    hys: Multiple | None,
    harmless: bool,
    gilbert: Entries,
    direct: Reading | Missing,
    limits: LiverLimits,
) -> Iterator[LiverFinding]:
    critical, raised = limits.bilirubin_critical_gt, limits.bilirubin_raised_gt
    steps: Steps = ((critical, "critical"), (raised, "warning"))
    explained: Steps = ((raised, "info"),)
    grade = graded(multiple, explained if harmless else steps)
    if grade is None:
        return
    reading = grade.multiple.reading
    because = list(told((grade.multiple,)))
    if hys:
        because += [*told((hys,)), "High ALT and bilirubin together: the pattern of Hy's law."]
    if harmless:
        because.append(f"Gilbert syndrome is on the problem list. {direct} is a small part.")
    advice = "evidence of liver dysfunction, riluzole label advises against use."
    if harmless:
        advice = "explained by Gilbert syndrome on the problem list; confirm ALT on riluzole."
    yield LiverFinding(
        grade.level,
        f"bilirubin {grade.multiple}",
        f"Bilirubin {reading.amount} ({grade.multiple}): {advice}",
        tuple(because),
        (reading, *((hys.reading,) if hys else ()), *((gilbert, direct) if harmless else ())),
        (grade.limit, *((limits.hys_law_alt_gt,) if hys else ())),
    )


def _jaundice(jaundice: Entries) -> Iterator[LiverFinding]:
    newest = jaundice.newest
    if newest:
        yield LiverFinding(
            "critical",
            "jaundice",
            f"Jaundice recorded ({on(newest.day)}): evidence of liver dysfunction, "
            "riluzole label advises against use.",
            (f"Jaundice is on the problem list ({on(newest.day)}).",),
            (jaundice,),
        )


def _disease(
    disease: Entries, acute: Entries, fatty: Entries, region: Region
) -> Iterator[LiverFinding]:
    """Known disease of the liver; fatty liver alone only informs."""
    if not disease and not fatty:
        return
    level: Indicator = "info"
    if disease:
        level = "warning" if region.us else "critical"
    named = disease if disease else fatty
    because = [f"On the problem list: {', '.join(map(str, named))}."]
    if not region.us:
        because.append("EU labelling contraindicates riluzole in hepatic disease.")
    yield LiverFinding(
        level,
        "acute or toxic liver disease" if acute else "liver disease",
        "Liver disease on the problem list: riluzole exposure rises and hepatic injury risk is "
        "higher; confirm ALT/bilirubin.",
        tuple(because),
        (named,),
        chronic=not acute,
    )
