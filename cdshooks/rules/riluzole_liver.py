"""Does the liver speak against riluzole, before the first dose or on treatment?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    AT_LEAST,
    LEVELS,
    Call,
    CannotAssess,
    Create,
    Delete,
    Draft,
    Latest,
    Limits,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Reading,
    Recommend,
    State,
    Stop,
    This,
    Threshold,
    on,
    rule,
)
from cdshooks.rules.riluzole_start import riluzole_first_start
from cdshooks.rules.states.liver import (
    CertainLimits,
    Grade,
    Steps,
    graded,
    gravest,
    multiple_of,
    told,
)
from cdshooks.rules.states.liver_function import LiverFinding, LiverFindings, liver_findings
from cdshooks.rules.states.region import Region
from cdshooks.rules.states.riluzole import Episode, not_taken, riluzole_episode

BASELINE = "baseline_lookback_days"


@dataclass(frozen=True, slots=True)
class BaselineAltLimits(Limits):
    """Multiples of the upper limit that decide about a first dose."""

    group: ClassVar[str] = "riluzole_liver"
    baseline_us_gt: Threshold
    baseline_eu_gt: Threshold
    raised_gt: Threshold

    def steps(self, region: Region) -> Steps:
        """The steps of the region's label, the worst first."""
        if region.us:
            us, eu = self.baseline_us_gt, self.baseline_eu_gt
            return ((us, "critical"), (eu, "warning"), (self.raised_gt, "info"))
        return ((self.baseline_eu_gt, "critical"), (self.raised_gt, "info"))


@rule(
    "riluzole-baseline-alt-high",
    title="Raised aminotransferases before the first riluzole dose",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="DRUG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=(
        "repeat-normal-elsewhere",
        "non-hepatic-source-of-AST",
        "risk-benefit-ratio",
    ),
    needs_als=False,
    leaves_out="Renewals, which have a rule of their own; results that cannot be interpreted.",
)
def riluzole_baseline_alt_high(
    order: Annotated[Order, Draft("riluzole")],
    first_start: Annotated[bool, State(riluzole_first_start)],
    alt: Annotated[Reading | Missing, Latest("alt", lookback=BASELINE)],
    ast: Annotated[Reading | Missing, Latest("ast", lookback=BASELINE)],
    ck: Annotated[Reading | Missing, Latest("creatine-kinase", lookback=BASELINE)],
    call: Annotated[Call, This()],
    region: Region,
    certain: CertainLimits,
    limits: BaselineAltLimits,
) -> Outcome:
    """
    Warn when riluzole would be started on raised aminotransferases.

    The US label does not recommend it above 5 times the upper limit, EU labelling
    forbids it above 3 times. The newest ALT and the newest AST of the lookback
    count, whichever is higher for its own limit. A slight rise is told when the
    order is signed in the US, and everywhere else at once; never on a limit that
    is only assumed.
    """
    if not first_start:
        return NotIndicated("riluzole is continued, not started")
    alts, asts = multiple_of(alt, certain), multiple_of(ast, certain)
    steps = limits.steps(region)
    normal_alt = alts is not None and alts.within(limits.raised_gt)
    grade = gravest(graded(alts, steps), graded(asts, steps), normal_alt)
    if grade is None:
        return _nothing(alt, ast)
    if grade.level == "info" and region.us and call.hook == "order-select":
        return NotIndicated("slightly raised; told when the order is signed")
    return Recommend(
        summary=_baseline_summary(grade, region, limits),
        indicator=grade.level,
        because=(
            *told((alts, asts)),
            *grade.remarks,
            *_muscle(grade, ck, certain, limits),
            str(region),
        ),
        evidence=(alt, ast, *((ck,) if grade.remarks else ())),
        by=(grade.limit,),
        missing=tuple(m.text for m in (alt, ast) if isinstance(m, Missing)),
        offers=(
            Delete(order),
            Create("hepatic-panel", reason="Repeat before the first riluzole dose"),
        ),
    )


def _nothing(alt: Reading | Missing, ast: Reading | Missing) -> NotIndicated | CannotAssess:
    """Nothing is raised; or it is not known, since a result could not be read or used."""
    for one in (alt, ast):
        if isinstance(one, Missing) and (one.failed or not one.proven):
            return CannotAssess(one.text, one.failed)
    if isinstance(alt, Missing) and isinstance(ast, Missing):
        return NotIndicated(f"no result to judge: {alt.text}")
    return NotIndicated("ALT and AST are not raised as far as they are known")


def _baseline_summary(grade: Grade, region: Region, limits: BaselineAltLimits) -> str:
    """In the words of the region's label; the multiple is the point."""
    found, reading = grade.multiple, grade.multiple.reading
    value = f"{reading.label} {reading.amount} = {found} ({on(reading.day)})"
    if grade.limit == limits.raised_gt or grade.level == "info":
        return f"{value}: raised before riluzole; prescribe with care and recheck."
    if not region.us:
        return f"{value}: riluzole is contraindicated above 3x ULN (EU labelling)."
    if found.meets(limits.baseline_us_gt):
        return f"{value}: riluzole is not recommended above 5x ULN at baseline."
    open_above = found.may_meet(limits.baseline_us_gt) or reading.bound in AT_LEAST
    where = "near" if open_above else "below"
    if found.times == limits.baseline_us_gt.value:
        where = "at"
    return (
        f"{value} before riluzole: {where} the US 5x limit; EU labelling contraindicates above 3x."
    )


def _muscle(
    grade: Grade, ck: Reading | Missing, certain: CertainLimits, limits: BaselineAltLimits
) -> Iterator[str]:
    """What creatine kinase says about an AST that is raised alone."""
    if not grade.remarks:
        return
    multiple = multiple_of(ck, certain)
    if multiple is not None and multiple.meets(limits.raised_gt):
        yield f"CK is high, which speaks for muscle: {ck}, {multiple}."
    elif isinstance(ck, Reading):
        yield f"{ck}."
    else:
        yield "Creatine kinase would tell muscle from liver; none is on file."


@rule(
    "riluzole-liver-dysfunction",
    title="Riluzole and evidence of liver dysfunction",
    hooks=("order-select", "order-sign", "patient-view"),
    kind="X",
    group="RIL-LIVER",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("gilbert", "hepatology-agrees", "risk-benefit-ratio"),
    needs_als=False,
    leaves_out="Chronic liver disease outside of orders; jaundice and bilirubin of long ago.",
)
def riluzole_liver_dysfunction(
    order: Annotated[Order | None, Draft("riluzole", or_none=True)],
    episode: Annotated[Episode, State(riluzole_episode)],
    findings: Annotated[LiverFindings, State(liver_findings)],
    region: Region,
) -> Outcome:
    """
    Warn of riluzole beside raised bilirubin, new jaundice or liver disease.

    On an order every sign counts. On a patient who takes it only new signs do, acute
    disease of the liver among them: a chronic one is judged once, when riluzole is
    ordered. An old order that nobody closed makes no more than an information.
    """
    if order is None and not episode.going_on:
        return not_taken(episode)
    found = [one for one in findings.found if order or not one.chronic]
    if not found:
        if findings.unknown:
            return CannotAssess(findings.unknown[0], findings.failed)
        return NotIndicated("no raised bilirubin, jaundice or liver disease as far as is known")
    worst = max(found, key=lambda one: LEVELS.index(one.level))
    advice = Recommend(
        summary=worst.summary if order or worst.level == "info" else _on_riluzole(found),
        indicator=worst.level,
        because=(*(line for one in found for line in one.because), str(region)),
        evidence=tuple(fact for one in found for fact in one.evidence),
        by=tuple(limit for one in found for limit in one.by),
        missing=findings.unknown,
        offers=tuple(_liver_offers(order, episode, urgent=worst.level == "critical")),
    )
    return advice if order else episode.limited(advice)


def _on_riluzole(found: list[LiverFinding]) -> str:
    names = " and ".join(one.name for one in found)
    return f"On riluzole with {names}: label says discontinue; check hepatic panel now."


def _liver_offers(order: Order | None, episode: Episode, *, urgent: bool) -> Iterator[Offer]:
    """Tests in any case; to remove the draft, or to stop what is taken."""
    if order:
        yield Delete(order)
    yield Create("hepatic-panel", urgent=urgent, reason="Evidence of liver dysfunction on riluzole")
    if order is None:
        yield from (Stop(entry, "riluzole-stop") for entry in episode.prescriptions)
