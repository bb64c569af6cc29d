"""One patient replayed: what fired when, what was left of it, and what became of it."""

import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cdshooks.population.assess import DECIDING, Assessor
from cdshooks.population.record import Record
from cdshooks.population.replaying.rows import COLUMNS, TABLES, row
from cdshooks.population.replaying.task import Replay
from cdshooks.population.replaying.visits import Span
from tests.replaying.charts import (
    FIRST,
    PERSON,
    SECOND,
    SPAN,
    THIRD,
    course,
    diagnosis,
    fvc,
    order,
    prescription,
    rows,
    visit,
)
from tests.support.resources import observation, record

REFERRED = course(order("respiratory-referral", SECOND))
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def told() -> Rows:
    """The course with bad breathing from the second visit on, when a referral was written."""
    return rows(REFERRED)


def of_kind(told: Rows, kind: str) -> Rows:
    return [one for one in told if one["kind"] == kind]


def firing(told: Rows, rule: str) -> list[date]:
    return [one["date"] for one in told if one.get("rule") == rule and one.get("fired")]


def first(told: Rows, rule: str) -> dict[str, Any]:
    [found] = [one for one in told if one["kind"] == "first" and one["rule"] == rule]
    return found


def test_the_rules_are_asked_once_for_each_visit(told: Rows) -> None:
    assert [one["date"] for one in of_kind(told, "view")] == [FIRST, SECOND, THIRD]


def test_a_rule_fires_from_the_visit_on_at_which_its_reason_was_measured(told: Rows) -> None:
    assert firing(told, "niv-consider") == [SECOND, THIRD]
    assert firing(told, "riluzole-consider") == [FIRST, SECOND, THIRD]


def test_what_fires_on_a_day_is_what_a_call_of_that_day_would_say(told: Rows) -> None:
    """The chart of the second visit, as somebody would write it down by hand."""
    then = Record(
        "anna",
        tuple(
            resource
            for resource in course().resources
            if resource["id"] != f"visit-{THIRD}" and str(THIRD) not in str(resource)
        ),
    )
    said = Assessor()(then, datetime(SECOND.year, SECOND.month, SECOND.day, 12, tzinfo=UTC))
    expected = {(one.rule, one.indicator, one.shown) for one in said.fired}
    assert expected == {
        (one["rule"], one["indicator"], one["shown"])
        for one in of_kind(told, "rule")
        if one["date"] == SECOND and one["fired"]
    }
    [view] = [one for one in of_kind(told, "view") if one["date"] == SECOND]
    assert (view["rules"], view["cards"]) == (len(said.fired), len(said.cards))


def test_rules_that_lack_data_are_told_apart_from_those_that_fire(told: Rows) -> None:
    silent = [one for one in of_kind(told, "rule") if one["missing"]]
    assert {"weight-loss-significant", "chin-tuck"} <= {one["rule"] for one in silent}
    assert not any(one["fired"] or one["shown"] or "indicator" in one for one in silent)


def test_a_topic_has_one_card_and_a_call_five(told: Rows) -> None:
    stages = ("rules", "groups", "cards", "cards_unanswered", "cards_overridden")
    counted = [tuple(one[stage] for stage in stages) for one in of_kind(told, "view")]
    assert counted == [(3, 2, 2, 2, 2), (7, 6, 5, 5, 4), (8, 6, 5, 5, 2)]


def test_an_overridden_card_is_back_on_the_day_after_its_time() -> None:
    """The first reason of the card about riluzole is that the patient refuses, for 183 days."""
    later = (FIRST + timedelta(days=183), FIRST + timedelta(days=184))
    chart = Record("anna", (PERSON, *diagnosis(FIRST), *(visit(day) for day in (FIRST, *later))))
    told = [one for one in rows(chart, kind="rule") if one["rule"] == "riluzole-consider"]
    assert [one["shown_overridden"] for one in told] == [True, False, True]
    assert [one["shown_unanswered"] for one in told] == [True, True, True]


def test_a_card_that_got_more_urgent_is_seen_again_although_it_was_overridden(told: Rows) -> None:
    [again] = [
        one
        for one in told
        if one.get("rule") == "nutrition-assessment-due" and one["date"] == THIRD and "fired" in one
    ]
    assert (again["indicator"], again["shown_overridden"]) == ("warning", True)


def test_an_order_of_the_visit_at_which_a_rule_first_fired_answers_it(told: Rows) -> None:
    answer = first(told, "niv-consider")
    assert answer["date"] == SECOND
    assert (answer["answered_by"], answer["days_to_answer"]) == ("order", 0)
    assert answer["days_followed"] == (THIRD - SECOND).days


def test_an_order_from_before_answers_nothing() -> None:
    early = first(rows(course(order("respiratory-referral", FIRST))), "niv-consider")
    assert early["sought"] is True
    assert "answered_by" not in early


def test_a_drug_answers_by_any_of_its_products_and_ends_the_advice() -> None:
    """Another product than the one that the card drafts, ten days after the second visit."""
    told = rows(course(*prescription("2058147", date(2024, 5, 11))))
    answer = first(told, "riluzole-consider")
    assert (answer["answered_by"], answer["days_to_answer"]) == ("order", 100)
    assert answer["days_to_silence"] == (THIRD - FIRST).days
    assert firing(told, "riluzole-consider") == [FIRST, SECOND]


def test_an_order_that_was_drafted_or_cancelled_answers_nothing() -> None:
    dropped = (order("respiratory-referral", SECOND, status=s) for s in ("draft", "cancelled"))
    assert "answered_by" not in first(rows(course(*dropped)), "niv-consider")


def test_monitoring_is_answered_by_a_new_value_of_what_it_names() -> None:
    """Breathing tests that are due half a year after the first, and made a month later."""
    later, last = date(2024, 9, 1), date(2024, 10, 5)
    chart = Record(
        "anna",
        (
            PERSON,
            *diagnosis(FIRST),
            fvc(95, FIRST),
            visit(later),
            fvc(94, last),
            visit(last),
        ),
    )
    answer = first(rows(chart), "pft-overdue")
    assert (answer["date"], answer["answered_by"]) == (later, "result")
    assert answer["days_to_answer"] == (last - later).days


def test_a_test_is_answered_by_every_code_of_what_it_measures() -> None:
    """ALT that is due on riluzole; the next one comes by another code than the usual one."""
    alt = observation("alt", "24 U/L code=77144-4, today", THIRD)
    told = rows(course(*prescription("199206", FIRST), alt))
    answer = first(told, "riluzole-monitoring-due")
    assert (answer["date"], answer["answered_by"]) == (SECOND, "result")
    assert answer["days_to_answer"] == (THIRD - SECOND).days


def test_advice_about_a_value_is_not_answered_by_measuring_it_again() -> None:
    worse = first(rows(course()), "niv-consider")
    assert worse["sought"] is True
    assert "answered_by" not in worse


def test_advice_whose_draft_has_no_code_cannot_be_followed(told: Rows) -> None:
    assert first(told, "advance-directive")["sought"] is False


def test_the_patient_is_told_with_what_was_followed(told: Rows) -> None:
    [patient] = of_kind(told, "patient")
    assert patient == {
        "kind": "patient",
        "patient": "anna",
        "profile": "default",
        "date": FIRST,
        "als": True,
        "views": 3,
        "undecided": 0,
        "undated": 0,
        "days_followed": (THIRD - FIRST).days,
    }


def test_before_the_diagnosis_a_chart_does_not_count() -> None:
    early = visit(date(2024, 1, 15))
    assert [one["date"] for one in rows(course(early), kind="view")] == [FIRST, SECOND, THIRD]


def test_of_somebody_without_als_there_is_no_row() -> None:
    nobody = Record("anna", (PERSON, visit(FIRST), fvc(45, FIRST)))
    assert rows(nobody) == []
    assert not Replay(SPAN).concerns(nobody)


def test_a_drug_for_als_that_was_stopped_since_concerns_the_rules() -> None:
    stopped = record("prescription 199206 stopped, 30 to 10 days ago", date(2024, 6, 1))
    taken = Record("anna", (PERSON, *stopped, visit(date(2024, 5, 15))))
    deciding = Record("anna", taken.of(DECIDING))
    assert Replay(SPAN).concerns(deciding)
    [view] = rows(taken, kind="view")
    assert (view["date"], view["als"]) == (date(2024, 5, 15), False)


def test_a_patient_of_whom_the_diagnosis_cannot_be_read_is_counted() -> None:
    damaged = Record("anna", (*course().resources[:1], visit(FIRST)), damaged=frozenset(DECIDING))
    [patient] = rows(damaged)
    assert (patient["kind"], patient["views"], patient["undecided"]) == ("patient", 0, 1)


def test_two_profiles_are_asked_about_the_same_days() -> None:
    """An FVC of 62% calls for ventilation in Canada alone."""
    chart = Record("anna", (PERSON, *diagnosis(FIRST), fvc(62, FIRST), visit(FIRST)))
    told = rows(chart, Replay(SPAN, (("default",), ("canada-2020",))))
    assert {one["profile"] for one in of_kind(told, "view")} == {"default", "canada-2020"}
    asked = {one["profile"] for one in told if one.get("rule") == "niv-consider" and "fired" in one}
    assert asked == {"canada-2020"}


def test_ids_are_hashed_on_request() -> None:
    told = rows(REFERRED, Replay(SPAN, key="a key that is long enough"))
    assert "anna" not in str(told)
    assert len({one["patient"] for one in told}) == 1


def test_settings_tell_what_rows_depend_on_and_never_the_key() -> None:
    plain, keyed = Replay(SPAN), Replay(SPAN, key="a key that is long enough")
    assert plain.settings != keyed.settings
    assert "a key that" not in str(keyed.settings)
    assert "a key that" not in repr(keyed)
    other = Replay(Span(SPAN.start, SPAN.end, every=28))
    assert plain.settings != other.settings


def test_a_replay_can_be_sent_to_another_process(told: Rows) -> None:
    sent: Replay = pickle.loads(pickle.dumps(Replay(SPAN)))
    assert rows(REFERRED, sent) == told


def test_every_column_belongs_to_a_table() -> None:
    named = {column for _, columns in TABLES.values() for column in columns.split()}
    assert named == set(COLUMNS) - {"kind"}


def test_a_row_refuses_what_is_not_on_the_list() -> None:
    with pytest.raises(KeyError):
        row(kind="view", summary="FVC 45%")
