"""How directions are read: every unit, timing and shape, and what stays unknown."""

from datetime import UTC, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cdshooks.errors import KnowledgeInvalid
from cdshooks.fhir.amount import Strength, amount, exact, strength_of
from cdshooks.fhir.dosage import PROBLEMS, read_regimen
from cdshooks.fhir.timing import Bounds, bounds, times_a_day
from cdshooks.knowledge.dosage import FILE, ROOT, dosage_tables
from cdshooks.rules.authoring.orders import Regimen, Step

Json = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
TABLET = Strength(Fraction(50), "tablet")
TWICE = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}
ONCE = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
FIFTY = {"value": 50, "unit": "mg", "system": UCUM, "code": "mg"}


def step(
    per_time: Fraction | None,
    times: Fraction | None,
    low: Fraction | None,
    high: Fraction | None,
    text: str = "",
    each: tuple[int, ...] = (),
) -> Step:
    amounts = tuple(map(Fraction, each)) or ((per_time,) if per_time is not None else ())
    return Step(per_time, times, low, high, text, amounts)


def line(quantity: Json | None = None, timing: Json | None = None, **rest: Any) -> Json:
    dosage: Json = dict(rest)
    if quantity is not None:
        dosage["doseAndRate"] = [{"doseQuantity": quantity}]
    if timing is not None:
        dosage["timing"] = timing
    return dosage


def read(*dosages: Json, mg: int | Fraction | None = 50, per: str | None = "tablet") -> Regimen:
    strength = None if mg is None else Fraction(mg)
    return read_regimen({"dosageInstruction": list(dosages)}, strength, per, UTC)


def rate(repeat: Json, code: Json | None = None) -> Fraction | str | None:
    """Times a day when exact, else the problem or None."""
    found = times_a_day({"repeat": repeat} | ({"code": code} if code else {}))
    return found if found is None or isinstance(found, str) else found.exact


def mg(quantity: Json, strength: Strength = TABLET) -> Fraction | str | None:
    """mg each time when exact, else the problem or None."""
    found = amount({"doseQuantity": quantity}, strength)
    return found if found is None or isinstance(found, str) else found.exact


# --- the whole regimen -------------------------------------------------------


def test_fifty_mg_twice_a_day_is_a_hundred_mg_in_one_structured_step() -> None:
    assert read(line(FIFTY, TWICE, text="One tablet twice a day")) == Regimen(
        steps=(
            step(
                Fraction(50),
                Fraction(2),
                Fraction(100),
                Fraction(100),
                "One tablet twice a day",
            ),
        ),
        structured=True,
    )


def test_two_sandbox_pills_once_a_day_are_a_hundred_mg_once() -> None:
    pills = {"value": 2, "system": UCUM, "code": "{pill}"}
    bounded = {"repeat": {**ONCE["repeat"], "boundsPeriod": {"start": "2026-11-21"}}}
    assert read(line(pills, bounded)).steps == (
        step(Fraction(100), Fraction(1), Fraction(100), Fraction(100)),
    )


def test_a_number_without_unit_leaves_the_amount_unknown_and_the_frequency_known() -> None:
    regimen = read(line({"value": 50}, TWICE))
    assert regimen.steps == (step(None, Fraction(2), None, None),)
    assert regimen.problems == ("unit",)
    assert regimen.structured is True


def test_a_tablet_of_an_ingredient_is_unknown_while_fifty_mg_of_it_is_known() -> None:
    tablet = {"value": 1, "code": "{tbl}", "system": UCUM}
    assert read(line(tablet, TWICE), mg=None, per=None).problems == ("strength",)
    assert read(line(FIFTY, TWICE), mg=None, per=None).steps[0].a_day == 100


def test_meal_codes_without_frequency_are_counted_and_mean_with_food() -> None:
    regimen = read(line(FIFTY, {"repeat": {"when": ["CM", "CD"]}}))
    assert regimen.steps == (step(Fraction(50), Fraction(2), Fraction(100), Fraction(100)),)
    assert (regimen.problems, regimen.food) == ((), "with-food")


def test_an_object_where_r4_has_lists_is_read_as_a_list_of_one() -> None:
    dosage = {"doseAndRate": {"doseQuantity": FIFTY}, "timing": [TWICE]}
    regimen = read_regimen({"dosageInstruction": dosage}, None, None, UTC)
    assert regimen.steps[0].a_day == 100
    assert regimen.problems == ()


def test_stu3_keeps_the_dose_on_the_dosage_itself() -> None:
    for key in ("doseQuantity", "doseSimpleQuantity"):
        assert read({key: FIFTY, "timing": TWICE}).steps[0].a_day == 100


def test_dstu2_orders_and_statements_spell_their_elements_differently() -> None:
    timing = {"repeat": {"frequency": 2, "period": 1, "periodUnits": "d", "when": "CM"}}
    order = {"doseQuantity": FIFTY, "timing": timing, "asNeededBoolean": True}
    regimen = read_regimen(
        {"resourceType": "MedicationOrder", "dosageInstruction": [order]}, None, None, UTC
    )
    assert regimen.steps[0].a_day == 100
    assert (regimen.as_needed, regimen.food) == (True, "with-food")
    statement = {"quantityQuantity": FIFTY, "timing": TWICE}
    assert read_regimen({"dosage": [statement]}, None, None, UTC).steps[0].a_day == 100


def test_an_order_without_directions_has_no_step() -> None:
    nothing = Regimen(problems=("no-directions",))
    orders: list[Json] = [
        {},
        {"dosageInstruction": []},
        {"dosageInstruction": [{}]},
        {"dosage": None},
    ]
    for order in orders:
        assert read_regimen(order, Fraction(50), "tablet", UTC) == nothing


@pytest.mark.parametrize("key", ["text", "patientInstruction"])
def test_free_text_alone_says_nothing_about_amount_or_frequency(key: str) -> None:
    regimen = read({key: "50 mg twice daily"})
    assert regimen == Regimen(
        steps=(step(None, None, None, None, "50 mg twice daily"),), problems=("text-only",)
    )


def test_text_beside_a_structured_part_is_not_text_only() -> None:
    assert read(line(FIFTY, text="twice daily")).problems == ("frequency",)
    assert read(line(None, TWICE, text="50 mg")).problems == ("amount",)
    assert read(line(FIFTY)).structured is True
    assert read(line(None, TWICE)).structured is True


def test_a_line_without_text_or_structure_lacks_amount_and_frequency() -> None:
    regimen = read({"route": {"text": "oral"}})
    assert regimen.problems == ("amount", "frequency")
    assert regimen.structured is False


def test_every_problem_is_listed_once_by_a_stable_name() -> None:
    assert PROBLEMS == (
        "no-directions",
        "text-only",
        "amount",
        "unit",
        "strength",
        "amount-conflict",
        "frequency",
        "not-daily",
        "timing-conflict",
        "sequence",
        "max-dose-conflict",
        "implausible",
    )
    assert read(line({"value": 50}, TWICE), line({"value": 25}, TWICE)).problems == ("unit",)


def test_quoted_text_is_cut_to_one_line_of_a_hundred_and_twenty_characters() -> None:
    assert read({"text": "a" * 120}).steps[0].text == "a" * 120
    assert read({"text": "a" * 121}).steps[0].text == "a" * 119 + "…"
    assert read({"text": "one\n two"}).steps[0].text == "one two"


def test_flags_are_sought_in_the_first_two_thousand_characters() -> None:
    assert read({"text": "a" * 1996 + " prn"}).as_needed is True
    assert read({"text": "a" * 1997 + " prn x"}).as_needed is False


def test_excluding_words_count_up_to_sixty_characters_before() -> None:
    assert read({"text": "not " + "x" * 55 + " as needed"}).as_needed is False
    assert read({"text": "not " + "x" * 56 + " as needed"}).as_needed is True


# --- how much ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "factor"),
    [("mg", 1), ("g", 1000), ("ug", Fraction(1, 1000)), ("mcg", Fraction(1, 1000))],
)
def test_masses_need_no_product(code: str, factor: Fraction) -> None:
    assert mg({"value": 2, "code": code}, Strength(None, None)) == 2 * factor
    assert mg({"value": 2, "unit": code.upper()}, Strength(None, None)) == 2 * factor


def test_the_micro_sign_and_the_greek_letter_are_one() -> None:
    for sign in ("\N{MICRO SIGN}g", "\N{GREEK SMALL LETTER MU}g"):
        assert mg({"value": 1, "unit": sign}) == Fraction(1, 1000)


@pytest.mark.parametrize(
    ("unit", "expected"), [("mL", 50), ("ml", 50), ("L", 50000), ("milliliters", 50)]
)
def test_volumes_are_multiplied_by_the_concentration(unit: str, expected: int) -> None:
    suspension = Strength(Fraction(5), "mL")
    assert mg({"value": 10, "unit": unit}, suspension) == expected
    assert mg({"value": 10, "unit": unit}, TABLET) == "strength"
    assert mg({"value": 10, "unit": unit}, Strength(None, "mL")) == "strength"


@pytest.mark.parametrize(
    "code",
    ["1", "{tbl}", "{tablet}", "{pill}", "{capsule}", "{film}", "TAB", "CAP", "FILM"],
)
@pytest.mark.parametrize("per", ["tablet", "capsule", "film"])
def test_pieces_are_multiplied_by_the_strength_of_a_solid_product(code: str, per: str) -> None:
    assert mg({"value": 2, "code": code}, Strength(Fraction(50), per)) == 100
    assert mg({"value": 2, "code": code}, Strength(Fraction(5), "mL")) == "strength"
    assert mg({"value": 2, "code": code}, Strength(Fraction(50), None)) == "strength"


@pytest.mark.parametrize(
    "word", ["tablet", "Tablets", "TABLET(S)", "capsules", "film", "films", "pill", "{pill}"]
)
def test_pieces_may_be_named_in_words(word: str) -> None:
    assert mg({"value": 1, "unit": word}) == 50


@pytest.mark.parametrize(
    "unit",
    [
        {},
        {"code": "{dose}"},
        {"unit": "dose"},
        {"unit": "puff"},
        {"unit": "1"},
        {"code": "Mg"},
        {"code": "1", "system": "urn:local"},
        {"code": "mg", "unit": "tablet"},
        {"code": "mg", "unit": "g"},
        {"code": 5},
    ],
)
def test_a_unit_that_is_missing_unknown_or_contradicted_is_not_guessed(unit: Json) -> None:
    assert mg({"value": 50, **unit}) == "unit"


@pytest.mark.parametrize(
    "unit",
    [
        {"code": "mg", "unit": "50 mg tablet"},
        {"code": "258684004", "system": SNOMED, "unit": "mg"},
        {"code": "mg", "system": UCUM + "/"},
        {"code": "mg", "system": UCUM + "|2.1"},
        {"code": "mg", "system": "urn:oid:2.16.840.1.113883.6.8"},
        {"code": "mg", "unit": "MG"},
        {"code": "mg", "unit": " "},
    ],
)
def test_the_code_of_a_unit_counts_before_its_text(unit: Json) -> None:
    assert mg({"value": 50, **unit}) == 50


@pytest.mark.parametrize(
    "quantity",
    [
        {"unit": "mg"},
        {"value": "fifty", "unit": "mg"},
        {"value": 50, "unit": "mg", "comparator": "<"},
    ],
)
def test_an_amount_without_an_exact_number_is_unknown(quantity: Json) -> None:
    assert mg(quantity) == "amount"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "implausible"),
        (-50, "implausible"),
        (100000, 100000),
        (100000.5, "implausible"),
        ("0.0001", Fraction(1, 10000)),
        (0.00009, "implausible"),
        ("50", 50),
        (12.5, Fraction(25, 2)),
    ],
)
def test_amounts_are_exact_and_absurd_ones_are_unknown(value: Any, expected: Any) -> None:
    assert mg({"value": value, "unit": "mg"}) == expected


def test_the_amount_typed_as_ordered_is_preferred() -> None:
    rows = [
        {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": {"value": 75, "unit": "mg"}},
        {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": FIFTY},
    ]
    assert amount({"doseAndRate": rows}, TABLET) == amount({"doseQuantity": FIFTY}, TABLET)
    assert amount({"doseAndRate": rows[:1]}, TABLET) == amount(
        {"doseQuantity": {"value": 75, "unit": "mg"}}, TABLET
    )


def test_several_amounts_must_agree() -> None:
    tablet, two = {"value": 1, "unit": "tablet"}, {"value": 2, "unit": "tablet"}
    same = [{"doseQuantity": FIFTY}, {"doseQuantity": tablet}, {"rateQuantity": FIFTY}]
    assert read(line(None, TWICE, doseAndRate=same)).steps[0].a_day == 100
    other = [{"doseQuantity": FIFTY}, {"doseQuantity": two}]
    assert amount({"doseAndRate": other}, TABLET) == "amount-conflict"
    assert amount({"doseAndRate": same[:1], "doseQuantity": two}, TABLET) == "amount-conflict"
    unread = [{"doseQuantity": FIFTY}, {"doseQuantity": {"value": 1}}]
    assert amount({"doseAndRate": unread}, TABLET) == "unit"


def test_amounts_that_differ_at_all_are_a_conflict() -> None:
    def both(other: float) -> object:
        rows = [{"doseQuantity": {"value": mg, "unit": "mg"}} for mg in (100, other)]
        return amount({"doseAndRate": rows}, TABLET)

    assert both(100) not in PROBLEMS
    assert both(100.5) == both(99.5) == "amount-conflict"


def test_ranges_that_differ_at_one_end_disagree() -> None:
    def rng(low: int, high: int) -> Json:
        return {
            "doseRange": {
                "low": {"value": low, "unit": "mg"},
                "high": {"value": high, "unit": "mg"},
            }
        }

    assert amount({"doseAndRate": [rng(50, 100), rng(50, 75)]}, TABLET) == "amount-conflict"
    assert amount({"doseAndRate": [rng(50, 100), rng(25, 100)]}, TABLET) == "amount-conflict"


def test_a_rate_alone_is_no_amount() -> None:
    assert amount({"doseAndRate": [{"rateQuantity": FIFTY}]}, TABLET) is None
    assert amount({"doseQuantity": {}, "doseRange": "50 mg"}, TABLET) is None


@pytest.mark.parametrize("key", ["doseRange", "quantityRange"])
def test_a_range_bounds_the_total_and_leaves_the_amount_open(key: str) -> None:
    bounds = {"low": {"value": 1, "unit": "tablet"}, "high": {"value": 2, "unit": "tablet"}}
    regimen = read({key: bounds, "timing": TWICE})
    assert regimen.steps == (step(None, Fraction(2), Fraction(100), Fraction(200)),)
    assert regimen.problems == ()
    assert regimen.steps[0].a_day is None


def test_a_range_with_equal_ends_is_that_amount() -> None:
    regimen = read({"doseAndRate": [{"doseRange": {"low": FIFTY, "high": FIFTY}}], "timing": TWICE})
    assert regimen.steps == (step(Fraction(50), Fraction(2), Fraction(100), Fraction(100)),)


@pytest.mark.parametrize(
    ("range_", "problem"),
    [
        ({"high": FIFTY}, "amount"),
        ({"low": FIFTY}, "amount"),
        ({"low": {"value": 100, "unit": "mg"}, "high": FIFTY}, "amount"),
        ({"low": {"value": 50}, "high": {"value": 100, "unit": "mg"}}, "unit"),
        ({"low": FIFTY, "high": {"value": 100}}, "unit"),
        ({"low": {"value": 0, "unit": "mg"}, "high": FIFTY}, "implausible"),
    ],
)
def test_a_range_with_an_open_broken_or_reversed_end_is_unknown(range_: Json, problem: str) -> None:
    assert amount({"doseRange": range_}, TABLET) == problem


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1e2", 100),
        (" 2.5 ", Fraction(5, 2)),
        ("9" * 18, None),
        ("1" * 19, None),
        ("1e-999999999", None),
        ("1e1000000", None),
        (10**12, None),
        (10**12 - 1, 10**12 - 1),
        (-(10**12), None),
        pytest.param(10**5000, None, id="5001 digits"),
        (float("nan"), None),
        (True, None),
        (None, None),
        ({}, None),
    ],
)
def test_only_numbers_of_believable_length_are_numbers(value: Any, expected: Any) -> None:
    assert exact(value) == expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        ({"value": 100, "unit": "mg"}, {"value": 2, "unit": "mL"}, (50, "mL")),
        ({"value": 5, "unit": "mg"}, {"value": 1, "unit": "L"}, (Fraction(1, 200), "mL")),
        ({"value": 50, "unit": "mg"}, {"value": 1, "unit": "tablet"}, (50, "tablet")),
        ({"value": 50, "unit": "mg"}, {"value": 2, "unit": "capsule"}, (25, "tablet")),
        ({"value": 50, "unit": "mg"}, {"value": 1, "unit": "g"}, (None, None)),
        ({"value": 50, "unit": "mg"}, {"value": 0, "unit": "mL"}, (None, None)),
        ({"value": 50, "unit": "mg"}, {"unit": "mL"}, (None, None)),
        ({"value": 50, "unit": "mg"}, {"value": 1, "unit": "drop"}, (None, None)),
        ({"value": 50, "unit": "mg"}, {}, (None, None)),
        ({"value": 1, "unit": "tablet"}, {"value": 1, "unit": "mL"}, (None, None)),
    ],
)
def test_a_strength_is_mg_in_one_piece_or_one_millilitre(
    numerator: Json, denominator: Json, expected: Any
) -> None:
    assert strength_of({"numerator": numerator, "denominator": denominator}) == expected


# --- how often ---------------------------------------------------------------


def test_times_of_day_five_minutes_apart_are_two() -> None:
    assert rate({"timeOfDay": ["08:00", "08:05"]}) == 2


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"frequency": 2, "period": 1, "periodUnit": "d"}, 2),
        ({"frequency": "2", "period": "1.0", "periodUnit": "d"}, 2),
        ({"period": 12, "periodUnit": "h"}, 2),
        ({"frequency": 1, "period": 720, "periodUnit": "min"}, 2),
        ({"frequency": 3, "period": 1, "periodUnit": "wk"}, Fraction(3, 7)),
        ({"frequency": 1, "period": 28, "periodUnits": "d"}, Fraction(1, 28)),
        ({"frequency": 1, "period": 1, "periodUnit": "days"}, 1),
        ({"period": 1, "periodUnit": "mo"}, "frequency"),
        ({"period": 1, "periodUnit": "a"}, "frequency"),
        ({"period": 1, "periodUnit": "s"}, "frequency"),
        ({"frequency": 2, "period": 1}, "frequency"),
        ({"frequency": 2}, "frequency"),
        ({"frequencyMax": 2}, "frequency"),
        ({"frequency": 2, "timeOfDay": ["08:00", "20:00"]}, "frequency"),
        ({"frequency": "two", "period": 1, "periodUnit": "d"}, "frequency"),
        ({"frequency": 1, "period": "one", "periodUnit": "d"}, "frequency"),
        ({"frequency": 1, "periodMax": 1, "periodUnit": "d"}, "frequency"),
        ({"frequency": 2, "frequencyMax": 1, "period": 1, "periodUnit": "d"}, "frequency"),
        ({"period": 8, "periodMax": 6, "periodUnit": "h"}, "frequency"),
        ({}, None),
        ({"boundsDuration": {"value": 7, "unit": "d"}, "count": 14}, None),
    ],
)
def test_frequency_and_period_give_times_a_day(repeat: Json, expected: Any) -> None:
    assert rate(repeat) == expected


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"frequency": 0, "period": 1, "periodUnit": "d"}, "implausible"),
        ({"frequency": -1, "period": 1, "periodUnit": "d"}, "implausible"),
        ({"frequency": 1.5, "period": 1, "periodUnit": "d"}, "implausible"),
        ({"frequency": 1, "frequencyMax": 1.5, "period": 1, "periodUnit": "d"}, "implausible"),
        ({"period": 0, "periodUnit": "d"}, "implausible"),
        ({"period": -1, "periodUnit": "d"}, "implausible"),
        ({"period": 366, "periodUnit": "d"}, Fraction(1, 366)),
        ({"period": 367, "periodUnit": "d"}, "implausible"),
        ({"period": 360, "periodMax": 367, "periodUnit": "d"}, "implausible"),
        ({"frequency": 900, "period": 900, "periodUnit": "d"}, "implausible"),
        ({"period": 15, "periodUnit": "min"}, 96),
        ({"period": 14, "periodUnit": "min"}, "implausible"),
        ({"frequency": 96, "period": 1, "periodUnit": "d"}, 96),
        ({"frequency": 97, "period": 1, "periodUnit": "d"}, "implausible"),
        ({"period": 1, "periodUnit": "min"}, "implausible"),
    ],
)
def test_absurd_timings_are_unknown(repeat: Json, expected: Any) -> None:
    assert rate(repeat) == expected


def test_maxima_of_frequency_and_period_leave_the_rate_open() -> None:
    often = read(line(FIFTY, {"repeat": {"frequencyMax": 2, "period": 1, "periodUnit": "d"}}))
    assert often.steps == (step(Fraction(50), None, Fraction(50), Fraction(100)),)
    every = read(line(FIFTY, {"repeat": {"period": 6, "periodMax": 8, "periodUnit": "h"}}))
    assert every.steps == (step(Fraction(50), None, Fraction(150), Fraction(200)),)
    assert often.problems == every.problems == ()


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"timeOfDay": ["08:00:00", "20:00:00"]}, 2),
        ({"timeOfDay": "08:00"}, 1),
        ({"timeOfDay": ["08:00", "08:00:00"]}, 1),
        ({"timeOfDay": ["23:59:59.5"]}, 1),
        ({"timeOfDay": ["24:00"]}, "frequency"),
        ({"timeOfDay": ["08:60"]}, "frequency"),
        ({"timeOfDay": ["08:00", 20]}, "frequency"),
        ({"timeOfDay": []}, None),
        ({"timeOfDay": ["08:00", "20:00"], "period": 1, "periodUnit": "d"}, 2),
        ({"timeOfDay": ["08:00", "20:00"], "period": 24, "periodUnit": "h"}, 2),
        ({"timeOfDay": ["08:00", "20:00"], "period": 12, "periodUnit": "h"}, 2),
        ({"timeOfDay": ["08:00"], "period": 12, "periodUnit": "h"}, 2),
        ({"timeOfDay": ["08:00"], "period": 2, "periodUnit": "d"}, Fraction(1, 2)),
        ({"timeOfDay": ["08:00", "20:00"], "period": 2, "periodUnit": "d"}, "timing-conflict"),
        (
            {"timeOfDay": ["08:00", "14:00", "20:00"], "period": 12, "periodUnit": "h"},
            "timing-conflict",
        ),
        ({"timeOfDay": ["08:00", "20:00"], **TWICE["repeat"]}, 2),
        ({"timeOfDay": ["08:00"], **TWICE["repeat"]}, "timing-conflict"),
        ({"timeOfDay": ["08:00", "12:00", "20:00"], **TWICE["repeat"]}, "timing-conflict"),
        ({"timeOfDay": ["08:00"], "frequency": 1, "period": 2, "periodUnit": "d"}, Fraction(1, 2)),
        ({"timeOfDay": ["08:00"], "when": ["MORN"]}, 1),
        ({"timeOfDay": ["08:00"], "when": ["MORN", "EVE"]}, "timing-conflict"),
    ],
)
def test_times_of_day_are_counted_and_compared(repeat: Json, expected: Any) -> None:
    assert rate(repeat) == expected


def test_times_of_day_inside_a_frequency_range_do_not_conflict() -> None:
    repeat = {"frequency": 1, "frequencyMax": 3, "period": 1, "periodUnit": "d"}
    for times, conflict in ((1, False), (2, False), (3, False), (4, True)):
        listed = [f"0{hour}:00" for hour in range(times)]
        found = times_a_day({"repeat": {**repeat, "timeOfDay": listed}})
        assert (found == "timing-conflict") is conflict


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"when": ["MORN", "EVE"]}, 2),
        ({"when": ["MORN", "MORN"]}, 1),
        ({"when": "HS"}, 1),
        ({"when": ["acm", "ACV"]}, 2),
        ({"when": ["MORN.early"]}, 1),
        ({"when": ["C"]}, "frequency"),
        ({"when": ["PC", "HS"]}, "frequency"),
        ({"when": ["AC"]}, "frequency"),
        ({"when": ["IMD"]}, "frequency"),
        ({"when": ["LUNCH"]}, "frequency"),
        ({"when": [None, {}]}, "frequency"),
        ({"when": ["C"], "period": 1, "periodUnit": "d"}, 1),
        ({"when": ["LUNCH"], "period": 1, "periodUnit": "d"}, "frequency"),
        ({"when": ["C"], "frequency": 3, "period": 1, "periodUnit": "d"}, 3),
        ({"when": ["LUNCH"], "frequency": 3, "period": 1, "periodUnit": "d"}, 3),
        ({"when": ["MORN", "EVE"], "frequency": 1, "period": 1, "periodUnit": "d"}, 1),
    ],
)
def test_events_of_the_day_are_counted_only_without_a_frequency(
    repeat: Json, expected: Any
) -> None:
    assert rate(repeat) == expected


def test_weekdays_are_not_daily_unless_all_seven_are_named() -> None:
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert rate({**TWICE["repeat"], "dayOfWeek": ["mon", "thu"]}) == "not-daily"
    assert rate({**TWICE["repeat"], "dayOfWeek": "mon"}) == "not-daily"
    assert rate({**TWICE["repeat"], "dayOfWeek": week[1:]}) == "not-daily"
    assert rate({**TWICE["repeat"], "dayOfWeek": week}) == 2
    assert rate({**TWICE["repeat"], "dayOfWeek": []}) == 2


def test_dated_doses_have_no_rate() -> None:
    assert times_a_day({"event": ["2026-11-21"], **TWICE}) == "not-daily"
    assert times_a_day({"event": "2026-11-21"}) == "not-daily"
    assert times_a_day({"event": []}) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Q1H", 24),
        ("Q2H", 12),
        ("Q3H", 8),
        ("Q4H", 6),
        ("QID", 4),
        ("Q6H", 4),
        ("QDS", 4),
        ("TID", 3),
        ("Q8H", 3),
        ("BID", 2),
        ("BD", 2),
        ("Q12H", 2),
        ("QD", 1),
        ("AM", 1),
        ("PM", 1),
        ("BED", 1),
        ("ON", 1),
        ("QOD", Fraction(1, 2)),
        ("WK", Fraction(1, 7)),
        ("MO", None),
    ],
)
def test_timing_abbreviations_are_times_a_day_from_any_system(code: str, expected: Any) -> None:
    assert rate({}, {"coding": [{"system": GTS, "code": code}]}) == expected
    assert rate({}, {"coding": {"system": "urn:local", "code": code.lower()}}) == expected
    assert rate({}, {"text": code}) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("229797004", 1),
        ("229799001", 2),
        ("307470009", 2),
        ("229798009", 3),
        ("307469008", 3),
        ("307439001", 4),
        ("307468000", 4),
        ("307440004", 5),
        ("225756002", 6),
        ("225753005", 8),
        ("225750008", 12),
        ("225768006", 24),
        ("225760004", Fraction(1, 2)),
        ("225769003", Fraction(1, 7)),
    ],
)
def test_snomed_timing_codes_count_only_in_snomed(code: str, expected: Any) -> None:
    assert rate({}, {"coding": [{"system": SNOMED, "code": code}]}) == expected
    versioned = SNOMED + "|http://snomed.info/sct/900000000000207008"
    assert rate({}, {"coding": [{"system": versioned, "code": code}]}) == expected
    assert rate({}, {"coding": [{"system": "urn:local", "code": code}]}) is None
    assert rate({}, {"coding": [{"code": code}]}) is None


def test_a_timing_code_may_be_known_by_its_display_or_text() -> None:
    assert rate({}, {"coding": [{"system": "urn:local", "code": "77", "display": "b.i.d."}]}) == 2
    assert rate({}, {"coding": [{}], "text": " q12h "}) == 2
    assert rate({}, {"coding": [{"system": SNOMED}]}) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("twice daily", 2),
        ("2 TIMES DAILY", 2),
        ("Every 12 Hours", 2),
        ("three times a day", 3),
        ("Once daily", 1),
        ("nightly", 1),
        ("every other day", Fraction(1, 2)),
        ("weekly", Fraction(1, 7)),
        ("twice daily as needed", None),
        ("twice weekly", None),
        ("not twice daily", None),
        ("take 2 times daily with food", None),
    ],
)
def test_the_plain_name_of_a_timing_code_counts_only_whole(name: str, expected: Any) -> None:
    assert rate({}, {"text": name}) == expected
    assert rate({}, {"coding": [{"code": "77", "display": name}]}) == expected
    assert rate({"frequency": 5, "period": 1, "periodUnit": "d"}, {"text": name}) == (
        5 if expected is None else "timing-conflict"
    )


def test_timing_codes_that_disagree_with_each_other_or_with_repeat_are_a_conflict() -> None:
    both = {"coding": [{"code": "BID"}, {"code": "TID"}]}
    assert rate({}, both) == "timing-conflict"
    assert rate(TWICE["repeat"], {"text": "BID"}) == 2
    assert rate({"period": 12, "periodUnit": "h"}, {"text": "Q12H"}) == 2
    assert rate(TWICE["repeat"], {"text": "TID"}) == "timing-conflict"
    assert rate({"period": 1, "periodUnit": "mo"}, {"text": "BID"}) == "frequency"
    assert rate(TWICE["repeat"], both) == "timing-conflict"
    assert rate({"boundsPeriod": {"start": "2026-11-21"}}, {"text": "BID"}) == 2
    conflict = read(line(FIFTY, TWICE | {"code": {"text": "TID"}}))
    assert conflict.steps == (step(Fraction(50), None, None, None),)
    assert conflict.problems == ("timing-conflict",)


# --- several lines -----------------------------------------------------------

WEEK = {"boundsDuration": {"value": 7, "unit": "d"}}
MORNING = {"repeat": {"when": ["MORN"]}}
EVENING = {"repeat": {"when": ["EVE"]}}


def bounded(timing: Json, **more: Any) -> Json:
    return {**timing, "repeat": {**timing["repeat"], **more}}


@pytest.mark.parametrize("sequence", [{}, {"sequence": 1}, {"sequence": None}])
def test_lines_without_differing_sequence_or_bounds_add_up(sequence: Json) -> None:
    regimen = read(line(FIFTY, MORNING, **sequence), line(FIFTY, EVENING, **sequence))
    assert regimen.steps == (step(Fraction(50), Fraction(2), Fraction(100), Fraction(100)),)
    assert regimen.problems == ()


def test_unequal_concurrent_amounts_have_a_total_but_no_single_amount() -> None:
    more = {"value": 75, "unit": "mg"}
    regimen = read(line(more, MORNING, text="75 am"), line(FIFTY, EVENING, text="50 pm"))
    assert regimen.steps == (
        step(None, Fraction(2), Fraction(125), Fraction(125), "75 am; 50 pm", (75, 50)),
    )


def test_an_unknown_line_makes_the_total_unknown_and_never_smaller() -> None:
    regimen = read(line(FIFTY, MORNING), line({"value": 1}, EVENING))
    assert regimen.steps == (step(None, Fraction(2), None, None),)
    assert regimen.problems == ("unit",)
    seldom = read(line(FIFTY, MORNING), line(FIFTY, {"repeat": {"dayOfWeek": ["mon"]}}))
    assert seldom.steps == (step(Fraction(50), None, None, None),)


def test_lines_with_the_same_bounds_run_together() -> None:
    again = {"boundsDuration": {"value": 1, "unit": "wk"}}
    regimen = read(line(FIFTY, bounded(MORNING, **WEEK)), line(FIFTY, bounded(EVENING, **again)))
    assert [step.a_day for step in regimen.steps] == [100]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"boundsDuration": {"value": 8, "unit": "d"}},
        {"count": 7},
        {"boundsPeriod": {"end": "2026-12-01"}},
    ],
)
def test_lines_of_one_sequence_with_different_bounds_are_unclear(other: Json) -> None:
    regimen = read(line(FIFTY, bounded(MORNING, **WEEK)), line(FIFTY, bounded(EVENING, **other)))
    assert regimen.steps == (step(None, None, None, None),)
    assert regimen.problems == ("sequence",)


def test_lines_whose_bounds_cannot_be_read_are_unclear() -> None:
    unread = {"boundsDuration": {"value": 1, "unit": "mo"}}
    regimen = read(line(FIFTY, bounded(MORNING, **unread)), line(FIFTY, bounded(EVENING, **unread)))
    assert regimen.problems == ("sequence",)


def test_then_without_sequence_is_unclear() -> None:
    regimen = read(
        line(FIFTY, ONCE, text="50 mg for a week"), line(FIFTY, TWICE, text="Then 50 mg twice")
    )
    assert regimen.steps == (step(None, None, None, None, "50 mg for a week; Then 50 mg twice"),)
    assert regimen.problems == ("sequence",)
    assert regimen.structured is True


def test_numbered_lines_without_bounds_are_unclear() -> None:
    regimen = read(line(FIFTY, MORNING, sequence=1), line(FIFTY, EVENING, sequence=2))
    assert regimen.problems == ("sequence",)


def test_a_sequence_on_some_lines_only_is_unclear() -> None:
    regimen = read(line(FIFTY, bounded(ONCE, **WEEK), sequence=1), line(FIFTY, TWICE))
    assert regimen.problems == ("sequence",)


def test_an_unnumbered_bounded_line_before_a_numbered_one_is_unclear() -> None:
    regimen = read(line(FIFTY, bounded(ONCE, **WEEK)), line(FIFTY, TWICE, sequence=1))
    assert regimen.problems == ("sequence",)


def test_a_bounded_line_and_the_next_in_sequence_are_two_steps() -> None:
    first = line(FIFTY, bounded(ONCE, **WEEK), sequence=1)
    regimen = read(line(FIFTY, TWICE, sequence=2), first)
    assert [step.a_day for step in regimen.steps] == [50, 100]
    assert (regimen.problems, regimen.tapering) == ((), False)


def test_then_in_the_later_line_makes_two_steps() -> None:
    regimen = read(
        line(FIFTY, TWICE, sequence=1), line(FIFTY, ONCE, sequence=2, text="then once daily")
    )
    assert [step.a_day for step in regimen.steps] == [100, 50]
    assert regimen.tapering is True


def test_then_in_the_first_of_the_later_lines_makes_two_steps() -> None:
    regimen = read(
        line(FIFTY, TWICE, sequence=1),
        line(FIFTY, MORNING, sequence=2, text="then mornings"),
        line(FIFTY, EVENING, sequence=2),
    )
    assert [step.a_day for step in regimen.steps] == [100, 100]


def test_then_in_the_first_of_all_lines_separates_nothing() -> None:
    regimen = read(line(FIFTY, MORNING, text="then 50 mg"), line(FIFTY, EVENING))
    assert [step.a_day for step in regimen.steps] == [100]


def test_one_line_whose_bounds_cannot_be_read_is_one_step() -> None:
    unread = {"boundsDuration": {"value": 1, "unit": "mo"}}
    regimen = read(line(FIFTY, bounded(TWICE, **unread)))
    assert ([step.a_day for step in regimen.steps], regimen.problems) == ([100], ())


def test_a_step_of_several_lines_has_the_course_of_the_first() -> None:
    slow = {"rateQuantity": {"value": 2, "code": "mg/min"}}
    regimen = read(line(FIFTY, MORNING, **slow), line(FIFTY, EVENING))
    assert [step.course.mg_a_minute for step in regimen.steps] == [2]


def test_each_step_may_hold_several_lines() -> None:
    regimen = read(
        line(FIFTY, bounded(MORNING, **WEEK), sequence=1),
        line(FIFTY, bounded(EVENING, **WEEK), sequence=1),
        line(FIFTY, MORNING, sequence=2),
    )
    assert [step.a_day for step in regimen.steps] == [100, 50]


@pytest.mark.parametrize(
    ("end", "start", "steps"),
    [
        ("2026-11-27", "2026-11-28", 2),
        ("2026-11-28", "2026-11-28", 2),
        ("2026-11-29", "2026-11-28", 1),
        (None, "2026-11-28", 2),
        ("2026-11-29", None, 2),
    ],
)
def test_periods_that_overlap_are_no_consecutive_steps(
    end: str | None, start: str | None, steps: int
) -> None:
    first = bounded(ONCE, boundsPeriod={"start": "2026-11-21", "end": end})
    second = bounded(TWICE, boundsPeriod={"start": start, "end": "2027-01-01"})
    regimen = read(line(FIFTY, first, sequence=1), line(FIFTY, second, sequence=2))
    assert len(regimen.steps) == steps
    assert ("sequence" in regimen.problems) is (steps == 1)


def test_days_of_bounding_periods_are_counted_in_the_zone() -> None:
    timing = {"repeat": {"boundsPeriod": {"start": "2026-11-21T23:30:00Z", "end": "2026-12-01"}}}
    east = bounds(timing, timezone(timedelta(hours=1)))
    utc = bounds(timing, UTC)
    assert east is not None
    assert utc is not None
    assert (str(utc.start), str(east.start), str(utc.end)) == (
        "2026-11-21",
        "2026-11-22",
        "2026-12-01",
    )


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({}, None),
        ({"boundsDuration": {}}, None),
        ({"boundsDuration": {"value": 7, "unit": "d"}}, Bounds(length=Fraction(7))),
        ({"boundsQuantity": {"value": 1, "code": "wk"}}, Bounds(length=Fraction(7))),
        ({"boundsDuration": {"value": 367, "unit": "d"}}, Bounds()),
        ({"boundsDuration": {"unit": "d"}}, Bounds()),
        ({"boundsRange": {"low": {"value": 7}}}, Bounds()),
        ({"count": 10}, Bounds(count=Fraction(10))),
        ({"countMax": 10}, Bounds()),
    ],
)
def test_bounds_are_read_as_far_as_they_can_be(repeat: Json, expected: Bounds | None) -> None:
    found = bounds({"repeat": repeat}, UTC)
    assert found == expected
    assert found is None or found.readable is (found != Bounds())


def test_three_falling_totals_taper_and_a_plateau_does_not() -> None:
    def steps(*mg: int | None) -> Regimen:
        return read(
            *(
                line({"value": each, "unit": "mg"}, bounded(ONCE, **WEEK), sequence=number)
                for number, each in enumerate(mg)
            )
        )

    assert steps(150, 100, 50).tapering is True
    assert steps(150, 150, 50).tapering is False
    assert steps(50, 100).tapering is False
    assert steps(150, None, 50).tapering is False
    assert steps(None, 50).tapering is False
    assert steps(150).tapering is False


def test_ranges_taper_only_without_overlap() -> None:
    def ranged(low: int, high: int, sequence: int) -> Json:
        ends = {"low": {"value": low, "unit": "mg"}, "high": {"value": high, "unit": "mg"}}
        return {"doseRange": ends, "timing": bounded(ONCE, **WEEK), "sequence": sequence}

    assert read(ranged(80, 100, 1), ranged(40, 60, 2)).tapering is True
    assert read(ranged(80, 100, 1), ranged(40, 80, 2)).tapering is False


# --- the stated maximum ------------------------------------------------------


def most(value: float, unit: str = "mg", per: float = 1, period: str = "d") -> Json:
    return {
        "numerator": {"value": value, "unit": unit},
        "denominator": {"value": per, "unit": period},
    }


@pytest.mark.parametrize(
    ("maximum", "conflict"),
    [
        (most(100), False),
        (most(150), False),
        (most(99), True),
        (most(2, "tablets"), False),
        (most(1, "tablet"), True),
        (most(50, per=12, period="h"), False),
        (most(350, per=1, period="wk"), True),
        (most(50, per=1, period="mo"), False),
        (most(50, "dose"), False),
        (most(0), False),
        ([most(200), most(50)], True),
        ("50 mg", False),
        ({"numerator": {"value": 50, "unit": "mg"}}, False),
    ],
)
def test_a_maximum_below_the_total_is_a_conflict_and_no_dose(maximum: Any, conflict: bool) -> None:
    regimen = read(line(FIFTY, TWICE, maxDosePerPeriod=maximum))
    assert regimen.problems == (("max-dose-conflict",) if conflict else ())
    assert regimen.steps[0].a_day == 100


def test_a_maximum_holds_for_concurrent_lines_together() -> None:
    regimen = read(line(FIFTY, MORNING, maxDosePerPeriod=most(60)), line(FIFTY, EVENING))
    assert regimen.problems == ("max-dose-conflict",)
    unknown = read(line(FIFTY, MORNING, maxDosePerPeriod=most(60)), line({"value": 1}, EVENING))
    assert unknown.problems == ("unit",)


def test_a_maximum_inside_a_range_is_no_conflict() -> None:
    repeat = {"repeat": {"frequency": 1, "frequencyMax": 4, "period": 1, "periodUnit": "d"}}
    assert read(line(FIFTY, repeat, maxDosePerPeriod=most(100))).problems == ()
    assert read(line(FIFTY, repeat, maxDosePerPeriod=most(40))).problems == ("max-dose-conflict",)


# --- as needed, food, route, tube --------------------------------------------


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"asNeededBoolean": True}, True),
        ({"asNeededBoolean": "true"}, True),
        ({"asNeededBoolean": False}, False),
        ({"asNeeded": True}, True),
        ({"asNeededCodeableConcept": {"text": "cramp"}}, True),
        ({"asNeededCodeableConcept": {}}, False),
        ({"asNeededFor": [{"text": "cramp"}]}, True),
        ({"asNeededBoolean": None}, False),
        ({"text": "50 mg PRN"}, True),
        ({"patientInstruction": "Take as needed for cramps."}, True),
        ({"text": "when required"}, True),
        ({"additionalInstruction": [{"text": "as  needed"}]}, True),
        ({"timing": {"code": {"text": "BID PRN"}}}, True),
        ({"text": "prnx as neededly"}, False),
        ({"text": "scheduled, not as needed"}, False),
        ({"text": "do not exceed four a day as needed"}, True),
    ],
)
def test_as_needed_may_be_stated_in_any_way(element: Json, expected: bool) -> None:
    assert read({"sequence": 1, **element}).as_needed is expected
    assert read(line(FIFTY, ONCE), {"sequence": None, "x": 1, **element}).as_needed is expected


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        *(({"when": [code]}, "with-food") for code in ("C", "CM", "CD", "CV")),
        *(({"when": [code]}, "after-food") for code in ("PC", "PCM", "PCD", "PCV")),
        *(({"when": [code]}, "before-food-too-close") for code in ("AC", "ACM", "ACD", "ACV")),
        ({"when": ["CM"], "offset": 600}, "with-food"),
        ({"when": ["PCM"], "offset": 119}, "after-food"),
        ({"when": ["PCM"], "offset": 120}, None),
        ({"when": ["ACM"], "offset": 59}, "before-food-too-close"),
        ({"when": ["ACM"], "offset": 60}, None),
        ({"when": ["ACM"], "offset": "soon"}, "before-food-too-close"),
        ({"when": ["ACM"], "offset": -90}, "before-food-too-close"),
        ({"when": ["MORN", "HS", "ICM", "unknown"]}, None),
        ({"when": ["ACM", "PCD"]}, "after-food"),
        ({"when": ["ACM", "PCD", "CV"]}, "with-food"),
    ],
)
def test_meal_events_say_how_near_a_meal_is(repeat: Json, expected: str | None) -> None:
    assert read(line(FIFTY, {"repeat": repeat})).food == expected


@pytest.mark.parametrize("key", ["additionalInstruction", "additionalInstructions"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("311504000", "with-food"),
        ("1116481000001105", "with-food"),
        ("311501008", "before-food-too-close"),
        ("417980006", None),
    ],
)
def test_food_instructions_are_known_by_their_snomed_codes(
    key: str, code: str, expected: str | None
) -> None:
    concept = {"coding": [{"system": SNOMED, "code": code}]}
    assert read({key: concept}).food == expected
    assert read({key: [concept]}).food == expected
    assert read({key: [{"coding": [{"system": GTS, "code": code}]}]}).food is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Take with food", "with-food"),
        ("with a meal", "with-food"),
        ("WITH BREAKFAST and with dinner", "with-food"),
        ("with meals", "with-food"),
        ("after meals", "after-food"),
        ("after a meal", "after-food"),
        ("2 hours after a meal", None),
        ("1 hour before or 2 hrs after meals", None),
        ("one hour before or after meals", None),
        ("1 h after meals", None),
        ("2 hours after a meal, or right after meals", "after-food"),
        ("do not take with food", None),
        ("never with meals", None),
        ("without food", None),
        ("with foodstuff", None),
        ("with water", None),
        ("not in the morning but at noon with food", "with-food"),
    ],
)
def test_text_about_meals_is_matched_by_closed_patterns(text: str, expected: str | None) -> None:
    assert read({"text": text}).food == expected
    assert read({"patientInstruction": text}).food == expected


def test_of_several_food_advices_the_nearest_to_a_meal_counts() -> None:
    regimen = read({"text": "after meals"}, {"text": "with food"}, {"text": "daily"})
    assert regimen.food == "with-food"


@pytest.mark.parametrize(
    ("code", "name", "tube"),
    [
        ("26643006", "oral", False),
        ("37839007", "sublingual", False),
        ("54471007", "buccal", False),
        ("372473007", "oromucosal", False),
        ("417985001", "enteral", False),
        ("127490009", "enteral", True),
        ("127491008", "enteral", True),
        ("127492001", "enteral", True),
        ("72607000", "intrathecal", False),
        ("47625008", "intravenous", False),
        ("78421000", "intramuscular", False),
        ("34206005", "subcutaneous", False),
        ("45890007", "transdermal", False),
        ("6064005", "topical", False),
        ("54485002", "ophthalmic", False),
        ("10547007", "otic", False),
        ("46713006", "nasal", False),
        ("447694001", "inhaled", False),
        ("37161004", "rectal", False),
        ("12130007", "unread", False),
    ],
)
def test_routes_have_short_names(code: str, name: str, tube: bool) -> None:
    regimen = read({"route": {"coding": [{"system": SNOMED, "code": code}]}})
    assert (regimen.route, regimen.via_tube) == (name, tube)


@pytest.mark.parametrize(
    ("route", "name", "tube"),
    [
        ({"coding": [{"system": "urn:v3", "code": "PO"}]}, "oral", False),
        ({"coding": [{"code": "77", "display": "Oral route"}]}, "oral", False),
        ({"text": "By mouth"}, "oral", False),
        ([{"text": "oral"}], "oral", False),
        ({"coding": [{"code": "GT"}]}, "enteral", True),
        ({"text": "PEG tube"}, "enteral", True),
        ({"text": "through the feeding tube"}, "enteral", True),
        ({"coding": [{"code": "77", "display": "via nasogastric"}]}, "enteral", True),
        ({"text": "into the ventricle"}, "unread", False),
        ({"coding": [{"code": "77"}]}, "unread", False),
        ({"coding": [{}]}, None, False),
        ({"id": "r"}, None, False),
        ({}, None, False),
        ("oral", None, False),
        (None, None, False),
    ],
)
def test_routes_may_be_coded_elsewhere_or_named(route: Any, name: str | None, tube: bool) -> None:
    regimen = read({"sequence": 1, "route": route})
    assert (regimen.route, regimen.via_tube) == (name, tube)


def test_lines_share_a_route_or_have_another() -> None:
    oral, rectal = {"route": {"text": "oral"}}, {"route": {"text": "rectal"}}
    assert read(oral, oral, {"sequence": 1}).route == "oral"
    assert read(oral, rectal).route == "other"
    tube, unknown = {"route": {"text": "PEG"}}, {"route": {"text": "unknown"}}
    assert read(oral, tube).route == "enteral"
    assert read(unknown, unknown).route == "unread"
    assert read(rectal, unknown).route == "rectal"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("via PEG", True),
        ("through feeding tube", True),
        ("per G-tube", True),
        ("per NG tube", True),
        ("by gastrostomy", True),
        ("nasogastric", True),
        ("via the tube", True),
        ("PEG 3350 packet", False),
        ("PEG-3350", False),
        ("do not give via feeding tube", False),
        ("one tube of cream", False),
        ("by mouth", False),
    ],
)
def test_text_may_name_a_feeding_tube(text: str, expected: bool) -> None:
    assert read({"text": text}).via_tube is expected
    assert read({"text": "x"}, {"patientInstruction": text}).via_tube is expected


# --- the tables --------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "put", "key"),
    [
        ("meaning: Reading", "runding: 1\nmeaning: Reading", "runding"),
        ("meaning: Reading of FHIR", "# Reading of FHIR", "meaning"),
        ("{least: 1/366, most: 96}", "{least: 97, most: 96}", "limits.a_day"),
        ("codes: [ug, mcg]", "codes: [ug, mg]", "dose_units"),
        ("words: [qod]", "words: [qd]", "timing_codes"),
        ("codes: [ICM, ICD, ICV]", "codes: [icm, ICM]", "events"),
        (r"pattern: '\bthen\b'", "pattern: '(then'", "texts.then.pattern"),
        (r"pattern: '\bthen\b'", "pattern: 5", "texts.then.pattern"),
        ("{name: otic", "{nam: otic", "routes"),
    ],
)
def test_a_wrong_table_is_refused_with_its_key(
    tmp_path: Path, find: str, put: str, key: str
) -> None:
    text = ROOT.joinpath(FILE).read_text(encoding="utf-8")
    assert text.count(find) == 1
    (tmp_path / FILE).write_text(text.replace(find, put), encoding="utf-8")
    with pytest.raises(KnowledgeInvalid) as refused:
        dosage_tables(tmp_path)
    assert refused.value.file == FILE
    assert refused.value.key.startswith(key)


def test_a_limit_may_be_a_single_number(tmp_path: Path) -> None:
    text = ROOT.joinpath(FILE).read_text(encoding="utf-8")
    narrow = text.replace("{least: 1/366, most: 96}", "{least: 96, most: 96}")
    (tmp_path / FILE).write_text(narrow, encoding="utf-8")
    assert dosage_tables(tmp_path).file.limits.a_day.holds(Fraction(96)) is True


def test_the_tables_are_read_once() -> None:
    assert dosage_tables() is dosage_tables()


def test_events_of_the_day_are_named_by_their_codes() -> None:
    assert read(line(FIFTY, EVENING), line(FIFTY, MORNING)).when == {"eve", "morn"}


def test_of_two_codes_of_a_route_the_first_names_it() -> None:
    codes = [{"system": SNOMED, "code": code} for code in ("26643006", "47625008")]
    assert read(line(FIFTY, ONCE, route={"coding": codes})).route == "oral"
    assert read(line(FIFTY, ONCE, route={"coding": codes[::-1]})).route == "intravenous"


@pytest.mark.parametrize(
    ("quantity", "units"),
    [
        ({"value": 400, "code": "[iU]"}, 800),
        ({"value": 400, "unit": "IU"}, 800),
        ({"value": 400, "unit": "units"}, 800),
        ({"value": 400, "unit": "mg"}, None),
        ({"value": 2, "unit": "capsules"}, None),
        ({"value": 2, "unit": "mL"}, None),
    ],
)
def test_a_dose_in_international_units_is_counted_in_them_and_never_in_mg(
    quantity: dict[str, Any], units: int | None
) -> None:
    [read_step] = read(line(quantity, TWICE), mg=None, per=None).steps
    assert read_step.units == units
    assert read_step.low == (800 if quantity.get("unit") == "mg" else None)
