"""Have aminotransferases risen on riluzole, or did they the last time it was taken?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from cdshooks.rules.authoring import (
    LEVELS,
    CannotAssess,
    Create,
    Delete,
    Draft,
    Fact,
    Indicator,
    Latest,
    Missing,
    NotIndicated,
    Offer,
    Order,
    Outcome,
    Reading,
    Recommend,
    State,
    Stop,
    on,
    rule,
    uninterpretable,
)
from cdshooks.rules.riluzole_start import riluzole_first_start
from cdshooks.rules.states.liver import Grade, told
from cdshooks.rules.states.on_therapy import OnTherapy, aminotransferases_on_therapy
from cdshooks.rules.states.region import Region
from cdshooks.rules.states.riluzole import Episode, not_taken, riluzole_episode


@rule(
    "riluzole-alt-high-on-therapy",
    title="Raised aminotransferases on riluzole",
    hooks=("patient-view", "order-sign"),
    kind="X",
    group="RIL-ALT",
    sources=("riluzole-us", "riluzole-eu"),
    overrides=("alternative-cause-found", "hepatology-agrees", "need-more-info"),
    needs_als=False,
    leaves_out="First orders, which have a rule of their own; results from before the start.",
)
def riluzole_alt_high_on_therapy(
    order: Annotated[Order | None, Draft("riluzole", or_none=True)],
    first_start: Annotated[bool, State(riluzole_first_start)],
    episode: Annotated[Episode, State(riluzole_episode)],
    found: Annotated[OnTherapy, State(aminotransferases_on_therapy)],
    alt: Annotated[Reading | Missing, Latest("alt", lookback=None)],
    region: Region,
) -> Outcome:
    """
    Warn when ALT or AST rises on riluzole, or rose when it was last taken.

    Above the limit of the label the advice is to stop, below it to look again
    soon. A slight rise is told outside of orders only, and not while it is steady
    and rechecked. A restart after an ALT of five times the limit counts as the
    gravest. Only an old order that nobody closed: an information at most.
    """
    if order is None and not episode.going_on:
        return not_taken(episode)
    advice = _restart(found.earlier)
    if advice is None and not (order and first_start):
        now = _now(found, region, at_order=order is not None)
        advice = _graver(now, _not_rechecked(found.stale))
    if advice is None:
        if isinstance(alt, Missing) and (alt.failed or not alt.proven):
            return CannotAssess(alt.text, alt.failed)
        odd = uninterpretable(alt)
        if odd is not None and not (order and first_start):
            return CannotAssess(f"the newest ALT could not be interpreted: {odd.text}")
        return NotIndicated("ALT and AST on riluzole give no cause, as far as they are known")
    grade = advice.grade
    made = Recommend(
        summary=advice.summary,
        indicator=advice.level,
        because=(*_because(grade, found), *(() if grade is found.earlier else (str(region),))),
        evidence=_evidence(grade, found),
        by=(grade.limit,),
        offers=tuple(_offers(order, episode, advice)),
    )
    return made if order else episode.limited(made)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to say of a grade; stop: whether the label says to stop or not to begin again."""

    level: Indicator
    summary: str
    grade: Grade
    stop: bool = False


def _restart(earlier: Grade | None) -> Advice | None:
    """Variant c: it was or would be begun again after a rise that forbids it."""
    if earlier is None:
        return None
    found = earlier.multiple
    return Advice(
        earlier.level,
        f"Earlier riluzole exposure with ALT {found} ({on(found.reading.day)}): "
        "restarting is not recommended (EU labelling).",
        earlier,
        stop=True,
    )


def _now(found: OnTherapy, region: Region, *, at_order: bool) -> Advice | None:
    """Variants a and b, and the slight rise that only a view of the patient tells."""
    grade = found.now
    if grade is None:
        return None
    multiple, reading = grade.multiple, grade.multiple.reading
    value = f"{reading.label} {reading.amount} = {multiple} on riluzole ({on(reading.day)})"
    if grade.level == "info":
        if at_order or found.steady:
            return None
        return Advice("info", f"{value}: raised; recheck sooner than planned.", grade)
    limit = "above 5x ULN" if region.us else "at 5x ULN"
    if _is_stop(grade):
        label = limit if region.us else f"{limit} (EU labelling)"
        return Advice(grade.level, f"{value}: label advises stopping {label}.", grade, stop=True)
    then = f"repeat ALT/AST and bilirubin in 1-2 weeks; stop {limit} or with jaundice."
    return Advice(grade.level, f"{value}: {then}", grade)


def _is_stop(grade: Grade) -> bool:
    """Whether the value is past the limit at which the label says to stop."""
    return grade.limit.name.startswith("on_therapy") and grade.multiple.meets(grade.limit)


def _not_rechecked(stale: Grade | None) -> Advice | None:
    if stale is None:
        return None
    multiple, reading = stale.multiple, stale.multiple.reading
    return Advice(
        "warning" if stale.level == "critical" else stale.level,
        f"Last {reading.label} on riluzole was {multiple} ({on(reading.day)}) "
        "and was not rechecked: repeat ALT/AST and bilirubin now.",
        stale,
    )


def _graver(now: Advice | None, stale: Advice | None) -> Advice | None:
    """The graver of two; of one level what is current."""
    found = [advice for advice in (now, stale) if advice]
    return max(found, key=lambda advice: LEVELS.index(advice.level), default=None)


def _because(grade: Grade, found: OnTherapy) -> Iterator[str]:
    """What is said of the value that decides, and of those beside and before it, once each."""
    yield from dict.fromkeys((*told((grade.multiple,)), *found.told, *grade.remarks))


def _evidence(grade: Grade, found: OnTherapy) -> tuple[Fact, ...]:
    now = (found.now.multiple.reading,) if found.now else ()
    return tuple(dict.fromkeys((grade.multiple.reading, *now)))


def _offers(order: Order | None, episode: Episode, advice: Advice) -> Iterator[Offer]:
    """Tests in any case; to stop, or to remove the draft, only where the label says so."""
    yield Create(
        "hepatic-panel",
        recommended=True,
        urgent=advice.level == "critical",
        reason="Raised ALT or AST on riluzole",
    )
    if advice.stop and order:
        yield Delete(order)
    elif advice.stop:
        yield from (Stop(entry, "riluzole-stop") for entry in episode.prescriptions)
