"""From an Observation to a reading, or to the reason why there is none."""

import gc
import weakref
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cdshooks.chart.readings import Candidates, back_to, candidates, newest, read_so_far
from cdshooks.rules.authoring import Latest, Why
from cdshooks.rules.authoring.values import Position
from tests.support.charts import KNOWLEDGE, chart, local, observation, snomed

FVC, FVC_LITRES, FVC_PREDICTED, PACO2, ITEM_1, ALT = (
    "19872-1",
    "19868-9",
    "19869-7",
    "2019-8",
    "82940-8",
    "1742-6",
)
PERCENT = {"value": 46, "unit": "%", "code": "%"}


def read(measure: str, *resources: dict[str, Any], **options: Any) -> Candidates:
    view = chart(list(resources), Latest(measure, None), **options)
    return candidates(view, KNOWLEDGE.base.measures[measure])


def reason(measure: str, resource: dict[str, Any]) -> tuple[Why, str]:
    found = read(measure, resource)
    assert not found.usable
    [rejected] = found.rejected
    return rejected.why, rejected.because


def value(measure: str, resource: dict[str, Any]) -> Decimal:
    found = read(measure, resource)
    assert not found.rejected
    [reading] = found.usable
    return reading.value


def snip(quantity: dict[str, Any], **members: Any) -> dict[str, Any]:
    return observation("x", quantity, code=local("snip"), **members)


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_final_result_is_used(status: str) -> None:
    assert value("vc-percent", observation(FVC, PERCENT, status=status)) == 46


@pytest.mark.parametrize("status", ["preliminary", "registered"])
def test_a_result_that_is_not_final_is_named_and_not_used(status: str) -> None:
    why, because = reason("vc-percent", observation(FVC, PERCENT, status=status))
    assert why is Why.CONTEXT
    assert because == f"VC result is {status}, not final"


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "unknown"])
def test_a_result_that_was_withdrawn_is_not_there(status: str) -> None:
    assert read("vc-percent", observation(FVC, PERCENT, status=status)) == Candidates((), ())


def test_a_result_without_a_status_is_named_and_not_used() -> None:
    assert reason("vc-percent", observation(FVC, PERCENT, status=None))[0] is Why.UNREADABLE


def test_a_value_that_is_said_to_be_absent_is_not_there() -> None:
    absent = observation(FVC, PERCENT, dataAbsentReason={"text": "not done"})
    assert read("vc-percent", absent) == Candidates((), ())


@pytest.mark.parametrize(
    ("members", "day"),
    [
        ({}, date(2026, 5, 20)),
        ({"effectiveDateTime": "2026-05"}, date(2026, 5, 1)),
        ({"effectiveDateTime": "2026"}, date(2026, 1, 1)),
        ({"effectiveDateTime": "2026-05-20T23:30:00-03:00"}, date(2026, 5, 21)),
        ({"effectiveDateTime": "2026-05-20T23:30:00"}, date(2026, 5, 20)),
        (
            {
                "effectiveDateTime": None,
                "effectivePeriod": {"start": "2026-05-02", "end": "2026-05-03"},
            },
            date(2026, 5, 3),
        ),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-05-02"}},
            date(2026, 5, 2),
        ),
        (
            {"effectiveDateTime": None, "effectiveInstant": "2026-05-04T01:00:00Z"},
            date(2026, 5, 4),
        ),
        ({"effectiveDateTime": None, "issued": "2026-05-05T01:00:00Z"}, date(2026, 5, 5)),
    ],
)
def test_the_day_is_that_of_the_test(members: dict[str, Any], day: date) -> None:
    [reading] = read("vc-percent", observation(FVC, PERCENT, **members)).usable
    assert reading.day == day
    assert reading.age == (date(2026, 6, 1) - day).days
    assert ("test date not recorded" in reading.notes) == ("issued" in members)


def test_the_day_is_the_one_of_the_site() -> None:
    late = observation(FVC, PERCENT, effectiveDateTime="2026-05-20T23:30:00Z")
    [reading] = read("vc-percent", late, zone=ZoneInfo("Europe/Berlin")).usable
    assert reading.day == date(2026, 5, 21)


def test_a_result_without_a_date_is_not_used() -> None:
    assert reason("vc-percent", observation(FVC, PERCENT, effectiveDateTime=None)) == (
        Why.UNREADABLE,
        "VC has no readable date",
    )


@pytest.mark.parametrize(("hours", "used"), [(0, True), (24, True), (24.1, False), (9000, False)])
def test_a_result_from_more_than_a_day_ahead_is_not_used(hours: float, used: bool) -> None:
    at = datetime(2026, 6, 1, 10, tzinfo=UTC) + timedelta(hours=hours)
    found = read("vc-percent", observation(FVC, PERCENT, effectiveDateTime=at.isoformat()))
    assert bool(found.usable) is used
    assert [r.age for r in found.usable] == [0] * used
    assert [r.why for r in found.rejected] == [Why.IMPLAUSIBLE] * (not used)


def test_tomorrow_in_a_zone_ahead_is_not_the_future() -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    tomorrow = observation(FVC, PERCENT, effectiveDateTime="2026-06-02")
    assert read("vc-percent", tomorrow, zone=auckland).usable
    after = observation(FVC, PERCENT, effectiveDateTime="2026-06-03")
    assert read("vc-percent", after, zone=auckland, now=datetime(2026, 6, 1, 13, tzinfo=UTC)).usable


@pytest.mark.parametrize(
    "members",
    [
        {"interpretation": [{"text": "Unreliable, poor effort"}]},
        {"interpretation": {"coding": [{"display": "invalid"}]}},
        {"interpretation": [local("unreliable-result")]},
        {"note": [{"text": "manoeuvre not reproducible"}]},
    ],
)
def test_a_result_that_is_called_unreliable_is_not_used(members: dict[str, Any]) -> None:
    assert reason("vc-percent", observation(FVC, PERCENT, **members)) == (
        Why.CONTEXT,
        "VC is marked unreliable",
    )


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ({"value": 46, "unit": "%"}, "46"),
        ({"value": 46, "code": "%"}, "46"),
        ({"value": "46.5", "unit": "%"}, "46.5"),
        ({"value": 46}, "46"),
        ({"value": 0.46, "unit": "1"}, "46"),
        ({"value": 1.5, "code": "{ratio}"}, "150"),
        ({"value": 46, "unit": "percent of what is normal", "code": "%"}, "46"),
        ({"value": 46, "unit": "%", "code": "271", "system": "urn:oid:1.2.3"}, "46"),
        ({"value": 46, "code": "%", "system": "urn:oid:1.2.3"}, "46"),
        ({"value": 46, "unit": "% Predicted"}, "46"),
        ({"value": 5, "unit": "%"}, "5"),
        ({"value": 150, "unit": "%"}, "150"),
    ],
)
def test_a_percentage_is_read(quantity: dict[str, Any], expected: str) -> None:
    assert value("vc-percent", observation(FVC, quantity)) == Decimal(expected)


@pytest.mark.parametrize(
    ("quantity", "why", "because"),
    [
        ({"value": 0.46, "unit": "%"}, Why.IMPLAUSIBLE, "FVC 0.46 %: probably a fraction"),
        (
            {"value": 0.46, "unit": "%{predicted}"},
            Why.IMPLAUSIBLE,
            "FVC 0.46 %{predicted}: probably a fraction",
        ),
        ({"value": 0.46}, Why.IMPLAUSIBLE, "FVC 0.46 %: probably a fraction"),
        ({"value": 4.9, "unit": "%"}, Why.IMPLAUSIBLE, "FVC 4.9 %: probably a fraction"),
        ({"value": 1.7, "unit": "1"}, Why.IMPLAUSIBLE, "FVC 1.7 is too large for its unit"),
        ({"value": 800, "unit": "%"}, Why.IMPLAUSIBLE, "FVC 800 % is not plausible"),
        ({"value": 150.1, "unit": "%"}, Why.IMPLAUSIBLE, "FVC 150.1 % is not plausible"),
        ({"value": 2.1, "unit": "L"}, Why.UNIT, "FVC recorded in L, needed in %"),
        (
            {"value": 46, "unit": "%", "code": "1"},
            Why.UNIT,
            "FVC has a unit and a unit code that disagree",
        ),
        (
            {"value": 46, "unit": "mmHg", "code": "%"},
            Why.UNIT,
            "FVC has a unit and a unit code that disagree",
        ),
        (
            {"value": 46, "unit": "%", "code": "meq/L"},
            Why.UNIT,
            "FVC has a unit and a unit code that disagree",
        ),
        (
            {"value": 46, "unit": "%", "code": "271", "system": "http://unitsofmeasure.org"},
            Why.UNIT,
            "FVC has a unit and a unit code that disagree",
        ),
        (
            {"value": 46, "unit": "%", "code": "1", "system": "urn:oid:1.2.3"},
            Why.UNIT,
            "FVC has a unit and a unit code that disagree",
        ),
        (
            {"value": 46, "unit": "L", "code": "271", "system": "urn:oid:1.2.3"},
            Why.UNIT,
            "FVC recorded in L, needed in %",
        ),
        ({"value": 46, "unit": "%", "comparator": "ad"}, Why.UNREADABLE, None),
        ({"unit": "%"}, Why.UNREADABLE, "FVC has no readable value"),
        ({"value": True, "unit": "%"}, Why.UNREADABLE, "FVC has no readable value"),
        ({"value": "NaN", "unit": "%"}, Why.UNREADABLE, "FVC has no readable value"),
        (None, Why.UNREADABLE, "FVC has no readable value"),
    ],
)
def test_a_value_that_cannot_be_trusted_says_why(
    quantity: dict[str, Any] | None, why: Why, because: str | None
) -> None:
    found = reason("vc-percent", observation(FVC, quantity))
    assert found[0] is why
    assert because in (None, found[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("46", "46"),
        ("46 %", "46"),
        (" 46.5% predicted ", "46.5"),
        ("<46 %", "46"),
    ],
)
def test_a_result_that_came_as_text_is_read_if_it_is_a_number(text: str, expected: str) -> None:
    assert value("vc-percent", observation(FVC, None, valueString=text)) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    ["46 L", "46 % (2.1 L)", "46-50 %", "46,5 %", "46 % 47 %", "about 46 %", "FVC 46 %", "", "%"],
)
def test_other_text_is_no_result(text: str) -> None:
    assert reason("vc-percent", observation(FVC, None, valueString=text)) == (
        Why.UNREADABLE,
        "FVC has no readable value",
    )


def test_a_pressure_that_came_as_a_bare_number_has_no_unit() -> None:
    assert reason("snip", snip(None) | {"valueString": "38"})[0] is Why.UNIT
    assert value("snip", snip(None) | {"valueString": "-38 cmH2O"}) == 38
    [reading] = read("snip", snip(None) | {"valueString": "<10 cmH2O"}).usable
    assert (reading.value, reading.bound) == (10, "<")


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ({"value": -38, "unit": "cmH2O"}, "38"),
        ({"value": 38, "unit": "cmH2O"}, "38"),
        ({"value": 3.9, "unit": "kPa"}, "39.8"),
    ],
)
def test_a_pressure_is_its_magnitude(quantity: dict[str, Any], expected: str) -> None:
    assert round(value("snip", snip(quantity)), 1) == Decimal(expected)


@pytest.mark.parametrize("number", [0, 0.5, 200.5, -201])
def test_a_pressure_that_nobody_has_is_not_used(number: float) -> None:
    assert reason("snip", snip({"value": number, "unit": "cmH2O"}))[0] is Why.IMPLAUSIBLE


def test_a_pressure_without_a_unit_is_never_guessed() -> None:
    assert reason("snip", snip({"value": 38})) == (Why.UNIT, "SNIP has no unit")


@pytest.mark.parametrize(
    ("number", "comparator", "bound"),
    [(40, "<", "<"), (40, "<=", "≤"), (40, ">", ">"), (40, ">=", "≥"), (-40, "<", ">"),
     (-40, ">=", "≤"), (40, None, None), (-40, None, None)],
)  # fmt: skip
def test_a_limit_stays_a_limit_and_turns_with_the_sign(
    number: int, comparator: str | None, bound: str | None
) -> None:
    quantity = {"value": number, "unit": "cmH2O", "comparator": comparator}
    [reading] = read("snip", snip(quantity)).usable
    assert reading.bound == bound
    assert reading.origins[0].value == f"{bound or ''}40"


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [({"value": 6, "unit": "kPa"}, "45.0"), ({"value": 46, "unit": "mmHg"}, "46.0")],
)
def test_carbon_dioxide_is_read_in_either_unit(quantity: dict[str, Any], expected: str) -> None:
    assert round(value("paco2", observation(PACO2, quantity)), 1) == Decimal(expected)


@pytest.mark.parametrize(
    ("quantity", "because"),
    [
        ({"value": 6, "unit": "mmHg"}, "probably kPa"),
        ({"value": 45, "unit": "kPa"}, "probably mmHg"),
    ],
)
def test_carbon_dioxide_in_the_wrong_unit_is_seen(quantity: dict[str, Any], because: str) -> None:
    assert reason("paco2", observation(PACO2, quantity))[1].endswith(because)


def test_venous_carbon_dioxide_is_no_arterial_one() -> None:
    assert read("paco2", observation("2021-4", {"value": 50, "unit": "mmHg"})) == Candidates((), ())


@pytest.mark.parametrize(
    "members",
    [
        {"valueInteger": 3},
        {"valueString": "3"},
        {"valueQuantity": {"value": 3}},
        {"valueQuantity": {"value": 3, "unit": "points"}},
        {"valueQuantity": {"value": 3, "unit": "score"}},
        {"valueQuantity": {"value": 3.0, "code": "{score}"}},
    ],
)
def test_a_score_is_read_in_every_form(members: dict[str, Any]) -> None:
    assert value("alsfrs-item-1", observation(ITEM_1, **members)) == 3


@pytest.mark.parametrize("number", [2.5, 5, -1])
def test_a_score_that_no_one_can_have_is_not_used(number: float) -> None:
    assert reason("alsfrs-item-1", observation(ITEM_1, {"value": number}))[0] is Why.IMPLAUSIBLE


def test_an_item_is_read_from_a_component_of_the_panel() -> None:
    part = {"code": observation(ITEM_1)["code"], "valueInteger": 2}
    other = {"code": observation("82950-7")["code"], "valueInteger": 4}
    panel = observation("82954-9", component=[part, other, {"code": {}}])
    view = chart([panel], Latest("alsfrs-item-1", None))
    [reading] = candidates(view, KNOWLEDGE.base.measures["alsfrs-item-1"]).usable
    assert reading.value == 2


@pytest.mark.parametrize(
    "members",
    [
        {"method": snomed("40199007")},
        {"method": [snomed("40199007")]},
        {"component": [
            {"code": observation("8361-8")["code"], "valueCodeableConcept": snomed("40199007")}
        ]},
        {"extension": [{
            "url": "http://hl7.org/fhir/StructureDefinition/observation-bodyPosition",
            "valueCodeableConcept": snomed("40199007"),
        }]},
        {"code": local("fvc-supine-pct")},
    ],
)  # fmt: skip
def test_a_position_is_read_wherever_it_stands(members: dict[str, Any]) -> None:
    [reading] = read("vc-percent", observation(FVC, PERCENT, **members)).usable
    assert reading.position == "supine"
    assert reading.origins[0].label == "FVC supine"


def test_a_position_that_was_not_recorded_is_none() -> None:
    [reading] = read("vc-percent", observation(FVC, PERCENT)).usable
    assert reading.position is None
    sitting = observation(FVC, PERCENT, method=snomed("33586001"))
    assert read("vc-percent", sitting).usable[0].position == "sitting"


@pytest.mark.parametrize(
    ("component", "context"),
    [
        ({"code": observation("3150-6")["code"], "valueQuantity": {"value": 21}}, {"room-air"}),
        ({"code": observation("3150-6")["code"], "valueQuantity": {"value": 0.21}}, {"room-air"}),
        ({"code": observation("3150-6")["code"], "valueQuantity": {"value": 28}}, {"oxygen"}),
        ({"code": observation("3150-6")["code"], "valueQuantity": {"value": 1}}, {"oxygen"}),
        ({"code": observation("3151-8")["code"], "valueQuantity": {"value": 2}}, {"oxygen"}),
        ({"code": observation("3151-8")["code"], "valueQuantity": {"value": 0}}, {"room-air"}),
        ({"code": observation("3151-8")["code"]}, set()),
        ({"code": observation("3151-8")["code"], "valueString": "2 L/min"}, {"oxygen"}),
        ({"code": observation("3151-8")["code"], "valueInteger": 2}, {"oxygen"}),
        ({"code": observation("3150-6")["code"], "valueString": "21 %"}, {"room-air"}),
        ({"code": observation("3150-6")["code"], "valueString": "28"}, {"oxygen"}),
        ({"code": observation("3150-6")["code"], "valueString": "28 days"}, set()),
        ({"code": observation("3151-8")["code"], "valueString": "none"}, set()),
        ({"code": local("resp-support"), "valueCodeableConcept": snomed("1")}, {"support"}),
        ({"code": local("resp-support"), "valueBoolean": False}, set()),
    ],
)
def test_oxygen_and_support_are_read_from_components(
    component: dict[str, Any], context: set[str]
) -> None:
    [reading] = read("vc-percent", observation(FVC, PERCENT, component=[component])).usable
    assert reading.context == context


def lying(text: str) -> dict[str, Any]:
    return {"code": {"coding": [{"system": "http://loinc.org", "code": "8361-8"}]}} | {
        "valueCodeableConcept": {"text": text}
    }


NAMED_FVC = {"coding": [{"system": "http://loinc.org", "code": FVC}]}


@pytest.mark.parametrize(
    ("members", "position"),
    [
        ({"method": {"text": "Supine"}}, "supine"),
        ({"method": {"coding": [{"code": "x", "display": "Lying flat"}]}}, "supine"),
        ({"method": {"text": "Sitting upright"}}, "sitting"),
        ({"method": {"text": "Spirometry"}}, None),
        ({"method": {"text": "semi-recumbent"}}, None),
        ({"component": [lying("supine")]}, "supine"),
        ({"component": [lying("seated")]}, "sitting"),
        ({"component": [lying("left lateral, lying")]}, None),
        ({"component": [{**lying(""), "valueCodeableConcept": None, "valueString": "Supine"}]},
         "supine"),
        ({"code": NAMED_FVC | {"text": "FVC supine % predicted"}}, "supine"),
        ({"code": NAMED_FVC | {"text": "FVC (seated) % predicted"}}, "sitting"),
        ({"code": NAMED_FVC | {"text": "FVC, fall from sitting to supine"}}, None),
        ({"code": NAMED_FVC | {"text": "FVC % predicted"}}, None),
        ({"code": NAMED_FVC | {"text": "FVC supine"}, "method": snomed("33586001")}, "sitting"),
    ],
)  # fmt: skip
def test_a_position_may_be_said_in_words(members: dict[str, Any], position: str | None) -> None:
    [reading] = read("vc-percent", observation(FVC, PERCENT, **members)).usable
    assert reading.position == position


def test_litres_lie_down_in_words_too() -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": FVC_LITRES}], "text": "Supine FVC"}
    volume = observation(FVC_LITRES, {"value": 2, "unit": "L"}, code=code)
    [reading] = read("vc-percent", volume, litres(4, FVC_PREDICTED)).usable
    assert reading.position == "supine"


def litres(value: float, code: str = FVC_LITRES, **members: Any) -> dict[str, Any]:
    return observation(code, {"value": value, "unit": "L"}, **members)


def test_a_percentage_is_computed_from_litres_of_the_same_time() -> None:
    [reading] = read("vc-percent", litres(2), litres(4, FVC_PREDICTED)).usable
    assert (reading.value, reading.unit, reading.measure) == (50, "%", "vc-percent")
    assert reading.notes == ("computed from 2 L of 4 L predicted",)
    assert [o.resource for o in reading.origins] == [
        f"Observation/o-{FVC_LITRES}",
        f"Observation/o-{FVC_PREDICTED}",
    ]


@pytest.mark.parametrize(
    "predicted",
    [
        litres(4, FVC_PREDICTED, effectiveDateTime="2026-05-20T09:01:00Z"),
        litres(4, FVC_PREDICTED, effectiveDateTime="2026-05-20"),
        litres(4, "19865-5"),
        observation(FVC_PREDICTED, {"value": 4, "unit": "L", "comparator": ">"}),
        litres(8, FVC_PREDICTED, status="preliminary"),
    ],
)
def test_no_percentage_is_computed_from_another_report(predicted: dict[str, Any]) -> None:
    assert read("vc-percent", litres(2), predicted).usable == ()


@pytest.mark.parametrize(
    ("listed", "day", "found"),
    [
        ([FVC_LITRES, FVC_PREDICTED], "2026-05-20T09:01:00Z", True),
        ([FVC_LITRES, FVC_PREDICTED], "2026-05-20", True),
        ([FVC_LITRES, FVC_PREDICTED], "2026-05-19", False),
        ([FVC_LITRES], "2026-05-20T09:01:00Z", False),
    ],
)
def test_a_percentage_is_computed_from_litres_of_one_report(
    listed: list[str], day: str, found: bool
) -> None:
    results = [{"reference": f"Observation/o-{code}"} for code in listed]
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "result": results}
    sent = (litres(2), litres(4, FVC_PREDICTED, effectiveDateTime=day), report)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in sent]}
    view = chart([], Latest("vc-percent", None))
    key = view.results[0].search.key
    usable = read("vc-percent", changed={key: bundle}).usable
    assert [reading.value for reading in usable] == [50] * found


def test_a_computed_percentage_keeps_the_position() -> None:
    lying = litres(2, method=snomed("40199007"))
    [reading] = read("vc-percent", lying, litres(4, FVC_PREDICTED)).usable
    assert reading.position == "supine"


def test_a_percentage_that_was_reported_is_not_computed_again() -> None:
    found = read("vc-percent", observation(FVC, PERCENT), litres(2), litres(4, FVC_PREDICTED))
    assert [r.value for r in found.usable] == [46]


def test_a_computed_percentage_must_be_plausible() -> None:
    assert read("vc-percent", litres(7.9), litres(1, FVC_PREDICTED)).usable == ()


def test_the_predicted_volume_is_no_measurement() -> None:
    assert read("vc-volume", litres(4, FVC_PREDICTED)) == Candidates((), ())


def test_the_kind_of_vital_capacity_is_kept() -> None:
    slow = observation("98088-8", PERCENT)
    assert read("vc-percent", slow).usable[0].label == "SVC"


@pytest.mark.parametrize(
    ("members", "seen"),
    [({}, True), ({"issued": "2026-05-20"}, True), ({"issued": "2026-05-21"}, False),
     ({"effectiveDateTime": "2026-05-21"}, False), ({"effectiveDateTime": None}, False)],
)  # fmt: skip
def test_an_earlier_day_knows_what_was_reported_by_then(
    members: dict[str, Any], seen: bool
) -> None:
    view = chart([observation(FVC, PERCENT, **members)], Latest("vc-percent", None))
    past = candidates(view.on(date(2026, 5, 20)), KNOWLEDGE.base.measures["vc-percent"])
    assert bool(past.usable) is seen
    assert past.rejected == ()


def test_readings_stand_in_the_order_of_their_time() -> None:
    late = observation(FVC, {"value": 40}, id="b", effectiveDateTime="2026-05-20T12:00:00Z")
    early = observation(FVC, {"value": 60}, id="a", effectiveDateTime="2026-05-20T08:00:00Z")
    dated = observation(FVC, {"value": 80}, id="c", effectiveDateTime="2026-05-20")
    assert [r.value for r in read("vc-percent", late, early, dated).usable] == [80, 60, 40]


def test_the_newest_of_what_was_rejected_stands_last() -> None:
    old = observation(FVC, {"value": 900}, id="a", effectiveDateTime="2026-05-01")
    new = observation(FVC, {"value": 901}, id="b", effectiveDateTime="2026-05-02")
    undated = observation(FVC, PERCENT, id="c", effectiveDateTime=None)
    found = read("vc-percent", new, undated, old).rejected
    assert [x.day for x in found] == [None, date(2026, 5, 1), date(2026, 5, 2)]
    assert (found[2].origin.value, found[2].origin.label) == ("901", "FVC")


SUPINE = {"method": snomed("40199007")}


def on_day(day: str, value: float = 46, **members: Any) -> dict[str, Any]:
    quantity = {"value": value, "unit": "%"}
    return observation(FVC, quantity, id=f"{day}-{value}", effectiveDateTime=day, **members)


def sitting(position: Position | None) -> bool:
    return position is None


def lying(position: Position | None) -> bool:
    return position == "supine"


def test_only_as_much_is_read_as_is_needed() -> None:
    days = ["2026-05-20", "2026-05-19", "2026-05-18", "2026-05-17"]
    view = chart([on_day(day) for day in days], Latest("vc-percent", None))
    vc = KNOWLEDGE.base.measures["vc-percent"]
    assert [r.day.day for r in newest(view, vc, sitting, None).usable] == [19, 20]
    assert [r.day.day for r in newest(view, vc, sitting, None).usable] == [19, 20]
    [(measure, found)] = read_so_far(view)
    assert (measure, len(found.usable)) == (vc, 2)
    assert len(candidates(view, vc).usable) == 4
    assert [len(found.usable) for m, found in read_so_far(view) if m == vc] == [4]


def test_reading_goes_on_until_something_fits() -> None:
    days = [on_day("2026-05-20", **SUPINE), on_day("2026-05-10"), on_day("2026-05-09", 900),
            on_day("2026-05-08"), on_day("2026-05-01", 800)]  # fmt: skip
    view = chart(days, Latest("vc-percent", None))
    vc = KNOWLEDGE.base.measures["vc-percent"]
    assert [r.day.day for r in newest(view, vc, lying, None).usable] == [20]
    found = newest(view, vc, sitting, None)
    assert [r.day.day for r in found.usable] == [10, 20]
    assert [r.day.day for r in found.rejected if r.day] == [9]
    assert len(newest(view, vc, lambda _: False, None).rejected) == 2


def test_what_is_older_than_a_lookback_is_read_only_to_find_the_last_that_fits() -> None:
    since = date(2026, 5, 10)
    days = [on_day(f"2026-05-{day:02}") for day in (20, 10, 9, 8)]
    vc = KNOWLEDGE.base.measures["vc-percent"]
    view = chart(days, Latest("vc-percent", None))
    assert [r.day.day for r in newest(view, vc, lying, since).usable] == [10, 20]
    view = chart([*days, on_day("2026-05-07", **SUPINE)], Latest("vc-percent", None))
    assert [r.day.day for r in newest(view, vc, lying, since).usable] == [7, 8, 9, 10, 20]


def test_a_series_is_read_back_to_the_first_day_of_its_lookback() -> None:
    undated = observation(FVC, PERCENT, id="x", effectiveDateTime=None)
    days = [undated, *(on_day(f"2026-05-{day:02}") for day in (20, 10, 9))]
    vc = KNOWLEDGE.base.measures["vc-percent"]
    view = chart(days, Latest("vc-percent", None))
    found = back_to(view, vc, date(2026, 5, 10))
    assert [r.day.day for r in found.usable] == [10, 20]
    assert [x.day for x in found.rejected] == [None]
    assert len(back_to(view, vc, None).usable) == 3


def test_a_percentage_may_have_to_be_computed_from_what_is_newer() -> None:
    old = on_day("2026-05-01")
    view = chart([old, litres(2), litres(4, FVC_PREDICTED)], Latest("vc-percent", None))
    vc = KNOWLEDGE.base.measures["vc-percent"]
    assert newest(view, vc, sitting, None).usable[-1].value == 50
    [(_, percent)] = [pair for pair in read_so_far(view) if pair[0] == vc]
    assert len(percent.usable) == 2


def test_a_laboratory_value_is_shown_to_two_places_and_compared_as_it_is() -> None:
    [reading] = read("alt", observation(ALT, {"value": 40.126, "unit": "U/L"})).usable
    assert (reading.value, reading.origins[0].value) == (Decimal("40.126"), "40.13")
    [score] = read("alsfrs-item-1", observation(ITEM_1, {"value": 3})).usable
    assert score.origins[0].value == "3"


def test_of_what_is_rejected_the_unit_is_shown_as_sent() -> None:
    [by_text] = read(
        "vc-percent", observation(FVC, {"value": 2, "unit": "L", "code": "l"})
    ).rejected
    [by_code] = read("vc-percent", observation(FVC, {"value": 2, "code": "L"})).rejected
    [long] = read("vc-percent", observation(FVC, {"value": 2, "unit": "x" * 21})).rejected
    assert [r.origin.unit for r in (by_text, by_code, long)] == ["L", "L", "x" * 19 + "…"]
    assert "x" * 19 + "…, needed" in long.because
    [whole] = read("vc-percent", observation(FVC, {"value": 2, "unit": "x" * 20})).rejected
    assert whole.origin.unit == "x" * 20


def test_a_gas_of_exactly_twenty_kilopascal_is_not_taken_for_the_other_unit() -> None:
    because = reason("paco2", observation(PACO2, {"value": 20, "unit": "kPa"}))[1]
    assert because == "PaCO2 20 kPa is not plausible"


def test_a_component_that_is_called_unreliable_is_not_used() -> None:
    part = {"code": observation(ITEM_1)["code"], "valueInteger": 2}
    doubted = part | {"interpretation": [{"text": "invalid"}]}
    assert read("alsfrs-item-1", observation("82954-9", component=[part])).usable
    assert read("alsfrs-item-1", observation("82954-9", component=[doubted])).usable == ()


@pytest.mark.parametrize(
    ("code", "value", "context"),
    [("3150-6", 1.5, {"room-air"}), ("3150-6", 0.2099, {"room-air"}), ("3151-8", 0.5, {"oxygen"}),
     ("3150-6", 0.2101, {"oxygen"})],
)  # fmt: skip
def test_little_oxygen_is_oxygen(code: str, value: float, context: set[str]) -> None:
    part = {"code": observation(code)["code"], "valueQuantity": {"value": value}}
    [reading] = read("vc-percent", observation(FVC, PERCENT, component=[part])).usable
    assert reading.context == context


def test_a_chart_that_was_read_leaves_no_circle_behind() -> None:
    view = chart([on_day("2026-05-20"), on_day("2026-05-10")], Latest("vc-percent", None))
    newest(view, KNOWLEDGE.base.measures["vc-percent"], sitting, None)
    gone = weakref.ref(view)
    gc.disable()
    try:
        del view
        assert gone() is None
    finally:
        gc.enable()
