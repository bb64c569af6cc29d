"""Does riluzole harm the lungs, or explain a new symptom?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Create,
    Delete,
    Draft,
    Entries,
    Entry,
    Limits,
    Listed,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Recommend,
    Row,
    State,
    Stop,
    This,
    decides,
    on,
    rule,
)
from cdshooks.rules.states.riluzole import Episode, not_taken, riluzole_episode
from cdshooks.rules.states.words import capital, joined


@dataclass(frozen=True, slots=True)
class LungLimits(Limits):
    """When lung disease is older than the treatment."""

    group: ClassVar[str] = "riluzole_harm"
    lung_before_days: Decimal


@rule(
    "riluzole-ild",
    title="Interstitial lung disease and riluzole",
    hooks=("patient-view", "order-select", "order-sign"),
    kind="X",
    group="RIL-LUNG",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("pre-existing-ild-pulmonology-agrees",),
    needs_als=False,
    leaves_out="Cough and breathlessness alone, which nearly everybody with ALS comes to have.",
)
@decides(
    Row(
        "critical", "Lung disease since the start of riluzole, or at most {lung_before_days} before"
    ),
    Row("critical", "Lung disease of unknown onset, on riluzole or when it is ordered"),
    Row("warning", "Riluzole ordered, and the disease is older than the treatment"),
    Row("info", "Only an old order that nobody closed says that riluzole is taken"),
    Row("none", "Older lung disease, and nothing is ordered"),
)
def riluzole_ild(
    order: Annotated[Order | None, Draft("riluzole", or_none=True)],
    lung: Annotated[Entries, Listed("riluzole-lung-blocker")],
    episode: Annotated[Episode, State(riluzole_episode)],
    call: Annotated[Call, This()],
    limits: LungLimits,
) -> Outcome:
    """
    Warn of riluzole beside interstitial lung disease.

    The onset counts, else the day of recording. Disease that is clearly older than
    the treatment is a warning and only told at the order; a first order begins it today.
    """
    if order is None and not episode.going_on:
        return not_taken(episode)
    if not lung:
        if not lung.whole:
            return CannotAssess("the problem list could not be read", lung.failed)
        return NotIndicated("no interstitial lung disease is recorded")
    on_treatment = [entry for entry in lung if _may_be_of(entry, episode, call.today, limits)]
    if not on_treatment and order is None:
        return NotIndicated("the lung disease is older than riluzole")
    advice = Recommend(
        summary=(
            "Interstitial lung disease recorded: stop riluzole immediately if it developed on "
            "treatment."
        ),
        indicator="critical" if on_treatment else "warning",
        because=tuple(_because(lung, episode, bool(on_treatment))),
        evidence=(lung, *episode.taken),
        offers=tuple(_stops(order, episode)),
    )
    return advice if order else episode.limited(advice)


def _may_be_of(entry: Entry, episode: Episode, today: date, limits: LungLimits) -> bool:
    """Whether lung disease may have developed on riluzole, or is too new to tell."""
    never = not episode.going_on and episode.status == "never" and episode.history.whole
    start = today if never else episode.start
    day = entry.start or entry.recorded
    if day is None or start is None:
        return True
    return (start - day).days <= limits.lung_before_days


def _because(lung: Entries, episode: Episode, on_treatment: bool) -> Iterator[str]:
    yield f"On the problem list: {', '.join(map(str, lung))}."
    if episode.start:
        yield f"Riluzole since {on(episode.start)}."
    if not on_treatment:
        yield "It is older than the treatment; the label speaks of disease that develops on it."
    yield "New cough or breathlessness that ALS does not explain: a chest radiograph."


def _stops(order: Order | None, episode: Episode) -> Iterator[Offer]:
    if order:
        yield Delete(order)
    else:
        yield from (Stop(entry, "riluzole-stop-lung") for entry in episode.prescriptions)


EFFECTS = {
    "riluzole-asthenia": "asthenia",
    "riluzole-nausea": "nausea",
    "riluzole-dizziness": "dizziness",
    "riluzole-abdominal-pain": "abdominal pain",
}
PARTS = tuple(EFFECTS)


@dataclass(frozen=True, slots=True)
class EffectLimits(Limits):
    """How soon after the start a symptom may be an effect."""

    group: ClassVar[str] = "riluzole_harm"
    effect_onset_days: Decimal


@rule(
    "riluzole-adverse-effect",
    title="A symptom that riluzole may explain",
    hooks=("patient-view",),
    kind="M",
    group="RIL-USE",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("different-explanation", "expected-and-tolerated"),
    leaves_out="Symptoms from before the start, and riluzole without a diagnosis of ALS.",
)
@decides(
    Row("info", "Asthenia, nausea, dizziness or abdominal pain first within {effect_onset_days}"),
    Row("none", "It began before riluzole, or later"),
)
def riluzole_adverse_effect(
    symptoms: Annotated[
        Entries,
        Listed("riluzole-effect", lookback="effect_recorded_days", parts=PARTS, named=True),
    ],
    earlier: Annotated[Entries, Listed("riluzole-effect", history=True, parts=PARTS, named=True)],
    episode: Annotated[Episode, State(riluzole_episode)],
    limits: EffectLimits,
) -> Outcome:
    """
    Say that a symptom which began soon after the start is a listed effect of riluzole.

    symptoms: active and recorded in the last year. A symptom that was ever coded
    before the start is no new one.
    """
    if not episode.going_on:
        return not_taken(episode)
    start = episode.start
    if start is None:
        return NotIndicated("since when riluzole is taken is not known")
    last = start + timedelta(days=int(limits.effect_onset_days))
    known = _known(earlier, start)
    new = [e for e in symptoms if _began(e, start, last) and _names(e) not in known]
    if not new:
        if not symptoms.whole:
            return CannotAssess("the problem list could not be read", symptoms.failed)
        return NotIndicated("no listed effect began soon after the start of riluzole")
    names = tuple(dict.fromkeys(name for entry in new for name in _names(entry)))
    return Recommend(
        summary=(
            f"{capital(joined(names))} since riluzole: listed effect; check ALT, timing, "
            "other causes"
        ),
        indicator="info",
        because=(f"Riluzole since {on(start)}.", *(_recorded(e) for e in new)),
        evidence=(*new, *episode.taken),
        offers=(Create("hepatic-panel", reason="New symptom on riluzole"),),
    )


def _began(entry: Entry, start: date, last: date) -> bool:
    day = entry.start or entry.recorded
    return day is not None and start <= day <= last


def _known(earlier: Entries, start: date) -> frozenset[tuple[str, ...]]:
    """The symptoms that were coded before the start."""
    dated = ((e, e.start or e.recorded) for e in earlier)
    return frozenset(_names(entry) for entry, day in dated if day is not None and day < start)


def _recorded(entry: Entry) -> str:
    return f"{capital(joined(_names(entry)))}: on the problem list ({on(entry.day)})."


def _names(entry: Entry) -> tuple[str, ...]:
    return tuple(name for part, name in EFFECTS.items() if part in entry.reasons)
