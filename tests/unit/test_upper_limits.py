"""The upper limit of normal: each source of it, and what is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cdshooks.chart import answer, as_prefetch, plan, read_chart
from cdshooks.knowledge import base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Latest, Reading, UpperLimit

Json = dict[str, Any]
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
ALT = Latest("alt", lookback=None)
NEWEST = 10
ASSUMED = UpperLimit(Decimal(40), "U/L", "assumed")


def result(
    id: str = "new", ago: int = NEWEST, value: float = 120, unit: str = "U/L", **more: Any
) -> Json:
    day = (NOW - timedelta(days=ago)).date().isoformat()
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}]},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": unit},
        **more,
    }


def high(value: Any, unit: str | None = None, **more: Any) -> Json:
    return {"high": {"value": value} | ({"unit": unit} if unit else {}), **more}


def of_type(code: str) -> Json:
    return {"type": {"coding": [{"code": code}]}}


def limit_of(*observations: Json) -> UpperLimit | None:
    """The limit of the ALT that a client sends, however it asked for it."""
    knowledge = base().profile("default")
    searches = plan({ALT}, knowledge, full=True)
    prefetch = as_prefetch(searches, observations)
    [key] = [search.key for search in searches if search.type == "Observation"]
    bundle = {"resourceType": "Bundle", "type": "searchset"}
    prefetch[key] = bundle | {"entry": [{"resource": one} for one in observations]}
    request = HookRequest("order-sign", "x", Context("anna"), prefetch=prefetch)
    reading = answer(read_chart(request, searches, knowledge, NOW, UTC), ALT)
    assert isinstance(reading, Reading)
    return reading.upper_limit


def ranged(value: int | str) -> UpperLimit:
    return UpperLimit(Decimal(value), "U/L", "range")


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([high(45, "U/L")], 45),
        (high(45, "U/L"), 45),
        ([high(45)], 45),
        ([high(0.75, "ukat/L")], 45),
        ([high("45", "IU/L")], 45),
        ([{"high": {"value": 45, "code": "U/L", "unit": "units"}}], 45),
        ([high(45, "U/L", **of_type("normal"))], 45),
        ([high(60, "U/L", **of_type("therapeutic")), high(45, "U/L")], 45),
        ([high(75, "U/L", **of_type("critical")), high(45, "U/L", **of_type("normal"))], 45),
        ([high(0.75), high(45, "U/L")], 45),
        ([high(15, "U/L")], 15),
        ([high(80, "U/L")], 80),
    ],
)
def test_the_range_of_the_result_gives_the_limit(ranges: Any, expected: int) -> None:
    assert limit_of(result(referenceRange=ranges)) == ranged(expected)


@pytest.mark.parametrize("highs", [(35, 50), (50, 35), (35, 42, 50)])
def test_of_several_ranges_the_largest_is_the_limit_and_the_smallest_is_kept(
    highs: tuple[int, ...],
) -> None:
    ranges = [high(value, "U/L") for value in highs]
    assert limit_of(result(referenceRange=ranges)) == UpperLimit(
        Decimal(50), "U/L", "range", Decimal(35)
    )


def test_a_range_without_a_unit_is_in_the_unit_of_the_value() -> None:
    micro = result(value=4.5, unit="ukat/L", referenceRange=[high(0.75)])
    assert limit_of(micro) == ranged(45)
    coded = result(referenceRange=[high(0.75)])
    coded["valueQuantity"] = {"value": 4.5, "code": "ukat/L", "unit": "ukat/L"}
    assert limit_of(coded) == ranged(45)
    of_site = {"code": "271", "unit": "U/L", "system": "urn:oid:1.2.3"}
    numbered = result(referenceRange=[{"high": {"value": 45, **of_site}}])
    numbered["valueQuantity"] = {"value": 90, **of_site}
    assert limit_of(numbered) == ranged(45)


@pytest.mark.parametrize(
    "ranges",
    [
        None,
        [],
        [{"low": {"value": 10, "unit": "U/L"}}],
        [high(0.75)],
        [high(14.9, "U/L")],
        [high(80.1, "U/L")],
        [high(45, "mmol/L")],
        [high("many", "U/L")],
        [high(60, "U/L", **of_type("therapeutic"))],
        [high(0.75) | {"text": "0-45"}],
        [{"high": {}, "text": "0-45"}],
    ],
)
def test_a_range_that_cannot_be_one_leaves_the_assumed_limit(ranges: Any) -> None:
    assert limit_of(result(referenceRange=ranges)) == ASSUMED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-45", 45),
        ("10 - 45 U/L", 45),
        ("10 – 45 U/L", 45),
        ("<45", 45),
        ("< 45 U/L", 45),
        ("≤ 45", 45),
        ("<=45", 45),
        (" 0-45 ", 45),
        ("0.0-45.5", "45.5"),
        ("0.1-0.75 ukat/L", 45),
    ],
)
def test_a_range_in_words_gives_the_limit_in_a_few_forms(text: str, expected: int | str) -> None:
    limit = limit_of(result(referenceRange=[{"text": text}]))
    assert limit == UpperLimit(Decimal(expected), "U/L", "text")


@pytest.mark.parametrize(
    "text",
    [
        "up to 45",
        "45",
        ">45",
        "0-45 (men)",
        "men 0-45, women 0-35",
        "0-45-50",
        "0-٤٥",
        "normal",
        "45-10",
        "0-45 mmol/L",
        "-45 U/L units/L per",
        "",
    ],
)
def test_other_words_give_no_limit(text: str) -> None:
    assert limit_of(result(referenceRange=[{"text": text}])) == ASSUMED


def test_the_larger_of_several_texts_is_the_limit() -> None:
    texts = [{"text": "0-35"}, {"text": "0-50"}, {"text": "0-45"}, {"text": "?"}]
    assert limit_of(result(referenceRange=texts)) == UpperLimit(
        Decimal(50), "U/L", "text", Decimal(35)
    )


LAB: Json = {"performer": [{"reference": "Organization/lab"}]}


def lent(value: int) -> UpperLimit:
    return UpperLimit(Decimal(value), "U/L", "earlier result")


def earlier(ago: int = 100, top: int = 45, **more: Any) -> Json:
    ranges: Json = {"referenceRange": [high(top, "U/L")]}
    return result(f"old-{ago}-{top}", ago, 30, **(LAB | ranges)) | more


@pytest.mark.parametrize("ago", [20, 730])
def test_an_earlier_result_of_the_same_laboratory_lends_its_range(ago: int) -> None:
    assert limit_of(result(**LAB), earlier(ago)) == lent(45)


def test_a_laboratory_may_be_known_by_its_name_only() -> None:
    named: Json = {"performer": [{"display": "City laboratory"}]}
    assert limit_of(result(**named), earlier(**named)) == lent(45)


def test_the_largest_range_is_lent() -> None:
    assert limit_of(result(**LAB), earlier(50, 50), earlier(100, 60), earlier(150, 45)) == lent(60)


def test_a_range_in_words_is_lent_too() -> None:
    old = earlier() | {"referenceRange": [{"text": "0-45"}]}
    assert limit_of(result(**LAB), old) == lent(45)


def test_a_range_of_its_own_is_not_replaced_by_a_lent_one() -> None:
    own = result(referenceRange=[high(35, "U/L")], **LAB)
    assert limit_of(own, earlier(top=50)) == ranged(35)


@pytest.mark.parametrize(
    "other",
    [
        earlier(731),
        earlier(performer=[{"reference": "Organization/other"}]),
        earlier(performer=[]),
        earlier(performer=[{"reference": "Organization/lab"}, {"reference": "Organization/b"}]),
        earlier(status="entered-in-error"),
        earlier(status="preliminary"),
        earlier(valueQuantity={"value": 0.5, "unit": "ukat/L"}),
        earlier(code={"coding": [{"system": "http://loinc.org", "code": "1743-4"}]}),
        earlier(referenceRange=[high(8, "U/L")]),
        earlier(effectiveDateTime=None),
    ],
)
def test_a_result_that_is_not_alike_lends_nothing(other: Json) -> None:
    assert limit_of(result(**LAB), other) == ASSUMED


def test_an_unnamed_laboratory_is_not_the_same_as_another_unnamed_one() -> None:
    assert limit_of(result(), earlier(performer=None)) == ASSUMED
    assert limit_of(result(performer=[{}]), earlier(performer=[{}])) == ASSUMED


def nameless(**more: Any) -> Json:
    return {key: value for key, value in result(**more).items() if key != "id"}


def test_a_result_without_an_id_has_its_own_range() -> None:
    assert limit_of(nameless(referenceRange=[high(50)])) == ranged(50)
    other = nameless(ago=40, value=30, referenceRange=[high(60)])
    assert limit_of(nameless(referenceRange=[high(50)]), other) == ranged(50)


def test_a_result_without_an_id_takes_no_range_of_another() -> None:
    other = nameless(ago=100, referenceRange=[high(60)])
    assert limit_of(nameless(), other) == ASSUMED
    twin = nameless(value=110, referenceRange=[high(60)])
    assert limit_of(nameless(), twin) == ASSUMED


def test_a_result_dated_by_its_report_lends_its_range() -> None:
    old = earlier()
    old["issued"] = old.pop("effectiveDateTime") + "T10:00:00Z"
    assert limit_of(result(**LAB), old) == lent(45)


def test_a_measure_without_an_upper_limit_has_none() -> None:
    knowledge = base().profile("default")
    wanted = Latest("bilirubin-direct", lookback=None)
    searches = plan({wanted}, knowledge, full=True)
    code = {"coding": [{"system": "http://loinc.org", "code": "1968-7"}]}
    direct = result(code=code, value=0.2, unit="mg/dL")
    prefetch = as_prefetch(searches, [direct])
    request = HookRequest("order-sign", "x", Context("anna"), prefetch=prefetch)
    reading = answer(read_chart(request, searches, knowledge, NOW, UTC), wanted)
    assert isinstance(reading, Reading)
    assert reading.upper_limit is None


def panel(own: list[Json] | None, whole: list[Json] | None = None) -> Json:
    """The result as a component beside an AST, with its own ranges and those of the panel."""
    made = result(value=250)
    part = {key: made.pop(key) for key in ("code", "valueQuantity")}
    ast = {"code": {"coding": [{"system": "http://loinc.org", "code": "1920-8"}]}}
    ast |= {"valueQuantity": {"value": 30, "unit": "U/L"}, "referenceRange": [high(35, "U/L")]}
    code = {"coding": [{"system": "http://loinc.org", "code": "24325-3"}]}
    ranges = {"referenceRange": own} if own else {}
    return made | {"code": code, "referenceRange": whole, "component": [part | ranges, ast]}


def test_the_range_of_a_component_is_its_own_and_not_that_of_the_panel_or_of_another() -> None:
    assert limit_of(panel([high(50)])) == ranged(50)
    assert limit_of(panel(None, [high(60, "U/L")])) == ASSUMED
