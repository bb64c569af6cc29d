"""Is the patient's mood asked about, and is what was found being treated?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    CannotAssess,
    Create,
    Entries,
    Latest,
    Limits,
    Listed,
    Medication,
    Missing,
    NotIndicated,
    Ordered,
    Outcome,
    Reading,
    Recommend,
    State,
    Threshold,
    Visited,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.due_today import NEAR, clinic_near
from cdshooks.rules.states.offered_drugs import Against, against_combination, against_ssri
from cdshooks.rules.states.screens import Screen, antidepressants, mood_recorded, mood_screen
from cdshooks.rules.states.unanswered import OPEN, unanswered

SCORES = "mood_score_days"
PSYCHOLOGY = "psychology_days"
UNREAD_DRUGS = "whether treatment is taken could not be read"

MoodScreen = Annotated[Screen, State(mood_screen)]
Antidepressants = Annotated[Entries, State(antidepressants)]
Combination = Annotated[Entries, Medication("dextromethorphan-quinidine")]
NoSsri = Annotated[Against, State(against_ssri)]


@dataclass(frozen=True, slots=True)
class ScreenLimits(Limits):
    """When mood is to be asked about again."""

    group: ClassVar[str] = "mood"
    mood_screen_due_gt_days: Threshold


@dataclass(frozen=True, slots=True)
class LabilityLimits(Limits):
    """When pseudobulbar affect is likely, and where which drug is on the market."""

    group: ClassVar[str] = "mood"
    cns_ls_ge: Threshold
    cns_ls_possible_ge: Threshold
    mood_screen_due_gt_days: Threshold
    jurisdiction: str | None


@rule(
    "pba-treat",
    title="Pseudobulbar affect",
    hooks=("patient-view",),
    kind="S",
    group="MOOD",
    sources=("aan-2009b", "cns-ls"),
    overrides=("not-bothered", "patient-declined", "contraindicated"),
    leaves_out="Whether the patient is bothered by it; laughing or crying in notes.",
)
def pba_treat(
    score: Annotated[Reading | Missing, Latest("cns-ls", lookback="cns_ls_days")],
    coded: Annotated[Entries, Listed("pseudobulbar-affect")],
    combination: Combination,
    drugs: Antidepressants,
    no_combination: Annotated[Against, State(against_combination)],
    no_ssri: NoSsri,
    screen: MoodScreen,
    limits: LabilityLimits,
) -> Outcome:
    """
    Offer treatment of pseudobulbar affect, by score or problem list, when none is taken.

    score: CNS-LS of the last six months. Dextromethorphan with quinidine is named
    in the US only; elsewhere an SSRI is. Neither is proposed where an order of it
    would be warned of.
    """
    likely = isinstance(score, Reading) and score.meets(limits.cns_ls_ge)
    if not likely and not coded:
        return _no_lability(score, coded, limits)
    taken = combination.newest or drugs.newest
    if taken:
        return NotIndicated(f"{taken} is taken")
    if drugs.failed:
        return CannotAssess(UNREAD_DRUGS, drugs.failed)
    found = f"CNS-LS {score.amount}" if isinstance(score, Reading) else "CNS-LS not recorded"
    unfit = no_combination if limits.jurisdiction == "US" else no_ssri
    due = _is_due(screen, limits.mood_screen_due_gt_days)
    return Recommend(
        summary=f"Pseudobulbar affect ({found}): offer treatment if troublesome",
        indicator="info",
        because=tuple(_about_lability(score, limits, unfit, due)),
        evidence=(*([score] if isinstance(score, Reading) else []), coded),
        by=(limits.cns_ls_ge,) if likely else (),
        missing=(score.text,) if isinstance(score, Missing) else (),
        offers=tuple(_against_lability(f"Pseudobulbar affect, {found}", limits, unfit, due)),
        choose="any",
    )


def _no_lability(score: Reading | Missing, coded: Entries, limits: LabilityLimits) -> Outcome:
    failed = failed_in(score, coded)
    if failed:
        return CannotAssess("signs of pseudobulbar affect could not be read", failed)
    if isinstance(score, Reading) and score.meets(limits.cns_ls_possible_ge):
        return NotIndicated(f"{score} is possible pseudobulbar affect, not likely")
    return NotIndicated("no sign of pseudobulbar affect")


def _is_due(screen: Screen, limit: Threshold) -> bool:
    """Whether mood was surely not asked about for long."""
    return screen.known and (screen.last is None or limit.met_by(Decimal(screen.last.age)))


def _about_lability(
    score: Reading | Missing, limits: LabilityLimits, unfit: Against, due: bool
) -> Iterator[str]:
    yield "AAN (level B) supports dextromethorphan with quinidine; antidepressants are also used."
    yield "Treat only if laughing or crying troubles the patient; explain it to the family."
    if isinstance(score, Reading) and not score.meets(limits.cns_ls_ge):
        possible = score.meets(limits.cns_ls_possible_ge)
        yield f"{score} is {'between the two cut-offs' if possible else 'below both cut-offs'}."
    united_states = limits.jurisdiction == "US"
    yield from unfit.told("dextromethorphan with quinidine" if united_states else "SSRI")
    yield "Before any drug: ECG for the QT interval, interactions by CYP2D6, liver and falls."
    if due:
        yield "Mood was not asked about for six months: pseudobulbar affect and depression overlap."
    yield "Repeat the CNS-LS after six weeks of treatment."


def _against_lability(
    reason: str, limits: LabilityLimits, unfit: Against, due: bool
) -> Iterator[Create]:
    if not unfit and limits.jurisdiction == "US":
        yield Create("dextromethorphan-quinidine-proposal", reason=reason)
    elif not unfit:
        yield Create("ssri-proposal", reason=reason)
    yield Create("explain-lability", reason=reason)
    if due:
        yield Create("mood-questionnaire", reason=reason)


@rule(
    "depression-screen-due",
    title="Screen of mood due",
    hooks=("patient-view",),
    kind="M",
    group="MOOD",
    sources=("ean-2024",),
    overrides=("done-elsewhere", "test-not-feasible"),
    leaves_out="Mood talked about without a questionnaire; sites that record no questionnaire.",
)
def depression_screen_due(
    screen: MoodScreen,
    recorded: Annotated[bool, State(mood_recorded)],
    clinic: Annotated[bool, State(clinic_near)],
    limits: ScreenLimits,
) -> Outcome:
    """
    Ask for a screen of mood when the last PHQ-9, PHQ-2, HADS or ADI-12 is six months old.

    That there never was one means something only where a site records them.
    """
    last = screen.last
    if screen.known and not recorded and not screen.on_file:
        return NotIndicated("this site records no screen of mood in coded form")
    if last and not limits.mood_screen_due_gt_days.met_by(Decimal(last.age)):
        return NotIndicated(f"{last} is {last.age} days old")
    if not screen.known:
        return CannotAssess("screens of mood could not be read", screen.failed)
    if clinic:
        return NotIndicated(NEAR)
    told = f"last {last.label} {on(last.day)}" if last else "none on record"
    return Recommend(
        summary=f"Mood screen due: {told}",
        indicator="info",
        because=("European guidance asks for psychological support; the interval is our choice.",),
        evidence=(last,) if last else (),
        by=(limits.mood_screen_due_gt_days,),
        missing=screen.unusable,
        offers=(Create("mood-questionnaire", recommended=True, reason=f"Mood screen: {told}"),),
        due="mood screen",
    )


@dataclass(frozen=True, slots=True)
class DepressionLimits(Limits):
    """When a depression score calls for treatment, and when it is severe."""

    group: ClassVar[str] = "mood"
    phq9_ge: Threshold
    phq9_severe_ge: Threshold
    hads_depression_ge: Threshold
    hads_depression_possible_ge: Threshold


@rule(
    "depression-treat",
    title="Depression without treatment",
    hooks=("patient-view",),
    kind="S",
    group="MOOD",
    sources=("phq-9", "zbi-als"),
    overrides=("patient-declined", "under-specialist-review"),
    leaves_out="Scores older than three months; treatment that is not recorded as a drug or visit.",
)
def depression_treat(
    phq9: Annotated[Reading | Missing, Latest("phq9-total", lookback=SCORES)],
    hads: Annotated[Reading | Missing, Latest("hads-depression", lookback=SCORES)],
    drugs: Antidepressants,
    combination: Combination,
    no_ssri: NoSsri,
    referred: Annotated[Entries, Ordered("psychology", lookback=PSYCHOLOGY)],
    visits: Annotated[Entries, Visited("psychology", lookback=PSYCHOLOGY)],
    requests: Annotated[Entries, Ordered("psychology", statuses=OPEN, drafts=False)],
    seen: Annotated[Entries, Visited("psychology")],
    limits: DepressionLimits,
) -> Outcome:
    """
    Raise treatment when PHQ-9 or HADS-D of the last three months is high and none is given.

    An antidepressant that is taken, an open referral to psychology or a visit there
    counts as treatment. An SSRI is not proposed beside an MAO inhibitor.
    """
    tests = ((phq9, limits.phq9_ge), (hads, limits.hads_depression_ge))
    high = [(t, limit) for t, limit in tests if isinstance(t, Reading) and t.meets(limit)]
    if not high:
        return _not_depressed(phq9, hads)
    given = drugs.newest or referred.newest or visits.newest
    if given:
        return NotIndicated(f"treated: {given}")
    unread = failed_in(drugs, referred, visits)
    if unread:
        return CannotAssess(UNREAD_DRUGS, unread)
    score, limit = high[0]
    severe = isinstance(phq9, Reading) and phq9.meets(limits.phq9_severe_ge)
    told = f"{score.label} {score.amount} ({on(score.day)})"
    return Recommend(
        summary=f"{told}: no treatment recorded",
        indicator="warning" if severe else "info",
        because=(
            *unanswered(requests, seen),
            *_about_depression(hads, limits),
            *_about_ssri(no_ssri, combination),
        ),
        evidence=tuple(reading for reading, _ in high),
        by=(limits.phq9_severe_ge,) if severe else (limit,),
        offers=(
            Create("psychology", recommended=True, reason=told),
            *(() if no_ssri else (Create("ssri-proposal", reason=told),)),
        ),
    )


def _about_ssri(no_ssri: Against, combination: Entries) -> Iterator[str]:
    yield from no_ssri.told("SSRI")
    if combination.newest and not no_ssri:
        yield f"{combination.newest}: with an SSRI watch agitation, tremor and fever (serotonin)."


def _about_depression(hads: Reading | Missing, limits: DepressionLimits) -> Iterator[str]:
    yield "Fatigue, poor sleep and loss of appetite are items of the score and signs of ALS: ask."
    yield (
        "Psychological treatment, an SSRI, or both; mirtazapine or a tricyclic where sleep, "
        "appetite or drooling is to be treated too. Review after four weeks."
    )
    if (
        isinstance(hads, Reading)
        and hads.meets(limits.hads_depression_possible_ge)
        and not hads.meets(limits.hads_depression_ge)
    ):
        yield f"{hads} is in the range of possible depression."


def _not_depressed(*tests: Reading | Missing) -> Outcome:
    failed = failed_in(*tests)
    if failed:
        return CannotAssess("depression scores could not be read", failed)
    return NotIndicated("no high depression score of the last months")
