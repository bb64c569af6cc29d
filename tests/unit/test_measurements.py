"""Which reading stands for a day, a lookback or a session, and what is said when none does."""

from datetime import date
from typing import Any

import pytest

from cdshooks.chart import answer
from cdshooks.rules.authoring import Latest, Missing, Reading, Series, Sitting, Together, Why
from tests.support.charts import chart, local, observation, snomed

RECENT = "resp_value_max_age_days"
SITTING = Latest("vc-percent", RECENT, not_position="supine")
NIGHT = Together("overnight oximetry", ("spo2-t90", "spo2-recording-minutes"),
                 ("spo2-recording-minutes",), RECENT)  # fmt: skip
Json = dict[str, Any]


def fvc(value: float, at: str = "2026-05-20", id: str = "", **members: Any) -> Json:
    quantity = {"value": value, "unit": "%"}
    return observation("19872-1", quantity, id=id or f"f{value}", effectiveDateTime=at, **members)


def svc(value: float, at: str = "2026-05-20") -> Json:
    quantity = {"value": value, "unit": "%"}
    return observation("98088-8", quantity, id=f"s{value}", effectiveDateTime=at)


def gas(value: float, at: str = "2026-05-20T09:00:00Z") -> Json:
    quantity = {"value": value, "unit": "mmHg"}
    return observation("2019-8", quantity, id=f"g{value}", effectiveDateTime=at)


def latest(*resources: Json, wanted: Latest = SITTING, **options: Any) -> Reading:
    found = answer(chart(list(resources), wanted, **options), wanted)
    assert isinstance(found, Reading)
    return found


def missing(*resources: Json, wanted: Latest | Together = SITTING, **options: Any) -> Missing:
    found = answer(chart(list(resources), wanted, **options), wanted)
    assert isinstance(found, Missing)
    return found


def page(*resources: Json, **members: Any) -> Json:
    return {"breathing": {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}
            | members}  # fmt: skip


NEXT = [{"relation": "next", "url": "https://fhir.example/next"}]


def test_the_newest_reading_answers() -> None:
    assert latest(fvc(60, "2026-03-01"), fvc(46), fvc(70, "2026-01-01")).value == 46


def test_the_best_effort_of_a_day_answers() -> None:
    reading = latest(fvc(46), fvc(50), fvc(48))
    assert (reading.value, reading.rival) == (50, None)


@pytest.mark.parametrize(("other", "rival"), [(45, None), (44.9, 44.9)])
def test_efforts_too_far_apart_are_rivals(other: float, rival: float | None) -> None:
    view = chart([fvc(50), fvc(other)], SITTING)
    best = answer(view, SITTING)
    assert isinstance(best, Reading)
    assert best.value == 50
    assert (best.rival and float(best.rival.value)) == rival
    worst = answer(view.worst_view(), SITTING)
    assert isinstance(worst, Reading)
    assert float(worst.value) == (rival or 50)


def test_a_rival_is_named_with_its_origin() -> None:
    reading = latest(fvc(50), fvc(40))
    assert "FVC 40% was recorded the same day" in reading.notes
    assert [o.resource for o in reading.origins] == ["Observation/f50", "Observation/f40"]


@pytest.mark.parametrize(("slow", "rival"), [(60, None), (60.1, 50)])
def test_two_kinds_may_be_further_apart(slow: float, rival: float | None) -> None:
    reading = latest(fvc(50), svc(slow))
    assert (reading.label, reading.rival and reading.rival.value) == ("SVC", rival)


@pytest.mark.parametrize(
    ("at", "label"), [("2026-05-19T09:00:00Z", "SVC"), ("2026-05-19T08:59:00Z", "FVC")]
)
def test_two_kinds_within_a_day_and_a_night_are_one_test(at: str, label: str) -> None:
    reading = latest(fvc(50, "2026-05-20T09:00:00Z"), svc(70, at))
    assert reading.label == label
    assert ("FVC 50% was recorded 20 May 2026" in reading.notes) == (label == "SVC")


def test_two_kinds_without_times_are_one_test_only_on_one_day() -> None:
    assert latest(fvc(50), svc(70, "2026-05-19T10:00:00Z")).label == "FVC"
    assert latest(fvc(50, "2026-05-20T09:00:00Z"), svc(70, "2026-05-19")).label == "FVC"


def test_the_smallest_of_three_efforts_is_the_rival() -> None:
    reading = latest(fvc(50), fvc(43), fvc(40))
    assert reading.rival is not None
    assert reading.rival.value == 40
    last = latest(gas(40), gas(45), gas(52), wanted=Latest("paco2", RECENT))
    assert last.notes == ("PaCO2 40 mmHg was recorded the same day",)


def test_one_kind_of_another_day_is_another_test() -> None:
    reading = latest(fvc(50, "2026-05-20T09:00:00Z"), fvc(70, "2026-05-19T10:00:00Z"))
    assert reading.value == 50


def test_the_worse_gas_of_a_day_answers_and_both_are_named() -> None:
    reading = latest(gas(40), gas(52), wanted=Latest("paco2", RECENT))
    assert (reading.value, reading.rival) == (52, None)
    assert reading.notes == ("PaCO2 40 mmHg was recorded the same day",)


def test_the_last_score_of_a_day_answers() -> None:
    early = observation("82940-8", {"value": 4}, id="a", effectiveDateTime="2026-05-20T08:00:00Z")
    late = observation("82940-8", {"value": 2}, id="b", effectiveDateTime="2026-05-20T10:00:00Z")
    wanted = Latest("alsfrs-item-1", None)
    assert latest(late, early, wanted=wanted).value == 2
    again = early | {"id": "c", "effectiveDateTime": "2026-05-20T11:00:00Z", "valueInteger": 3}
    del again["valueQuantity"]
    assert latest(late, early, again, wanted=wanted).value == 3


def test_positions_are_never_mixed() -> None:
    lying = fvc(40, "2026-05-21", method=snomed("40199007"))
    assert latest(fvc(60), lying).value == 60
    supine = Latest("vc-percent", RECENT, position="supine")
    assert latest(fvc(60), lying, wanted=supine).value == 40
    assert missing(lying).text == "VC in % of predicted recorded only supine"
    assert missing(lying).why is Why.CONTEXT
    older = fvc(44, "2026-02-01", method=snomed("40199007"))
    assert [o.resource for o in missing(lying, older).origins] == ["Observation/f40"]
    assert missing(fvc(60), wanted=supine).text == (
        "VC in % of predicted, supine recorded only sitting"
    )


def test_a_position_that_was_not_recorded_is_said() -> None:
    assert latest(fvc(60)).notes == ("position not recorded",)
    assert latest(fvc(60, method=snomed("33586001"))).notes == ()
    assert latest(gas(50), wanted=Latest("paco2", None)).notes == ()


@pytest.mark.parametrize(("at", "found"), [("2025-11-30", True), ("2025-11-29", False)])
def test_a_lookback_includes_its_first_day(at: str, found: bool) -> None:
    answered = answer(chart([fvc(46, at)], SITTING), SITTING)
    assert isinstance(answered, Reading) is found


def test_a_value_that_is_too_old_is_told_with_its_age() -> None:
    old = missing(fvc(46, "2025-11-29"), fvc(80, "2025-01-01"))
    assert (old.why, old.text) == (Why.STALE, "last FVC 46% (29 Nov 2025) is 184 days old")
    assert old.last is not None
    assert old.proven


def test_nothing_recorded_is_proven_only_by_a_search_that_was_answered() -> None:
    assert missing().why is Why.NEVER
    assert missing().proven
    assert missing(without=("breathing",)).failed == ("breathing",)
    unread = missing(changed={"breathing": {"resourceType": "OperationOutcome"}})
    assert (unread.why, unread.proven) == (Why.UNREAD, False)
    assert unread.text == "VC in % of predicted could not be read (breathing tests)"
    assert missing(wanted=SITTING, changed=page(link=NEXT)).why is Why.UNREAD
    assert missing(wanted=Latest("spo2-t90", None)).text == "T90 never recorded"
    assert missing(wanted=Latest("snip", None)).text == "SNIP never recorded"


def test_what_nobody_asked_for_is_not_missing() -> None:
    view = chart([], Latest("alt", None))
    found = answer(view, SITTING)
    assert isinstance(found, Missing)
    assert (found.why, found.text) == (Why.UNASKED, "VC in % of predicted was not asked for")


def test_a_sorted_page_that_reaches_beyond_the_lookback_proves_absence() -> None:
    both = (gas(41, "2026-05-01"), gas(42, "2025-11-29"))
    assert missing(changed=page(*both, link=NEXT)).why is Why.NEVER
    assert missing(changed=page(both[1], both[0], link=NEXT)).why is Why.UNREAD
    edge = gas(43, "2025-11-30")
    assert missing(changed=page(both[0], edge, link=NEXT)).why is Why.UNREAD


def test_a_value_beside_a_page_that_may_hide_a_later_one_says_so() -> None:
    doubt = "later results may exist that could not be read (breathing tests)"
    pages = (fvc(46), gas(41, "2026-05-25"))
    assert doubt in latest(changed=page(*pages, link=NEXT)).notes
    assert doubt not in latest(changed=page(*reversed(pages), link=NEXT)).notes
    error = {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}}
    failed = page()["breathing"] | {"entry": [{"resource": fvc(46)}, error]}
    assert doubt in latest(changed={"breathing": failed}).notes


def test_a_later_result_that_was_not_used_is_named() -> None:
    reading = latest(fvc(46), fvc(40, "2026-05-28", status="preliminary"))
    note = "a later result was not used: VC result is preliminary, not final (28 May 2026)"
    assert note in reading.notes
    both = (fvc(40, "2026-05-28", status="preliminary"), fvc(800, "2026-05-27"))
    assert note in latest(fvc(46), *both).notes
    assert not any("later" in n for n in latest(fvc(46), fvc(800, "2026-05-20")).notes)


def test_a_result_that_cannot_be_used_is_the_reason() -> None:
    found = missing(fvc(800, "2026-05-02"), fvc(900, "2026-05-03"))
    assert (found.why, found.text) == (
        Why.IMPLAUSIBLE,
        "FVC 900% is not plausible (3 May 2026)",
    )
    assert [o.resource for o in found.origins] == ["Observation/f900"]
    assert missing(fvc(800, "2025-11-29")).why is Why.NEVER
    assert missing(fvc(800, "2025-11-30")).why is Why.IMPLAUSIBLE
    three = (fvc(800, "2026-05-02"), fvc(900, "2026-05-03"), fvc(901, "2026-05-04"))
    assert "901" in missing(*three).text


def test_a_series_has_one_reading_a_day_oldest_first() -> None:
    wanted = Series("vc-percent", RECENT, not_position="supine")
    lying = fvc(30, "2026-05-21", method=snomed("40199007"))
    edge = fvc(71, "2025-11-30")
    found = answer(
        chart(
            [fvc(46), fvc(50), fvc(60, "2026-03-01"), fvc(70, "2025-11-29"), lying, edge], wanted
        ),
        wanted,
    )
    assert isinstance(found, tuple)
    assert [(r.day, int(r.value)) for r in found] == [
        (date(2025, 11, 30), 71),
        (date(2026, 3, 1), 60),
        (date(2026, 5, 20), 50),
    ]


def night(code: str, value: float, at: str, unit: str) -> Json:
    quantity = {"value": value, "unit": unit}
    return observation("x", quantity, code=local(code), id=f"{code}{at}", effectiveDateTime=at)


def test_what_was_measured_at_one_time_belongs_together() -> None:
    night_1, night_2 = "2026-05-20T23:00:00Z", "2026-05-20T23:30:00+00:00"
    found = answer(
        chart(
            [
                night("spo2-t90", 12, night_1, "%"),
                night("spo2-rec-min", 400, night_1, "min"),
                night("spo2-t90", 30, night_2, "%"),
                night("spo2-rec-min", 300, night_2, "min"),
                night("spo2-t90", 99, "2026-05-27T23:00:00Z", "%"),
            ],
            NIGHT,
        ),
        NIGHT,
    )
    assert isinstance(found, Sitting)
    share, minutes = found["spo2-t90"], found["spo2-recording-minutes"]
    assert share is not None
    assert minutes is not None
    assert (share.value, minutes.value, found.age) == (30, 300, 12)
    assert found["ast"] is None


def test_a_session_that_is_missing_says_why() -> None:
    old = "2025-11-29T23:00:00Z"
    assert missing(wanted=NIGHT).why is Why.NEVER
    stale = missing(night("spo2-rec-min", 400, old, "min"), wanted=NIGHT)
    assert (stale.why, stale.text) == (
        Why.STALE,
        "overnight oximetry last recorded 29 Nov 2025",
    )
    edge = chart([night("spo2-rec-min", 400, "2025-11-30", "min")], NIGHT)
    assert isinstance(answer(edge, NIGHT), Sitting)
    alone = missing(
        night("spo2-t90", 12, "2026-05-20", "%"),
        night("spo2-t90", 13, "2026-05-01", "%"),
        wanted=NIGHT,
    )
    assert alone.origins[0].resource == "Observation/spo2-t902026-05-20"
    assert alone.why is Why.CONTEXT
    assert alone.text.startswith("overnight oximetry recorded without: Valid recording time")
    wrong = missing(night("spo2-rec-min", 400, "2026-05-20", "%"), wanted=NIGHT)
    assert wrong.why is Why.UNIT
    newer = night("spo2-t90", 800, "2026-05-22", "%")
    older = night("spo2-rec-min", 400, "2026-05-20", "%")
    assert missing(newer, older, wanted=NIGHT).why is Why.IMPLAUSIBLE
    assert missing(night("spo2-rec-min", 400, old, "%"), wanted=NIGHT).why is Why.NEVER
    assert missing(wanted=NIGHT, without=("breathing",)).why is Why.UNREAD
