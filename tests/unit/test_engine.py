"""The engine: subjects, isolation, conflicts, and what it tells of unread data."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import pytest

from cdshooks.engine import Finding, run
from cdshooks.rules.authoring import (
    CannotAssess,
    Delete,
    Draft,
    Latest,
    Missing,
    NotIndicated,
    NotRead,
    OneOf,
    Order,
    Outcome,
    Reading,
    Recommend,
    State,
    Unread,
    derived,
)
from cdshooks.rules.authoring.outcomes import Indicator
from tests.support import drafts, resources
from tests.support.line import TODAY, made, view_of

RECENT = "resp_value_max_age_days"
Vc = Annotated[Reading | Missing, Latest("vc-percent", lookback=RECENT)]


def fvc(phrase: str) -> dict[str, Any]:
    return resources.observation("vc-percent", phrase, TODAY)


def low(vc: Vc) -> Outcome:
    """A rule for tests: vital capacity below half."""
    if isinstance(vc, Missing):
        return CannotAssess(vc.text, vc.failed)
    if vc.value < 50:
        return Recommend(f"Low: {vc.amount}", "warning", evidence=(vc,))
    return NotIndicated(str(vc))


def only(findings: tuple[Finding, ...]) -> Finding:
    [finding] = findings
    return finding


def test_a_rule_that_raises_is_reported_and_the_others_go_on() -> None:
    def broken(vc: Vc) -> Outcome:
        raise ZeroDivisionError("a value that must not be told")

    view = view_of([fvc("40 %")])
    failed, fine = run([made(broken), made(low)], view)
    assert failed.error == "ZeroDivisionError"
    assert failed.outcome == CannotAssess("an internal error; it was logged")
    assert isinstance(fine.outcome, Recommend)
    assert fine.error is None


def test_a_rule_runs_only_on_the_hooks_that_it_names() -> None:
    view = view_of([fvc("40 %")])
    assert run([made(low, hooks=("order-sign",))], view) == ()


def test_two_values_of_one_day_that_both_speak_speak_normally() -> None:
    finding = only(run([made(low)], view_of([fvc("40 %"), fvc("48 %")])))
    assert isinstance(finding.outcome, Recommend)
    assert (finding.outcome.indicator, finding.outcome.summary) == ("warning", "Low: 48%")
    assert not finding.conflict


def test_two_values_of_one_day_of_which_one_speaks_speak_softly() -> None:
    finding = only(run([made(low)], view_of([fvc("40 %"), fvc("60 %")])))
    assert isinstance(finding.outcome, Recommend)
    assert finding.outcome.indicator == "info"
    assert finding.outcome.summary == "Conflicting values. Low: 40%"
    assert finding.outcome.because[0].startswith("Values of the same day disagree")
    assert finding.conflict


def test_advice_that_only_the_best_effort_gives_holds_and_says_that_values_disagree() -> None:
    def high(vc: Vc) -> Outcome:
        good = isinstance(vc, Reading) and vc.value > 50
        return Recommend("High", "warning") if good else NotIndicated("")

    finding = only(run([made(high)], view_of([fvc("40 %"), fvc("60 %")])))
    assert isinstance(finding.outcome, Recommend)
    assert (finding.outcome.indicator, finding.outcome.summary) == ("warning", "High")
    assert finding.outcome.because == ("Values of the same day disagree; repeat the test.",)
    assert finding.conflict


@pytest.mark.parametrize("lower", ["warning", "critical"])
def test_two_values_that_speak_at_two_levels_give_the_milder_advice(lower: Indicator) -> None:
    other: Indicator = "critical" if lower == "warning" else "warning"

    def graded(vc: Vc) -> Outcome:
        low = isinstance(vc, Reading) and vc.value < 50
        return Recommend(f"Value of {vc}", lower if low else other, evidence=())

    finding = only(run([made(graded)], view_of([fvc("40 %"), fvc("60 %")])))
    assert isinstance(finding.outcome, Recommend)
    assert finding.outcome.indicator == "warning"
    assert not finding.outcome.summary.startswith("Conflicting")
    assert finding.conflict


def test_two_values_that_both_say_nothing_are_no_conflict_of_the_rule() -> None:
    finding = only(run([made(low)], view_of([fvc("60 %"), fvc("80 %")])))
    assert isinstance(finding.outcome, NotIndicated)
    assert not finding.conflict


def one_order(order: Annotated[Order, Draft("riluzole")]) -> Outcome:
    """A rule for tests: names the order that it is run for."""
    return Recommend(order.reference, "critical", evidence=(order,))


def test_a_rule_on_an_order_runs_once_for_each_draft_of_its_drug() -> None:
    orders = [drafts.draft("199206"), drafts.draft("1924316"), drafts.draft("2058147")]
    found = run([made(one_order)], view_of([], hook="order-sign", orders=orders))
    named = [f.order.reference for f in found if f.order]
    assert named == [f"MedicationRequest/{orders[0]['id']}", f"MedicationRequest/{orders[2]['id']}"]


def test_advice_on_a_drug_matched_by_name_is_a_warning_at_most_and_says_so() -> None:
    view = view_of([], hook="order-sign", orders=[drafts.draft("name:riluzole")])
    outcome = only(run([made(one_order)], view)).outcome
    assert isinstance(outcome, Recommend)
    assert (outcome.indicator, outcome.because[0]) == ("warning", "Matched by name only.")


def test_no_rule_judges_an_order_whose_code_and_text_disagree() -> None:
    view = view_of([], hook="order-sign", orders=[drafts.draft("199206:Radicava")])
    outcome = only(run([made(one_order)], view)).outcome
    assert isinstance(outcome, CannotAssess)


def pair(
    one: Annotated[Order, OneOf("riluzole")], other: Annotated[Order, OneOf("edaravone")]
) -> Outcome:
    """A rule for tests: names both sides of a pair."""
    return Recommend(f"{one.drug} and {other.drug}", "critical", offers=(Delete(one),))


RILUZOLE, EDARAVONE = "199206", "1924316"


def prescription(code: str) -> dict[str, Any]:
    [found] = resources.record(f"prescription {code} active, 20 days ago", TODAY)
    return found


@pytest.mark.parametrize(
    ("taken", "drafted"), [(RILUZOLE, EDARAVONE), (EDARAVONE, RILUZOLE)], ids=["one", "other"]
)
def test_a_pair_is_found_whichever_of_the_two_is_ordered_last(taken: str, drafted: str) -> None:
    order = drafts.draft(drafted)
    view = view_of([prescription(taken)], hook="order-sign", orders=[order])
    finding = only(run([made(pair)], view))
    assert isinstance(finding.outcome, Recommend)
    assert finding.outcome.summary == "riluzole and edaravone"
    assert finding.order
    assert finding.order.id == order["id"]


def test_a_pair_of_two_drafts_is_one_finding_on_the_one_drafted_first() -> None:
    orders = [drafts.draft(EDARAVONE), drafts.draft(RILUZOLE)]
    finding = only(run([made(pair)], view_of([], hook="order-sign", orders=orders)))
    assert finding.order
    assert finding.order.id == orders[0]["id"]


def test_a_pair_without_a_draft_to_assess_is_not_news() -> None:
    taken = [prescription(RILUZOLE), prescription(EDARAVONE)]
    assert run([made(pair)], view_of(taken, hook="order-sign")) == ()


def test_at_order_select_a_draft_that_is_not_selected_can_be_the_other_side() -> None:
    orders = [drafts.draft(EDARAVONE), drafts.draft(RILUZOLE)]
    selected = (f"MedicationRequest/{orders[1]['id']}",)
    view = view_of([], hook="order-select", orders=orders, selections=selected)
    finding = only(run([made(pair)], view))
    assert finding.order
    assert finding.order.id == orders[1]["id"]


def test_a_drug_does_not_pair_with_itself() -> None:
    def twice(
        one: Annotated[Order, OneOf("riluzole")], other: Annotated[Order, OneOf("riluzole")]
    ) -> Outcome:
        return Recommend("twice", "info")

    orders = [drafts.draft(RILUZOLE), drafts.draft("2058147")]
    assert run([made(twice)], view_of([], hook="order-sign", orders=orders[:1])) == ()
    assert len(run([made(twice)], view_of([], hook="order-sign", orders=orders))) == 1


def test_what_failed_is_told_to_the_rule_that_reports_it() -> None:
    def report(unread: Annotated[NotRead, Unread()]) -> Outcome:
        return Recommend(", ".join((*unread.searches, *unread.titles)), "info")

    whole = view_of([fvc("40 %")])
    prefetch = {r.search.key: None for r in whole.results} | {
        "patient": {"resourceType": "Patient", "id": "anna"},
        "breathing": {"resourceType": "OperationOutcome", "issue": []},
    }
    found = run([made(report), made(low)], view_of([], prefetch=prefetch))
    [said] = [f.outcome for f in found if isinstance(f.outcome, Recommend)]
    assert said.summary == "breathing tests, A rule of a test"


@derived
def day_of_test() -> date | None:
    """A day for tests, forty days back."""
    return date(2026, 4, 22)


@derived
def no_day() -> date | None:
    """No day at all."""
    return None


@derived
def vc_state(vc: Vc) -> str:
    """The reading as text, for tests."""
    return vc.amount if isinstance(vc, Reading) else vc.why.value


def test_a_state_as_of_a_day_sees_only_what_was_known_then() -> None:
    def then_and_now(
        now: Annotated[str, State(vc_state)],
        then: Annotated[str | None, State(vc_state, as_of=day_of_test)],
        never: Annotated[str | None, State(vc_state, as_of=no_day)],
    ) -> Outcome:
        return Recommend(f"{then} then, {now} now, {never}", "info")

    view = view_of([fvc("60 %, 60 days ago"), fvc("45 %, 10 days ago")])
    outcome = only(run([made(then_and_now)], view)).outcome
    assert isinstance(outcome, Recommend)
    assert outcome.summary == "60% then, 45% now, None"


def test_each_finding_says_how_long_its_rule_took() -> None:
    finding = only(run([made(low)], view_of([fvc("40 %")])))
    assert 0 < finding.ms < 1000
    assert replace(finding, ms=0.0).ms == 0.0
