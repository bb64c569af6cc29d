"""What holds for any directions, however they are written or broken."""

from dataclasses import replace
from datetime import UTC
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdshooks.fhir.dosage import PROBLEMS, read_regimen
from cdshooks.rules.authoring.orders import Regimen

Json = dict[str, Any]

KEYS = [
    "dosageInstruction", "dosage", "timing", "repeat", "code", "coding", "system", "text",
    "display", "frequency", "frequencyMax", "period", "periodMax", "periodUnit", "periodUnits",
    "when", "offset", "timeOfDay", "dayOfWeek", "event", "doseAndRate", "doseQuantity",
    "doseRange", "low", "high", "value", "unit", "comparator", "type", "route", "sequence",
    "asNeededBoolean", "asNeededCodeableConcept", "additionalInstruction", "maxDosePerPeriod",
    "numerator", "denominator", "boundsPeriod", "boundsDuration", "start", "end", "count",
]  # fmt: skip
WORDS = [
    "mg", "tablet", "{pill}", "d", "h", "BID", "Q12H", "CM", "C", "MORN", "08:00", "mon", "1e9",
    "1e-999999999", "1e1000000", "http://snomed.info/sct", "http://unitsofmeasure.org", "2026-11",
    "ordered", "then with food", "26643006", "9999-12-31T23:59:59-14:00",
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(WORDS)
)
json = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)
quantities = st.fixed_dictionaries(
    {}, optional={"value": scalars, "unit": scalars, "code": scalars, "system": scalars}
)
repeats = st.dictionaries(st.sampled_from(KEYS), json, max_size=6)
dosages = st.fixed_dictionaries(
    {},
    optional={
        "doseAndRate": st.lists(st.fixed_dictionaries({"doseQuantity": quantities})) | json,
        "doseQuantity": quantities | json,
        "doseRange": st.fixed_dictionaries({"low": quantities, "high": quantities}) | json,
        "timing": st.fixed_dictionaries({}, optional={"repeat": repeats, "code": json}) | json,
        "route": json,
        "sequence": scalars,
        "text": scalars,
        "additionalInstruction": json,
        "maxDosePerPeriod": json,
        "asNeededCodeableConcept": json,
    },
)

amounts = st.integers(1, 200)
rates = st.integers(1, 6)


def read(*lines: Json) -> Regimen:
    return read_regimen({"dosageInstruction": list(lines)}, Fraction(50), "tablet", UTC)


def line(mg: int, frequency: int, **rest: Any) -> Json:
    return {
        "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}],
        "timing": {"repeat": {"frequency": frequency, "period": 1, "periodUnit": "d"}},
        **rest,
    }


def check(regimen: Regimen) -> None:
    """Unknown is None and never 0; what is unknown is explained; names are stable."""
    assert set(regimen.problems) <= set(PROBLEMS)
    assert len(set(regimen.problems)) == len(regimen.problems)
    for step in regimen.steps:
        assert (step.low is None) is (step.high is None)
        assert step.low is not None or regimen.problems
        if step.low is not None and step.high is not None:
            assert 0 < step.low <= step.high
        for known in (step.per_time, step.times_a_day):
            assert known is None or known > 0


@given(st.dictionaries(st.sampled_from(["dosageInstruction", "dosage"]), json))
def test_any_json_is_read_without_raising(order: Json) -> None:
    check(read_regimen(order, Fraction(50), "tablet", UTC))


@given(st.lists(dosages, max_size=3))
def test_any_dosage_is_read_without_raising(lines: list[Json]) -> None:
    check(read(*lines))


@given(amounts, rates, st.integers(1, 30))
def test_a_day_is_twenty_four_hours(mg: int, frequency: int, period: int) -> None:
    def every(length: int, unit: str) -> Regimen:
        repeat = {"frequency": frequency, "period": length, "periodUnit": unit}
        return read(line(mg, 1) | {"timing": {"repeat": repeat}})

    days = every(period, "d")
    assert days.problems == ()
    assert days == every(24 * period, "h") == every(1440 * period, "min")
    assert every(7 * period, "d") == every(period, "wk")


@given(amounts, rates, rates)
def test_one_line_split_into_concurrent_lines_gives_the_same_step(
    mg: int, first: int, second: int
) -> None:
    whole = read(line(mg, first + second))
    assert read(line(mg, first), line(mg, second)) == whole
    assert read(line(mg, first, sequence=1), line(mg, second, sequence=1)) == whole


@given(st.lists(st.tuples(amounts, rates), min_size=1, max_size=4), dosages)
def test_a_further_line_never_makes_the_total_smaller(
    lines: list[tuple[int, int]], further: Json
) -> None:
    plain = [line(mg, frequency) for mg, frequency in lines]
    before, after = read(*plain), read(*plain, further)
    low = before.steps[0].low
    assert low is not None
    assert all(step.low is None or step.low >= low for step in after.steps)


@given(st.lists(st.tuples(amounts, rates), min_size=1, max_size=4), st.data())
def test_a_part_that_becomes_unknown_makes_the_total_unknown(
    lines: list[tuple[int, int]], data: st.DataObject
) -> None:
    plain = [line(mg, frequency) for mg, frequency in lines]
    broken = plain[data.draw(st.integers(0, len(plain) - 1))]
    broken.pop(data.draw(st.sampled_from(["doseAndRate", "timing"])))
    regimen = read(*plain)
    assert [(step.low, step.high) for step in regimen.steps] == [(None, None)]
    assert regimen.problems in (("amount",), ("frequency",))


@given(st.lists(st.tuples(amounts, rates), min_size=2, max_size=4), st.randoms())
def test_the_order_of_concurrent_lines_does_not_matter(
    lines: list[tuple[int, int]], random: Any
) -> None:
    plain = [line(mg, frequency) for mg, frequency in lines]
    shuffled = list(plain)
    random.shuffle(shuffled)
    assert unordered(read(*shuffled)) == unordered(read(*plain))


def unordered(regimen: Regimen) -> Regimen:
    """A regimen whose single amounts are sorted: they stand in the order of the lines."""
    steps = tuple(replace(step, each=tuple(sorted(step.each))) for step in regimen.steps)
    return replace(regimen, steps=steps)


@given(st.integers(1, 20), rates)
def test_a_tablet_is_its_milligrams(tablets: int, frequency: int) -> None:
    counted = line(1, frequency)
    counted["doseAndRate"] = [{"doseQuantity": {"value": tablets, "code": "{tbl}"}}]
    assert read(counted) == read(line(50 * tablets, frequency))
