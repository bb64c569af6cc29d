"""The unit table against an independent library, and against what a library gets wrong."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucumvert import PintUcumRegistry  # type: ignore[import-untyped]

from cdshooks.errors import KnowledgeInvalid, UnitUnknown
from cdshooks.knowledge.loader import ROOT
from cdshooks.knowledge.tables import units as _units
from cdshooks.units import UnitRow, as_decimal, rounded, shown, table

TABLES = _units(ROOT.joinpath("units.csv"))
ROWS = [(quantity, row) for quantity, t in TABLES.items() for row in t.rows.values()]
UCUM = PintUcumRegistry()

NOT_BY_LIBRARY = {
    ("enzyme", "[IU]/L"): "an arbitrary unit: equal to U/L for these enzymes alone",
    ("enzyme", "[iU]/L"): "the same arbitrary unit in its other spelling",
    ("bilirubin", "umol/L"): "needs the molar mass of bilirubin, which no unit carries",
    ("score", "{score}"): "a bare annotation, which is no unit to the library",
    ("score", "1"): "its canonical unit is a bare annotation",
    ("ph", "[pH]"): "a logarithm, which the library does not define",
    ("ph", "1"): "its canonical unit is a logarithm",
    ("ph", "nmol/L"): "its canonical unit is a logarithm",
    ("celsius", "Cel"): "a scale with an offset, of which there is no factor to the library",
    ("fahrenheit", "[degF]"): "a scale with an offset, kept apart from the other one",
}

numbers = st.decimals(
    min_value=-100_000, max_value=100_000, places=4, allow_nan=False, allow_infinity=False
)
all_rows = st.sampled_from([(q, row) for q, row in ROWS if row.at_most is None])


def converted(quantity: str, value: str, raw: str) -> Decimal:
    """``value`` in the canonical unit of ``quantity``."""
    units = TABLES[quantity]
    return units.convert(Decimal(value), units.row(raw))


def by_library(quantity: str, row: UnitRow) -> float:
    """The factor that the library finds between the row's unit and the canonical one."""
    wanted = UCUM.from_ucum(TABLES[quantity].canonical)
    return float((1 * UCUM.from_ucum(row.ucum)).to(wanted).magnitude)


def test_every_quantity_holds_its_canonical_unit_with_factor_one() -> None:
    for units in TABLES.values():
        assert units.row(units.canonical).factor == 1


@pytest.mark.parametrize(("quantity", "row"), ROWS, ids=[f"{q}:{r.raw}" for q, r in ROWS])
def test_a_factor_agrees_with_an_independent_library(quantity: str, row: UnitRow) -> None:
    if (quantity, row.ucum) in NOT_BY_LIBRARY:
        with pytest.raises(Exception):  # noqa: B017, PT011 - each reason has an error of its own
            by_library(quantity, row)
    else:
        assert by_library(quantity, row) == pytest.approx(float(row.factor), rel=1e-5)


def test_every_exception_to_the_library_is_still_a_row() -> None:
    assert set(NOT_BY_LIBRARY) <= {(quantity, row.ucum) for quantity, row in ROWS}


def test_what_no_library_converts_has_the_factor_of_its_reason() -> None:
    for quantity, ucum in NOT_BY_LIBRARY:
        wanted = Fraction(10, 171) if quantity == "bilirubin" else 1
        factors = {row.factor for q, row in ROWS if (q, row.ucum) == (quantity, ucum)}
        assert factors == {wanted}


@given(all_rows, numbers)
def test_conversion_is_the_exact_product_to_28_digits(
    entry: tuple[str, UnitRow], value: Decimal
) -> None:
    quantity, row = entry
    exact = Fraction(value) * row.factor
    error = abs(Fraction(TABLES[quantity].convert(value, row)) - exact)
    assert error <= abs(exact) * Fraction(1, 10**27)


@given(all_rows, numbers, st.integers(min_value=-50, max_value=50))
def test_conversion_is_linear(entry: tuple[str, UnitRow], value: Decimal, times: int) -> None:
    quantity, row = entry
    once, many = (TABLES[quantity].convert(v, row) for v in (value, value * times))
    assert abs(many - once * times) <= abs(many) * Decimal("1e-25")


@given(numbers)
def test_a_decimal_factor_loses_no_digit(value: Decimal) -> None:
    for quantity, raw in (("weight", "lb"), ("height", "in"), ("enzyme", "nkat/L")):
        units = TABLES[quantity]
        row = units.row(raw)
        assert Fraction(units.convert(value, row)) == Fraction(value) * row.factor


@pytest.mark.parametrize(
    ("quantity", "value", "raw", "wanted"),
    [
        ("height", "6", "ft", "182.88"),
        ("count", "4.2", "K/uL", "4.2"),
        ("count", "4.2", "G/L", "4.2"),
        ("enzyme", "120", "u/L", "120"),
    ],
)
def test_a_unit_means_what_a_clinician_means_and_not_what_a_library_reads(
    quantity: str, value: str, raw: str, wanted: str
) -> None:
    assert converted(quantity, value, raw) == Decimal(wanted)
    read_literally = UCUM.from_ucum(raw)
    assert not read_literally.is_compatible_with(UCUM.from_ucum(TABLES[quantity].canonical))


@pytest.mark.parametrize(
    ("quantity", "value", "raw", "wanted"),
    [
        ("volume", "2.1", "Liters", "2.1"),
        ("pressure", "38", "cmH₂O", "38"),
        ("weight", "100", "lb_av", "45.359237"),
        ("weight", "72", "kilograms", "72"),
        ("height", "1.8", "meters", "180"),
        ("bmi", "21", "kg/m**2", "21"),
        ("enzyme", "120", "unit/L", "120"),
        ("bilirubin", "2", "MG/DL", "2"),
        ("count", "0.4", "Thousand/uL", "0.4"),
        ("count", "0.4", "Tsd/µl", "0.4"),
        ("count", "0.4", "/nl", "0.4"),
        ("breaths", "26", "br/min", "26"),
        ("filtration", "28", "mL/min/1.73", "28"),
        ("hours", "6.5", "h/night", "6.5"),
        ("score", "31", "Points", "31"),
    ],
)
def test_spellings_of_hospitals_are_read(quantity: str, value: str, raw: str, wanted: str) -> None:
    assert converted(quantity, value, raw) == Decimal(wanted)


@pytest.mark.parametrize(
    ("ions", "ph"), [("40", "7.40"), ("44.7", "7.35"), ("45", "7.35"), ("49", "7.31"), ("100", "7")]
)
def test_hydrogen_ions_become_a_ph(ions: str, ph: str) -> None:
    assert rounded(converted("ph", ions, "nmol/L"), 2) == Decimal(ph)


@pytest.mark.parametrize("ions", ["0", "-40", "201"])
def test_hydrogen_ions_that_nobody_has_are_refused(ions: str) -> None:
    with pytest.raises(UnitUnknown):
        converted("ph", ions, "nmol/L")


@pytest.mark.parametrize("sign", ["\u00b5", "\u03bc"], ids=["micro sign", "Greek mu"])
def test_both_characters_for_micro_are_read(sign: str) -> None:
    assert converted("enzyme", "0.67", f"{sign}kat/L") == Decimal("40.2")
    assert converted("bilirubin", "17.1", f"{sign}mol/L") == 1
    assert converted("count", "900", f"/{sign}L") == Decimal("0.9")


@pytest.mark.parametrize(
    ("quantity", "raw"),
    [
        ("percent", "L"),
        ("percent", ""),
        ("volume", "ML"),
        ("volume", "%"),
        ("enzyme", "mkat/L"),
        ("bilirubin", "umol"),
        ("ph", "mol/L"),
        ("count", "mmol/L"),
        ("weight", "st ft"),
    ],
)
def test_a_unit_outside_the_table_is_refused(quantity: str, raw: str) -> None:
    with pytest.raises(UnitUnknown, match=f"^{quantity}: unit not in its table$"):
        TABLES[quantity].row(raw)


def test_only_a_score_may_come_without_a_unit() -> None:
    assert [quantity for quantity, units in TABLES.items() if "" in units.rows] == ["score"]
    assert converted("score", "41", "") == 41
    assert converted("score", "41", "  ") == 41


def test_blanks_around_a_unit_do_not_matter() -> None:
    assert TABLES["pressure"].row(" cmH2O ").ucum == "cm[H2O]"


@pytest.mark.parametrize("raw", ["1", "{ratio}"])
def test_a_fraction_becomes_a_percentage_up_to_its_largest_believable_number(raw: str) -> None:
    assert converted("percent", "0.46", raw) == 46
    assert converted("percent", "1.6", raw) == 160
    with pytest.raises(UnitUnknown, match="too large"):
        converted("percent", "1.61", raw)


def test_a_percentage_has_no_largest_number_of_its_own() -> None:
    assert converted("percent", "120", "%") == 120


@pytest.mark.parametrize(
    ("value", "decimals", "wanted"),
    [
        ("49.95", 1, "50.0"),
        ("49.949", 1, "49.9"),
        ("45.004", 1, "45.0"),
        ("45.05", 1, "45.1"),
        ("-38.25", 1, "-38.3"),
        ("-38.24", 1, "-38.2"),
        ("79.5", 0, "80"),
        ("7.345", 2, "7.35"),
        ("7.3449", None, "7.3449"),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: str, decimals: int | None, wanted: str) -> None:
    assert str(rounded(Decimal(value), decimals)) == wanted


def test_six_kilopascals_are_forty_five_millimetres_and_not_more() -> None:
    exact = converted("partial-pressure", "6.0", "kPa")
    assert Decimal("45.0037") < exact < Decimal("45.0039")
    assert rounded(exact, 1) == 45


def test_a_negative_pressure_keeps_its_sign() -> None:
    assert rounded(converted("pressure", "-4", "kPa"), 1) == Decimal("-40.8")


@pytest.mark.parametrize(
    ("value", "decimals", "wanted"),
    [("50.0", 1, "50"), ("46.25", 1, "46.3"), ("1E+2", None, "100"), ("100", 0, "100")],
)
def test_a_number_is_shown_without_exponent_or_idle_zeros(
    value: str, decimals: int | None, wanted: str
) -> None:
    assert shown(Decimal(value), decimals) == wanted


def test_a_number_is_shown_to_one_decimal_unless_told_otherwise() -> None:
    assert shown(Decimal("38.04")) == "38"
    assert shown(Decimal("38.16")) == "38.2"


def test_a_table_is_made_of_its_rows() -> None:
    made = table("volume", "L", [UnitRow("pint", "[pt_us]", Fraction("0.473176473"))])
    assert made.convert(Decimal(2), made.row("pint")) == Decimal("0.946352946")


def test_a_third_is_given_to_28_digits() -> None:
    assert str(as_decimal(Fraction(1, 3))) == "0." + "3" * 28


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("volume,L,L,1,\nvolume,L,L,1,", "row 3: unit said twice"),
        ("length,m,m,1,", "row 2: quantity without canonical unit"),
        ("volume,L,L,one,", "row 2: factor is not a number"),
        ("volume,L,L,1/0,", "row 2: factor is not a number"),
    ],
)
def test_a_bad_row_stops_the_start(tmp_path: Path, rows: str, problem: str) -> None:
    head = '# canonical:\n#   volume: "L"\nquantity,raw,ucum,factor,at_most\n'
    (tmp_path / "units.csv").write_text(head + rows, encoding="utf-8")
    with pytest.raises(KnowledgeInvalid, match=problem):
        _units(tmp_path / "units.csv")
