"""What is snoozed when cards are overridden, or never answered."""

from datetime import UTC, datetime, time, timedelta

import pytest

from cdshooks import examples
from cdshooks.cards import cards
from cdshooks.cards.clusters import capped
from cdshooks.chart import View
from cdshooks.engine import Finding
from cdshooks.knowledge import base
from cdshooks.population.assess import HOOK, Assessor, grouped
from cdshooks.population.record import Record
from cdshooks.population.replaying.memory import Memory, reasons
from cdshooks.services.memory import terms_of

Judged = tuple[tuple[Finding, ...], View]
DAY = timedelta(days=1)


def judged(name: str, later: timedelta = timedelta()) -> Judged:
    """The chart of an example patient on the day of its story, or days later."""
    bundle = examples.load(name)
    resources = tuple(entry["resource"] for entry in bundle["entry"])
    [patient] = [r["id"] for r in resources if r["resourceType"] == "Patient"]
    day = examples.anchor(bundle)
    assert day is not None
    now = datetime.combine(day + later, time(12), UTC)
    found = Assessor().judged(Record(patient, resources), now)
    assert found is not None
    return found


def memory(*, overriding: bool) -> Memory:
    return Memory(terms_of(base().profile("default"), UTC), overriding)


def shown(held: Memory, chart: Judged) -> set[str]:
    return {advice.finding.rule.id for cluster in held.cards(*chart) for advice in cluster}


@pytest.mark.parametrize("name", ["complex-many-things-at-once", "bulbar-onset-fvc-falling"])
def test_the_reasons_of_a_card_are_those_that_it_offers(name: str) -> None:
    findings, view = judged(name)
    clusters = capped(grouped(findings, view), HOOK)
    offered = [
        tuple(reason["code"] for reason in card.body.get("overrideReasons", ()))
        for card in cards(findings, view, "")
    ]
    assert [reasons(cluster) for cluster in clusters] == offered


def test_what_was_overridden_keeps_silent_and_makes_room_for_what_was_left_out() -> None:
    held = memory(overriding=True)
    first = shown(held, judged("bulbar-onset-fvc-falling"))
    second = shown(held, judged("bulbar-onset-fvc-falling", 7 * DAY))
    assert first
    assert second.isdisjoint(first)


def test_what_nobody_answers_is_seen_again_but_for_what_speaks_once() -> None:
    """How riluzole is swallowed is asked once; all else comes back."""
    held = memory(overriding=False)
    first = shown(held, judged("bulbar-onset-fvc-falling"))
    same = shown(held, judged("bulbar-onset-fvc-falling", timedelta(hours=23)))
    later = shown(held, judged("bulbar-onset-fvc-falling", 2 * DAY))
    assert first == same
    assert "riluzole-formulation-swallow" not in later
    assert first - {"riluzole-formulation-swallow"} <= later
