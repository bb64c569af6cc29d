"""Which breathing tests does a site make, which has this patient had, which are on order?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Captured,
    Entries,
    Latest,
    Limits,
    Missing,
    Ordered,
    Reading,
    derived,
    failed_in,
)
from cdshooks.rules.inputs import RECENT, Mip, MipPercent, SittingVc, Snip, SnipPercent, SupineVc

TESTS_OPEN = "open_test_order_days"
SCORED = "bulbar_score_days"
PRESSURE, COUGH_FLOW = "pressure", "cough flow"

Litres = Annotated[Reading | Missing, Latest("vc-volume", lookback=RECENT)]
Mep = Annotated[Reading | Missing, Latest("mep", lookback=RECENT)]
CoughFlow = Annotated[Reading | Missing, Latest("peak-cough-flow", lookback=RECENT)]


@dataclass(frozen=True, slots=True)
class PanelLimits(Limits):
    """Which tests a site can make."""

    group: ClassVar[str] = "breathing_tests"
    snip_available: bool
    mip_available: bool
    cough_flow_available: bool


@dataclass(frozen=True, slots=True)
class SiteTests:
    """What a site makes and records in coded form: only there does an absence mean anything.

    pressure: SNIP, or MIP where there is no SNIP; None where no pressure is
    made, or where one is made that would not be seen.
    """

    pressure: str | None
    cough_flow: bool


@derived
def site_tests(
    snip: Annotated[bool, Captured("snip")],
    mip: Annotated[bool, Captured("mip")],
    cough_flow: Annotated[bool, Captured("peak-cough-flow")],
    limits: PanelLimits,
) -> SiteTests:
    """The tests beside vital capacity whose absence this site's record can show."""
    unseen = (limits.snip_available and not snip) or (limits.mip_available and not mip)
    made = "SNIP" if limits.snip_available else "MIP" if limits.mip_available else None
    return SiteTests(None if unseen else made, limits.cough_flow_available and cough_flow)


@derived
def tests_on_order(
    panel: Annotated[Entries, Ordered("pft-panel", lookback=TESTS_OPEN)],
    pressure: Annotated[Entries, Ordered("pressure-test", lookback=TESTS_OPEN)],
    cough_flow: Annotated[Entries, Ordered("peak-cough-flow", lookback=TESTS_OPEN)],
) -> frozenset[str]:
    """``pressure`` and ``cough flow``, if on order alone or in a whole panel."""
    wanted = {PRESSURE: panel or pressure, COUGH_FLOW: panel or cough_flow}
    return frozenset(name for name, orders in wanted.items() if orders)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is on file of the last months.

    vc: the vital capacity; absent: ``pressure`` and ``cough flow``, if surely not
    there; only_vc: whether there is nothing beside vital capacity. texts say what
    was not there. supine and mouth: whether these are worth offering.
    """

    vc: Reading | Missing
    absent: frozenset[str]
    only_vc: bool
    texts: tuple[str, ...]
    failed: tuple[str, ...]
    supine: bool
    mouth: bool


@derived
def recorded_tests(
    vc: SittingVc,
    supine: SupineVc,
    litres: Litres,
    snip: Snip,
    snip_percent: SnipPercent,
    mip: Mip,
    mip_percent: MipPercent,
    mep: Mep,
    cough_flow: CoughFlow,
) -> Recorded:
    """
    Vital capacity of the last months in percent, in either position, or in litres.

    Any pressure answers for the others, as pressure or in percent of predicted.
    """
    capacity = next((t for t in (vc, supine, litres) if isinstance(t, Reading)), vc)
    pressures = (snip, snip_percent, mip, mip_percent)
    groups = {PRESSURE: pressures, COUGH_FLOW: (cough_flow,)}
    beside = (snip, mip, mep, cough_flow)
    return Recorded(
        vc=capacity,
        absent=frozenset(name for name, tests in groups.items() if _absent(*tests)),
        only_vc=_absent(*pressures, mep, cough_flow),
        texts=tuple(t.text for t in beside if isinstance(t, Missing)),
        failed=failed_in(*beside),
        supine=isinstance(supine, Missing),
        mouth=isinstance(mip, Missing) or isinstance(mep, Missing),
    )


def _absent(*tests: Reading | Missing) -> bool:
    return all(isinstance(test, Missing) and test.proven and not test.failed for test in tests)


@derived
def bulbar_score(
    speech: Annotated[Reading | Missing, Latest("alsfrs-item-1", lookback=SCORED)],
    saliva: Annotated[Reading | Missing, Latest("alsfrs-item-2", lookback=SCORED)],
    swallowing: Annotated[Reading | Missing, Latest("alsfrs-item-3", lookback=SCORED)],
) -> int | None:
    """Speech, saliva and swallowing together, 0 to 12; None unless all were scored."""
    total = 0
    for item in (speech, saliva, swallowing):
        if not isinstance(item, Reading):
            return None
        total += int(item.value)
    return total
